/* Limits of searching, counting and showing records; part of limits.h. */
#ifndef BASE_LIMITS_RECORDS_H
#define BASE_LIMITS_RECORDS_H

/* Records, and steps of their index, that one page of a search looks at: some 50 ms. More: the page says
 * how far it looked, and the next one goes on there. */
#define LIMIT_RECORDS_LOOK 15000 /* tested at its size by make bench-console only */

/* What is searched for in them, in bytes: longer texts are no search. */
#define LIMIT_RECORDS_WORDS 256

/* Exports at once; records of one step of them; and its bytes: a record as JSON is some kilobytes at most. */
#define LIMIT_EXPORTS 4 /* not tested: wants five clients that let megabytes wait */
#define LIMIT_EXPORT_STEP 1000 /* shows in no answer */
#define LIMIT_EXPORT_BYTES (64u << 20) /* past what a step has: not tested */

/* Points of one series, and series of one answer: a day by minute, a month by hour, and what a chart can
 * show. More points: a longer step is wanted. */
#define LIMIT_STATS_POINTS 1500
#define LIMIT_STATS_SERIES 8
#define LIMIT_STATS_TOP 15

/* The greatest of each hour and day that are kept apart: what is among none of these in a month is not among the
 * LIMIT_STATS_TOP of it, but for a thing that is asked for evenly and seldom. */
#define LIMIT_STATS_TOPS 200 /* wants more than a test records */

/* Records of an older program that are counted in one transaction, and rows of counts that are
 * deleted by age in one: a few ten milliseconds each. */
#define LIMIT_STATS_PAST 2000 /* shows in no answer */
#define LIMIT_STATS_FORGET 2000 /* shows in no answer */

/* How long a list of tools waits for servers of which nothing is known yet; and names and descriptions of all
 * tools, while somebody searches in them. */
#define LIMIT_TOOLS_WAIT_MS 5000
#define LIMIT_TOOLS_TEXTS (256u << 20)

/* Who listens to events: pages that are open in browsers. More: 429. */
#define LIMIT_EVENTS_LISTENERS 256
/* Events that are kept for who comes back, and the bytes of them that are told at once; more were missed. */
#define LIMIT_EVENTS_KEPT 512
#define LIMIT_EVENTS_REPLAY (2u << 20)
#define LIMIT_EVENT_BYTES 65536
/* Records that are told in one second: nobody reads more, and each costs some microseconds and what every
 * listener is sent. The others are counted, and how many they were is told. */
#define LIMIT_EVENTS_RECORDS 200

#endif
