/* Addresses and host names at the edges of every block, range and length. Whole URLs are in
 * tests/cases/policy/hosts.json. */
#include "base/check.h"
#include "policy/host.h"
#include "tap.h"

static void test_ip4_blocks(void)
{
	static const uint32_t blocks[][2] = {
		{0x00000000, 0x00ffffff}, {0x0a000000, 0x0affffff}, {0x64400000, 0x647fffff},
		{0x7f000000, 0x7fffffff}, {0xa9fe0000, 0xa9feffff}, {0xac100000, 0xac1fffff},
		{0xc0000000, 0xc00000ff}, {0xc0a80000, 0xc0a8ffff}, {0xc6120000, 0xc613ffff},
		{0xe0000000, 0xffffffff},
	};
	for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
		uint32_t first = blocks[i][0], last = blocks[i][1];
		ok(ip4_is_private(first) && ip4_is_private(last), "%08x to %08x are inside", first, last);
		ok((first == 0 || !ip4_is_private(first - 1)) &&
			   (last == UINT32_MAX || !ip4_is_private(last + 1)),
		   "and the addresses beside them are not");
	}
}

struct reading {
	const char *text;
	size_t n;
	uint32_t v[2];
	bool is_numeric;
};

static const struct reading spellings4[] = {
	{"1.2.3.4", 1, {0x01020304}, true},
	{"255.255.255.255", 1, {0xffffffff}, true},
	{"1.2.65535", 1, {0x0102ffff}, true},
	{"1.2.65536", 0, {0}, true},
	{"1.16777215", 1, {0x01ffffff}, true},
	{"1.16777216", 0, {0}, true},
	{"4294967295", 1, {0xffffffff}, true},
	{"4294967296", 0, {0}, true},
	{"99999999999999999999999999", 0, {0}, true},
	{"18446744073709551617", 0, {0}, true},
	{"42949672960", 0, {0}, true},
	{"0xffffffff", 1, {0xffffffff}, true},
	{"0x100000000", 0, {0}, true},
	{"256.1.1.1", 0, {0}, true},
	{"1.256.1.1", 0, {0}, true},
	{"1.1.256.1", 0, {0}, true},
	{"1.1.1.256", 0, {0}, true},
	{"255.256", 1, {0xff000100}, true},
	{"1.2.3.4.5", 0, {0}, true},
	{"1..2", 0, {0}, true},
	{".1", 0, {0}, true},
	{"1.2.3.", 0, {0}, false},
	{"1.", 0, {0}, false},
	{".", 0, {0}, false},
	{"", 0, {0}, false},
	{"0", 1, {0}, true},
	{"0x", 1, {0}, true},
	{"0X", 1, {0}, true},
	{"1.0x", 1, {0x01000000}, true},
	{"x", 0, {0}, false},
	{"1x", 0, {0}, false},
	{"1x2", 0, {0}, false},
	{"0xaF", 1, {0xaf}, true},
	{"0XfA", 1, {0xfa}, true},
	{"0xg", 0, {0}, false},
	{"0xG", 0, {0}, false},
	{"0x`", 0, {0}, false},
	{"0x@", 0, {0}, false},
	{"/", 0, {0}, false},
	{":", 0, {0}, false},
	{"a", 0, {0}, false},
	{"10", 1, {10}, true},
	{"010", 2, {8, 10}, true},
	{"00", 1, {0}, true},
	{"07", 1, {7}, true},
	{"08", 1, {8}, true},
	{"018", 1, {18}, true},
	{"0177.1", 2, {0x7f000001, 0xb1000001}, true},
	{"1.010", 2, {0x01000008, 0x0100000a}, true},
	{"0400.1", 0, {0}, true},
	{"0377.1", 1, {0xff000001}, true},
	{"a.1", 0, {0}, true},
	{"1.a", 0, {0}, false},
	{"1.2.3.4a", 0, {0}, false},
	{"0x1.0x2.0x3.0x4", 1, {0x01020304}, true},
	{"x.0x4", 0, {0}, true},
	{"0a.1", 0, {0}, true},
	{"0z.1", 0, {0}, true},
	{"1.0a", 0, {0}, false},
	{"1.0z", 0, {0}, false},
};

