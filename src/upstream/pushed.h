/* The inside of a stream of HTTP+SSE, shared by push.c (its life) and pushed.c (what the
 * server says on it). */
#ifndef UPSTREAM_PUSHED_H
#define UPSTREAM_PUSHED_H
#include "upstream/push.h"

struct push {
	struct upstream *u;
	struct list node;
	char session[48];
	struct http_call_id call; /* the GET */
	int status;
	bool has_reader;
	struct sse_reader reader;
	char *endpoint;         /* path and query to POST to; NULL: not named yet */
	struct exchange *opener; /* until its handshake is complete */
	enum mcp_version version;
	struct list exchanges; /* of_process */
	struct list asks;
	size_t ask_n;
	struct early early; /* its requests from before any client was there to ask */
	struct loop_timer timer; /* until the endpoint is named; then, of being idle */
	struct loop_timer throttle;
	struct fairness fairness;
	bool is_throttled, is_paused;
	bool is_ending; /* nobody may join it any more */
	bool is_over;
};

void pushed_text(struct push *p, struct slice text);
void pushed_early_soon(struct push *p); /* somebody came who may be asked */
void pushed_early(void *push, const struct mcp_message *m); /* of struct early */

#endif
