/* The state of one compilation, for compile.c and the keywords; nobody else includes it. */
#ifndef SCHEMA_COMPILE_H
#define SCHEMA_COMPILE_H
#include "base/map.h"
#include "schema/node.h"
#include "schema/uri.h"

struct reference;

struct compiling {
	struct schema *s;
	struct arena tmp;  /* what is forgotten at the end */
	struct buf where;  /* JSON Pointer of what is being compiled */
	struct map by_value; /* address of a subschema's value: its node */
	struct map by_uri;   /* identity, or identity#anchor: its node */
	struct reference *references, **last;
	size_t nodes;
	size_t pattern_bytes;
	bool check_format;
	struct err *e;
};

/* NULL and *e on failure. The value becomes a node of the resource, or of a resource of
 * its own when it has an $id. */
const struct node *compile_schema(struct compiling *c, const struct json *v,
                                  const struct resource *r) MUST_CHECK;
/* *target is set once all of the schema is known. */
bool compile_reference(struct compiling *c, struct node *n, const struct node **target,
                       const struct json *text, bool is_dynamic) MUST_CHECK;
bool compile_anchor(struct compiling *c, struct node *n, struct slice name, bool is_dynamic) MUST_CHECK;

/* One step down the pointer, and back. */
size_t compile_enter(struct compiling *c, struct slice token);
void compile_leave(struct compiling *c, size_t old);
/* Sets *e to what is wrong where we are; false. */
bool compile_fail(struct compiling *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* In the schema's arena, zeroed; NULL and *e when the schema is too large. */
void *compile_alloc(struct compiling *c, size_t n) MUST_CHECK;
bool compile_copy(struct compiling *c, struct slice from, struct slice *to) MUST_CHECK;

#endif
