/* HTTP+SSE, the transport of 2024-11-05: one stream, and POSTs to the address that it names. */
#include "gate_rig.h"

#define PING "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}"
#define INITIALIZED "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}"

/* Opens a stream and waits for its first event; what to POST to goes into target. */
static void open_stream(struct rig *r, struct asked *a, char target[256])
{
	ask_send(r, a, HTTP_GET, NULL, slice_of(NULL, 0));
	while (!asked_has(a, "\n\n") && !a->ended)
		rig_settle(r);
	const char *p = strstr(buf_str(&a->got), "data: ");
	snprintf(target, 256, "%.*s", p ? (int)strcspn(p + 6, "\n") : 0, p ? p + 6 : "");
}

static int post(struct rig *r, const char *target, const char *body)
{
	struct asked a;
	r->target = target;
	ask(r, &a, NULL, body);
	r->target = NULL;
	bool is_over = rig_until(r, &a.ended, 1);
	int status = is_over ? a.status : -1;
	asked_release(&a);
	return status;
}

static bool wait_for(struct rig *r, struct asked *a, const char *text)
{
	for (int i = 0; i < 100 && !asked_has(a, text); i++)
		rig_settle(r);
	return asked_has(a, text);
}

static void open_with_session(struct rig *r, struct asked *a, char target[256])
{
	int before = r->listens;
	open_stream(r, a, target);
	ok(post(r, target, RIG_INIT("2024-11-05")) == 202 && wait_for(r, a, "\"protocolVersion\":\"2024-11-05\""), "a session is made");
	ok(rig_until(r, &r->listens, before + 1), "and its server listened to");
}

static void test_session(struct rig *r)
{
	struct asked a;
	char target[256];
	open_stream(r, &a, target);
	ok(a.status == 200 && strncmp(buf_str(&a.got), "event: endpoint\ndata: /mcp/s?session=", 37) == 0 && strlen(target) == 47,
	   "the first event says where to POST to: %s", target);
	ok(post(r, target, PING) == 400, "nothing but initialize comes first");
	int opened = r->opened, calls = r->calls, notes = r->notes;
	ok(post(r, target, RIG_INIT("2024-11-05")) == 202 && wait_for(r, &a, "\"protocolVersion\":\"2024-11-05\"") && r->opened == opened + 1,
	   "initialize is accepted, and answered on the stream");
	ok(!asked_has(&a, "\nid:") && !asked_has(&a, "retry"), "without ids of events");
	ok(post(r, target, INITIALIZED) == 202 && r->notes == notes + 1, "a notification is accepted");
	ok(post(r, target, RIG_INIT("2024-11-05")) == 400, "a second initialize is not");
	ok(post(r, target, "[" PING "]") == 400 && post(r, target, "{") == 400, "nor is a batch, or what is no JSON");
	ok(post(r, target, RIG_CALL("2", "free")) == 202 && wait_for(r, &a, "\"id\":2") && asked_has(&a, "done"), "a call is answered on the stream");
	ok(post(r, target, RIG_CALL("3", "never")) == 202 && wait_for(r, &a, "POLICY DENIED") && r->calls == calls + 1, "what the policy refuses is refused there");
	rig_event(r, r->stream, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":5}}");
	ok(wait_for(r, &a, "\"data\":5"), "what the server says by itself comes there, too");
	rig_event(r, r->stream, "{\"jsonrpc\":\"2.0\",\"id\":77,\"method\":\"sampling/createMessage\",\"params\":{}}");
	ok(wait_for(r, &a, "sampling/createMessage"), "and what it asks");
	int answers = r->answers;
	ok(post(r, target, "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}") == 202 && rig_until(r, &r->answers, answers + 1), "the client's answer reaches it");
	int gone = r->gone, deletes = r->deletes;
	asked_release(&a);
	ok(rig_until(r, &r->gone, gone + 1) && rig_until(r, &r->deletes, deletes + 1), "the session ends with its stream");
	ok(post(r, target, PING) == 404, "and is not known any more");
	ok(rig_is_idle(r) && !r->gate->old_streams.n, "nothing is left");
}

static struct http_request_id held;
static char held_id[64];

static void hold(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)r, (void)m;
	held = q->id;
	snprintf(held_id, sizeof held_id, "%s", id);
}

