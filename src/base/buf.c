/* Growing buffers. Sizes double, so that appending is linear in the bytes. */
#include "base/buf.h"
#include "base/check.h"
#include <stdarg.h>
#include <stdint.h>

void buf_init(struct buf *b, size_t max)
{
	*b = BUF_INIT(max);
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = BUF_INIT(b->max);
}

void buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

static bool fail(struct buf *b)
{
	b->failed = true;
	b->n = 0;
	return false;
}

bool buf_grow(struct buf *b, size_t more)
{
	if (b->failed)
		return false;
	if (more > b->max || b->n > b->max - more)
		return fail(b);
	size_t want = b->n + more + 1; /* one more for buf_str's NUL */
	size_t cap = b->cap ? b->cap : 256;
	while (cap < want)
		cap *= 2;
	char *p = realloc(b->p, cap);
	if (!p)
		return fail(b);
	b->p = p;
	b->cap = cap;
	return true;
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BUG_ON(n < 0);
	if (buf_reserve(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void buf_add_u64(struct buf *b, unsigned long long v)
{
	char digits[24];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_add(b, digits + at, sizeof digits - at);
}

/* Length of the well-formed UTF-8 sequence at p, or 0 (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	unsigned char c = p[0];
	if (c < 0x80)
		return 1;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc2 || c > 0xf4 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
	    (c == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static void add_escaped(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	switch (c) {
	case '"': buf_add(b, "\\\"", 2); break;
	case '\\': buf_add(b, "\\\\", 2); break;
	case '\n': buf_add(b, "\\n", 2); break;
	case '\r': buf_add(b, "\\r", 2); break;
	case '\t': buf_add(b, "\\t", 2); break;
	default: {
		char u[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		buf_add(b, u, sizeof u);
	}
	}
}

/* The bytes at the front that stand in a JSON string as they are, all ASCII. Eight at a
 * time: a high bit of `stop` marks a byte that may have to be looked at. */
static size_t plain_len(const unsigned char *p, size_t n)
{
	const uint64_t ones = 0x0101010101010101u, high = ones << 7;
	size_t i = 0;
	for (; n - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, p + i, sizeof v);
		uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\', del = v ^ ones * 0x7f;
		uint64_t stop = v | (v - ones * 0x20) | (quote - ones) | (slash - ones) | (del - ones);
		if (stop & high)
			break;
	}
	while (i < n && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' && p[i] != '\\')
		i++;
	return i;
}

void buf_add_json_string(struct buf *b, struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t from = 0, i = plain_len(p, s.n);
	if (!buf_reserve(b, s.n + 2))
		return;
	buf_addc(b, '"');
	while (i < s.n) {
		size_t n = utf8_len(p + i, s.n - i);
		if (n >= 1 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' && p[i] != 0x7f) {
			i += n;
			continue;
		}
		buf_add(b, s.p + from, i - from);
		if (n == 0)
			buf_add(b, "\xef\xbf\xbd", 3);
		else
			add_escaped(b, p[i]);
		from = ++i;
		i += plain_len(p + i, s.n - i);
	}
	buf_add(b, s.p + from, i - from);
	buf_addc(b, '"');
}

void buf_consume(struct buf *b, size_t n)
{
	BUG_ON(n > b->n);
	b->n -= n;
	if (b->n)
		memmove(b->p, b->p + n, b->n);
}

const char *buf_str(struct buf *b)
{
	if (b->failed || !b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}
