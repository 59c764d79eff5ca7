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

struct meaning {
	struct concepts name, server;
	struct concepts lead, rest; /* of the description: its first sentence, all else but arguments and examples */
	struct concepts returns;    /* what it says that it gives back */
	struct concepts denied;	    /* behind "not", "never", "without" */
	enum concept verb;	    /* the first of the name; NONE */
};

void meaning_of(struct meaning *m, struct slice server, struct slice name, struct slice description);

static inline bool concepts_have(const struct concepts *s, enum concept c)
{
	return s->bits[(unsigned)c / 64] >> ((unsigned)c % 64) & 1;
}
#endif
