/* What the calls of one batch add to the tables of stats.h. */
#ifndef STORE_STATS_SUMS_H
#define STORE_STATS_SUMS_H
#include "store/db.h"
#include "store/stats.h"

struct stats_sums {
	struct map counts; /* place in the table to place + 1 in n */
	int64_t *n;
	size_t count_n, count_cap;
	struct map times;  /* step's start and server to struct stats_pair */
};

void stats_sums_init(struct stats_sums *s);
void stats_sums_clear(struct stats_sums *s);
void stats_sums_release(struct stats_sums *s);
/* A record that was moved, with its outcome where it has one. */
void stats_sums_add(struct stats_sums *s, const struct audit_record *r);
/* Its outcome came later: r has its id, server, method and decision, and the outcome. */
void stats_sums_end(struct stats_sums *s, const struct audit_record *r);
bool stats_sums_apply(struct stats_sums *s, struct db *d, struct err *e) MUST_CHECK;

/* Deletes some of what is older. *n: rows. */
bool stats_forget(struct db *d, int64_t before_us, int64_t *n, struct err *e) MUST_CHECK;

/* Records of an older program: the newest LIMIT_STATS_PAST of those that are not counted. One transaction. */
bool stats_count_past(struct stats_sums *s, struct db *d, bool *has_more, struct err *e) MUST_CHECK;
/* Finds the greatest of hours and days that are over, a few of them. Not while there are uncounted ones. */
bool stats_make_tops(struct db *d, int64_t now_s, bool *has_more, struct err *e) MUST_CHECK;
bool stats_lacks_tops(struct db *d, int64_t now_s, bool *lacks, struct err *e) MUST_CHECK;
/* The last link that is not counted; 0: all are. */
bool stats_uncounted(struct db *d, int64_t *seq, struct err *e) MUST_CHECK;

#endif
