/* Opens, shares and closes the sessions that are the bridge's own. */
#include "bridge/held.h"
#include "base/check.h"
#include "base/log.h"
#include "base/random.h"
#include "bridge/errand.h"

#define LEVEL_MS       5000 /* logging/setLevel: what it answers changes nothing */
#define SESSION_YOUNG_US 10000000 /* one that is younger was not lost by a restart of its server */
#define STREAM_LATE_MS 2000 /* a server that answers no GET is not waited for any longer */

static void listen_now(struct held *h);

static struct loop *loop_of(const struct held *h)
{
	return h->behind->bridge->o.loop;
}

void held_init(struct bridge *b)
{
	map_init(&b->held);
	map_init(&b->client_asks);
	list_init(&b->held_by_use);
}

static void free_now(void *ctx)
{
	struct held *h = ctx;
	free(h->session);
	free(h->grant_id);
	free(h->client_session);
	buf_release(&h->client_info);
	buf_release(&h->capabilities);
	buf_release(&h->greeting);
	buf_release(&h->server_info);
	behind_drop(h->behind);
	free(h);
}

/* Nobody finds it any more. */
static void unlist(struct held *h)
{
	struct bridge *b = h->behind->bridge;
	if (h->is_lost)
		return;
	h->is_lost = true;
	map_del(&b->held, slice_of((const char *)h->key, sizeof h->key));
	list_del(&h->link);
	list_del(&h->by_use);
	b->held_n--;
	loop_cancel(loop_of(h), &h->retry);
}

static void stop(struct held *h, struct exchange_id *id)
{
	struct exchange_id was = *id;
	id->v = 0;
	if (was.v && !h->behind->bridge->is_ending)
		upstream_cancel(h->behind->u, was, "the session is not used any more");
}

static void let_go(struct held *h)
{
	if (h->users || !h->is_lost || h->is_dead)
		return;
	h->is_dead = true;
	BUG_ON(!list_empty(&h->waiting) || !list_empty(&h->errands));
	client_forget_asks(h);
	loop_cancel(loop_of(h), &h->late);
	stop(h, &h->opening);
	stop(h, &h->stream);
	/* Whoever called may be in one of its events. */
	loop_defer(loop_of(h), free_now, h);
}

void held_lost(struct held *h)
{
	if (h->is_lost)
		return;
	h->users++;
	unlist(h);
	client_forget_asks(h);
	stop(h, &h->stream);
	if (h->watch)
		h->watch->on_lost(h->watch_ctx);
	h->users--;
	let_go(h);
}

/* 404 is the specification's word (MCP 2025-11-25, Session Management); many servers answer 400. */
bool held_is_lost(const struct held *h, enum upstream_failure f, int http_status)
{
	uint64_t age_us = loop_now_us(loop_of(h)) - h->opened_us;
	return f == UPSTREAM_GONE_SESSION ||
	       (f == UPSTREAM_REFUSED && http_status == 400 && h->to.session.n && age_us >= SESSION_YOUNG_US);
}

void held_end(struct held *h)
{
	if (h->is_ready && !h->behind->bridge->is_ending)
		upstream_close(h->behind->u, &h->to);
	held_lost(h);
}

void held_release(struct bridge *b)
{
	loop_cancel(b->o.loop, &b->held_sweep);
	list_each_safe(it, next, &b->held_by_use)
	{
		struct held *h = list_entry(it, struct held, by_use);
		h->users = 0;
		held_lost(h);
	}
	map_release(&b->held);
	map_release(&b->client_asks);
}

void held_forget(struct behind *s)
{
	list_each_safe(it, next, &s->held)
	{
		struct held *h = list_entry(it, struct held, link);
		if (h->users)
			unlist(h); /* those under way come to their end */
		else
			held_end(h);
	}
}

/* Idle ones, and those that are over the limit. */

void held_close_idle(struct bridge *b)
{
	uint64_t now = loop_now_us(b->o.loop);
	list_each_safe(it, next, &b->held_by_use)
	{
		struct held *h = list_entry(it, struct held, by_use);
		if (!h->users && now - h->used_us >= LIMIT_HELD_IDLE_MS * 1000ull)
			held_end(h);
	}
}

static void on_sweep(void *ctx)
{
	struct bridge *b = ctx;
	b->held_sweep.v = 0;
	held_close_idle(b);
	if (b->held_n)
		b->held_sweep = loop_after(b->o.loop, LIMIT_HELD_IDLE_MS / 4, on_sweep, b);
}

