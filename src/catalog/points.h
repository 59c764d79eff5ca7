/*
 * Small decisions by points: what the words and the signals of a tool speak for, added up. The points are
 * learnt by tools/classifier/points.py from labels of our own and kept as readable numbers (points.inc).
 */
#ifndef CATALOG_POINTS_H
#define CATALOG_POINTS_H
#include "catalog/meaning.h"

enum decision {
	DECIDE_PRIVATE_READ = 0, /* a read returns what is private */
	DECIDE_PRIVATE_ACT,	 /* … what is no read */
	DECIDE_UNTRUSTED_READ,
	DECIDE_UNTRUSTED_ACT,
	DECIDE_SENDS_READ,
	DECIDE_SENDS_ACT,
	DECIDE_READ_UP, /* its severity is above the one that its category begins with */
	DECIDE_WRITE_UP,
	DECIDE_WRITE_DOWN,
	DECIDE_EXECUTE_UP,
	DECIDE_EXECUTE_DOWN,
	DECIDE_DESTRUCTIVE_UP,
	DECIDE_DESTRUCTIVE_DOWN,
	DECISIONS,
};

/* What is counted: a concept in one of four places, or a signal. */
#define POINT_PLACES	     4
#define POINT_NAME(concept)   ((int)(concept))
#define POINT_LEAD(concept)   ((int)CONCEPTS + (int)(concept))
#define POINT_REST(concept)   (2 * (int)CONCEPTS + (int)(concept))
#define POINT_SERVER(concept) (3 * (int)CONCEPTS + (int)(concept))
#define POINT_SIGNAL(signal)  (4 * (int)CONCEPTS + (int)(signal))
#define POINT_STATEMENT	     (4 * (int)CONCEPTS + 31)
#define POINTS		     (4 * (int)CONCEPTS + 32)

struct point {
	short what, points;
};

/* signals: SIGNAL_BIT. Above 0: yes. */
int points_for(enum decision d, const struct meaning *m, unsigned signals, bool has_statement);
/* The one that speaks most for yes, of those that stand in the name or the description; -1: none. */
int points_best(enum decision d, const struct meaning *m, int *points);
bool point_holds(int what, const struct meaning *m, unsigned signals, bool has_statement);

#endif
