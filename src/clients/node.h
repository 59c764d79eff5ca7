/*
 * A configuration file as a tree whose values know where in the text they stand, so that one of
 * them can be replaced and every other byte stays. The same for the three languages that clients
 * use: JSON with comments (jsonc.c), TOML 1.0 (toml.c) and YAML (yaml_tree.c).
 *
 * Nodes and decoded strings live in the arena; the text must outlive them.
 */
#ifndef CLIENTS_NODE_H
#define CLIENTS_NODE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

enum language { LANGUAGE_NONE = 0, LANGUAGE_JSONC, LANGUAGE_TOML, LANGUAGE_YAML };

enum node_type {
	NODE_NONE = 0, /* the type of NULL */
	NODE_NULL,
	NODE_BOOL,
	NODE_NUMBER, /* of TOML also dates and times */
	NODE_STRING,
	NODE_LIST,
	NODE_OBJECT,
};

/* How an object or a list is written. */
enum node_form {
	NODE_FLOW = 0, /* between brackets: all of JSON, inline tables of TOML, flow style of YAML */
	NODE_BLOCK,    /* by indentation, in YAML */
	NODE_TABLE,    /* below a [header] of TOML; at and end are the header's alone */
	NODE_IMPLIED,  /* of TOML: by dotted keys or by the headers of others, with no place of its own */
};

struct node {
	enum node_type type;
	enum node_form form;
	struct slice key;  /* decoded; p NULL in lists and of the root */
	struct slice text; /* decoded string; word of a bool, number as written */
	size_t key_at;     /* first byte of the key; of what has none: as `at` */
	size_t at, end;    /* the value's first byte, and the one behind its last */
	struct node *parent, *next, *first, *last;
	size_t n; /* children */
};

/*
 * NULL and *e ("line L, column C: …") for what is not of that language, for more than
 * LIMIT_JSON_DEPTH levels or LIMIT_JSON_VALUES values, for TOML and YAML of more than LIMIT_CONFIG_BYTES. A byte order mark at the front is passed over.
 * JSONC: comments and trailing commas, as VS Code and Zed read them; keys that stand twice are kept
 * both: node_twice. YAML: what json/yaml.h reads. A text without a value is an empty object.
 */
struct node *node_read(enum language l, struct slice text, struct arena *a, struct err *e) MUST_CHECK;

/* All of these accept NULL, and answer for another type as for nothing. */
enum node_type node_type(const struct node *n);
/* The last one of that key, as clients take it. */
const struct node *node_get(const struct node *object, struct slice key);
const struct node *node_gets(const struct node *object, const char *key);
struct slice node_string(const struct node *n);
bool node_is_true(const struct node *n);
bool node_is_false(const struct node *n);
/* The first child whose key an earlier one has already; NULL: none. */
const struct node *node_twice(const struct node *object);

/* Sets *e to "line L, column C: what" for the byte `at` and gives false. Columns count characters. */
bool node_fail(struct slice text, size_t at, struct err *e, const char *what);

/* One replacement of the bytes from at to end. */
struct edit {
	size_t at, end;
	struct slice text;
};
struct buf;
/* The text with all of them made; sorted by `at`, not overlapping. */
void edits_apply(struct buf *out, struct slice text, const struct edit *v, size_t n);

#endif
