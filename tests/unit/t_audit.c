/* Records: what is encoded is decoded, limits cut, damage is refused, JSON is as documented. */
#include "audit/audit.h"
#include "audit/fields.h"
#include "base/clock.h"
#include "base/limits.h"
#include "tap.h"

static struct audit_record sample(const struct slice *keys, size_t key_n)
{
	struct audit_record r = {
		.time_us = 1700000000123456,
		.grant_id = SLICE_LIT("0192"),
		.grant_label = SLICE_LIT("ci"),
		.subject = SLICE_LIT("build@example.com"),
		.session = SLICE_LIT("5f3a"),
		.server = SLICE_LIT("files"),
		.method = SLICE_LIT("tools/call"),
		.target = SLICE_LIT("read_file"),
		.argument_keys = keys,
		.argument_key_n = key_n,
		.decision = AUDIT_ALLOW,
		.rule = SLICE_LIT("/tools/read_file/limits/rate"),
		.pointer = SLICE_LIT("/tools/read_file/limits/0"),
		.policy = SLICE_LIT("readers"),
		.policy_version = 3,
		.client_name = SLICE_LIT("inspector"),
		.client_version = SLICE_LIT("1.0"),
		.client_ip = SLICE_LIT("127.0.0.1"),
		.rpc_id = SLICE_LIT("7"),
		.outcome = AUDIT_OK,
		.http_status = 200,
		.duration_us = 1500,
		.upstream_us = 1200,
		.result_bytes = 321,
	};
	random_uuid7(r.time_us, r.id);
	return r;
}

static void check_round_trip(void)
{
	struct slice keys[] = { SLICE_LIT("path"), SLICE_LIT("a"), SLICE_LIT("head") };
	struct audit_record r = sample(keys, 3);
	struct quota_claim claims[2] = {
		{ .key = { 1, 2 }, .window_start_us = 60, .window_end_us = 120, .amount = 5 * QUOTA_ONE },
		{ .key = { 9 }, .window_end_us = 1, .amount = (quota_amount)999999999999999999 * QUOTA_ONE },
	};
	struct buf b = BUF_INIT(LIMIT_JOURNAL_ENTRY);
	static struct audit_entry e;
	audit_encode(&b, AUDIT_PART_WHOLE, &r, claims, 2);
	ok(buf_ok(&b) && audit_decode(buf_slice(&b), &e), "an entry is decoded (%zu bytes)", b.n);
	bool same = strcmp(e.record.id, r.id) == 0;
	for (size_t i = 0; i < AUDIT_TEXTS; i++)
		same = same && slice_eq(audit_text_of(&r, i), audit_text_of(&e.record, i));
	ok(same, "all texts come back");
	ok(e.record.time_us == r.time_us && e.record.policy_version == 3 && e.record.decision == AUDIT_ALLOW &&
	   e.record.outcome == AUDIT_OK && e.record.http_status == 200 && e.record.duration_us == 1500 &&
	   e.record.upstream_us == 1200 && e.record.result_bytes == 321, "all numbers come back");
	ok(e.record.argument_key_n == 3 && slice_is(e.keys[0], "a") && slice_is(e.keys[1], "head") &&
	   slice_is(e.keys[2], "path"), "names of arguments come back sorted");
	ok(e.claim_n == 2 && e.claims[0].amount == claims[0].amount && e.claims[1].amount == claims[1].amount &&
	   e.claims[0].window_start_us == 60 && e.claims[0].window_end_us == 120 &&
	   memcmp(e.claims[0].key, claims[0].key, QUOTA_KEY_SIZE) == 0, "claims come back exactly");

	size_t refused = 0;
	for (size_t n = 0; n < b.n; n++)
		refused += !audit_decode(slice_of(b.p, n), &e);
	ok(refused == b.n, "no shorter prefix is an entry");
	buf_addc(&b, 0);
	ok(!audit_decode(buf_slice(&b), &e), "a byte behind it is refused");
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_WHOLE, &r, claims, 2);
	ok(b.p[0] == 1 && audit_decode(buf_slice(&b), &e), "what the first version could say is written in it");
	buf_clear(&b);
	r.approval = SLICE_LIT("018bcfe5-687b-7463-8000-000000000001");
	r.mode = SLICE_LIT("shadow");
	audit_encode(&b, AUDIT_PART_WHOLE, &r, claims, 2);
	ok(b.p[0] == 2 && audit_decode(buf_slice(&b), &e) && slice_eq(e.record.approval, r.approval) &&
	   slice_is(e.record.mode, "shadow"), "approval and mode need the second");
	b.p[0] = 1;
	ok(!audit_decode(buf_slice(&b), &e), "a version that does not fit is refused");
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_OUTCOME, &r, claims, 1);
	ok(audit_decode(buf_slice(&b), &e) && e.part == AUDIT_PART_OUTCOME && e.record.outcome == AUDIT_OK &&
	   e.record.server.n == 0 && e.claim_n == 1, "an outcome has only its id, its fields and claims");
	buf_clear(&b);
	r.redactions = SLICE_LIT("email=2 secret=1");
	r.injection = SLICE_LIT("tool-steering");
	audit_encode(&b, AUDIT_PART_DECISION, &r, claims, 1);
	ok(b.p[0] == 2 && audit_decode(buf_slice(&b), &e) && !e.record.redactions.n, "a decision says nothing of the answer");
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_OUTCOME, &r, claims, 1);
	ok(b.p[0] == 3 && audit_decode(buf_slice(&b), &e) && slice_is(e.record.redactions, "email=2 secret=1") &&
	   slice_is(e.record.injection, "tool-steering"), "an outcome does, and needs the third version");
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_WHOLE, &r, claims, 1);
	ok(b.p[0] == 3 && audit_decode(buf_slice(&b), &e) && slice_is(e.record.injection, "tool-steering") &&
	   slice_is(e.record.mode, "shadow"), "so does the whole");
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_GIVE_BACK, &r, claims, 2);
	ok(audit_decode(buf_slice(&b), &e) && e.claim_n == 2 && e.record.outcome == AUDIT_PENDING,
	   "a give-back has only claims");
	buf_release(&b);
}

