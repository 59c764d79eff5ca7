/*
 * A bridge between a client that the test plays and a server that it scripts: our own HTTP server
 * hands each message that came to `serve`.
 */
#ifndef BRIDGE_RIG_H
#define BRIDGE_RIG_H
#include "base/limits.h"
#include "base/log.h"
#include "bridge/bridge.h"
#include "bridge/inside.h"
#include "http/server.h"
#include "tap.h"

#define RIG_TEXT 16384

struct rig;

/* What the client side saw of one exchange. */
struct seen {
	struct rig *rig;
	struct exchange_id id; /* of rig_send */
	int messages, done, opened, asked;
	enum upstream_failure failure;
	enum mcp_kind kind;
	int status;
	char last[RIG_TEXT], answer[RIG_TEXT], why[256];
	char ask_ids[80][64]; /* ids of requests of the server, as JSON text */
	/* Of a handshake: */
	bool is_open;
	char session[256];
	enum mcp_version version;
	void (*on_message)(struct seen *s, const struct mcp_message *m);
};

struct rig {
	struct loop *loop;
	struct http_client *client;
	struct http_server *server;
	struct bridge *bridge;
	struct upstream *u;
	/* The server behind: */
	void (*serve)(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id);
	int requests, gone, calls, polls, listens;
	char last[RIG_TEXT], name[256], log[RIG_TEXT]; /* body, Mcp-Name; methods in their order */
	struct http_request_id held;
	char held_id[64];
	int step;
	/* The client: */
	struct bridge_target t;
	bool is_late;
};

static const struct http_header rig_json[1] = { { { "Content-Type", 12 }, { "application/json", 16 } } };
static const struct http_header rig_sse[1] = { { { "Content-Type", 12 }, { "text/event-stream", 17 } } };

/* Runs until *n reaches want; the guard only ends a test that hangs. */
struct rig_wait {
	struct rig *r;
	const int *n;
	int want;
	struct loop_timer poll, late;
};

static inline void rig_poll(void *ctx)
{
	struct rig_wait *w = ctx;
	w->poll.v = 0;
	if (*w->n >= w->want)
		loop_stop(w->r->loop);
	else
		w->poll = loop_after(w->r->loop, 1, rig_poll, w);
}

static inline void rig_late(void *ctx)
{
	struct rig_wait *w = ctx;
	w->late.v = 0;
	w->r->is_late = true;
	loop_stop(w->r->loop);
}

static inline bool rig_until(struct rig *r, const int *n, int want)
{
	struct rig_wait w = { .r = r, .n = n, .want = want };
	r->is_late = false;
	w.poll = loop_after(r->loop, 0, rig_poll, &w);
	w.late = loop_after(r->loop, 20000, rig_late, &w);
	loop_run(r->loop);
	loop_cancel(r->loop, &w.poll);
	loop_cancel(r->loop, &w.late);
	return !r->is_late;
}

static inline void rig_count(void *ctx)
{
	++*(int *)ctx;
}

/* Some turns: what would come by itself has come. */
static inline void rig_settle(struct rig *r)
{
	int n = 0;
	struct loop_timer t = loop_after(r->loop, 30, rig_count, &n);
	(void)rig_until(r, &n, 1);
	loop_cancel(r->loop, &t);
}

static inline void rig_print(const struct json *v, char *out, size_t size)
{
	struct buf b = BUF_INIT(size - 1);
	json_write(&b, v);
	snprintf(out, size, "%s", buf_str(&b));
	buf_release(&b);
}

static inline void rig_on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct seen *s = ctx;
	(void)id;
	s->messages++;
	rig_print(m->root, s->last, sizeof s->last);
	if (m->kind == MCP_REQUEST && s->asked < 80)
		rig_print(m->id, s->ask_ids[s->asked++], sizeof s->ask_ids[0]);
	if (s->on_message)
		s->on_message(s, m);
}

static inline void rig_on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                               const char *why, int status)
{
	struct seen *s = ctx;
	struct slice session;
	s->done++;
	s->failure = f;
	s->status = status;
	snprintf(s->why, sizeof s->why, "%s", why);
	if (m) {
		s->kind = m->kind;
		rig_print(m->kind == MCP_RESULT ? m->result : m->error, s->answer, sizeof s->answer);
	}
	if (s->is_open && bridge_opened(s->rig->bridge, s->rig->u, id, &session, &s->version))
		snprintf(s->session, sizeof s->session, "%.*s", SLICE_ARG(session));
}

static inline void rig_on_open(void *ctx, struct exchange_id id)
{
	(void)id;
	((struct seen *)ctx)->opened++;
}

static const struct upstream_events rig_events = { rig_on_message, rig_on_done, rig_on_open };

/* The server's side */

