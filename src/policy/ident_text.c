/* Escapes and folding for identifiers. Each level decodes what the one below gives. */
#include "policy/ident_text.h"
#include "base/check.h"
#include "policy/host.h"

#define ENDS ' '

void ident_text_init(struct ident_text *t, struct slice text, unsigned level)
{
	BUG_ON(level > IDENT_LEVELS);
	*t = (struct ident_text){.rest = text, .level = level, .held = -1};
}

bool ident_text_has_decoded(const struct ident_text *t)
{
	return t->level == 0 || t->levels[t->level - 1].has_decoded;
}

static int next_byte(struct ident_text *t, unsigned level);

static int look_at(struct ident_text *t, unsigned level, unsigned i)
{
	struct ident_level *l = &t->levels[level - 1];
	BUG_ON(i >= sizeof l->look);
	while (l->look_n <= i) {
		int c = next_byte(t, level - 1);
		if (c < 0)
			return -1;
		l->look[l->look_n++] = (unsigned char)c;
	}
	return l->look[i];
}

static void drop(struct ident_level *l, unsigned n)
{
	memmove(l->look, l->look + n, l->look_n - n);
	l->look_n -= n;
}

/* Up to `most` digits from `at` on; how many there are. */
static unsigned read_hex(struct ident_text *t, unsigned level, unsigned at, unsigned most,
			 uint32_t *out)
{
	unsigned n = 0;
	for (*out = 0; n < most; n++) {
		int c = look_at(t, level, at + n);
		int d = c < 0 ? -1 : slice_hex_digit((char)c);
		if (d < 0)
			break;
		*out = *out * 16 + (uint32_t)d;
	}
	return n;
}

unsigned ident_put_utf8(uint32_t c, unsigned char out[4])
{
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = ENDS;
	if (c < 0x80) {
		out[0] = (unsigned char)c;
		return 1;
	}
	unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (unsigned i = n - 1; i; i--, c >>= 6)
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
	out[0] = (unsigned char)((0xf00u >> n & 0xff) | c);
	return n;
}

/* Each of these reads behind its first character, and returns how many bytes it took: 0 when it
 * is no escape. *c: what it stands for. */
static unsigned read_percent(struct ident_text *t, unsigned level, uint32_t *c)
{
	return read_hex(t, level, 0, 2, c) == 2 ? 2 : 0;
}

static unsigned read_u(struct ident_text *t, unsigned level, uint32_t *c)
{
	uint32_t low;
	if (read_hex(t, level, 1, 4, c) != 4)
		return 0;
	if (*c < 0xd800 || *c > 0xdbff || look_at(t, level, 5) != '\\' ||
	    look_at(t, level, 6) != 'u' || read_hex(t, level, 7, 4, &low) != 4 || low < 0xdc00 ||
	    low > 0xdfff)
		return 5;
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return 11;
}

#define NOTHING 0x200b /* is not seen, and so dropped */

/* As JSON, YAML, C and Python write them. A line that goes on behind a backslash is joined. */
static unsigned read_backslash(struct ident_text *t, unsigned level, uint32_t *c)
{
	int first = look_at(t, level, 0);
	unsigned n = 1;
	switch (first) {
	case 'n': case 'r': case 't': case 'b': case 'f': case 'v': case 'a': case 'e': case '0': case ' ':
		*c = ENDS;
		return 1;
	case '"': case '\'': case '\\': case '/':
		*c = (uint32_t)first;
		return 1;
	case 'x':
		return read_hex(t, level, 1, 2, c) == 2 ? 3 : 0;
	case 'u':
		return read_u(t, level, c);
	case 'U':
		return read_hex(t, level, 1, 8, c) == 8 ? 9 : 0;
	case '\n':
		while (n < sizeof t->levels->look - 1 && look_at(t, level, n) == ' ')
			n++;
		*c = NOTHING;
		return n;
	default:
		return 0;
	}
}

static const struct {
	const char *name;
	uint32_t c;
} entities[] = {
	{"amp", '&'},	 {"lt", '<'},	 {"gt", '>'},	  {"quot", '"'},   {"apos", '\''},
	{"nbsp", ' '},	 {"commat", '@'}, {"period", '.'}, {"sol", '/'},	   {"colon", ':'},
	{"lowbar", '_'}, {"hyphen", '-'}, {"dash", '-'},   {"num", '#'},	   {"equals", '='},
	{"quest", '?'},	 {"percnt", '%'}, {"plus", '+'},	  {"bsol", '\\'},  {"shy", NOTHING},
	{"zwj", NOTHING}, {"zwnj", NOTHING}, {"ZeroWidthSpace", NOTHING}, {"NoBreak", NOTHING},
	{"Tab", ' '}, {"NewLine", ' '},
};

static unsigned read_entity(struct ident_text *t, unsigned level, uint32_t *c)
{
	if (look_at(t, level, 0) == '#') {
		unsigned at = 1, n = 0;
		int d = look_at(t, level, at);
		if (d == 'x' || d == 'X') {
			n = read_hex(t, level, 2, 8, c);
			at = 2;
		} else {
			for (*c = 0; n < 8 && (d = look_at(t, level, 1 + n)) >= '0' && d <= '9'; n++)
				*c = *c * 10 + (uint32_t)(d - '0');
		}
		if (!n)
			return 0;
		return at + n + (look_at(t, level, at + n) == ';');
	}
	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		unsigned n = 0;
		while (entities[i].name[n] && look_at(t, level, n) == entities[i].name[n])
			n++;
		if (!entities[i].name[n] && look_at(t, level, n) == ';') {
			*c = entities[i].c;
			return n + 1;
		}
	}
	return 0;
}

