/* What the files that check a policy share: lint.c, reach.c, check.c. For this folder only. */
#ifndef POLICY_CHECK_H
#define POLICY_CHECK_H
#include "policy/parse.h"

struct check {
	struct parser ps;
	const struct policy *policy;
	const struct json *tools; /* NULL: none are known */
	const char **names;	  /* of the tools */
	size_t n;
	struct arena arena; /* for schemas of facts */
};

/* Do these rules, or those of all tools, decide calls of the tool? Patterns count that another
 * name goes before. */
bool check_concerns(const struct check *c, const struct rules *r, const struct json *tool);
struct slice check_tool_name(const struct json *tool);
struct slice check_tool_class(const struct json *tool);

/* declared.c: may an argument stand at the path? True in doubt. */
bool schema_may_have_path(const struct json *schema, const struct path *p);
/* A subschema that every value at the path must satisfy, perhaps among others; NULL when none is
 * found. *may_lack: arguments that fit the schema may have nothing there. */
const struct json *schema_at_path(const struct json *schema, const struct path *p, bool *may_lack);

/* lint.c: conditions that can never hold, or that refuse nothing. */
void check_conditions(struct check *c, const struct rules *r);
void check_flow_conditions(struct check *c, const struct flow *w);

/* reach.c: rules that are never looked at. */
void check_reach(struct check *c, const struct rules *r);
void check_labels(struct check *c);

#endif
