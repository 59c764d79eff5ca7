/*
 * A bridge, one server behind it on our own HTTP server, and what a client of the bridge saw. The
 * server is of the legacy era unless a test scripts it otherwise.
 */
#ifndef LEGACY_RIG_H
#define LEGACY_RIG_H
#include "base/limits.h"
#include "base/log.h"
#include "bridge/errand.h"
#include "http/server.h"
#include "upstream/exchange.h"
#include "upstream_seen.h"

struct rig;
typedef void (*rig_fn)(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id);

struct rig {
	struct loop *loop;
	struct http_server *back;
	struct http_client *http;
	struct upstream *u;
	struct bridge *bridge;
	rig_fn on_call; /* requests beside those that follow */
	void *ctx;                       /* a test's own */
	const char *capabilities;
	const char *asks[2];             /* what rig_ask_and_wait asks */
	int discovers, opened, initialized, levels, subscribes, unsubscribes, listens, deletes, calls, cancels, notes, answers, gone;
	int stream_status;               /* not 0: how a GET is refused */
	bool has_no_stream, is_modern, has_no_session, is_mute;
	int open_status;                 /* not 0: how initialize is refused */
	const char *open_error;
	char last_open[SEEN_TEXT], last_call[SEEN_TEXT], last_answer[SEEN_TEXT], last_level[256], last_uri[256];
	char last_session[64], call_sessions[8][64];
	struct http_request_id call, stream, held[8]; /* the last call; the last GET; for a test to keep */
	char call_id[64], held_id[8][64];
	int lost_n;                      /* sessions up to this number are unknown (404, or lost_status) */
	int lost_status;
};

static const struct http_header rig_json[1] = { { { "Content-Type", 12 }, { "application/json", 16 } } };
static const struct http_header rig_sse[1] = { { { "Content-Type", 12 }, { "text/event-stream", 17 } } };

