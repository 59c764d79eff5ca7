/*
 * Where requests for a person's yes are kept: SQLite, in the store's database, or PostgreSQL.
 * Both speak store/sql.h, so the rules are written once, here.
 *
 * Blocking; for workers and the command line. One thread at a time.
 */
#ifndef APPROVAL_DB_H
#define APPROVAL_DB_H
#include "approval/approval.h"
#include "store/store.h"

struct approval_db;

struct approval_db_opts {
	const char *data_dir;
	const char *url;     /* "postgresql://…"; NULL or "": SQLite */
	bool has_webhook;    /* whoever asks and decides leaves a notice to be sent */
	size_t pending_max, pending_grant_max; /* requests that wait; 0: LIMIT_APPROVALS_PENDING… */
};
struct approval_db *approval_db_open(const struct approval_db_opts *o, struct err *e) MUST_CHECK;
void approval_db_close(struct approval_db **db);

enum approval_asked {
	APPROVAL_ASK_FAILED = 0,
	APPROVAL_ASK_FULL,  /* too many wait, of this grant or of all */
	APPROVAL_ASK_FOUND, /* open, approved, or denied and not expired */
	APPROVAL_ASK_NEW,
};
/* Finds the request for this binding or makes it. out has no arguments, votes, notices. */
enum approval_asked approval_db_ask(struct approval_db *db, const struct approval_request *r, int64_t now_us,
                                    struct arena *a, struct approval *out, struct err *e) MUST_CHECK;
/* The one right that a yes gives is taken, atomically, or *is_ours is false. */
bool approval_db_use(struct approval_db *db, const char *id, const struct approval_binding *b,
                     struct slice record_id, int64_t now_us, bool *is_ours, struct err *e) MUST_CHECK;

/* With arguments, votes and notices; state APPROVAL_NONE when there is none. */
bool approval_db_get(struct approval_db *db, const char *id, int64_t now_us, struct arena *a,
                     struct approval *out, struct err *e) MUST_CHECK;
/* Newest first; without arguments. state APPROVAL_NONE: all. before: id of the page before, "" for none. */
bool approval_db_list(struct approval_db *db, enum approval_state state, const char *before, size_t limit,
                      int64_t now_us, struct arena *a, struct approval **v, size_t *n, struct err *e) MUST_CHECK;
/* The states of some, and why it was denied; at most LIMIT_APPROVAL_POLL. */
struct approval_seen {
	char id[APPROVAL_ID_SIZE];
	enum approval_state state;
	char note[256], person[128]; /* of the vote that denied */
};
#define LIMIT_APPROVAL_POLL 32
bool approval_db_look(struct approval_db *db, struct approval_seen *v, size_t n, int64_t now_us,
                      struct err *e) MUST_CHECK;

enum approval_verdict {
	APPROVAL_VOTE_FAILED = 0,
	APPROVAL_VOTE_UNKNOWN, /* no such request */
	APPROVAL_VOTE_CLOSED,  /* decided, expired or used */
	APPROVAL_VOTE_OWN,     /* the grant speaks for this person */
	APPROVAL_VOTE_AGAIN,   /* this person has voted */
	APPROVAL_VOTE_COUNTED,
};
/* vote: person, subject, is_yes and note. out: the request after it, as of approval_db_get. */
enum approval_verdict approval_db_vote(struct approval_db *db, const char *id, const struct approval_vote *vote,
                                       int64_t now_us, struct arena *a, struct approval *out,
                                       struct err *e) MUST_CHECK;
/* Fills votes of one that a list or an asking gave. */
bool approval_db_votes_of(struct approval_db *db, struct approval *a, struct arena *arena, struct err *e) MUST_CHECK;
/* Votes that no record tells of yet; each is given to one caller. */
struct approval_unrecorded {
	struct approval approval;
	struct approval_vote vote;
};
bool approval_db_take_votes(struct approval_db *db, struct arena *a, struct approval_unrecorded **v, size_t *n,
                            struct err *e) MUST_CHECK;
/* Marks what has expired and deletes what ended long ago. */
bool approval_db_sweep(struct approval_db *db, int64_t now_us, struct err *e) MUST_CHECK;
/* How many wait for a person, and notices that were given up in the last day. */
bool approval_db_count(struct approval_db *db, int64_t now_us, uint64_t *pending, uint64_t *failed,
                       struct err *e) MUST_CHECK;

/* People. hash NULL: no token (a local user). ERR_INPUT when the name is taken. */
bool approval_db_person_add(struct approval_db *db, const char *name, const char *subject,
                            const unsigned char *hash, int64_t now_us, struct err *e) MUST_CHECK;
bool approval_db_people(struct approval_db *db, struct arena *a, struct approval_person **v, size_t *n,
                        struct err *e) MUST_CHECK;
bool approval_db_person_revoke(struct approval_db *db, const char *name, int64_t now_us, struct err *e) MUST_CHECK;
/* By token, or (hash NULL) by name; not revoked. out->name NULL: there is none. */
bool approval_db_person_find(struct approval_db *db, const char *name, const unsigned char *hash, struct arena *a,
                             struct approval_person *out, struct err *e) MUST_CHECK;

/* Tokens of approvers: "gha_" and 32 random bytes as base64url; only the BLAKE2b hash is kept. */
#define APPROVAL_TOKEN_SIZE 48 /* 47 characters and a NUL */
void approval_token_new(char out[APPROVAL_TOKEN_SIZE], unsigned char hash[DIGEST_SIZE]);
/* False when it cannot be one. */
bool approval_token_hash(struct slice token, unsigned char hash[DIGEST_SIZE]) MUST_CHECK;

/* Notices. One that is due, taken for lease_us; *is_there false: none. */
struct approval_due {
	int64_t seq, attempts; /* with this one */
	const char *event;
	struct approval approval;
};
bool approval_db_notice_take(struct approval_db *db, int64_t now_us, int64_t lease_us, struct arena *a,
                             struct approval_due *out, bool *is_there, struct err *e) MUST_CHECK;
/* error NULL: delivered. next_us 0: given up. */
bool approval_db_notice_done(struct approval_db *db, int64_t seq, const char *error, int64_t next_us,
                             int64_t now_us, struct err *e) MUST_CHECK;

#endif
