/* What the running gate knows of a server: how it is, and which tools it listed. On the loop. */
#ifndef ADMIN_SERVER_LIVE_H
#define ADMIN_SERVER_LIVE_H
#include "admin/inside.h"

enum server_state { SERVER_UNKNOWN = 0, SERVER_UP, SERVER_DOWN, SERVER_DISABLED, SERVER_STATES };
const char *server_state_word(enum server_state s);
bool server_state_of(struct slice word, enum server_state *out);

struct server_live {
	enum server_state state;
	struct upstream *upstream; /* NULL: it does not run */
	bool is_known;             /* its list was learnt */
	size_t tools, held, by_severity[SEVERITIES];
	enum severity worst;
};
void server_live(const struct admin *a, const char *name, bool is_enabled, struct server_live *out);
/* ,"state":…,"tools":{…}: members, the first with its comma. */
void server_live_write(struct buf *b, const struct server_live *v);

#endif
