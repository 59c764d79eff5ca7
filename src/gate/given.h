/* The tools that a command is given in a file: definitions or names, with what the catalogue finds of them. */
#ifndef GATE_GIVEN_H
#define GATE_GIVEN_H
#include "base/map.h"
#include "catalog/risk.h"
#include "json/json.h"
#include "policy/policy.h"
#include "schema/schema.h"

struct given_tool {
	const struct json *definition; /* NULL: only its name is known */
	struct schema *schema;         /* compiled at the first call */
	struct slice tool_class, severity; /* as they were given, else as the catalogue finds; empty: nothing is known */
	struct slice labels[POLICY_LABELS_MAX];
	size_t label_n;
	char why[256];                 /* why it cannot be; empty: not tried */
};

struct given {
	const struct json *list; /* of definitions, in order; NULL: none are known */
	struct map tools;        /* struct given_tool, the first of each name */
	struct arena *arena;     /* borrowed; all of it lives there */
};

void given_init(struct given *g, struct arena *a);
void given_release(struct given *g);
/* text: see judge_new. Once. */
bool given_read(struct given *g, struct slice text, struct err *e) MUST_CHECK;
struct slice given_name(const struct json *definition);
/* Of a row that may have it in `tool`, beside what else it says. */
const struct json *given_definition(const struct json *row);
bool given_has_schema(struct given_tool *t) MUST_CHECK; /* false: t->why */

#endif