static void test_ip4_spellings(void)
{
	for (size_t i = 0; i < ARRAY_LEN(spellings4); i++) {
		uint32_t v[2] = {0};
		bool is_numeric = !spellings4[i].is_numeric;
		size_t n = ip4_read(slice_str(spellings4[i].text), v, &is_numeric);
		ok(n == spellings4[i].n && is_numeric == spellings4[i].is_numeric && (n < 1 || v[0] == spellings4[i].v[0]) &&
			   (n < 2 || v[1] == spellings4[i].v[1]),
		   "'%s' has %zu readings: %zu, %08x %08x", spellings4[i].text, spellings4[i].n, n, v[0], v[1]);
	}
}

static const struct {
	const char *text, *bytes;
} spellings6[] = {
	{"::", "00000000000000000000000000000000"},
	{"::1", "00000000000000000000000000000001"},
	{"1::", "00010000000000000000000000000000"},
	{"1:2:3:4:5:6:7:8", "00010002000300040005000600070008"},
	{"1:2:3:4:5:6:7::", "00010002000300040005000600070000"},
	{"::2:3:4:5:6:7:8", "00000002000300040005000600070008"},
	{"1::8", "00010000000000000000000000000008"},
	{"1:2::7:8", "00010002000000000000000000070008"},
	{"1:2:3:4:5:6:7:8:9", NULL},
	{"1:2:3:4:5:6:7", NULL},
	{"1:2:3:4:5:6:7::8", NULL},
	{"::1:2:3:4:5:6:7:8", NULL},
	{"1:2:3:4:5:6:7:8::", NULL},
	{"1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"},
	{"1:2:3:4:5:6:7:1.2.3.4", NULL},
	{"1:2:3:4:5:1.2.3.4", NULL},
	{"::1.2.3.4", "00000000000000000000000001020304"},
	{"::2:3:4:5:6:1.2.3.4", "00000002000300040005000601020304"},
	{"::3:4:5:6:1.2.3.4", "00000000000300040005000601020304"},
	{"::250.255.9.10", "000000000000000000000000faff090a"},
	{"::255.1.2.0", "000000000000000000000000ff010200"},
	{"::256.2.3.4", NULL},
	{"::1.2.3.256", NULL},
	{"::1.2.3.0255", "000000000000000000000000010203ff"},
	{"::1.2.3.00255", NULL},
	{"::1.2.3", NULL},
	{"::1.2.3.", NULL},
	{"::1.2.3.4.", NULL},
	{"::1.2.3.4.5", NULL},
	{"::1.2..4", NULL},
	{"::1.2.3.a", NULL},
	{"::1.2.3:4", NULL},
	{"::1.2.3.4:5", NULL},
	{"::1a.2.3.4", NULL},
	{"::.1.2.3", NULL},
	{"::1.2.3./", NULL},
	{"::1.2.3.:", NULL},
	{"1.2.3.4", NULL},
	{"::abcd", "0000000000000000000000000000abcd"},
	{"::EF09", "0000000000000000000000000000ef09"},
	{"::1234", "00000000000000000000000000001234"},
	{"::12345", NULL},
	{"::g", NULL},
	{"::1g", NULL},
	{"::1 ", NULL},
	{"::1::", NULL},
	{"1::2::3", NULL},
	{"::1:", NULL},
	{"1:2:3:4:5:6:7:8:", NULL},
	{"1:2:3:4:5:6:7:", NULL},
	{":::", NULL},
	{":::1", NULL},
	{":1:2:3:4:5:6:7", NULL},
	{"::::", NULL},
	{":", NULL},
	{":1", NULL},
	{":1:2:3:4:5:6:7:8", NULL},
	{"1:", NULL},
	{"1", NULL},
	{"", NULL},
};

static void test_ip6_spellings(void)
{
	for (size_t i = 0; i < ARRAY_LEN(spellings6); i++) {
		unsigned char a[16] = {0};
		char bytes[33] = "";
		const char *want = spellings6[i].bytes;
		bool is_one = ip6_read(slice_str(spellings6[i].text), a);
		for (size_t k = 0; k < 16; k++)
			snprintf(bytes + 2 * k, 3, "%02x", a[k]);
		ok(is_one == (want != NULL) && (!want || strcmp(bytes, want) == 0), "'%s' is %s: %s", spellings6[i].text,
		   want ? want : "no address", bytes);
	}
}

