/* Identifiers: what comes out of texts of all kinds, and that both sides come to the same. */
#include "base/limits.h"
#include "policy/ident.h"
#include "tap.h"

struct found {
	struct buf all; /* one a line, in order, each once */
	size_t n;
};

static void add(void *ctx, const struct ident *i)
{
	struct slice identifier = i->text;
	struct found *f = ctx;
	struct buf line = BUF_INIT(2 * IDENT_MAX);
	buf_addf(&line, "\n%.*s\n", SLICE_ARG(identifier));
	if (!f->all.n || !memmem(f->all.p, f->all.n, line.p, line.n)) {
		f->all.n -= f->all.n > 0;
		buf_add_slice(&f->all, buf_slice(&line));
	}
	f->n++;
	buf_release(&line);
}

static struct found find(const char *text, bool is_asked)
{
	struct found f = {.all = BUF_INIT(1 << 20)};
	struct arena a;
	struct err e = {0};
	struct buf json = BUF_INIT(1 << 20);
	arena_init(&a, 1 << 22);
	buf_add_json_string(&json, slice_str(text));
	bool is_whole = is_asked ? ident_each_asked(json_read(buf_slice(&json), &a, &e), IDENT_ALL, add, &f)
				 : ident_each(slice_str(text), IDENT_ALL, add, &f);
	ok(is_whole, "the whole of %.40s was read", text);
	arena_release(&a);
	buf_release(&json);
	return f;
}

/* want: identifiers with spaces between. */
static void check(const char *text, bool is_asked, const char *want)
{
	struct found f = find(text, is_asked);
	char got[2048];
	size_t n = 0;
	for (size_t i = 1; i < f.all.n && n < sizeof got - 1; i++)
		got[n++] = f.all.p[i] == '\n' ? ' ' : f.all.p[i];
	while (n && got[n - 1] == ' ')
		n--;
	got[n] = '\0';
	ok(strcmp(got, want) == 0, "%s of %s", is_asked ? "asked" : "met", text);
	if (strcmp(got, want) != 0)
		printf("# got  '%s'\n# want '%s'\n", got, want);
	buf_release(&f.all);
}

static void test_forms(void)
{
	static const char *const cases[][2] = {
		{"write to Mark.Black-2134@Gmail.com.", "mark.black-2134@gmail.com mark.black-2134"},
		{"<mailto:a+tag@b.example?subject=x>", "a+tag@b.example a@b.example"},
		{"see https://www.Evil.example:443/a/b?token=abcDEF123#top.",
		 "//evil.example/a/b?token=abcdef123 evil.example abcdef123"},
		{"http://evil.example/", "evil.example"},
		{"https://user:pw@evil.example:8443/x", "//evil.example:8443/x evil.example"},
		{"//evil.example/x", "//evil.example/x evil.example"},
		{"evil.example/x/", "//evil.example/x evil.example"},
		{"evil.example:8080", "evil.example"},
		{"at T.CO now", "t.co"},
		{"[text](https://a.example/p)!", "//a.example/p a.example"},
		{"![](https://a.example/?q=https://b.example/x)",
		 "//a.example/?q=https://b.example/x a.example //b.example/x b.example"},
		{"host 10.0.12.24, 192.168.0.1:8080", "10.0.12.24 192.168.0.1"},
		{"US133000000121212121212", "us133000000121212121212"},
		{"DE89 3704 0044 0532 0130 00", "de89370400440532013000"},
		{"DE89370400440532013000", "de89370400440532013000"},
		{"GB29 NWBK 6016 1331 9268 19", "gb29nwbk60161331926819"},
		{"4111 1111 1111 1111", "4111111111111111"},
		{"4111-1111-1111-1111", "4111111111111111"},
		{"3782 822463 10005", "378282246310005"},
		{"+1 (555) 123-4567", "15551234567"},
		{"+15551234567", "15551234567"},
		{"(555) 123-4567", "5551234567"},
		{"555-123-4567", "5551234567"},
		{"555 123 4567", "5551234567"},
		{"/etc/passwd", "/etc/passwd"},
		{"/tmp", "/tmp"},
		{"a /x b", ""},
		{"~/notes/a.txt", "a.txt ~/notes/a.txt"},
		{"/srv//app/./main.rs", "main.rs /srv/app/main.rs"},
		{"C:\\Users\\me", "c:/users/me"},
		{"550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"},
		{"new_password", "new_password"},
		{"id=12345678&x=1", "12345678 id=12345678&x=1"},
		{"short 1234567", ""},
		{"eight888", "eight888"},
		{"a meeting on 2024-05-26 at 19:00:00", ""},
		{"2024-05-26T19:00:00.123456Z 26/05/2024 05.26.2024 19:00-20:30", ""},
		{"1234567.89", ""},
		{"information", "information"},
		{"联系test@evil.example谢谢", "test@evil.example"},
		{"ｍａｒｋ＠ｇｍａｉｌ．ｃｏｍ", "mark@gmail.com"},
		{"ma\xe2\x80\x8brk@gm\xc2\xad" "ail.com", "mark@gmail.com"},
		{"**mark@gmail.com** `x_y_z_1_2`, _evil.example_", "mark@gmail.com x_y_z_1_2 evil.example"},
		{"\xff\xfe mark@gmail.com\xc3", "mark@gmail.com"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i][0], false, cases[i][1]);
}

