/*
 * Requests for a person's yes, as values. What they are for people stands in
 * docs/approvals.md; where they are kept, in approval/db.h; who works on them while the
 * gate runs, in approval/approvals.h.
 *
 * A request is bound to grant, server, tool, the arguments and the rule that asks: only the very
 * same call finds it. It is used at most once.
 */
#ifndef APPROVAL_APPROVAL_H
#define APPROVAL_APPROVAL_H
#include "base/buf.h"
#include "base/digest.h"
#include "base/random.h"
#include "base/slice.h"
#include <stdint.h>

#define APPROVAL_ID_SIZE RANDOM_UUID_SIZE

enum approval_state {
	APPROVAL_NONE = 0, /* there is none */
	APPROVAL_PENDING,  /* people are asked */
	APPROVAL_APPROVED, /* as many as are needed have said yes; not used yet */
	APPROVAL_DENIED,   /* one has said no: the same call is refused until it expires */
	APPROVAL_EXPIRED,  /* before it was decided, or before it was used */
	APPROVAL_USED,
};
const char *approval_state_name(enum approval_state s); /* "pending" …; "none" */
bool approval_state_of(struct slice name, enum approval_state *out);

struct approval_binding {
	struct slice grant_id, server, tool;
	unsigned char arguments[DIGEST_SIZE]; /* SHA-256 of their canonical form (RFC 8785) */
	struct slice policy, pointer;         /* the rule: the policy's name, JSON Pointer into it */
};
/* One value for all of it; each part with its length. */
void approval_binding_digest(const struct approval_binding *b, unsigned char out[DIGEST_SIZE]);

/* What is asked. Everything is borrowed until the asking returns. */
struct approval_request {
	struct approval_binding binding;
	struct slice grant_label, subject;  /* who the grant speaks for: may never say yes */
	struct slice session, client_name;
	struct slice arguments;             /* JSON text; at most LIMIT_APPROVAL_ARGUMENTS; sealed at rest */
	struct slice description, tool_class, tool_severity; /* of the tool; empty: not known */
	struct slice rule, message;         /* as in the decision */
	struct slice hints;                 /* JSON array of texts: what a scan of the arguments noticed */
	struct slice record_id;             /* of the call that asks first */
	uint32_t expires_s, quorum;
};

struct approval_vote {
	const char *person;  /* the approver's name, or "unix:<user>" */
	const char *subject; /* who that is; what counts once */
	int64_t time_us;
	bool is_yes;
	const char *note;
};

/* What became of telling people by webhook. */
struct approval_notice {
	const char *event, *state; /* "created" "approved" "denied"; "waiting" "delivered" "failed" */
	int64_t attempts, next_us; /* next_us of one that waits */
	const char *error;         /* of the last attempt; "" when there was none */
};

/* One request with all that belongs to it; texts stand in the arena that was given. */
struct approval {
	char id[APPROVAL_ID_SIZE];
	enum approval_state state;
	const char *grant_id, *grant_label, *subject, *session, *client_name, *server, *tool;
	const char *policy, *pointer, *rule, *message;
	const char *description, *tool_class, *tool_severity;
	const char *arguments; /* JSON text; NULL: not opened (lists), or it cannot be */
	uint64_t argument_bytes;
	unsigned char digest[DIGEST_SIZE]; /* of the canonical arguments */
	const char *hints, *recent; /* JSON arrays: texts; what the agent did before */
	int64_t created_us, expires_us, decided_us, used_us; /* 0: not yet */
	uint32_t quorum;
	uint32_t yes;          /* votes so far */
	const char *record_id; /* of the call that used it; "" */
	const struct approval_vote *votes;
	size_t vote_n;
	const struct approval_notice *notices;
	size_t notice_n;
};

/* A person who may decide. */
struct approval_person {
	const char *name, *subject;
	int64_t created_us, revoked_us; /* 0: not revoked */
	bool has_token;
};

/* For people and programs: one JSON object. base_url: of links; "" for none. */
void approval_write_json(struct buf *b, const struct approval *a, const char *base_url);

#endif
