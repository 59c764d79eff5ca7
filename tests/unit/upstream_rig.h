/*
 * A server over HTTP that a test scripts, on our own HTTP server: what it was sent last
 * is kept, and what it says is up to the test. And the gate's side of it.
 */
#ifndef UPSTREAM_RIG_H
#define UPSTREAM_RIG_H
#include "base/limits.h"
#include "base/log.h"
#include "http/server.h"
#include "upstream/exchange.h"
#include "upstream_seen.h"

struct rig {
	struct loop *loop;
	struct http_client *client;
	struct http_server *server;
	void (*handle)(struct rig *g, const struct http_request *r, const struct mcp_message *m, const char *id);
	int requests, posts, opens, deletes, gone, notes;
	char heads[SEEN_TEXT]; /* of the last request, "name: value\n" each */
	char body[SEEN_TEXT];
	char target[512];
	char id[64];                 /* of the last JSON-RPC request */
	struct http_request_id held; /* a stream that stays open */
	void *more;                  /* the test's own */
};

static const struct http_header rig_json[] = { { { "Content-Type", 12 }, { "application/json", 16 } } };
static const struct http_header rig_sse[] = { { { "Content-Type", 12 }, { "text/event-stream", 17 } } };

static inline void rig_reply(struct rig *g, struct http_request_id id, int status, const char *text)
{
	http_respond(g->server, id, status, rig_json, text[0] ? 1 : 0, slice_str(text));
}

static inline const char *rig_result(const char *id, const char *result)
{
	static char texts[4][2048]; /* the last four stay readable */
	static unsigned at;
	char *text = texts[at++ % ARRAY_LEN(texts)];
	snprintf(text, sizeof texts[0], "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}", id, result);
	return text;
}

static inline const char *rig_error(const char *id, int code, const char *data)
{
	static char texts[4][2048];
	static unsigned at;
	char *text = texts[at++ % ARRAY_LEN(texts)];
	snprintf(text, sizeof texts[0], "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":\"no\"%s%s}}", id, code,
	         data[0] ? ",\"data\":" : "", data);
	return text;
}

/* event "" is a message. */
static inline void rig_say(struct rig *g, const char *event, const char *text)
{
	struct buf b = BUF_INIT(1u << 20);
	sse_write(&b, slice_str(event), slice_of(NULL, 0), slice_str(text));
	http_write(g->server, g->held, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_hold(struct rig *g, const struct http_request *r)
{
	g->held = r->id;
	http_begin(g->server, r->id, 200, rig_sse, 1);
}

/* The value of a header of the last request; "" when it had none, NULL-free. */
static inline const char *rig_head(const struct rig *g, const char *name)
{
	static char value[1024];
	char key[128];
	snprintf(key, sizeof key, "\n%s: ", name);
	const char *at = strstr(g->heads, key);
	value[0] = '\0';
	if (at)
		snprintf(value, sizeof value, "%.*s", (int)strcspn(at + strlen(key), "\n"), at + strlen(key));
	return value;
}

static inline void rig_keep(struct rig *g, const struct http_request *r)
{
	struct buf b = BUF_INIT(sizeof g->heads - 1);
	buf_addc(&b, '\n');
	for (size_t i = 0; i < r->headers.n; i++)
		buf_addf(&b, "%.*s: %.*s\n", SLICE_ARG(r->headers.v[i].name), SLICE_ARG(r->headers.v[i].value));
	snprintf(g->heads, sizeof g->heads, "%s", buf_str(&b));
	snprintf(g->body, sizeof g->body, "%.*s", SLICE_ARG(r->body));
	snprintf(g->target, sizeof g->target, "%.*s%s%.*s", SLICE_ARG(r->path), r->query.n ? "?" : "", SLICE_ARG(r->query));
	buf_release(&b);
}

static inline void rig_on_request(void *ctx, const struct http_request *r)
{
	struct rig *g = ctx;
	struct mcp_message m = { 0 };
	struct err e;
	rig_keep(g, r);
	g->requests++;
	g->opens += r->method == HTTP_GET;
	g->posts += r->method == HTTP_POST;
	g->deletes += r->method == HTTP_DELETE;
	const struct json *root = r->body.n ? json_read(r->body, r->arena, &e) : NULL;
	if (root && mcp_message_read(root, &m, &e) && m.kind == MCP_REQUEST)
		snprintf(g->id, sizeof g->id, "%.*s", SLICE_ARG(json_number(m.id)));
	g->notes += m.kind == MCP_NOTIFICATION;
	g->handle(g, r, &m, g->id);
}

static inline void rig_on_gone(void *ctx, struct http_request_id id)
{
	struct rig *g = ctx;
	(void)id;
	g->gone++;
}

static inline void rig_start(struct rig *g)
{
	static const struct http_server_events ev = { rig_on_request, rig_on_gone };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	struct err e = { 0 };
	log_set_level(LOG_ERROR);
	g->loop = loop_new();
	g->client = http_client_new(g->loop, &co);
	g->server = http_server_new(g->loop, &so, &ev, g);
	BUG_ON(!http_server_listen(g->server, "127.0.0.1:0", false, &e));
}

static inline void rig_stop(struct rig *g)
{
	int stopped = 0;
	http_client_free(&g->client);
	http_server_stop(g->server, 0, seen_stopped, &stopped);
	ok(run_until(g->loop, &stopped, 1), "the scripted server stops");
	http_server_free(&g->server);
	loop_free(&g->loop);
}

static inline struct upstream *rig_upstream(struct rig *g, const char *path, void (*change)(struct upstream_opts *o))
{
	static const struct http_header secret = { { "X-Key", 5 }, { "s3cret", 6 } };
	char url[128];
	struct upstream_opts o = upstream_defaults();
	struct err e = { 0 };
	snprintf(url, sizeof url, "http://127.0.0.1:%d%s", http_server_port(g->server), path);
	o.name = "srv";
	o.url = url;
	o.headers = &secret;
	o.header_n = 1;
	o.message_bytes_max = 65536;
	if (change)
		change(&o);
	struct upstream *u = upstream_new(g->loop, g->client, &o, &e);
	if (!u)
		printf("# %s\n", e.text);
	return u;
}

#endif
