/* URLs at the limits. What is found as one is in tests/cases/policy/urls.json. */
#include "base/limits.h"
#include "policy/host.h"
#include "tap.h"

static enum holds judge(const struct json *v, struct slice text)
{
	const struct slice hosts[] = {SLICE_LIT("good.example")};
	struct operand o = {.texts = hosts, .text_n = 1};
	struct value value = {.type = v ? json_type(v) : JSON_STRING, .json = v, .text = text};
	return test_urls_in_hosts(&o, &value);
}

static void test_length(void)
{
	struct buf b = BUF_INIT(4u << 20);
	struct arena a;
	struct err e = {0};
	arena_init(&a, 16u << 20);
	for (size_t i = 0; i < LIMIT_URL_TEXT; i++)
		buf_addc(&b, ' ');
	ok(judge(NULL, buf_slice(&b)) == HOLDS_YES, "the longest text");
	memcpy(b.p + b.n - 15, "www.evil.exampl", 15);
	ok(judge(NULL, buf_slice(&b)) == HOLDS_NO, "is read to its end");
	buf_addc(&b, 'e');
	ok(judge(NULL, buf_slice(&b)) == HOLDS_UNSURE, "one character more");
	buf_clear(&b);
	buf_adds(&b, "[\"");
	for (size_t i = 0; i < LIMIT_URL_TEXT / 2; i++)
		buf_addc(&b, '%');
	buf_adds(&b, "\",\"");
	for (size_t i = 0; i < LIMIT_URL_TEXT / 2; i++)
		buf_addc(&b, '&');
	buf_adds(&b, "\",\"\"]");
	ok(judge(json_read(buf_slice(&b), &a, &e), (struct slice){0}) == HOLDS_YES, "in several strings");
	b.n -= 2;
	buf_adds(&b, ".\"]");
	ok(judge(json_read(buf_slice(&b), &a, &e), (struct slice){0}) == HOLDS_UNSURE, "and one more");
	arena_release(&a);
	buf_release(&b);
}

/* Nothing takes time that grows with the square of the text. */
static void test_repeats(void)
{
	static const char *const parts[] = {
		"https://good.example/", "](", "]:", "[", "=", "href=", "href=\"", "//", "www.", "a.", ":",
		"url(", "\\", "%25", "&amp;", "@", "a", ".com/", "href ", "[a]: ",
	};
	struct buf b = BUF_INIT(4u << 20);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		buf_clear(&b);
		while (b.n < LIMIT_URL_TEXT / 4)
			buf_adds(&b, parts[i]);
		judge(NULL, buf_slice(&b));
		ok(true, "'%s' again and again", parts[i]);
	}
	buf_release(&b);
}

/* front, then `middle` n times, then `end`. */
static enum holds judge_long(const char *front, const char *middle, size_t n, const char *end)
{
	struct buf b = BUF_INIT(1u << 16);
	buf_adds(&b, front);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, middle);
	buf_adds(&b, end);
	enum holds h = judge(NULL, buf_slice(&b));
	buf_release(&b);
	return h;
}

/* Browsers drop line ends and tabs in a link, however many there are. */
static void test_long_links(void)
{
	static const char *const ends[][2] = {
		{"<a href=\"java", "script:x\">"}, {"<a href='/", "/evil'>"}, {"<a href=\"https://good.example", ".evil.com/\">"},
		{"[x](<java", "script:x>)"}, {"[x](\"//good.example", ".evil\")"}, {"url('tel", ":1')"},
		{"\n[x]: </", "/evil>"}, {"<a href=\"", "//evil\">"},
	};
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		for (size_t n = 900; n < 1100; n++)
			if (judge_long(ends[i][0], i % 2 ? "\n" : "\t", n, ends[i][1]) != HOLDS_NO)
				ok(false, "'%s', %zu line ends, '%s'", ends[i][0], n, ends[i][1]);
	ok(judge_long("<a href=\"", " ", 2000, "tel:1\">") == HOLDS_NO, "or spaces in front");
	ok(judge_long("<a href=\"https://good.example/", "\n", 2000, "x\">") == HOLDS_YES &&
		   judge_long("<a href=\"a b", "\n", 2000, "x\">") == HOLDS_YES &&
		   judge_long("<a href=\"/a/", "\n", 2000, "x\">") == HOLDS_YES &&
		   judge_long("<a href=\"", "a", 2000, "\">") == HOLDS_YES,
	   "behind the host they change nothing");
}

int main(void)
{
	test_long_links();
	test_length();
	test_repeats();
	return tap_done();
}
