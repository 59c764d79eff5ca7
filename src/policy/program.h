/*
 * The compiled form of a policy: what parse.c makes and decide.c runs. All of it lives in
 * the policy's arena and points into its document. Nobody outside this folder sees it.
 */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H
#include "base/digest.h"
#include "base/limits.h"
#include "base/map.h"
#include "policy/operator.h"
#include "policy/path.h"
#include "policy/policy.h"
#include "schema/schema.h"

struct condition {
	const struct operator* op;
	struct path path;
	struct operand operand;
	/* "'args.a' must be at most 5" and "'args.a' must not be at most 5", for the agent. */
	struct slice requires, forbids;
};

struct group {
	const struct condition *conditions;
	size_t n;
	bool is_any;          /* joined by OR */
	struct slice on_deny; /* empty: none */
};

struct group_list {
	const struct group *v;
	size_t n;
};

enum window_kind { WINDOW_NONE = 0, WINDOW_SECONDS, WINDOW_WEEK, WINDOW_MONTH };

struct window {
	enum window_kind kind;
	int64_t seconds;   /* of WINDOW_SECONDS and WINDOW_WEEK */
	struct slice name; /* "minute"; empty: a number of seconds */
};

enum scope {
	SCOPE_NONE = 0,
	SCOPE_GRANT,
	SCOPE_SESSION,
	SCOPE_SERVER,
	SCOPE_SUBJECT,
	SCOPE_ORGANISATION
};

struct rules;

struct limit {
	const struct rules *rules; /* whose it is */
	struct slice counter, on_deny;
	struct window window; /* WINDOW_NONE: what is in flight at once */
	enum scope scope;
	enum quota_kind kind;
	bool is_repeat; /* counts the same call only */
	bool is_durable, passes_unreachable;
	quota_amount max, increment;
	bool is_from_argument;
	struct path increment_from;
	bool is_short;  /* written as rate_limit */
	uint32_t index; /* in the policy's limits */
	uint32_t place; /* in the rules' own, for the pointer */
};

enum action { ACTION_ALLOW = 0, ACTION_DENY, ACTION_HIDE, ACTION_APPROVE };

enum rules_kind { RULES_TOOL = 0, RULES_ALL, RULES_CLASS };

struct rules {
	struct slice name; /* as in the document; empty: all_tools */
	enum rules_kind kind;
	enum action action;
	struct slice reason;
	struct group_list require, deny_if, approve_if;
	struct policy_ask ask; /* of approve_if and of the action */
	const struct schema *schema; /* the author's own; NULL: none */
	const struct limit *limits;
	size_t limit_n;
	bool has_validate;
	enum policy_validate validate;
	uint32_t timeout_ms;
	uint64_t max_result_bytes;
};

struct names {
	const struct slice *v;
	size_t n;
};

struct name_rules {
	bool allows;
	struct names allow, deny;
};

/* What names and patterns stand for: an exact name goes before a pattern, and of two patterns the
 * one with the longer literal part. */
struct book {
	struct map exact;
	struct book_glob {
		struct slice pattern;
		void *value;
	} *globs; /* the longest literal part first */
	size_t glob_n;
};

/* Labels of a tool: by the policy's `labels`, or the catalogue's. Bits: see struct policy. */
struct labels {
	struct names names;
	uint64_t bits;
};

struct flow {
	struct slice name, reason;
	uint64_t after, refuse;  /* bits of labels */
	struct names after_names; /* for words */
	bool has_unless_same;
	struct path unless_same;
	uint64_t unless_same_hash;
	bool asks;           /* unless a person agrees */
	struct group narrow; /* conditions on the call at hand */
	int64_t window_us;   /* 0: the session, or POLICY_SESSION_US where there is none */
	uint32_t place;
};

/* What a call that sets a label leaves for a flow's unless_same to compare with. */
struct mark_wanted {
	size_t label; /* its bit */
	const struct path *path;
	uint64_t path_hash;
};

#define POLICY_CLASSES 5

struct policy_results;

struct policy {
	size_t refs;
	struct arena arena;
	struct slice description;
	bool allows, hides_denied, is_shadow;
	struct policy_ask ask; /* where rules and flows say nothing else */
	struct names hide;
	struct rules all_tools;
	const struct rules *classes[POLICY_CLASSES]; /* NULL: none of this class */
	const struct rules *tools;
	size_t tool_n;
	struct book by_name;        /* rules of tools */
	struct book labelled;       /* struct labels */
	struct names labels;        /* that flows name: bit i is for the i-th */
	const struct flow *flows;
	size_t flow_n;
	struct mark_wanted marks[POLICY_MARKS_MAX];
	size_t mark_n;
	bool wants_past;
	/* What conditions with seen_in look at, each path once, and of which kinds. */
	struct {
		struct path path;
		unsigned kinds;
	} seen[LIMIT_POLICY_SEEN];
	size_t seen_n;
	unsigned seen_kinds; /* of them all */
	struct policy_results *results; /* NULL: none */
	struct name_rules kinds[2];     /* by enum policy_kind */
	bool allows_sampling, allows_elicitation, allows_roots;
	const struct limit **limits; /* by index */
	size_t limit_n, limit_cap;
	struct regex **regexes; /* freed with the policy */
	size_t regex_n, regex_cap;
	struct schema **schemas; /* the same */
	size_t schema_n, schema_cap;
	const struct json *nothing; /* {}: the arguments of a call that has none */
};

