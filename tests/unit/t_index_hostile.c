/* Lists that are wrong, too large or mean harm; and files that are no catalogue. */
#include "index_rig.h"
#include "store/db.h"

static bool put_text(struct rig *r, const char *id, struct slice text)
{
	struct index_server s = { .id = slice_str(id), .source = INDEX_FILE };
	const struct json *v = json_read(text, &r->a, &r->e);
	return v && index_put_server(r->x, &s, v, &r->e);
}

static struct index_tool tool(struct rig *r, const char *server, const char *name)
{
	struct index_tool t = { 0 };
	bool is_there = index_tool(r->x, slice_str(server), slice_str(name), &r->a, &t, &r->e);
	ok(is_there, "'%s' is kept: %s", name, is_there ? "" : r->e.text);
	return t;
}

static void test_no_tools(void)
{
	struct rig r;
	struct index_server s;
	rig_open(&r);
	rig_put(&r, "bad", "[5,{\"description\":\"no name\"},{\"name\":\"twice\",\"inputSchema\":{\"type\":\"object\"}},"
			   "{\"name\":\"twice\",\"inputSchema\":{\"type\":\"object\"}},{\"name\":\"fine\",\"inputSchema\":{\"type\":\"object\"}},"
			   "{\"name\":\"(element 1)\",\"inputSchema\":{\"type\":\"object\"}}]");
	ok(index_server(r.x, SLICE_LIT("bad"), &r.a, &s, &r.e) && s.tools == 4 && s.refused == 3, "four are kept, three refused: %u, %u", s.tools,
	   s.refused);
	struct index_tool t = tool(&r, "bad", "twice");
	ok(slice_is(t.refused, INDEX_TWICE) && t.category == CATEGORY_UNKNOWN && t.severity == SEVERITY_CRITICAL, "one of two: %.*s",
	   SLICE_ARG(t.refused));
	ok(memmem(t.profile.p, t.profile.n, INDEX_TWICE, strlen(INDEX_TWICE)), "its profile says so");
	t = tool(&r, "bad", "(element 1)");
	ok(t.refused.n, "a name that would stand for the first element is taken: %.*s", SLICE_ARG(t.refused));
	t = tool(&r, "bad", "(element 2)");
	ok(t.refused.n, "one without a name: %.*s", SLICE_ARG(t.refused));
	t = tool(&r, "bad", "fine");
	ok(!t.refused.n, "a good one among them is good");
	ok(!put_text(&r, "bad", SLICE_LIT("{}")) && strstr(r.e.text, "no array"), "an object is no list: %s", r.e.text);
	ok(index_server(r.x, SLICE_LIT("bad"), &r.a, &s, &r.e) && s.tools == 4, "and changes nothing");
	rig_close(&r);
}

static void add_sized(struct buf *b, size_t size)
{
	static const char begin[] = "[{\"name\":\"big\",\"inputSchema\":{\"type\":\"object\"},\"description\":\"";
	buf_clear(b);
	buf_adds(b, begin);
	size_t fixed = sizeof begin - 2 + 2; /* without "[", with the end of string and object */
	for (size_t i = 0; i < size - fixed; i++)
		buf_addc(b, 'x');
	buf_adds(b, "\"}]");
}

static void test_sizes(void)
{
	struct rig r;
	struct buf b = BUF_INIT(64u << 20);
	rig_open(&r);
	add_sized(&b, LIMIT_INDEX_DEFINITION);
	ok(put_text(&r, "s", buf_slice(&b)), "the largest definition: %s", r.e.text);
	struct index_tool t = tool(&r, "s", "big");
	ok(!t.refused.n && t.definition.n == LIMIT_INDEX_DEFINITION, "is kept whole: %zu", t.definition.n);
	add_sized(&b, LIMIT_INDEX_DEFINITION + 1);
	ok(put_text(&r, "s", buf_slice(&b)), "one byte more");
	t = tool(&r, "s", "big");
	ok(t.refused.n && t.definition.n < LIMIT_INDEX_CUT_DESCRIPTION + 100, "is cut and refused: %.*s", SLICE_ARG(t.refused));
	char pin[65];
	memcpy(pin, t.pin, sizeof pin);
	add_sized(&b, 10u << 20);
	ok(put_text(&r, "s", buf_slice(&b)), "ten million bytes");
	t = tool(&r, "s", "big");
	ok(t.refused.n && strcmp(t.pin, pin) != 0, "are cut, and another pin than before");
	struct profile p;
	ok(index_profile(&t, &r.a, &p, &r.e) && p.category == CATEGORY_UNKNOWN && p.refused.n, "its profile is refused, too");
	buf_release(&b);
	rig_close(&r);
}

