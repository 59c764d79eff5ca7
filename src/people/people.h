/*
 * The people (and programs) that administer a gate: who they are, what they may do, what they
 * changed. Users with passwords or an identity provider, sessions, API tokens, roles, the record of
 * changes. SQL through store/sql.h, in the gate's own database (sql/0009_people.sql).
 *
 * Synchronous: for workers and the command line. A handle belongs to one thread at a time; several may
 * have the same database open. Everything that is returned lives in the arena that the caller gives.
 * Passwords are kept as Argon2id (libsodium, interactive limits), secrets of sessions and tokens as
 * BLAKE2b hashes only, secrets of one-time codes sealed.
 */
#ifndef PEOPLE_PEOPLE_H
#define PEOPLE_PEOPLE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/random.h"
#include "base/slice.h"
#include "store/store.h"

/* What one may do; a set of bits. docs/people.md has the table; people/roles.c is it. */
enum permission {
	MAY_NOTHING = 0,
	MAY_SEE = 1,
	MAY_AUDIT = 2,
	MAY_APPROVE = 4,
	MAY_POLICY = 8,
	MAY_MANAGE = 16,
	MAY_ALL = 31,
};

enum role { ROLE_NONE = 0, ROLE_VIEWER, ROLE_AUDITOR, ROLE_APPROVER, ROLE_POLICY_MANAGER, ROLE_ADMIN };
const char *role_name(enum role r); /* "viewer" … "policy_manager" */
bool role_of(struct slice name, enum role *out);
unsigned role_may(enum role r); /* bits of enum permission */
const char *permission_name(enum permission one); /* "see" … "manage" */

/* A role for one server, or for all of the organisation. */
struct role_given {
	enum role role;
	const char *server; /* NULL: the organisation */
};

enum principal_kind { PRINCIPAL_NONE = 0, PRINCIPAL_LOCAL, PRINCIPAL_USER, PRINCIPAL_TOKEN, PRINCIPAL_APPROVER };
const char *principal_kind_name(enum principal_kind k);

/* Who makes a request. Zeroed: nobody, who may do nothing. */
struct principal {
	enum principal_kind kind;
	const char *id;      /* of the user, or of the token; of a local user its name */
	const char *name;    /* for people and records */
	const char *user_id; /* of the token's owner, or id; "" for local users and approvers */
	const char *subject; /* who must not approve what works for it; "" */
	const struct role_given *roles; /* of a token: what both it and its owner have */
	size_t role_n;
	/* of a session */
	unsigned char session_hash[32];
	char csrf[44];
	int64_t expires_us;
};

/* server.p NULL: for the organisation as a whole. */
bool principal_may(const struct principal *p, enum permission one, struct slice server);
/* For this or for any server: false means that nothing of that kind is theirs. */
bool principal_may_anywhere(const struct principal *p, enum permission one);
/* The weakest role that has it, for "…: a policy_manager may". */
enum role role_for(enum permission one);

struct people;
/* Opens a connection of its own to the store's database; the store outlives it. */
struct people *people_open(struct store *s, struct err *e) MUST_CHECK;
void people_close(struct people **p);
/* How long sessions last at most, and without a request; 0: LIMIT_SESSION_S, LIMIT_SESSION_IDLE_S. For all that are
 * made or looked at with this handle from now on. */
void people_session_times(struct people *p, int64_t age_s, int64_t idle_s);

enum people_end {
	PEOPLE_FAILED = 0, /* the database; *e */
	PEOPLE_OK,
	PEOPLE_WRONG,      /* name, password, code, link, or state: *e says it for the person */
	PEOPLE_WANTS_CODE, /* the password was right, and a one-time code is wanted, or another one: *e */
	PEOPLE_LATER,      /* too many attempts; retry_s */
	PEOPLE_UNKNOWN,    /* there is none of that id */
	PEOPLE_TAKEN,      /* the name is in use */
	PEOPLE_LAST_ADMIN, /* nobody would be left who may manage */
};

struct user {
	const char *id;   /* UUID version 7 */
	const char *name; /* for sign-in: [a-z0-9._@+-], 1 to LIMIT_NAME, lower case, unique */
	const char *display_name, *email;
	const char *oidc_subject; /* issuer and subject, a space between; "" for local ones */
	bool is_enabled, has_password, has_totp;
	const struct role_given *roles;
	size_t role_n;
	int64_t created_us, seen_us; /* 0: never */
	char id_text[RANDOM_UUID_SIZE]; /* where id points to after people_user_add */
};

/* Sorted by name. q: part of a name, empty: all. after: name the page before ended with. */
bool people_users(struct people *p, struct slice q, const char *after, size_t limit, struct arena *a, struct user **v,
                  size_t *n, size_t *total, struct err *e) MUST_CHECK;
enum people_end people_user_get(struct people *p, const char *id_or_name, struct arena *a, struct user *out, struct err *e);
/* Fills u->id. No password yet: a link sets it. */
enum people_end people_user_add(struct people *p, struct user *u, struct err *e);
/* display_name, email, is_enabled, roles. Sessions of one who is disabled end. */
enum people_end people_user_put(struct people *p, const struct user *u, struct err *e);
enum people_end people_user_del(struct people *p, const char *id, struct err *e); /* with sessions and tokens */
enum people_end people_sessions_end(struct people *p, const char *user_id, struct err *e);

/* A link with which a person sets a password, once, within LIMIT_LINK_S. user_id NULL: the first admin
 * is made with it; only while there is no user. The old link of the same user ends. */
#define PEOPLE_SECRET_SIZE 48
enum people_end people_link_new(struct people *p, const char *user_id, char out[PEOPLE_SECRET_SIZE], struct err *e);
bool people_needs_setup(struct people *p, bool *out, struct err *e) MUST_CHECK;

