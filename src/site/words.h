/*
 * The words of a text, as the search knows them: small letters; split at what is no letter or digit
 * and where "camelCase" and "HTTPServer" have their seams. Runs of Chinese, Japanese and Korean give
 * each pair of neighbours. assets/site.js does the same with what is typed: change both.
 */
#ifndef SITE_WORDS_H
#define SITE_WORDS_H
#include "base/slice.h"

#define WORD_SIZE 40 /* bytes; longer words are cut, at a character */

struct words {
	struct slice rest;
	unsigned char had_small, had_letter; /* of the character before */
	unsigned before;		     /* of a pair: the first of it; 0: none */
};

struct words words_of(struct slice text);
/* The next word and its length; 0 at the end. */
size_t words_next(struct words *w, char out[WORD_SIZE]);
/* Of those that stand in any text, "the" or "this"; small letters. */
bool word_is_common(struct slice word);

#endif
