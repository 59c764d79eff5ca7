/* Inside app/: the parts of a running gate. */
#ifndef APP_INSIDE_H
#define APP_INSIDE_H
#include "admin/admin.h"
#include "app/gateway.h"
#include "config/config.h"
#include "gate/gate.h"
#include "store/mover.h"

struct gateway {
	const struct gateway_opts *opts;
	const struct config *config; /* the caller's, or own_config after a reload */
	struct config *own_config;
	struct loop *loop;
	struct store *store;
	struct journal *journal;
	struct mover *mover;
	struct quota *quota;
	struct http_client *client;
	struct http_server *http;
	struct registry *registry;
	struct catalog *catalog;
	struct grants *grants;
	struct gate *gate;
	struct admin *admin;
	struct loop_timer move_timer;
	bool is_moving, is_stopping, http_is_closed, servers_are_gone, is_forced;
	char listen[128];
};

/* reload.c: takes what stands in configuration and store; on failure what runs stays as it is. */
bool gateway_apply_file(struct gateway *w, struct err *e) MUST_CHECK; /* the file wins: into the store */
bool gateway_put_in_force(struct gateway *w, struct err *e) MUST_CHECK; /* what the store has */
bool gateway_reload(void *gateway, struct err *e) MUST_CHECK;
/* One server as the store has it, as the registry wants it. The environment goes into *a. */
bool gateway_server_opts(const struct config *c, const struct store_server *s, struct arena *a,
                         struct upstream_opts *o, struct err *e) MUST_CHECK;

#endif