static inline void rig_respond(struct rig *r, struct http_request_id to, const char *id, const char *member,
                               const char *value)
{
	struct buf b = BUF_INIT(1u << 24);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":", id, member);
	buf_adds(&b, value);
	buf_addc(&b, '}');
	http_respond(r->server, to, 200, rig_json, 1, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_result(struct rig *r, const struct http_request *q, const char *id, const char *result)
{
	rig_respond(r, q->id, id, "result", result);
}

static inline void rig_event(struct rig *r, struct http_request_id to, const char *text)
{
	struct buf b = BUF_INIT(1u << 24);
	buf_adds(&b, "data: ");
	buf_adds(&b, text);
	buf_adds(&b, "\n\n");
	http_write(r->server, to, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_on_request(void *ctx, const struct http_request *q)
{
	struct rig *r = ctx;
	struct mcp_message m;
	struct err e;
	char id[64];
	if (q->method != HTTP_POST) {
		http_respond(r->server, q->id, 405, NULL, 0, slice_of(NULL, 0));
		return;
	}
	const struct json *root = json_read(q->body, q->arena, &e);
	if (!root || !mcp_message_read(root, &m, &e)) {
		http_respond(r->server, q->id, 400, NULL, 0, slice_of(NULL, 0));
		return;
	}
	r->requests++;
	struct slice name = http_header_get(q->headers, "Mcp-Name");
	snprintf(r->name, sizeof r->name, "%.*s", SLICE_ARG(name));
	snprintf(r->last, sizeof r->last, "%.*s", SLICE_ARG(q->body));
	size_t at = strlen(r->log);
	snprintf(r->log + at, sizeof r->log - at, "%.*s ", SLICE_ARG(m.method));
	if (m.kind != MCP_REQUEST) {
		http_respond(r->server, q->id, 202, NULL, 0, slice_of(NULL, 0));
		return;
	}
	rig_print(m.id, id, sizeof id);
	r->serve(r, q, &m, id);
}

static inline void rig_on_gone(void *ctx, struct http_request_id id)
{
	struct rig *r = ctx;
	(void)id;
	r->gone++;
}

static inline bool rig_begin(struct rig *r)
{
	static const struct http_server_events ev = { rig_on_request, rig_on_gone };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	struct upstream_opts uo = upstream_defaults();
	struct bridge_opts bo = { .key = { 1 } };
	struct err e = { 0 };
	char url[64];
	log_set_level(LOG_ERROR);
	r->loop = bo.loop = loop_new();
	r->client = http_client_new(r->loop, &co);
	r->server = http_server_new(r->loop, &so, &ev, r);
	if (!http_server_listen(r->server, "127.0.0.1:0", false, &e))
		return false;
	snprintf(url, sizeof url, "http://127.0.0.1:%d/mcp", http_server_port(r->server));
	uo.name = "srv";
	uo.url = url;
	r->u = upstream_new(r->loop, r->client, &uo, &e);
	r->bridge = bridge_new(&bo);
	return r->u != NULL;
}

/* The server is taken away and all ends. */
static inline void rig_end(struct rig *r)
{
	int stopped = 0;
	bridge_forget(r->bridge, r->u);
	upstream_stop(r->u, rig_count, &stopped);
	ok(rig_until(r, &stopped, 1), "the server is stopped");
	rig_settle(r);
	upstream_free(&r->u);
	bridge_free(&r->bridge);
	http_client_free(&r->client);
	http_server_stop(r->server, 0, rig_count, &stopped);
	ok(rig_until(r, &stopped, 2), "the scripted server is stopped");
	http_server_free(&r->server);
	loop_free(&r->loop);
}

/* The client's side */

static inline struct exchange_id rig_send(struct rig *r, struct seen *s, const char *method, const char *params)
{
	s->rig = r;
	s->id = bridge_request(r->bridge, r->u, &r->t, slice_str(method), slice_str(params), 0, &rig_events, s);
	return s->id;
}

/* Sends and waits; false when no answer came. */
static inline bool rig_ask(struct rig *r, struct seen *s, const char *method, const char *params)
{
	r->log[0] = '\0';
	(void)rig_send(r, s, method, params);
	return rig_until(r, &s->done, 1);
}

static inline void rig_note(struct rig *r, struct seen *s, const char *text)
{
	s->rig = r;
	(void)bridge_notify(r->bridge, r->u, &r->t, slice_str(text), &rig_events, s);
}

/* The client's answer to the nth request that it was shown. */
static inline void rig_reply(struct rig *r, const struct seen *to, int n, struct seen *s, const char *member,
                             const char *value)
{
	char text[RIG_TEXT];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"%s\":%s}", to->ask_ids[n], member, value);
	rig_note(r, s, text);
}

static inline bool has(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	printf("# '%s' is not in: %.600s\n", part, text);
	return false;
}

#endif
