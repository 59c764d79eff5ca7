/* Words as search knows them, the terms of facets, and the order of answers. */
#include "index/inside.h"
#include "base/limits.h"
#include <stdio.h>

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static char lower(char c)
{
	return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* Bytes of the character at p, when it is of a script that puts no blanks between words (from U+2E80 on);
 * else 0. */
static size_t ideograph(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];
	if (c >= 0xf0 && n >= 4)
		return 4;
	if ((c > 0xe2 || (c == 0xe2 && n > 1 && (unsigned char)p[1] >= 0xba)) && c < 0xf0 && n >= 3)
		return 3;
	return 0;
}

static bool emit(const struct word_sink *to, const char *p, size_t n, bool is_prefix)
{
	char word[LIMIT_INDEX_TERM];
	if (n > sizeof word)
		n = sizeof word;
	for (size_t i = 0; i < n; i++)
		word[i] = lower(p[i]);
	return to->on_word(to->ctx, slice_of(word, n), is_prefix);
}

/* "listIssues" → list, Issues; "HTTPServer" → HTTP, Server. */
static bool emit_parts(const struct word_sink *to, const char *p, size_t n)
{
	size_t from = 0;
	for (size_t i = 1; i < n; i++) {
		bool is_hump = is_upper(p[i]) && (!is_upper(p[i - 1]) || (i + 1 < n && !is_upper(p[i + 1]) && is_word((unsigned char)p[i + 1])));
		if (!is_hump)
			continue;
		if (!emit(to, p + from, i - from, true))
			return false;
		from = i;
	}
	return from == 0 || emit(to, p + from, n - from, true);
}

void words_each(struct slice text, bool of_name, const struct word_sink *to)
{
	for (size_t i = 0; i < text.n;) {
		size_t from = i, wide = 0;
		while (i < text.n && is_word((unsigned char)text.p[i]) && !(wide = ideograph(text.p + i, text.n - i)))
			i++;
		if (i > from && (!emit(to, text.p + from, i - from, true) || (of_name && !emit_parts(to, text.p + from, i - from))))
			return;
		if (wide && !emit(to, text.p + i, wide, false))
			return;
		if (i == from || wide)
			i += wide ? wide : 1;
	}
}

struct slice facet_term(enum facet f, int64_t n, char out[FACET_SIZE])
{
	int size = snprintf(out, FACET_SIZE, "\001%c%lld", (char)f, (long long)n);
	return slice_of(out, (size_t)size);
}

static int compare_folded(struct slice a, struct slice b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		unsigned char x = (unsigned char)lower(a.p[i]), y = (unsigned char)lower(b.p[i]);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

static int compare_bytes(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

int rank_compare(const struct rank *a, const struct rank *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	int c = compare_folded(a->name, b->name);
	if (!c)
		c = compare_bytes(a->name, b->name);
	return c ? c : compare_bytes(a->server, b->server);
}
