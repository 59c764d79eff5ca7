/* YAML: what reads as what, what is refused and where, and where values stand. */
#include "base/limits.h"
#include "json/yaml.h"
#include "tap.h"

struct read {
	struct arena a;
	struct err e;
	struct yaml_place at;
	const struct yaml *y;
	struct buf json;
};

static const char *reads(struct read *r, struct slice text)
{
	r->e = (struct err){ 0 };
	arena_init(&r->a, 256u << 20);
	r->json = BUF_INIT(1 << 24);
	r->y = yaml_read(text, &r->a, &r->at, &r->e);
	if (r->y)
		json_write(&r->json, yaml_root(r->y));
	return buf_str(&r->json);
}

static void done(struct read *r)
{
	buf_release(&r->json);
	arena_release(&r->a);
}

static void test_values(void)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "", "{}" },
		{ "# only a comment\n", "{}" },
		{ "---\n", "{}" },
		{ "a:\n", "{\"a\":null}" },
		{ "a: 1\nb: 1.50\nc: -0\nd: 1e5\n", "{\"a\":1,\"b\":1.50,\"c\":-0,\"d\":1e5}" },
		{ "a: true\nb: False\nc: ~\nd: null",
		  "{\"a\":true,\"b\":false,\"c\":null,\"d\":null}" },
		{ "a: 'yes'\nb: \"010\"\nc: \"\"", "{\"a\":\"yes\",\"b\":\"010\",\"c\":\"\"}" },
		{ "- x\n- [1, {b: c}]\n- - y\n", "[\"x\",[1,{\"b\":\"c\"}],[\"y\"]]" },
		{ "a: |\n  one\n  two\nb: >\n  three\n  four\n",
		  "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\\n\"}" },
		{ "listen: 127.0.0.1:8811", "{\"listen\":\"127.0.0.1:8811\"}" },
		{ "a: 30s\nb: 16MiB\nc: 1.2.3\nd: 2026-01-01\ne: -y\nf: 0bad",
		  "{\"a\":\"30s\",\"b\":\"16MiB\",\"c\":\"1.2.3\","
		  "\"d\":\"2026-01-01\",\"e\":\"-y\",\"f\":\"0bad\"}" },
		{ "{\"a\": \"\\ud83d\\ude00\", \"b\": 1.10}",
		  "{\"a\":\"\xf0\x9f\x98\x80\",\"b\":1.10}" },
		{ "{a: 1, b: [x]}", "{\"a\":1,\"b\":[\"x\"]}" },
		{ "\"a\\nb\": \"\\u00e9\"", "{\"a\\nb\":\"\xc3\xa9\"}" },
		{ "text", "\"text\"" },
		{ "a: 8811:80", "{\"a\":\"8811:80\"}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct read r;
		const char *json = reads(&r, slice_str(cases[i].yaml));
		ok(strcmp(json, cases[i].json) == 0, "case %zu reads as its JSON: %s %s", i, json,
		   r.e.text);
		done(&r);
	}
}