static bool is_of_grant(const struct held *h, const struct held_key *k)
{
	return h->kind == HELD_MODERN && k->kind == HELD_MODERN && slice_eq(h->to.grant_id, k->grant_id);
}

/* Makes room for one more; false when all are in use. */
static bool make_room(struct behind *s, const struct held_key *k)
{
	struct bridge *b = s->bridge;
	struct held *oldest = NULL, *oldest_of_grant = NULL;
	size_t of_grant = 0;
	list_each_safe(it, next, &s->held)
		of_grant += is_of_grant(list_entry(it, struct held, link), k);
	if (b->held_n < LIMIT_HELD_SESSIONS && of_grant < LIMIT_HELD_SESSIONS_OF_GRANT)
		return true;
	list_each_safe(it, next, &b->held_by_use)
	{
		struct held *h = list_entry(it, struct held, by_use);
		if (!oldest && !h->users)
			oldest = h;
		if (!oldest_of_grant && !h->users && h->behind == s && is_of_grant(h, k))
			oldest_of_grant = h;
	}
	/* A grant over its own limit pays with its own. */
	if (of_grant >= LIMIT_HELD_SESSIONS_OF_GRANT)
		oldest = oldest_of_grant;
	if (oldest)
		held_end(oldest);
	return oldest != NULL;
}

/* Opening */

static void add_part(struct buf *b, struct slice part)
{
	buf_addf(b, "%zu:", part.n);
	buf_add_slice(b, part);
}

static bool write_key(const struct behind *s, const struct held_key *k, unsigned char key[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES);
	buf_add(&b, &s, sizeof s);
	buf_addf(&b, "%d %u %d ", (int)k->kind, k->kind == HELD_CLIENT ? 0 : k->client_caps, (int)k->log_level);
	add_part(&b, k->grant_id);
	add_part(&b, k->client_session);
	add_part(&b, k->kind == HELD_CLIENT ? slice_of(NULL, 0) : k->capabilities);
	bool is_fit = buf_ok(&b);
	if (is_fit)
		digest_blake2b(buf_slice(&b), key);
	buf_release(&b);
	return is_fit;
}

static char *copy_of(struct slice s)
{
	return mem_strndup(s.n ? s.p : "", s.n);
}

static struct held *make(struct behind *s, const struct held_key *k, const unsigned char key[DIGEST_SIZE])
{
	struct bridge *b = s->bridge;
	struct held *h = mem_zalloc(sizeof *h);
	char own[32];
	snprintf(own, sizeof own, "held-%016llx", (unsigned long long)random_u64());
	h->behind = s;
	behind_use(s);
	memcpy(h->key, key, DIGEST_SIZE);
	h->kind = k->kind;
	h->log_level = k->log_level;
	h->used_us = loop_now_us(b->o.loop);
	h->grant_id = copy_of(k->grant_id);
	h->client_session = copy_of(k->kind == HELD_CLIENT ? k->client_session : slice_str(own));
	h->to = (struct upstream_target){ .grant_id = slice_str(h->grant_id),
		                          .client_session = slice_str(h->client_session),
		                          .client_caps = k->client_caps };
	h->client_info = BUF_INIT(LIMIT_MESSAGE_BYTES);
	h->capabilities = BUF_INIT(LIMIT_MESSAGE_BYTES);
	h->greeting = BUF_INIT(LIMIT_HELD_GREETING);
	h->server_info = BUF_INIT(LIMIT_HELD_GREETING);
	buf_add_slice(&h->client_info, k->client_info);
	buf_add_slice(&h->capabilities, k->capabilities);
	list_init(&h->waiting);
	list_init(&h->errands);
	list_init(&h->asks);
	list_add_tail(&s->held, &h->link);
	list_add_tail(&b->held_by_use, &h->by_use);
	map_put(&b->held, slice_of((const char *)h->key, sizeof h->key), h);
	if (!b->held_n++ && !b->held_sweep.v)
		b->held_sweep = loop_after(b->o.loop, LIMIT_HELD_IDLE_MS / 4, on_sweep, b);
	return h;
}

