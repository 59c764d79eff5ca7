/* Inside app/: the parts of a running gate. */
#ifndef APP_INSIDE_H
#define APP_INSIDE_H
#include "admin/admin.h"
#include "advice/advice.h"
#include "app/engine.h"
#include "app/gateway.h"
#include "app/keeper.h"
#include "config/config.h"
#include "people/oidc.h"

struct gateway {
	const struct gateway_opts *opts;
	struct config *config; /* the caller's first, then what a reload read; a reference of our own */
	struct engine engine;
	struct http_server *http;
	struct admin *admin;
	struct keeper *keeper; /* NULL: lists are not kept */
	struct advice advice;
	struct oidc *oidc; /* NULL: people sign in with passwords only */
	struct lane *lane; /* of questions to the catalogue */
	struct upstream_builtin builtin; /* the gate's own server */
	bool is_stopping, http_is_closed, servers_are_gone, approvals_rest, is_forced;
	char listen[128];
};

/* reload.c: takes what stands in configuration and store; on failure what runs stays as it is. */
bool gateway_overlay(struct gateway *w, struct config *c, struct err *e) MUST_CHECK; /* the store's settings into c */
bool gateway_apply_file(struct gateway *w, struct err *e) MUST_CHECK; /* the file wins: into the store */
bool gateway_put_in_force(struct gateway *w, struct err *e) MUST_CHECK; /* what the store has */
bool gateway_reload(void *gateway, struct err *e) MUST_CHECK;
/* One server as the store has it, as the registry wants it; o->builtin stays. The environment goes into *a. */
bool gateway_server_opts(const struct config *c, const struct store_server *s, struct arena *a,
                         struct upstream_opts *o, struct err *e) MUST_CHECK;

#endif
