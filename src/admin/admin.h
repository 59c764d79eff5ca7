/*
 * Administration of a running gate over its Unix socket, which only its own user can
 * open: what state it is in, what the agents can call, and taking over what changed in
 * the store. docs/cli.md names the commands that use it.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H
#include "gate/gate.h"

struct admin;

struct admin_opts {
	struct loop *loop;
	struct http_server *http;   /* the one that hands us requests */
	struct gate *gate;
	struct registry *registry;
	struct catalog *catalog;
	struct journal *journal;
	const char *listen;         /* the address that clients use */
	/* Reads the store anew and puts it in force, or changes nothing and says why. */
	bool (*reload)(void *ctx, struct err *e);
	/* The snapshot that decides now; a reference for the caller. */
	struct grants *(*grants)(void *ctx);
	void *ctx;
};

struct admin *admin_new(const struct admin_opts *o);
void admin_free(struct admin **a);
/* Answers requests for /api/v1/… that came in by the Unix socket, and every other one with 404. */
void admin_on_request(struct admin *a, const struct http_request *r);

#endif
