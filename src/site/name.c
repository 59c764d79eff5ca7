/* Names of files. */
#include "site/name.h"
#include "base/digest.h"
#include <stdio.h>

#define PLAIN_MAX 64
#define STEM_MAX 48
#define HASH_DIGITS 20 /* of base 32: 100 bits, so that nobody finds two names for one file */

static bool is_reserved(struct slice s)
{
	/* "index" is the page of the folder; the others are devices of Windows, with any ending. */
	static const char *const words[] = { "index", "con", "prn", "aux", "nul" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_is(s, words[i]))
			return true;
	return s.n == 4 && (slice_starts(s, SLICE_LIT("com")) || slice_starts(s, SLICE_LIT("lpt"))) && s.p[3] >= '0' &&
	       s.p[3] <= '9';
}

static bool is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_plain(struct slice s)
{
	if (!s.n || s.n > PLAIN_MAX || !is_small(s.p[0]) || is_reserved(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!is_small(s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
			return false;
	return true;
}

/* What people recognise: small letters, and one "-" for any run of others. */
static size_t write_stem(struct slice s, char *out)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n && n < STEM_MAX; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (is_small(c) || c == '_')
			out[n++] = c;
		else if (n && out[n - 1] != '-')
			out[n++] = '-';
	}
	while (n && out[n - 1] == '-')
		n--;
	return n;
}

void site_name(struct slice name, char out[SITE_NAME_SIZE])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char hash[DIGEST_SIZE];
	size_t n;
	if (is_plain(name)) {
		snprintf(out, SITE_NAME_SIZE, "%.*s", SLICE_ARG(name));
		return;
	}
	digest_sha256(name, hash);
	n = write_stem(name, out);
	out[n++] = '~';
	for (size_t i = 0; i < HASH_DIGITS; i++) {
		size_t bit = i * 5;
		unsigned two = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];
		out[n++] = digits[two >> (11 - bit % 8) & 31];
	}
	out[n] = '\0';
}
