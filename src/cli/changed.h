/*
 * The record of what the command line changes, as the API keeps it of people: the object before, what became of it,
 * and the local user who did it.
 */
#ifndef CLI_CHANGED_H
#define CLI_CHANGED_H
#include "cli/place.h"

struct people;

struct changed {
	struct cli *c;
	struct place *place;
	const char *type; /* "server", "policy", "grant" */
	struct slice before;
};

/* Before it is done. name: a grant's may be its id; NULL, or nobody's: it is about to be made. */
struct changed changed_begin(struct cli *c, struct place *p, const char *type, const char *name);
/* After it was done. action NULL: create, update or delete, as it turns out. What was changed into itself is not
 * recorded. CLI_OK, or CLI_FAILED after telling that it is done, and could not be recorded. */
int changed_end(const struct changed *ch, const char *action, const char *name);

/* The same, of what the caller knows; before and after as JSON. */
int changed_put(struct people *people, const char *action, const char *type, const char *id, struct slice before,
		struct slice after);

#endif
