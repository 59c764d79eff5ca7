/*
 * GET /events: what happens, as it happens (Server-Sent Events, WHATWG HTML 9.2). Who listens hears of what
 * they may see. Nothing is made, and the gate is not listened to, while nobody is there.
 *
 * A client that does not read is let go with `bye`; so is one whose session has ended. It comes back
 * with the id of the last event it had (Last-Event-ID), and is told what it missed, as far as that is kept.
 */
#include "admin/api_inside.h"
#include "admin/sight.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include <stdio.h>

#define TICK_MS       1000
#define BEAT_TICKS    15
#define CHECK_TICKS   60
#define LINGER_TICKS  60 /* how long events are kept for those who come back */

struct listener {
	struct admin_stream stream;
	struct list node;
	struct events *events;
	struct http_request_id request;
	struct arena arena;
	struct principal who;
	uint64_t number;
};

/* One event as it is sent. */
struct kept {
	uint64_t number;
	char *text;
	size_t n;
	char server[LIMIT_NAME + 1]; /* "": the organisation's */
};

struct events {
	struct admin *admin;
	struct list listeners;
	size_t n;
	struct kept kept[LIMIT_EVENTS_KEPT];
	uint64_t number, listeners_so_far, boot, ticks, empty_ticks;
	struct loop_timer timer;
	bool is_on, is_checking, is_gone, is_ended;
	uint64_t told, skipped; /* records of this second */
	struct map states;      /* of servers: name to state + 1 */
	size_t held;
	uint64_t pending;
	struct buf text, json;
};

/* Who listens, for the worker that asks whether they are still signed in. */
struct checked {
	uint64_t listener;
	enum principal_kind kind;
	char id[80];
	unsigned char session_hash[32];
	bool is_out;
};
struct checking {
	struct events *events;
	char *data_dir;
	size_t n;
	struct checked v[LIMIT_EVENTS_LISTENERS];
};

struct events *events_new(struct admin *a)
{
	struct events *s = mem_zalloc(sizeof *s);
	s->admin = a;
	s->boot = (uint64_t)clock_wall_us();
	list_init(&s->listeners);
	map_init(&s->states);
	buf_init(&s->text, LIMIT_EVENT_BYTES);
	buf_init(&s->json, LIMIT_EVENT_BYTES);
	return s;
}

static void listener_free(struct listener *l)
{
	list_del(&l->node);
	list_del(&l->stream.node);
	l->events->n--;
	arena_release(&l->arena);
	free(l);
}

static void finish(struct events *s)
{
	for (size_t i = 0; i < LIMIT_EVENTS_KEPT; i++)
		free(s->kept[i].text);
	map_release(&s->states);
	buf_release(&s->text);
	buf_release(&s->json);
	free(s);
}

void events_free(struct events **e)
{
	struct events *s = *e;
	*e = NULL;
	if (!s)
		return;
	loop_cancel(s->admin->o.loop, &s->timer);
	s->is_gone = true;
	while (!list_empty(&s->listeners))
		listener_free(list_entry(s->listeners.next, struct listener, node));
	if (!s->is_checking)
		finish(s); /* else when the worker comes back */
}

static bool may_hear(const struct principal *who, struct slice server)
{
	return server.n ? principal_may(who, MAY_SEE, server) : principal_may(who, MAY_SEE, slice_of(NULL, 0));
}

/* Ends it with the reason; the client may come back at once, later, or when somebody has signed in. */
static void say_bye(struct listener *l, const char *why)
{
	struct http_server *http = l->events->admin->o.http;
	char text[128];
	snprintf(text, sizeof text, "event: bye\ndata: {\"reason\":\"%s\"}\n\n", why);
	if (http_write(http, l->request, slice_str(text)))
		http_end(http, l->request);
	listener_free(l);
}

static void send_to(struct listener *l, struct slice text)
{
	struct http_server *http = l->events->admin->o.http;
	if (http_is_slow(http, l->request))
		say_bye(l, "slow");
	else if (!http_write(http, l->request, text))
		listener_free(l); /* cut by the server: it took nothing for long */
}

