/*
 * The compiled form of a policy: what parse.c makes and decide.c runs. All of it lives in
 * the policy's arena and points into its document. Nobody outside this folder sees it.
 */
#ifndef POLICY_PROGRAM_H
#define POLICY_PROGRAM_H
#include "base/map.h"
#include "policy/operator.h"
#include "policy/path.h"
#include "policy/policy.h"

struct condition {
	struct path path;
	const struct operator* op;
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

enum scope { SCOPE_NONE = 0, SCOPE_GRANT, SCOPE_SESSION, SCOPE_SERVER };

struct rules;

struct limit {
	const struct rules *rules; /* whose it is */
	struct slice counter, on_deny;
	struct window window;
	enum scope scope;
	quota_amount max, increment;
	bool is_from_argument;
	struct path increment_from;
	bool is_short;  /* written as rate_limit */
	uint32_t index; /* in the policy's limits */
	uint32_t place; /* in the rules' own, for the pointer */
};

enum action { ACTION_ALLOW = 0, ACTION_DENY, ACTION_HIDE };

struct rules {
	struct slice name; /* as in the document; empty: all_tools */
	bool is_all_tools;
	enum action action;
	struct slice reason;
	struct group_list require, deny_if;
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

struct policy {
	size_t refs;
	struct arena arena;
	struct slice description;
	bool allows, hides_denied;
	struct names hide;
	struct rules all_tools;
	const struct rules *tools;
	size_t tool_n;
	struct map exact;           /* name to rules */
	const struct rules **globs; /* the longest literal part first */
	size_t glob_n;
	struct name_rules kinds[2]; /* by enum policy_kind */
	bool allows_sampling, allows_elicitation, allows_roots;
	const struct limit **limits; /* by index */
	size_t limit_n, limit_cap;
	struct regex **regexes; /* freed with the policy */
	size_t regex_n, regex_cap;
};

/* The tool's own rules; NULL when nothing names it. */
const struct rules *policy_find_rules(const struct policy *p, struct slice tool);
bool policy_hides(const struct policy *p, struct slice tool);

/* What cannot be told (a pattern over its limits) refuses: it holds in deny_if only. `[*]` means
 * every element in require, any in deny_if. */
enum group_use { GROUP_REQUIRE = 0, GROUP_DENY_IF };

bool condition_holds(const struct condition *c, struct facts_view *f, enum group_use use);
/* *decisive: the condition that made it so; n when no single one did. */
bool group_holds(const struct group *g, struct facts_view *f, enum group_use use, size_t *decisive);

/* The validation that applies to a tool with these rules (NULL: none of its own). */
enum policy_validate policy_validation(const struct policy *p, const struct rules *r);

/* decide.c and explain.c speak of rules with the same words. */
#define GROUP_ITSELF SIZE_MAX
void rule_of_group(const struct rules *r, enum group_use use, const struct group *g,
		   size_t condition, char out[POLICY_RULE_MAX]);
void pointer_of_group(const struct rules *r, enum group_use use, size_t at, size_t condition,
		      char out[POLICY_RULE_MAX]);
void pointer_of_rules(const struct rules *r, const char *member, char out[POLICY_RULE_MAX]);
void rule_of_limit(const struct limit *l, char out[POLICY_RULE_MAX]);
void pointer_of_limit(const struct limit *l, char out[POLICY_RULE_MAX]);

/* uri.c: false for a URI that a server may take for another one than it looks: dot segments,
 * escapes that need not be or that hide a separator, backslashes, a scheme in capitals
 * (RFC 3986, 6.2.2). */
bool policy_uri_is_plain(struct slice uri);

struct facts_view;
/* window.c */
void window_span(const struct window *w, int64_t now_us, int64_t *start_us, int64_t *end_us);
void window_text(const struct window *w, char *out, size_t size); /* "minute", "90 s" */
/* False and why when the argument that the limit counts cannot be counted. */
bool limit_claim(const struct limit *l, struct facts_view *f, struct quota_claim *claim, char *why,
		 size_t why_size);

#endif
