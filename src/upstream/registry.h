/*
 * All servers by name. A reload gives the whole new set: servers whose settings did
 * not change keep running with their calls and children; changed and absent ones are
 * retired: they finish what is under way (at most LIMIT_RETIRE_MS), then stop.
 */
#ifndef UPSTREAM_REGISTRY_H
#define UPSTREAM_REGISTRY_H
#include "upstream/upstream.h"

struct registry;

struct registry *registry_new(struct loop *l, struct http_client *http);
/* Retires every server at once, without waiting for calls; done() when all are gone. */
void registry_stop(struct registry *r, loop_fn done, void *ctx);
void registry_free(struct registry **r); /* after done() */

/* See upstream_watch: for every server, also those that are added later; and "removed" for one
 * that is dropped or replaced, before another can be asked for by its name. */
void registry_watch(struct registry *r, upstream_watch_fn fn, void *ctx);

/* The running server of that name, or NULL. Valid until the end of the turn, or for as
 * long as an exchange of it is under way. */
struct upstream *registry_get(const struct registry *r, struct slice name);
/* Walks all running servers in no order; *at starts at 0; NULL at the end. */
struct upstream *registry_next(const struct registry *r, size_t *at);
size_t registry_count(const struct registry *r);

/* Adds one server, or replaces it when its settings differ. False and *e when they are not
 * valid: the one that runs stays as it is. */
bool registry_put(struct registry *r, const struct upstream_opts *o, struct err *e) MUST_CHECK;
/* Retires one; false when there is none of that name. */
bool registry_drop(struct registry *r, struct slice name);
/* The whole new set: all or nothing. On failure *e names the server and nothing changed. */
bool registry_apply(struct registry *r, const struct upstream_opts *v, size_t n,
		    struct err *e) MUST_CHECK;

#endif
