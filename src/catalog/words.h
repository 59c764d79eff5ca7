/*
 * A name or a text as words, and each word as what it means here: the vocabulary is lexicon.def, our
 * own, in several languages. Nothing else is known of a text: what stands in no list has no meaning.
 *
 * Names are split at case, signs and digits ("CloneContainerToECR": clone, container, to, ecr); texts
 * at what is no letter. Scripts without blanks between words are read by the longest entry.
 */
#ifndef CATALOG_WORDS_H
#define CATALOG_WORDS_H
#include "base/slice.h"
#include <stdbool.h>
#include <stdint.h>

/* Verbs first, then objects, then marks: ranges matter. */
enum concept {
	CONCEPT_NONE = 0,
#define VERB(id, words) VERB_##id,
#define OBJECT(id, words)
#define MARK(id, words)
#include "catalog/lexicon.def"
#undef VERB
#undef OBJECT
	CONCEPT_VERBS, /* verbs are below it */
#define VERB(id, words)
#define OBJECT(id, words) OBJECT_##id,
#include "catalog/lexicon.def"
#undef OBJECT
#undef MARK
	CONCEPT_OBJECTS, /* objects are below it */
#define OBJECT(id, words)
#define MARK(id, words) MARK_##id,
#include "catalog/lexicon.def"
#undef VERB
#undef OBJECT
#undef MARK
	CONCEPTS,
};

#define WORDS_MAX 6000 /* base forms in lexicon.def */
#define WORD_CONCEPTS 3 /* that one word may have */

enum word_form { FORM_BASE = 0, FORM_S, FORM_ED, FORM_ING };

/* Where in a description a word stands. */
enum word_part {
	PART_LEAD = 0,	/* the first sentence */
	PART_REST,
	PART_ARGUMENTS, /* under "Args:", "Parameters:", "参数:" */
	PART_RETURNS,
	PART_EXAMPLES,
	WORD_PARTS,
};

#define WORD_STARTS  1u	 /* the first of a sentence or line */
#define WORD_CODE    2u	 /* of an identifier or between back quotes: names something, says nothing */
#define WORD_DENIED  4u	 /* behind "not", "never", "without" */
#define WORD_PHRASE  8u	 /* several words that are one entry */
#define WORD_AFTER_TO 16u /* "to delete": behind a particle that a verb follows */

struct word {
	uint32_t at, n;			/* bytes of the text */
	uint32_t hash;			/* of the small letters */
	uint16_t concept[WORD_CONCEPTS]; /* enum concept, NONE behind the last */
	uint16_t word;			/* the number of its base form, below WORDS_MAX; 0: in no list */
	uint8_t form;			/* enum word_form, of the entry */
	uint8_t part;			/* enum word_part */
	uint8_t flags;
};

/*
 * At most `max` words in their order, and behind them the phrases, as words at the place of their first.
 * Looks at LIMIT_PROFILE_NAME and LIMIT_PROFILE_TEXT bytes.
 */
size_t words_of_name(struct slice name, struct word *v, size_t max);
size_t words_of_text(struct slice text, struct word *v, size_t max);

bool word_is(const struct word *w, enum concept c);
bool words_have(const struct word *v, size_t n, enum concept c);
const char *concept_word(enum concept c); /* "DELETE", "SECRET": as lexicon.def has it */

static inline bool concept_is_verb(enum concept c)
{
	return c > CONCEPT_NONE && c < CONCEPT_VERBS;
}

static inline bool concept_is_object(enum concept c)
{
	return c > CONCEPT_VERBS && c < CONCEPT_OBJECTS;
}

static inline bool concept_is_mark(enum concept c)
{
	return c > CONCEPT_OBJECTS && c < CONCEPTS;
}
#endif
