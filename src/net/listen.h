/* Listening sockets: TCP and Unix. Stops accepting when told to, goes on later. */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H
#include "base/err.h"
#include "net/address.h"
#include "net/loop.h"

struct listener;

/* fd is the callee's; it does not block and, for TCP, does not wait to fill segments. */
typedef void (*listen_fn)(void *ctx, int fd, const struct address *peer);

/*
 * address as in address_parse. reuse_port: several processes share one TCP port. A Unix
 * socket is made with mode 0600; a stale one of that name is replaced, a live one is an error.
 */
struct listener *listen_start(struct loop *l, const char *address, bool reuse_port, listen_fn fn, void *ctx,
                              struct err *e) MUST_CHECK;
int listen_port(const struct listener *s); /* 0 for Unix sockets */
void listen_pause(struct listener *s, bool is_paused);
bool listen_is_paused(const struct listener *s);
void listen_stop(struct listener **s); /* closes, and removes the Unix socket */

#endif
