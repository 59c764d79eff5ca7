/* Which lists of a server look different to a grant now, and telling its open streams. */
#ifndef GATE_CHANGES_H
#define GATE_CHANGES_H
#include "gate/ear.h"

struct changes {
	bool tools, prompts, resources;
};

/* A digest of the tools that a policy shows of a server; 0: its list is not known. */
uint64_t changes_seen(struct gate *g, const struct policy *p, const char *server);
/* Other grants have come: what was kept by the policies of the old ones means nothing. */
void changes_forget(struct gate *g);
/* Every now and then: tells those streams whose lists of tools the catalogue has learnt anew. */
void changes_look(struct gate *g);
/* A server that was left out of what is shown of all is there again: tells their streams. */
void changes_came_back(struct gate *g, struct slice server);
/* What becomes different for a stream by `now` instead of its grant. */
struct changes changes_between(struct inbound *in, const struct grant *now);
/* A server's capabilities, with the list changes that the gate tells of. */
void changes_write_capabilities(struct buf *b, const struct json *capabilities);

#endif
