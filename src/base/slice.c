/* Comparisons on borrowed bytes. */
#include "base/slice.h"
#include <stdint.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Eight letters at once; what is no ASCII letter stays. */
static uint64_t lower_word(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = ones << 7;
	uint64_t v, low;
	memcpy(&v, p, sizeof v);
	low = v & ~high;
	uint64_t is_upper = ((low + ones * (0x80 - 'A')) ^ (low + ones * (0x7f - 'Z'))) & ~v & high;
	return v | is_upper >> 2;
}

bool slice_ieq_bytes(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	for (; n - i >= 8; i += 8)
		if (lower_word(a + i) != lower_word(b + i))
			return false;
	for (; i < n; i++)
		if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool slice_starts(struct slice a, struct slice prefix)
{
	return a.n >= prefix.n && (prefix.n == 0 || memcmp(a.p, prefix.p, prefix.n) == 0);
}

bool slice_ends(struct slice a, struct slice suffix)
{
	return a.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(a.p + a.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* Eight bytes at a time: a high bit of `stop` marks a byte that is none. */
size_t slice_printable(struct slice a)
{
	const uint64_t ones = 0x0101010101010101u;
	size_t i = 0;
	for (; a.n - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, a.p + i, sizeof v);
		uint64_t stop = v | (v - ones * 0x20) | ((v ^ ones * 0x7f) - ones);
		if (stop & ones << 7)
			break;
	}
	while (i < a.n && a.p[i] >= 0x20 && a.p[i] < 0x7f)
		i++;
	return i;
}

bool slice_u64(struct slice a, unsigned long long *out)
{
	unsigned long long v = 0;
	if (a.n == 0)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (a.p[i] < '0' || a.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, 10ULL, &v) ||
		    __builtin_add_overflow(v, (unsigned long long)(a.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool slice_next_line(struct slice *text, struct slice *line)
{
	if (!text->n)
		return false;
	const char *end = memchr(text->p, '\n', text->n);
	size_t n = end ? (size_t)(end - text->p) : text->n;
	*line = slice_trim(slice_of(text->p, n && text->p[n - 1] == '\r' ? n - 1 : n));
	*text = slice_of(text->p + n + (end != NULL), text->n - n - (end != NULL));
	return true;
}

bool slice_percent_decode(struct slice a, bool is_form, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < a.n; i++) {
		char c = is_form && a.p[i] == '+' ? ' ' : a.p[i];
		if (c == '%') {
			int high = a.n - i > 2 ? slice_hex_digit(a.p[i + 1]) : -1, low = a.n - i > 2 ? slice_hex_digit(a.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(unsigned char)(high << 4 | low);
			i += 2;
		}
		if (!c || n + 1 >= size)
			return false;
		out[n++] = c;
	}
	if (size)
		out[n] = '\0';
	return size > 0;
}
