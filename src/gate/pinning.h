/*
 * What the gate does with lists of tools before anybody sees them: each definition is compared with what was
 * reviewed (catalog/pins.h) and, where it is new, scanned for what no definition has a reason to say. What
 * waits for a person is neither listed nor called.
 */
#ifndef GATE_PINNING_H
#define GATE_PINNING_H
#include "gate/call.h"

/* One page of a server's list, as a client of version v was given it; before pinning_shows. */
void pinning_take(struct gate *g, const char *server, const struct json *tools, enum mcp_version v);
/* The whole list was learnt: its tools in the catalogue know their state. */
void pinning_learnt(struct gate *g, const char *server);
bool pinning_shows(struct gate *g, const char *server, const struct json *tool, enum mcp_version v);
/* Refuses the call when its tool waits for a person. */
void pinning_check(struct call *c);
/* May the tool be listed and called? */
bool pinning_holds(const struct gate *g, const struct catalog_tool *t);

/* pinning_scan.c: tells g->o.pins what is found in these tools of a server. */
void pinning_scan(struct gate *g, const char *server, const struct json *const *tools, size_t n);
/* pinning_write.c */
struct pin_note { /* what must be kept of a tool */
	const struct json *tool;
	enum pin_news news;
	unsigned told;
};
void pinning_write(struct gate *g, const char *server, const struct pin_note *v, size_t n);

#endif
