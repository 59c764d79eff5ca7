/* What a sentence says to the model that reads it. */
#ifndef SCAN_RULES_H
#define SCAN_RULES_H
#include "scan/scan.h"
#include "scan/sentence.h"

struct verdict {
	int weight;       /* of all that was found in the sentence */
	int heaviest;     /* of one thing, which is `name` */
	const char *name; /* NULL: nothing */
	size_t start, end;
};

/* before: is the sentence before, or its heading, about attacks? */
void sentence_judge(enum scan_source source, const struct sentence *s, bool before, struct verdict *v);
/* Is it a text about attacks rather than one? */
bool sentence_talks(const struct sentence *s);

#endif
