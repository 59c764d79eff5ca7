/*
 * Inside admin/: the tools that servers list now, copied on the loop for a worker. A server that is named, and whose
 * list is not known or too old, is asked first.
 */
#ifndef ADMIN_LIVE_H
#define ADMIN_LIVE_H
#include "admin/api.h"

struct live_tool {
	struct slice server, name, definition; /* definition: JSON as the server wrote it; empty when it was not asked for */
	struct slice tool_class, severity;
	struct slice *labels;
	size_t label_n;
};

/* In the arena of the call. */
struct live {
	struct slice server; /* empty: all */
	const char *only;    /* a tool's name: no others; NULL: all */
	bool wants_definitions;
	void (*then)(struct api_call *c); /* on the loop, at once or later */
	struct live_tool *v;
	size_t n;
	bool is_known;       /* every list that was wanted is */
	size_t waiting;      /* the loop's */
};

/* On the loop. Fails the call, and goes on to then(), when there is no memory. */
void live_gather(struct api_call *c, struct live *l);
/* On a worker: a list for judge_new, of this tool or (NULL) all. Of tools without a definition: what is known by name. */
bool live_write(const struct live *l, struct buf *out, struct arena *a) MUST_CHECK;
/* api_field "/server" where its tools are not known: false. */
bool live_check(struct api_call *c, const struct live *l);

#endif
