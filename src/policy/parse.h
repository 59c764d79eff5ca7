/* What the files that read a document share: where they are, and how they complain. */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H
#include "policy/program.h"

struct parser {
	struct slice text;
	struct policy *policy;
	struct policy_problems *problems; /* may be NULL */
	struct buf pointer;               /* of the value at hand */
	size_t errors;
	struct slice places[PATH_PLACES]; /* paths of the rules at hand */
	size_t place_first, place_n;
	struct slice *flow_labels; /* of the policy, while they grow */
	struct labels *labelled;   /* of all tools: their bits are known after the flows */
	size_t labelled_n;
};

/* Goes to a member; the result is for parser_leave. */
size_t parser_enter(struct parser *ps, struct slice token);
size_t parser_enter_at(struct parser *ps, size_t index);
void parser_leave(struct parser *ps, size_t mark);

/* About the value at hand, and always false: "return parser_refuse(…)". */
bool parser_refuse(struct parser *ps, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool parser_warn(struct parser *ps, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* About the member `key` of the object at hand. */
bool parser_refuse_key(struct parser *ps, struct slice key, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A problem with no place in the values: a text that is not JSON. */
void parser_refuse_text(struct parser *ps, struct err *e);

/* Refuses members that are not among the keys, with the nearest one; and what is no object. */
bool parser_check_keys(struct parser *ps, const struct json *object, const char *const *keys,
		       size_t n);
/* The nearest of n names by edit distance, NULL when none is near. */
const char *nearest_name(struct slice word, const char *const *names, size_t n);

void *parser_take(struct parser *ps, size_t count,
		  size_t size); /* zeroed, from the policy's arena */

/* Readers of members of the object at hand. They complain and return false for a value of the
 * wrong type; an absent member leaves *out alone and is fine. */
bool parser_text(struct parser *ps, const struct json *object, const char *key, struct slice *out);
bool parser_bool(struct parser *ps, const struct json *object, const char *key, bool *out);
bool parser_count(struct parser *ps, const struct json *object, const char *key, uint64_t max,
		  uint64_t *out);
/* Text for the agent: cut at LIMIT_POLICY_TEXT. */
bool parser_message(struct parser *ps, const struct json *object, const char *key,
		    struct slice *out);
/* A list of strings that are not empty. */
bool parser_names(struct parser *ps, const struct json *object, const char *key, struct names *out);

/* A name of `[a-z][a-z0-9_]*`. */
bool parser_labels(struct parser *ps, const struct json *object, const char *key, struct names *out);
/* The value at hand: one such name, or a list of them. */
bool parser_label_or_list(struct parser *ps, const struct json *v, struct names *out);

/* parse_rules.c, parse_condition.c */
void parse_rules(struct parser *ps, const struct json *v, struct rules *out);
void parse_ask(struct parser *ps, const struct json *v, struct policy_ask *out); /* from *out's own */
void parse_conditions(struct parser *ps, const struct json *list, struct group *out);
bool parse_condition(struct parser *ps, const struct json *v, struct condition *out);
/* seen.c */
bool parse_seen(struct parser *ps, const struct json *v, struct operand *out);
void parser_want_seen(struct parser *ps, const struct condition *c);
/* parse_sql.c: the value of sql_only, and the key `dialect` */
bool parse_sql(struct parser *ps, const struct json *v, struct operand *out);
bool parse_dialect(struct parser *ps, const struct json *object);
/* parse_limits.c */
void parse_limits(struct parser *ps, const struct json *v, struct rules *out);
bool parse_window(struct parser *ps, const struct json *object, struct window *out); /* the key `window` */
/* parse_flows.c: labels first */
void parse_labels(struct parser *ps, const struct json *doc);
void parse_flows(struct parser *ps, const struct json *doc);
/* parse_results.c */
void parse_results(struct parser *ps, const struct json *doc);
const struct regex *parser_regex(struct parser *ps, struct slice pattern); /* NULL: complained */

/* Of an exact name or a pattern; sorted once all are there. */
void book_add(struct parser *ps, struct book *b, size_t room, struct slice name, void *value);
void book_sort(struct book *b);

#endif
