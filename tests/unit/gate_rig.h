/*
 * A whole gate on one loop: our HTTP server in front, a scripted MCP server behind, and
 * clients between. Journal and store are real; what the journal takes is kept for looking
 * up whether a call was recorded before the server heard of it.
 */
#ifndef GATE_RIG_H
#define GATE_RIG_H
#include "audit/audit.h"
#include "base/check.h"
#include "base/log.h"
#include "base/limits.h"
#include "folder.h"
#include "gate/call.h"
#include "grant/token.h"
#include "past/codec.h"
#include "store/journal_inside.h"
#include "store/segment.h"
#include "store/store.h"
#include "tap.h"

#define RIG_TEXT 8192

struct rig;

/* One request of a client, and what came back. */
struct asked {
	struct rig *rig;
	struct http_call_id call;
	int status, ended; /* ended: the answer is complete, or broke */
	bool is_broken, is_cancelled;
	char session[2048];
	struct buf got;
};

/* What the server behind does with a request that is not part of a handshake or a list. */
typedef void (*rig_fn)(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id);

struct rig {
	struct loop *loop;
	struct folder folder;
	struct store *store;
	struct journal *journal;
	struct quota *quota;
	struct past *past;
	struct ledger *ledger;
	struct catalog *catalog;
	struct http_server *front, *back;
	struct http_client *client, *upstream_client;
	struct http_origin *origin;
	struct registry *registry;
	struct gate *gate;
	struct grants *grants;
	char token[TOKEN_SIZE], grant_id[RANDOM_UUID_SIZE], url[128];
	unsigned server_number;
	/* the server behind: */
	void (*on_open)(struct rig *r, const struct http_request *q, const char *id); /* NULL: rig_open */
	rig_fn on_call, on_list;
	rig_fn on_discover; /* NULL: a server of the older era */
	void *ctx;
	const char *back_session; /* what it gives; NULL: none */
	const char *last_event_id; /* what the next request says; NULL: nothing */
	const char *target;        /* where it goes; NULL: to /mcp/s */
	int opened, lists, calls, cancels, notes, answers, listens, deletes, gone;
	struct http_request_id stream; /* its last GET */
	char last_call[RIG_TEXT], last_answer[RIG_TEXT];
	void (*on_record)(struct rig *r, const struct audit_entry *en);
	struct http_header extra[8]; /* that each request of a client carries, too */
	size_t extra_n;
	struct rig_poll {
		const int *n;
		int want;
		bool is_late;
		struct loop_timer poll, late;
	} poll;
};

static const struct http_header rig_json[1] = { { { "Content-Type", 12 }, { "application/json", 16 } } };
static const struct http_header rig_sse[1] = { { { "Content-Type", 12 }, { "text/event-stream", 17 } } };

static inline void rig_must(bool fine, const struct err *e)
{
	if (fine)
		return;
	printf("# %s\n", e->text);
	abort();
}

static inline void rig_on_poll(void *ctx)
{
	struct rig *r = ctx;
	r->poll.poll.v = 0;
	if (*r->poll.n >= r->poll.want)
		loop_stop(r->loop);
	else
		r->poll.poll = loop_after(r->loop, 1, rig_on_poll, r);
}

static inline void rig_on_late(void *ctx)
{
	struct rig *r = ctx;
	r->poll.late.v = 0;
	r->poll.is_late = true;
	loop_stop(r->loop);
}

