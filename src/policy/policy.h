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

/* NULL when any problem is not a warning. */
struct policy *policy_new(struct slice text, struct policy_problems *problems) MUST_CHECK;
struct policy *policy_ref(struct policy *p);
void policy_unref(struct policy **p);
const char *policy_description(const struct policy *p);

/*
 * Is all of it of use? Adds warnings: conditions that can never hold, rules that are never looked at;
 * and against tools (an array of MCP Tool, each with "class" and "labels" where they are known; NULL:
 * none are) names that no tool has, paths and values that no schema has, labels and classes that
 * no tool has.
 */
void policy_check(const struct policy *p, struct slice text, const struct json *tools,
		  struct policy_problems *problems);
/* Is the tool decided by `default` alone: does nothing in the document name it? */
bool policy_is_unnamed(const struct policy *p, struct slice tool, struct slice tool_class);

enum policy_effect { POLICY_DENY = 0, POLICY_APPROVE, POLICY_ALLOW };

enum policy_validate { POLICY_VALIDATE_SCHEMA = 0, POLICY_VALIDATE_STRICT, POLICY_VALIDATE_OFF };

/*
 * What a session did before this call; for a client without sessions, its grant. Only results that
 * were delivered count. Borrowed for one decision.
 */
struct policy_label_seen {
	struct slice name;
	int64_t first_us, last_us; /* wall clock */
};
/* An argument that a flow compares (unless_same), by a call that set the label. */
struct policy_mark {
	struct slice label;
	uint64_t path, value; /* hashes: of the path as written, of the value in canonical form */
	bool is_mixed;        /* calls that set the label had more than one value */
};
/* It was the whole of a value there, not a part of a text. */
#define POLICY_SEEN_IN_FIELD ((uint64_t)1 << 63)
enum policy_seen { POLICY_SEEN_UNSURE = 0, POLICY_SEEN_NEVER, POLICY_SEEN_FIRST };
#define POLICY_PAST_LABELS 63
struct policy_past {
	uint64_t calls;
	const struct policy_label_seen *labels;
	size_t label_n; /* at most POLICY_PAST_LABELS */
	const struct policy_mark *marks;
	size_t mark_n;
	/* In which result was this identifier (ident.h) met first? *labels: bits over labels[], and
	 * POLICY_SEEN_IN_FIELD.
	 * UNSURE: the memory was full, so it may have been. */
	enum policy_seen (*seen)(void *ctx, struct slice identifier, uint64_t *labels);
	void *ctx;
};

struct policy_facts {
	struct slice server, tool;
	const struct json *arguments; /* an object; NULL: the call has none, and counts as {} */
	struct slice tool_class, tool_severity; /* empty: unknown */
	struct slice grant_id, grant_label, grant_subject;
	const struct slice *grant_tags;
	size_t grant_tag_n;
	struct slice session_id; /* empty: none; limits of scope session then count by grant */
	struct slice client_name, client_ip;
	const struct slice *tool_labels; /* the catalogue's; the policy's own replace them */
	size_t tool_label_n; /* the first POLICY_LABELS_MAX count */
	/* For policy_learn: the result held what looks like instructions, which labels it
	 * reads_untrusted, whatever the tool is labelled. */
	bool has_injection;
	/* NULL: not known, and a policy that asks for it (policy_wants_past) refuses. */
	const struct policy_past *past;
	int64_t now_us; /* wall clock */
	/* Do the arguments satisfy the tool's inputSchema? Called at most once, in its place in
	 * the order of rules; false fills why (one line for the agent). NULL: no schema is
	 * known, and a call that must be validated is refused. */
	bool (*arguments_fit)(void *ctx, enum policy_validate mode, char *why, size_t why_size);
	void *ctx;
};

#define POLICY_RULE_MAX   512
#define POLICY_CLAIMS_MAX 32

/* Who must be asked, and for how long: of a decision to POLICY_APPROVE. */
struct policy_ask {
	uint32_t expires_s; /* from the asking */
	uint32_t hold_s;    /* the call waits this long for a person; 0: not at all */
	uint32_t quorum;    /* how many different people must say yes */
};