/* text, what is met, what is asked for when it is not the same. */
static void check_both(const char *const (*cases)[3], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check(cases[i][0], false, cases[i][1]);
		check(cases[i][0], true, cases[i][2] ? cases[i][2] : cases[i][1]);
	}
}

/* Each form at its bounds: lengths, the largest number of a date or an address, its separators. */
static const char *const bounds[][3] = {
	{"c:/a", "c:/a"},
	{"c:ab/d", "c:ab/d"},
	{"x c:/", ""},
	{"~/ab", "~/ab"},
	{"~/a", ""},
	{"/abc", "/abc"},
	{"/ab", ""},
	{"ab/cdefg", "ab/cdefg"},
	{"ab/cdef", ""},
	{"de89 3704 0044見", "de8937040044"},
	{"24:00 25:00:00 9:00:00-10:00", "25:00:00 9:00:00-10:00"},
	{"24:59:59.12345678", ""},
	{"25:00:00.12345678", "25:00:00.12345678"},
	{"12:59:00.12345678", ""},
	{"12:60:00.12345678", "12:60:00.12345678"},
	{"123:00:00.123456", "123:00:00.123456"},
	{"12:5:00.12345678", "12:5:00.12345678"},
	{"2024-05-31T10:00:00+02:00", ""},
	{"2024-05-32T10:00:00+02:00", "2024-05-32t10 2024-05-32t10:00:00+02:00"},
	{"2024-31-01T10:00:00Z", ""},
	{"2024-32-01T10:00:00Z", "2024-32-01t10 2024-32-01t10:00:00z"},
	{"2024-5-1.12345678", "20245112345678"},
	{"31/05/2024:12345678", ""},
	{"32/05/2024:12345678", "12345678 32/05/2024:12345678"},
	{"31/05/24:123456789", ""},
	{"31/05/240:12345678", "12345678 31/05/240:12345678"},
	{"31/05/20240:1234567", "31/05/20240:1234567"},
	{"2024-05/26-1234567", "202405261234567"},
	{"20240-05-26-123456", "202400526123456"},
	{"202-05-26-12345678", "202052612345678"},
	{"2024.05.26.12345678", "2024052612345678"},
	{"2024-005-26-123456", "202400526123456"},
	{"2024-05-026-123456", "202405026123456"},
	{"1.2.3.4", "1.2.3.4"},
	{"255.255.255.255/x", "//255.255.255.255/x 255.255.255.255"},
	{"256.255.255.255/x", "256255255255 256.255.255.255/x"},
	{"1.2.3.4.5/abcdef", "1.2.3.4.5/abcdef"},
	{"0001.2.3.4/abcdef", "0001.2.3.4/abcdef"},
	{"01.2.3.004/abcdef", "//01.2.3.004/abcdef 01.2.3.004"},
	{"a.b/abcd", "a.b/abcd"},
	{"a.bc/abcd", "//a.bc/abcd a.bc"},
	{"-a.bc/abcd", "//a.bc/abcd a.bc"},
	{"a_b.cd/abcd", "//a_b.cd/abcd a_b.cd"},
	{"a..bc/abcd", "a..bc/abcd"},
	{".a.bc/abcdef", "//a.bc/abcdef a.bc"},
	{"a.b1/abcdef", "a.b1/abcdef"},
	{"a.xn--b1/abcdef", "//a.xn--b1/abcdef a.xn--b1"},
	{"a.xn--/abcdef", "a.xn a.xn--/abcdef"},
	{"a.xn-1/abcdef", "a.xn-1/abcdef"},
	{"xn--a/abcdefgh", "abcdefgh xn--a/abcdefgh", "xn--a/abcdefgh"},
	{"www.ab/x", "//ab/x ab"},
	{"www.ab.cd/x", "//ab.cd/x ab.cd"},
	{"www.", ""},
	{"http://www.ab.cd/x", "//ab.cd/x ab.cd"},
	{"http://ab.cd:80/x", "//ab.cd/x ab.cd"},
	{"http://ab.cd:443/x", "//ab.cd/x ab.cd"},
	{"http://ab.cd:8/x", "//ab.cd:8/x ab.cd"},
	{"http://u@ab.cd/x", "//ab.cd/x ab.cd"},
	{"http://u:p@v@ab.cd/x", "//ab.cd/x ab.cd"},
	{"http://ab.cd./x", "//ab.cd/x ab.cd"},
	{"http://ab.cd?x=1", "//ab.cd?x=1 ab.cd"},
	{"http://ab.cd#x12345678", "ab.cd x12345678"},
	{"http://ab.cd/x#y12345678", "//ab.cd/x ab.cd y12345678"},
	{"http://ab.cd/x/", "//ab.cd/x ab.cd"},
	{"http://ab.cd/x.", "//ab.cd/x ab.cd"},
	{"http:///x12345678", "x12345678"},
	{"x=http://ab.cd/x", "//ab.cd/x ab.cd"},
	{"ab.cd:9", "ab.cd"},
	{"ab.cd:x", "ab.cd"},
	{"ab.cd?x", "//ab.cd?x ab.cd"},
	{"ab.cd@x", "ab.cd"},
	{"ab.cd", "ab.cd"},
	{"//ab.cd", "ab.cd"},
	{"/.ab.cd/xyz", "ab.cd /.ab.cd/xyz"},
	{"/-ab.cd/xyz", "ab.cd /-ab.cd/xyz"},
	{"de89 3704 0044 a532 0130", "de8937040044a5320130"},
	{"12:005:00.12345678", "12:005:00.12345678"},
	{"2024-05/26T10:00:00", "2024-05/26t10:00:00"},
	{"dea9 3704 0044 0532", ""},
	{"//a/b", "//a/b a"},
	{"//-ab/cdefgh", "/-ab/cdefgh"},
	{"a@b.cd", "a@b.cd", "a@b.cd b.cd"},
	{"a@b", ""},
	{"@b.cd", "b.cd"},
	{"a@.cd", ""},
	{"a@b.cd@e.fg", "a@b.cd e.fg", "a@b.cd b.cd e.fg"},
	{"a+b@c.de", "a+b@c.de a@c.de", "a+b@c.de a@c.de c.de"},
	{"+b@c.de", "b@c.de", "b@c.de c.de"},
	{"a++b@c.de", "a++b@c.de a@c.de", "a++b@c.de a@c.de c.de"},
	{"-a-@c.de", "a-@c.de", "a-@c.de c.de"},
	{"a.b_c-d@c-d.ef", "a.b_c-d@c-d.ef", "a.b_c-d@c-d.ef c-d.ef"},
	{"a b@c.de x", "b@c.de", "b@c.de c.de"},
	{"1234-5678", "12345678"},
	{"1234.5678", ""},
	{"12.34.5678", "12345678"},
	{"12.345.678.901", "12345678901"},
	{"1234/5678", "12345678"},
	{"+12345678", "12345678"},
	{"+1234567", ""},
	{"1234567", ""},
	{"12345678a", "12345678a"},
	{"abcdefg1", "abcdefg1"},
	{"abcdef1", ""},
	{"abcdefgh", "abcdefgh"},
	{"abc-defg", "abc-defg"},
	{"abc_defg", "abc_defg"},
	{"ab_cd_e", ""},
	{"ab+cdefg", "ab+cdefg"},
	{"ab~cdefg", "ab~cdefg"},
	{"ab$cdefg", "ab$cdefg"},
	{"ab%cdefg", "ab%cdefg"},
	{"ab&cdefg", "ab&cdefg"},
	{"ab?cdefg", "ab?cdefg"},
	{"ab#cdefg", "ab#cdefg"},
	{"ab:cdefg", "ab:cdefg"},
	{"ab=cdefg", "ab=cdefg"},
	{"ab=cdef", ""},
	{"4111 1111 1111 111", ""},
	{"4111 1111 1111 11111", ""},
	{"4111  1111  1111  1111", "4111111111111111"},
	{"4111   1111 1111 1111", ""},
	{"4111 (1111) 1111 1111", "4111111111111111"},
	{"3782 822463 1000", ""},
	{"378 822463 10005", ""},
	{"555 123 456", ""},
	{"555 12 4567", ""},
	{"+1 555 123 4567", "15551234567"},
	{"+1 555 12", ""},
	{"+1 5551234", "15551234"},
	{"+1 555123", ""},
	{"(555) 1234567", "5551234567"},
	{"(555)1234567", "5551234567"},
	{"(555 1234567", "5551234567"},
	{"(55) 12345", ""},
	{"de89 3704", ""},
	{"de89 3704 00", ""},
	{"de89 3704 0044", "de8937040044"},
	{"de89 3704 0044 is", "de8937040044 de8937040044is"},
	{"de89 3704 0044 next 11", "de8937040044 de8937040044next11"},
	{"de8 3704 0044 0532", ""},
	{"d989 3704 0044 0532", ""},
	{"de8x 3704 0044 0532", ""},
	{"de89 37040 0044", ""},
	{"+1 23-45-67-89", "23456789 123456789"},
	{"1 2 3 4 5 6 7 8 9 0 1 2 3 4", ""},
	{"+1 2 3 4 5 6 7 8 9 0 1 2 3 4", "123456789012"},
	{"+1234 123456789012345 123456789012345 123456789012345",
	 "123456789012345 1234123456789012345123456789012345"},
	{"+1234 1234567890123456", "1234567890123456"},
};

