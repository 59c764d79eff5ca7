/* The kept catalogue: servers, their lists, and what changes in them. */
#include "index_rig.h"

#define TOOL(name, more) "{\"name\":\"" name "\"," more "\"inputSchema\":{\"type\":\"object\"}}"
#define READ   TOOL("read_file", "\"description\":\"Reads a file.\",")
#define DELETE TOOL("delete_file", "\"description\":\"Deletes a file for ever.\",")

static void test_one_server(void)
{
	struct rig r;
	struct index_server s;
	struct index_tool t;
	struct slice near;
	rig_open(&r);
	rig_put(&r, "files", "[" READ "," DELETE "]");
	ok(index_server(r.x, SLICE_LIT("files"), &r.a, &s, &r.e), "the server is there: %s", r.e.text);
	ok(s.tools == 2 && s.has_list && s.refused == 0, "with two tools");
	ok(s.source == INDEX_FILE && slice_is(s.where, "here") && s.added_us > 0 && s.seen_us > 0, "and where they are from");
	ok(s.by_category[CATEGORY_READ] == 1 && s.by_category[CATEGORY_DESTRUCTIVE] == 1, "counted by category");
	ok(index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delete_file"), &r.a, &t, &r.e), "a tool is there: %s", r.e.text);
	ok(t.category == CATEGORY_DESTRUCTIVE && t.profile.n && strlen(t.pin) == 64, "judged, with its profile and pin");
	ok(slice_is(t.definition, DELETE), "and its text");
	ok(!index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("other"), &r.a, &t, &r.e) && r.e.kind == ERR_NONE, "another is not there");
	ok(!index_server(r.x, SLICE_LIT("file"), &r.a, &s, &r.e) && r.e.kind == ERR_NONE, "nor is another server");
	ok(index_nearest_server(r.x, SLICE_LIT("file"), &r.a, &near, &r.e) && slice_is(near, "files"), "but one is near");
	ok(index_nearest_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delet_file"), &r.a, &near, &r.e) && slice_is(near, "delete_file"),
	   "and a tool");
	ok(index_nearest_server(r.x, SLICE_LIT("postgres"), &r.a, &near, &r.e) && !near.n, "and for a far word none");
	rig_close(&r);
}

/* Only what a server listed is its: the same name of two servers is two tools. */
static void test_two_servers(void)
{
	struct rig r;
	struct index_tool t;
	struct index_totals n;
	rig_open(&r);
	rig_put(&r, "a", "[" READ "]");
	rig_put(&r, "b", "[" READ "," DELETE "]");
	ok(!index_tool(r.x, SLICE_LIT("a"), SLICE_LIT("delete_file"), &r.a, &t, &r.e), "a tool of b is none of a");
	ok(index_totals(r.x, &n, &r.e) && n.servers == 2 && n.listed == 2 && n.tools == 3 && n.by_category[CATEGORY_READ] == 2, "totals");
	ok(index_remove_server(r.x, SLICE_LIT("b"), &r.e), "b is removed");
	ok(index_tool(r.x, SLICE_LIT("a"), SLICE_LIT("read_file"), &r.a, &t, &r.e), "and a keeps its own");
	ok(index_totals(r.x, &n, &r.e) && n.servers == 1 && n.tools == 1, "totals follow");
	ok(rig_found(&r, "file") == 1, "search too");
	ok(!index_remove_server(r.x, SLICE_LIT("b"), &r.e) && r.e.kind == ERR_NONE, "what is not there is not removed");
	rig_close(&r);
}

struct seen {
	size_t n, n_of[INDEX_REMOVED + 1];
	char text[4096];
	int64_t last;
};

static bool on_change(void *ctx, const struct index_change *c)
{
	struct seen *s = ctx;
	size_t used = strlen(s->text);
	s->n++;
	s->n_of[c->kind]++;
	s->last = c->number;
	snprintf(s->text + used, sizeof s->text - used, "%d:%.*s:%d>%d:%zu>%zu;", (int)c->kind, SLICE_ARG(c->name), (int)c->from_category,
		 (int)c->to_category, c->from_definition.n, c->to_definition.n);
	return true;
}

static struct seen changes(struct rig *r, const char *server)
{
	struct seen s = { 0 };
	bool is_fine = index_each_change(r->x, slice_str(server), 0, 1000, on_change, &s, &r->e);
	ok(is_fine, "changes are read: %s", is_fine ? "" : r->e.text);
	return s;
}