static void test_many(void)
{
	struct rig r;
	struct buf b = BUF_INIT(64u << 20);
	rig_open(&r);
	for (size_t n = LIMIT_TOOLS_PER_SERVER; n <= LIMIT_TOOLS_PER_SERVER + 1; n++) {
		buf_clear(&b);
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, "%c{\"name\":\"t%zu\",\"inputSchema\":{\"type\":\"object\"}}", i ? ',' : '[', i);
		buf_addc(&b, ']');
		bool is_put = put_text(&r, "many", buf_slice(&b));
		ok(is_put == (n == LIMIT_TOOLS_PER_SERVER), "%zu tools are %s: %s", n, is_put ? "kept" : "refused", is_put ? "" : r.e.text);
	}
	buf_clear(&b);
	buf_adds(&b, "[{\"name\":\"wide\",\"inputSchema\":{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < LIMIT_JSON_KEYS; i++)
		buf_addf(&b, "%s\"p%zu\":{}", i ? "," : "", i);
	buf_adds(&b, "}}}]");
	ok(put_text(&r, "wide", buf_slice(&b)), "ten thousand properties: %s", r.e.text);
	struct index_tool t = tool(&r, "wide", "wide");
	ok(t.definition.n > 100000, "are kept: %zu bytes", t.definition.n);
	buf_release(&b);
	rig_close(&r);
}

static void test_names(void)
{
	struct rig r;
	char id[LIMIT_INDEX_ID + 2], list[512];
	rig_open(&r);
	memset(id, 'a', sizeof id);
	id[LIMIT_INDEX_ID] = '\0';
	ok(put_text(&r, id, SLICE_LIT("[]")), "the longest id: %s", r.e.text);
	id[LIMIT_INDEX_ID] = 'a';
	id[LIMIT_INDEX_ID + 1] = '\0';
	ok(!put_text(&r, id, SLICE_LIT("[]")) && strstr(r.e.text, "257"), "one more: %s", r.e.text);
	ok(!put_text(&r, "", SLICE_LIT("[]")) && !put_text(&r, "a b", SLICE_LIT("[]")) && !put_text(&r, "a\nb", SLICE_LIT("[]")),
	   "no id, a blank, a line end: %s", r.e.text);
	snprintf(list, sizeof list, "[{\"name\":\"%.*s\",\"inputSchema\":{\"type\":\"object\"}}]", LIMIT_INDEX_NAME + 1, id);
	list[10 + LIMIT_INDEX_NAME] = 'b';
	ok(put_text(&r, "names", slice_str(list)), "a name longer than any may be");
	id[LIMIT_INDEX_NAME] = '\0';
	ok(tool(&r, "names", id).refused.n, "is cut and refused");
	rig_put(&r, "escapes", "[{\"name\":\"a\\u0000\\u001b[2J\\u202e\",\"description\":\"\\u0007\",\"inputSchema\":{\"type\":\"object\"}}]");
	struct index_tool t;
	ok(index_tool(r.x, SLICE_LIT("escapes"), slice_of("a\0\x1b[2J\xe2\x80\xae", 9), &r.a, &t, &r.e), "control characters are kept");
	struct buf b = BUF_INIT(1u << 20);
	index_write_tool(&b, &t);
	ok(!memchr(b.p, 0x1b, b.n) && !memchr(b.p, 7, b.n), "and escaped in JSON: %.*s", (int)b.n, b.p);
	ok(json_read(buf_slice(&b), &r.a, &r.e), "which can be read");
	buf_release(&b);
	rig_close(&r);
}

static void put_numbered(struct rig *r, const char *prefix, int n)
{
	struct buf b = BUF_INIT(4u << 20);
	buf_addc(&b, '[');
	for (int i = 0; i < n; i++)
		buf_addf(&b, "%s{\"name\":\"%s%d\",\"inputSchema\":{\"type\":\"object\"}}", i ? "," : "", prefix, i);
	buf_addc(&b, ']');
	ok(put_text(r, "moody", buf_slice(&b)), "%d tools of '%s': %s", n, prefix, r->e.text);
	buf_release(&b);
}

static bool count_gone(void *ctx, const struct index_tool *t)
{
	*(size_t *)ctx += t->removed_us != 0;
	return true;
}

static size_t gone(struct rig *r)
{
	size_t n = 0;
	bool is_read = index_each_tool_ever(r->x, SLICE_LIT("moody"), count_gone, &n, &r->e);
	return is_read ? n : 0;
}

static void test_gone_is_bounded(void)
{
	struct rig r;
	rig_open(&r);
	put_numbered(&r, "a", LIMIT_INDEX_REMOVED);
	put_numbered(&r, "b", 0);
	ok(gone(&r) == LIMIT_INDEX_REMOVED, "%zu that are gone are kept", gone(&r));
	put_numbered(&r, "b", 1);
	put_numbered(&r, "c", 0);
	ok(gone(&r) == LIMIT_INDEX_REMOVED, "one more makes the oldest go: %zu", gone(&r));
	struct index_tool t;
	ok(index_tool(r.x, SLICE_LIT("moody"), SLICE_LIT("b0"), &r.a, &t, &r.e), "not the newest");
	struct index_query q = { .with_removed = true, .limit = 1 };
	struct index_page page;
	ok(rig_ask(&r, &q, &page) == 1 && page.total == LIMIT_INDEX_REMOVED, "and search goes on: %zu", page.total);
	rig_close(&r);
}

