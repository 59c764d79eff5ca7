/*
 * Who is calling, and what they may ask for: all grants as one immutable, counted snapshot.
 *
 * The gate holds one; a reload builds another and swaps. A call keeps its own reference for
 * as long as it looks at a grant or a policy. A failed load leaves the old one in place.
 */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H
#include "policy/policy.h"
#include "store/store.h"

struct grants;

struct grant_binding {
	struct slice server;
	struct policy *policy;    /* NULL: none, or it no longer compiles. policy_decide refuses then */
	struct slice policy_name; /* empty: none */
	int64_t policy_version;
	bool is_broken;           /* the stored document no longer compiles: every call is refused */
};

struct grant {
	struct slice id, label, subject;
	const struct slice *tags;
	size_t tag_n;
	int64_t created_us;
	int64_t expires_us; /* 0: never */
	int64_t revoked_us; /* 0: not revoked */
	const struct grant_binding *bindings; /* sorted by server */
	size_t binding_n;
};

/* Compiles each policy once. Policies that do not compile are logged. NULL and *e when the store
 * cannot be read. */
struct grants *grants_load(struct store *s, struct err *e) MUST_CHECK;
struct grants *grants_ref(struct grants *g);
void grants_unref(struct grants **g);
size_t grants_count(const struct grants *g);
/* A snapshot of one grant that no store knows: for `gatehouse wrap`. Copies *one and its bindings
 * (texts stay borrowed, for the life of the program); the policies are counted. */
struct grants *grants_of_one(const struct grant *one);
/* Walks all, in no order; *at starts at 0; NULL at the end. */
const struct grant *grants_next(const struct grants *g, size_t *at);
size_t grants_broken(const struct grants *g); /* policies that do not compile */

/* The grant of a presented token, or NULL. It may be expired or revoked: ask grant_state. */
const struct grant *grants_find(const struct grants *g, struct slice token);
/* By id; for sessions that carry the id of their grant. */
const struct grant *grants_by_id(const struct grants *g, struct slice id);

enum grant_state { GRANT_UNKNOWN = 0, GRANT_REVOKED, GRANT_EXPIRED, GRANT_VALID };
/* g NULL: GRANT_UNKNOWN. A grant is expired from the microsecond expires_us on. */
enum grant_state grant_state(const struct grant *g, int64_t now_us);
/* The server's binding, or NULL: the grant does not reach it. */
const struct grant_binding *grant_binding(const struct grant *g, struct slice server);

#endif
