/* Lists of tools: what is learned, what is refused for use, what a call keeps. */
#include "base/limits.h"
#include "catalog/catalog.h"
#include "tap.h"

static const struct slice server = { "s", 1 };

static bool learn(struct catalog *c, const char *text, uint64_t ttl_ms, struct err *e)
{
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *tools = json_read(slice_str(text), &a, e);
	bool is_learned = tools && catalog_learn(c, server, tools, 1000, ttl_ms, e);
	arena_release(&a);
	return is_learned;
}

static const char *why(const struct catalog *c, const char *name)
{
	struct catalog_tool *t = catalog_tool(c, server, slice_str(name));
	static char text[256];
	if (!t)
		return "absent";
	snprintf(text, sizeof text, "%.*s", SLICE_ARG(t->refused));
	return t->refused.p ? text : "usable";
}

#define TOOL(name, more) "{\"name\":\"" name "\",\"inputSchema\":{\"type\":\"object\"" more "}}"

static void test_learn(void)
{
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	ok(!catalog_status(c, server, 0).is_known && !catalog_tool(c, server, SLICE_LIT("a")), "nothing is known at first");
	ok(learn(c, "[" TOOL("b", "") "," TOOL("a", ",\"x-unknown\":1.10") "]", 0, &e), "a list is learned");
	struct catalog_tool *t = catalog_tool(c, server, SLICE_LIT("a"));
	ok(t && slice_is(t->definition, TOOL("a", ",\"x-unknown\":1.10")), "a definition is kept as it was");
	size_t at = 0;
	struct catalog_tool *first = catalog_next(c, server, &at), *second = catalog_next(c, server, &at);
	ok(slice_is(first->name, "b") && second == t && !catalog_next(c, server, &at), "in the server's order");
	struct catalog_status s = catalog_status(c, server, UINT64_MAX);
	ok(s.is_known && !s.is_stale && !s.is_cut && s.tools == 2 && s.refused == 0, "the status counts them");
	catalog_tool_ref(t);
	ok(learn(c, "[" TOOL("a", "") "]", 5, &e), "it is learned anew");
	ok(catalog_tool(c, server, SLICE_LIT("a")) != t && slice_is(t->definition, TOOL("a", ",\"x-unknown\":1.10")), "a call keeps what it was judged by");
	ok(!catalog_tool(c, server, SLICE_LIT("b")), "what is no longer listed is gone");
	catalog_tool_unref(&t);
	t = catalog_tool(c, server, SLICE_LIT("a"));
	ok(learn(c, "[" TOOL("a", "") "," TOOL("b", "") "]", 5, &e) && catalog_tool(c, server, SLICE_LIT("a")) == t, "what did not change stays the same entry");
	ok(!catalog_status(c, server, 5999).is_stale && catalog_status(c, server, 6000).is_stale, "a list ages");
	ok(learn(c, "[]", 0, &e) && !catalog_status(c, server, UINT64_MAX).is_stale, "unless told otherwise");
	catalog_mark_stale(c, server);
	ok(catalog_status(c, server, 0).is_stale, "the server may say that it is stale");
	ok(!learn(c, "{}", 0, &e) && !learn(c, "\"x\"", 0, &e), "what is no list is not learned: %s", e.text);
	ok(catalog_status(c, server, 0).is_stale && catalog_status(c, server, 0).is_known, "then the old one stands");
	catalog_forget(c, server);
	ok(!catalog_status(c, server, 0).is_known, "a removed server is forgotten");
	catalog_free(&c);
}

/* The same list in the words of another revision is the same list. */
static void test_eras(void)
{
#define IN(more) "[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\"}" more "}]"
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	ok(learn(c, IN(",\"execution\":{\"taskSupport\":\"required\"},\"outputSchema\":{\"type\":\"array\"}"), 0, &e), "a tool runs as a task only");
	struct catalog_tool *t = catalog_tool(c, server, SLICE_LIT("a"));
	uint64_t changes = catalog_changes(c);
	ok(t->is_task_only && learn(c, IN(""), 0, &e) && catalog_tool(c, server, SLICE_LIT("a")) == t && catalog_changes(c) == changes,
	   "as it is listed without that word, nothing has changed");
	ok(t->is_task_only, "and it is still known");
	ok(learn(c, IN(",\"execution\":{\"taskSupport\":\"optional\"}"), 0, &e) && !t->is_task_only, "until the server says otherwise");
	catalog_free(&c);
}

