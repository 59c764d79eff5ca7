/* Inside admin/: one question to the catalogue, from the request to the worker and back. */
#ifndef ADMIN_CATALOG_H
#define ADMIN_CATALOG_H
#include "admin/inside.h"

enum ask_kind {
	ASK_NOTHING = 0,
	ASK_TOTALS,
	ASK_SERVERS,
	ASK_SERVER,
	ASK_POLICY,
	ASK_TOOLS,
	ASK_TOOL,
	ASK_CHANGES,
	ASK_ATTACKS,
	ASK_ATTACK,
	ASK_CLASSIFY,
	ASK_REFRESH,
};

struct ask {
	struct admin *admin;
	struct http_request_id request;
	bool may_manage; /* the server that is asked for */
	struct arena arena; /* all that the question points to */
	enum ask_kind kind;
	struct slice server, name, body, if_none_match;
	struct advice_query query;
	/* the worker's */
	enum advice_end end;
	struct err err;
	struct buf out;
};

/* route.c: what is asked for, by the path behind the prefix and the query. The status: 200, or what it
 * is refused with and why. */
int route_read(const struct http_request *r, struct slice path, struct ask *k, char *why, size_t size);

#endif