struct policy_decision {
	enum policy_effect effect;
	/* The policy is in mode shadow: what stands here is recorded, and counted in a ledger of its
	 * own, but the call goes through. */
	bool is_shadow;
	struct policy_ask ask;
	/* Of a refusal, or of a call that waits for a person: what would be allowed, or what must
	 * happen first, in one line for the model; "" when nothing can be said. */
	char allowed[256];
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
/* About a tool before its arguments are known, at the beginning of a session: arguments, arguments_fit and past of
 * the facts are not looked at. */
void policy_decide_tool(const struct policy *p, const struct policy_facts *f, struct policy_decision *d);
/* Such a decision in one word: "allow", "approve", "hidden", "deny", or "conditional" where it is arguments that it
 * lacks. */
const char *policy_word(const struct policy_decision *d);

/*
 * The same of a call of which only the names of its arguments are known, as a record has them; f->arguments
 * is NULL, and f->arguments_fit is not asked. False: the decision depends on a value; *d then holds
 * the claims of limits that count calls. The words for the agent and the pointer are not made.
 */
enum policy_fits { POLICY_FITS_UNKNOWN = 0, POLICY_FITS_NOT, POLICY_FITS };
bool policy_decide_names(const struct policy *p, const struct policy_facts *f, const struct slice *names, size_t n,
			 enum policy_fits fits, struct policy_decision *d);

/* After a reservation was refused: turns *d into the refusal by claim `at`. left: what the counter
 * has left; negative: not known. */
void policy_refuse_limit(const struct policy *p, struct policy_decision *d, size_t at,
			 int64_t retry_after_us, quota_amount left);

/* In mode shadow the functions below that say what is shown and let through say yes to all. */
bool policy_is_shadow(const struct policy *p);

/*
 * The limits of a policy (NULL: none), in the order of the document, each with the counter that calls with these facts
 * take from: server, grant, session and time of f count. claim.amount is 0.
 */
struct policy_limit {
	struct slice counter;	       /* its name */
	const char *scope;	       /* "grant", "session", "server", "subject", "organisation" */
	char window[48];	       /* "minute", "90 s"; "": calls in flight at once */
	char pointer[POLICY_RULE_MAX]; /* into the document */
	char rule[POLICY_RULE_MAX];
	bool is_repeat;	    /* one counter for each different call: the claim is none of them */
	bool is_of_session; /* each session has its own: the claim is that of clients without sessions */
	struct quota_claim claim;
};
size_t policy_limits(const struct policy *p);
void policy_limit_at(const struct policy *p, size_t i, const struct policy_facts *f, struct policy_limit *out);

/* Does this policy look at the past at all? Then it must be loaded before policy_decide. */
bool policy_wants_past(const struct policy *p);
/* The identifiers in arguments that conditions of this call would look up (policy_past.seen). */
void policy_each_identifier(const struct policy *p, const struct policy_facts *f,
			    void (*on_identifier)(void *ctx, struct slice identifier), void *ctx);

/* What a delivered result of this call leaves behind: to be remembered for later calls, also when
 * this policy does not ask for the past: another of the same session may. */
#define POLICY_LABELS_MAX 32
#define POLICY_MARKS_MAX  64
struct policy_lesson {
	struct slice labels[POLICY_LABELS_MAX];
	size_t label_n;
	struct policy_mark marks[POLICY_MARKS_MAX];
	size_t mark_n;
	bool wants_identifiers; /* of the result's texts: some rule has seen_in */
	unsigned identifier_kinds; /* bits of ident.h: which of them */
	int64_t keep_us;        /* how long, for a grant without sessions: the longest window of the flows */
};
void policy_learn(const struct policy *p, const struct policy_facts *f, struct policy_lesson *out);
/* Also what calls under this policy, another of the same grant, will need of it. */
void policy_add_needs(const struct policy *p, struct policy_lesson *out);

/* What may come back (policy key `results`). */
struct policy_results; /* policy/results.h */
const struct policy_results *policy_results(const struct policy *p); /* NULL: all of it */

/* Does the tool stand in this grant's tools/list? tool_class.p NULL: it is not known yet; then yes
 * when the rules of any class could show it. */
bool policy_shows_tool(const struct policy *p, struct slice tool, struct slice tool_class);

/* resources and prompts: may this uri or name be read, and listed? */
enum policy_kind { POLICY_RESOURCE = 0, POLICY_PROMPT };
bool policy_allows_name(const struct policy *p, enum policy_kind kind, struct slice name);
/* The same as if no policy were in mode shadow: for the record. */
bool policy_would_allow_name(const struct policy *p, enum policy_kind kind, struct slice name);
bool policy_would_allow_server_request(const struct policy *p, struct slice what);
/* Do both say the same of all names? NULL allows none. */
bool policy_same_names(const struct policy *a, const struct policy *b, enum policy_kind kind);
/* server_requests: "sampling", "elicitation", "roots"; false for any other. */
bool policy_allows_server_request(const struct policy *p, struct slice what);

#endif