static void tell(struct held *h, enum upstream_failure f, const struct mcp_message *error, const char *why, int status)
{
	bool is_good = h->is_ready;
	h->users++;
	while (!list_empty(&h->waiting)) {
		struct held_wait *w = list_entry(h->waiting.next, struct held_wait, node);
		list_del(&w->node);
		if (!is_good) {
			w->held = NULL;
			h->users--;
		}
		w->fn(w, f, error, why, status);
	}
	h->users--;
	let_go(h);
}

static void be_ready(struct held *h)
{
	loop_cancel(loop_of(h), &h->late);
	if (h->is_ready)
		return;
	h->is_ready = true;
	tell(h, UPSTREAM_OK, NULL, "", 0);
}

static void on_stream_late(void *ctx)
{
	struct held *h = ctx;
	h->late.v = 0;
	be_ready(h);
}

/* Many servers ask their client on this stream, and what they say while there is none is lost. */
static void wait_for_stream(struct held *h)
{
	bool may_ask = h->kind == HELD_MODERN && h->to.client_caps && h->to.session.n;
	if (!may_ask || h->is_lost) {
		be_ready(h);
		return;
	}
	h->wants_stream = true;
	h->late = loop_after(loop_of(h), STREAM_LATE_MS, on_stream_late, h);
	listen_now(h);
}

static void on_leveled(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                       const char *why, int http_status)
{
	struct held *h = ctx;
	(void)f;
	(void)m;
	(void)why;
	(void)http_status;
	if (h->opening.v != id.v)
		return;
	h->opening.v = 0;
	wait_for_stream(h);
}

static const struct upstream_events level_events = { .on_done = on_leveled };

/* A level of its own for each request is a level of the session in the legacy era. */
static void set_level(struct held *h, bool has_logging)
{
	struct buf params = BUF_INIT(64);
	if (!h->log_level || !has_logging) {
		wait_for_stream(h);
		return;
	}
	buf_addf(&params, "{\"level\":\"%s\"}", mcp_log_level_name(h->log_level));
	h->opening = upstream_request(h->behind->u, &h->to, SLICE_LIT("logging/setLevel"), buf_slice(&params),
	                              LEVEL_MS, &level_events, h);
	buf_release(&params);
}

static bool keep_greeting(struct held *h, struct exchange_id id, const struct mcp_message *m)
{
	struct slice session;
	const struct json *info = json_gets(m->result, "serverInfo");
	if (!upstream_opened(h->behind->u, id, &session, &h->to.version))
		return false;
	h->session = copy_of(session);
	h->to.session = slice_str(h->session);
	h->opened_us = loop_now_us(loop_of(h));
	json_write(&h->greeting, m->result);
	if (json_is(info, JSON_OBJECT))
		json_write(&h->server_info, info);
	return buf_ok(&h->greeting);
}

static void on_opened(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                      const char *why, int http_status)
{
	struct held *h = ctx;
	if (h->opening.v != id.v)
		return;
	h->opening.v = 0;
	if (f == UPSTREAM_OK && m->kind == MCP_RESULT && keep_greeting(h, id, m)) {
		set_level(h, json_gets(json_gets(m->result, "capabilities"), "logging") != NULL);
		return;
	}
	unlist(h);
	if (f == UPSTREAM_OK && m->kind == MCP_RESULT)
		tell(h, UPSTREAM_REFUSED, NULL, "the server says too much of itself", http_status);
	else
		tell(h, f, f == UPSTREAM_OK ? m : NULL, why, http_status);
}

static const struct upstream_events open_events = { .on_done = on_opened };

static const struct json *read_json(const struct buf *b, struct arena *a)
{
	struct err e;
	return b->n ? json_read(buf_slice(b), a, &e) : NULL;
}

static void open_now(struct held *h)
{
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	h->opening = upstream_open(h->behind->u, &h->to, read_json(&h->client_info, &a), read_json(&h->capabilities, &a),
	                           MCP_LEGACY_LATEST, &open_events, h);
	arena_release(&a);
}

struct held *held_find(struct behind *s, const struct held_key *k)
{
	unsigned char key[DIGEST_SIZE];
	if (!write_key(s, k, key))
		return NULL;
	return map_get(&s->bridge->held, slice_of((const char *)key, sizeof key));
}

