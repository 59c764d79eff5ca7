/* Inside advice/: opening the file, and the pieces that several documents have. */
#ifndef ADVICE_INSIDE_H
#define ADVICE_INSIDE_H
#include "advice/advice.h"

#define ADVICE_ARENA (128u << 20)
#define ADVICE_HINT_EMPTY                                                                                              \
	"the catalogue is empty: add servers with `gatehouse catalog add`, or let the gate learn the lists of its own"
#define ADVICE_HINT_NONE "this gate keeps no catalogue: the key catalog.path of its configuration says off"

/* FOUND with *x NULL: there is no file. */
enum advice_end advice_open(const struct advice *a, struct index **x, struct err *e) MUST_CHECK;
const char *advice_hint(const struct advice *a);
/* The same as an UNKNOWN. */
enum advice_end advice_nothing(const struct advice *a, struct err *e) MUST_CHECK;
/* After index_server, or index_tool, was false: the same where there is none, with the nearest name. */
enum advice_end advice_no_server(struct index *x, struct slice id, struct arena *a, struct err *e) MUST_CHECK;
enum advice_end advice_no_tool(struct index *x, struct slice server, struct slice name, struct arena *a,
			       struct err *e) MUST_CHECK;

/* row.c. `comma` is put before what follows another member. */
void row_add_text(struct buf *b, const char *key, struct slice text);  /* ,"key":"…"; nothing of an empty text */
void row_add_time(struct buf *b, const char *key, int64_t us);	       /* nothing of 0 */
void row_add_labels(struct buf *b, unsigned labels);
void row_add_signals(struct buf *b, unsigned signals);
void row_add_counts(struct buf *b, const char *key, const uint64_t *v, size_t n, bool is_severity);
/* The first bytes of what its server says of it; empty where it says nothing. Lives in the arena. */
struct slice row_description(const struct index_tool *t, struct arena *a);
/* Takes the closing brace off an object, so that more can be added. */
void row_reopen(struct buf *b);
void row_write_attack(struct buf *b, const struct attack_pattern *p);

/* A server's tools as they are listed now, judged; in the arena. */
struct judged {
	struct profile **v;
	size_t n;
};
bool judge_server(struct index *x, struct slice server, struct arena *a, struct judged *out, struct err *e) MUST_CHECK;
/* Definitions that somebody gives. */
enum advice_end judge_text(const struct json *given, struct slice server, struct arena *a, struct judged *out,
			   struct err *e) MUST_CHECK;
void judged_write_policy(struct buf *b, const struct judged *j);

/* changes.c: newest first; *next: the cursor of the next page, 0 at the end. */
bool changes_write(struct index *x, const struct advice_query *q, int64_t before, struct buf *b, int64_t *next,
		   struct err *e) MUST_CHECK;

#endif