static void check_limits(void)
{
	static char text[LIMIT_RECORD_TEXT + 1];
	static struct slice keys[LIMIT_RECORD_KEYS + 1];
	static struct quota_claim claims[AUDIT_CLAIMS_MAX];
	static struct audit_entry e;
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = slice_of(text, LIMIT_RECORD_KEY_BYTES + 1);
	struct audit_record r = sample(keys, ARRAY_LEN(keys));
	r.message = slice_of(text, LIMIT_RECORD_TEXT);
	r.rule = slice_of(text, LIMIT_RECORD_TEXT + 1);
	struct buf b = BUF_INIT(LIMIT_JOURNAL_ENTRY);
	audit_encode(&b, AUDIT_PART_DECISION, &r, claims, AUDIT_CLAIMS_MAX);
	ok(audit_decode(buf_slice(&b), &e) && e.record.message.n == LIMIT_RECORD_TEXT &&
	   e.record.rule.n == LIMIT_RECORD_TEXT, "a text at the limit stays, one past it is cut");
	ok(e.record.argument_key_n == LIMIT_RECORD_KEYS && e.keys[0].n == LIMIT_RECORD_KEY_BYTES,
	   "so are the names of arguments");
	for (size_t i = 0; i < AUDIT_TEXTS; i++)
		*audit_text(&r, i) = slice_of(text, sizeof text);
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_WHOLE, &r, claims, AUDIT_CLAIMS_MAX);
	ok(buf_ok(&b) && b.n < LIMIT_JOURNAL_ENTRY && audit_decode(buf_slice(&b), &e),
	   "everything at its maximum is still an entry (%zu bytes)", b.n);
	memcpy(text + LIMIT_RECORD_TEXT - 1, "\xc3\xa9", 2);
	r.message = slice_of(text, sizeof text);
	buf_clear(&b);
	audit_encode(&b, AUDIT_PART_DECISION, &r, NULL, 0);
	ok(audit_decode(buf_slice(&b), &e) && e.record.message.n == LIMIT_RECORD_TEXT - 1,
	   "a text is not cut within a character");
	buf_release(&b);
}

