/* The operators of conditions: one table, one line each. */
#ifndef POLICY_OPERATOR_H
#define POLICY_OPERATOR_H
#include "base/regex.h"
#include "policy/path.h"

enum holds { HOLDS_NO = 0, HOLDS_YES, HOLDS_UNSURE }; /* unsure counts as what refuses */

/* seen_in: how an identifier must have stood in the result where it was met first. */
enum seen_where { SEEN_ANYWHERE = 0, SEEN_IN_TEXT, SEEN_IN_FIELD };

struct sql_rule; /* sql.h */

/* The value of a condition, as the operator wants it. */
struct operand {
	enum json_type type; /* of json, and its text when it is a string or a number */
	bool is_true;        /* it is true */
	struct slice text;
	struct short_number number;
	const struct slice *texts; /* folders, hosts: normalised; of a list of strings only: these */
	size_t text_n;
	const struct json *json;
	const struct regex *regex;
	const struct slice *schemes; /* of host_in; none: http and https */
	size_t scheme_n;
	const struct sql_rule *sql;
	bool is_time;
	int64_t time_us;
	uint64_t count;
	unsigned kinds; /* seen_in: of identifiers (ident.h) */
	enum seen_where where;
};

enum operand_kind {
	OPERAND_NONE = 0,
	OPERAND_ANY,
	OPERAND_ORDER, /* a number or an RFC 3339 time */
	OPERAND_LIST,
	OPERAND_BOOL,
	OPERAND_TEXT,
	OPERAND_REGEX,
	OPERAND_FOLDERS, /* a string or a list of strings, not empty */
	OPERAND_HOSTS,
	OPERAND_COUNT,
	OPERAND_SEEN, /* a label, a list of them, or {labels, where, kinds} */
	OPERAND_SQL,
};

struct operator
{
	const char *name;
	enum operand_kind kind;
	enum holds (*test)(const struct operand *o, const struct value *v);
	/* In place of test, for those that look at more than the value: other arguments, the past. */
	enum holds (*test_in_view)(const struct operand *o, const struct value *v,
				   struct facts_view *f);
	const char *words; /* "be one of": 'args.x' must (not) be one of [1,2] */
	bool is_negative;  /* the words say the opposite */
	bool takes_absent; /* every other one does not hold for what is missing */
};

const struct operator* operator_find(struct slice name); /* NULL: unknown */
const struct operator* operator_at(size_t i);            /* NULL at the end */

/* path_within: a folder as it is compared; false when it is none. */
bool folder_read(struct slice text, struct arena *a, struct slice *out) MUST_CHECK;
enum holds test_path_within(const struct operand *o, const struct value *v);
enum holds test_seen_in(const struct operand *o, const struct value *v, struct facts_view *f);

/* secret.c */
enum holds test_contains_secret(const struct operand *o, const struct value *v, struct facts_view *f);

#endif
