/*
 * Runs tests/cases/mcp/merged.json:
 *   {"server", "tool", "is": merged name}       {"merged": name, "servers", "is": index, "rest"?}
 *   {"server", "uri", "is": merged URI, "back"}  {"merged_uri", "servers", "is": index, "rest"?}
 *   {"clash": servers, "is": index}
 */
#include "mcp/merged.h"
#include "cases.h"

static size_t servers_of(const struct json *list, struct slice out[8])
{
	size_t n = 0;
	for (struct json_iter it = json_iter(list); json_next(&it);)
		out[n++] = json_string(it.value);
	return n;
}

static int index_of(const struct json *c)
{
	int64_t i = -9;
	return json_int64(json_gets(c, "is"), &i) ? (int)i : -9;
}

/* A name goes there and comes back to its server; what looks unchanged is the name itself. */
static void check_name(const struct json *c)
{
	char out[MCP_MERGED_NAME_SIZE];
	struct slice server = json_string(json_gets(c, "server")), tool = json_string(json_gets(c, "tool")), rest;
	mcp_merged_name(out, server, tool);
	ok(slice_is(json_string(json_gets(c, "is")), out), "'%.*s' of '%.*s' is '%s'", SLICE_ARG(tool), SLICE_ARG(server), out);
	ok(mcp_merged_server(slice_str(out), &server, 1, &rest) == 0 &&
		   (mcp_merged_is_changed(rest) || slice_eq(rest, tool)),
	   "and comes back as '%.*s'", SLICE_ARG(rest));
}

static void check_server(const struct json *c)
{
	struct slice servers[8], rest = { NULL, 0 };
	size_t n = servers_of(json_gets(c, "servers"), servers);
	struct slice merged = json_string(json_gets(c, "merged")), uri = json_string(json_gets(c, "merged_uri"));
	int i = json_gets(c, "merged") ? mcp_merged_server(merged, servers, n, &rest) :
					 mcp_merged_uri_server(uri, servers, n, &rest);
	ok(i == index_of(c) && (i < 0 || slice_eq(rest, json_string(json_gets(c, "rest")))), "'%.*s%.*s' is of %d, '%.*s'",
	   SLICE_ARG(merged), SLICE_ARG(uri), i, SLICE_ARG(rest));
}

static void check_uri(const struct json *c)
{
	struct buf b = BUF_INIT(4096);
	struct slice server = json_string(json_gets(c, "server")), uri = json_string(json_gets(c, "uri")), rest;
	mcp_merged_uri(&b, server, uri);
	ok(slice_eq(json_string(json_gets(c, "is")), buf_slice(&b)), "'%.*s' is '%.*s'", SLICE_ARG(uri),
	   SLICE_ARG(buf_slice(&b)));
	int i = mcp_merged_uri_server(buf_slice(&b), &server, 1, &rest);
	ok(json_true(json_gets(c, "back")) ? i == 0 && slice_eq(rest, uri) : i == -1, "and comes back: %d", i);
	buf_release(&b);
}

int main(void)
{
	struct arena a;
	struct slice servers[8];
	arena_init(&a, 16u << 20);
	for (struct json_iter it = json_iter(cases_read("mcp/merged.json", &a)); json_next(&it);) {
		if (json_gets(it.value, "tool"))
			check_name(it.value);
		else if (json_gets(it.value, "uri"))
			check_uri(it.value);
		else if (json_gets(it.value, "clash"))
			ok(mcp_merged_clash(servers, servers_of(json_gets(it.value, "clash"), servers)) == index_of(it.value),
			   "%d clashes", index_of(it.value));
		else
			check_server(it.value);
	}
	arena_release(&a);
	return tap_done();
}
