/* Text of anywhere in a page. */
#include "base/html.h"

enum shape { SHAPE_PAGE = 0, SHAPE_PLAIN, SHAPE_VISIBLE };

uint32_t html_code_point(struct slice s, size_t *n)
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
	       (c >= 0xd800 && c <= 0xf8ff) || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xffff) ||
	       c >= 0xe0000 || c == 0x180e || c == 0x3164 || c == 0x115f || c == 0x1160;
}

/* The sign that asks for a picture in colours hides nothing behind a sign that has one. */
static bool is_picture(uint32_t before, uint32_t c)
{
	return c == 0xfe0f && ((before >= 0x203c && before <= 0x3299) || (before >= 0x1f000 && before <= 0x1faff));
}

static const char *escape(uint32_t c, enum shape shape)
{
	if (shape != SHAPE_PAGE && (c == '\n' || c == '\t'))
		return " ";
	if (shape == SHAPE_VISIBLE)
		return NULL;
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Bytes at the front that stand for themselves in every shape. */
static size_t count_simple(const char *p, size_t n)
{
	size_t i = 0;
	while (i < n && (unsigned char)p[i] >= 0x20 && (unsigned char)p[i] < 0x7f && p[i] != '&' && p[i] != '<' &&
	       p[i] != '>' && p[i] != '"' && p[i] != '\'')
		i++;
	return i;
}

static bool add(struct buf *b, struct slice text, size_t max, enum shape shape)
{
	size_t left = max && max < text.n ? max : text.n;
	struct slice s = text;
	uint32_t before = 0;
	while (s.n && left) {
		size_t n = count_simple(s.p, left);
		if (n) {
			buf_add(b, s.p, n);
			before = 0;
		} else {
			uint32_t c = html_code_point(s, &n);
			const char *escaped = escape(c, shape);
			if (n > left)
				break;
			bool is_odd = is_hidden(c) && !is_picture(before, c);
			if (is_odd && shape == SHAPE_PAGE)
				buf_addf(b, "<span class=\"odd\">U+%04X</span>", c);
			else if (is_odd)
				buf_addf(b, "[U+%04X]", c);
			else if (escaped)
				buf_adds(b, escaped);
			else
				buf_add(b, s.p, n);
			before = is_hidden(c) ? 0 : c;
		}
		s = slice_of(s.p + n, s.n - n);
		left -= n;
	}
	return s.n > 0;
}

bool html_add(struct buf *b, struct slice text, size_t max)
{
	return add(b, text, max, SHAPE_PAGE);
}

bool html_add_plain(struct buf *b, struct slice text, size_t max)
{
	return add(b, text, max, SHAPE_PLAIN);
}

bool html_add_visible(struct buf *b, struct slice text, size_t max)
{
	return add(b, text, max, SHAPE_VISIBLE);
}
