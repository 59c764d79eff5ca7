/* A call of the API through its stages: route, worker, gate, answer. Handlers know only admin/api.h. */
#include "admin/api_inside.h"
#include "admin/policy_memo.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "net/lane.h"
#include <stdio.h>

#define PREFIX "/api/v1"

/* What a worker needs of the store: connections of its own, lent to one call at a time. */
struct api_desk {
	struct api_desk *next;
	struct store *store;
	struct people *people;
	struct policy_memo *memo;
};

struct api {
	struct admin *admin;
	/* changes: one at a time, so that nothing comes between a look at a tag and the write; slow: passwords, one at a
	 * time; remote: what waits for another server */
	struct lane *lane, *changes, *slow, *remote;
	struct api_desk *idle;
	struct once *once;
	char *data_dir;
	size_t calls, strangers; /* strangers: those of them that anybody may make, and that take long */
	bool is_gone;
};

static void desk_free(struct api_desk *d)
{
	policy_memo_free(&d->memo);
	people_close(&d->people);
	store_close(&d->store);
	free(d);
}

struct policy_memo **api_memo(struct api_call *c)
{
	return &c->desk->memo;
}

struct api *api_new(struct admin *a)
{
	struct api *i = mem_zalloc(sizeof *i);
	i->admin = a;
	i->lane = lane_new(a->o.loop, LIMIT_API_WORKERS);
	i->changes = lane_new(a->o.loop, 1);
	i->slow = lane_new(a->o.loop, 1);
	i->remote = lane_new(a->o.loop, LIMIT_API_REMOTE);
	i->once = once_new();
	i->data_dir = mem_strdup(store_dir(a->o.store));
	return i;
}

static void finish(struct api *i)
{
	while (i->idle) {
		struct api_desk *d = i->idle;
		i->idle = d->next;
		desk_free(d);
	}
	once_free(&i->once);
	free(i->data_dir);
	free(i);
}

void api_free(struct api **ip)
{
	struct api *i = *ip;
	*ip = NULL;
	if (!i)
		return;
	lane_free(&i->lane);
	lane_free(&i->changes);
	lane_free(&i->slow);
	lane_free(&i->remote);
	i->is_gone = true;
	if (!i->calls)
		finish(i);
}

static bool is_strangers(const struct api_route *r)
{
	return r && r->flags & API_OPEN && r->flags & (API_SLOW | API_REMOTE);
}

static void call_free(struct api_call *c)
{
	struct api *i = c->api;
	struct admin *a = c->admin;
	if (c->over)
		c->over(c);
	if (c->desk) {
		c->desk->next = i->idle;
		i->idle = c->desk;
	}
	buf_release(&c->out);
	config_unref(&c->config);
	if (c->body_bytes)
		digest_wipe(c->body_bytes, c->body.n); /* passwords */
	arena_release(&c->arena);
	i->strangers -= is_strangers(c->route);
	free(c);
	i->calls--;
	if (i->is_gone && !i->calls)
		finish(i);
	admin_leave(a);
}

/* On a worker: a connection, opened by the first call that needs one more. */
static bool take_desk(struct api_call *c)
{
	struct store_opts o = { .data_dir = c->api->data_dir };
	struct err e = { 0 };
	if (!c->desk) {
		struct api_desk *d = mem_zalloc(sizeof *d);
		d->store = store_open(&o, &e);
		d->people = d->store ? people_open(d->store, &e) : NULL;
		if (!d->people) {
			store_close(&d->store);
			free(d);
			return api_fail(c, 503, "the store cannot be opened: %.200s", e.text);
		}
		c->desk = d;
	}
	c->store = c->desk->store;
	c->people = c->desk->people;
	people_session_times(c->people, (int64_t)c->config->people_age_ms / 1000, (int64_t)c->config->people_idle_ms / 1000);
	return true;
}

static bool read_body(struct api_call *c)
{
	struct err e = { 0 };
	struct slice type = c->body_type;
	const char *semicolon = type.n ? memchr(type.p, ';', type.n) : NULL;
	if (c->route->flags & API_RAW)
		return true;
	if (!c->body.n)
		return !(c->route->flags & API_BODY) || api_fail(c, 400, "a body is needed: JSON, as docs/openapi.yaml has it");
	if (semicolon)
		type = slice_of(type.p, (size_t)(semicolon - type.p));
	if (!slice_ieq(slice_trim(type), SLICE_LIT("application/json")))
		return api_fail(c, 415, "the Content-Type must be application/json");
	c->json = json_read(c->body, &c->arena, &e);
	if (!c->json)
		return api_fail(c, e.kind == ERR_LIMIT ? 413 : 400, "the body is not JSON: %s", e.text);
	if (!json_is(c->json, JSON_OBJECT))
		return api_field(c, "", "the body must be an object");
	return true;
}