static void test_refused(void)
{
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	ok(learn(c, "[{\"inputSchema\":{\"type\":\"object\"}},{\"name\":\"none\"},{\"name\":\"text\",\"inputSchema\":\"x\"},"
	            "{\"name\":\"array\",\"inputSchema\":{\"type\":\"array\"}},{\"name\":\"c\\u0007\",\"inputSchema\":{\"type\":\"object\"}},"
	            TOOL("twin", "") "," TOOL("twin", ",\"x\":1") "," TOOL("same", "") "," TOOL("same", "") "," TOOL("Twin", "") "]", 0, &e),
	   "a list with mistakes is learned");
	ok(strstr(why(c, ""), "no name"), "no name: %s", why(c, ""));
	ok(strstr(why(c, "none"), "inputSchema") && strstr(why(c, "text"), "inputSchema"), "no schema: %s", why(c, "none"));
	ok(strstr(why(c, "array"), "type"), "a schema of another type: %s", why(c, "array"));
	ok(strstr(why(c, "c\a"), "control"), "a name that would forge a line: %s", why(c, "c\a"));
	ok(strstr(why(c, "twin"), "twice"), "two definitions of one name: %s", why(c, "twin"));
	ok(strcmp(why(c, "same"), "usable") == 0 && strcmp(why(c, "Twin"), "usable") == 0, "the same twice is the same; case makes another");
	ok(catalog_status(c, server, 0).refused == 6 && catalog_status(c, server, 0).tools == 8, "the status counts them");
	struct catalog_tool *t = catalog_tool(c, server, SLICE_LIT("twin"));
	ok(!catalog_schema(t, &e) && strstr(e.text, "twice"), "a refused one has no schema: %s", e.text);
	catalog_free(&c);
}

static void test_hints(void)
{
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	ok(learn(c, "[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\"},\"annotations\":{\"readOnlyHint\":true,\"destructiveHint\":false,\"idempotentHint\":1}}]", 0, &e), "hints are learned");
	struct catalog_hints h = catalog_tool(c, server, SLICE_LIT("a"))->hints;
	ok(h.read_only == CATALOG_HINT_YES && h.destructive == CATALOG_HINT_NO && h.idempotent == CATALOG_HINT_NONE &&
	           h.open_world == CATALOG_HINT_NONE, "what is no boolean says nothing");
	catalog_free(&c);
}

static void test_schema(void)
{
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	struct arena a;
	arena_init(&a, 65536);
	ok(learn(c, "[" TOOL("good", ",\"required\":[\"x\"]") "," TOOL("bad", ",\"required\":5") "]", 0, &e), "schemas are learned");
	struct catalog_tool *good = catalog_tool(c, server, SLICE_LIT("good"));
	const struct schema *s = catalog_schema(good, &e);
	ok(s && catalog_schema(good, &e) == s, "one is compiled once");
	ok(s && !schema_check(s, json_read(SLICE_LIT("{}"), &a, &e), SCHEMA_PLAIN, NULL) &&
	           schema_check(s, json_read(SLICE_LIT("{\"x\":1}"), &a, &e), SCHEMA_PLAIN, NULL), "and it is the tool's");
	struct catalog_tool *bad = catalog_tool(c, server, SLICE_LIT("bad"));
	ok(!catalog_schema(bad, &e) && strstr(e.text, "'bad'"), "one that does not compile says so: %s", e.text);
	ok(!catalog_schema(bad, &e), "each time");
	arena_release(&a);
	catalog_free(&c);
}

