/* Event streams (WHATWG HTML, 9.2), no I/O: bytes to events and back. */
#ifndef HTTP_SSE_H
#define HTTP_SSE_H
#include "base/buf.h"

struct sse_event {
	struct slice event; /* empty: "message" */
	struct slice data;  /* lines joined with LF */
	struct slice id;
	bool has_id, has_retry;
	unsigned long long retry_ms;
};

struct sse_reader {
	struct buf line, data, event, id; /* each with the limit of sse_init */
	bool has_data, has_id, has_retry, saw_cr, is_started;
	unsigned long long retry_ms;
};

void sse_init(struct sse_reader *r, size_t bytes_max); /* of one event */
void sse_release(struct sse_reader *r);
/* Feeds bytes; fn is called for each complete event (comments and empty ones with neither
 * data nor id nor retry are dropped). False: an event is larger than bytes_max. */
bool sse_feed(struct sse_reader *r, struct slice bytes, void (*fn)(void *ctx, const struct sse_event *ev),
              void *ctx) MUST_CHECK;

/* Appends one event: data is split at line ends. event and id may be empty. */
void sse_write(struct buf *b, struct slice event, struct slice id, struct slice data);
void sse_write_comment(struct buf *b, struct slice text);

#endif