static void put_change(struct api_call *c)
{
	struct change *h = &c->change;
	struct err e = { 0 };
	char *address = arena_strndup(&c->arena, c->address.n ? c->address.p : "", c->address.n);
	h->time_us = clock_wall_us();
	if (!h->who_kind) {
		h->who_kind = principal_kind_name(c->who.kind);
		h->who_id = c->who.id ? c->who.id : "";
		h->who_name = c->who.name ? c->who.name : "";
	}
	h->address = address ? address : "";
	h->note = h->note ? h->note : "";
	c->is_recorded = true;
	if (!people_change_add(c->people, h, &e))
		api_fail(c, 503, "it was done, and could not be recorded as a change: %.200s", e.text);
}

static bool is_good(const struct api_call *c)
{
	return c->status == 0 || c->status < 400;
}

static void work_who(struct api_call *c)
{
	if (!api_identify(c) || !api_may(c) || !api_query_check(c) || !read_body(c))
		return;
	if (c->idempotency_key.p && c->route->method == HTTP_POST && !(c->route->flags & API_OPEN) &&
	    (!c->idempotency_key.n || c->idempotency_key.n > 128 || slice_printable(c->idempotency_key) != c->idempotency_key.n))
		api_header(c, "Idempotency-Key", "Idempotency-Key is 1 to 128 printable characters");
}

static bool wants_once(const struct api_call *c)
{
	return c->idempotency_key.n && c->route->method == HTTP_POST && !(c->route->flags & API_OPEN);
}

static void work_route(struct api_call *c)
{
	if (c->route->work)
		c->route->work(c);
	if (is_good(c) && c->change.action && !c->route->begin)
		put_change(c);
}

static void work(void *ctx)
{
	struct api_call *c = ctx;
	if (!take_desk(c))
		return;
	if (c->stage == API_STAGE_WHO)
		work_who(c);
	/* A key has to be looked up on the loop first. */
	if (is_good(c) && (c->stage == API_STAGE_WORK || (c->stage == API_STAGE_WHO && !wants_once(c)))) {
		c->stage = API_STAGE_WORK;
		work_route(c);
	}
	if (c->stage == API_STAGE_AGAIN)
		c->again(c);
	if (((is_good(c) || c->is_saved) && c->stage == API_STAGE_RECORD) || (is_good(c) && c->stage == API_STAGE_AGAIN && c->change.action))
		put_change(c);
	c->store = NULL;
	c->people = NULL;
}

static void on_worked(void *ctx);

static void to_worker(struct api_call *c)
{
	struct api *i = c->api;
	if (!c->desk && i->idle) {
		c->desk = i->idle;
		i->idle = c->desk->next;
	}
	unsigned flags = c->route->flags;
	enum http_method m = c->route->method;
	bool is_change = flags & API_CHANGES || m == HTTP_PUT || m == HTTP_PATCH || m == HTTP_DELETE;
	lane_work(flags & API_SLOW ? i->slow : flags & API_REMOTE ? i->remote : is_change ? i->changes : i->lane, work, on_worked, c);
}

static void give_back(struct api_call *c)
{
	if (c->desk) {
		c->desk->next = c->api->idle;
		c->api->idle = c->desk;
	}
	c->desk = NULL;
}

void api_work(struct api_call *c, void (*fn)(struct api_call *c))
{
	c->stage = API_STAGE_AGAIN;
	c->again = fn;
	to_worker(c);
}

/* What was changed decides from the next call on, and only then is it said to be so. */
static void put_in_force(struct api_call *c)
{
	struct admin *a = c->admin;
	struct err e = { 0 };
	if ((c->route->flags & API_CHANGES) && is_good(c) && !c->is_replayed && !a->o.reload(a->o.ctx, &e))
		api_fail(c, 409, "it is saved, and not in force, because the whole cannot be taken over: %.180s", e.text);
	if (is_good(c) && c->event)
		events_tell(a, c->event, c->event_server, c->event_data);
	if (is_good(c) && c->change.action) {
		struct buf b = BUF_INIT(4096);
		const char *type = c->change.object_type;
		/* Who came, and who somebody is, is for auditors: they read /changes. */
		bool is_private = strcmp(type, "user") == 0 || strcmp(type, "token") == 0;
		buf_adds(&b, "{\"action\":");
		buf_add_json_string(&b, slice_str(is_private ? type : c->change.action));
		buf_adds(&b, ",\"type\":");
		buf_add_json_string(&b, slice_str(type));
		buf_adds(&b, ",\"id\":");
		buf_add_json_string(&b, slice_str(is_private ? "" : c->change.object_id));
		buf_addc(&b, '}');
		if (buf_ok(&b))
			events_tell(a, "change", c->event_server, buf_slice(&b));
		events_changed(a, c->change.object_type, c->change.object_id);
		buf_release(&b);
	}
}

