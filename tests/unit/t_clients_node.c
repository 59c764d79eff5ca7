/*
 * The three languages of configurations: tests/cases/clients-read/ has texts and, beside each, what another
 * reader made of it (numbers and dates, which are kept as they are written, as "#"); and the places of values.
 */
#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"
#include "clients/clients.h"
#include "json/json.h"
#include "tap.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void print(struct buf *b, const struct node *n)
{
	bool is_object = n->type == NODE_OBJECT;
	if (n->type == NODE_STRING)
		buf_add_json_string(b, n->text);
	else if (n->type == NODE_BOOL)
		buf_add_slice(b, n->text);
	else if (n->type != NODE_OBJECT && n->type != NODE_LIST)
		buf_adds(b, "\"#\"");
	else
		buf_addc(b, is_object ? '{' : '[');
	for (const struct node *one = n->first; one; one = one->next) {
		if (one != n->first)
			buf_addc(b, ',');
		if (is_object) {
			buf_add_json_string(b, one->key);
			buf_addc(b, ':');
		}
		print(b, one);
	}
	if (n->type == NODE_OBJECT || n->type == NODE_LIST)
		buf_addc(b, is_object ? '}' : ']');
}

static bool is_blank(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(" \t\r\n", s.p[i]))
			return false;
	return true;
}

/* Every value that has a place is read again from it, and is the same. */
static bool stands_there(enum language l, struct slice text, const struct node *n, struct arena *a)
{
	struct buf wrapped = BUF_INIT(1u << 20), x = BUF_INIT(1u << 20), y = BUF_INIT(1u << 20);
	bool is_good = true;
	if (n->form == NODE_FLOW && n->key.p && (l != LANGUAGE_YAML || n->type != NODE_STRING)) {
		struct err e = { 0 };
		struct slice at = slice_of(text.p + n->at, n->end - n->at);
		buf_adds(&wrapped, l == LANGUAGE_JSONC ? "{\"k\":" : l == LANGUAGE_TOML ? "k = " : "k: ");
		buf_add_slice(&wrapped, at);
		buf_adds(&wrapped, l == LANGUAGE_JSONC ? "}" : "");
		const struct node *again = node_read(l, buf_slice(&wrapped), a, &e);
		is_good = again && again->first && n->key_at < n->at + 1 && (at.n || n->type == NODE_NULL) && (!at.n || !is_blank(slice_of(at.p + at.n - 1, 1)));
		if (is_good) {
			print(&x, n);
			print(&y, again->first);
			is_good = slice_eq(buf_slice(&x), buf_slice(&y));
		}
	}
	buf_release(&wrapped);
	buf_release(&x);
	buf_release(&y);
	for (const struct node *one = n->first; one && is_good; one = one->next)
		is_good = stands_there(l, text, one, a);
	return is_good;
}

static void test_file(const char *name, enum language l)
{
	char path[1024];
	struct buf text = BUF_INIT(1u << 20), want = BUF_INIT(1u << 20), got = BUF_INIT(1u << 20), same = BUF_INIT(1u << 20);
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 64u << 20);
	snprintf(path, sizeof path, "%s/clients-read/%s", getenv("GH_CASES"), name);
	bool is_good = file_read(path, &text, &e);
	snprintf(path, sizeof path, "%s/clients-read/%s.json", getenv("GH_CASES"), name);
	is_good = is_good && file_read(path, &want, &e);
	const struct node *root = is_good ? node_read(l, buf_slice(&text), &a, &e) : NULL;
	ok(root != NULL, "%s is read: %s", name, e.text);
	if (root) {
		print(&got, root);
		const struct json *x = json_read(buf_slice(&got), &a, &e), *y = json_read(buf_slice(&want), &a, &e);
		ok(x && json_equal(x, y), "%s has the values that another reader finds", name);
		ok(stands_there(l, buf_slice(&text), root, &a), "%s: every value stands where it is said to", name);
		struct edit self = { root->first->at, root->first->end, slice_of(text.p + root->first->at, root->first->end - root->first->at) };
		edits_apply(&same, buf_slice(&text), &self, 1);
		ok(slice_eq(buf_slice(&same), buf_slice(&text)), "%s: an edit that changes nothing gives every byte", name);
	}
	buf_release(&text);
	buf_release(&want);
	buf_release(&got);
	buf_release(&same);
	arena_release(&a);
}

static void refused(enum language l, const char *text, const char *why)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 64u << 20);
	ok(!node_read(l, slice_str(text), &a, &e) && strstr(e.text, why), "refused with '%s': %s", why, e.text);
	arena_release(&a);
}