/* Each escape, one that is cut short, and as deep as they are read. */
static const char *const escapes[][3] = {
	{"id\\u0041bcdefg",
	 "u0041bcdefg id/u0041bcdefg idabcdefg",
	 "u0041bcdefg id/u0041bcdefg"},
	{"id\\u004_bcdefg", "u004_bcdefg id/u004_bcdefg"},
	{"id\\u0041", "id/u0041"},
	{"a1\\U00000042cdefgh", "u00000042cdefgh a1/u00000042cdefgh a1bcdefgh"},
	{"a1\\U0000042cdefgh", "u0000042cdefgh a1/u0000042cdefgh a1ьdefgh"},
	{"a1\\U00110000bcdefgh1", "u00110000bcdefgh1 a1/u00110000bcdefgh1 bcdefgh1"},
	{"a1\\ud835\\udc00bcdefg", "udc00bcdefg a1/ud835/udc00bcdefg a1abcdefg"},
	{"a1\\ud835bcdefgh", "ud835bcdefgh a1/ud835bcdefgh"},
	{"a1\\ud835\\u0041bcdefgh",
	 "u0041bcdefgh a1/ud835/u0041bcdefgh abcdefgh",
	 "u0041bcdefgh a1/ud835/u0041bcdefgh"},
	{"a1\\ud835\\ude8abcdefgh", "ude8abcdefgh a1/ud835/ude8abcdefgh a1abcdefgh"},
	{"a1\\u0041\\udc00bcdefgh", "udc00bcdefgh a1/u0041/udc00bcdefgh"},
	{"a1%f5%80bcdefgh", "80bcdefgh a1%f5%80bcdefgh"},
	{"a1&#x41zcdefg", "x41zcdefg a1&#x41zcdefg a1azcdefg"},
	{"a1\\udc00bcdefgh", "udc00bcdefgh a1/udc00bcdefgh"},
	{"a1\\x4_bcdefgh", "x4_bcdefgh a1/x4_bcdefgh"},
	{"a1\\x41bcdefg", "x41bcdefg a1/x41bcdefg a1abcdefg"},
	{"a1\\xgbcdefgh", "xgbcdefgh a1/xgbcdefgh", "a1/xgbcdefgh"},
	{"a1%41bcdefg", "41bcdefg a1%41bcdefg a1abcdefg"},
	{"a1%4", ""},
	{"a1%4gbcdefgh", "4gbcdefgh a1%4gbcdefgh"},
	{"a1%c3%a9bcdefg", "a9bcdefg a1%c3%a9bcdefg a1ébcdefg"},
	{"a1%c3bcdefgh", "c3bcdefgh a1%c3bcdefgh"},
	{"a1%f0%9f%98%80bcdefgh", "80bcdefgh a1%f0%9f%98%80bcdefgh"},
	{"a1%e2%82%acbcdefgh", "acbcdefgh a1%e2%82%acbcdefgh", "a1%e2%82%acbcdefgh"},
	{"a1%c1%81bcdefgh", "81bcdefgh a1%c1%81bcdefgh"},
	{"a1%f5%80%80%80bcdefgh", "80bcdefgh a1%f5%80%80%80bcdefgh"},
	{"a1%00bcdefgh", "00bcdefgh a1%00bcdefgh"},
	{"a1&#65;bcdefg", "a1abcdefg"},
	{"a1&#65bcdefg", "65bcdefg a1&#65bcdefg a1abcdefg"},
	{"a1&#x41;bcdefg", "a1abcdefg"},
	{"a1&#X41;bcdefg", "a1abcdefg"},
	{"a1&#;bcdefgh", ""},
	{"a1&#x;bcdefgh", ""},
	{"a1&#000000065;bcdefgh", "000000065 a1&#000000065"},
	{"a1&#00000065;bcdefgh", "00000065 a1&#00000065 a1abcdefgh"},
	{"a1&amp;b1cdefgh", "b1cdefgh a1&b1cdefgh"},
	{"a1&lowbar;bcdefgh", "a1&lowbar a1_bcdefgh"},
	{"a1&lowbarbcdefgh", "lowbarbcdefgh a1&lowbarbcdefgh", "a1&lowbarbcdefgh"},
	{"a1&lowba;bcdefgh", "a1&lowba"},
	{"a1&shy;bcdefgh", "a1bcdefgh"},
	{"a1&nbsp;bcdefgh", ""},
	{"a1\\nbcdefgh1", "nbcdefgh1 a1/nbcdefgh1 bcdefgh1"},
	{"a1\\tbcdefgh1", "tbcdefgh1 a1/tbcdefgh1 bcdefgh1"},
	{"a1\\0bcdefgh1", "0bcdefgh1 a1/0bcdefgh1 bcdefgh1"},
	{"a1\\ bcdefgh1", "bcdefgh1"},
	{"a1\\\"bcdefgh1", "bcdefgh1"},
	{"a1\\'bcdefgh1", "bcdefgh1"},
	{"a1\\/bcdefgh1", "bcdefgh1 a1/bcdefgh1"},
	{"a1\\\\bcdefgh1", "bcdefgh1 a1/bcdefgh1"},
	{"a1\\qbcdefgh1", "qbcdefgh1 a1/qbcdefgh1"},
	{"a1%5cu0042bcdefgh",
	 "5cu0042bcdefgh a1%5cu0042bcdefgh u0042bcdefgh a1/u0042bcdefgh a1bbcdefgh"},
	{"a1%255cu0042bcdefgh",
	 "255cu0042bcdefgh a1%255cu0042bcdefgh 5cu0042bcdefgh a1%5cu0042bcdefgh u0042bcdefgh a1/u0042bcdefgh a1bbcdefgh"},
	{"a1%25255cu0042bcdefgh",
	 "25255cu0042bcdefgh a1%25255cu0042bcdefgh 255cu0042bcdefgh a1%255cu0042bcdefgh 5cu0042bcdefgh a1%5cu0042bcdefgh u0042bcdefgh a1/u0042bcdefgh"},
	{"a1&amp;lowbar;bcdefgh", "a1&lowbar a1_bcdefgh"},
	{"a1&amp;amp;lowbar;bcdefgh", "a1&lowbar a1_bcdefgh"},
	{"a1&amp;amp;amp;lowbar;bcdefgh", "a1&lowbar"},
	{"a1‐bcdefgh", "a1-bcdefgh"},
	{"a1−bcdefgh", "a1-bcdefgh"},
	{"a1𝒜bcdefgh", "a1abcdefgh"},
	{"a1𝚣bcdefgh", "a1zbcdefgh"},
	{"a1\xe2\x80\x8b" "bcdefgh", "a1bcdefgh"},
	{"a1\xe2\x80\x8e" "bcdefgh", "a1bcdefgh"},
	{"a1 bcdefgh", ""},
	{"a1©bcdefgh", ""},
	{"a1ªbcdefgh", "a1ªbcdefgh"},
	{"a1Ｂcdefgh", "a1bcdefgh"},
};

