/* How much of a model's context a definition takes. */
#ifndef CATALOG_TOKENS_H
#define CATALOG_TOKENS_H
#include "base/slice.h"

/* An estimate of the tokens of o200k_base, by the kinds of characters; docs/catalog.md has its error. */
size_t tokens_of(struct slice text);

#endif