static void test_limits(void)
{
	struct catalog *c = catalog_new();
	struct err e = { 0 };
	struct arena a;
	struct buf b = BUF_INIT(4u << 20);
	char name[LIMIT_TOOL_NAME + 2];
	memset(name, 'n', sizeof name - 1);
	name[LIMIT_TOOL_NAME + 1] = '\0';
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_addf(&b, "[{\"name\":\"%s\",\"inputSchema\":{\"type\":\"object\"}}]", name);
	ok(learn(c, buf_str(&b), 0, &e) && catalog_status(c, server, 0).refused == 1, "a name one byte too long is refused");
	buf_clear(&b);
	buf_addf(&b, "[{\"name\":\"%s\",\"inputSchema\":{\"type\":\"object\"}}]", name + 1);
	ok(learn(c, buf_str(&b), 0, &e) && catalog_status(c, server, 0).refused == 0, "one of the longest length is not");
	buf_clear(&b);
	buf_addc(&b, '[');
	for (int i = 0; i < LIMIT_TOOLS_PER_SERVER; i++)
		buf_addf(&b, "%s{\"name\":\"t%d\",\"inputSchema\":{\"type\":\"object\"}}", i ? "," : "", i);
	buf_addc(&b, ']');
	const struct json *full = json_read(buf_slice(&b), &a, &e), *one = json_read(SLICE_LIT("[" TOOL("more", "") "]"), &a, &e);
	catalog_begin(c, server);
	ok(full && catalog_add(c, server, full, &e), "as many tools as a server may have");
	catalog_commit(c, server, 0, 0);
	ok(catalog_status(c, server, 0).tools == LIMIT_TOOLS_PER_SERVER && !catalog_status(c, server, 0).is_cut, "are all kept");
	catalog_begin(c, server);
	ok(catalog_add(c, server, full, &e) && catalog_add(c, server, one, &e), "one more on another page");
	ok(!catalog_status(c, server, 0).is_cut, "counts only when the list is complete");
	catalog_commit(c, server, 0, 0);
	ok(catalog_status(c, server, 0).is_cut && strcmp(why(c, "more"), "absent") == 0, "is left out, and the list is marked");
	buf_release(&b);
	arena_release(&a);
	catalog_free(&c);
}

struct watched {
	int n;
	char server[16], first[64];
	size_t bytes;
};

static void on_list(void *ctx, struct slice name, struct slice tools)
{
	struct watched *w = ctx;
	w->n++;
	snprintf(w->server, sizeof w->server, "%.*s", SLICE_ARG(name));
	snprintf(w->first, sizeof w->first, "%.*s", SLICE_ARG(tools));
	w->bytes = tools.n;
}

/* A list of one tool that is `n` bytes long as it is told. */
static bool learn_of_size(struct catalog *c, size_t n, struct err *e)
{
	static const char begin[] = "[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\"},\"description\":\"", end[] = "\"}]";
	struct buf b = BUF_INIT(2 * (size_t)LIMIT_KEPT_LIST);
	buf_adds(&b, begin);
	while (b.n + sizeof end - 1 < n)
		buf_addc(&b, 'x');
	buf_adds(&b, end);
	bool is_learned = learn(c, buf_str(&b), 0, e);
	buf_release(&b);
	return is_learned;
}

static void test_watch(void)
{
	struct catalog *c = catalog_new();
	struct watched w = { 0 };
	struct err e = { 0 };
	catalog_watch(c, on_list, &w);
	ok(learn(c, "[]", 0, &e) && w.n == 1 && strcmp(w.first, "[]") == 0 && strcmp(w.server, "s") == 0, "the first list is told, be it empty: %s", w.first);
	ok(learn(c, "[" TOOL("a", "") ",5]", 0, &e) && w.n == 2 && strcmp(w.first, "[" TOOL("a", "") ",5]") == 0, "and a new one, as it was written: %s", w.first);
	ok(learn(c, "[" TOOL("a", "") ", 5]", 0, &e) && w.n == 2, "the same again is no news");
	ok(!learn(c, "{}", 0, &e) && w.n == 2, "nor is what is no list");
	ok(learn_of_size(c, LIMIT_KEPT_LIST, &e) && w.n == 3 && w.bytes == LIMIT_KEPT_LIST, "the longest list that is told");
	ok(learn(c, "[]", 0, &e) && learn_of_size(c, LIMIT_KEPT_LIST + 1, &e) && w.n == 4 && catalog_status(c, server, 0).tools == 1,
	   "one that is longer is learned, and not told");
	catalog_free(&c);
}

int main(void)
{
	test_watch();
	test_learn();
	test_eras();
	test_refused();
	test_hints();
	test_schema();
	test_limits();
	return tap_done();
}
