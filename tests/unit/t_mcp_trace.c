/*
 * Runs tests/cases/mcp/trace.json:
 *   {"parent": "traceparent", "is"?: [trace, parent, flags]}   absent: refused
 *   {"state": "tracestate", "is": true | false}
 *   {"params", "http": [traceparent, tracestate], "found": trace | null, "with": tracestate}
 *   {"stamp": params, "with": tracestate, "text": what is printed}
 */
#include "mcp/trace.h"
#include "cases.h"

static void check_parent(const struct json *c)
{
	struct mcp_trace t;
	const struct json *want = json_gets(c, "is");
	bool is_read = mcp_traceparent_read(json_string(json_gets(c, "parent")), &t);
	ok(is_read == (want != NULL), "%s: %s", case_name(c), is_read ? "read" : "refused");
	if (is_read)
		ok(slice_is(json_string(json_at(want, 0)), t.trace_id) && slice_is(json_string(json_at(want, 1)), t.parent_id) &&
			   slice_is(json_string(json_at(want, 2)), t.flags),
		   "%s: %s %s %s", case_name(c), t.trace_id, t.parent_id, t.flags);
}

static struct slice text_or_none(const struct json *v)
{
	return json_is(v, JSON_STRING) ? json_string(v) : (struct slice){ NULL, 0 };
}

static void check_found(const struct json *c)
{
	struct mcp_trace t;
	const struct json *http = json_gets(c, "http"), *want = json_gets(c, "found");
	bool is_found = mcp_trace_find(json_gets(c, "params"), text_or_none(json_at(http, 0)), text_or_none(json_at(http, 1)), &t);
	ok(is_found == json_is(want, JSON_STRING) && (!is_found || slice_is(json_string(want), t.trace_id)), "%s: %s",
	   case_name(c), is_found ? t.trace_id : "none");
	ok(!is_found || slice_eq(t.state, json_string(json_gets(c, "with"))), "%s: with '%.*s'", case_name(c),
	   SLICE_ARG(t.state));
}

static void check_stamp(const struct json *c)
{
	struct mcp_trace t;
	char parent[MCP_TRACEPARENT_SIZE];
	struct buf b = BUF_INIT(4096);
	ok(mcp_traceparent_read(SLICE_LIT("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), &t), "a parent");
	mcp_trace_write(parent, &t, "00f067aa0ba902b7");
	mcp_trace_stamp(&b, json_gets(c, "stamp"), slice_str(parent), json_string(json_gets(c, "with")));
	ok(slice_eq(buf_slice(&b), json_string(json_gets(c, "text"))), "%s: %.*s", case_name(c), SLICE_ARG(buf_slice(&b)));
	buf_release(&b);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 16u << 20);
	for (struct json_iter it = json_iter(cases_read("mcp/trace.json", &a)); json_next(&it);) {
		const struct json *state = json_gets(it.value, "state");
		if (state)
			ok(mcp_tracestate_ok(json_string(state)) == json_true(json_gets(it.value, "is")), "tracestate '%.*s'",
			   (int)slice_printable(json_string(state)), json_string(state).p);
		else if (json_gets(it.value, "parent"))
			check_parent(it.value);
		else if (json_gets(it.value, "text"))
			check_stamp(it.value);
		else
			check_found(it.value);
	}
	arena_release(&a);
	return tap_done();
}
