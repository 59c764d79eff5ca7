/* All servers: by name those that run, in a list those that are on their way out. */
#include "upstream/registry.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/log.h"
#include "base/map.h"
#include "upstream/settings.h"

#define LOOK_MS 250 /* how often a retired server is asked whether its calls are done */

struct registry;

struct entry {
	struct registry *registry;
	struct upstream *server;
	unsigned char fingerprint[DIGEST_SIZE];
	bool is_wanted; /* named by the set that is being applied */
	bool is_stopping;
	struct list node; /* in retired */
	uint64_t retired_us;
	struct loop_timer look;
};

struct registry {
	struct loop *loop;
	struct http_client *http;
	struct map running; /* struct entry by name */
	struct list retired;
	upstream_watch_fn watch;
	void *watch_ctx;
	loop_fn stopped;
	void *stopped_ctx;
	bool is_stopped;
	struct loop_timer stop_timer;
};

struct registry *registry_new(struct loop *l, struct http_client *http)
{
	struct registry *r = mem_zalloc(sizeof *r);
	r->loop = l;
	r->http = http;
	map_init(&r->running);
	list_init(&r->retired);
	return r;
}

void registry_watch(struct registry *r, upstream_watch_fn fn, void *ctx)
{
	r->watch = fn;
	r->watch_ctx = ctx;
	size_t at = 0;
	for (struct upstream *u; (u = registry_next(r, &at));)
		upstream_watch(u, fn, ctx);
}

static void on_stopped(void *ctx)
{
	struct registry *r = ctx;
	loop_fn done = r->stopped;
	r->stop_timer.v = 0;
	r->stopped = NULL;
	done(r->stopped_ctx);
}

static void check_stopped(struct registry *r)
{
	if (r->stopped && !r->stop_timer.v && list_empty(&r->retired))
		r->stop_timer = loop_after(r->loop, 0, on_stopped, r);
}

static void free_entry(void *ctx)
{
	struct entry *en = ctx;
	upstream_free(&en->server);
	free(en);
}

static void on_server_stopped(void *ctx)
{
	struct entry *en = ctx;
	list_del(&en->node);
	log_info(upstream_name(en->server), "removed");
	check_stopped(en->registry);
	loop_defer(en->registry->loop, free_entry, en);
}

static void stop_entry(struct entry *en)
{
	loop_cancel(en->registry->loop, &en->look);
	if (en->is_stopping)
		return;
	en->is_stopping = true;
	upstream_stop(en->server, on_server_stopped, en);
}

static void on_look(void *ctx)
{
	struct entry *en = ctx;
	struct loop *l = en->registry->loop;
	struct upstream_status s;
	en->look.v = 0;
	upstream_status(en->server, &s);
	bool is_late = loop_now_us(l) - en->retired_us >= LIMIT_RETIRE_MS * 1000ull;
	if (!s.calls_in_flight || is_late)
		stop_entry(en);
	else
		en->look = loop_after(l, LOOK_MS, on_look, en);
}

static void retire(struct entry *en)
{
	struct loop *l = en->registry->loop;
	map_del(&en->registry->running, slice_str(upstream_name(en->server)));
	list_add_tail(&en->registry->retired, &en->node);
	upstream_watch(en->server, NULL, NULL);
	if (en->registry->watch)
		en->registry->watch(en->registry->watch_ctx, en->server, SLICE_LIT("removed"));
	en->retired_us = loop_now_us(l);
	en->look = loop_after(l, 0, on_look, en);
}

void registry_stop(struct registry *r, loop_fn done, void *ctx)
{
	struct slice name;
	void *value;
	BUG_ON(r->is_stopped);
	r->is_stopped = true;
	r->stopped = done;
	r->stopped_ctx = ctx;
	for (size_t at = 0; map_next(&r->running, &at, &name, &value);)
		retire(value);
	list_each_safe(it, tmp, &r->retired) stop_entry(list_entry(it, struct entry, node));
	check_stopped(r);
}

void registry_free(struct registry **rp)
{
	struct registry *r = *rp;
	if (!r)
		return;
	BUG_ON(r->running.n || !list_empty(&r->retired));
	map_release(&r->running);
	free(r);
	*rp = NULL;
}

struct upstream *registry_get(const struct registry *r, struct slice name)
{
	struct entry *en = map_get(&r->running, name);
	return en ? en->server : NULL;
}

struct upstream *registry_next(const struct registry *r, size_t *at)
{
	struct slice name;
	void *value;
	if (!map_next(&r->running, at, &name, &value))
		return NULL;
	struct entry *en = value;
	return en->server;
}

size_t registry_count(const struct registry *r)
{
	return r->running.n;
}

static struct entry *new_entry(struct registry *r, const struct upstream_opts *o, struct err *e)
{
	struct upstream *u = upstream_new(r->loop, r->http, o, e);
	if (!u)
		return NULL;
	struct entry *en = mem_zalloc(sizeof *en);
	en->registry = r;
	en->server = u;
	list_init(&en->node);
	settings_fingerprint(o, en->fingerprint);
	return en;
}

static void install(struct registry *r, struct entry *en)
{
	struct slice name = slice_str(upstream_name(en->server));
	struct entry *old = map_get(&r->running, name);
	if (old)
		retire(old);
	upstream_watch(en->server, r->watch, r->watch_ctx);
	map_put(&r->running, name, en);
}

static struct entry *find_same(const struct registry *r, const struct upstream_opts *o)
{
	unsigned char fingerprint[DIGEST_SIZE];
	struct entry *en = map_get(&r->running, slice_str(o->name));
	if (!en)
		return NULL;
	settings_fingerprint(o, fingerprint);
	return digest_equal(fingerprint, en->fingerprint, DIGEST_SIZE) ? en : NULL;
}

bool registry_put(struct registry *r, const struct upstream_opts *o, struct err *e)
{
	BUG_ON(r->is_stopped);
	if (!settings_check(o, e))
		return false;
	if (find_same(r, o))
		return true;
	struct entry *en = new_entry(r, o, e);
	if (!en)
		return false;
	install(r, en);
	return true;
}

bool registry_drop(struct registry *r, struct slice name)
{
	struct entry *en = map_get(&r->running, name);
	if (!en)
		return false;
	retire(en);
	return true;
}

static bool make_missing(struct registry *r, const struct upstream_opts *v, size_t n,
			 struct entry **made, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (!settings_check(&v[i], e))
			return false;
		for (size_t k = 0; k < i; k++)
			if (strcmp(v[i].name, v[k].name) == 0)
				return err_set(e, ERR_INPUT, "server '%s' is named twice",
					       v[i].name);
		struct entry *same = find_same(r, &v[i]);
		if (same)
			same->is_wanted = true;
		else if (!(made[i] = new_entry(r, &v[i], e)))
			return false;
	}
	return true;
}

bool registry_apply(struct registry *r, const struct upstream_opts *v, size_t n, struct err *e)
{
	struct entry **made = mem_zalloc((n + 1) * sizeof *made);
	struct slice name;
	void *value;
	BUG_ON(r->is_stopped);
	for (size_t at = 0; map_next(&r->running, &at, &name, &value);)
		((struct entry *)value)->is_wanted = false;
	bool is_fit = make_missing(r, v, n, made, e);
	for (size_t at = 0; is_fit && map_next(&r->running, &at, &name, &value);)
		if (!((struct entry *)value)->is_wanted)
			retire(value);
	for (size_t i = 0; i < n; i++) {
		if (made[i] && is_fit)
			install(r, made[i]);
		else if (made[i])
			free_entry(made[i]);
	}
	free(made);
	return is_fit;
}
