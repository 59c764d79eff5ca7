/*
 * The compiled tree, inside of schema/ only. Everything in it lives in the schema's arena,
 * but for the patterns. A node has a group of rules only where its subschema has keywords
 * of that group: most nodes are a set of types and nothing else.
 */
#ifndef SCHEMA_NODE_H
#define SCHEMA_NODE_H
#include "base/regex.h"
#include "schema/format.h"
#include "schema/number.h"
#include "schema/schema.h"

enum dialect {
	DIALECT_NONE = 0,
	DIALECT_7 = 1, /* draft-07, and draft-06 which is a part of it */
	DIALECT_2019 = 2,
	DIALECT_2020 = 4,
};

/* A set of types: bits of enum json_type, and one for numbers without a fraction. */
#define TYPE_BIT(t) (1u << (t))
#define TYPE_INTEGER (1u << 7)
#define TYPE_ANY 0xffu

struct node;

struct anchor {
	struct slice name;
	const struct node *node;
	struct anchor *next;
};

/* A subschema with an identity ($id): what anchors are looked up in. */
struct resource {
	struct slice uri;
	enum dialect dialect;
	bool is_undeclared;       /* no $schema: the dialect is the default */
	struct anchor *dynamic;   /* $dynamicAnchor; $recursiveAnchor has the empty name */
	const struct json *value; /* only while compiling */
};

struct node_list {
	const struct node **list;
	size_t n;
};

struct name_list {
	struct slice *list;
	size_t n;
};

struct property {
	struct slice name;
	const struct node *schema; /* NULL: it is only required */
	bool is_required;
};

struct pattern {
	struct regex *regex;
	const struct node *schema;
	struct pattern *next;
};

struct dependent {
	struct slice name; /* when this property is there: */
	const struct node *schema;
	struct name_list names;
	struct dependent *next;
};

struct object_rules {
	struct property *properties; /* in the order of property_compare, no name twice */
	size_t n, required_n;
	size_t min, max;
	struct pattern *patterns;
	const struct node *additional, *names, *unevaluated;
	struct dependent *dependents;
};

struct array_rules {
	struct node_list prefix;
	const struct node *items, *contains, *unevaluated;
	const struct node *additional; /* additionalItems: moves to items when items is a list */
	size_t min, max, min_contains, max_contains;
	bool is_unique, is_list; /* is_list: items was the list of older dialects */
	bool contains_counts;    /* does contains evaluate items (2020-12)? */
};

struct string_rules {
	size_t min, max; /* in code points */
	struct regex *pattern;
	format_check *format;
	const char *format_name;
};

struct number_rules {
	struct slice minimum, maximum, above, below; /* p NULL: none */
	struct divisor divisor;                      /* digits 0: none */
};

struct logic_rules {
	const struct json *values; /* enum: an array */
	const struct json *constant;
	const struct node *ref, *dynamic_ref;
	struct slice dynamic_name; /* p NULL: dynamic_ref behaves as ref */
	struct node_list all, any, one;
	const struct node *not, *if_, *then, *else_;
};

struct node {
	const struct resource *resource;
	unsigned char types;
	bool is_false;
	struct object_rules *object;
	struct array_rules *array;
	struct string_rules *string;
	struct number_rules *number;
	struct logic_rules *logic;
};

struct regex_link {
	struct regex *regex;
	struct regex_link *next;
};

struct schema {
	size_t refs;
	struct arena arena;
	const struct node *root;
	struct regex_link *regexes;
	bool has_unevaluated, has_dynamic;
};

/* By length, then by bytes. */
int property_compare(const void *a, const void *b);
const struct property *object_find(const struct object_rules *o, struct slice name);

#endif