void api_answer(struct api_call *c)
{
	struct api *i = c->api;
	if (i->is_gone) {
		call_free(c);
		return;
	}
	if ((is_good(c) || c->is_saved) && c->change.action && !c->is_recorded) {
		c->stage = API_STAGE_RECORD;
		to_worker(c);
		return;
	}
	c->stage = API_STAGE_SENT;
	if (!c->status)
		c->status = 200;
	put_in_force(c);
	if (c->is_kept)
		once_done(i->once, c, loop_now_us(i->admin->o.loop));
	if (!c->is_streaming)
		api_send(c);
	call_free(c);
}

/* True: the call goes on. */
static bool ask_once(struct api_call *c)
{
	switch (once_begin(c->api->once, c, loop_now_us(c->admin->o.loop))) {
	case ONCE_GO: c->is_kept = true; return true;
	case ONCE_BUSY: return api_fail(c, 409, "the same request is under way: ask again when it has been answered");
	case ONCE_OTHER: return api_fail(c, 422, "this Idempotency-Key was used for another request");
	case ONCE_AGAIN: break;
	}
	return false;
}

static void on_worked(void *ctx)
{
	struct api_call *c = ctx;
	give_back(c);
	if (c->api->is_gone) {
		call_free(c);
	} else if (c->stage == API_STAGE_WHO && is_good(c) && ask_once(c)) {
		c->stage = API_STAGE_WORK;
		to_worker(c);
	} else if (c->stage == API_STAGE_WORK && is_good(c) && c->route->begin) {
		c->stage = API_STAGE_BEGIN;
		c->route->begin(c);
	} else {
		api_answer(c);
	}
}

static struct api_call *call_new(struct api *i)
{
	struct api_call *c = mem_zalloc(sizeof *c);
	c->api = i;
	c->admin = i->admin;
	arena_init(&c->arena, LIMIT_API_ARENA);
	buf_init(&c->out, LIMIT_API_ANSWER);
	c->config = i->admin->o.config(i->admin->o.ctx);
	i->calls++;
	admin_stay(c->admin); /* work() may look at what of its options outlives the loop */
	return c;
}

static void refuse(struct admin *a, const struct http_request *r, struct buf *allow)
{
	char text[160];
	if (!allow->n) {
		admin_problem(a, r->id, 404, "there is nothing here: docs/openapi.yaml lists what is; an id with slashes is one segment of the path, with %2F for each");
		return;
	}
	snprintf(text, sizeof text, "this path has other methods: %.100s", buf_str(allow));
	admin_refuse_method(a, r->id, text, buf_slice(allow));
}

bool api_on_request(struct api *i, const struct http_request *r)
{
	struct slice prefix = SLICE_LIT(PREFIX), taken[API_SEGMENTS];
	struct buf allow = BUF_INIT(256);
	size_t n = 0;
	if (!slice_starts(r->path, prefix) || (r->path.n > prefix.n && r->path.p[prefix.n] != '/'))
		return false;
	struct slice rest = slice_of(r->path.p + prefix.n, r->path.n - prefix.n);
	const struct api_route *route = api_route_find(r->method, rest, taken, &n, &allow);
	if (!route) {
		refuse(i->admin, r, &allow);
	} else if (r->body.n > LIMIT_API_BODY) {
		admin_problem(i->admin, r->id, 413, "the body is larger than 4 MiB");
	} else if (route->flags & API_OPEN && r->body.n > LIMIT_API_STRANGER_BODY) {
		admin_problem(i->admin, r->id, 413, "the body is larger than 16 KiB");
	} else if (i->calls >= LIMIT_API_CALLS || (is_strangers(route) && i->strangers >= LIMIT_API_STRANGERS)) {
		admin_problem(i->admin, r->id, 503, "too many requests of this kind are under way; try again later");
	} else {
		struct api_call *c = call_new(i);
		c->route = route;
		i->strangers += is_strangers(route);
		if (!api_request_copy(c, r, taken, n)) {
			admin_problem(i->admin, r->id, 400, "a segment of the path is not encoded as in a URL");
			call_free(c);
		} else {
			to_worker(c);
		}
	}
	buf_release(&allow);
	return true;
}

void reload_begin(struct api_call *c)
{
	struct err e = { 0 };
	if (!c->admin->o.reload(c->admin->o.ctx, &e)) {
		api_fail(c, 409, "%s", e.text);
	} else {
		c->status = 200;
		buf_adds(&c->out, "{\"reloaded\":true}");
	}
	api_answer(c);
}