static void test_several(struct rig *r)
{
	struct asked a, b;
	char one[256], two[256];
	open_with_session(r, &a, one);
	open_with_session(r, &b, two);
	ok(strcmp(one, two) != 0, "each stream has an address of its own");
	r->on_call = hold;
	int calls = r->calls;
	ok(post(r, one, RIG_CALL("4", "free")) == 202 && rig_until(r, &r->calls, calls + 1), "a call waits on one");
	r->on_call = rig_answer_ok;
	ok(post(r, one, RIG_CALL("5", "free")) == 202 && wait_for(r, &a, "\"id\":5"), "others are answered meanwhile");
	rig_reply(r, held, held_id, "{\"content\":[],\"_meta\":{\"late\":1}}");
	ok(wait_for(r, &a, "\"late\"") && !asked_has(&b, "\"id\":4") && !asked_has(&b, "\"id\":5"), "each on its own stream");
	r->on_call = hold;
	calls = r->calls;
	ok(post(r, one, RIG_CALL("6", "free")) == 202 && rig_until(r, &r->calls, calls + 1), "a call is under way");
	int deletes = r->deletes;
	asked_release(&a);
	ok(rig_until(r, &r->deletes, deletes + 1), "its client leaves");
	rig_reply(r, held, held_id, "{\"content\":[]}");
	rig_settle(r);
	r->on_call = rig_answer_ok;
	ok(gate_counts(r->gate).in_flight == 0, "the call ends all the same");
	ok(post(r, two, RIG_CALL("7", "free")) == 202 && wait_for(r, &b, "\"id\":7"), "the other goes on");
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_strangers(struct rig *r)
{
	struct asked a, b;
	struct err e = { 0 };
	char target[256], token[TOKEN_SIZE];
	static const struct store_binding bindings[] = { { "s", "p" } };
	struct store_grant other = { .label = "other", .subject = "", .bindings = bindings, .binding_n = 1 };
	open_with_session(r, &a, target);
	memcpy(token, r->token, sizeof token);
	token_new(r->token, other.token_hash);
	rig_must(store_grant_add(r->store, &other, &e), &e);
	rig_load_grants(r);
	ok(post(r, target, PING) == 404, "another grant finds nothing there");
	memcpy(r->token, token, sizeof token);
	ok(post(r, target, PING) == 202 && wait_for(r, &a, "\"id\":9"), "its own does");
	ok(post(r, "/mcp/s?session=", PING) == 400 && post(r, "/mcp/s?session=0123456789abcdef0123456789abcdef", PING) == 404, "an id that never was is refused");
	r->target = target;
	ask_send(r, &b, HTTP_DELETE, NULL, slice_of(NULL, 0));
	r->target = NULL;
	ok(rig_until(r, &b.ended, 1) && b.status == 400 && !a.ended, "there is no DELETE");
	asked_release(&b);
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

/* What a revision is spoken over does not change what it has. */
static void test_batch(struct rig *r)
{
	struct asked a;
	char target[256];
	open_stream(r, &a, target);
	ok(post(r, target, RIG_INIT("2025-03-26")) == 202 && wait_for(r, &a, "2025-03-26"), "a client of 2025-03-26");
	ok(post(r, target, "[" RIG_CALL("11", "free") "," RIG_CALL("12", "never") "]") == 202 && wait_for(r, &a, "\"id\":11") &&
	           wait_for(r, &a, "\"id\":12") && asked_has(&a, "POLICY DENIED"),
	   "has batches, and each call of one is decided and answered");
	ok(post(r, target, "[]") == 400 && post(r, target, "[" RIG_INIT("2025-03-26") "]") == 400, "an empty one is refused, and one with initialize");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_revoked(struct rig *r)
{
	struct asked a;
	struct err e = { 0 };
	char target[256];
	open_with_session(r, &a, target);
	rig_must(store_grant_revoke(r->store, r->grant_id, &e), &e);
	int deletes = r->deletes;
	rig_load_grants(r);
	ok(rig_until(r, &a.ended, 1) && rig_until(r, &r->deletes, deletes + 1), "a revoked grant loses its stream, and its session");
	ok(post(r, target, PING) == 401, "and is not heard");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_limit(struct rig *r)
{
	struct asked a, b;
	char target[256];
	open_stream(r, &a, target);
	ask_send(r, &b, HTTP_GET, NULL, slice_of(NULL, 0));
	ok(rig_until(r, &b.ended, 1) && b.status == 503, "streams have their limit");
	asked_release(&b);
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
	open_stream(r, &a, target);
	ok(a.status == 200, "one that ended makes room");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void one_stream(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->streams_max = 1;
}

static void keep_long(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->replay_ms = 600000;
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, keep_long);
	test_session(&r);
	test_several(&r);
	test_batch(&r);
	test_strangers(&r);
	test_revoked(&r);
	rig_stop(&r);
	rig_start(&r, one_stream);
	test_limit(&r);
	rig_stop(&r);
	return tap_done();
}
