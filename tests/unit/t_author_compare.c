/* Which calls two policies decide differently: those that are made up must find every edge. */
#include "author/compare.h"
#include "base/limits.h"
#include "tap.h"

#define BEFORE "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"t\":"
#define AFTER  "}}"

/* Is a call found that differs, and this one among them? */
static void differs(const char *from, const char *to, const char *schema, const char *call)
{
	struct arena a;
	struct comparison m;
	struct err e = {0};
	arena_init(&a, 256u << 20);
	char *x = arena_printf(&a, BEFORE "%s" AFTER, from), *y = arena_printf(&a, BEFORE "%s" AFTER, to);
	char *tools = arena_printf(&a, "[{\"name\":\"t\",\"inputSchema\":%s}]", schema);
	struct compare_opts o = {.documents = {slice_str(x), slice_str(y)}, .tools = slice_str(tools), .arena = &a};
	bool is_good = compare_policies(&o, &m, &e), is_there = false;
	for (size_t i = 0; i < m.call_n; i++)
		is_there = is_there || strcmp(m.calls[i].call, call) == 0;
	ok(is_good && is_there == (m.different > 0) && m.tried > 0 && m.tool_n == 1, "%s and %s differ in %s (%zu of %zu) %s", from, to,
	   call, m.different, m.tried, e.text);
	ok((call[0] != 0) == is_there, "%s is among them", call);
	for (size_t i = 0; !is_there && call[0] && i < m.call_n; i++)
		printf("# %s\n", m.calls[i].call);
	arena_release(&a);
}

#define CONDITION(path, op, value) "{\"deny_if\":[{\"conditions\":[{\"path\":\"" path "\",\"op\":\"" op "\",\"value\":" value "}]}]}"
#define REQUIRE(path, op, value)   "{\"require\":[{\"conditions\":[{\"path\":\"" path "\",\"op\":\"" op "\",\"value\":" value "}]}]}"

static void edges(void)
{
	static const char open[] = "{}";
	differs("{}", "{\"action\":\"deny\"}", open, "{}");
	differs("{}", "{}", open, "");
	differs(CONDITION("args.n", "gt", "5"), CONDITION("args.n", "gte", "5"), open, "{\"n\":5}");
	differs(CONDITION("args.n", "gt", "5"), CONDITION("args.n", "gt", "6"), open, "{\"n\":6}");
	differs(CONDITION("args.n", "gt", "5"), CONDITION("args.n", "gt", "5.0"), open, "");
	differs(CONDITION("args.b", "eq", "true"), CONDITION("args.b", "eq", "false"), open, "{\"b\":true}");
	differs(CONDITION("args.s", "in", "[\"a\",\"b\"]"), CONDITION("args.s", "in", "[\"a\"]"), open, "{\"s\":\"b\"}");
	differs(REQUIRE("args.s", "exists", "true"), "{}", open, "{}");
	differs(REQUIRE("args.s", "regex", "\"^main$\""), REQUIRE("args.s", "regex", "\"main\""), open, "{\"s\":\"mainx\"}");
	differs(REQUIRE("args.s", "starts_with", "\"ab\""), REQUIRE("args.s", "eq", "\"ab\""), open, "{\"s\":\"abx\"}");
	differs(REQUIRE("args.s", "glob", "\"src/*.c\""), "{}", open, "{\"s\":\"xsrc/.c\"}");
	differs(REQUIRE("args.u", "host_in", "[\"*.a.example\"]"), "{}", open, "{\"u\":\"https://another.example/\"}");
	differs(REQUIRE("args.u", "host_private", "false"), "{}", open, "{\"u\":\"http://127.0.0.1/\"}");
	differs(REQUIRE("args.p", "path_within", "\"/srv\""), "{}", open, "{\"p\":\"/srv/../x\"}");
	differs(REQUIRE("args.s", "length_lte", "3"), REQUIRE("args.s", "length_lte", "4"), open, "{\"s\":\"xxxx\"}");
	differs(REQUIRE("args.q", "sql_only", "\"select\""), "{}", open, "{\"q\":\"delete from t\"}");
	differs(REQUIRE("args.a.b", "eq", "1"), REQUIRE("args.a.b", "eq", "2"), open, "{\"a\":{\"b\":1}}");
	differs(REQUIRE("args.l[*].x", "eq", "1"), REQUIRE("args.l[*].x", "eq", "2"), open, "{\"l\":[{\"x\":1}]}");
	differs(REQUIRE("args.n", "gt", "5"), REQUIRE("args.n", "gt", "6"),
		"{\"type\":\"object\",\"required\":[\"s\",\"k\"],\"properties\":{\"s\":{\"type\":\"string\"},\"k\":{\"enum\":[7,8]}}}",
		"{\"n\":6,\"s\":\"x\",\"k\":7}");
}

static void without_tools(void)
{
	struct arena a;
	struct comparison m;
	struct err e = {0};
	arena_init(&a, 64u << 20);
	struct compare_opts o = {.documents = {SLICE_LIT("{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"a\":{},\"g_*\":{}}}"),
					       SLICE_LIT("{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"a\":{},\"b\":{}}}")},
				 .arena = &a};
	ok(compare_policies(&o, &m, &e) && m.tool_n == 2 && m.tried == 2 && m.different == 1, "names of the documents are the tools");
	ok(m.call_n == 1 && strcmp(m.calls[0].tool, "b") == 0 && strcmp(m.calls[0].from_rule, "(default deny)") == 0 &&
		   strcmp(m.calls[0].to, "allow") == 0,
	   "which, and by what rule");
	o.tools = SLICE_LIT("a\n\"b\"\n{\"name\":\"g_1\"}\n");
	ok(compare_policies(&o, &m, &e) && m.tool_n == 3 && m.different == 2, "tools as lines: %zu", m.different);
	o.tools = SLICE_LIT("{\"a\":1}");
	ok(!compare_policies(&o, &m, &e) && strstr(e.text, "cannot read the tools"), "no tools: %s", e.text);
	arena_release(&a);
}

static void many(void)
{
	struct arena a;
	struct comparison m;
	struct err e = {0};
	struct buf calls = BUF_INIT(1 << 20);
	arena_init(&a, 256u << 20);
	for (size_t i = 0; i <= LIMIT_COMPARED_CALLS; i++)
		buf_adds(&calls, "{\"tool\":\"a\"}\r\n\n");
	struct compare_opts o = {.documents = {SLICE_LIT("{\"version\":\"1\",\"default\":\"deny\"}"),
					       SLICE_LIT("{\"version\":\"1\",\"default\":\"allow\"}")},
				 .tools = SLICE_LIT("a"),
				 .calls = buf_slice(&calls),
				 .arena = &a};
	ok(compare_policies(&o, &m, &e) && m.tried == LIMIT_COMPARED_CALLS + 1 && m.different == m.tried &&
		   m.call_n == LIMIT_COMPARED_CALLS,
	   "more than can be told are counted");
	buf_release(&calls);
	arena_release(&a);
}

int main(void)
{
	edges();
	without_tools();
	many();
	return tap_done();
}
