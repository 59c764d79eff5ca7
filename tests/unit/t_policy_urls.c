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

int main(void)
{
	test_length();
	test_repeats();
	return tap_done();
}
