/*
 * Reading the records of calls: what the mover took to SQLite and what still stands in the
 * journal, as one list, newest first. For any process; nothing is changed.
 */
#ifndef STORE_RECORDS_H
#define STORE_RECORDS_H
#include "audit/audit.h"
#include "base/digest.h"
#include "store/store.h"

/* The record is borrowed until it returns. False ends the walk. */
typedef bool records_fn(void *ctx, const struct audit_record *r);

/* Looks at no more than is said, and tells how far it came. */
struct records_look {
	size_t max;                /* records (and steps of the index); 0: all */
	bool (*sees)(void *ctx, struct slice server); /* NULL: all servers; else other records are not there */
	void *ctx;
	/* Out: */
	bool has_more;             /* there may be */
	char last[RANDOM_UUID_SIZE]; /* then: before_id of what goes on; not always the id of a record */
	int64_t searched_us;       /* then: all that is younger was looked at */
	bool is_tired;             /* it ended because of max, not because the page is full */
};
bool records_search(struct store *s, const struct audit_filter *f, struct records_look *look, records_fn *fn, void *ctx,
                    struct err *e) MUST_CHECK;
bool records_query(struct store *s, const struct audit_filter *f, records_fn *fn, void *ctx,
                   struct err *e) MUST_CHECK;

/*
 * Is every record as the mover wrote it? Checks the keyed chain over all rows, and the
 * signatures of the checkpoints. Entries that still stand in the journal are not in it.
 */
struct records_verdict {
	uint64_t records, checkpoints; /* that were checked */
	uint64_t unsigned_links;       /* rows behind the last checkpoint: nothing but the key proves them */
	int64_t signed_us;             /* time of the last checkpoint; 0: there is none */
	bool is_broken;
	int64_t broken_seq;            /* the first row that does not fit */
	char broken_id[RANDOM_UUID_SIZE]; /* "" when the row is gone */
	char why[128];
};
bool records_verify(struct store *s, struct records_verdict *out, struct err *e) MUST_CHECK;
/* The same, telling now and then how many of how many rows were checked. False from fn ends it: *is_ended. */
typedef bool records_watch_fn(void *ctx, uint64_t done, uint64_t total);
bool records_verify_watched(struct store *s, records_watch_fn *fn, void *ctx, struct records_verdict *out, bool *is_ended,
                            struct err *e) MUST_CHECK;

/* Where the chain stands, without checking it. */
struct records_chain {
	int64_t last_seq, signed_seq, signed_us; /* 0: there is none */
	int64_t oldest_us;                       /* of the oldest record; 0: there is none */
	int64_t verified_us;                     /* when it was checked last; 0: never */
	const char *verified;                    /* what that found: JSON, or "" */
};
bool records_chain(struct store *s, struct arena *a, struct records_chain *out, struct err *e) MUST_CHECK;
bool records_verified_put(struct store *s, int64_t time_us, struct slice json, struct err *e) MUST_CHECK;

/*
 * The same for who has no key, from a data folder or a copy of its database alone: every
 * checkpoint is signed by this key, and the rows up to the last one are what it signed.
 * Rows behind it are only counted. A row is told to be broken by the checkpoint behind it.
 */
bool records_verify_public(const char *data_dir, const unsigned char key[SIGN_PUBLIC_SIZE],
                           struct records_verdict *out, struct err *e) MUST_CHECK;
void records_public_key(const struct store *s, unsigned char out[SIGN_PUBLIC_SIZE]);

#endif
