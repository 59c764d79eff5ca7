/*
 * Tokens by runs of characters, as the splitter of o200k_base makes them: a word is split at capitals,
 * digits go in threes, signs stick together. The weights, in thousandths, were fitted on 4,635 definitions.
 */
#include "catalog/tokens.h"
#include "scan/fold.h"

enum sort { SORT_SMALL = 0, SORT_CAPITAL, SORT_DIGIT, SORT_BLANK, SORT_SIGN, SORT_WIDE, SORT_TWO_BYTES, SORT_OTHER };

static enum sort sort_of(struct slice text, size_t at, size_t *n)
{
	unsigned char b = (unsigned char)text.p[at];
	*n = 1;
	if (b >= 'a' && b <= 'z')
		return SORT_SMALL;
	if (b >= 'A' && b <= 'Z')
		return SORT_CAPITAL;
	if (b >= '0' && b <= '9')
		return SORT_DIGIT;
	if (b < 0x80)
		return b == ' ' ? SORT_BLANK : SORT_SIGN;
	uint32_t c = utf8_read(text, at, n);
	if ((c >= 0x3040 && c <= 0x30ff) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7af))
		return SORT_WIDE;
	return c < 0x800 ? SORT_TWO_BYTES : SORT_OTHER;
}

static size_t over(size_t n, size_t least)
{
	return n > least ? n - least : 0;
}

static size_t weigh(enum sort sort, size_t n)
{
	switch (sort) {
	case SORT_SMALL:
	case SORT_CAPITAL:
		return 981 + 75 * over(n, 6) + 117 * over(n, 10);
	case SORT_DIGIT:
		return 1542 * ((n + 2) / 3);
	case SORT_BLANK: /* one belongs to the word behind it */
		return n > 1 ? 1201 : 0;
	case SORT_SIGN:
		return 660 + 288 * over(n, 2);
	case SORT_WIDE:
		return 636 * n;
	case SORT_TWO_BYTES:
		return 300 * n;
	case SORT_OTHER:
		break;
	}
	return 1214 * n;
}

size_t tokens_of(struct slice text)
{
	size_t sum = 0;
	for (size_t at = 0, n; at < text.n;) {
		enum sort first = sort_of(text, at, &n);
		size_t run = 1;
		for (at += n; at < text.n; at += n, run++) {
			enum sort next = sort_of(text, at, &n);
			/* "Content" is one, "JSON" is one, "JSONPath" is two. */
			if (first == SORT_CAPITAL && next == SORT_SMALL && run == 1)
				first = SORT_SMALL;
			else if (next != first)
				break;
		}
		sum += weigh(first, run);
	}
	return (sum + 999) / 1000;
}