static void test_refusals(void)
{
	static const struct {
		const char *yaml;
		int line, column;
		const char *why;
	} cases[] = {
		{ "a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, "duplicate key 'c'" },
		{ "{\"a\": 1,\n \"a\": 2}", 2, 2, "duplicate key 'a'" },
		{ "a: &x 1\nb: *x\n", 1, 4, "anchors" },
		{ "a: *x\n", 1, 4, "anchors" },
		{ "a: &x [1]", 1, 4, "anchors" },
		{ "a: !!str 1\n", 1, 4, "tags" },
		{ "a: !!python/object:os.system {}\n", 1, 4, "tags" },
		{ "a: !x [1]\n", 1, 4, "tags" },
		{ "<<: {a: 1}\n", 1, 1, "merge keys" },
		{ "a: yes\n", 1, 4, "'yes' is a boolean to some" },
		{ "a: [1, Off]\n", 1, 8, "'Off' is a boolean to some" },
		{ "a: 010\n", 1, 4, "'010' is not the same number" },
		{ "a: 0x1f\n", 1, 4, "not the same number" },
		{ "a: 1_000\n", 1, 4, "not the same number" },
		{ "a: +5\n", 1, 4, "not the same number" },
		{ "a: 1:30\n", 1, 4, "not the same number" },
		{ "a: .inf\n", 1, 4, "not the same number" },
		{ "a: .5\n", 1, 4, "not the same number" },
		{ "1: a\n", 1, 1, "a key must be a string" },
		{ "true: a\n", 1, 1, "a key must be a string" },
		{ "no: a\n", 1, 1, "boolean to some" },
		{ "? [a]\n: b\n", 1, 3, "a key must be" },
		{ "{[a]: b}\n", 1, 2, "a key must be" },
		{ "a: 1\n---\nb: 2\n", 2, 1, "second document" },
		{ "%YAML 1.1\n---\na: 1\n", 1, 1, "directives" },
		{ "a: [1\nb: 2\n", 2, 2, "" },
		{ "a:\n\tb: 1\n", 2, 1, "" },
		{ "a: \"\\ud800\"\n", 1, 4, "" },
		{ "a: \"x\xff\"\n", 1, 1, "" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct read r;
		reads(&r, slice_str(cases[i].yaml));
		ok(!r.y && strstr(r.e.text, cases[i].why) && r.e.text[0], "case %zu is refused: %s",
		   i, r.e.text);
		bool is_there = cases[i].why[0] ? r.at.line == cases[i].line &&
							  r.at.column == cases[i].column
						: r.at.line > 0;
		ok(is_there, "case %zu where it stands: %d:%d", i, r.at.line, r.at.column);
		done(&r);
	}
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(4 << 20);
	for (int over = 0; over < 2; over++) {
		struct read r;
		buf_clear(&b);
		for (int i = 0; i < LIMIT_JSON_DEPTH + over; i++)
			buf_adds(&b, "- ");
		buf_adds(&b, "x");
		reads(&r, buf_slice(&b));
		ok(!!r.y == !over, "%d levels: %s", LIMIT_JSON_DEPTH + over, r.e.text);
		done(&r);
		buf_clear(&b);
		for (int i = 0; i < LIMIT_JSON_KEYS + over; i++)
			buf_addf(&b, "k%d: x\n", i);
		reads(&r, buf_slice(&b));
		ok(!!r.y == !over, "%d keys: %s", LIMIT_JSON_KEYS + over, r.e.text);
		done(&r);
		buf_clear(&b);
		buf_adds(&b, "a: ");
		while (b.n < LIMIT_CONFIG_BYTES + (size_t)over)
			buf_addc(&b, 'x');
		reads(&r, buf_slice(&b));
		ok(!!r.y == !over, "%zu bytes: %s", b.n, r.e.text);
		done(&r);
	}
	buf_clear(&b);
	for (int i = 0; i < 500000; i++)
		buf_addc(&b, '[');
	struct read r;
	reads(&r, buf_slice(&b));
	ok(!r.y, "half a million brackets are refused, not a crash: %s", r.e.text);
	done(&r);
	buf_release(&b);
}

static void test_places(void)
{
	static const struct {
		const char *pointer;
		bool key;
		int line, column;
	} cases[] = {
		{ "", false, 2, 1 },
		{ "/listen", false, 2, 9 },
		{ "/listen", true, 2, 1 },
		{ "/servers/a~1b/command/1", false, 5, 20 },
		{ "/servers/a~1b", true, 4, 3 },
		{ "/servers/a~1b/command", true, 5, 5 },
		{ "/servers/c/list/1/k", false, 9, 12 },
		{ "/servers/absent", false, 4, 3 },
		{ "/servers/absent", true, 4, 3 },
		{ "/servers/c/list/7", false, 8, 7 },
	};
	struct read r;
	reads(&r,
	      SLICE_LIT(
		      "# comment\nlisten: \"x\"\nservers:\n  a/b:\n    command: [npx, \"y\"]\n  c:\n    list:\n"
		      "      - one\n      - k: \xc3\xa9t\xc3\xa9\n"));
	ok(r.y != NULL, "reads: %s", r.e.text);
	for (size_t i = 0; r.y && i < ARRAY_LEN(cases); i++) {
		struct yaml_place at;
		yaml_locate(r.y, slice_str(cases[i].pointer), cases[i].key, &at);
		bool is_there = at.line == cases[i].line && at.column == cases[i].column;
		ok(is_there, "%s stands at %d:%d", cases[i].pointer, at.line, at.column);
	}
	done(&r);
	reads(&r, SLICE_LIT("{\"a\":\n  [1, 2]}"));
	struct yaml_place at;
	yaml_locate(r.y, SLICE_LIT("/a/1"), false, &at);
	ok(at.line == 2 && at.column == 7, "in JSON, too: %d:%d", at.line, at.column);
	done(&r);
}

int main(void)
{
	test_values();
	test_refusals();
	test_limits();
	test_places();
	return tap_done();
}