static void test_ip6_blocks(void)
{
	static const char *const inside[] = {
		"::", "::1", "::10.0.0.1", "::0.255.255.255", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::", "febf::", "fec0::", "feff::",
		"::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "2002:a00:1::", "2002:c0a8:1::", "2001:0:a00:1::",
		"2001:0:808:808::f5ff:fffe", "2001:0:c0a8:101::f7f7:f7f7", "2600:1901::5efe:10.0.0.1",
		"2600:1901::200:5efe:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::192.0.0.192", "64:ff9b:1::",
		"64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::", "100::ffff:ffff:ffff:ffff",
		"::10.8.8.8", "::ffff:10.8.8.8", "::ffff:0:10.8.8.8", "2002:a08:808::", "2001:0:a08:808::f7f7:f7f7",
		"2001:0:808:808::f5f7:f7f7", "2600:1901::5efe:10.8.8.8", "64:ff9b::10.8.8.8",
	};
	static const char *const outside[] = {
		"::1.0.0.0", "::8.8.8.8", "::1:10.0.0.1", "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::",
		"fe7f:ffff::", "7f80::", "ef00::", "::ffff:8.8.8.8", "::fffe:10.0.0.1", "::feff:10.0.0.1",
		"0:0:0:0:1:ffff:10.0.0.1", "::ffff:0:8.8.8.8", "::ffff:1:10.0.0.1", "::ffff:100:10.0.0.1",
		"::fffe:0:10.0.0.1", "::feff:0:10.0.0.1", "0:0:0:1:ffff:0:10.0.0.1", "2002:808:808::a00:1",
		"2003:a00:1::", "2102:a00:1::", "2001:0:808:808::f7f7:f7f7",
		"2001:1:a00:1::", "2001:100:a00:1::", "2600:1901::5efe:8.8.8.8", "2600:1901::100:5efe:10.0.0.1",
		"2600:1901::400:5efe:10.0.0.1", "2600:1901::1:5efe:10.0.0.1", "2600:1901::5eff:10.0.0.1",
		"2600:1901::5dfe:10.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b::1:10.0.0.1", "64:ff9b:2::",
		"64:ff9b:0:1::10.0.0.1", "64:ff9c::10.0.0.1", "100:0:0:1::", "101::", "200::", "2606:4700::1111",
		"64:ff9b::192.0.1.1", "64:ff9b::192.1.0.1",
	};
	unsigned char a[16];
	for (size_t i = 0; i < ARRAY_LEN(inside); i++)
		ok(ip6_read(slice_str(inside[i]), a) && ip6_is_private(a), "%s leads inside", inside[i]);
	for (size_t i = 0; i < ARRAY_LEN(outside); i++)
		ok(ip6_read(slice_str(outside[i]), a) && !ip6_is_private(a), "%s does not", outside[i]);
}

/* What each of first..last becomes: so much further, or the next odd or even one. */
enum fold_by { BY_STEP = 0, BY_ODD, BY_EVEN, BY_VALUE, BY_CYCLE };
static const struct {
	uint32_t first, last;
	enum fold_by by;
	int64_t value;
	uint32_t cycle;
} folds[] = {
	{'A', 'Z', BY_STEP, 32, 0},
	{0xc0, 0xd6, BY_STEP, 32, 0},
	{0xd8, 0xde, BY_STEP, 32, 0},
	{0x100, 0x12f, BY_ODD, 0, 0},
	{0x132, 0x137, BY_ODD, 0, 0},
	{0x139, 0x148, BY_EVEN, 0, 0},
	{0x14a, 0x177, BY_ODD, 0, 0},
	{0x178, 0x178, BY_VALUE, 0xff, 0},
	{0x179, 0x17e, BY_EVEN, 0, 0},
	{0x391, 0x3ab, BY_STEP, 32, 0},
	{0x400, 0x40f, BY_STEP, 80, 0},
	{0x410, 0x42f, BY_STEP, 32, 0},
	{0xff01, 0xff20, BY_STEP, '!' - 0xff01, 0},
	{0xff21, 0xff3a, BY_STEP, 'a' - 0xff21, 0},
	{0xff3b, 0xff5e, BY_STEP, '[' - 0xff3b, 0},
	{0xff0e, 0xff0e, BY_VALUE, '.', 0},
	{0x2024, 0x2024, BY_VALUE, '.', 0},
	{0x3002, 0x3002, BY_VALUE, '.', 0},
	{0xff61, 0xff61, BY_VALUE, '.', 0},
	{0x24ea, 0x24ea, BY_VALUE, '0', 0},
	{0x2460, 0x2468, BY_STEP, '1' - 0x2460, 0},
	{0x24b6, 0x24e9, BY_CYCLE, 'a', 26},
	{0x1d7ce, 0x1d7ff, BY_CYCLE, '0', 10},
	{0xb2, 0xb3, BY_STEP, '2' - 0xb2, 0},
	{0xb9, 0xb9, BY_VALUE, '1', 0},
	{0x2070, 0x2070, BY_VALUE, '0', 0},
	{0x2074, 0x2079, BY_STEP, '4' - 0x2074, 0},
	{0x2080, 0x2089, BY_STEP, '0' - 0x2080, 0},
};