/* NULL when nothing has this name. */
void *book_find(const struct book *b, struct slice name);

/* The tool's own rules, else those of its class; NULL when nothing names it. */
const struct rules *policy_find_rules(const struct policy *p, struct slice tool,
				      struct slice tool_class);
bool policy_is_hidden(const struct policy *p, const struct rules *r, struct slice tool);
bool names_match(const struct names *list, struct slice name, char separator);
/* "read" … as in `classes`; NULL at the end. */
const char *policy_class_name(size_t i);

/* What cannot be told (a pattern over its limits) refuses or asks: it holds everywhere but in
 * require. `[*]` means every element in require, any in the others. */
enum group_use { GROUP_REQUIRE = 0, GROUP_DENY_IF, GROUP_APPROVE_IF, GROUP_FLOW };

bool condition_holds(const struct condition *c, struct facts_view *f, enum group_use use);
/* *decisive: the condition that made it so; n when no single one did. */
bool group_holds(const struct group *g, struct facts_view *f, enum group_use use, size_t *decisive);

/* The validation that applies to a tool with these rules (NULL: none of its own). */
enum policy_validate policy_validation(const struct policy *p, const struct rules *r);
/* The author's schema. False fills why. */
bool rules_schema_fits(const struct policy *p, const struct rules *r, const struct policy_facts *f,
		       char *why, size_t why_size);

/* flows.c: what the call at hand is labelled, and what the past says of each flow. */
struct labels policy_labels(const struct policy *p, const struct policy_facts *f);
uint64_t policy_label_bits(const struct policy *p, const struct slice *labels, size_t n);
bool flow_fires(const struct policy *p, const struct flow *w, uint64_t call_labels,
		struct facts_view *f);
/* Labels of the past that were last seen before this do not count for the flow. */
int64_t flow_since_us(const struct flow *w, const struct policy_facts *f);

/* learn.c: the argument as marks keep it; false when there is none that can be compared. */
bool mark_value(const struct path *path, struct facts_view *f, uint64_t *out);

/* say.c: decide.c and explain.c speak of rules with the same words. */
#define GROUP_ITSELF SIZE_MAX
void say_put(char *out, size_t size, const char *fmt, ...) PRINTF_LIKE(3, 4); /* cuts between characters */
void say_refusal(struct policy_decision *d, const char *rule, const char *pointer, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
const struct group_list *groups_of(const struct rules *r, enum group_use use);
/* The message and what would be allowed, of a group that decided; at: see group_holds. */
void say_group(struct policy_decision *d, const struct group *g, enum group_use use, size_t at,
	       struct facts_view *f);
void say_flow(struct policy_decision *d, const struct flow *w, const struct policy_facts *f);
/* After the rule and the message are there: that and how a person must agree. */
void say_asking(struct policy_decision *d);
void rule_of_group(const struct rules *r, enum group_use use, const struct group *g,
		   size_t condition, char out[POLICY_RULE_MAX]);
void rule_of_member(const struct rules *r, const char *member, char out[POLICY_RULE_MAX]);
void rule_of_limit(const struct limit *l, char out[POLICY_RULE_MAX]);
void rule_of_flow(const struct flow *w, char out[POLICY_RULE_MAX]);
void pointer_of_group(const struct rules *r, enum group_use use, size_t at, size_t condition,
		      char out[POLICY_RULE_MAX]);
void pointer_of_rules(const struct rules *r, const char *member, char out[POLICY_RULE_MAX]);
void pointer_of_limit(const struct limit *l, char out[POLICY_RULE_MAX]);
void pointer_of_flow(const struct flow *w, char out[POLICY_RULE_MAX]);
void limit_text(const struct limit *l, char *out, size_t size); /* "per minute", "at once" */

/* uri.c: false for a URI that a server may take for another one than it looks: dot segments,
 * escapes that need not be or that hide a separator, backslashes, a scheme in capitals
 * (RFC 3986, 6.2.2). */
bool policy_uri_is_plain(struct slice uri);

/* hash.c: of a value in one spelling (keys sorted, numbers as exact decimals), with `salt` before
 * it. False for an object of more than LIMIT_POLICY_KEYS keys, which would take too long to sort:
 * then `out` is the same for all of them. */
bool json_digest(const struct json *v, struct slice salt, unsigned char out[DIGEST_SIZE]);

/* window.c */
void window_span(const struct window *w, int64_t now_us, int64_t *start_us, int64_t *end_us);
void window_text(const struct window *w, char *out, size_t size); /* "minute", "90 s" */
/* False and why when the argument that the limit counts cannot be counted. */
bool limit_claim(const struct policy *p, const struct limit *l, struct facts_view *f,
		 struct quota_claim *claim, char *why, size_t why_size);

#endif
