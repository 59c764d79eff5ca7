/*
 * What survives a restart: servers, policies, grants and settings in SQLite, below one
 * folder. Synchronous; for the command line, and for the gate at its start and when it
 * reloads. The record of calls has its own doors: journal.h, mover.h, records.h.
 *
 * Several processes may have the same folder open. Everything that is returned lives in
 * the arena that the caller gives. Errors name what is unknown and the nearest known name.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/arena.h"
#include "base/err.h"
#include "base/random.h"
#include "base/slice.h"
#include "quota/quota.h"
#include <stdint.h>

struct store;

struct store_opts {
	const char *data_dir; /* created with mode 0700, parents are not */
	const char *key_file; /* NULL: data_dir/secret.key, created with mode 0600 at the first start */
};

/* Migrates. Refused: a database that a newer program wrote, a key file others can read or that
 * does not belong to the database. */
struct store *store_open(const struct store_opts *o, struct err *e) MUST_CHECK;
void store_close(struct store **s);
/* Reads the whole database; false and *e when SQLite finds it damaged. */
bool store_check(struct store *s, struct err *e) MUST_CHECK;
const char *store_dir(const struct store *s);
/* A key for one purpose ("session token"), derived from the master key: the same after each start. */
void store_subkey(const struct store *s, const char *purpose, unsigned char out[32]);

/* Names of servers and policies: [A-Za-z0-9_-], at most LIMIT_NAME, first and last a letter or digit, no "__". what: "policy". */
bool store_check_name(const char *what, const char *name, struct err *e) MUST_CHECK;

enum store_transport { STORE_NO_TRANSPORT = 0, STORE_HTTP, STORE_STDIO, STORE_BUILTIN };
/* The gate's own server. It comes into the table with the first grant that is bound to it, and no other
 * server can take its name; its url is shown where others have theirs. */
#define STORE_BUILTIN_NAME "gatehouse"
#define STORE_BUILTIN_URL  "builtin:"
enum store_per { STORE_PER_GRANT = 0, STORE_PER_SESSION, STORE_PER_SERVER };

struct store_pair {
	const char *name, *value;
};

struct store_server {
	const char *name; /* [A-Za-z0-9_-], at most LIMIT_NAME, first and last a letter or digit, no "__" */
	enum store_transport transport;
	const char *url; /* http, builtin */
	const struct store_pair *headers; /* values are sealed at rest */
	size_t header_n;
	const char *const *argv; /* stdio; NULL-terminated */
	const struct store_pair *env; /* values are sealed at rest */
	size_t env_n;
	const char *cwd; /* NULL: none */
	enum store_per per;
	bool is_enabled;
	uint64_t call_timeout_ms, start_timeout_ms, child_idle_ms; /* 0: the default */
	uint64_t children_max, calls_max, message_bytes_max;       /* 0: the default */
	int64_t created_us, updated_us; /* set by the store */
};

/* Sorted by name. */
bool store_servers(struct store *s, struct arena *a, struct store_server **v, size_t *n,
                   struct err *e) MUST_CHECK;
bool store_server_get(struct store *s, const char *name, struct arena *a, struct store_server *out,
                      struct err *e) MUST_CHECK;
/* Each thing that is wrong with one, by JSON Pointer into its document (docs/openapi.yaml); no value of a pair is in
 * a text. False: there was one. */
typedef void store_fault_fn(void *ctx, const char *pointer, const char *text);
bool store_server_check(const struct store_server *v, store_fault_fn *tell, void *ctx) MUST_CHECK;
/* But for their times. */
bool store_server_same(const struct store_server *x, const struct store_server *y);
/* Adds it, or replaces the one of that name. */
bool store_server_put(struct store *s, const struct store_server *v, struct err *e) MUST_CHECK;
/* Adds it; refused when the name is taken. */
bool store_server_add(struct store *s, const struct store_server *v, struct err *e) MUST_CHECK;
bool store_server_enable(struct store *s, const char *name, bool is_enabled, struct err *e) MUST_CHECK;
/* Also takes it out of every grant, and forgets how its tools were reviewed. */
bool store_server_del(struct store *s, const char *name, struct err *e) MUST_CHECK;

struct store_policy {
	const char *name;
	int64_t version; /* from 1 */
	bool is_current;
	struct slice text; /* the document as it was applied; empty in lists */
	const char *author, *note; /* "" when not given */
	int64_t created_us; /* of this version */
};