/* A server that lists other tools each time. */
static void test_history_is_bounded(void)
{
	struct rig r;
	int64_t changes = 0, tools = 0;
	rig_open(&r);
	rig_put(&r, "moody", "[]");
	for (int round = 0; round < 3; round++) {
		struct buf b = BUF_INIT(4u << 20);
		for (int i = 0; i < LIMIT_INDEX_HISTORY / 2; i++)
			buf_addf(&b, "%c{\"name\":\"r%d_%d\",\"inputSchema\":{\"type\":\"object\"}}", i ? ',' : '[', round, i);
		buf_addc(&b, ']');
		ok(put_text(&r, "moody", buf_slice(&b)), "round %d: %s", round, r.e.text);
		buf_release(&b);
	}
	index_close(&r.x);
	struct db d = { 0 };
	ok(db_open(&d, r.path, DB_READ, &r.e) && db_int(&d, "SELECT count(*) FROM changes", &changes, &r.e) &&
		   db_int(&d, "SELECT count(*) FROM tools", &tools, &r.e),
	   "the file: %s", r.e.text);
	db_close(&d);
	ok(changes == LIMIT_INDEX_HISTORY, "%lld changes are kept", (long long)changes);
	ok(tools == 3 * LIMIT_INDEX_HISTORY / 2, "%lld tools", (long long)tools);
	rig_close(&r);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	if (!f)
		abort();
	fputs(text, f);
	fclose(f);
}

static void expect_refused(struct rig *r, enum index_mode mode, const char *why, const char *what)
{
	r->e.text[0] = '\0';
	r->x = index_open(r->path, mode, &r->e);
	ok(!r->x && strstr(r->e.text, why), "%s is refused: %s", what, r->e.text);
	index_close(&r->x);
}

static void test_files(void)
{
	struct rig r;
	struct db d = { 0 };
	rig_open(&r);
	rig_put(&r, "one", "[]");
	rig_reopen(&r, INDEX_READ);
	struct index_server s = { .id = SLICE_LIT("two") };
	ok(!index_put_server(r.x, &s, NULL, &r.e), "what was opened to be read is not written: %s", r.e.text);
	index_close(&r.x);
	ok(db_open(&d, r.path, DB_WRITE, &r.e) && db_exec(&d, "PRAGMA user_version = 99", &r.e), "a newer one");
	db_close(&d);
	expect_refused(&r, INDEX_WRITE, "newer gatehouse", "a newer one");
	expect_refused(&r, INDEX_READ, "newer gatehouse", "a newer one to read");
	ok(db_open(&d, r.path, DB_WRITE, &r.e) && db_exec(&d, "PRAGMA user_version = 1; PRAGMA application_id = 7", &r.e), "another's");
	db_close(&d);
	expect_refused(&r, INDEX_WRITE, "another program", "another program's");
	char text[400];
	snprintf(text, sizeof text, "rm -f '%s'*", r.path);
	folder_remove(&r.folder);
	r.folder = folder_new();
	snprintf(r.path, sizeof r.path, "%s/catalog.db", r.folder.path);
	expect_refused(&r, INDEX_READ, "no catalogue", "what is not there");
	write_file(r.path, "this is no database, and much longer than the head of one would have to be, so that it is seen as such\n");
	expect_refused(&r, INDEX_WRITE, "not a database", "a file of text");
	write_file(r.path, "");
	expect_refused(&r, INDEX_READ, "no catalogue", "an empty file");
	rig_close(&r);
}

/* Lists of documents that were damaged answer something, and nothing outside of what is there. */
static void test_damaged(void)
{
	struct rig r;
	struct db d = { 0 };
	struct index_page page;
	struct index_query q = { .words = SLICE_LIT("read"), .limit = 10 };
	rig_open(&r);
	rig_put(&r, "one", "[{\"name\":\"read_a\",\"inputSchema\":{\"type\":\"object\"}},{\"name\":\"read_b\",\"inputSchema\":{\"type\":\"object\"}}]");
	index_close(&r.x);
	ok(db_open(&d, r.path, DB_WRITE, &r.e) &&
		   db_exec(&d, "UPDATE segment_terms SET docs = x'ffffffffffffffffff0101ff'; UPDATE segments SET changed = x'00', dead = x'00ffff'; "
			       "UPDATE tools SET category = 77, severity = -4, pin = zeroblob(32)",
			   &r.e),
	   "it is damaged: %s", r.e.text);
	db_close(&d);
	rig_reopen(&r, INDEX_READ);
	ok(rig_ask(&r, &q, &page) <= 2, "a search finds what it can");
	struct index_tool t;
	ok(index_tool(r.x, SLICE_LIT("one"), SLICE_LIT("read_a"), &r.a, &t, &r.e) && t.category == CATEGORY_UNKNOWN && t.severity == SEVERITY_UNKNOWN,
	   "what is no category is unknown");
	rig_close(&r);
}

int main(void)
{
	test_no_tools();
	test_sizes();
	test_many();
	test_names();
	test_history_is_bounded();
	test_gone_is_bounded();
	test_files();
	test_damaged();
	return tap_done();
}