static uint32_t expect_fold(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
		if (c < folds[i].first || c > folds[i].last)
			continue;
		switch (folds[i].by) {
		case BY_STEP:
			return (uint32_t)(c + folds[i].value);
		case BY_ODD:
			return c % 2 ? c : c + 1;
		case BY_EVEN:
			return c % 2 ? c + 1 : c;
		case BY_VALUE:
			return (uint32_t)folds[i].value;
		case BY_CYCLE:
			return (uint32_t)folds[i].value + (c - folds[i].first) % folds[i].cycle;
		}
	}
	return c;
}

static bool is_dropped(uint32_t c)
{
	return c == 0xad || c == 0x34f || (c >= 0x180b && c <= 0x180d) || (c >= 0x200b && c <= 0x200d) ||
	       c == 0x2060 || c == 0x2064 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

static void test_points(void)
{
	size_t wrong = 0;
	for (uint32_t c = 0; c < 0x20000; c++)
		if (point_fold(c) != expect_fold(c) || point_is_ignored(c) != is_dropped(c)) {
			wrong++;
			printf("# %x becomes %x\n", c, point_fold(c));
		}
	ok(wrong == 0, "case, width and what is not seen, of every character");
}

/* One letter within a name: kept, unsure, or of no host. */
static void test_letters(void)
{
	static const uint32_t kept[][2] = {
		{'-', '-'}, {'0', '9'}, {'_', '_'}, {'a', 'z'}, {0xdf, 0xf6}, {0xf8, 0x131},
		{0x134, 0x13e}, {0x141, 0x148}, {0x14a, 0x17e}, {0x3ac, 0x3ce}, {0x430, 0x45f}, {0x5d0, 0x5ea},
		{0x620, 0x63f}, {0x641, 0x64a}, {0x905, 0x939}, {0xe01, 0xe30}, {0x3041, 0x3096},
		{0x30a1, 0x30fa}, {0x30fc, 0x30fe}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3},
	};
	size_t wrong = 0;
	for (uint32_t c = 1; c < 0x20000; c++) {
		char text[8] = "a", out[HOST_MAX];
		size_t n = 1, out_n;
		uint32_t f = expect_fold(c);
		if (c >= 0xd800 && c < 0xe000)
			continue;
		if (c < 0x80) {
			text[n++] = (char)c;
		} else if (c < 0x800) {
			text[n++] = (char)(0xc0 | c >> 6);
			text[n++] = (char)(0x80 | (c & 63));
		} else if (c < 0x10000) {
			text[n++] = (char)(0xe0 | c >> 12);
			text[n++] = (char)(0x80 | (c >> 6 & 63));
			text[n++] = (char)(0x80 | (c & 63));
		} else {
			text[n++] = (char)(0xf0 | c >> 18);
			text[n++] = (char)(0x80 | (c >> 12 & 63));
			text[n++] = (char)(0x80 | (c >> 6 & 63));
			text[n++] = (char)(0x80 | (c & 63));
		}
		enum host_fold want = f == '.' || is_dropped(f) ? FOLD_OK : f < 0x80 ? FOLD_BAD : FOLD_UNSURE;
		for (size_t i = 0; i < ARRAY_LEN(kept); i++)
			if (f >= kept[i][0] && f <= kept[i][1])
				want = FOLD_OK;
		if (host_fold(slice_of(text, n), out, &out_n) != want) {
			wrong++;
			printf("# %x\n", c);
		}
	}
	ok(wrong == 0, "every character is one of a host, of none, or unsure");
}

static enum host_fold fold(const char *text, size_t n)
{
	char out[HOST_MAX];
	return host_fold(slice_of(text, n), out, &n);
}

