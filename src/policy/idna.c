/*
 * Host names in other scripts, folded as UTS 46 does for the letters that need no tables:
 * case of Latin, Greek and Cyrillic, width, the dots of Chinese and Japanese, digits in
 * circles, what is ignored. Labels become xn-- by Punycode (RFC 3492). A character whose
 * folding we do not know makes the name unsure: it is in no list, and not harmless.
 */
#include "policy/host.h"

struct range {
	uint32_t first, last;
};

/* Letters that stay as they are. */
static const struct range settled[] = {
	{0xdf, 0xf6},     {0xf8, 0x131},    {0x134, 0x13e},   {0x141, 0x148},   {0x14a, 0x17e},
	{0x3ac, 0x3ce},   {0x430, 0x45f},   {0x5d0, 0x5ea},   {0x620, 0x63f},   {0x641, 0x64a},
	{0x905, 0x939},   {0xe01, 0xe30},   {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x30fc, 0x30fe},
	{0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3},
};

static const struct range ignored[] = {
	{0xad, 0xad},     {0x34f, 0x34f},   {0x180b, 0x180d}, {0x200b, 0x200d},
	{0x2060, 0x2060}, {0x2064, 0x2064}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

static bool in_ranges(const struct range *r, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

/* The next code point; 0 at the end. The text is UTF-8 that json_read let through. */
static uint32_t next_point(struct slice *s)
{
	if (!s->n)
		return 0;
	unsigned char c = (unsigned char)s->p[0];
	size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	uint32_t v = more == 3 ? c & 7u : more == 2 ? c & 15u : more == 1 ? c & 31u : c;
	s->p++, s->n--;
	for (; more && s->n; more--, s->p++, s->n--)
		v = v << 6 | ((unsigned char)s->p[0] & 63u);
	return v;
}

static uint32_t fold_ascii(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static uint32_t fold_letter(uint32_t c)
{
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c == 0x178 ? 0xff : c;
}

/* Digits and letters in other clothes. */
static uint32_t fold_width(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		return fold_ascii(c - 0xff01 + '!');
	if (c == 0x3002 || c == 0xff0e || c == 0xff61 || c == 0x2024)
		return '.';
	if (c == 0x24ea)
		return '0';
	if (c >= 0x2460 && c <= 0x2468)
		return c - 0x2460 + '1';
	if (c >= 0x24b6 && c <= 0x24e9)
		return 'a' + (c - 0x24b6) % 26;
	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return '0' + (c - 0x1d7ce) % 10;
	if (c == 0xb9 || c == 0xb2 || c == 0xb3)
		return c == 0xb9 ? '1' : c - 0xb0 + '0';
	if (c == 0x2070 || (c >= 0x2074 && c <= 0x2079) || (c >= 0x2080 && c <= 0x2089))
		return '0' + (c & 15);
	return c;
}

uint32_t point_fold(uint32_t c)
{
	return fold_letter(fold_width(fold_ascii(c)));
}

bool point_is_ignored(uint32_t c)
{
	return in_ranges(ignored, ARRAY_LEN(ignored), c);
}

static bool is_host_character(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

struct name {
	char *out;
	size_t n;
};

static bool add(struct name *h, char c)
{
	if (h->n >= HOST_MAX - 1)
		return false;
	h->out[h->n++] = c;
	return true;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;
	delta = is_first ? delta / 700 : delta / 2;
	for (delta += delta / points; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

static bool add_number(struct name *h, uint32_t q, uint32_t bias)
{
	for (uint32_t k = 36;; k += 36) {
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		uint32_t d = q < t ? q : t + (q - t) % (36 - t);
		if (!add(h, (char)(d < 26 ? 'a' + d : '0' + d - 26)))
			return false;
		if (q < t)
			return true;
		q = (q - t) / (36 - t);
	}
}

static bool add_label(struct name *h, const uint32_t *label, size_t n)
{
	uint32_t code = 128, delta = 0, bias = 72;
	size_t basic = 0, done;
	for (size_t i = 0; i < n; i++)
		basic += label[i] < 128;
	if (basic < n)
		for (const char *p = "xn--"; *p; p++)
			if (!add(h, *p))
				return false;
	for (size_t i = 0; i < n; i++)
		if (label[i] < 128 && !add(h, (char)label[i]))
			return false;
	if (basic == n || (basic && !add(h, '-')))
		return basic == n;
	for (done = basic; done < n; delta++, code++) {
		uint32_t least = UINT32_MAX;
		for (size_t i = 0; i < n; i++)
			if (label[i] >= code && label[i] < least)
				least = label[i];
		delta += (least - code) * (uint32_t)(done + 1);
		code = least;
		for (size_t i = 0; i < n; i++) {
			delta += label[i] < code;
			if (label[i] != code)
				continue;
			if (!add_number(h, delta, bias))
				return false;
			bias = adapt(delta, (uint32_t)(done + 1), done == basic);
			delta = 0;
			done++;
		}
	}
	return true;
}

enum host_fold host_fold(struct slice s, char *out, size_t *n)
{
	struct name h = {out, 0};
	uint32_t label[64], c;
	size_t label_n = 0;
	if (s.n > 4 * HOST_MAX)
		return FOLD_BAD;
	do {
		c = s.n ? next_point(&s) : '\0';
		if (c == 0 && s.n)
			return FOLD_BAD;
		c = point_fold(c);
		if (point_is_ignored(c))
			continue;
		if (c == '.' || c == 0) {
			if (!add_label(&h, label, label_n) || (c && !add(&h, '.')))
				return FOLD_BAD;
			label_n = 0;
			continue;
		}
		if (c < 128 ? !is_host_character(c) : !in_ranges(settled, ARRAY_LEN(settled), c))
			return c < 128 ? FOLD_BAD : FOLD_UNSURE;
		if (label_n == ARRAY_LEN(label) - 1)
			return FOLD_BAD;
		label[label_n++] = c;
	} while (c);
	if (h.n && h.out[h.n - 1] == '.')
		h.n--; /* the root's dot */
	for (size_t i = 0; i < h.n; i++)
		if (h.out[i] == '.' && (i == 0 || h.out[i - 1] == '.'))
			return FOLD_BAD;
	*n = h.n;
	return h.n && h.out[h.n - 1] != '.' ? FOLD_OK : FOLD_BAD;
}