static void check_json(void)
{
	struct slice keys[] = { SLICE_LIT("path") };
	struct audit_record r = sample(keys, 1);
	r.rpc_id = SLICE_LIT("\"a-1\"");
	memcpy(r.id, "018bcfe5-687b-7463-8000-000000000001", RANDOM_UUID_SIZE);
	struct buf b = BUF_INIT(4096);
	audit_write_json(&b, &r);
	ok(strcmp(buf_str(&b),
	          "{\"id\":\"018bcfe5-687b-7463-8000-000000000001\",\"time\":\"2023-11-14T22:13:20.123456Z\","
	          "\"grant.id\":\"0192\",\"grant.label\":\"ci\",\"user.id\":\"build@example.com\","
	          "\"session\":\"5f3a\",\"server\":\"files\",\"mcp.method.name\":\"tools/call\","
	          "\"rule\":\"/tools/read_file/limits/rate\",\"pointer\":\"/tools/read_file/limits/0\","
	          "\"policy.name\":\"readers\",\"client.name\":\"inspector\",\"client.version\":\"1.0\","
	          "\"client.address\":\"127.0.0.1\",\"gen_ai.tool.name\":\"read_file\","
	          "\"argument_keys\":[\"path\"],\"jsonrpc.request.id\":\"a-1\",\"policy.version\":3,"
	          "\"decision\":\"allow\",\"outcome\":\"ok\",\"http.response.status_code\":200,"
	          "\"duration_us\":1500,\"upstream_us\":1200,\"result_bytes\":321}") == 0,
	   "a record as JSON: %s", buf_str(&b));
	buf_clear(&b);
	r.redactions = SLICE_LIT("email=2");
	r.injection = SLICE_LIT("concealment, withheld");
	audit_write_json(&b, &r);
	ok(strstr(buf_str(&b), ",\"result_bytes\":321,\"redactions\":\"email=2\",\"injection\":\"concealment, withheld\"}"),
	   "what was taken out of an answer, and what it looked like");
	buf_release(&b);
}

static void check_filter(void)
{
	struct audit_record r = sample(NULL, 0);
	struct audit_filter f = { .since_us = r.time_us, .until_us = r.time_us + 1 };
	ok(audit_matches(&f, &r), "since is within, until is not");
	f.until_us = r.time_us;
	ok(!audit_matches(&f, &r), "a record at until is left out");
	f = (struct audit_filter){ .grant = SLICE_LIT("ci") };
	ok(audit_matches(&f, &r), "a grant is found by its label");
	f.grant = SLICE_LIT("0192");
	ok(audit_matches(&f, &r), "and by its id");
	f.grant = SLICE_LIT("c");
	ok(!audit_matches(&f, &r), "and by nothing else");
	f = (struct audit_filter){ .q = r.session };
	ok(r.session.n && audit_matches(&f, &r), "all calls of a session are found by its hash");
	f.q = SLICE_LIT("nowhere in it");
	ok(!audit_matches(&f, &r), "words that it has not");
	f = (struct audit_filter){ .before_id = slice_str(r.id) };
	ok(!audit_matches(&f, &r), "the next page does not repeat the last record");
	f = (struct audit_filter){ .has_decision = true, .decision = AUDIT_DENY };
	ok(!audit_matches(&f, &r), "a decision is asked for, deny too");
}

int main(void)
{
	check_round_trip();
	check_limits();
	check_json();
	check_filter();
	return tap_done();
}
