/* The table of keywords, for compile.c. */
#ifndef SCHEMA_KEYWORD_H
#define SCHEMA_KEYWORD_H
#include "schema/compile.h"

/* Reads one member of a schema into the node; true for names that no keyword of the
 * resource's dialect has. */
bool keyword_compile(struct compiling *c, struct node *n, struct slice name,
                     const struct json *v) MUST_CHECK;
/* What needs all keywords of a subschema together. */
void keyword_finish(struct node *n);

#endif
