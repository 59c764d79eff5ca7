/* What a client gets for what it sends: each request one answer, whatever the server and the client do. */
#include "gate_rig.h"

static void answer_gone(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	http_respond(r->back, q->id, 404, NULL, 0, slice_of(NULL, 0));
}

static void test_gone_session(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	r->on_call = answer_gone;
	ok(ask_wait(r, &a, session, RIG_CALL("\"text\"", "free")) && a.status == 404, "a session that the server ended is 404");
	ok(asked_has(&a, "\"id\":\"text\""), "for the id of the call, which may be a text");
	asked_release(&a);
	r->on_call = rig_answer_ok;
	ok(rig_is_idle(r), "nothing is left");
}

static struct http_request_id held[8];
static char held_id[8][64];
static int held_n;

static void hold(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)r;
	(void)m;
	held[held_n] = q->id;
	snprintf(held_id[held_n++], sizeof held_id[0], "%s", id);
}

#define LOG_NOTE "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}"
#define BATCH "[" RIG_CALL("7", "never") "," RIG_CALL("8", "free") "," RIG_CALL("9", "free") "]"

static void test_batch(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-03-26"), session);
	ok(ask_wait(r, &a, session, BATCH) && a.status == 200, "a batch is answered");
	ok(asked_has(&a, "[{\"jsonrpc\"") && asked_has(&a, "\"id\":7") && asked_has(&a, "\"id\":8") && asked_has(&a, "\"id\":9"),
	   "with one list of all answers");
	asked_release(&a);
	r->on_call = hold;
	held_n = 0;
	ask(r, &a, session, BATCH);
	ok(rig_until(r, &held_n, 2), "the allowed ones of a batch reach the server");
	rig_reply(r, held[0], held_id[0], "{}");
	rig_settle(r);
	http_begin(r->back, held[1], 200, rig_sse, 1);
	rig_event(r, held[1], LOG_NOTE);
	rig_settle(r);
	char text[128];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", held_id[1]);
	rig_event(r, held[1], text);
	http_end(r->back, held[1]);
	ok(rig_until(r, &a.ended, 1) && asked_has(&a, "notifications/message"), "a message of the server makes a stream of it");
	ok(asked_has(&a, "\"id\":7") && asked_has(&a, "\"id\":8") && asked_has(&a, "\"id\":9"),
	   "which has the answers from before, too: %s", buf_str(&a.got));
	asked_release(&a);
	r->on_call = rig_answer_ok;
	ok(rig_is_idle(r), "nothing is left");
}

static void answer_large(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	struct buf b = BUF_INIT(1u << 21);
	buf_adds(&b, "{\"text\":\"");
	for (int i = 0; i < 700000; i++)
		buf_addc(&b, 'x');
	buf_adds(&b, "\"}");
	rig_reply(r, q->id, id, buf_str(&b));
	buf_release(&b);
}

/* Together they are larger than one answer may be. */
static void test_large_batch(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-03-26"), session);
	r->on_call = answer_large;
	ok(ask_wait(r, &a, session, BATCH) && !a.is_broken, "a batch with large answers is answered");
	ok(asked_has(&a, "\"id\":7") && asked_has(&a, "\"id\":8") && asked_has(&a, "\"id\":9") && a.got.n > 1400000,
	   "with all of them (%zu bytes)", a.got.n);
	asked_release(&a);
	r->on_call = rig_answer_ok;
	ok(rig_is_idle(r), "nothing is left");
}

#define CANCEL(id) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":" id ",\"reason\":\"r\"}}"

