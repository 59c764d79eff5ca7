/*
 * JSON Schema, draft 2020-12 (https://json-schema.org/draft/2020-12/schema), pure.
 *
 * A schema is compiled once from a value that json_read accepted, and is immutable
 * and reference-counted after that. Remote references are never fetched: a $ref
 * that does not resolve inside the schema is an error of schema_new.
 */
#ifndef SCHEMA_SCHEMA_H
#define SCHEMA_SCHEMA_H
#include "json/json.h"

struct schema;

struct schema_opts {
	bool check_format; /* "format" asserts; else it only annotates (the default of 2020-12) */
};

/* Copies what it needs: the definition's arena may go. NULL and *e when the schema is
 * not valid, uses a dialect or vocabulary we do not have, is over LIMIT_SCHEMA_NODES, or has a
 * pattern that does not compile. */
struct schema *schema_new(const struct json *definition, const struct schema_opts *o, struct err *e) MUST_CHECK;
struct schema *schema_ref(struct schema *s);
void schema_unref(struct schema **s);

struct schema_report {
	char path[256];   /* JSON Pointer into the value */
	char reason[256]; /* "must be a string", "unknown property 'x'", … in words for the agent */
};

enum schema_mode {
	SCHEMA_PLAIN = 0,
	SCHEMA_STRICT, /* also: no property that no applied subschema declares, at any level */
};

/* False when the value does not fit, or when the budget of LIMIT_SCHEMA_STEPS is used up
 * (never allow by exhaustion). r may be NULL. */
bool schema_check(const struct schema *s, const struct json *value, enum schema_mode mode,
                  struct schema_report *r) MUST_CHECK;

/* Could a value at this path exist under the schema? For checking policies: path is the
 * argument path as tokens; "*" stands for any element. True when the schema does not say. */
bool schema_may_have(const struct schema *s, const struct slice *tokens, size_t n);

#endif