/* What a new session gives: the cookie's value, and who it is. */
struct signed_in {
	enum people_end end;
	char cookie[PEOPLE_SECRET_SIZE];
	struct principal who;
	uint64_t retry_s; /* PEOPLE_LATER */
};
struct attempt {
	struct slice name, password, code; /* code: one-time or recovery; empty: none */
	struct slice address;              /* of the client: attempts are counted by name and by address */
	int64_t now_us;
};
void people_sign_in(struct people *p, const struct attempt *t, struct arena *a, struct signed_in *out, struct err *e);
/* name and display_name only for the first admin. Other sessions of the user end. PEOPLE_WANTS_CODE: the password is
 * set, and who has one-time codes signs in with it. */
void people_use_link(struct people *p, struct slice link, struct slice name, struct slice password, struct slice display_name,
                     int64_t now_us, struct arena *a, struct signed_in *out, struct err *e);
/* One whom the identity provider vouches for. A user of that oidc_subject, or one with that verified email who has
 * none yet; else, with may_create, a new one with these roles. */
struct vouched {
	struct slice subject, email, name; /* subject: issuer, a space, sub */
	bool is_email_verified, may_create;
	const struct role_given *roles;
	size_t role_n;
};
void people_vouched(struct people *p, const struct vouched *v, int64_t now_us, struct arena *a, struct signed_in *out,
                    struct err *e);

/* By cookie or by token "ghp_…"; out->kind is PRINCIPAL_NONE when it is none, or has ended. Notes when it was seen, at
 * most once a minute. */
bool people_session(struct people *p, struct slice cookie, int64_t now_us, struct arena *a, struct principal *out,
                    struct err *e) MUST_CHECK;
bool people_token(struct people *p, struct slice token, int64_t now_us, struct arena *a, struct principal *out,
                  struct err *e) MUST_CHECK;
/* Is the session or token of *who (its kind, id and session_hash) still good? That does not count as having been seen. */
bool people_still(struct people *p, const struct principal *who, int64_t now_us, bool *is_in, struct err *e) MUST_CHECK;
enum people_end people_sign_out(struct people *p, const unsigned char session_hash[32], struct err *e);

enum people_end people_password_set(struct people *p, const char *user_id, struct slice old, struct slice fresh, int64_t now_us,
                                    const unsigned char keep_session[32], struct err *e);
/* By one who may do so without the old one; all sessions end. */
enum people_end people_password_put(struct people *p, const char *user_id, struct slice fresh, struct err *e);
/* RFC 6238, SHA-1, 6 digits, 30 s, one step either side, each code once. start: *secret is base32, in force after confirm. */
#define TOTP_SECRET_SIZE 33
enum people_end people_totp_start(struct people *p, const char *user_id, char secret[TOTP_SECRET_SIZE], struct err *e);
#define RECOVERY_CODES 10
#define RECOVERY_SIZE 12
enum people_end people_totp_confirm(struct people *p, const char *user_id, struct slice code, int64_t now_us,
                                    char codes[RECOVERY_CODES][RECOVERY_SIZE], struct err *e);
enum people_end people_totp_end(struct people *p, const char *user_id, struct slice password, struct err *e);
/* By one who may do so without the password: for a person who lost phone and recovery codes. */
enum people_end people_totp_drop(struct people *p, const char *user_id, struct err *e);

struct api_token {
	const char *id, *name, *user_id, *user_name;
	const struct role_given *roles; /* none when it is made: all that its owner has */
	size_t role_n;
	bool is_limited; /* to its roles, also when none is left because their servers are gone; set by the store */
	int64_t created_us, expires_us, seen_us; /* 0: never */
	char id_text[RANDOM_UUID_SIZE]; /* where id points to after people_token_add */
};
/* user_id NULL: of everybody. Newest first. */
bool people_tokens(struct people *p, const char *user_id, struct arena *a, struct api_token **v, size_t *n,
                   struct err *e) MUST_CHECK;
enum people_end people_token_add(struct people *p, struct api_token *t, char secret[PEOPLE_SECRET_SIZE], struct err *e);
enum people_end people_token_del(struct people *p, const char *id, const char *user_id, struct err *e); /* user_id NULL: anybody's */

/* The record of what people changed: never changed itself, chained like records of calls (a keyed link a row). */
struct change {
	char id[RANDOM_UUID_SIZE]; /* UUID version 7; set by the store */
	int64_t time_us;
	const char *who_kind, *who_id, *who_name, *address;
	const char *action;  /* "policy.update", "server.create", "user.sign_in", … : noun.verb */
	const char *object_type, *object_id;
	struct slice before, after; /* JSON without secrets; empty: there was, or is, nothing */
	const char *note;
};
bool people_change_add(struct people *p, const struct change *c, struct err *e) MUST_CHECK;
struct change_filter {
	struct slice who, action, object_type, object_id; /* action "policy." : all of a noun */
	int64_t since_us, until_us;
	const char *before_id; /* the page after the one that ended with it */
	size_t limit;
};
bool people_changes(struct people *p, const struct change_filter *f, struct arena *a, struct change **v, size_t *n,
                    struct err *e) MUST_CHECK;
/* How many the filter finds; before_id and limit do not count. */
bool people_changes_count(struct people *p, const struct change_filter *f, uint64_t *n, struct err *e) MUST_CHECK;
bool people_changes_verify(struct people *p, uint64_t *rows, bool *is_whole, char why[128], struct err *e) MUST_CHECK;

/* As the API and the records of changes show them; nothing of them is secret. */
void people_roles_json(struct buf *b, const struct role_given *v, size_t n); /* [{"role":"viewer","server":null}] */
void people_user_json(struct buf *b, const struct user *u);
void people_token_json(struct buf *b, const struct api_token *t);

#endif