static void test_history(void)
{
	struct rig r;
	struct index_server first, s;
	struct index_tool t;
	rig_open(&r);
	rig_put(&r, "files", "[" READ "," DELETE "]");
	ok(index_server(r.x, SLICE_LIT("files"), &r.a, &first, &r.e), "it is there");
	struct seen h = changes(&r, "files");
	ok(h.n == 1 && h.n_of[INDEX_ADDED] == 1 && strstr(h.text, "1::0>0"), "a first list is one change: %s", h.text);
	rig_put(&r, "files", "[" DELETE "," READ "]");
	ok(changes(&r, "files").n == 1, "the order of a list is no change");
	ok(index_server(r.x, SLICE_LIT("files"), &r.a, &s, &r.e) && !strcmp(s.digest, first.digest) && s.changed_us == first.changed_us,
	   "nor of the digest");
	rig_put(&r, "files", "[" TOOL("read_file", "\"description\":\"Deletes every file for ever.\",") "," TOOL("new_one", "") "]");
	h = changes(&r, "");
	ok(h.n == 4 && h.n_of[INDEX_ADDED] == 2 && h.n_of[INDEX_CHANGED] == 1 && h.n_of[INDEX_REMOVED] == 1, "new, changed, gone: %s", h.text);
	char expected[64];
	snprintf(expected, sizeof expected, "2:read_file:%d>%d:%zu>%zu;", CATEGORY_READ, CATEGORY_DESTRUCTIVE, sizeof READ - 1,
		 sizeof TOOL("read_file", "\"description\":\"Deletes every file for ever.\",") - 1);
	ok(strstr(h.text, expected), "a change has both definitions: %s in %s", expected, h.text);
	ok(index_server(r.x, SLICE_LIT("files"), &r.a, &s, &r.e) && s.tools == 2 && strcmp(s.digest, first.digest) != 0, "the digest is another");
	ok(index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delete_file"), &r.a, &t, &r.e) && t.removed_us > 0, "what is gone is kept, and marked");
	ok(rig_found(&r, "reads") == 0 && rig_found(&r, "deletes") == 1 && rig_found(&r, "new") == 1, "search finds what is listed now");
	rig_put(&r, "files", "[" READ "," DELETE "]");
	h = changes(&r, "files");
	ok(h.n == 7, "back again: %s", h.text);
	ok(index_tool(r.x, SLICE_LIT("files"), SLICE_LIT("delete_file"), &r.a, &t, &r.e) && t.removed_us == 0, "it is listed again");
	ok(rig_found(&r, "delete_file") == 1, "and found");
	struct seen of = { 0 };
	ok(index_each_change_of(r.x, SLICE_LIT("files"), SLICE_LIT("read_file"), 0, 0, 10, on_change, &of, &r.e) && of.n == 2,
	   "the changes of one tool: %s", of.text);
	struct seen before = { 0 };
	ok(index_each_change_of(r.x, SLICE_LIT("files"), SLICE_LIT("read_file"), 0, of.last + 1, 10, on_change, &before, &r.e) && before.n == 1,
	   "and those before a number");
	rig_close(&r);
}

static void test_identity(void)
{
	struct rig r;
	struct index_server s, entry = { .id = SLICE_LIT("io.github.a/b"),
					 .source = INDEX_REGISTRY,
					 .where = SLICE_LIT("registry"),
					 .status = SLICE_LIT("deprecated"),
					 .package = SLICE_LIT("pkg:npm/@a/b"),
					 .document = SLICE_LIT("{\"name\":\"io.github.a/b\",\"packages\":[{\"registryType\":\"npm\","
							       "\"identifier\":\"@a/b\"},{\"registryType\":\"pypi\",\"identifier\":\"A_b\"}],"
							       "\"remotes\":[{\"url\":\"https://B.example/mcp?key=1\"}]}") };
	rig_open(&r);
	ok(index_put_server(r.x, &entry, NULL, &r.e), "an entry of the registry: %s", r.e.text);
	ok(index_server(r.x, entry.id, &r.a, &s, &r.e) && !s.has_list && s.grade == '-' && !s.tools, "has no list and no grade");
	struct index_server live = { .id = SLICE_LIT("mine"), .source = INDEX_LIVE, .package = SLICE_LIT("pkg:pypi/a-b") };
	const struct json *list = json_read(SLICE_LIT("[" READ "]"), &r.a, &r.e);
	ok(index_put_server(r.x, &live, list, &r.e), "a live list of its second package");
	ok(index_server(r.x, live.id, &r.a, &s, &r.e) && slice_is(s.entry, "io.github.a/b"), "is linked to it: %.*s", SLICE_ARG(s.entry));
	live = (struct index_server){ .id = SLICE_LIT("far"), .source = INDEX_LIVE, .remote = SLICE_LIT("https://b.example/mcp") };
	ok(index_put_server(r.x, &live, list, &r.e) && index_server(r.x, live.id, &r.a, &s, &r.e) && slice_is(s.entry, "io.github.a/b"),
	   "and one of its remote");
	live = (struct index_server){ .id = entry.id, .source = INDEX_LIVE, .where = SLICE_LIT("npx") };
	ok(index_put_server(r.x, &live, list, &r.e) && index_server(r.x, entry.id, &r.a, &s, &r.e), "a list under the entry's id");
	ok(s.source == INDEX_LIVE && slice_is(s.status, "deprecated") && slice_is(s.package, "pkg:npm/@a/b") && s.document.n,
	   "keeps what the registry says");
	ok(index_put_server(r.x, &entry, NULL, &r.e) && index_server(r.x, entry.id, &r.a, &s, &r.e) && s.source == INDEX_LIVE && s.tools == 1,
	   "and the entry read again takes no list away");
	rig_close(&r);
}

static void test_transactions(void)
{
	struct rig r;
	struct index_totals n;
	struct index_server s = { .id = SLICE_LIT("a"), .source = INDEX_FILE };
	rig_open(&r);
	const struct json *list = json_read(SLICE_LIT("[" READ "]"), &r.a, &r.e);
	ok(index_begin(r.x, &r.e) && index_put_server(r.x, &s, list, &r.e), "one is put");
	ok(!index_end(r.x, false, &r.e) && index_totals(r.x, &n, &r.e) && n.servers == 0, "and given up");
	ok(rig_found(&r, "") == 0, "nothing of it is found");
	ok(index_begin(r.x, &r.e) && index_put_server(r.x, &s, list, &r.e), "again");
	s.id = SLICE_LIT("b");
	ok(index_put_server(r.x, &s, list, &r.e) && index_remove_server(r.x, SLICE_LIT("a"), &r.e) && index_end(r.x, true, &r.e),
	   "two are put, one is removed, at once: %s", r.e.text);
	ok(index_totals(r.x, &n, &r.e) && n.servers == 1 && rig_found(&r, "") == 1, "one is there");
	rig_close(&r);
}

static void test_grade(void)
{
	static const struct {
		uint32_t low, medium, high, critical, unknown, refused;
		char grade;
	} cases[] = {
		{ 3, 0, 0, 0, 0, 0, 'A' },   { 9, 1, 0, 0, 0, 0, 'B' },	 { 9, 0, 1, 0, 0, 0, 'C' },  { 9, 0, 0, 1, 0, 0, 'D' },
		{ 4, 0, 1, 0, 0, 0, 'C' },   { 3, 0, 1, 0, 0, 0, 'D' },	 { 1, 0, 1, 0, 0, 0, 'E' },  { 3, 0, 0, 1, 0, 0, 'E' },
		{ 1, 0, 0, 1, 0, 0, 'F' },   { 3, 0, 0, 0, 1, 1, 'B' },	 { 0, 0, 0, 0, 1, 1, 'B' },  { 0, 0, 0, 0, 0, 0, '-' },
		{ 0, 0, 0, 9, 3, 3, 'F' },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct index_server s = { .has_list = true, .refused = cases[i].refused };
		struct buf why = BUF_INIT(4096);
		s.by_severity[SEVERITY_LOW] = cases[i].low;
		s.by_severity[SEVERITY_MEDIUM] = cases[i].medium;
		s.by_severity[SEVERITY_HIGH] = cases[i].high;
		s.by_severity[SEVERITY_CRITICAL] = cases[i].critical + cases[i].unknown;
		s.by_category[CATEGORY_UNKNOWN] = cases[i].unknown;
		s.tools = cases[i].low + cases[i].medium + cases[i].high + cases[i].critical + cases[i].unknown;
		char grade = index_grade(&s, &why);
		ok(grade == cases[i].grade, "case %zu has %c: %s", i, cases[i].grade, buf_str(&why));
		ok(grade == index_grade(&s, NULL), "the same without the reason");
		buf_release(&why);
	}
}

int main(void)
{
	test_one_server();
	test_two_servers();
	test_history();
	test_identity();
	test_transactions();
	test_grade();
	return tap_done();
}