static void test_cancel(struct rig *r)
{
	char session[2048], other[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	rig_session(r, RIG_INIT("2025-11-25"), other);
	r->on_call = hold;
	held_n = r->cancels = 0;
	ask(r, &a, session, RIG_CALL("5", "free"));
	ok(rig_until(r, &held_n, 1), "a call reaches the server");
	ok(ask_wait(r, &b, other, CANCEL("5")) && b.status == 202, "another session cancels the id");
	asked_release(&b);
	rig_settle(r);
	ok(!a.ended && !r->cancels, "which is none of its own");
	ok(ask_wait(r, &b, session, CANCEL("5")) && b.status == 202, "the client cancels");
	asked_release(&b);
	ok(rig_until(r, &r->cancels, 1) && rig_until(r, &a.ended, 1), "the server is told");
	ok(a.got.n == 0, "and no answer follows");
	asked_release(&a);
	r->on_call = rig_answer_ok;
	ok(rig_is_idle(r), "nothing is left");
}

static void test_cancel_in_survey(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	catalog_mark_stale(r->catalog, SLICE_LIT("s"));
	r->on_list = hold;
	held_n = r->calls = 0;
	ask(r, &a, session, RIG_CALL("5", "free"));
	ok(rig_until(r, &held_n, 1), "a first call asks the server for its tools");
	ok(ask_wait(r, &b, session, CANCEL("5")), "and is cancelled meanwhile");
	asked_release(&b);
	rig_reply(r, held[0], held_id[0], RIG_TOOLS);
	ok(rig_until(r, &a.ended, 1) && a.got.n == 0, "it is not answered");
	rig_settle(r);
	ok(r->calls == 0, "and never reaches the server");
	asked_release(&a);
	r->on_list = rig_answer_list;
	ok(rig_is_idle(r), "nothing is left");
}

/* However many first calls come at once, the server is asked once, and all are judged by what it says. */
static void test_one_survey(struct rig *r)
{
	char session[2048];
	struct asked a[4];
	rig_session(r, RIG_INIT("2025-11-25"), session);
	catalog_mark_stale(r->catalog, SLICE_LIT("s"));
	r->on_list = hold;
	held_n = r->lists = 0;
	for (size_t i = 0; i < ARRAY_LEN(a); i++)
		ask(r, &a[i], session, RIG_CALL("5", "free"));
	ok(rig_until(r, &held_n, 1), "four calls ask for the list of tools");
	rig_settle(r);
	ok(r->lists == 1, "once");
	rig_reply(r, held[0], held_id[0], RIG_TOOLS);
	for (size_t i = 0; i < ARRAY_LEN(a); i++) {
		ok(rig_until(r, &a[i].ended, 1) && asked_has(&a[i], "done"), "call %zu is answered", i);
		asked_release(&a[i]);
	}
	r->on_list = rig_answer_list;
	ok(rig_is_idle(r), "nothing is left");
}

/* The session of one client may be gone while another's is not. */
static void test_survey_of_the_gone(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	catalog_mark_stale(r->catalog, SLICE_LIT("s"));
	r->on_list = hold;
	held_n = 0;
	ask(r, &a, session, RIG_CALL("\"a\"", "free"));
	ok(rig_until(r, &held_n, 1), "a call asks for the list of tools");
	ask(r, &b, session, RIG_CALL("\"b\"", "free"));
	rig_settle(r);
	r->on_list = rig_answer_list;
	http_respond(r->back, held[0], 404, NULL, 0, slice_of(NULL, 0));
	ok(rig_until(r, &a.ended, 1) && a.status == 404, "its session has ended");
	ok(rig_until(r, &b.ended, 1) && b.status == 200 && asked_has(&b, "done"), "which is no other call's business");
	asked_release(&a);
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

/* A lenient server takes "Uri" for "uri", the last one winning. */
static void test_twins(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	r->calls = 0;
	ok(ask_wait(r, &a, session, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":"
	                            "\"ref/resource\",\"uri\":\"file:///pub/a\",\"Uri\":\"file:///b\"},\"argument\":{\"name\":\"x\",\"value\":\"\"}}}") &&
	   asked_has(&a, "-32602") && !r->calls, "a reference that can be read in two ways reaches nobody");
	asked_release(&a);
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	test_gone_session(&r);
	test_batch(&r);
	test_large_batch(&r);
	test_cancel(&r);
	test_cancel_in_survey(&r);
	test_one_survey(&r);
	test_survey_of_the_gone(&r);
	test_twins(&r);
	rig_stop(&r);
	return tap_done();
}