static void test_lengths(void)
{
	char text[2048], out[HOST_MAX];
	size_t n;
	memset(text, 'a', sizeof text);
	ok(fold(text, 63) == FOLD_OK && fold(text, 64) == FOLD_BAD, "a label has 63 characters");
	for (size_t i = 49; i < sizeof text; i += 50)
		text[i] = '.';
	ok(fold(text, 255) == FOLD_OK && fold(text, 256) == FOLD_BAD, "a name has 255");
	bool is_good = true;
	for (size_t front = 225; front < 256; front++) {
		char name[300];
		memcpy(name, text, front);
		memcpy(name + front, "b\xc3\xbc" "cher", 7);
		/* what stands behind the last dot becomes "xn--…bcher-" and a few letters more */
		enum host_fold got = host_fold(slice_of(name, front + 7), out, &n);
		size_t tail = front % 50;
		char label[64];
		memcpy(label, name + front - tail, tail + 7);
		size_t label_n;
		char alone[HOST_MAX];
		enum host_fold one = host_fold(slice_of(label, tail + 7), alone, &label_n);
		bool fits = one == FOLD_OK && front - tail + label_n <= 255;
		is_good = is_good && got == (fits ? FOLD_OK : FOLD_BAD) && (!fits || n == front - tail + label_n);
	}
	ok(is_good, "with what Punycode makes of it");
	for (size_t i = 0; i + 1 < 1024; i += 2)
		memcpy(text + i, "\xc2\xad", 2);
	memcpy(text + 1022, "ab", 3);
	ok(fold(text, 1024) == FOLD_OK && fold(text, 1025) == FOLD_BAD, "of 1024 bytes to read");
	ok(fold("", 0) == FOLD_BAD && fold(".", 1) == FOLD_BAD && fold(".a", 2) == FOLD_BAD &&
		   fold("a..b", 4) == FOLD_BAD && fold("a..", 3) == FOLD_BAD && fold("..", 2) == FOLD_BAD,
	   "an empty label is none");
	ok(fold("a\0b", 3) == FOLD_BAD && fold("\0a", 2) == FOLD_BAD, "nor is a NUL");
	ok(host_fold(SLICE_LIT("A.b."), out, &n) == FOLD_OK && slice_is(slice_of(out, n), "a.b"),
	   "the root's dot is dropped");
}

static bool reads_host(const char *front, size_t n, const char *end)
{
	char text[512], out[HOST_MAX + 2];
	size_t at = strlen(front), out_n;
	memcpy(text, front, at + 1);
	for (size_t i = 0; i < n; i++)
		text[at++] = i % 50 == 49 ? '.' : 'a';
	memcpy(text + at, end, strlen(end));
	return host_read(slice_of(text, at + strlen(end)), out, &out_n);
}

static void test_listed(void)
{
	ok(reads_host("", 255, "") && !reads_host("", 256, ""), "a host of a list has 255 characters");
	ok(reads_host("*.", 253, "") && !reads_host("*.", 254, "") && !reads_host("*.", 255, ""),
	   "and 255 with the star");
	ok(!reads_host("*.", 0, "") && !reads_host("", 0, "") && !reads_host("*", 0, "") && !reads_host("*a.b", 0, ""),
	   "and one at least");
}

/* What stands in memory behind a value is none of it. */
static void test_ends(void)
{
	const struct slice hosts[] = {SLICE_LIT("good.example")};
	struct operand o = {.texts = hosts, .text_n = 1}, none = {0};
	struct value v = {.type = JSON_STRING, .text = slice_of("https://good.example?x@bad", 22)};
	ok(test_host_in(&o, &v) == HOLDS_YES, "an @");
	v.text = slice_of("https://good.example.bad/", 20);
	ok(test_host_in(&o, &v) == HOLDS_YES, "more of a host");
	v.text = slice_of("https://good.example", 5);
	ok(test_host_in(&o, &v) == HOLDS_NO, "what follows a scheme");
	v.text = slice_of("127.0.0.1", 6);
	ok(test_host_private(&none, &v) == HOLDS_YES, "the last digits");
	v.text = slice_of("http://a.b:80:", 13);
	ok(test_host_private(&none, &v) == HOLDS_NO, "a second colon");
}

