/*
 * Runs tests/cases/mcp/envelope.json:
 *   {"name", "headers"?: {"version"?, "method"?, "name"?}, "body", "era", "can"?, "level"?, "client"?}
 *   {"name", "headers"?, "body", "refused": [status, code, "part of the text"], "data"?}
 * Without "headers" the body came over stdio.
 */
#include "mcp/envelope.h"
#include "cases.h"

static struct slice header(const struct json *headers, const char *name)
{
	const struct json *v = json_gets(headers, name);
	return v ? json_string(v) : (struct slice){ NULL, 0 };
}

static const char *era_name(enum mcp_era era)
{
	static const char *const names[] = {
		[MCP_ERA_NONE] = "none", [MCP_ERA_LEGACY] = "legacy", [MCP_ERA_MODERN] = "modern"
	};
	return names[era];
}

static void check_refusal(const struct json *c, const struct mcp_refusal *r, struct arena *a)
{
	const struct json *want = json_gets(c, "refused"), *data = json_gets(c, "data");
	int64_t status = 0, code = 0;
	struct buf b = BUF_INIT(1 << 16);
	struct slice part = json_string(json_at(want, 2));
	ok(json_int64(json_at(want, 0), &status) && json_int64(json_at(want, 1), &code) && r->status == status &&
		   r->code == code && strstr(r->text, part.p),
	   "%s: %d, %d, '%s'", case_name(c), r->status, r->code, r->text);
	mcp_refusal_data(&b, r);
	ok(data ? case_is(data, buf_slice(&b), a) : !b.n, "%s: its data", case_name(c));
	buf_release(&b);
}

static void check_message(const struct json *c, const struct mcp_inbound *in)
{
	int64_t can;
	const struct mcp_envelope *e = &in->envelope;
	struct slice era = json_string(json_gets(c, "era"));
	ok(slice_is(era, era_name(in->era)), "%s: %s", case_name(c), era_name(in->era));
	if (json_int64(json_gets(c, "can"), &can))
		ok(e->can == (unsigned)can, "%s: can %u", case_name(c), e->can);
	if (json_gets(c, "level"))
		ok(slice_is(json_string(json_gets(c, "level")), mcp_log_level_name(e->log_level)), "%s: level '%s'",
		   case_name(c), mcp_log_level_name(e->log_level));
	if (json_gets(c, "client"))
		ok(slice_eq(json_string(json_gets(c, "client")), e->client_name), "%s: client '%.*s'", case_name(c),
		   SLICE_ARG(e->client_name));
}

static void run(const struct json *c, struct arena *a)
{
	const struct json *h = json_gets(c, "headers");
	struct mcp_headers headers = { header(h, "version"), header(h, "method"), header(h, "name") };
	struct mcp_inbound in;
	struct mcp_refusal r;
	bool is_taken = mcp_classify(json_gets(c, "body"), h ? &headers : NULL, &in, &r);
	if (is_taken && json_true(json_gets(c, "may")))
		is_taken = mcp_envelope_may(&in.m, &in.envelope, &r);
	ok(is_taken == !json_gets(c, "refused"), "%s: %s", case_name(c), is_taken ? "taken" : r.text);
	if (is_taken)
		check_message(c, &in);
	else if (json_gets(c, "refused"))
		check_refusal(c, &r, a);
}

static void check_statuses(void)
{
	ok(mcp_error_status(MCP_METHOD_NOT_FOUND, true) == 404, "an unknown method of ours is 404");
	ok(mcp_error_status(MCP_METHOD_NOT_FOUND, false) == 200, "and of a handler 200");
	ok(mcp_error_status(MCP_MISSING_CAPABILITY, false) == 400, "a missing capability is always 400");
	ok(mcp_error_status(MCP_HEADER_MISMATCH, false) == 200, "a mismatch behind a handler is none of ours");
	ok(mcp_error_status(MCP_INVALID_PARAMS, true) == 400, "an envelope that is wrong is 400");
}

static void check_write(void)
{
	struct mcp_refusal r;
	struct buf b = BUF_INIT(4096);
	mcp_refuse(&r, MCP_UNSUPPORTED_VERSION, "unsupported protocol version");
	/* 63 bytes and a character of two: it is not cut in half. */
	char long_name[80];
	memset(long_name, '1', sizeof long_name);
	memcpy(long_name + 63, "\xc3\xa9", 2);
	r.requested = slice_of(long_name, sizeof long_name);
	mcp_refusal_write(&b, &r, SLICE_LIT("7"));
	const char *text = buf_str(&b);
	ok(strstr(text, "\"requested\":\"111111111111111111111111111111111111111111111111111111111111111\"}") &&
		   strstr(text, "\"id\":7"),
	   "a long version is cut at a character: %s", text);
	buf_release(&b);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 64u << 20);
	for (struct json_iter it = json_iter(cases_read("mcp/envelope.json", &a)); json_next(&it);)
		run(it.value, &a);
	check_statuses();
	check_write();
	arena_release(&a);
	return tap_done();
}
