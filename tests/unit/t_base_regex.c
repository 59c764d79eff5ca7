/* Patterns: what ECMA-262 means, what PCRE2 would read otherwise, and what explodes. */
#include "base/check.h"
#include "base/limits.h"
#include "base/regex.h"
#include "tap.h"

static enum regex_result match_in(enum regex_dialect d, const char *pattern, const char *text)
{
	struct err e = { 0 };
	struct regex *r = regex_new(slice_str(pattern), d, &e);
	if (!r)
		printf("# %s\n", e.text);
	enum regex_result result = r ? regex_match(r, slice_str(text)) : REGEX_LIMIT;
	regex_free(&r);
	return result;
}

static bool yes(const char *pattern, const char *text)
{
	return match_in(REGEX_ECMA, pattern, text) == REGEX_YES;
}

static bool no(const char *pattern, const char *text)
{
	return match_in(REGEX_ECMA, pattern, text) == REGEX_NO;
}

static bool compiles(enum regex_dialect d, struct slice pattern)
{
	struct err e = { 0 };
	struct regex *r = regex_new(pattern, d, &e);
	bool is_fine = r != NULL;
	regex_free(&r);
	return is_fine && !r;
}

static void test_ecma(void)
{
	ok(yes("b", "abc"), "patterns are not anchored");
	ok(yes("", ""), "an empty pattern matches an empty text");
	ok(yes("^\\S+$", "abc") && no("^\\S+$", "a\xc2\xa0"), "\\S knows all white space");
	ok(yes("^[\\S]$", "a") && no("^[\\S]$", "\xe3\x80\x80"), "\\S does so inside a class");
	ok(yes("^\\s$", "\xef\xbb\xbf"), "\\s knows the byte order mark");
	ok(no("^\\d$", "\xd9\xa3") && no("^\\w$", "\xc3\xa9"), "\\d and \\w stay in ASCII");
	ok(no("^abc$", "abc\n"), "$ is the end, not before a line break");
	ok(no("^.$", "\xe2\x80\xa8") && yes("^.$", "\xc2\x85"), "the dot knows four line ends");
	ok(yes("(?s)^.$", "\n"), "with the s flag the dot takes all");
	ok(yes("^\\v$", "\x0b") && no("^\\v$", "\n"), "\\v is one character");
	ok(yes("^\\u00e9\\u{1F600}\\uD83D\\ude00$", "\xc3\xa9\xf0\x9f\x98\x80\xf0\x9f\x98\x80"),
	   "\\u takes four digits, braces and pairs");
	ok(yes("^\\cC$", "\x03") && yes("^\\x41$", "A"), "\\c and \\x");
	ok(yes("^\\p{Letter}+\\P{L}$", "\xc3\xa9t\xc3\xa9" "1"), "long names of categories");
	ok(yes("^\\p{Script=Greek}$", "\xce\xb1"), "scripts");
	ok(no("[]", "a") && yes("^[^]$", "\n"), "[] matches nothing and [^] everything");
	ok(yes("^[[:alpha:]]$", "a]") && no("^[[:alpha:]]$", "b"), "there are no POSIX classes");
	ok(yes("^[\\w-.]+@$", "a-.b@") && yes("^[a-\\d]+$", "a-1"), "a hyphen beside \\w is a hyphen");
	ok(yes("^\\-\\@\\/$", "-@/"), "punctuation may be escaped");
	ok(yes("^a{,2}$", "a{,2}") && yes("^{a}]$", "{a}]"), "braces that count nothing are themselves");
	ok(yes("^(?<x>a)\\k<x>\\1$", "aaa") && yes("^(?P<x>a)$", "a"), "groups with names");
	ok(yes("(?<=a)b(?!c)", "abd") && no("(?<!a)b", "ab"), "looking around");
	ok(yes("^(?:(a)|b)\\1$", "b"), "an unset group matches nothing");
	ok(yes("^(?i)ABC$", "abc"), "inline flags");
}

