/* Paths and queries of the catalogue's API: one segment for an id, whatever it has in it. */
#include "admin/catalog.h"
#include "base/limits.h"
#include "tap.h"

static struct ask k;
static char why[160];

static int read_target(enum http_method method, const char *path, const char *query, const char *body)
{
	static const struct http_header json[] = { { { "Content-Type", 12 }, { "application/json", 16 } } };
	struct http_request r = { .method = method, .query = slice_str(query), .body = slice_str(body), .headers = { json, 1 } };
	arena_release(&k.arena);
	k = (struct ask){ 0 };
	arena_init(&k.arena, 1u << 20);
	why[0] = '\0';
	return route_read(&r, slice_str(path), &k, why, sizeof why);
}

static int get(const char *path, const char *query)
{
	return read_target(HTTP_GET, path, query, "");
}

static void test_paths(void)
{
	ok(get("", "") == 200 && k.kind == ASK_TOTALS && get("/", "") == 200 && k.kind == ASK_TOTALS, "the totals");
	ok(get("/servers", "") == 200 && k.kind == ASK_SERVERS && get("/servers/", "") == 200 && k.kind == ASK_SERVERS, "all servers");
	ok(get("/servers/io.x%2Fname", "") == 200 && k.kind == ASK_SERVER && slice_is(k.server, "io.x/name"), "an id with a slash");
	ok(get("/servers/a%2fb/tools/c%2Fd%25", "") == 200 && k.kind == ASK_TOOL && slice_is(k.server, "a/b") && slice_is(k.name, "c/d%"),
	   "and a name with one");
	ok(get("/servers/tools/tools", "") == 200 && k.kind == ASK_TOOLS && slice_is(k.server, "tools"), "a server that is called like a path");
	ok(get("/servers/a+b/policy", "") == 200 && k.kind == ASK_POLICY && slice_is(k.server, "a+b"), "a plus is a plus");
	ok(get("/servers/%C3%A9%F0%9F%98%80", "") == 200 && slice_is(k.server, "é😀"), "bytes are bytes");
	ok(get("/servers/..", "") == 200 && slice_is(k.server, ".."), "dots mean nothing here");
	ok(read_target(HTTP_POST, "/servers/a/refresh", "", "") == 200 && k.kind == ASK_REFRESH, "a server is asked again");
	ok(read_target(HTTP_POST, "/classify", "", "{}") == 200 && k.kind == ASK_CLASSIFY && slice_is(k.body, "{}"), "definitions are sent");
	static const char *const none[] = { "/x", "/servers/a/b", "/servers/a/tools/b/c", "/servers/a/tools/b/c/d", "/servers//tools", "//", "/servers/%",
		                            "/servers/%4", "/servers/%g0", "/servers/%00", "/servers/a%00b", "/attacks/a/b" };
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		ok(get(none[i], "") == 404 && why[0], "'%s' is nothing: %s", none[i], why);
	ok(get("/classify", "") == 405 && get("/servers/a/refresh", "") == 405 && read_target(HTTP_POST, "/servers", "", "") == 405 &&
	   read_target(HTTP_DELETE, "", "", "") == 405, "other methods");
}

static void test_queries(void)
{
	char value[3000], limit[32];
	ok(get("/search", "q=send+mail%21&server=io.x/y&limit=7&cursor=abc&category=read,financial&severity=high&label=spends&signal=path,url") == 200 &&
	   slice_is(k.query.find.words, "send mail!") && slice_is(k.query.find.server, "io.x/y") && k.query.find.limit == 7 &&
	   slice_is(k.query.find.cursor, "abc"), "a search");
	ok(k.query.find.categories == (1u << CATEGORY_READ | 1u << CATEGORY_FINANCIAL) && k.query.find.severities == 1u << SEVERITY_HIGH &&
	   k.query.find.labels == LABEL_BIT(LABEL_SPENDS) && k.query.find.signals == (SIGNAL_BIT(SIGNAL_PATH) | SIGNAL_BIT(SIGNAL_URL)), "its words");
	ok(!k.query.find.only_changed && get("/search", "since=2030-01-01T00:00:00Z") == 200 && k.query.find.only_changed && k.query.find.since_us > 0,
	   "what changed since");
	ok(get("/servers/a/tools", "server=b") == 200 && slice_is(k.query.find.server, "a"), "the path's server goes before the query's");
	ok(get("/changes", "server=a%2Fb&name=c&since=2030-01-01T00:00:00Z&limit=200") == 200 && slice_is(k.query.server, "a/b") &&
	   slice_is(k.query.name, "c") && k.query.since_us > 0 && k.query.limit == LIMIT_INDEX_PAGE, "changes");
	ok(get("/servers", "q=x") == 200 && slice_is(k.query.words, "x") && k.query.limit == 50, "servers, fifty at a time");
	snprintf(limit, sizeof limit, "limit=%d", LIMIT_INDEX_PAGE + 1);
	ok(get("/search", "limit=1") == 200 && get("/search", "limit=0") == 400 && get("/search", limit) == 400 && get("/search", "limit=-1") == 400,
	   "a limit has limits: %s", why);
	ok(get("/search", "category=read,") == 200 && get("/search", "category=,") == 400 && get("/search", "category=unknown") == 200 &&
	   get("/search", "category=READ") == 400 && get("/changes", "since=now") == 400, "words are those of the list: %s", why);
	memset(value, 'a', sizeof value);
	memcpy(value, "q=", 2);
	value[2 + 2047] = '\0';
	ok(get("/search", value) == 200 && k.query.find.words.n == 2047, "the longest value");
	value[2 + 2047] = 'a';
	value[2 + 2048] = '\0';
	ok(get("/search", value) == 400, "and one past it: %s", why);
	ok(get("/search", "q=%zz") == 400 && get("/search", "q=%00") == 400 && get("/search", "x=1&q") == 200, "values are encoded as in a URL");
}

int main(void)
{
	test_paths();
	test_queries();
	arena_release(&k.arena);
	return tap_done();
}