static int next_byte(struct ident_text *t, unsigned level)
{
	uint32_t c = 0;
	if (level == 0) {
		if (!t->rest.n)
			return -1;
		t->rest.n--;
		return (unsigned char)*t->rest.p++;
	}
	struct ident_level *l = &t->levels[level - 1];
	if (l->out_at < l->out_n)
		return l->out[l->out_at++];
	l->is_decoded = false;
	int first = l->look_n ? l->look[0] : next_byte(t, level - 1);
	if (l->look_n)
		drop(l, 1);
	if (first != '%' && first != '&' && first != '\\')
		return first;
	unsigned n = 0;
	if (first == '%')
		n = read_percent(t, level, &c);
	else if (first == '&')
		n = read_entity(t, level, &c);
	else if (first == '\\')
		n = read_backslash(t, level, &c);
	if (!n)
		return first;
	l->is_decoded = l->has_decoded = true;
	drop(l, n);
	if (first == '%') /* a byte, perhaps of several */
		return (int)c;
	l->out_n = ident_put_utf8(c, l->out);
	l->out_at = 1;
	return l->out[0];
}

/* Bytes that are no UTF-8 end an identifier. */
static uint32_t next_point(struct ident_text *t)
{
	int c = t->held >= 0 ? t->held : next_byte(t, t->level);
	t->held = -1;
	if (c < 0)
		return 0;
	if (likely(c < 0x80))
		return c ? (uint32_t)c : ENDS;
	unsigned more = c >= 0xf0 && c < 0xf5 ? 3 : c >= 0xe0 && c < 0xf0 ? 2 : c >= 0xc2 && c < 0xe0;
	if (!more)
		return ENDS;
	uint32_t v = (uint32_t)c & (0x3fu >> more);
	for (; more; more--) {
		c = next_byte(t, t->level);
		if (c < 0x80 || c > 0xbf) {
			t->held = c;
			return ENDS;
		}
		v = v << 6 | ((uint32_t)c & 0x3f);
	}
	return v;
}

static const struct point_range {
	uint32_t first, last;
} unseen[] = {
	{0x61c, 0x61c},	  {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x200b, 0x200f}, {0x202a, 0x202e},
	{0x2060, 0x206f}, {0x3164, 0x3164}, {0xe0000, 0xe0fff},
}, ending[] = {
	{0x80, 0xa9},	  {0xab, 0xb4},	    {0xb6, 0xb9},	  {0xbb, 0xbf},	  {0xd7, 0xd7},
	{0xf7, 0xf7},	  {0x2000, 0x206f}, {0x20a0, 0x20cf}, {0x2190, 0x2bff}, {0x2e00, 0x2e7f},
	{0x3000, 0x303f}, {0xd800, 0xf8ff}, {0xfe10, 0xfe6f}, {0xff5f, 0xff65}, {0xfff0, 0xffff},
	{0x1f000, 0x1faff}, {0xf0000, UINT32_MAX},
}, dense[] = {
	{0xe00, 0xeff},	  {0x1780, 0x17ff}, {0x2e80, 0x2fff}, {0x3040, 0xa4cf}, {0xac00, 0xd7a3},
	{0xf900, 0xfaff}, {0x20000, 0x3ffff},
};

static bool is_among(const struct point_range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

bool ident_point_is_dense(uint32_t c)
{
	return c >= dense[0].first && is_among(dense, ARRAY_LEN(dense), c);
}

static uint32_t fold(uint32_t c)
{
	if (c == 0x2010 || c == 0x2011 || c == 0x2212)
		return '-';
	if (c >= 0x1d400 && c <= 0x1d6a3) /* mathematical letters */
		return 'a' + (c - 0x1d400) % 26;
	return point_fold(c);
}

uint32_t ident_text_plain(struct ident_text *t)
{
	uint32_t c;
	do
		c = next_point(t);
	while (c >= 0x80 && (point_is_ignored(c) || is_among(unseen, ARRAY_LEN(unseen), c)));
	return c;
}

/* What ends an identifier as a space, large letters as small ones. */
static const char ascii[] = "                                "
			    "   #$%&    + -./0123456789:  = ?"
			    "@abcdefghijklmnopqrstuvwxyz /  _"
			    " abcdefghijklmnopqrstuvwxyz   ~ ";

uint32_t ident_text_next(struct ident_text *t)
{
	uint32_t c, before = t->last;
	t->is_decoded = false;
	for (;;) {
		t->last = c = next_point(t);
		if (t->level)
			t->is_decoded = t->is_decoded || t->levels[t->level - 1].is_decoded;
		if (likely(c < 0x80)) {
			if (c == '\\' && before == c)
				continue; /* of C:\\\\x as of C:\\x */
			return c ? (uint32_t)ascii[c] : 0;
		}
		if (point_is_ignored(c) || is_among(unseen, ARRAY_LEN(unseen), c))
			continue;
		c = fold(c);
		return is_among(ending, ARRAY_LEN(ending), c) ? ENDS : c < 0x80 ? (uint32_t)ascii[c] : c;
	}
}
