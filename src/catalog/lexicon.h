/* lexicon.def as a table, made at build by tools/classifier/lexicon.py. For words.c and classify.c only. */
#ifndef CATALOG_LEXICON_H
#define CATALOG_LEXICON_H
#include <stdint.h>

#define LEXICON_SLOTS	 32768
#define LEXICON_CONCEPTS 3

/* Open addressing: at hash % LEXICON_SLOTS, or behind it. */
struct lexicon_entry {
	uint32_t hash; /* of the small letters, or of a phrase's words; 0: free */
	uint16_t concept[LEXICON_CONCEPTS];
	uint8_t form; /* enum word_form */
	uint8_t starts_phrase;
	uint16_t word; /* its base form, below WORDS_MAX */
};

extern const struct lexicon_entry lexicon_table[LEXICON_SLOTS];
extern const int lexicon_longest;      /* characters of the longest entry in a script without blanks */
extern const uint32_t lexicon_digest; /* tells one vocabulary from another */

#endif