static void test_refusals(void)
{
	static const char *const bad[] = {
		"\\a", "\\Z", "\\Qa\\E", "\\h", "\\R", "\\K", "(*ACCEPT)a", "(*LIMIT_MATCH=1)", "(?>a)", "a++",
		"a{2}+", "(?#x)", "(?R)", "(?|a)", "(", ")", "[", "a\\", "\\u12", "\\u{110000}", "\\ud800",
		"\\xg0", "\\01", "\\p", "\\p{Nonsense}", "[b-a]", "*", "(?", "(?C1)", "\\1", "(?<=a*)b", "\\C",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!compiles(REGEX_ECMA, slice_str(bad[i])), "'%s' is refused", bad[i]);
	ok(compiles(REGEX_PCRE, SLICE_LIT("(?>a)\\h++")), "policies may use all of PCRE2");
	ok(!compiles(REGEX_PCRE, SLICE_LIT("\\C")), "except for single bytes");
	struct err e = { 0 };
	struct regex *r = regex_new(SLICE_LIT("a("), REGEX_PCRE, &e);
	ok(!r && e.kind == ERR_INPUT && strstr(e.text, "'a('"), "the error names the pattern: %s", e.text);
}

static void test_limits(void)
{
	static char text[LIMIT_REGEX_TEXT + 1];
	memset(text, 'a', sizeof text);
	ok(compiles(REGEX_ECMA, slice_of(text, LIMIT_REGEX_BYTES)), "a pattern on the limit");
	ok(!compiles(REGEX_ECMA, slice_of(text, LIMIT_REGEX_BYTES + 1)), "a pattern one past it");
	memset(text, '(', LIMIT_REGEX_DEPTH + 1);
	memset(text + LIMIT_REGEX_DEPTH + 1, ')', LIMIT_REGEX_DEPTH + 1);
	ok(compiles(REGEX_ECMA, slice_of(text + 1, 2 * LIMIT_REGEX_DEPTH)), "nesting on the limit");
	ok(!compiles(REGEX_ECMA, slice_of(text, 2 * LIMIT_REGEX_DEPTH + 2)), "nesting one past it");
	memset(text, 'a', sizeof text);
	struct regex *r = regex_new(SLICE_LIT("^a+$"), REGEX_ECMA, NULL);
	BUG_ON(!r);
	ok(regex_match(r, slice_of(text, LIMIT_REGEX_TEXT)) == REGEX_YES, "a text on the limit");
	ok(regex_match(r, slice_of(text, LIMIT_REGEX_TEXT + 1)) == REGEX_LIMIT, "a text one past it");
	ok(regex_match(r, slice_of("\xff", 1)) == REGEX_LIMIT, "a text that is not UTF-8");
	ok(regex_match(r, slice_of(NULL, 0)) == REGEX_NO, "no text");
	regex_free(&r);
	static const char *const slow[] = { "^(a+)+$", "(a*)*[bc]", "a*[bc]", "a*a*a*[bc]", "(?=(a+))a*[bc]\\1" };
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		text[200000] = '!';
		r = regex_new(slice_str(slow[i]), REGEX_ECMA, NULL);
		BUG_ON(!r);
		ok(regex_match(r, slice_of(text, 200001)) == REGEX_LIMIT, "'%s' is stopped", slow[i]);
		regex_free(&r);
	}
	r = regex_new(SLICE_LIT("^ab$"), REGEX_ECMA, NULL);
	BUG_ON(!r);
	size_t steps = 100;
	ok(regex_match_within(r, SLICE_LIT("ab"), &steps) == REGEX_YES && steps < 100 && steps > 50,
	   "a budget is charged");
	steps = 2;
	ok(regex_match_within(r, SLICE_LIT("ab"), &steps) == REGEX_LIMIT, "and ends the match");
	regex_free(&r);
}

int main(void)
{
	test_ecma();
	test_refusals();
	test_limits();
	return tap_done();
}