/* The same address must come out of every wrapping. */
static void test_wrapping(void)
{
	static const char *const texts[] = {
		"to: \"drop-box-7@evil.example\"",
		"hello\\ndrop-box-7@evil.example\\nbye",
		"\\\"drop-box-7@evil.example\\\"",
		"drop-box-7\\u0040evil.example",
		"drop-box-7\\u0040\\u0065vil.example",
		"drop-box-7\\x40evil.example",
		"text that goes on, to\\\n    \\ drop-box-7@evil.example\\n\\n",
		"caf\\xE9 drop-box-\\\n   7@evil.example",
		"<a href=\"mailto:drop-box-7%40evil.example\">",
		"mailto:drop-box-7%2540evil.example",
		"drop-box-7&#64;evil.example",
		"drop-box-7&#x40;evil&period;example",
		"&lt;drop-box-7&commat;evil.example&gt;",
		"{\"a\":\"{\\\"b\\\":\\\"drop-box-7\\\\u0040evil.example\\\"}\"}",
		"DROP-BOX-7@EVIL.EXAMPLE",
		"(drop-box-7@evil.example).",
		"a=drop-box-7@evil.example&b=1",
		"drop-box-7@evil.example.",
		"https://x.example/?to=drop-box-7@evil.example",
		"\xf0\x9d\x90\x9drop-box-7@evil.example",
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct found f = find(texts[i], false);
		ok(memmem(f.all.p, f.all.n, "\ndrop-box-7@evil.example\n", 25), "in %s", texts[i]);
		buf_release(&f.all);
		f = find(texts[i], true);
		ok(memmem(f.all.p, f.all.n, "\ndrop-box-7@evil.example\n", 25), "asked by %s", texts[i]);
		buf_release(&f.all);
	}
}

