/* Is this a server that the gate can have? For the API and the command line alike. */
#ifndef ADMIN_SERVER_CHECK_H
#define ADMIN_SERVER_CHECK_H
#include "store/store.h"

/* What the store and a running gate want of it. Each fault by JSON Pointer into its document; no secret is in a text.
 * False: there was one. */
bool server_check(const struct store_server *s, store_fault_fn *tell, void *ctx) MUST_CHECK;
/* The same, with the first fault in *e. */
bool server_is_good(const struct store_server *s, struct err *e) MUST_CHECK;

#endif