static void test_refusals(void)
{
	refused(LANGUAGE_JSONC, "{\"a\": 'x'}", "line 1, column 7: this is no value of JSON");
	refused(LANGUAGE_JSONC, "{a: 1}", "line 1, column 2: a key in double quotes");
	refused(LANGUAGE_JSONC, "{\"a\": 1} x", "line 1, column 10: something stands behind");
	refused(LANGUAGE_JSONC, "{\"a\": [1 2]}", "line 1, column 10: a comma");
	refused(LANGUAGE_JSONC, "{\n/* x", "line 2, column 1: a comment that does not end");
	refused(LANGUAGE_JSONC, "{\"a\": \"\\x\"}", "line 1, column 8: an escape that JSON does not have");
	refused(LANGUAGE_JSONC, "{\"\xc3\xa9\": \"\xc3\xa9\n", "line 1, column 7: a string that does not end on its line");
	refused(LANGUAGE_JSONC, "{\"a\": 01}", "no value of JSON");
	refused(LANGUAGE_JSONC, "\xff\xfe{", "not UTF-8");
	refused(LANGUAGE_TOML, "a = 1\na = 2", "line 2, column 1: this key stands twice");
	refused(LANGUAGE_TOML, "[a]\n[a]", "line 2, column 2: this table stands twice");
	refused(LANGUAGE_TOML, "a = 1\n[a.b]", "line 2, column 2: this key has a value already");
	refused(LANGUAGE_TOML, "a = { b = 1 }\na.c = 2", "line 2, column 1: this key has a value already");
	refused(LANGUAGE_TOML, "a = x", "line 1, column 5: this is no value of TOML");
	refused(LANGUAGE_TOML, "a = 1 b", "line 1, column 7: something stands behind");
	refused(LANGUAGE_TOML, "a = \"\\q\"", "an escape that TOML does not have");
	refused(LANGUAGE_TOML, "a", "an equals sign");
	refused(LANGUAGE_TOML, "[a\nb = 1", "the header of a table should end here");
	refused(LANGUAGE_TOML, "a = 1\rb = 2", "something stands behind");
	refused(LANGUAGE_YAML, "a: *b", "line 1, column 4: anchors");
	refused(LANGUAGE_YAML, "a: yes", "line 1, column 4: 'yes' is a boolean to some");
}

static bool is_read(enum language l, const struct buf *text)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA * 2);
	bool is_good = node_read(l, buf_slice(text), &a, &e) != NULL;
	arena_release(&a);
	return is_good;
}

static void fill(struct buf *b, const char *before, const char *piece, size_t n, const char *after)
{
	buf_clear(b);
	buf_adds(b, before);
	while (n--)
		buf_adds(b, piece);
	buf_adds(b, after);
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(64u << 20);
	fill(&b, "", "[", LIMIT_JSON_DEPTH, "");
	for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_addc(&b, ']');
	ok(is_read(LANGUAGE_JSONC, &b), "%d levels of JSON are read", LIMIT_JSON_DEPTH);
	fill(&b, "", "[", LIMIT_JSON_DEPTH + 1, "");
	for (int i = 0; i <= LIMIT_JSON_DEPTH; i++)
		buf_addc(&b, ']');
	ok(!is_read(LANGUAGE_JSONC, &b), "one more is not");
	fill(&b, "[a", ".a", LIMIT_JSON_DEPTH - 1, "]");
	ok(is_read(LANGUAGE_TOML, &b), "a header of %d levels of TOML is read", LIMIT_JSON_DEPTH);
	fill(&b, "[a", ".a", LIMIT_JSON_DEPTH + 1, "]");
	ok(!is_read(LANGUAGE_TOML, &b), "a longer one is not");
	fill(&b, "[", "1,", LIMIT_JSON_VALUES - 1, "]");
	ok(is_read(LANGUAGE_JSONC, &b), "%d values are read", LIMIT_JSON_VALUES);
	fill(&b, "[", "1,", LIMIT_JSON_VALUES, "]");
	ok(!is_read(LANGUAGE_JSONC, &b), "one more is not");
	for (int more = 0; more < 2; more++) {
		buf_clear(&b);
		for (int i = 0; i < LIMIT_JSON_KEYS + more; i++)
			buf_addf(&b, "k%d = 1\n", i);
		ok(is_read(LANGUAGE_TOML, &b) == !more, "%d keys of a table are %s", LIMIT_JSON_KEYS + more, more ? "refused" : "read");
	}
	fill(&b, "#", "x", LIMIT_CONFIG_BYTES - 1, "");
	ok(is_read(LANGUAGE_TOML, &b), "%u bytes of TOML are read", LIMIT_CONFIG_BYTES);
	fill(&b, "#", "x", LIMIT_CONFIG_BYTES, "");
	ok(!is_read(LANGUAGE_TOML, &b), "one more is not");
	buf_release(&b);
}

