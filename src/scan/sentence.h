/* A text as sentences of words of the lexicon. */
#ifndef SCAN_SENTENCE_H
#define SCAN_SENTENCE_H
#include "base/slice.h"
#include "scan/lexicon.h"
#include <stdbool.h>

#define SENTENCE_WORDS 96 /* a longer one is read as two */
#define SENTENCE_RUNS  8  /* places that may be encoded */

enum {
	WORD_QUOTED = 1,
	WORD_CAPS = 2,
	WORD_FIRST = 4, /* of a sentence, a line, or behind a sign */
	WORD_COLON = 8, /* a colon is behind it */
	WORD_TAG = 16,  /* <word>, [word], {{ word, ### word */
	WORD_ALIKE = 32, /* has characters that only look like its letters */
};

struct word {
	uint64_t what;
	size_t start, end;
	unsigned flags;
};

struct sentence {
	struct word v[SENTENCE_WORDS];
	size_t n;
	bool in_comment; /* of HTML */
};

struct reader {
	const struct lexicon *lexicon;
	struct slice text;
	size_t at;
	bool in_comment, in_single, in_double, in_back;
	/* What speaks for an encoding of the text, or of these parts. */
	size_t word_n, single_n, rot13_n, percent_n, entity_n, digit_mix_n;
	struct slice runs[SENTENCE_RUNS];
	size_t run_n;
};

/* False at the end. */
bool sentence_read(struct reader *r, struct sentence *s);

#endif
