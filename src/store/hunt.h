/*
 * Where in time the records are that a search asks for: the counts of stats.h are the index. A day that has none of what is
 * asked for is passed over, then an hour, then a minute.
 */
#ifndef STORE_HUNT_H
#define STORE_HUNT_H
#include "store/db.h"
#include "audit/fields.h"
#include "store/stats.h"

#define HUNT_WAYS 8
#define HUNT_MARKS 5

/* One thing that is counted: key and what it is under lie between these. */
struct hunt_way {
	enum stats_of of;
	char *key_least, *key_most, *under_least, *under_most;
};
/* What a minute must have: one of them. */
struct hunt_mark {
	struct hunt_way way[HUNT_WAYS];
	size_t way_n;
};

struct hunt {
	struct db *db;
	struct arena arena;
	struct stmt probe;
	struct hunt_mark mark[HUNT_MARKS];
	size_t mark_n;          /* 0: nothing that is counted is asked for: all of the time is one span */
	int64_t at_s, least_s;  /* what is left: least_s <= time <= at_s */
	int64_t counted_s;      /* what is older is not counted, and is not passed over */
	int64_t day_s, hour_s;  /* the last ones that have it */
	bool is_over;
	size_t probes;          /* so far */
};

/* least, most: ids, both included. */
bool hunt_begin(struct hunt *h, struct db *d, const struct audit_filter *f, const unsigned char least[AUDIT_ID_SIZE],
                const unsigned char most[AUDIT_ID_SIZE], struct err *e) MUST_CHECK;
void hunt_end(struct hunt *h);

enum hunt_found { HUNT_FAILED = 0, HUNT_SPAN, HUNT_OVER, HUNT_TIRED };
/* The next span of ids, the newest first. TIRED: more than probes_max probes were needed; h->at_s is where it stands. */
enum hunt_found hunt_next(struct hunt *h, size_t probes_max, unsigned char least[AUDIT_ID_SIZE],
                          unsigned char most[AUDIT_ID_SIZE], struct err *e) MUST_CHECK;

/* The first (fill 0) or last (0xff) id of a millisecond. */
void hunt_id(int64_t us, unsigned char fill, unsigned char out[AUDIT_ID_SIZE]);
int64_t hunt_id_us(const unsigned char id[AUDIT_ID_SIZE]);

#endif