enum held_joined held_join(struct held_wait *w, struct behind *s, const struct held_key *k)
{
	unsigned char key[DIGEST_SIZE];
	list_init(&w->node);
	w->held = NULL;
	if (!write_key(s, k, key))
		return HELD_NO_ROOM;
	struct held *h = map_get(&s->bridge->held, slice_of((const char *)key, sizeof key));
	if (!h) {
		if (s->is_forgotten || !make_room(s, k))
			return HELD_NO_ROOM;
		h = make(s, k, key);
		open_now(h);
	}
	w->held = h;
	h->users++;
	if (!h->is_ready) {
		list_add_tail(&h->waiting, &w->node);
		return HELD_WAITS;
	}
	if (h->wants_stream)
		held_want_stream(h);
	return HELD_IS_READY;
}

void held_share(struct held_wait *w, struct held *h)
{
	BUG_ON(!h->is_ready);
	list_init(&w->node);
	w->held = h;
	h->users++;
}

void held_no_room(struct crossing *x)
{
	if (x->behind->is_forgotten)
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "server '%s' has been removed", x->behind->name);
	else
		crossing_fail_soon(x, UPSTREAM_BUSY, "server '%s' has as many sessions of the gate's as it may",
		                   x->behind->name);
}

void held_leave(struct held_wait *w)
{
	struct held *h = w->held;
	if (!h)
		return;
	w->held = NULL;
	list_del(&w->node);
	h->users--;
	h->used_us = loop_now_us(loop_of(h));
	if (!h->is_lost) {
		list_del(&h->by_use);
		list_add_tail(&h->behind->bridge->held_by_use, &h->by_use);
	}
	let_go(h);
}

/* The stream */

static void on_retry(void *ctx)
{
	struct held *h = ctx;
	h->retry.v = 0;
	if (h->users)
		listen_now(h);
}

static void on_stream_open(void *ctx, struct exchange_id id)
{
	struct held *h = ctx;
	if (h->stream.v != id.v)
		return;
	h->is_stream_open = true;
	h->retry_ms = 0;
	h->users++;
	if (h->watch)
		h->watch->on_stream(h->watch_ctx, true);
	if (!h->opening.v)
		be_ready(h);
	h->users--;
	let_go(h);
}

void held_refuse(const struct held *h, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 8), b = BUF_INIT(LIMIT_RPC_ID * 8 + 256);
	json_write(&id, m->id);
	mcp_write_error(&b, buf_slice(&id), MCP_METHOD_NOT_FOUND, "no client here can answer this", slice_of(NULL, 0));
	(void)upstream_notify(h->behind->u, &h->to, buf_slice(&b), NULL, NULL);
	buf_release(&id);
	buf_release(&b);
}

static void on_stream_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct held *h = ctx;
	if (h->stream.v != id.v)
		return;
	h->users++;
	if (h->kind == HELD_MODERN)
		errand_hear(h, m);
	else if (m->kind == MCP_REQUEST)
		held_refuse(h, m);
	else if (h->watch)
		h->watch->on_message(h->watch_ctx, m);
	h->users--;
	let_go(h);
}

static void on_stream_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                           const char *why, int http_status)
{
	struct held *h = ctx;
	(void)m;
	if (h->stream.v != id.v)
		return;
	h->stream.v = 0;
	h->is_stream_open = false;
	h->users++;
	if (f == UPSTREAM_GONE_SESSION) {
		held_lost(h);
	} else if (f == UPSTREAM_REFUSED) {
		h->has_no_stream = true;
		if (h->watch)
			h->watch->on_stream(h->watch_ctx, false);
	} else if (!h->is_lost && !h->retry.v) {
		h->retry_ms = h->retry_ms ? h->retry_ms * 2 : LIMIT_LISTEN_AGAIN_MS;
		if (h->retry_ms > LIMIT_LISTEN_AGAIN_MAX_MS)
			h->retry_ms = LIMIT_LISTEN_AGAIN_MAX_MS;
		h->retry = loop_after(loop_of(h), h->retry_ms, on_retry, h);
		if (h->watch && f != UPSTREAM_OK)
			h->watch->on_failed(h->watch_ctx, f, why, http_status);
	}
	if (!h->opening.v)
		be_ready(h);
	h->users--;
	let_go(h);
}

static const struct upstream_events stream_events = { on_stream_message, on_stream_done, on_stream_open };

static void listen_now(struct held *h)
{
	if (h->stream.v || h->has_no_stream || h->is_lost || h->retry.v)
		return;
	h->stream = upstream_listen(h->behind->u, &h->to, slice_of(NULL, 0), &stream_events, h);
}

void held_want_stream(struct held *h)
{
	h->wants_stream = true;
	if (h->is_ready)
		listen_now(h);
}