static void keep(struct events *s, uint64_t number, struct slice server, struct slice text)
{
	struct kept *k = &s->kept[number % LIMIT_EVENTS_KEPT];
	free(k->text);
	*k = (struct kept){ .number = number, .n = text.n, .text = mem_alloc(text.n + 1) };
	memcpy(k->text, text.p, text.n);
	snprintf(k->server, sizeof k->server, "%.*s", (int)(server.n < LIMIT_NAME ? server.n : LIMIT_NAME), server.n ? server.p : "");
}

void events_tell(struct admin *a, const char *event, struct slice server, struct slice data)
{
	struct events *s = a->events;
	if (!s || !s->is_on)
		return;
	uint64_t number = ++s->number;
	buf_clear(&s->text);
	buf_addf(&s->text, "id: %llx-%llu\nevent: %s\ndata: ", (unsigned long long)s->boot, (unsigned long long)number, event);
	buf_add_slice(&s->text, data);
	buf_adds(&s->text, "\n\n");
	if (!buf_ok(&s->text))
		return; /* longer than any record is */
	keep(s, number, server, buf_slice(&s->text));
	list_each_safe(at, next, &s->listeners) {
		struct listener *l = list_entry(at, struct listener, node);
		if (may_hear(&l->who, server))
			send_to(l, buf_slice(&s->text));
	}
}

/* An approval that was asked for, or voted on, has a record of its own. */
static void tell_approval(struct events *s, const struct audit_record *r, bool is_vote)
{
	buf_clear(&s->json);
	buf_adds(&s->json, "{\"id\":");
	buf_add_json_string(&s->json, r->approval);
	buf_addf(&s->json, ",\"what\":\"%s\",\"server\":", !is_vote ? "asked" : r->decision == AUDIT_ALLOW ? "yes" : "no");
	buf_add_json_string(&s->json, r->server);
	buf_adds(&s->json, ",\"tool\":");
	buf_add_json_string(&s->json, r->target);
	buf_addc(&s->json, '}');
	if (buf_ok(&s->json))
		events_tell(s->admin, "approval", r->server, buf_slice(&s->json));
}

static void on_record(void *ctx, const struct audit_record *r)
{
	struct events *s = ctx;
	bool is_vote = slice_is(r->method, "approvals/vote");
	/* A client that is told to come again has no record of asking but its call's. */
	if (is_vote || (r->decision == AUDIT_APPROVE && r->approval.n))
		tell_approval(s, r, is_vote);
	if (++s->told > LIMIT_EVENTS_RECORDS) {
		s->skipped++;
		return;
	}
	buf_clear(&s->json);
	audit_write_json(&s->json, r);
	if (buf_ok(&s->json))
		events_tell(s->admin, "record", r->server, buf_slice(&s->json));
}

static const char *state_name(enum upstream_state st)
{
	static const char *const names[] = {
		[UPSTREAM_UNKNOWN] = "unknown", [UPSTREAM_UP] = "up", [UPSTREAM_DOWN] = "down"
	};
	return names[st];
}

/* States change seldom, and a second late is soon enough. is_first: they are only noted. */
static void look_at_servers(struct events *s, bool is_first)
{
	size_t at = 0;
	for (struct upstream *u; (u = registry_next(s->admin->o.registry, &at));) {
		struct slice name = slice_str(upstream_name(u));
		struct upstream_status status;
		upstream_status(u, &status);
		void *now = (void *)(uintptr_t)(status.state + 1), *before = map_get(&s->states, name);
		if (now == before)
			continue;
		map_put(&s->states, name, now);
		if (is_first || (!before && status.state == UPSTREAM_UNKNOWN))
			continue;
		buf_clear(&s->json);
		buf_adds(&s->json, "{\"name\":");
		buf_add_json_string(&s->json, name);
		buf_addf(&s->json, ",\"state\":\"%s\",\"error\":", state_name(status.state));
		buf_add_json_string(&s->json, slice_str(status.state == UPSTREAM_DOWN ? status.last_error : ""));
		buf_addc(&s->json, '}');
		events_tell(s->admin, "server", name, buf_slice(&s->json));
	}
}