static inline void rig_reply(struct rig *r, struct http_request_id to, const char *id, const char *result)
{
	struct buf b = BUF_INIT(1u << 24);
	mcp_write_result(&b, slice_str(id), slice_str(result));
	http_respond(r->back, to, 200, rig_json, 1, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_fail(struct rig *r, struct http_request_id to, int status, const char *id, const char *error)
{
	struct buf b = BUF_INIT(65536);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":%s}", id, error);
	http_respond(r->back, to, status, rig_json, 1, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_event(struct rig *r, struct http_request_id to, const char *text)
{
	struct buf b = BUF_INIT(1u << 24);
	buf_adds(&b, "data: ");
	buf_adds(&b, text);
	buf_adds(&b, "\n\n");
	http_write(r->back, to, buf_slice(&b));
	buf_release(&b);
}

/* The answer on a stream that was begun, and the stream's end. */
static inline void rig_end(struct rig *r, struct http_request_id to, const char *id, const char *result)
{
	struct buf b = BUF_INIT(1u << 24);
	mcp_write_result(&b, slice_str(id), slice_str(result));
	rig_event(r, to, buf_str(&b));
	http_end(r->back, to);
	buf_release(&b);
}

static inline void rig_open(struct rig *r, const struct http_request *q, const char *id)
{
	char session[64];
	struct buf b = BUF_INIT(1u << 20), result = BUF_INIT(1u << 20);
	r->opened++;
	snprintf(r->last_open, sizeof r->last_open, "%.*s", SLICE_ARG(q->body));
	if (r->open_status) {
		rig_fail(r, q->id, r->open_status, id, r->open_error ? r->open_error : "{\"code\":-32000,\"message\":\"no\"}");
		return;
	}
	snprintf(session, sizeof session, "sess-%d", r->opened);
	buf_addf(&result,
	         "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":%s,\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"},\"instructions\":\"be kind\"}",
	         r->capabilities);
	struct http_header h[2] = { rig_json[0], { SLICE_LIT("Mcp-Session-Id"), slice_str(session) } };
	mcp_write_result(&b, slice_str(id), buf_slice(&result));
	http_respond(r->back, q->id, 200, h, r->has_no_session ? 1 : 2, buf_slice(&b));
	buf_release(&b);
	buf_release(&result);
}

static inline bool rig_is_lost(struct rig *r, const struct http_request *q)
{
	struct slice s = http_header_get(q->headers, "Mcp-Session-Id");
	unsigned long long n = 0;
	snprintf(r->last_session, sizeof r->last_session, "%.*s", SLICE_ARG(s));
	return s.n > 5 && slice_u64(slice_of(s.p + 5, s.n - 5), &n) && n <= (unsigned)r->lost_n;
}

static inline void rig_on_request(struct rig *r, const struct http_request *q, const struct mcp_message *m)
{
	char id[64];
	snprintf(id, sizeof id, "%.*s", SLICE_ARG(json_number(m->id)));
	struct slice uri = json_string(json_gets(m->params, "uri"));
	if (slice_is(m->method, "server/discover") && !r->is_modern) {
		r->discovers++;
		rig_fail(r, q->id, 400, "null", "{\"code\":-32000,\"message\":\"Server not initialized\"}");
	} else if (slice_is(m->method, "initialize")) {
		rig_open(r, q, id);
	} else if (rig_is_lost(r, q)) {
		rig_fail(r, q->id, r->lost_status ? r->lost_status : 404, "null", "{\"code\":-32000,\"message\":\"no session\"}");
	} else if (slice_is(m->method, "logging/setLevel")) {
		r->levels++;
		snprintf(r->last_level, sizeof r->last_level, "%.*s", SLICE_ARG(json_string(json_gets(m->params, "level"))));
		rig_reply(r, q->id, id, "{}");
	} else if (slice_is(m->method, "resources/subscribe") || slice_is(m->method, "resources/unsubscribe")) {
		slice_is(m->method, "resources/subscribe") ? r->subscribes++ : r->unsubscribes++;
		snprintf(r->last_uri, sizeof r->last_uri, "%.*s", SLICE_ARG(uri));
		rig_reply(r, q->id, id, "{}");
	} else {
		snprintf(r->call_sessions[r->calls % 8], 64, "%s", r->last_session);
		r->calls++;
		r->call = q->id;
		snprintf(r->call_id, sizeof r->call_id, "%s", id);
		snprintf(r->last_call, sizeof r->last_call, "%.*s", SLICE_ARG(q->body));
		r->on_call(r, q, m, id);
	}
}

static inline void rig_on_back(void *ctx, const struct http_request *q)
{
	struct rig *r = ctx;
	struct err e;
	struct mcp_message m;
	if (r->is_mute)
		return;
	if (q->method == HTTP_GET && (r->has_no_stream || r->is_modern || r->stream_status)) {
		r->listens++;
		http_respond(r->back, q->id, r->stream_status ? r->stream_status : 405, NULL, 0, slice_of(NULL, 0));
	} else if (q->method == HTTP_GET) {
		r->listens++;
		if (rig_is_lost(r, q)) {
			http_respond(r->back, q->id, 404, NULL, 0, slice_of(NULL, 0));
			return;
		}
		r->stream = q->id;
		http_begin(r->back, q->id, 200, rig_sse, 1);
	} else if (q->method == HTTP_DELETE) {
		r->deletes++;
		http_respond(r->back, q->id, 200, NULL, 0, slice_of(NULL, 0));
	} else {
		const struct json *root = json_read(q->body, q->arena, &e);
		BUG_ON(!root || !mcp_message_read(root, &m, &e));
		if (m.kind == MCP_REQUEST) {
			rig_on_request(r, q, &m);
			return;
		}
		r->initialized += slice_is(m.method, "notifications/initialized");
		r->cancels += slice_is(m.method, "notifications/cancelled");
		r->notes += m.kind == MCP_NOTIFICATION;
		if (m.kind != MCP_NOTIFICATION) {
			snprintf(r->last_answer, sizeof r->last_answer, "%.*s", SLICE_ARG(q->body));
			r->answers++;
		}
		http_respond(r->back, q->id, 202, NULL, 0, slice_of(NULL, 0));
	}
}

static inline void rig_on_gone(void *ctx, struct http_request_id id)
{
	struct rig *r = ctx;
	(void)id;
	r->gone++;
}

static inline void rig_answer_ok(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"content\":[]}");
}

static inline void rig_start(struct rig *r, uint64_t parked_ms)
{
	static const struct http_server_events back = { rig_on_back, rig_on_gone };
	struct http_server_opts so = http_server_defaults();
	struct http_client_opts co = http_client_defaults();
	struct upstream_opts o = upstream_defaults();
	struct bridge_opts bo = { .parked_ms = parked_ms };
	struct err e = { 0 };
	char url[64];
	log_set_level(LOG_ERROR);
	*r = (struct rig){ .on_call = rig_answer_ok, .capabilities = "{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true}}" };
	r->loop = bo.loop = loop_new();
	memset(bo.key, 7, sizeof bo.key);
	r->back = http_server_new(r->loop, &so, &back, r);
	BUG_ON(!http_server_listen(r->back, "127.0.0.1:0", false, &e));
	r->http = http_client_new(r->loop, &co);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/mcp", http_server_port(r->back));
	o.name = "s";
	o.url = url;
	o.call_timeout_ms = 20000;
	r->u = upstream_new(r->loop, r->http, &o, &e);
	BUG_ON(!r->u);
	r->bridge = bridge_new(&bo);
}

static inline void rig_turn(void *ctx)
{
	++*(int *)ctx;
}

/* Some turns: what would come by itself has come. */
static inline void rig_settle(struct rig *r)
{
	int n = 0;
	loop_after(r->loop, 30, rig_turn, &n);
	(void)run_until(r->loop, &n, 1);
}

static inline void rig_stop(struct rig *r)
{
	int closed = 0;
	bridge_forget(r->bridge, r->u);
	stop_and_free(r->loop, &r->u);
	ok(list_empty(&r->bridge->running) && list_empty(&r->bridge->errands), "nothing is left under way in the bridge");
	bridge_free(&r->bridge);
	http_server_stop(r->back, 0, rig_turn, &closed);
	http_client_free(&r->http);
	(void)run_until(r->loop, &closed, 1);
	http_server_free(&r->back);
	loop_free(&r->loop);
}

#define RIG_META                                                                                                       \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define RIG_META_LOG(level)                                                                                            \
	"\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}," \
	"\"io.modelcontextprotocol/logLevel\":\"" level "\"}"
#define RIG_ALL (UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ELICITATION | UPSTREAM_CAN_ROOTS | UPSTREAM_CAN_ELICITATION_URL)

static inline struct bridge_target rig_target(const char *grant, unsigned caps)
{
	return (struct bridge_target){ .to = { .grant_id = slice_str(grant), .client_caps = caps },
		                       .client_version = MCP_2026_07_28 };
}

static inline struct exchange_id rig_ask(struct rig *r, struct seen *s, const char *grant, unsigned caps, const char *method,
                                         const char *params)
{
	struct bridge_target t = rig_target(grant, caps);
	*s = (struct seen){ 0 };
	return bridge_request(r->bridge, r->u, &t, slice_str(method), slice_str(params), 15000, &seen_events, s);
}

static inline bool rig_asked(struct rig *r, struct seen *s, const char *grant, unsigned caps, const char *method,
                             const char *params)
{
	rig_ask(r, s, grant, caps, method, params);
	return run_until(r->loop, &s->done, 1);
}

#define RIG_CALL "{\"name\":\"t\",\"arguments\":{\"a\":1,\"b\":[1,2]}," RIG_META "}"
#define RIG_ROOTS "{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"roots/list\"}"
#define RIG_FORM "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"elicitation/create\",\"params\":{\"message\":\"who\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}"

/* Asks as the test says, and keeps the call open. */
static inline void rig_ask_and_wait(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	http_begin(r->back, q->id, 200, rig_sse, 1);
	for (size_t i = 0; i < ARRAY_LEN(r->asks) && r->asks[i]; i++)
		rig_event(r, q->id, r->asks[i]);
}

static inline void rig_set_asks(struct rig *r, const char *a, const char *b)
{
	r->asks[0] = a;
	r->asks[1] = b;
	r->on_call = rig_ask_and_wait;
}

/* What stands behind "requestState":" */
static inline void rig_state_of(const struct seen *s, char out[1024])
{
	const char *p = strstr(s->answer, "\"requestState\":\"");
	out[0] = '\0';
	if (p)
		snprintf(out, 1024, "%.*s", (int)strcspn(p + 16, "\""), p + 16);
}

static inline void rig_retry_of(const char *state, const char *responses, const char *args, char out[4096])
{
	snprintf(out, 4096, "{\"name\":\"t\",\"arguments\":%s,\"inputResponses\":%s,\"requestState\":\"%s\"," RIG_META "}", args, responses,
	         state);
}

#define RIG_ARGS "{\"b\":[1,2],\"a\":1}" /* the same, in another order */
#define RIG_ROOTS_ANSWER "{\"ask-1\":{\"roots\":[]},\"unknown\":{\"x\":1}}"

static inline bool has(const char *text, const char *what)
{
	return strstr(text, what) != NULL;
}

#endif
