/*
 * What a record is: its fields, its coding in the journal and its JSON. Pure.
 *
 * A call is recorded in one part or two. The decision stands in the journal before the
 * call is forwarded; the outcome follows, with the same id. Both become one record.
 * Argument values, tokens and results never come here: only the names of arguments.
 * The fields and their JSON names are described in docs/records.md.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H
#include "base/buf.h"
#include "base/random.h"
#include "quota/quota.h"

enum audit_decision { AUDIT_DENY = 0, AUDIT_APPROVE, AUDIT_ALLOW };

enum audit_outcome {
	AUDIT_PENDING = 0,    /* no answer yet, or none that anybody saw */
	AUDIT_OK,
	AUDIT_TOOL_ERROR,     /* a result with isError */
	AUDIT_RPC_ERROR,      /* a JSON-RPC error of the server */
	AUDIT_UPSTREAM_ERROR, /* unreached, broken or refused us */
	AUDIT_TIMEOUT,
	AUDIT_CANCELLED,
	AUDIT_REFUSED,        /* by the gate: never forwarded */
};

/* Texts longer than LIMIT_RECORD_TEXT bytes are cut when they are encoded. Empty means absent. */
struct audit_record {
	/* The decision: */
	char id[RANDOM_UUID_SIZE]; /* random_uuid7(time_us): the order of ids is that of time */
	int64_t time_us;           /* wall clock */
	struct slice grant_id, grant_label, subject;
	struct slice session;      /* a short hash, never the session id itself */
	struct slice server;
	struct slice method;       /* "tools/call" */
	struct slice target;       /* name of the tool or prompt, or uri of the resource */
	const struct slice *argument_keys; /* names of the arguments; encoding sorts them */
	size_t argument_key_n;     /* the first LIMIT_RECORD_KEYS are kept, up to a control character */
	enum audit_decision decision;
	struct slice rule, pointer, message;
	struct slice policy;
	int64_t policy_version;    /* 0: none */
	struct slice client_name, client_version, client_ip;
	struct slice rpc_id;       /* as JSON text */
	struct slice trace_id;     /* 32 hex digits of W3C trace context */
	struct slice approval;     /* id of the approval that let it through, or that is asked for */
	struct slice mode;         /* "shadow": decided and let through all the same */
	struct slice session_labels; /* of a call that was not allowed: what its session had read, "a b" */
	/* The outcome: */
	enum audit_outcome outcome;
	int http_status;           /* of the server; 0: none */
	uint64_t duration_us;      /* from the request's arrival to the answer */
	uint64_t upstream_us;      /* of it, waiting for the server */
	uint64_t result_bytes;
	struct slice redactions;   /* "email=2 secret=1": what was taken out of the answer, and how often */
	struct slice injection;    /* what made the answer look like orders to the model; "…, withheld" */
};

/* "deny" "approve" "allow"; "ok" "tool_error" …, "pending" */
const char *audit_decision_name(enum audit_decision d);
const char *audit_outcome_name(enum audit_outcome o);
bool audit_decision_of(struct slice name, enum audit_decision *out);
bool audit_outcome_of(struct slice name, enum audit_outcome *out);
bool audit_is_of_tool(const struct audit_record *r); /* its target is a tool */

/*
 * Which part of a record an entry of the journal is, and what its claims mean:
 * what a decision took from counters, what an outcome gives back.
 */
enum audit_part {
	AUDIT_NO_PART = 0,
	AUDIT_PART_DECISION,  /* claims were taken */
	AUDIT_PART_OUTCOME,   /* only id and outcome fields; claims are given back */
	AUDIT_PART_WHOLE,     /* decision and outcome at once: a refused call; claims were taken */
	AUDIT_PART_GIVE_BACK, /* only id and claims */
};

/* Appends one entry. Of a claim only key, kind (not CONCURRENT), window_start_us, window_end_us and amount are kept. At most
 * POLICY_CLAIMS_MAX (32) claims. One entry is at most LIMIT_JOURNAL_ENTRY bytes. */
void audit_encode(struct buf *out, enum audit_part part, const struct audit_record *r,
                  const struct quota_claim *claims, size_t claim_n);

#define AUDIT_CLAIMS_MAX 32
struct audit_entry {
	enum audit_part part;
	struct audit_record record; /* slices borrow from the text that was decoded */
	struct quota_claim claims[AUDIT_CLAIMS_MAX];
	size_t claim_n;
	struct slice keys[64]; /* record.argument_keys stands here: do not copy the struct alone */
};
/* False on anything that audit_encode does not write. */
bool audit_decode(struct slice entry, struct audit_entry *out) MUST_CHECK;

/* One JSON object on one line, without an end of line. */
void audit_write_json(struct buf *out, const struct audit_record *r);

/* Newest first. Empty slices and zeros ask for nothing. */
struct audit_filter {
	int64_t since_us, until_us; /* since <= time < until */
	struct slice id;            /* exactly this record */
	struct slice before_id;     /* the page after the one that ended with this id */
	struct slice grant;         /* id or label */
	struct slice server, target, method, subject;
	struct slice tool;          /* target of tools/… and approvals/… */
	struct slice rule;
	struct slice q;             /* stands in rule, target, message, or label of the grant; ASCII case does not matter */
	bool has_decision, has_outcome;
	enum audit_decision decision;
	enum audit_outcome outcome;
	size_t limit;               /* 0: 100; at most LIMIT_RECORD_PAGE */
};
bool audit_matches(const struct audit_filter *f, const struct audit_record *r);

#endif
