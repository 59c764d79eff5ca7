/*
 * Characters that people do not see and models read: tags, zero width, bidirectional controls, runs of
 * variation selectors, private use, and terminal codes that conceal.
 */
#include "scan/fold.h"
#include "scan/inside.h"

enum { TAG = 0, BIDI, ZERO, SELECTOR, PRIVATE, ESCAPE, CLASSES };

struct tally {
	size_t n[CLASSES], first[CLASSES], last[CLASSES], longest[CLASSES];
	size_t run;
	int run_of;
};

static int class_of(uint32_t c, uint32_t before)
{
	if (c >= 0xe0020 && c <= 0xe007f)
		return TAG;
	if (c == 0x202d || c == 0x202e || (c >= 0x202a && c <= 0x202b) || (c >= 0x2066 && c <= 0x2069))
		return BIDI;
	/* Emoji are joined by U+200D, and some scripts by U+200C. */
	if ((c == 0x200b || c == 0x2060 || c == 0xfeff || c == 0xad || c == 0x180e) ||
	    ((c == 0x200c || c == 0x200d) && (before < 0x80 || is_invisible(before))))
		return ZERO;
	if ((c >= 0xfe00 && c <= 0xfe0e) || (c >= 0xe0100 && c <= 0xe01ef))
		return SELECTOR;
	if ((c >= 0xe000 && c <= 0xf8ff) || c >= 0xf0000)
		return PRIVATE;
	return -1;
}

static void count(struct tally *t, int k, size_t at, size_t n)
{
	if (!t->n[k])
		t->first[k] = at;
	t->run = t->run_of == k && t->last[k] == at ? t->run + 1 : 1;
	t->run_of = k;
	t->n[k]++;
	t->last[k] = at + n;
	if (t->run > t->longest[k])
		t->longest[k] = t->run;
}

static enum scan_certainty certainty(enum scan_source source, const struct tally *t, int k)
{
	bool is_definition = source == SCAN_DEFINITION;
	switch (k) {
	case TAG:
		return SCAN_CERTAIN;
	case BIDI:
		return is_definition || t->n[k] > 1 ? SCAN_LIKELY : SCAN_UNSURE;
	case ZERO:
		return is_definition || t->longest[k] >= 4 ? SCAN_LIKELY : SCAN_UNSURE;
	case SELECTOR:
		return t->longest[k] >= 3 ? SCAN_CERTAIN : SCAN_UNSURE;
	case PRIVATE:
		return is_definition ? SCAN_LIKELY : SCAN_UNSURE;
	default:
		return is_definition ? SCAN_LIKELY : SCAN_UNSURE;
	}
}

/* ESC [ 8 m conceals; the others move or colour what is shown. */
static bool conceals(struct slice text, size_t at)
{
	return text.n - at > 3 && memcmp(text.p + at, "\033[8m", 4) == 0;
}

void hidden_find(enum scan_source source, struct slice text, struct scan_findings *out)
{
	static const char *const names[CLASSES] = { "tag-characters",	   "bidirectional-controls", "zero-width-characters",
						    "variation-selectors", "private-characters",     "terminal-codes" };
	struct tally t = { .run_of = -1 };
	uint32_t before = 0;
	bool is_flag = false, is_concealed = false;
	for (size_t i = 0, n; i < text.n; i += n) {
		unsigned char b = (unsigned char)text.p[i];
		n = 1;
		if (b < 0x80 && b != 0x1b) {
			before = b;
			continue;
		}
		uint32_t c = utf8_read(text, i, &n);
		int k = b == 0x1b ? ESCAPE : class_of(c, before);
		is_concealed |= b == 0x1b && conceals(text, i);
		/* Flags of regions are a black flag and tags (Unicode TR51). */
		is_flag = c == 0x1f3f4 || (is_flag && k == TAG);
		if (k >= 0 && !is_flag && !(c == 0xfeff && i == 0))
			count(&t, k, i, n);
		before = c;
	}
	for (int k = 0; k < CLASSES; k++) {
		if (!t.n[k])
			continue;
		enum scan_certainty sure = k == ESCAPE && is_concealed ? SCAN_LIKELY : certainty(source, &t, k);
		(void)findings_add(out, (struct scan_finding){ SCAN_INJECTION, sure, names[k], t.first[k], t.last[k] - t.first[k] });
	}
}
