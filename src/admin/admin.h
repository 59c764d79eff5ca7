/*
 * Administration of a running gate over its Unix socket, which only its own user can
 * open: what state it is in, what the agents can call, and taking over what changed in
 * the store. docs/cli.md names the commands that use it. Approvals can also be decided by
 * the address of the clients, with the token of an approver: docs/approvals.md.
 */
#ifndef ADMIN_ADMIN_H
#define ADMIN_ADMIN_H
#include "advice/advice.h"
#include "config/config.h"
#include "gate/gate.h"

struct admin;
struct oidc;

/* A server that is asked once; is_given_up (of): asked now and then, true ends it. */
struct server_trial {
	const struct config *config;
	const struct store_server *server;
	bool (*is_given_up)(const void *of);
	const void *of;
};

struct admin_opts {
	struct loop *loop;
	struct http_server *http;   /* the one that hands us requests */
	struct gate *gate;
	struct registry *registry;
	struct catalog *catalog;
	struct pins *pins;
	struct store *store;
	struct journal *journal;
	struct ledger *ledger;
	struct approvals *approvals; /* NULL: none are kept */
	const struct advice *advice; /* the catalogue that is kept; outlives the loop */
	struct lane *lane;           /* where it is asked; let go after the administration */
	unsigned char page_key[SEAL_KEY_SIZE]; /* seals who signed in on a page, in the page itself */
	const char *listen;         /* the address that clients use */
	bool has_console;           /* shows its pages to browsers */
	/* Reads the store anew and puts it in force, or changes nothing and says why. */
	bool (*reload)(void *ctx, struct err *e);
	/* The snapshot that decides now; a reference for the caller. */
	struct grants *(*grants)(void *ctx);
	/* The configuration in force; a reference for the caller. On the loop. */
	struct config *(*config)(void *ctx);
	struct oidc *oidc; /* NULL: no identity provider; outlives the loop */
	/* Asks a server that is not among the gate's for its tools (app/ask_tools.h): *tools gets the array of
	 * them. who: JSON object, its name and version. For workers; it can take minutes. */
	bool (*try_server)(const struct server_trial *t, struct buf *tools, struct buf *who, struct err *e);
	void *ctx;
};

struct admin *admin_new(const struct admin_opts *o);
void admin_free(struct admin **a);
/* Answers requests for /api/v1/catalog (by the socket, and of approvers),
 * /api/v1/… that came in by the Unix socket, those of approvers for /api/v1/approvals and /approve/, and every other one with 404. */
void admin_on_request(struct admin *a, const struct http_request *r);
void admin_end_streams(struct admin *a); /* what would last for ever: before the HTTP server is stopped */
void admin_on_gone(struct admin *a, struct http_request_id id); /* of http_server_events, for all requests */

#endif
