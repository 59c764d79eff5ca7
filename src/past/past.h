/*
 * What each session did, in memory, pure: how many calls, which labels its results left, what
 * the arguments of those calls were, and in which result an identifier stood first. It is told
 * the time and never asks for it.
 *
 * A unit is one session, or the grant of a client that has no sessions. Of a session everything
 * is kept until the session is too old; of a grant, what happened within the longest window of
 * its flows. Nothing is dropped early to make room, since what is forgotten would be allowed:
 * where there is no room, learning fails and the result must not be delivered. Identifiers are
 * the exception: when no more can be kept, unknown ones are POLICY_SEEN_UNSURE from then on.
 *
 * Only keyed hashes of identifiers and arguments are kept, never the texts.
 */
#ifndef PAST_PAST_H
#define PAST_PAST_H
#include "base/digest.h"
#include "policy/policy.h"

struct past;

#define PAST_KEY_SIZE 16
struct past_key {
	unsigned char v[PAST_KEY_SIZE];
};

/* Whose past it is. */
struct past_unit {
	struct past_key key;
	int64_t until_us; /* when the session will be too old; 0: a grant without sessions */
	bool is_again;    /* of a recall (ledger.h): the call at hand is counted already */
};
/* session empty: the grant itself. secret: the same after a restart, and in all that share a store. */
void past_key_of(const unsigned char secret[DIGEST_SIZE], struct slice grant_id, struct slice session_id,
                 struct past_key *out);
/* The same identifier has another hash in each unit. */
uint64_t past_identifier_of(const unsigned char secret[DIGEST_SIZE], const struct past_key *key,
                            struct slice identifier);

struct past_opts {
	unsigned char secret[DIGEST_SIZE];
	size_t units_max, identifiers_max; /* of all units; 0: LIMIT_PAST_UNITS, LIMIT_PAST_IDENTIFIERS */
};
struct past *past_new(const struct past_opts *o);
void past_free(struct past **p);
const unsigned char *past_secret(const struct past *p);

#define PAST_LABELS_MAX 63 /* and POLICY_SEEN_IN_FIELD */
#define PAST_CALLS_MAX  16 /* pieces of the window of a grant; a session has one */

struct past_label {
	struct slice name;
	unsigned bit;     /* of the unit's labels; below PAST_LABELS_MAX */
	int64_t first_us; /* since when without a break */
	int64_t last_us;
};
/* The value of one argument in all calls that set a label, as long as it was one. */
struct past_mark {
	unsigned bit;
	uint64_t path, value;
	bool is_mixed;
};
struct past_identifier {
	uint64_t hash;
	uint64_t labels; /* bits, of the result that it stood in first; POLICY_SEEN_IN_FIELD */
	uint32_t first_s, last_s;
};
struct past_calls {
	int64_t start_us;
	uint64_t n;
};

/*
 * A unit as it now is, and the identifiers that are new or were renewed: what must be in the
 * journal before the answer leaves. Also what a store gives back at a start.
 */
struct past_change {
	struct past_key key;
	int64_t until_us; /* then it is forgotten */
	int64_t keep_us;  /* of a grant; 0: a session */
	int64_t full_us;  /* when identifiers were last left out; 0: never */
	struct past_calls calls[PAST_CALLS_MAX];
	size_t call_n;
	struct past_label labels[PAST_LABELS_MAX];
	size_t label_n;
	const struct past_mark *marks; /* at most LIMIT_PAST_MARKS */
	size_t mark_n;
	const struct past_identifier *identifiers;
	size_t identifier_n;
};

/* PAST_FULL: no room for another unit or label. Nothing was changed, and the call or its result
 * must be refused. */
enum past_result { PAST_FULL = 0, PAST_SAME, PAST_CHANGED };

/* Counts one call. After PAST_CHANGED past_last() is what to write down. */
enum past_result past_count_call(struct past *p, const struct past_unit *u, int64_t now_us) MUST_CHECK;

/*
 * Fills *out, in the arena; out->ctx is borrowed until the next call on p. A unit that is not
 * known has done nothing. False when the arena is full. Labels are those within the memory of
 * the unit: for a grant a flow with a shorter window compares last_us itself.
 */
bool past_find(struct past *p, const struct past_unit *u, int64_t now_us, struct arena *a,
               struct policy_past *out) MUST_CHECK;

enum past_place {
	PAST_IN_TEXT = 0,
	PAST_IN_FIELD,    /* the whole of a value; within one result this is what counts */
	PAST_IN_ARGUMENT, /* what the call itself named is no news of its result: no label, and a field */
};
struct past_found {
	uint64_t hash; /* past_identifier_of */
	enum past_place place;
};

/*
 * What a delivered result leaves behind. found: identifiers in it and in the call's arguments,
 * may repeat; is_cut: there were more. The lesson's marks that are missing here for a label that
 * is set, or were missing at an earlier call that set it, become mixed. Marks past
 * LIMIT_PAST_MARKS are not kept: a label without its mark counts as mixed.
 */
enum past_result past_learn(struct past *p, const struct past_unit *u, int64_t now_us,
                            const struct policy_lesson *lesson, const struct past_found *found, size_t n,
                            bool is_cut) MUST_CHECK;
/* The last change of a unit; borrowed until the next call on p. */
const struct past_change *past_last(const struct past *p);

/* The session has ended: it is forgotten with the next steps of expiry. */
enum past_result past_end(struct past *p, const struct past_unit *u, int64_t now_us) MUST_CHECK;
void past_expire(struct past *p, int64_t now_us, size_t steps);

/* At a start, of each unit first the whole, then identifiers in any number of parts. Goes past
 * the limits: forgetting would allow. What is too old by now_us is left out. */
void past_restore(struct past *p, const struct past_change *c, int64_t now_us);

size_t past_count(const struct past *p);
size_t past_identifier_count(const struct past *p);
size_t past_bytes(const struct past *p); /* of memory, counted */

#endif
