/* Entries of the registry: what is read of them, and what is wrong with bad ones. */
#include "index/registry.h"
#include "base/limits.h"
#include "tap.h"

static struct arena arena;

static const struct json *parsed(const char *text)
{
	struct err e = { 0 };
	const struct json *v = json_read(slice_str(text), &arena, &e);
	ok(v, "it is JSON: %s", v ? "" : e.text);
	return v;
}

#define META(more) "\"_meta\":{\"io.modelcontextprotocol.registry/official\":{" more "}}"
#define SERVER                                                                                                                  \
	"{\"$schema\":\"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json\",\"name\":\"com.example/files\"," \
	"\"title\":\"Files\",\"description\":\"Files of a folder\",\"version\":\"1.2.3\",\"websiteUrl\":\"https://example.com/\","       \
	"\"repository\":{\"url\":\"https://git.example.com/files\",\"source\":\"git\"},"                                                 \
	"\"packages\":[{\"registryType\":\"npm\",\"identifier\":\"@example/files\",\"version\":\"1.2.3\",\"transport\":{\"type\":\"stdio\"}}]," \
	"\"remotes\":[{\"type\":\"streamable-http\",\"url\":\"https://user:pass@MCP.example.com/mcp/?key=secret#x\"}]}"

static void test_good(void)
{
	struct index_server s;
	struct err e = { 0 };
	const struct json *v = parsed("{\"server\":" SERVER "," META("\"status\":\"deprecated\",\"isLatest\":false") "}");
	ok(registry_is_entry(v) && registry_is_older(v), "an element of a page, of an older version");
	ok(registry_read(v, &arena, &s, &e), "it is read: %s", e.text);
	ok(slice_is(s.id, "com.example/files") && slice_is(s.title, "Files") && slice_is(s.version, "1.2.3"), "who it is");
	ok(slice_is(s.package, "pkg:npm/@example/files"), "its package: %.*s", SLICE_ARG(s.package));
	ok(slice_is(s.remote, "https://mcp.example.com/mcp"), "its remote without credentials and query: %.*s", SLICE_ARG(s.remote));
	ok(slice_is(s.website, "https://example.com/") && slice_is(s.repository, "https://git.example.com/files"), "its links");
	ok(slice_is(s.status, "deprecated") && s.source == INDEX_REGISTRY, "what the registry says of it");
	ok(s.document.n && json_read(s.document, &arena, &e), "and the whole document");
	v = parsed(SERVER);
	ok(registry_is_entry(v) && !registry_is_older(v) && registry_read(v, &arena, &s, &e) && !s.status.n, "a server.json alone");
	v = parsed("{\"server\":{\"name\":\"a.b/c\",\"description\":\"\",\"version\":\"1\"}," META("\"status\":\"frozen\"") "}");
	ok(registry_read(v, &arena, &s, &e) && slice_is(s.status, "unknown") && !s.package.n && !s.remote.n, "a status that nobody knows");
	v = parsed("{\"name\":\"a.b/c\",\"description\":\"\",\"version\":\"1\",\"websiteUrl\":\"javascript:alert(1)\",\"repository\":{\"url\":\"file:///\"}}");
	ok(registry_read(v, &arena, &s, &e) && !s.website.n && !s.repository.n, "links that are none of the web are left out");
}

static void test_bad(void)
{
	static const char *const cases[][2] = {
		{ "{\"server\":{\"name\":5}}", "'name'" },
		{ "{\"name\":\"noslash\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"a/b/c\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"a b/c\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"/c\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"a/\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"a/b\\u0000\",\"description\":\"\",\"version\":\"1\"}", "'name'" },
		{ "{\"name\":\"a/b\",\"description\":\"\"}", "'version'" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"\"}", "'version'" },
		{ "{\"name\":\"a/b\",\"version\":\"1\"}", "'description'" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"1\",\"packages\":{}}", "'packages'" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"1\",\"packages\":[5]}", "package" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"1\",\"packages\":[{\"registryType\":\"npm\",\"identifier\":\"a\\u001bb\"}]}", "package" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"1\",\"remotes\":[{\"url\":\"ftp://x\"}]}", "remote" },
		{ "{\"name\":\"a/b\",\"description\":\"\",\"version\":\"1\",\"remotes\":\"x\"}", "'remotes'" },
		{ "[]", "object" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct index_server s;
		struct err e = { 0 };
		ok(!registry_read(parsed(cases[i][0]), &arena, &s, &e) && e.kind == ERR_INPUT && strstr(e.text, cases[i][1]), "%s: %s", cases[i][0],
		   e.text);
	}
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(1u << 20);
	struct index_server s;
	struct err e = { 0 };
	for (size_t n = 200; n <= 201; n++) {
		buf_clear(&b);
		buf_addf(&b, "{\"name\":\"a/%0*d\",\"description\":\"\",\"version\":\"1\"}", (int)n - 2, 0);
		ok(registry_read(parsed(buf_str(&b)), &arena, &s, &e) == (n == 200), "a name of %zu characters", n);
	}
	for (size_t more = 0; more <= 1; more++) {
		static const char begin[] = "{\"name\":\"a/b\",\"version\":\"1\",\"description\":\"";
		buf_clear(&b);
		buf_adds(&b, begin);
		while (b.n < LIMIT_INDEX_DOCUMENT - 2 + more)
			buf_addc(&b, 'x');
		buf_adds(&b, "\"}");
		bool is_read = registry_read(parsed(buf_str(&b)), &arena, &s, &e);
		ok(is_read == !more, "a document of %zu bytes: %s", b.n, is_read ? "" : e.text);
	}
	buf_release(&b);
}

static void test_addresses(void)
{
	static const struct {
		const char *url, *address;
	} cases[] = {
		{ "https://A.Example/Path/", "https://a.example/Path" }, { "http://a", "http://a" }, { "https://a:443/x?y=1", "https://a:443/x" },
		{ "https://u:p@a/x", "https://a/x" }, { "https://u@v@a", "https://a" }, { "https://", "" }, { "ftp://a", "" },
		{ "https://a b", "" }, { "https://a/%C3%A9#f", "https://a/%C3%A9" }, { "HTTPS://a", "" }, { "", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[LIMIT_INDEX_WORD + 1] = "";
		size_t n = index_remote(slice_str(cases[i].url), out, sizeof out);
		ok(slice_is(slice_of(out, n), cases[i].address), "'%s' is '%.*s'", cases[i].url, (int)n, out);
	}
	char out[24];
	ok(index_package(SLICE_LIT("pypi"), SLICE_LIT("My_Pkg.x"), out, sizeof out) && !strcmp(out, "pkg:pypi/my-pkg-x"), "PyPI has many spellings: %s", out);
	ok(index_package(SLICE_LIT("npm"), SLICE_LIT("a123456789012"), out, sizeof out) == 21, "one that fits");
	ok(!index_package(SLICE_LIT("npm"), SLICE_LIT("a123456789012345"), out, sizeof out), "and one that does not");
	ok(!index_package(SLICE_LIT(""), SLICE_LIT("a"), out, sizeof out) && !index_package(SLICE_LIT("npm"), SLICE_LIT(""), out, sizeof out), "nor none");
}

int main(void)
{
	arena_init(&arena, 1u << 28);
	test_good();
	test_bad();
	test_limits();
	test_addresses();
	arena_release(&arena);
	return tap_done();
}
