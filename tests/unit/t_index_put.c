/* The kept catalogue: servers, their lists, and what changes in them. */
#include "index_rig.h"

static void test_one_server(void)
{
	struct rig r;
	struct index_server s;
	struct index_tool t;
	rig_open(&r);
	rig_put(&r, "files", "[{\"name\":\"read_file\",\"description\":\"Reads a file.\",\"inputSchema\":{\"type\":\"object\"}},"
			     "{\"name\":\"delete_file\",\"description\":\"Deletes a file for ever.\",\"inputSchema\":{\"type\":\"object\"}}]");
	ok(index_server(r.x, SLICE_LIT("files"), &r.a, &s, &r.e), "the server is there: %s", r.e.text);
	ok(s.tools == 2 && s.has_list && s.refused == 0, "with two tools");
	ok(s.source == INDEX_FILE && slice_is(s.where, "here"), "and where they are from");
	ok(index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delete_file"), &r.a, &t, &r.e), "a tool is there: %s", r.e.text);
	ok(t.category == CATEGORY_DESTRUCTIVE && t.profile.n && t.definition.n, "judged, with its profile and text");
	ok(!index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("other"), &r.a, &t, &r.e) && r.e.kind == ERR_NONE, "another is not there");
	ok(!index_server(r.x, SLICE_LIT("file"), &r.a, &s, &r.e) && r.e.kind == ERR_NONE, "nor is another server");
	struct slice near;
	ok(index_nearest_server(r.x, SLICE_LIT("file"), &r.a, &near, &r.e) && slice_is(near, "files"), "but one is near");
	ok(index_nearest_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delet_file"), &r.a, &near, &r.e) && slice_is(near, "delete_file"),
	   "and a tool");
	ok(rig_found(&r, "delete") == 1 && rig_found(&r, "file") == 2 && rig_found(&r, "reads fi") == 1, "search finds words and prefixes");
	ok(rig_found(&r, "nothing") == 0, "and nothing else");
	rig_close(&r);
}

int main(void)
{
	test_one_server();
	return tap_done();
}
