/*
 * What the name, the server and the description of a tool speak of, as sets of concepts (words.h): the
 * common ground of labels and severity.
 */
#ifndef CATALOG_MEANING_H
#define CATALOG_MEANING_H
#include "catalog/words.h"

#define CONCEPT_WORDS ((CONCEPTS + 63) / 64)

struct concepts {
	uint64_t bits[CONCEPT_WORDS];
};

/* Where a concept stands first: bytes of the name or of the description; n 0: nowhere. */
struct standing {
	uint16_t at, n;
};

struct meaning {
	struct concepts name, server;
	struct concepts lead, rest; /* of the description: its first sentence, all else but arguments and examples */
	struct concepts returns;    /* what it says that it gives back */
	struct concepts denied;	    /* behind "not", "never", "without" */
	enum concept verb;	    /* the first of the name; NONE */
	struct slice name_text, description_text;
	struct standing in_name[CONCEPTS], in_lead[CONCEPTS], in_rest[CONCEPTS];
};

void meaning_of(struct meaning *m, struct slice server, struct slice name, struct slice description);

static inline bool concepts_have(const struct concepts *s, enum concept c)
{
	return s->bits[(unsigned)c / 64] >> ((unsigned)c % 64) & 1;
}
#endif