/* Until *n reaches want; false when it never does. The guard only ends a test that hangs. */
static inline bool rig_until(struct rig *r, const int *n, int want)
{
	r->poll = (struct rig_poll){ .n = n, .want = want };
	r->poll.poll = loop_after(r->loop, 0, rig_on_poll, r);
	r->poll.late = loop_after(r->loop, 20000, rig_on_late, r);
	loop_run(r->loop);
	loop_cancel(r->loop, &r->poll.poll);
	loop_cancel(r->loop, &r->poll.late);
	return !r->poll.is_late;
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

/* The server behind */

static inline void rig_reply(struct rig *r, struct http_request_id to, const char *id, const char *result)
{
	struct buf b = BUF_INIT(1u << 24);
	mcp_write_result(&b, slice_str(id), slice_str(result));
	http_respond(r->back, to, 200, rig_json, 1, buf_slice(&b));
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

static inline void rig_answer_ok(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, "{\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}");
}

#define RIG_TOOL(name) "{\"name\":\"" name "\",\"inputSchema\":{\"type\":\"object\"}}"
#define RIG_TOOLS "{\"tools\":[" RIG_TOOL("free") "," RIG_TOOL("few") "," RIG_TOOL("never") "]}"

static inline void rig_answer_list(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	rig_reply(r, q->id, id, RIG_TOOLS);
}

static inline void rig_open(struct rig *r, const struct http_request *q, const char *id)
{
	struct http_header h[2] = { rig_json[0], { SLICE_LIT("Mcp-Session-Id"), slice_str(r->back_session ? r->back_session : "") } };
	struct buf b = BUF_INIT(4096);
	r->opened++;
	mcp_write_result(&b, slice_str(id), SLICE_LIT("{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}"));
	http_respond(r->back, q->id, 200, h, r->back_session ? 2 : 1, buf_slice(&b));
	buf_release(&b);
}

static inline void rig_on_back_post(struct rig *r, const struct http_request *q)
{
	struct err e;
	struct mcp_message m;
	char id[64];
	const struct json *root = json_read(q->body, q->arena, &e);
	BUG_ON(!root || !mcp_message_read(root, &m, &e));
	snprintf(id, sizeof id, "%.*s", SLICE_ARG(json_number(m.id)));
	if (m.kind != MCP_REQUEST) {
		r->cancels += slice_is(m.method, "notifications/cancelled");
		r->notes += m.kind == MCP_NOTIFICATION;
		r->answers += m.kind != MCP_NOTIFICATION;
		if (m.kind != MCP_NOTIFICATION)
			snprintf(r->last_answer, sizeof r->last_answer, "%.*s", SLICE_ARG(q->body));
		http_respond(r->back, q->id, 202, NULL, 0, slice_of(NULL, 0));
	} else if (slice_is(m.method, "initialize")) {
		(r->on_open ? r->on_open : rig_open)(r, q, id);
	} else if (slice_is(m.method, "server/discover")) {
		if (r->on_discover)
			r->on_discover(r, q, &m, id);
		else
			http_respond(r->back, q->id, 404, NULL, 0, slice_of(NULL, 0));
	} else if (slice_is(m.method, "tools/list")) {
		r->lists++;
		r->on_list(r, q, &m, id);
	} else {
		r->calls++;
		snprintf(r->last_call, sizeof r->last_call, "%.*s", SLICE_ARG(q->body));
		r->on_call(r, q, &m, id);
	}
}

static inline void rig_on_back(void *ctx, const struct http_request *q)
{
	struct rig *r = ctx;
	if (q->method == HTTP_POST) {
		rig_on_back_post(r, q);
	} else if (q->method == HTTP_GET) {
		r->listens++;
		r->stream = q->id;
		http_begin(r->back, q->id, 200, rig_sse, 1);
	} else {
		r->deletes++;
		http_respond(r->back, q->id, 200, NULL, 0, slice_of(NULL, 0));
	}
}

static inline void rig_on_back_gone(void *ctx, struct http_request_id id)
{
	struct rig *r = ctx;
	(void)id;
	r->gone++;
}

/* The front */

static inline void rig_on_front(void *ctx, const struct http_request *q)
{
	struct rig *r = ctx;
	gate_on_request(r->gate, q);
}

static inline void rig_on_front_gone(void *ctx, struct http_request_id id)
{
	struct rig *r = ctx;
	gate_on_gone(r->gate, id);
}

static inline void rig_before_send(void *ctx)
{
	struct rig *r = ctx;
	struct slice rest = buf_slice(&r->journal->pending), entry;
	static struct audit_entry en;
	while (r->on_record && frame_read(rest, &entry) == FRAME_OK) {
		if (!past_is_entry(entry)) {
			BUG_ON(!audit_decode(entry, &en));
			r->on_record(r, &en);
		}
		rest = slice_of(rest.p + FRAME_HEAD + entry.n, rest.n - FRAME_HEAD - entry.n);
	}
	BUG_ON(!journal_flush(r->journal));
}

/* The server, again: another address of the same makes it another server. */
static inline void rig_put_server(struct rig *r)
{
	char url[128];
	struct err e = { 0 };
	struct upstream_opts o = upstream_defaults();
	snprintf(url, sizeof url, "http://127.0.0.1:%d/%u", http_server_port(r->back), r->server_number);
	o.name = "s";
	o.url = url;
	o.call_timeout_ms = 15000;
	rig_must(registry_put(r->registry, &o, &e), &e);
}

static inline void rig_load_grants(struct rig *r)
{
	struct err e = { 0 };
	if (r->grants)
		grants_unref(&r->grants);
	r->grants = grants_load(r->store, &e);
	rig_must(r->grants != NULL, &e);
	gate_set_grants(r->gate, r->grants);
}

#define RIG_POLICY                                                                                                     \
	"{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"free\":{},"                                                \
	"\"few\":{\"limits\":[{\"counter\":\"c\",\"window\":\"month\",\"max\":3}]}},"                                    \
	"\"server_requests\":{\"sampling\":\"allow\"},\"resources\":{\"default\":\"deny\",\"allow\":[\"file:///pub/**\"]}}"

static inline void rig_set_policy(struct rig *r, const char *text)
{
	struct err e = { 0 };
	int64_t version;
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(slice_str(text), &problems);
	if (!p)
		printf("# %s: %s\n", problems.v[0].pointer, problems.v[0].text);
	BUG_ON(!p);
	policy_unref(&p);
	policy_problems_release(&problems);
	rig_must(store_policy_apply(r->store, "p", slice_str(text), "", "", &version, &e), &e);
}

static inline void rig_fill_store(struct rig *r)
{
	static const struct store_binding bindings[] = { { "s", "p" } };
	struct err e = { 0 };
	struct store_server s = { .name = "s", .transport = STORE_HTTP, .url = "http://h/", .is_enabled = true };
	struct store_grant grant = { .label = "g", .subject = "", .bindings = bindings, .binding_n = 1 };
	token_new(r->token, grant.token_hash);
	rig_must(store_server_put(r->store, &s, &e), &e);
	rig_set_policy(r, RIG_POLICY);
	rig_must(store_grant_add(r->store, &grant, &e), &e);
	snprintf(r->grant_id, sizeof r->grant_id, "%s", grant.id);
}

static inline void rig_start(struct rig *r, void (*change)(struct gate_opts *g, struct http_server_opts *h))
{
	static const struct http_server_events front = { rig_on_front, rig_on_front_gone };
	static const struct http_server_events back = { rig_on_back, rig_on_back_gone };
	struct http_server_opts ho = http_server_defaults(), bo = ho;
	struct http_client_opts co = http_client_defaults();
	struct err e = { 0 };
	*r = (struct rig){ .on_call = rig_answer_ok, .on_list = rig_answer_list, .back_session = "back-1" };
	r->folder = folder_new();
	r->store = store_open(&(struct store_opts){ .data_dir = r->folder.path }, &e);
	rig_must(r->store != NULL, &e);
	rig_fill_store(r);
	r->journal = journal_open(r->store, &e);
	rig_must(r->journal != NULL, &e);
	r->quota = quota_new(1000);
	r->past = past_new(&(struct past_opts){ 0 });
	r->ledger = ledger_new_memory(r->quota, r->past);
	r->catalog = catalog_new();
	r->loop = loop_new();
	struct gate_opts go = { .loop = r->loop, .ledger = r->ledger, .catalog = r->catalog, .journal = r->journal,
		                .session_age_ms = 3600000, .calls_max = 1000, .streams_max = 100, .message_bytes_max = 1u << 20 };
	if (change)
		change(&go, &ho);
	bo.pending_bytes_max = 256u << 20; /* this one is fast and patient */
	r->front = http_server_new(r->loop, &ho, &front, r);
	r->back = http_server_new(r->loop, &bo, &back, r);
	r->client = http_client_new(r->loop, &co);
	r->upstream_client = http_client_new(r->loop, &co);
	r->registry = registry_new(r->loop, r->upstream_client);
	go.http = r->front;
	go.registry = r->registry;
	r->gate = gate_new(&go);
	rig_must(http_server_listen(r->front, "127.0.0.1:0", false, &e) && http_server_listen(r->back, "127.0.0.1:0", false, &e), &e);
	loop_before_send(r->loop, rig_before_send, r);
	snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/mcp/s", http_server_port(r->front));
	r->origin = http_origin_new(r->url, &e);
	rig_must(r->origin != NULL, &e);
	rig_put_server(r);
	rig_load_grants(r);
}

/* A client */

static inline void asked_head(void *ctx, struct http_call_id id, int status, struct http_headers h)
{
	struct asked *a = ctx;
	(void)id;
	a->status = status;
	struct slice s = http_header_get(h, "Mcp-Session-Id");
	if (s.n)
		snprintf(a->session, sizeof a->session, "%.*s", SLICE_ARG(s));
}

static inline void asked_body(void *ctx, struct http_call_id id, struct slice bytes)
{
	struct asked *a = ctx;
	(void)id;
	buf_add_slice(&a->got, bytes);
}

static inline void asked_end(void *ctx, struct http_call_id id, const struct err *why, bool was_sent)
{
	struct asked *a = ctx;
	(void)id;
	(void)was_sent;
	a->call.v = 0;
	a->is_broken = why != NULL;
	a->ended++;
}

static const struct http_client_events asked_events = { asked_head, asked_body, asked_end };

static inline void ask_send(struct rig *r, struct asked *a, enum http_method method, const char *session, struct slice body)
{
	char bearer[64];
	struct err e = { 0 };
	size_t n = 0;
	struct http_header h[14];
	*a = (struct asked){ .rig = r, .got = BUF_INIT(64u << 20) };
	snprintf(bearer, sizeof bearer, "Bearer %s", r->token);
	h[n++] = (struct http_header){ SLICE_LIT("Authorization"), slice_str(bearer) };
	h[n++] = (struct http_header){ SLICE_LIT("Accept"), SLICE_LIT("application/json, text/event-stream") };
	if (method == HTTP_POST)
		h[n++] = (struct http_header){ SLICE_LIT("Content-Type"), SLICE_LIT("application/json") };
	if (session)
		h[n++] = (struct http_header){ SLICE_LIT("Mcp-Session-Id"), slice_str(session) };
	if (r->last_event_id)
		h[n++] = (struct http_header){ SLICE_LIT("Last-Event-ID"), slice_str(r->last_event_id) };
	for (size_t i = 0; i < r->extra_n; i++)
		h[n++] = r->extra[i];
	struct http_outgoing out = { .method = method, .headers = h, .header_n = n, .body = body, .target = slice_str(r->target) };
	a->call = http_send(r->client, r->origin, &out, &asked_events, a, &e);
	rig_must(a->call.v != 0, &e);
}

static inline void ask(struct rig *r, struct asked *a, const char *session, const char *body)
{
	ask_send(r, a, HTTP_POST, session, slice_str(body));
}

static inline void asked_release(struct asked *a)
{
	if (a->call.v)
		http_cancel(a->rig->client, a->call);
	a->call.v = 0;
	buf_release(&a->got);
}

/* Asks and waits for the whole answer, which stays in *a until asked_release. */
static inline bool ask_wait(struct rig *r, struct asked *a, const char *session, const char *body)
{
	ask(r, a, session, body);
	return rig_until(r, &a->ended, 1);
}

static inline bool asked_has(struct asked *a, const char *text)
{
	return strstr(buf_str(&a->got), text) != NULL;
}

#define RIG_INIT(version)                                                                                              \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"" version            \
	"\",\"capabilities\":{\"sampling\":{}},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"
#define RIG_CALL(id, tool) \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"" tool "\",\"arguments\":{}}}"

/* A session of that revision, into session[2048]. */
static inline void rig_session(struct rig *r, const char *init, char session[2048])
{
	struct asked a;
	bool fine = ask_wait(r, &a, NULL, init) && a.status == 200 && a.session[0];
	if (!fine)
		fprintf(stderr, "# initialize: %d broken %d ended %d opened %d calls %zu streams %zu front %zu back %zu %s\n", a.status, a.is_broken, a.ended, r->opened, gate_counts(r->gate).in_flight, gate_counts(r->gate).streams, http_server_connections(r->front), http_server_connections(r->back), buf_str(&a.got));
	BUG_ON(!fine);
	memcpy(session, a.session, 2048);
	asked_release(&a);
}

/* Nothing is in flight and everything is handed back. */
static inline bool rig_is_idle(struct rig *r)
{
	rig_settle(r);
	bool is_idle = !gate_counts(r->gate).in_flight && !gate_counts(r->gate).streams && !r->gate->inbounds.n && !r->gate->calls.n;
	if (!is_idle)
		printf("# %zu calls, %zu streams, %u inbounds left\n", gate_counts(r->gate).in_flight, gate_counts(r->gate).streams, r->gate->inbounds.n);
	return is_idle;
}

static inline void rig_stop(struct rig *r)
{
	int front = 0, back = 0, servers = 0;
	gate_end_streams(r->gate);
	http_server_stop(r->front, 100, rig_count, &front);
	ok(rig_until(r, &front, 1), "the front stops");
	registry_stop(r->registry, rig_count, &servers);
	ok(rig_until(r, &servers, 1), "the servers stop");
	http_server_stop(r->back, 0, rig_count, &back);
	ok(rig_until(r, &back, 1), "the scripted server stops");
	gate_free(&r->gate);
	registry_free(&r->registry);
	http_client_free(&r->client);
	http_client_free(&r->upstream_client);
	rig_settle(r);
	http_origin_free(&r->origin);
	http_server_free(&r->front);
	http_server_free(&r->back);
	grants_unref(&r->grants);
	catalog_free(&r->catalog);
	ledger_free(&r->ledger);
	quota_free(&r->quota);
	past_free(&r->past);
	journal_close(&r->journal);
	store_close(&r->store);
	loop_free(&r->loop);
	folder_remove(&r->folder);
}
#endif
