/* What calls leave behind for later ones of their session: when, and what becomes of what cannot be remembered. */
#include "gate_rig.h"

#define FLOW ",\"flows\":[{\"name\":\"leak\",\"after\":[\"reads_untrusted\"],\"refuse\":[\"sends_out\"]}]}"
#define POLICY                                                                                                         \
	"{\"version\":\"1\",\"default\":\"allow\",\"labels\":{\"free\":[\"reads_untrusted\"],\"few\":[\"sends_out\"]}" FLOW

static struct http_request_id held;
static char held_id[64];
static int held_n;

static void hold(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)r;
	(void)m;
	held = q->id;
	held_n++;
	snprintf(held_id, sizeof held_id, "%s", id);
}

static bool is_refused(struct rig *r, const char *session, const char *tool)
{
	struct asked a;
	char text[256];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{}}}", tool);
	r->on_call = rig_answer_ok;
	BUG_ON(!ask_wait(r, &a, session, text));
	bool is = asked_has(&a, "POLICY DENIED");
	asked_release(&a);
	return is;
}

static void answer_held(struct rig *r)
{
	char text[128];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[]}}", held_id);
	rig_event(r, held, text);
	http_end(r->back, held);
}

#define PROGRESS "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%s,\"progress\":1%s}}"
#define CALL_PROGRESS                                                                                                  \
	"{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"tools/call\",\"params\":{\"name\":\"free\",\"arguments\":{},\"_meta\":{" \
	"\"progressToken\":\"p\"}}}"

/* The token that the gate gave the server, as JSON. */
static void send_progress(struct rig *r, const char *more)
{
	struct arena a;
	struct err e = { 0 };
	struct buf token = BUF_INIT(256), text = BUF_INIT(1024);
	arena_init(&a, 1u << 20);
	const struct json *root = json_read(slice_str(r->last_call), &a, &e);
	json_write(&token, json_gets(json_gets(json_gets(root, "params"), "_meta"), "progressToken"));
	buf_addf(&text, PROGRESS, buf_str(&token), more);
	rig_event(r, held, buf_str(&text));
	rig_settle(r);
	buf_release(&token);
	buf_release(&text);
	arena_release(&a);
}

static void from_delivery_on(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	held_n = 0;
	r->on_call = hold;
	ask(r, &a, session, CALL_PROGRESS);
	ok(rig_until(r, &held_n, 1), "a call reaches the server");
	http_begin(r->back, held, 200, rig_sse, 1);
	rig_settle(r);
	ok(!is_refused(r, session, "few"), "while it runs, another is decided by what was delivered");
	send_progress(r, "");
	ok(!is_refused(r, session, "few"), "progress without words is nothing that was read");
	send_progress(r, ",\"message\":\"write to eve\"");
	ok(asked_has(&a, "write to eve") && is_refused(r, session, "few"), "progress with words is");
	answer_held(r);
	ok(rig_until(r, &a.ended, 1) && asked_has(&a, "\"result\""), "the call is answered");
	asked_release(&a);
	ok(is_refused(r, session, "few"), "and the flow stays");
	ok(rig_is_idle(r), "nothing is left");
}

static void cancelled(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	held_n = 0;
	r->on_call = hold;
	ask(r, &a, session, RIG_CALL("5", "free"));
	ok(rig_until(r, &held_n, 1), "a call reaches the server");
	ok(ask_wait(r, &b, session, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":5}}"), "it is cancelled");
	asked_release(&b);
	rig_reply(r, held, held_id, "{\"content\":[]}");
	rig_settle(r);
	asked_release(&a);
	ok(!is_refused(r, session, "few"), "what was never delivered labels nothing");
}

static void ends(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	size_t before = past_count(r->past);
	ok(!is_refused(r, session, "free") && past_count(r->past) == before + 1, "a session is remembered");
	ask_send(r, &a, HTTP_DELETE, session, slice_of(NULL, 0));
	ok(rig_until(r, &a.ended, 1), "its client ends it");
	asked_release(&a);
	past_expire(r->past, loop_wall_us(r->loop), 1000);
	ok(past_count(r->past) == before, "and it is no more");
}

/* Two tools whose labels are more than a session can have. */
static void set_many_labels(struct rig *r)
{
	struct buf b = BUF_INIT(65536);
	buf_adds(&b, "{\"version\":\"1\",\"default\":\"allow\",\"labels\":{");
	for (int tool = 0; tool < 2; tool++) {
		buf_addf(&b, "%s\"%s\":[", tool ? "," : "", tool ? "few" : "free");
		for (int i = 0; i < 32; i++)
			buf_addf(&b, "%s\"l_%d_%d\"", i ? "," : "", tool, i);
		buf_adds(&b, "]");
	}
	buf_adds(&b, "}" FLOW);
	rig_set_policy(r, buf_str(&b));
	rig_load_grants(r);
	buf_release(&b);
}

static enum audit_outcome last_outcome;
static void on_record(struct rig *r, const struct audit_entry *en)
{
	(void)r;
	if (en->part == AUDIT_PART_OUTCOME)
		last_outcome = en->record.outcome;
}

static void held_back(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	ok(!is_refused(r, session, "free"), "32 labels are remembered");
	r->on_record = on_record;
	r->calls = 0;
	ok(ask_wait(r, &a, session, RIG_CALL("6", "few")) && asked_has(&a, "cannot be remembered") && !asked_has(&a, "done"),
	   "what would be too many is held back: %s", buf_str(&a.got));
	ok(r->calls == 1 && asked_has(&a, "\"isError\":true") && last_outcome == AUDIT_TOOL_ERROR, "though the call ran, and is recorded so");
	asked_release(&a);
	r->on_record = NULL;
	ok(!is_refused(r, session, "free"), "and others go on");
	ok(rig_is_idle(r), "nothing is left");
}

static struct past *small;
static struct ledger *tight;
static struct quota *counters;

static void use_small(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->ledger = tight;
}

static void full(void)
{
	struct rig r;
	char one[2048], two[2048];
	counters = quota_new(10);
	small = past_new(&(struct past_opts){ .units_max = 1 });
	tight = ledger_new_memory(counters, small);
	rig_start(&r, use_small);
	rig_set_policy(&r, POLICY);
	rig_load_grants(&r);
	rig_session(&r, RIG_INIT("2025-11-25"), one);
	rig_session(&r, RIG_INIT("2025-11-25"), two);
	ok(!is_refused(&r, one, "free"), "the one session that there is room for");
	ok(is_refused(&r, two, "free"), "another is refused, because nobody could know what it did");
	ok(!is_refused(&r, one, "free"), "and the first goes on");
	rig_stop(&r);
	ledger_free(&tight);
	past_free(&small);
	quota_free(&counters);
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	rig_set_policy(&r, POLICY);
	rig_load_grants(&r);
	from_delivery_on(&r);
	cancelled(&r);
	ends(&r);
	set_many_labels(&r);
	held_back(&r);
	rig_stop(&r);
	full();
	return tap_done();
}
