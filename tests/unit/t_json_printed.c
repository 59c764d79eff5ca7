/* Printed YAML: what is a record, what is not, and that no text inside a field becomes one. */
#include "base/limits.h"
#include "json/printed.h"
#include "tap.h"

static bool prints(struct slice text, const char *want)
{
	struct arena a;
	struct buf b = BUF_INIT(1 << 20);
	arena_init(&a, 64u << 20);
	const struct json *v = yaml_printed(text, &a);
	if (v)
		json_write(&b, v);
	bool same = want ? v && slice_is(buf_slice(&b), want) : !v;
	if (!same)
		printf("# '%.*s' gave %s\n", SLICE_ARG(text), v ? buf_str(&b) : "nothing");
	buf_release(&b);
	arena_release(&a);
	return same;
}

static void test_records(void)
{
	static const struct {
		const char *yaml, *json;
	} cases[] = {
		{ "a: 1\nb: yes\nc: ~\n", "{\"a\":\"1\",\"b\":\"yes\",\"c\":\"~\"}" },
		{ "- x: 1\n  y:\n  - p\n  - q\n- {z: [k]}\n",
		  "[{\"x\":\"1\",\"y\":[\"p\",\"q\"]},{\"z\":[\"k\"]}]" },
		{ "# seen\n---\n\"status\": !!python/object/apply:mail.Status\n- \"sent\"\n\"at\": 2026-01-02 03:04:05\n",
		  "{\"status\":[\"sent\"],\"at\":\"2026-01-02 03:04:05\"}" },
		{ "body: \"one\\\n  \\ two\\nto: x@y.example\"\n",
		  "{\"body\":\"one two\\nto: x@y.example\"}" },
		{ "body: |\n  to: x@y.example\nto: z\n",
		  "{\"body\":\"to: x@y.example\\n\",\"to\":\"z\"}" },
		{ "'': 1\n? k\n: 2\n", "{\"\":\"1\",\"k\":\"2\"}" },
		{ "empty:\nlist: []\nmap: {}\n", "{\"empty\":\"\",\"list\":[],\"map\":{}}" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ok(prints(slice_str(cases[i].yaml), cases[i].json), "record %zu", i);
}

static void test_others(void)
{
	static const char *const cases[] = {
		"",
		"Dear all,\nthe account: is 1.\n",
		"text",
		"{\"a\": 1}",
		"[a, b]",
		"a: 1\na: 2\n",
		"a: &x 1\nb: *x\n",
		"a: &x 1\n",
		"- &x {}\n",
		"a: 1\n--- \nb: 2\n",
		"a: 1\n...\nb: 2\n",
		"a: \"open\n",
		"a: 1\n b: 2\n",
		"? [k]\n: 1\n",
		"? {k: 1}\n: 1\n",
		"a: \xff\n",
		"a: b: c\n",
		"a: 1\nand then: words\nwithout any mark\n",
		"--- x: 1",
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ok(prints(slice_str(cases[i]), NULL), "no record %zu", i);
	ok(prints(SLICE_LIT("a: \0b\n"), NULL), "NUL");
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(1 << 20);
	buf_adds(&b, "a: ");
	while (b.n < LIMIT_PRINTED_YAML)
		buf_addc(&b, 'x');
	struct arena a;
	arena_init(&a, 64u << 20);
	ok(yaml_printed(buf_slice(&b), &a) != NULL, "as long as may be");
	buf_addc(&b, 'x');
	ok(!yaml_printed(buf_slice(&b), &a), "one byte longer");
	buf_clear(&b);
	for (int i = 0; i < LIMIT_JSON_DEPTH; i++)
		buf_adds(&b, "- ");
	buf_adds(&b, "x");
	ok(yaml_printed(buf_slice(&b), &a) != NULL, "as deep as may be");
	buf_clear(&b);
	for (int i = 0; i <= LIMIT_JSON_DEPTH; i++)
		buf_adds(&b, "- ");
	buf_adds(&b, "x");
	ok(!yaml_printed(buf_slice(&b), &a), "one level deeper");
	arena_release(&a);
	buf_release(&b);
}

int main(void)
{
	test_records();
	test_others();
	test_limits();
	return tap_done();
}
