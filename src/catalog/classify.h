/*
 * Which category a tool has, from its name, description and input schema: a sparse linear model over
 * what the words mean (words.h), its weights learnt by tools/classifier and kept as numbers. What the
 * server claims by annotations is not looked at. docs/classifier.md says how good it is.
 */
#ifndef CATALOG_CLASSIFY_H
#define CATALOG_CLASSIFY_H
#include "catalog/profile.h"
#include "catalog/words.h"

struct tool_text {
	struct slice name, title, description;
	struct slice server;	     /* its name or identity; may be empty */
	const struct json *schema;   /* the input schema; NULL: there is none */
};

#define CLASSIFIED_EVIDENCE_MAX 8

struct classified {
	enum category category; /* never UNKNOWN */
	double probability[CATEGORIES];
	double confidence;	/* that the category is right, calibrated */
	struct evidence evidence[CLASSIFIED_EVIDENCE_MAX]; /* the greatest weight first */
	size_t evidence_n;
};

/* From a definition as in tools/list; slices into it. */
struct tool_text tool_text_of(const struct json *definition, struct slice server);

/*
 * Never fails: out of memory costs evidence, not the answer. Looks at LIMIT_PROFILE_TEXT bytes of the
 * description and LIMIT_PROFILE_PROPERTIES properties.
 */
void classify(const struct tool_text *t, struct arena *a, struct classified *out);
/* Were the weights made for these features and this lexicon? Else: make classifier. */
bool classify_is_trained(void);
/* Of one value of an argument that chooses the action ("delete", "list_users"): by its words alone.
 * UNKNOWN: it names no action. */
enum category classify_word(struct slice value);
#endif