static void test_asked(void)
{
	check("swordfish", true, "swordfish");
	check("\"Swordfish!\"", true, "swordfish");
	check("the swordfish", true, "");
	check("information", true, "information");
	check("https://a.example/information", true, "//a.example/information a.example");
	check("mark@gmail.com", true, "mark@gmail.com gmail.com");
	check("https://leak-4711.data.evil.example/", true,
	      "leak-4711.data.evil.example data.evil.example evil.example");
	check("", true, "");
}

static void test_values(void)
{
	static const char text[] = "{\"invisible_key_1\":[\"a@b.example\",{\"x\":12345678}],\"n\":1.5,\"t\":true,\"z\":null}";
	struct found f = {.all = BUF_INIT(1 << 20)};
	struct arena a;
	struct err e = {0};
	arena_init(&a, 1 << 20);
	ok(ident_each_in(json_read(slice_str(text), &a, &e), IDENT_ALL, add, &f) && f.n == 2, "two in a value");
	ok(slice_is(buf_slice(&f.all), "\na@b.example\n12345678\n"), "of strings and numbers, not of keys");
	ok(ident_each_in(NULL, IDENT_ALL, add, &f) && ident_each(SLICE_LIT(""), IDENT_ALL, add, &f) && f.n == 2, "none in nothing");
	buf_release(&f.all);
	arena_release(&a);
}

