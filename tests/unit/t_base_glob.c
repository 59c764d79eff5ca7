/* Name patterns: what each kind of star matches, and how much work a pattern may cost. */
#include "base/glob.h"
#include "tap.h"
#include <stdint.h>

static bool match(const char *pattern, const char *text, char separator)
{
	return glob_match(slice_str(pattern), slice_str(text), separator);
}

/* The definition, without any cleverness. */
static bool naive(const char *p, const char *t, char separator)
{
	if (!*p)
		return !*t;
	if (p[0] == '*') {
		bool is_all = p[1] == '*' || !separator;
		const char *rest = p;
		while (*rest == '*')
			rest++;
		for (;; t++) {
			if (naive(rest, t, separator))
				return true;
			if (!*t || (!is_all && *t == separator))
				return false;
		}
	}
	if (*p == '?')
		return *t && (!separator || *t != separator) && naive(p + 1, t + 1, separator);
	return *p == *t && naive(p + 1, t + 1, separator);
}

static void random_text(uint64_t *seed, const char *letters, size_t max, char *out)
{
	size_t n = (size_t)(*seed >> 33) % (max + 1);
	for (size_t i = 0; i < n; i++) {
		*seed = *seed * 6364136223846793005u + 1442695040888963407u;
		out[i] = letters[(*seed >> 33) % strlen(letters)];
	}
	out[n] = '\0';
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
}

static void agrees_with_the_definition(void)
{
	uint64_t seed = 7;
	int wrong = 0, matched = 0;
	for (int i = 0; i < 200000; i++) {
		char p[12], t[12];
		char separator = i % 2 ? '/' : '\0';
		random_text(&seed, "ab/**?", 9, p);
		random_text(&seed, "aab/", 9, t);
		if (strcmp(p, "*") == 0)
			continue;
		bool is = match(p, t, separator);
		matched += is;
		if (is != naive(p, t, separator) && wrong++ < 3)
			printf("# '%s' against '%s'\n", p, t);
	}
	ok(wrong == 0, "random patterns match as the definition says");
	ok(matched > 1000, "and some of them do match");
}

static void does_not_explode(void)
{
	char pattern[401], text[20001];
	for (int i = 0; i < 400; i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[399] = 'b';
	memset(text, 'a', 20000);
	ok(!glob_match(slice_of(pattern, 400), slice_of(text, 20000), '/'),
	   "many stars on a long text");
}

int main(void)
{
	ok(match("*", "a/b/c", '/'), "a star alone matches everything");
	ok(match("create_*", "create_issue", 0) && !match("create_*", "recreate_x", 0), "a prefix");
	ok(match("*.read", "fs/x.read", 0) && !match("*.read", "fs/x.read", '/'),
	   "a star and a separator");
	ok(match("/a/**", "/a/b/c", '/') && !match("/a/*", "/a/b/c", '/'),
	   "two stars cross the separator");
	ok(match("g?t", "get", 0) && !match("g?t", "gt", 0) && !match("a?b", "a/b", '/'),
	   "one character");
	ok(match("g?t", "g\xc3\xa9t", 0), "a character of two bytes is one");
	ok(match("", "", 0) && !match("", "a", 0) && match("**", "", '/'), "empty ones");
	ok(!match("a[b]", "ab", 0) && match("a[b]", "a[b]", 0), "brackets are letters");
	ok(!match("Get", "get", 0), "case matters");
	ok(glob_literal(slice_str("a*b?c**")) == 3, "literal bytes are counted");
	ok(glob_is_pattern(slice_str("a?")) && !glob_is_pattern(slice_str("ab")),
	   "what is a pattern");
	agrees_with_the_definition();
	does_not_explode();
	return tap_done();
}
