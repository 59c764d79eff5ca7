/*
 * The policy language, pure: a document and facts to a decision. The contract for
 * authors is docs/policy.md.
 *
 * A policy is compiled once, immutable and reference-counted: a call finishes on the
 * version it began with. Deciding never fails and never allocates: a fact that the rules
 * need and the caller left out counts as absent, and absent facts never allow.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H
#include "quota/quota.h"
#include "json/json.h"

struct policy;

/* One mistake in a document. All of them are reported, up to POLICY_PROBLEMS_MAX. */
struct policy_problem {
	int line, column;  /* from 1 */
	char pointer[256]; /* JSON Pointer of the value, or of the key that is wrong */
	char text[256];    /* "unknown key 'polcy' (did you mean 'policy'?)" */
	bool is_warning;   /* the document loads all the same */
};
#define POLICY_PROBLEMS_MAX 100

struct policy_problems {
	struct policy_problem *v; /* owned; free with policy_problems_release */
	size_t n;
};
void policy_problems_release(struct policy_problems *p);

/* NULL when any problem is not a warning. Parts of the language that this version does
 * not have are refused by name. */
struct policy *policy_new(struct slice text, struct policy_problems *problems) MUST_CHECK;
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy **p);
const char *policy_description(const struct policy *p);

/* Does the tool's schema have the paths that the rules name, and does each tool that is
 * named exist? tools: array of tool definitions (MCP Tool). Adds warnings. */
void policy_check_tools(const struct policy *p, struct slice text, const struct json *tools,
			struct policy_problems *problems);

enum policy_effect { POLICY_DENY = 0, POLICY_APPROVE, POLICY_ALLOW };

enum policy_validate { POLICY_VALIDATE_SCHEMA = 0, POLICY_VALIDATE_STRICT, POLICY_VALIDATE_OFF };

struct policy_facts {
	struct slice server, tool;
	const struct json *arguments; /* an object; NULL: the call has none, and counts as {} */
	struct slice tool_class, tool_severity; /* empty: unknown */
	struct slice grant_id, grant_label, grant_subject;
	const struct slice *grant_tags;
	size_t grant_tag_n;
	struct slice session_id; /* empty: none; limits of scope session then count by grant */
	struct slice client_name, client_ip;
	uint64_t session_calls;
	int64_t now_us; /* wall clock */
	/* Do the arguments satisfy the tool's inputSchema? Called at most once, in its place in
	 * the order of rules; false fills why (one line for the agent). NULL: no schema is
	 * known, and a call that must be validated is refused. */
	bool (*arguments_fit)(void *ctx, enum policy_validate mode, char *why, size_t why_size);
	void *ctx;
};

#define POLICY_RULE_MAX   512
#define POLICY_CLAIMS_MAX 32

struct policy_decision {
	enum policy_effect effect;
	bool is_hidden;                /* the tool is not to be known by this grant */
	char rule[POLICY_RULE_MAX];    /* as the seeds' system names it; "" when nothing fired */
	char pointer[POLICY_RULE_MAX]; /* JSON Pointer into the document; "" when nothing fired */
	char message[512];             /* for the agent, without a prefix */
	/* What an allowed call takes from counters: all or none (quota_reserve). */
	struct quota_claim claims[POLICY_CLAIMS_MAX];
	size_t claim_n;
	uint32_t timeout_ms;       /* 0: the server's own */
	uint64_t max_result_bytes; /* 0: the server's own */
};

/* Everything but the counters: an allowed decision still has to reserve its claims. */
void policy_decide(const struct policy *p, const struct policy_facts *f, struct policy_decision *d);
/* policy NULL: the refusal "(no policy)". */

/* After a reservation was refused: turns *d into the refusal by claim `at`. */
void policy_refuse_limit(const struct policy *p, struct policy_decision *d, size_t at,
			 int64_t retry_after_us);

/* Does the tool stand in this grant's tools/list? */
bool policy_shows_tool(const struct policy *p, struct slice tool);

/* resources and prompts: may this uri or name be read, and listed? */
enum policy_kind { POLICY_RESOURCE = 0, POLICY_PROMPT };
bool policy_allows_name(const struct policy *p, enum policy_kind kind, struct slice name);
/* Do both say the same of all names? NULL allows none. */
bool policy_same_names(const struct policy *a, const struct policy *b, enum policy_kind kind);
/* server_requests: "sampling", "elicitation", "roots"; false for any other. */
bool policy_allows_server_request(const struct policy *p, struct slice what);

#endif