static void mark(void *ctx, const struct ident *i)
{
	struct buf *b = ctx;
	buf_addf(b, "%s%c%.*s", b->n ? " " : "", i->is_field ? '=' : '~', SLICE_ARG(i->text));
}

/* = stands as a field, ~ within a text. */
static void check_fields(const char *json, const char *want)
{
	struct buf b = BUF_INIT(1 << 16);
	struct arena a;
	struct err e = {0};
	arena_init(&a, 1 << 20);
	const struct json *v = json_read(slice_str(json), &a, &e);
	ok(v && ident_each_in(v, IDENT_ALL & ~(unsigned)IDENT_WORD, mark, &b), "reads %s", json);
	ok(slice_is(buf_slice(&b), want), "fields of %s", json);
	if (!slice_is(buf_slice(&b), want))
		printf("# got  '%s'\n# want '%s'\n", buf_str(&b), want);
	buf_release(&b);
	arena_release(&a);
}

static void test_fields(void)
{
	check_fields("[\"a://ab.cd/x\"]", "=//ab.cd/x =ab.cd");
	check_fields("{\"to\":\"A@b.example\"}", "=a@b.example");
	check_fields("{\"to\":[\" A@b.example \",\"b@b.example\"]}", "=a@b.example =b@b.example");
	check_fields("[\"a@b.example\"]", "=a@b.example");
	check_fields("\"a@b.example\"", "~a@b.example");
	check_fields("{\"to\":\"Ann <a@b.example>\"}", "~a@b.example");
	check_fields("{\"to\":\"to a@b.example\"}", "~a@b.example");
	check_fields("{\"to\":\"a@b.example,c@b.example\"}", "~a@b.example ~c@b.example");
	check_fields("{\"to\":\"a@b.example/c@b.example\"}", "~a@b.example ~c@b.example");
	check_fields("{\"to\":\"x:a@b.example\"}", "~a@b.example");
	check_fields("{\"to\":\"a+t@b.example\"}", "=a+t@b.example =a@b.example");
	check_fields("{\"sender\":\"a@b.example\"}", "~a@b.example");
	check_fields("{\"From\":{\"mail\":[\"a@b.example\"]},\"x\":\"c@b.example\"}", "~a@b.example =c@b.example");
	check_fields("{\"a@b.example\":\"x\"}", "=a@b.example");
	check_fields("{\"to a@b.example\":{\"last-modified-1\":1}}", "~a@b.example");
	check_fields("{\"sender\":{\"a@b.example\":1}}", "~a@b.example");
	check_fields("{\"url\":\"https://b.example/x?to=a@c.example\"}",
		     "=//b.example/x?to=a@c.example =b.example ~a@c.example");
	check_fields("{\"url\":\"https://b.example/r?u=https://c.example/y\"}",
		     "=//b.example/r?u=https://c.example/y =b.example ~//c.example/y ~c.example");
	check_fields("{\"url\":\"see https://b.example/x\"}", "~//b.example/x ~b.example");
	check_fields("{\"host\":\"b.example\"}", "=b.example");
	check_fields("{\"n\":12345678}", "=12345678");
	check_fields("{\"iban\":\"US13 3000 0000 1212 1212 1212\"}", "=us1330000000121212121212");
	check_fields("{\"iban\":\"US133000000121212121212\"}", "=us133000000121212121212");
	check_fields("{\"text\":\"pay US133000000121212121212\"}", "~us133000000121212121212");
	check_fields("{\"text\":\"pay US13 3000 0000 1212 1212 1212 now\"}",
		     "~us1330000000121212121212 ~us1330000000121212121212now");
	check_fields("{\"text\":\"pay\\\\nUS133000000121212121212\"}",
		     "~nus133000000121212121212 ~pay/nus133000000121212121212 ~us133000000121212121212");
	check_fields("{\"p\":\"/srv/app/x\"}", "=/srv/app/x");
	check_fields("{\"f\":\"notes-2024.txt\"}", "=notes-2024.txt");
}

