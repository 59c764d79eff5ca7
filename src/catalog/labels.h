/*
 * The labels of a tool for flows, and the traits that attach patterns of abuse: from its category, what its
 * words speak of, and its signals. docs/classifier.md says how often they are right.
 */
#ifndef CATALOG_LABELS_H
#define CATALOG_LABELS_H
#include "catalog/meaning.h"
#include "catalog/profile.h"

unsigned labels_of(const struct profile *p, const struct meaning *m); /* LABEL_BIT */
unsigned traits_of(const struct profile *p, const struct meaning *m); /* TRAIT_BIT */

#endif
