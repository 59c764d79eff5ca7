/*
 * Requests for a person's yes while a gate runs: every question to the database goes to a
 * worker, and its answer comes back on the loop by the number that the asker gave. Also
 * looks, each second, what others decided, sweeps, and sends webhooks.
 */
#ifndef APPROVAL_APPROVALS_H
#define APPROVAL_APPROVALS_H
#include "approval/db.h"
#include "net/loop.h"

struct approvals;

struct approvals_opts {
	struct loop *loop;
	struct approval_db_opts db;
	const char *url;              /* public address of this gate, for links; "": none */
	const char *webhook_url;      /* "": none */
	const char *webhook_secret;
	bool webhook_has_arguments;
	/* On the loop: a vote to be recorded; what was decided, or has expired, of those watched. */
	void (*on_vote)(void *ctx, const struct approval *a, const struct approval_vote *v);
	void (*on_seen)(void *ctx, const struct approval_seen *s);
	void *ctx;
};
struct approvals *approvals_new(const struct approvals_opts *o, struct err *e) MUST_CHECK;
/* done() once no worker is busy with it; nothing is answered any more. */
void approvals_stop(struct approvals *a, loop_fn done, void *ctx);
void approvals_free(struct approvals **a);

/* Where to decide it, in words: the page, when the gate has a public address; "". */
const char *approvals_url(const struct approvals *a);

/* An answer; borrowed until the function returns. */
struct approvals_answer {
	bool failed;                  /* the database: err says what happened */
	struct err err;
	enum approval_asked asked;    /* of approvals_ask */
	bool is_ours;                 /* of approvals_use */
	enum approval_verdict verdict; /* of approvals_vote */
	bool is_stranger;             /* of what needs an approver: there is none with this token */
	const struct approval_person *person; /* who it was */
	const struct approval *v;     /* one, or a list */
	size_t n;
};
typedef void approvals_fn(void *ctx, uint64_t number, const struct approvals_answer *answer);

/* Each of these copies what it is given. */
void approvals_ask(struct approvals *a, const struct approval_request *r, approvals_fn *fn, void *ctx,
                   uint64_t number);
void approvals_use(struct approvals *a, const char *id, const struct approval_binding *b, struct slice record_id,
                   approvals_fn *fn, void *ctx, uint64_t number);

/* Who asks: an approver by token, a local user by name, or a person whom the administration knows and lets do
 * this; none of them: nobody in particular, who may not vote. */
struct approvals_caller {
	struct slice token;     /* p NULL: none */
	const unsigned char *token_hash; /* in place of it; NULL: none */
	const char *local_user; /* NULL: none */
	const char *person, *subject; /* NULL: none */
};
/* Whether it is an approver at all: is_stranger, or person. */
void approvals_greet(struct approvals *a, const struct approvals_caller *who, approvals_fn *fn, void *ctx,
                     uint64_t number);
void approvals_get(struct approvals *a, const struct approvals_caller *who, const char *id, approvals_fn *fn,
                   void *ctx, uint64_t number);
void approvals_list(struct approvals *a, const struct approvals_caller *who, enum approval_state state,
                    const char *before, size_t limit, approvals_fn *fn, void *ctx, uint64_t number);
void approvals_vote(struct approvals *a, const struct approvals_caller *who, const char *id, bool is_yes,
                    const char *note, approvals_fn *fn, void *ctx, uint64_t number);

/* on_seen once this one is decided; asked again and again until approvals_unwatch. */
void approvals_watch(struct approvals *a, const char *id);
void approvals_unwatch(struct approvals *a, const char *id);

struct approvals_counts {
	uint64_t pending, notices_failed; /* as of the last look */
	bool is_reachable;
};
struct approvals_counts approvals_counts(const struct approvals *a);

#endif