static const char *no_variable(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static size_t servers_of(size_t wanted, struct err *e)
{
	struct client_file f = { CLIENT_CURSOR, "mcp.json", NULL };
	struct client_facts facts = { .variable = no_variable };
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	struct arena a;
	size_t n = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_adds(&b, "{\"mcpServers\":{");
	for (size_t i = 0; i < wanted; i++)
		buf_addf(&b, "%s\"s%zu\":{\"command\":\"x\"}", i ? "," : "", i);
	buf_adds(&b, "}}");
	const struct node *root = node_read(LANGUAGE_JSONC, buf_slice(&b), &a, e);
	if (!root || !clients_servers(&f, buf_slice(&b), root, &facts, &a, &n, e))
		n = 0;
	arena_release(&a);
	buf_release(&b);
	return n;
}

static void test_many_servers(void)
{
	struct err e = { 0 };
	ok(servers_of(LIMIT_CLIENT_SERVERS, &e) == LIMIT_CLIENT_SERVERS, "%d servers of one file are found", LIMIT_CLIENT_SERVERS);
	ok(servers_of(LIMIT_CLIENT_SERVERS + 1, &e) == 0 && e.kind == ERR_LIMIT, "one more refuses the file");
}

static void add_files(const char *dir, size_t from, size_t to)
{
	char path[1200];
	struct err e = { 0 };
	for (size_t i = from; i < to; i++) {
		snprintf(path, sizeof path, "%s/.continue/mcpServers/%05zu.yaml", dir, i);
		if (!file_create(path, 0600, SLICE_LIT("a: 1\n"), &e))
			ok(false, "%s", e.text);
	}
}

static void test_many_files(void)
{
	char dir[] = "/tmp/gatehouse-clients-XXXXXX", path[1200];
	struct client_roots r = { .home = mkdtemp(dir) };
	struct client_file *v;
	struct arena a;
	struct err e = { 0 };
	size_t n = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	snprintf(path, sizeof path, "%s/.continue", dir);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.continue/mcpServers", dir);
	(void)mkdir(path, 0700);
	add_files(dir, 0, LIMIT_CLIENT_FILES);
	ok(clients_files(&r, &a, &v, &n, &e) && n == LIMIT_CLIENT_FILES && v[0].client == CLIENT_CONTINUE, "%d files are found", LIMIT_CLIENT_FILES);
	add_files(dir, LIMIT_CLIENT_FILES, LIMIT_CLIENT_FILES + 1);
	ok(!clients_files(&r, &a, &v, &n, &e) && e.kind == ERR_LIMIT, "one more is refused: %s", e.text);
	for (size_t i = 0; i <= LIMIT_CLIENT_FILES; i++) {
		snprintf(path, sizeof path, "%s/.continue/mcpServers/%05zu.yaml", dir, i);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/.continue/mcpServers", dir);
	rmdir(path);
	snprintf(path, sizeof path, "%s/.continue", dir);
	rmdir(path);
	rmdir(dir);
	arena_release(&a);
}

static bool is_taken(void *ctx, const char *name)
{
	const char *const *taken = ctx;
	for (; *taken; taken++)
		if (strcmp(*taken, name) == 0)
			return true;
	return false;
}

static void name_is(const char *wanted, const char *name)
{
	const char *taken[] = { "files", "files-2", NULL };
	struct arena a;
	arena_init(&a, 1u << 20);
	const char *got = client_server_name(&a, wanted, is_taken, taken);
	ok(got && strcmp(got, name) == 0, "'%s' becomes '%s', not '%s'", wanted, name, got ? got : "");
	arena_release(&a);
}

static void test_names(void)
{
	name_is("github", "github");
	name_is("files", "files-3");
	name_is("My MCP Server", "My-MCP-Server");
	name_is("@scope/server.name", "scope-server-name");
	name_is("a__b_", "a_-b");
	name_is("-x-", "x");
	name_is("\xe2\x80\xa6", "server");
	name_is("", "server");
	name_is("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg");
}

int main(void)
{
	test_file("all.jsonc", LANGUAGE_JSONC);
	test_file("all.toml", LANGUAGE_TOML);
	test_file("crlf.toml", LANGUAGE_TOML);
	test_file("all.yaml", LANGUAGE_YAML);
	test_refusals();
	test_limits();
	test_many_servers();
	test_many_files();
	test_names();
	return tap_done();
}
