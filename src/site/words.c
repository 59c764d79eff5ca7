/* Words for the search. */
#include "site/words.h"
#include "base/html.h"

static bool is_upper(uint32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
	       (c >= 0x400 && c <= 0x42f);
}

static uint32_t to_small(uint32_t c)
{
	if (!is_upper(c))
		return c;
	return c >= 0x400 && c < 0x410 ? c + 80 : c + 32;
}

static bool is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
	return c >= 0xc0 && c != 0xd7 && c != 0xf7 && !(c >= 0x2000 && c <= 0x2bff) && !(c >= 0x3000 && c <= 0x303f) &&
	       !(c >= 0xd800 && c <= 0xf8ff) && !(c >= 0xfe00 && c <= 0xff0f) && c < 0xfff0;
}

/* Without spaces between words. */
static bool is_packed(uint32_t c)
{
	return (c >= 0x3040 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3);
}

static size_t put(char out[WORD_SIZE], size_t n, uint32_t c)
{
	size_t more = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
	if (n + more >= WORD_SIZE)
		return n;
	if (more == 1) {
		out[n] = (char)c;
	} else if (more == 2) {
		out[n] = (char)(unsigned char)(0xc0 | c >> 6);
		out[n + 1] = (char)(unsigned char)(0x80 | (c & 0x3f));
	} else {
		out[n] = (char)(unsigned char)(0xe0 | c >> 12);
		out[n + 1] = (char)(unsigned char)(0x80 | (c >> 6 & 0x3f));
		out[n + 2] = (char)(unsigned char)(0x80 | (c & 0x3f));
	}
	return n + more;
}

struct words words_of(struct slice text)
{
	return (struct words){ .rest = text };
}

static uint32_t peek(struct slice s, size_t *n)
{
	*n = 0;
	return s.n ? html_code_point(s, n) : 0;
}

static void step(struct words *w, size_t n)
{
	w->rest = slice_of(w->rest.p + n, w->rest.n - n);
}

/* A seam before the capital c: "aB", or the last capital of "ABc". */
static bool is_seam(const struct words *w, uint32_t c, struct slice behind)
{
	size_t n;
	uint32_t next = peek(behind, &n);
	return is_upper(c) && (w->had_small || (w->had_letter && next && is_letter(next) && !is_upper(next) && next > '9'));
}

/* The next of a run without spaces: itself and its neighbour, or alone when it is the whole run. */
static size_t next_pair(struct words *w, char out[WORD_SIZE])
{
	size_t n, more;
	uint32_t c = peek(w->rest, &n), next;
	step(w, n);
	next = peek(w->rest, &more);
	bool has_next = next && is_packed(next), is_last = !has_next && w->before;
	w->before = has_next ? c : 0;
	if (is_last)
		return words_next(w, out);
	size_t length = put(out, 0, c);
	return has_next ? put(out, length, next) : length;
}

size_t words_next(struct words *w, char out[WORD_SIZE])
{
	size_t length = 0, n;
	w->had_small = w->had_letter = 0;
	for (uint32_t c; (c = peek(w->rest, &n)) || n; step(w, n)) {
		if (is_packed(c) && length)
			return length;
		if (is_packed(c))
			return next_pair(w, out);
		if (!is_letter(c)) {
			if (length)
				return length;
			continue;
		}
		if (length && is_seam(w, c, slice_of(w->rest.p + n, w->rest.n - n)))
			return length;
		w->had_small = !is_upper(c);
		w->had_letter = 1;
		length = put(out, length, to_small(c));
	}
	return length;
}

bool word_is_common(struct slice word)
{
	static const char *const common[] = {
		"the",	 "and",	 "for",	 "with", "from", "this", "that",  "tool",  "use",  "used", "using", "you",
		"your",	 "are",	 "can",	 "will", "was",	 "not",	 "all",	  "any",   "its",  "into", "when",  "which",
		"has",	 "have", "been", "also", "mcp",	 "it",	 "is",	  "in",	   "of",   "to",   "a",	    "an",
		"by",	 "on",	 "or",	 "be",	 "as",	 "at",	 "if",	  "args",  "returns", "return", "server", "given",
	};
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (slice_is(word, common[i]))
			return true;
	return false;
}