static void test_kinds(void)
{
	static const char text[] = "a@b.example https://c.example/x 123456789 /srv/app f_1-2-3-4 longwords d.example";
	static const struct {
		unsigned kinds;
		char want[24];
	} cases[] = {
		{IDENT_MAIL, "~a@b.example"},
		{IDENT_URL, "~//c.example/x"},
		{IDENT_HOST, "~c.example ~d.example"},
		{IDENT_ACCOUNT, "~123456789"},
		{IDENT_PATH, "~/srv/app"},
		{IDENT_ID, "~f_1-2-3-4"},
		{IDENT_WORD, "~longwords"},
		{0, ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b = BUF_INIT(1 << 16);
		ok(ident_each(slice_str(text), cases[i].kinds, mark, &b), "kind %zu", i);
		ok(slice_is(buf_slice(&b), cases[i].want), "is '%s'", cases[i].want);
		if (!slice_is(buf_slice(&b), cases[i].want))
			printf("# got '%s'\n", buf_str(&b));
		buf_release(&b);
	}
	ok(ident_kind_of(SLICE_LIT("mail")) == IDENT_MAIL && ident_kind_of(SLICE_LIT("word")) == IDENT_WORD, "named");
	ok(!ident_kind_of(SLICE_LIT("Mail")) && !ident_kind_of(SLICE_LIT("")), "no other names");
}

static void count(void *ctx, const struct ident *i)
{
	size_t *n = ctx;
	*n += i->text.n <= IDENT_MAX + 2;
}

static void test_limits(void)
{
	struct buf b = BUF_INIT(1 << 24);
	for (size_t over = 0; over < 2; over++) {
		size_t n = 0;
		buf_clear(&b);
		for (size_t i = 0; i < LIMIT_IDENTIFIERS + over; i++)
			buf_addf(&b, "x%08zu ", i);
		ok(ident_each(buf_slice(&b), IDENT_ALL, count, &n) == !over && n == LIMIT_IDENTIFIERS,
		   "%zu identifiers", LIMIT_IDENTIFIERS + over);
	}
	size_t n = 0;
	buf_clear(&b);
	for (size_t i = 0; i < 3 * IDENT_MAX; i++)
		buf_addc(&b, (char)('a' + i % 26));
	ok(ident_each(buf_slice(&b), IDENT_ALL, count, &n) && n == 4, "a long run is read in pieces");
	buf_release(&b);
}

int main(void)
{
	test_forms();
	check_both(bounds, ARRAY_LEN(bounds));
	check_both(escapes, ARRAY_LEN(escapes));
	test_wrapping();
	test_asked();
	test_values();
	test_fields();
	test_kinds();
	test_limits();
	return tap_done();
}
