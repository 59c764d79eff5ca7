/* Canonical text: RFC 8785 where a double can say it, exact where it cannot. */
#include "base/digest.h"
#include "json/canonical.h"
#include "tap.h"

static void check(const char *text, const char *want)
{
	struct arena a;
	struct err e = {0};
	struct buf got = BUF_INIT(1 << 20);
	unsigned char one[32], other[32];
	arena_init(&a, 1 << 22);
	const struct json *v = json_read(slice_str(text), &a, &e);
	json_canonical(&got, v);
	ok(v && slice_eq(buf_slice(&got), slice_str(want)), "%.60s %s", text, e.text);
	if (!slice_eq(buf_slice(&got), slice_str(want)))
		printf("# got '%s'\n", buf_str(&got));
	json_canonical_digest(v, one);
	digest_sha256(slice_str(want), other);
	ok(memcmp(one, other, 32) == 0, "and its digest");
	const struct json *again = json_read(buf_slice(&got), &a, &e);
	ok(json_equal(v, again), "says the same");
	buf_release(&got);
	arena_release(&a);
}

static void test_numbers(void)
{
	static const char *const cases[][2] = {
		/* RFC 8785, appendix B, where 15 digits say it */
		{"0", "0"}, {"-0", "0"}, {"-0.0e5", "0"},
		{"5e-324", "5e-324"}, {"-5e-324", "-5e-324"},
		{"9007199254740992", "9007199254740992"},
		{"1e+23", "1e+23"}, {"1e21", "1e+21"}, {"1e20", "100000000000000000000"},
		{"0.000001", "0.000001"}, {"1e-7", "1e-7"}, {"0.0000001", "1e-7"},
		{"333333333.33333329", "333333333.33333329"},
		/* exact */
		{"1.0", "1"}, {"1", "1"}, {"10e-1", "1"}, {"100", "100"}, {"1E2", "100"},
		{"9007199254740993", "9007199254740993"},
		{"123456789012345678901234", "1.23456789012345678901234e+23"},
		{"0.1000", "0.1"}, {"-12.50", "-12.5"}, {"0.00123e1", "0.0123"},
		{"1e400", "1e+400"}, {"120e398", "1.2e+400"},
		{"3.141592653589793238462643383279", "3.141592653589793238462643383279"},
		{"100000000000000000000.5", "100000000000000000000.5"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i][0], cases[i][1]);
}

static void test_rest(void)
{
	/* RFC 8785, 3.2.2 and 3.2.3 */
	check("{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],"
	      "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
	      "\"literals\": [null, true, false]}",
	      "{\"literals\":[null,true,false],\"numbers\":[333333333.33333329,1e+30,4.5,0.002,1e-27],"
	      "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
	check("{\"\\u20ac\": \"Euro Sign\", \"\\r\": \"Carriage Return\", \"\\ufb33\": \"Hebrew Letter Dalet With Dagesh\","
	      "\"1\": \"One\", \"\\ud83d\\ude00\": \"Emoji: Grinning Face\", \"\\u0080\": \"Control\", \"\\u00f6\": \"o\"}",
	      "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"\xc3\xb6\":\"o\",\"\xe2\x82\xac\":\"Euro Sign\","
	      "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
	check("{\"b\":{\"y\":[],\"x\":{}},\"a\":\"\\u007f\\b\\f\\t\\u0000\"}",
	      "{\"a\":\"\x7f\\b\\f\\t\\u0000\",\"b\":{\"x\":{},\"y\":[]}}");
	check("{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}");
}

static void test_large(void)
{
	struct buf shuffled = BUF_INIT(1 << 20), sorted = BUF_INIT(1 << 20);
	for (int n = 64; n <= 65; n++) {
		buf_clear(&shuffled);
		buf_clear(&sorted);
		for (int i = 0; i < n; i++) {
			buf_addf(&shuffled, "%c\"k%03d\": \"%0300d\"", i ? ',' : '{', i * 7 % n, i * 7 % n);
			buf_addf(&sorted, "%c\"k%03d\":\"%0300d\"", i ? ',' : '{', i, i);
		}
		buf_addc(&shuffled, '}');
		buf_addc(&sorted, '}');
		if (n % 7)
			check(buf_str(&shuffled), buf_str(&sorted));
	}
	buf_release(&shuffled);
	buf_release(&sorted);
}

static void test_absent(void)
{
	struct buf b = BUF_INIT(100);
	unsigned char none[32], empty[32];
	json_canonical(&b, NULL);
	json_canonical_digest(NULL, none);
	digest_sha256(SLICE_LIT("{}"), empty);
	ok(b.n == 0 && memcmp(none, empty, 32) == 0, "no arguments are {}");
	buf_release(&b);
}

int main(void)
{
	test_numbers();
	test_rest();
	test_large();
	test_absent();
	return tap_done();
}
