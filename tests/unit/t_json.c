/* Strict JSON: what is refused, what is kept as written, and where mistakes stand. */
#include "base/limits.h"
#include "json/json.h"
#include "tap.h"

static bool reads(const char *text)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 64 << 20);
	bool yes = json_read(slice_str(text), &a, &e) != NULL;
	arena_release(&a);
	return yes;
}

static void test_refusals(void)
{
	static const char *const bad[] = {
		"", " ", "{", "[1,]", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[1] 2", "nul", "01", "1.", "+1",
		"NaN", "Infinity", "'a'", "{a:1}", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "// c\n1", "\"\n\"",
		"{\"x\":{\"k\":1,\"b\":2,\"k\":3}}",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!reads(bad[i]), "refused: case %zu", i);
	ok(reads(" {\"a\":[1,2.50,-0,1e400],\"b\":null} "), "a plain object reads");
	ok(reads("{\"a\":1,\"A\":2}"), "keys that differ in case are two keys");
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(1 << 24);
	for (int over = 0; over < 2; over++) {
		buf_clear(&b);
		for (int i = 0; i < LIMIT_JSON_DEPTH + over; i++)
			buf_addc(&b, '[');
		for (int i = 0; i < LIMIT_JSON_DEPTH + over; i++)
			buf_addc(&b, ']');
		ok(reads(buf_str(&b)) == !over, "%d levels", LIMIT_JSON_DEPTH + over);
		buf_clear(&b);
		buf_addc(&b, '{');
		for (int i = 0; i < LIMIT_JSON_KEYS + over; i++)
			buf_addf(&b, "%s\"k%d\":0", i ? "," : "", i);
		buf_addc(&b, '}');
		ok(reads(buf_str(&b)) == !over, "%d keys", LIMIT_JSON_KEYS + over);
		buf_clear(&b);
		buf_addc(&b, '[');
		for (int i = 0; i < LIMIT_JSON_VALUES - 1 + over; i++)
			buf_adds(&b, i ? ",0" : "0");
		buf_addc(&b, ']');
		ok(reads(buf_str(&b)) == !over, "%d values", LIMIT_JSON_VALUES + over);
	}
	buf_clear(&b);
	for (int i = 0; i < 2000000; i++)
		buf_addc(&b, '[');
	ok(!reads(buf_str(&b)), "two million brackets are refused, not a crash");
	buf_clear(&b);
	buf_addc(&b, '{');
	for (int i = 0; i < 100; i++)
		buf_addf(&b, "\"k%d\":0,", i);
	buf_adds(&b, "\"k7\":1}");
	ok(!reads(buf_str(&b)), "a duplicate among many keys is found");
	buf_release(&b);
}

static void test_values(void)
{
	struct arena a;
	struct err e;
	arena_init(&a, 1 << 20);
	const char *text = "{\"n\":1.10,\"big\":123456789012345678901234567890,\"e\":1E2,\"s\":\"\\u0061\\n\","
	                   "\"l\":[true,null,{}],\"i\":-42}";
	const struct json *v = json_read(slice_str(text), &a, &e);
	struct buf b = BUF_INIT(1000);
	json_write(&b, v);
	ok(slice_is(buf_slice(&b), "{\"n\":1.10,\"big\":123456789012345678901234567890,\"e\":1E2,\"s\":\"a\\n\","
	                           "\"l\":[true,null,{}],\"i\":-42}"),
	   "numbers and order stay as written: %s", buf_str(&b));
	int64_t i = 0;
	ok(json_int64(json_gets(v, "i"), &i) && i == -42, "an integer");
	ok(!json_int64(json_gets(v, "n"), &i), "a fraction is no integer");
	ok(json_count(json_gets(v, "l")) == 3 && json_is(json_at(json_gets(v, "l"), 2), JSON_OBJECT), "elements");
	ok(!json_gets(v, "N"), "case matters");
	ok(!json_gets(NULL, "x") && json_type(NULL) == JSON_NONE && !json_count(NULL), "absent stays absent");
	buf_clear(&b);
	json_write_with(&b, json_gets(v, "l") ? json_read(SLICE_LIT("{\"a\":1,\"id\":2,\"b\":3}"), &a, &e) : NULL,
	                SLICE_LIT("id"), SLICE_LIT("\"x\""));
	ok(slice_is(buf_slice(&b), "{\"a\":1,\"id\":\"x\",\"b\":3}"), "one member is replaced where it stands");
	buf_release(&b);
	arena_release(&a);
}

static void test_numbers(void)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
		{ "1", "1.0", 0 }, { "1e2", "100", 0 }, { "0", "-0.0e5", 0 }, { "0.1", "0.10000000000000000001", -1 },
		{ "9007199254740993", "9007199254740992", 1 }, { "-5", "3", -1 }, { "-5", "-6", 1 },
		{ "1e400", "1e399", 1 }, { "0.001", "1e-3", 0 }, { "120", "12e1", 0 }, { "10", "9", 1 },
		{ "1e999999999999999999999", "1e5", 1 }, { "1e-999999999999999999999", "0", 1 },
		{ "100000000000000000000000000000000000000000", "1e41", 0 }, { "0.0012", "0.00119999", 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ok(json_number_compare(slice_str(cases[i].a), slice_str(cases[i].b)) == cases[i].order, "%s and %s",
		   cases[i].a, cases[i].b);
		ok(json_number_compare(slice_str(cases[i].b), slice_str(cases[i].a)) == -cases[i].order, "%s and %s",
		   cases[i].b, cases[i].a);
	}
}

static void test_locate(void)
{
	struct slice t = SLICE_LIT("{\n  \"a\": 1,\n  \"b\": [true,\n    {\"c/d\": \"x\"}]\n}");
	int line, column;
	json_locate(t, SLICE_LIT("/b/1/c~1d"), false, &line, &column);
	ok(line == 4 && column == 13, "a value is found: %d:%d", line, column);
	json_locate(t, SLICE_LIT("/b/1/c~1d"), true, &line, &column);
	ok(line == 4 && column == 6, "a key is found: %d:%d", line, column);
	json_locate(t, SLICE_LIT("/b/7"), false, &line, &column);
	ok(line == 3 && column == 8, "what is absent is where it would be: %d:%d", line, column);
	json_locate(t, SLICE_LIT(""), false, &line, &column);
	ok(line == 1 && column == 1, "the whole");
}

int main(void)
{
	test_refusals();
	test_limits();
	test_values();
	test_numbers();
	test_locate();
	return tap_done();
}
