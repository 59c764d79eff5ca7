/* Text of anywhere in a page, and forms that come back. */
#include "admin/html.h"
#include <stdint.h>

/* The code point at the front, and its bytes; 1 byte and U+FFFD where it is no UTF-8. */
static uint32_t code_point(struct slice s, size_t *n)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t want = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	*n = 1;
	if (want == 1)
		return p[0];
	if (!want || want > s.n || p[0] > 0xf4)
		return 0xfffd;
	uint32_t c = p[0] & (0x7fu >> want);
	for (size_t i = 1; i < want; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (p[i] & 0x3f);
	}
	*n = want;
	return c;
}

static bool is_hidden(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x34f ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffd) ||
	       (c >= 0xe0000 && c <= 0xe0fff) || c == 0x180e || c == 0x3164 || c == 0x115f || c == 0x1160;
}

bool html_add(struct buf *b, struct slice text, size_t max)
{
	size_t left = max && max < text.n ? max : text.n;
	struct slice s = text;
	while (s.n && left) {
		size_t n;
		uint32_t c = code_point(s, &n);
		if (n > left)
			break;
		if (is_hidden(c))
			buf_addf(b, "<span class=\"odd\">U+%04X</span>", c);
		else if (c == '&')
			buf_adds(b, "&amp;");
		else if (c == '<')
			buf_adds(b, "&lt;");
		else if (c == '>')
			buf_adds(b, "&gt;");
		else if (c == '"')
			buf_adds(b, "&quot;");
		else if (c == '\'')
			buf_adds(b, "&#39;");
		else
			buf_add(b, s.p, n);
		s = slice_of(s.p + n, s.n - n);
		left -= n;
	}
	return s.n > 0;
}

static bool decode(struct slice s, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i] == '+' ? ' ' : s.p[i];
		if (c == '%') {
			int high = s.n - i > 2 ? slice_hex_digit(s.p[i + 1]) : -1, low = s.n - i > 2 ? slice_hex_digit(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			c = (char)(unsigned char)(high << 4 | low);
			i += 2;
		}
		if (!c || n + 1 >= size)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

bool form_value(struct slice body, const char *name, char *out, size_t size)
{
	size_t name_n = strlen(name);
	out[0] = '\0';
	while (body.n) {
		const char *end = memchr(body.p, '&', body.n);
		size_t n = end ? (size_t)(end - body.p) : body.n;
		if (n > name_n && memcmp(body.p, name, name_n) == 0 && body.p[name_n] == '=') {
			bool is_fine = decode(slice_of(body.p + name_n + 1, n - name_n - 1), out, size);
			if (!is_fine)
				out[0] = '\0';
			return is_fine;
		}
		body = slice_of(body.p + n + (end != NULL), body.n - n - (end != NULL));
	}
	return false;
}