static void look_at_numbers(struct events *s, bool is_first)
{
	char text[80];
	size_t held = s->admin->o.pins ? gate_pins(s->admin->o.gate).held : 0;
	uint64_t pending = s->admin->o.approvals ? approvals_counts(s->admin->o.approvals).pending : 0;
	if (!is_first && held != s->held) {
		snprintf(text, sizeof text, "{\"held\":%zu}", held);
		events_tell(s->admin, "pins", slice_of("", 0), slice_str(text));
	}
	if (!is_first && pending != s->pending) {
		snprintf(text, sizeof text, "{\"what\":\"pending\",\"pending\":%llu}", (unsigned long long)pending);
		events_tell(s->admin, "approval", slice_of("", 0), slice_str(text));
	}
	if (s->skipped) {
		snprintf(text, sizeof text, "{\"records\":%llu}", (unsigned long long)s->skipped);
		events_tell(s->admin, "skipped", slice_of("", 0), slice_str(text));
	}
	s->held = held;
	s->pending = pending;
	s->told = s->skipped = 0;
}

static void check(void *ctx)
{
	struct checking *k = ctx;
	struct store_opts o = { .data_dir = k->data_dir };
	struct err e = { 0 };
	struct store *store = store_open(&o, &e);
	struct people *people = store ? people_open(store, &e) : NULL;
	for (size_t i = 0; people && i < k->n; i++) {
		struct principal who = { .kind = k->v[i].kind, .id = k->v[i].id };
		bool is_in = true;
		memcpy(who.session_hash, k->v[i].session_hash, sizeof who.session_hash);
		k->v[i].is_out = people_still(people, &who, clock_wall_us(), &is_in, &e) && !is_in;
	}
	people_close(&people);
	store_close(&store);
}

static void on_checked(void *ctx)
{
	struct checking *k = ctx;
	struct events *s = k->events;
	s->is_checking = false;
	list_each_safe(at, next, &s->listeners) {
		struct listener *l = list_entry(at, struct listener, node);
		for (size_t i = 0; i < k->n; i++) {
			if (k->v[i].listener != l->number || !k->v[i].is_out)
				continue;
			say_bye(l, "session");
			break;
		}
	}
	if (s->is_gone)
		finish(s);
	free(k->data_dir);
	free(k);
}

static void start_check(struct events *s)
{
	struct checking *k = mem_zalloc(sizeof *k);
	k->events = s;
	k->data_dir = mem_strdup(store_dir(s->admin->o.store));
	for (struct list *at = s->listeners.next; at != &s->listeners; at = at->next) {
		struct listener *l = list_entry(at, struct listener, node);
		struct checked *one = &k->v[k->n++];
		one->listener = l->number;
		one->kind = l->who.kind;
		snprintf(one->id, sizeof one->id, "%s", l->who.id);
		memcpy(one->session_hash, l->who.session_hash, sizeof one->session_hash);
	}
	s->is_checking = true;
	loop_work(s->admin->o.loop, check, on_checked, k);
}

static void on_tick(void *ctx);

static void wait_a_tick(struct events *s)
{
	s->timer = loop_after(s->admin->o.loop, TICK_MS, on_tick, s);
}

static void turn_off(struct events *s)
{
	s->is_on = false;
	gate_listen(s->admin->o.gate, NULL, NULL);
}

static void on_tick(void *ctx)
{
	struct events *s = ctx;
	s->ticks++;
	s->empty_ticks = s->n ? 0 : s->empty_ticks + 1;
	if (s->empty_ticks > LINGER_TICKS) {
		turn_off(s);
		return;
	}
	look_at_servers(s, false);
	look_at_numbers(s, false);
	if (s->ticks % BEAT_TICKS == 0) {
		list_each_safe(at, next, &s->listeners)
			send_to(list_entry(at, struct listener, node), SLICE_LIT(":\n\n"));
	}
	if (s->n && s->ticks % CHECK_TICKS == 0 && !s->is_checking)
		start_check(s);
	wait_a_tick(s);
}

static void turn_on(struct events *s)
{
	s->empty_ticks = 0;
	if (s->is_on)
		return;
	s->is_on = true;
	look_at_servers(s, true);
	look_at_numbers(s, true);
	gate_listen(s->admin->o.gate, on_record, s);
	wait_a_tick(s);
}

