/* Escapes for control characters, marks of direction, and what has no width. */
#include "catalog/show.h"
#include "scan/fold.h"

static bool is_shown(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || (c >= 0x200b && c <= 0x200f))
		return false;
	if (c == 0xad || c == 0x61c || c == 0x180e || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb))
		return false;
	/* private use, tags, selectors of variants in the highest plane; emoji keep theirs */
	return !((c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000 || (c >= 0xfe00 && c <= 0xfe0e));
}

static void add_escaped(struct buf *b, uint32_t c)
{
	if (c < 0x10000)
		buf_addf(b, "\\u%04x", c);
	else
		buf_addf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
}

/* Where the character that begins before `max` ends. */
static struct slice cut(struct slice s, size_t max)
{
	if (!max || s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return slice_of(s.p, max);
}

/* is_json: within quotes, where line ends are escapes too. */
static void show(struct buf *b, struct slice s, size_t max, bool is_json)
{
	struct slice shown = cut(s, max);
	for (size_t i = 0, n; i < shown.n; i += n) {
		uint32_t c = utf8_read(shown, i, &n);
		if (is_json && (c == '"' || c == '\\'))
			buf_addc(b, '\\');
		if (is_json && c == '\n')
			buf_adds(b, "\\n");
		else if (!is_json && (c == '\n' || c == '\r' || c == '\t'))
			buf_addc(b, ' ');
		else if (is_shown(c))
			buf_add(b, shown.p + i, n);
		else
			add_escaped(b, c);
	}
	if (shown.n < s.n)
		buf_adds(b, "…");
}

void show_text(struct buf *b, struct slice s, size_t max)
{
	show(b, s, max, false);
}

void show_json(struct buf *b, struct slice s, size_t max)
{
	buf_addc(b, '"');
	show(b, s, max, true);
	buf_addc(b, '"');
}
