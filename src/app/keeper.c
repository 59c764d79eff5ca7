/* Lists on their way into the kept catalogue. */
#include "app/keeper.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "index/index.h"
#include "json/json.h"

/* A file that cannot be written, or that an import holds, is tried again so much later. */
#define AGAIN_MS 10000
/* Between two lists: a server whose list is another for each client costs no more than this. */
#define PAUSE_MS 50

/* A list on its way; the server's name is the key in waiting. */
struct kept {
	char *server, *where, *tools; /* where: without credentials */
	bool is_remote;
	size_t n;
};

struct keeper {
	struct loop *loop;
	struct registry *registry;
	const char *path;
	struct map waiting; /* struct kept by server */
	size_t bytes;	    /* of them */
	struct kept *now;   /* on a worker */
	struct err err;	    /* how it went; kind ERR_NONE: well */
	bool is_gone, did_fail;
	struct loop_timer again;
};

static void free_kept(struct kept **k)
{
	if (*k) {
		free((*k)->server);
		free((*k)->where);
		free((*k)->tools);
		free(*k);
	}
	*k = NULL;
}

struct keeper *keeper_new(struct loop *l, const char *path, struct registry *r)
{
	struct keeper *k = mem_zalloc(sizeof *k);
	k->loop = l;
	k->path = path;
	k->registry = r;
	map_init(&k->waiting);
	return k;
}

static void finish(struct keeper *k)
{
	size_t at = 0;
	void *value;
	while (map_next(&k->waiting, &at, NULL, &value)) {
		struct kept *one = value;
		free_kept(&one);
	}
	map_release(&k->waiting);
	free(k);
}

void keeper_free(struct keeper **kp)
{
	struct keeper *k = *kp;
	*kp = NULL;
	if (!k)
		return;
	k->is_gone = true;
	loop_cancel(k->loop, &k->again);
	if (!k->now)
		finish(k);
}

/* Judged before the file is opened: others may write meanwhile. */
static bool put(const struct keeper *k, struct arena *a, struct err *e)
{
	struct index_server s = {
		.id = slice_str(k->now->server),
		.source = INDEX_LIVE,
		.where = slice_str(k->now->where),
		.remote = slice_str(k->now->is_remote ? k->now->where : ""),
		.seen_us = clock_wall_us(),
	};
	const struct json *tools = json_read(slice_of(k->now->tools, k->now->n), a, e);
	struct index_list *list = tools ? index_judge(s.id, tools, a, e) : NULL;
	struct index *x = list ? index_open(k->path, INDEX_WRITE, e) : NULL;
	bool is_good = x && index_put_list(x, &s, list, e);
	index_close(&x);
	return is_good;
}

static void work(void *ctx)
{
	struct keeper *k = ctx;
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	k->err = (struct err){ 0 };
	if (!put(k, &a, &k->err) && !k->err.kind)
		err_set(&k->err, ERR_REMOTE, "it does not say why");
	arena_release(&a);
}

static void start(struct keeper *k);

static void on_again(void *ctx)
{
	struct keeper *k = ctx;
	k->again.v = 0;
	start(k);
}

static void add(struct keeper *k, struct kept *one)
{
	map_put(&k->waiting, slice_str(one->server), one);
	k->bytes += one->n;
}

/* A file that cannot be written is said once, and once when it can be again. */
static void on_worked(void *ctx)
{
	struct keeper *k = ctx;
	struct kept *one = k->now;
	bool failed = k->err.kind != ERR_NONE;
	k->now = NULL;
	if (failed && !k->did_fail)
		log_warn(one->server, "its list of tools is not kept in '%s', and it is tried again: %s", k->path, k->err.text);
	else if (!failed && k->did_fail)
		log_info(one->server, "lists of tools are kept again");
	k->did_fail = failed;
	if (failed && !map_get(&k->waiting, slice_str(one->server)) && k->bytes + one->n <= LIMIT_KEPT_WAITING)
		add(k, one);
	else
		free_kept(&one);
	if (k->is_gone)
		finish(k);
	else
		k->again = loop_after(k->loop, failed ? AGAIN_MS : PAUSE_MS, on_again, k);
}

static void start(struct keeper *k)
{
	size_t at = 0;
	void *value;
	if (k->now || k->again.v || !map_next(&k->waiting, &at, NULL, &value))
		return;
	k->now = value;
	k->bytes -= k->now->n;
	map_del(&k->waiting, slice_str(k->now->server));
	loop_work(k->loop, work, on_worked, k);
}

static char *place_of(const struct keeper *k, struct slice server, bool *is_remote)
{
	struct upstream *u = registry_get(k->registry, server);
	const char *place = u ? upstream_place(u) : "";
	char text[LIMIT_INDEX_WORD + 1];
	*is_remote = u && strcmp(upstream_transport(u), "http") == 0;
	if (!*is_remote)
		return mem_strdup(place);
	size_t n = index_remote(slice_str(place), text, sizeof text);
	*is_remote = n != 0;
	return mem_strndup(text, n);
}

void keeper_take(void *keeper, struct slice server, struct slice tools)
{
	struct keeper *k = keeper;
	struct kept *old = map_del(&k->waiting, server);
	if (old)
		k->bytes -= old->n;
	free_kept(&old);
	if (k->bytes + tools.n > LIMIT_KEPT_WAITING) {
		log_warn(NULL, "the list of tools of server '%.*s' is not kept: too much waits already", SLICE_ARG(server));
		return;
	}
	struct kept *one = mem_zalloc(sizeof *one);
	one->server = mem_strndup(server.p, server.n);
	one->where = place_of(k, server, &one->is_remote);
	one->tools = mem_strndup(tools.p, tools.n);
	one->n = tools.n;
	add(k, one);
	start(k);
}
