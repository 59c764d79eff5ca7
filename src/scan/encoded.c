/*
 * Secrets that are encoded: base64 and base64url (RFC 4648), hex digits, percent (RFC 3986, 2.1),
 * within each other. What is encoded need not begin where its run of characters begins, so base64 is
 * read from each of four places and hex from two.
 */
#include "base/check.h"
#include "scan/inside.h"
#include <stdlib.h>

#define RUN_MIN 20 /* shorter ones hide no token */

struct search {
	size_t budget; /* bytes that may still be looked at */
	bool is_over;
};

static bool has_secret(struct search *s, struct slice text, unsigned depth);

static bool decoded_has_secret(struct search *s, struct buf *b, unsigned depth)
{
	struct slice text = buf_slice(b);
	if (!buf_ok(b) || text.n > s->budget) {
		s->is_over = true;
		return true;
	}
	s->budget -= text.n;
	if (text.n < RUN_MIN / 2)
		return false;
	return is_mostly_printable(text) ? has_secret(s, text, depth + 1) : secrets_find(text, NULL);
}

/* Line breaks within are left out. */
static size_t base64_run(struct slice text, size_t at)
{
	size_t n = 0;
	while (at + n < text.n && (base64_value(text.p[at + n]) >= 0 || text.p[at + n] == '\n' || text.p[at + n] == '\r'))
		n++;
	return n;
}

static bool in_base64(struct search *s, struct slice text, unsigned depth, struct buf *b)
{
	for (size_t i = 0; i < text.n;) {
		size_t n = base64_run(text, i);
		for (unsigned skip = 0; n >= RUN_MIN && skip < 4; skip++) {
			buf_clear(b);
			base64_decode(slice_of(text.p + i, n), skip, b);
			if (decoded_has_secret(s, b, depth))
				return true;
		}
		i += n ? n : 1;
	}
	return false;
}

/* Pairs of digits, bare or as 41:4b, 41 4b, \x41, 0x41. */
static size_t hex_decode(struct slice text, size_t at, struct buf *b)
{
	size_t i = at;
	while (i < text.n) {
		if (text.n - i > 3 && text.p[i] == '0' && (text.p[i + 1] | 32) == 'x')
			i += 2;
		if (text.n - i < 2 || slice_hex_digit(text.p[i]) < 0 || slice_hex_digit(text.p[i + 1]) < 0)
			break;
		buf_addc(b, (char)(slice_hex_digit(text.p[i]) << 4 | slice_hex_digit(text.p[i + 1])));
		i += 2;
		for (unsigned gap = 0; i < text.n && gap < 3 && is_one_of(" :,-\\xX\n\r\t", text.p[i]); gap++)
			i++;
	}
	return i - at;
}

static bool in_hex(struct search *s, struct slice text, unsigned depth, struct buf *b)
{
	for (size_t i = 0; i < text.n;) {
		size_t longest = 0;
		for (size_t skip = 0; skip < 2 && i + skip < text.n; skip++) {
			buf_clear(b);
			size_t n = hex_decode(text, i + skip, b);
			longest = n > longest ? n : longest;
			if (b->n >= RUN_MIN / 2 && decoded_has_secret(s, b, depth))
				return true;
		}
		i += longest > 1 ? longest - 1 : 1;
	}
	return false;
}

static bool in_percent(struct search *s, struct slice text, unsigned depth, struct buf *b)
{
	buf_clear(b);
	return percent_decode(text, b) && decoded_has_secret(s, b, depth);
}

static bool has_secret(struct search *s, struct slice text, unsigned depth)
{
	if (secrets_find(text, NULL))
		return true;
	if (depth >= LIMIT_SCAN_NESTING || text.n < RUN_MIN)
		return false;
	struct buf b = BUF_INIT(text.n + 64);
	bool any = in_base64(s, text, depth, &b) || in_hex(s, text, depth, &b) ||
		   (memchr(text.p, '%', text.n) && in_percent(s, text, depth, &b));
	buf_release(&b);
	return any;
}

bool scan_has_secret(struct slice text)
{
	struct search s = { .budget = (text.n + 4096) * LIMIT_SCAN_DECODED };
	return text.n && has_secret(&s, text, 0);
}

/* What begins where a part begins stands at a bound there, whatever ends the part before. */
bool scan_has_split_secret(const struct slice *parts, size_t n)
{
	char small[4096], *joined = small;
	size_t total = 0, at = 0;
	bool any = false;
	for (size_t i = 0; i < n; i++)
		total += parts[i].n;
	if (total > sizeof small)
		joined = mem_alloc(total);
	for (size_t i = 0; i < n; i++) {
		if (parts[i].n)
			memcpy(joined + at, parts[i].p, parts[i].n);
		at += parts[i].n;
	}
	at = 0;
	for (size_t i = 0; i < n && !any && total; i++) {
		any = at < total && secret_begins(slice_of(joined + at, total - at));
		at += parts[i].n;
	}
	any = any || scan_has_secret(slice_of(joined, total));
	if (joined != small)
		free(joined);
	return any;
}
