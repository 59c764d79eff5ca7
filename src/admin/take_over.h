/* Servers of MCP clients as servers of the gate: what `gatehouse import` and the API do alike. */
#ifndef ADMIN_TAKE_OVER_H
#define ADMIN_TAKE_OVER_H
#include "base/arena.h"
#include "clients/clients.h"
#include "store/store.h"

/* Borrows from s; pairs are the arena's. *cwd_gone: its folder is not there, and is left out. False: the arena is full. */
bool take_over_server(const struct client_server *s, const char *name, struct arena *a, struct store_server *out, bool *cwd_gone) MUST_CHECK;
/* Does the gate have the very same? */
bool take_over_is_same(const struct store_server *k, const struct client_server *s);

#endif
