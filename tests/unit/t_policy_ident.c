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
	if (!memmem(f->all.p, f->all.n, line.p, line.n)) {
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
	test_wrapping();
	test_asked();
	test_values();
	test_fields();
	test_kinds();
	test_limits();
	return tap_done();
}