/* "boot-number", as events_tell writes it. False: it is of another run, or none. */
static bool read_id(const struct events *s, struct slice id, uint64_t *number)
{
	char boot[40];
	unsigned long long n;
	int used = snprintf(boot, sizeof boot, "%llx-", (unsigned long long)s->boot);
	if (!slice_starts(id, slice_of(boot, (size_t)used)) || !slice_u64(slice_of(id.p + used, id.n - (size_t)used), &n))
		return false;
	*number = n;
	return true;
}

/* What came after that event, where it is still kept. The text is one piece: it goes out whole or not. */
static void replay(struct events *s, const struct listener *l, struct slice last_id, struct buf *out)
{
	uint64_t from;
	if (!last_id.n)
		return;
	if (!read_id(s, last_id, &from) || from > s->number || s->number - from > LIMIT_EVENTS_KEPT) {
		buf_adds(out, "event: missed\ndata: {}\n\n");
		return;
	}
	for (uint64_t i = from + 1; i <= s->number; i++) {
		const struct kept *k = &s->kept[i % LIMIT_EVENTS_KEPT];
		if (k->number == i && may_hear(&l->who, slice_str(k->server)))
			buf_add(out, k->text, k->n);
	}
}

static void on_listener_gone(void *ctx)
{
	listener_free(ctx);
}

static struct listener *listener_new(struct events *s, struct api_call *c)
{
	struct listener *l = mem_zalloc(sizeof *l);
	l->events = s;
	l->request = c->request;
	l->number = ++s->listeners_so_far;
	l->stream = (struct admin_stream){ .request = c->request, .on_gone = on_listener_gone, .ctx = l };
	arena_init(&l->arena, 1u << 20);
	list_add_tail(&s->listeners, &l->node);
	list_add_tail(&s->admin->streams, &l->stream.node);
	s->n++;
	if (api_who_copy(&c->who, &l->arena, &l->who))
		return l;
	listener_free(l);
	return NULL;
}

static void begin(struct events *s, struct api_call *c, struct listener *l)
{
	static const struct http_header h[] = {
		{ { "Content-Type", 12 }, { "text/event-stream", 17 } },
		{ { "Cache-Control", 13 }, { "no-store", 8 } },
		{ { "X-Accel-Buffering", 17 }, { "no", 2 } },
		{ { "X-Content-Type-Options", 22 }, { "nosniff", 7 } },
	};
	struct http_server *http = s->admin->o.http;
	struct buf first = BUF_INIT(LIMIT_EVENTS_REPLAY);
	buf_adds(&first, "retry: 2000\n\n");
	turn_on(s);
	replay(s, l, c->last_event_id, &first);
	if (!buf_ok(&first)) {
		buf_clear(&first);
		buf_adds(&first, "retry: 2000\n\nevent: missed\ndata: {}\n\n");
	}
	if (!http_begin(http, c->request, 200, h, ARRAY_LEN(h)) || !http_write(http, c->request, buf_slice(&first)))
		listener_free(l);
	buf_release(&first);
}

void events_begin(struct api_call *c)
{
	struct events *s = c->admin->events;
	struct listener *l;
	if (s->is_ended) {
		api_fail(c, 503, "the gate is stopping");
	} else if (s->n >= LIMIT_EVENTS_LISTENERS) {
		c->retry_s = 30;
		api_fail(c, 429, "%d listen already, which is the limit", LIMIT_EVENTS_LISTENERS);
	} else if (!(l = listener_new(s, c))) {
		api_fail(c, 413, "the request is too large");
	} else {
		c->is_streaming = true;
		begin(s, c, l);
	}
	api_answer(c);
}

void events_changed(struct admin *a, const char *type, const char *id)
{
	struct events *s = a->events;
	bool is_user = strcmp(type, "user") == 0;
	if (!s || (!is_user && strcmp(type, "token") != 0))
		return;
	list_each_safe(at, next, &s->listeners) {
		struct listener *l = list_entry(at, struct listener, node);
		if (strcmp(l->who.id, id) == 0 || (is_user && l->who.user_id && strcmp(l->who.user_id, id) == 0))
			say_bye(l, "session");
	}
}

void events_end(struct events *s)
{
	s->is_ended = true;
	list_each_safe(at, next, &s->listeners)
		say_bye(list_entry(at, struct listener, node), "stopping");
}
