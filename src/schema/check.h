/* The state of one check, for validate.c and what it is divided into. */
#ifndef SCHEMA_CHECK_H
#define SCHEMA_CHECK_H
#include "schema/node.h"

/* Where in the value we are; lives on the stack. */
struct place {
	const struct place *up;
	struct slice key; /* p NULL: an element, at index */
	size_t index;
	size_t depth;
};

/* Resources entered on the way, innermost first: the dynamic scope. */
struct scope {
	const struct scope *outer;
	const struct resource *resource;
};

struct check {
	const struct schema *s;
	size_t steps, regex_steps; /* what is left */
	unsigned depth;
	bool is_exhausted;
	const struct place *place;
	const struct scope *scope;
	/*
	 * The members and elements that a subschema was applied to ("evaluated"), by address,
	 * in the order of finding. A subschema that fails takes back what it added. Kept only
	 * when somebody will ask.
	 */
	bool is_marking;
	const struct json **marks;
	size_t mark_n, mark_cap;
	struct arena scratch;
	/* The deepest failure so far; NULL while nobody wants to know. */
	struct schema_report *report;
	size_t report_depth;
};

bool check_node(struct check *c, const struct node *n, const struct json *v) MUST_CHECK;
/* The same for a member or an element. */
bool check_child(struct check *c, const struct node *n, const struct json *v, struct slice key,
                 size_t index) MUST_CHECK;
/* The same for a subschema that may fail without consequence: it does not report. */
bool check_quietly(struct check *c, const struct node *n, const struct json *v) MUST_CHECK;

bool check_object(struct check *c, const struct object_rules *o, const struct json *v) MUST_CHECK;
bool check_array(struct check *c, const struct array_rules *a, const struct json *v) MUST_CHECK;
bool check_logic(struct check *c, const struct node *n, const struct json *v) MUST_CHECK;
/* Takes up what nothing since mark `start` was applied to. */
bool check_unevaluated(struct check *c, const struct node *n, const struct json *v,
                       size_t start) MUST_CHECK;
bool check_strictly(struct check *c, const struct json *v) MUST_CHECK;

/* Pays for work; false when the budget is used up. */
bool check_pay(struct check *c, size_t steps) MUST_CHECK;
/* Reports, unless a deeper failure has been reported; false. */
bool check_fail(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool check_fail_type(struct check *c, unsigned types); /* "must be …" of the types */
/* Counts a member or element as evaluated. */
bool check_mark(struct check *c, const struct json *v) MUST_CHECK;
bool check_regex(struct check *c, const struct regex *r, struct slice text, bool *is_match) MUST_CHECK;

/* Typed equality as json_equal, but paid for. */
bool check_equal(struct check *c, const struct json *a, const struct json *b) MUST_CHECK;
bool check_unique(struct check *c, const struct json *array) MUST_CHECK;

#endif
