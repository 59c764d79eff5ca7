/*
 * Arguments that choose what the tool does: an enum, or values listed in a description, of an argument that
 * is named for it ("action", "operation", "method"), and free statements for a database.
 */
#ifndef CATALOG_BRANCHES_H
#define CATALOG_BRANCHES_H
#include "catalog/signals.h"

/* More values in one list are a vocabulary, not a choice of actions. */
#define BRANCH_VALUES_MAX 64

/* False: it chooses nothing. Strings of *out live in the definition or in the arena; pointer and path are
 * the caller's to set. */
bool branching_of(const struct signals_context *c, const struct argument *a, unsigned signals, struct arena *mem,
		  struct branching *out);
/* The most severe value; UNKNOWN for a statement. */
enum category branching_worst(const struct branching *g);

#endif