/* The current version of each, sorted by name; without text. */
bool store_policies(struct store *s, struct arena *a, struct store_policy **v, size_t *n,
                    struct err *e) MUST_CHECK;
/* version 0: the current one. */
bool store_policy_get(struct store *s, const char *name, int64_t version, struct arena *a,
                      struct store_policy *out, struct err *e) MUST_CHECK;
/* All versions, newest first; without text. */
bool store_policy_history(struct store *s, const char *name, struct arena *a, struct store_policy **v,
                          size_t *n, struct err *e) MUST_CHECK;
/* Makes a new version the current one; the text of the current version again changes nothing. The
 * caller has compiled the text. *version: what is current now. */
bool store_policy_apply(struct store *s, const char *name, struct slice text, const char *author,
                        const char *note, int64_t *version, struct err *e) MUST_CHECK;
/* The same when `over` is the current version (0: there is no such policy yet); *is_stale: it is not, or no longer, and
 * nothing was done. */
bool store_policy_apply_over(struct store *s, const char *name, int64_t over, struct slice text, const char *author,
                             const char *note, int64_t *version, bool *is_stale, struct err *e) MUST_CHECK;
/* With its history. Refused while a grant uses it. */
bool store_policy_del(struct store *s, const char *name, struct err *e) MUST_CHECK;

struct store_binding {
	const char *server;
	const char *policy; /* NULL: none, and every call is refused */
};

struct store_grant {
	char id[RANDOM_UUID_SIZE];
	unsigned char token_hash[32]; /* grant/token.h */
	const char *label; /* unique among those that are not revoked */
	const char *subject; /* who it speaks for; "" when not given */
	const char *const *tags;
	size_t tag_n;
	int64_t created_us;
	int64_t expires_us; /* 0: never */
	int64_t revoked_us; /* 0: not revoked */
	const struct store_binding *bindings; /* sorted by server */
	size_t binding_n;
};

/* Newest first. */
bool store_grants(struct store *s, struct arena *a, struct store_grant **v, size_t *n,
                  struct err *e) MUST_CHECK;
/* By id, or by label: then the one that is not revoked, or the newest. */
bool store_grant_get(struct store *s, const char *id_or_label, struct arena *a, struct store_grant *out,
                     struct err *e) MUST_CHECK;
/* When each was used last: the start of that hour, 0 for never. As far as records are counted (store/stats.h). */
bool store_grants_used(struct store *s, const struct store_grant *const *v, size_t n, int64_t *used_us,
                       struct err *e) MUST_CHECK;
/* Fills id and created_us. Servers and policies must exist. */
bool store_grant_add(struct store *s, struct store_grant *g, struct err *e) MUST_CHECK;
/* label, subject, tags, expires_us and bindings of the grant of that id, which is not revoked. */
bool store_grant_put(struct store *s, const struct store_grant *g, struct err *e) MUST_CHECK;
/* Another token for it: the old one is no longer known. */
bool store_grant_rotate(struct store *s, const char *id_or_label, const unsigned char token_hash[32],
                        struct err *e) MUST_CHECK;
bool store_grant_revoke(struct store *s, const char *id_or_label, struct err *e) MUST_CHECK;
bool store_grant_expire(struct store *s, const char *id_or_label, int64_t expires_us,
                        struct err *e) MUST_CHECK;
/* Adds the server to the grant, or changes its policy (NULL: none). */
bool store_grant_bind(struct store *s, const char *id_or_label, const char *server, const char *policy,
                      struct err *e) MUST_CHECK;
bool store_grant_unbind(struct store *s, const char *id_or_label, const char *server,
                        struct err *e) MUST_CHECK;

/* NULL in *value when it was never set. */
bool store_setting_get(struct store *s, const char *key, struct arena *a, const char **value,
                       struct err *e) MUST_CHECK;
/* value NULL forgets it. */
bool store_setting_put(struct store *s, const char *key, const char *value, struct err *e) MUST_CHECK;
bool store_settings(struct store *s, struct arena *a, struct store_pair **v, size_t *n,
                    struct err *e) MUST_CHECK;

/* Gives every counter whose window has not passed, or not an hour ago (a clock may be set back), to
 * quota_restore. After mover_all(). */
bool store_restore_counters(struct store *s, struct quota *q, int64_t now_us, struct err *e) MUST_CHECK;
/* The same with what sessions did, to past_restore. */
struct past;
bool store_restore_past(struct store *s, struct past *p, int64_t now_us, struct err *e) MUST_CHECK;

#endif