static void test_punycode(void)
{
	static const char *const pairs[][2] = {
		{"ñ",
		 "xn--ida"},
		{"ऍ",
		 "xn--t1b"},
		{"ϊ顙",
		 "xn--cya6717e"},
		{"tpě",
		 "xn--tp-mna"},
		{"å쨘नל慇",
		 "xn--5ca65wl4chs2khs7e"},
		{"óqџvfうĩi",
		 "xn--qvfi-pqa14av5q8s6h"},
		{"ף쓎읒ўべlbpç藔璈ѐє",
		 "xn--lbp-4la974bya8d85pox3lei2gw0pbm6zlh3g"},
		{"うѝにखऔjctइìğā꺷πδшנљよtख",
		 "xn--jctt-spa0kziy9qcdr8dmfmby23bv8mqf5ao3761peuassv213s"},
		{"sÿàz쳉ìぇp뎻qć傊धгくδįणlårfçaפぴyćğदгךbb",
		 "xn--szpqlrfaybb-76a3e4a2e3qzeh07b6j408b2tcla662h9g031fvcn47510a9gax6bt349d5b8zw9rf"},
		{"њxώzぁהëqsvлkavת븵でbもलâऴrrηhuíびďびφmऔџn큠ゃ诪u",
		 "xn--xzqsvkavbrrhumnu-4mb8m0bw1ce06btjavf32i6vayet23b3ran84eoza2b8501rebb7lb24cxbw4264d24zm945e"},
		{"ךכ剡уゑеăзझचरл쒱छlьí쫂νq틃쓁בf굸ג흙婭λんtoק碷άgжοouæ꼟usdèæथѐどषítbt",
		 "xn--lqftogouusdtbt-7ibd7a2fn83b109bmjaob5c28qcbq6isk6j5ev84c8a2v9a42bu32heb1eytsowk2199lkobcd4860q2bvch37p1gitzjrawn5w7xao28vnl0e9y7b"},
		{"ऴ첊uc璅थpl跸n碗षыךいοק漊קąβ澀쪦юöί沩ぇぴëkuqטъりτвυυęãåい苦늤ぴןѐनїîг閩뙕gきmऌd",
		 "xn--ucplnkuqgmd-g8a0a3f6bxh8k3m723bxb5q8dxaa73y6a62dsa4grdtlm78bub9llka4290ag0afe8sje2891qva2j1mi7doa16hf166s23yabhfz79e9c5bsmzhphwfvbydfhwri0pbrq3reyxa"},
		{"힣",
		 "xn--u78b"},
		{"ÿ",
		 "xn--wda"},
		{"a힣",
		 "xn--a-g63g"},
		{"힣힣힣힣",
		 "xn--u78baaa"},
		{"ßßßßßßßßßßßßßßßßßßßß",
		 "xn--zcaaaaaaaaaaaaaaaaaaaa"},
		{"한한한한한한한한한한한한한한한한한한한한한한한한한한한한한한z",
		 "xn--z-372gaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb가",
		 "xn--bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-tq38l"},
		{"áááxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		 "xn--xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-6pcaa"},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		char out[HOST_MAX];
		size_t n;
		ok(host_fold(slice_str(pairs[i][0]), out, &n) == FOLD_OK && slice_is(slice_of(out, n), pairs[i][1]),
		   "%s is %s", pairs[i][0], pairs[i][1]);
	}
}

static enum holds is_private(const char *front, char middle, size_t n, const char *end)
{
	struct buf b = BUF_INIT(1 << 16);
	struct operand o = {0};
	buf_adds(&b, front);
	for (size_t i = 0; i < n; i++)
		buf_addc(&b, middle);
	buf_adds(&b, end);
	struct value v = {.type = JSON_STRING, .text = buf_slice(&b)};
	enum holds h = test_host_private(&o, &v);
	buf_release(&b);
	return h;
}

static void test_long(void)
{
	ok(is_private("", 'a', 2047, "") == HOLDS_NO && is_private("", 'a', 2048, "") == HOLDS_UNSURE &&
		   is_private("", 'a', 2049, "") == HOLDS_UNSURE,
	   "a word that is longer than what is looked at may be anything");
	ok(is_private("127.0.0.1/", 'a', 3000, "") == HOLDS_YES && is_private("example.com/", 'a', 3000, "") == HOLDS_NO &&
		   is_private("http://example.com/", 'a', 3000, "") == HOLDS_NO,
	   "but not behind its host");
	ok(is_private("", ' ', 3000, "127.0.0.1") == HOLDS_YES && is_private("http://127.0.0.1", ' ', 3000, "") == HOLDS_YES,
	   "spaces around do not count");
	ok(is_private("http://", '/', 2000, "127.0.0.1") == HOLDS_YES, "nor do slashes");
}

int main(void)
{
	test_ip4_blocks();
	test_ip4_spellings();
	test_ip6_spellings();
	test_ip6_blocks();
	test_points();
	test_letters();
	test_lengths();
	test_listed();
	test_ends();
	test_punycode();
	test_long();
	return tap_done();
}
