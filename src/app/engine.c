/* The parts that every assembly of the gate has. */
#include "app/engine.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "net/tls.h"

/* What is not kept over a restart needs no key that is. */
static void make_ledger(struct engine *g)
{
	struct past_opts o = { 0 };
	if (g->store)
		store_subkey(g->store, "past of sessions", o.secret);
	else
		random_bytes(o.secret, sizeof o.secret);
	g->past = past_new(&o);
	digest_wipe(&o, sizeof o);
	g->ledger = ledger_new_memory(g->quota, g->past);
}

bool engine_open_store(struct engine *g, const char *data_dir, int64_t keep_us, size_t counters_max,
                       struct err *e)
{
	struct store_opts so = { .data_dir = data_dir };
	struct mover_opts mo = { .keep_us = keep_us };
	g->quota = quota_new(counters_max);
	if (!data_dir) {
		make_ledger(g);
		return true;
	}
	g->store = store_open(&so, e);
	if (!g->store)
		return false;
	make_ledger(g);
	return (g->journal = journal_open(g->store, e)) &&
	       (g->mover = mover_new(g->store, g->journal, &mo, e)) && mover_all(g->mover, e) &&
	       store_restore_counters(g->store, g->quota, clock_wall_us(), e) &&
	       store_restore_past(g->store, g->past, clock_wall_us(), e);
}

void engine_make_loop(struct engine *g, size_t streams_max)
{
	struct http_client_opts co = http_client_defaults();
	co.connections_max += streams_max;
	g->loop = loop_new();
	g->client = http_client_new(g->loop, &co);
	g->registry = registry_new(g->loop, g->client);
	g->catalog = catalog_new();
}

bool engine_share_counters(struct engine *g, struct ledger_shared *o, struct err *e)
{
	if (ledger_url_wants_tls(o->url) && !(g->ledger_tls = tls_context_new(NULL, e)))
		return false;
	o->loop = g->loop;
	o->past = g->past;
	o->tls = g->ledger_tls;
	ledger_free(&g->ledger);
	g->ledger = ledger_new_shared(o, e);
	return g->ledger != NULL;
}

static void on_vote(void *ctx, const struct approval *a, const struct approval_vote *v)
{
	struct engine *g = ctx;
	gate_on_vote(g->gate, a, v);
}

static void on_decided(void *ctx, const struct approval_seen *s)
{
	struct engine *g = ctx;
	gate_on_decided(g->gate, s);
}

bool engine_open_approvals(struct engine *g, struct approvals_opts *o, struct err *e)
{
	if (!g->store)
		return true;
	o->loop = g->loop;
	o->db.data_dir = store_dir(g->store);
	o->on_vote = on_vote;
	o->on_seen = on_decided;
	o->ctx = g;
	g->approvals = approvals_new(o, e);
	return g->approvals != NULL;
}

void engine_stop_approvals(struct engine *g, loop_fn done, void *ctx)
{
	if (g->approvals)
		approvals_stop(g->approvals, done, ctx);
	else
		loop_defer(g->loop, done, ctx);
}

static void on_move(void *ctx);

static void move_on_worker(void *ctx)
{
	struct engine *g = ctx;
	mover_work(g->mover);
}

static void on_moved(void *ctx)
{
	struct engine *g = ctx;
	mover_done(g->mover);
	g->is_moving = false;
	if (g->is_stopping) {
		g->on_rest(g->ctx);
		return;
	}
	/* Small batches cost as much as full ones: what is less waits for its time. */
	bool is_behind = journal_backlog(g->journal) >= LIMIT_MOVER_BATCH && !mover_failed(g->mover);
	g->move_timer = loop_after(g->loop, is_behind ? 1 : LIMIT_MOVER_EVERY_MS, on_move, g);
}

static void on_move(void *ctx)
{
	struct engine *g = ctx;
	ledger_tick(g->ledger, loop_wall_us(g->loop));
	if (mover_begin(g->mover)) {
		g->is_moving = true;
		loop_work(g->loop, move_on_worker, on_moved, g);
		return;
	}
	g->move_timer = loop_after(g->loop, LIMIT_MOVER_EVERY_MS, on_move, g);
}

void engine_move(struct engine *g, loop_fn on_rest, void *ctx)
{
	g->on_rest = on_rest;
	g->ctx = ctx;
	if (g->mover)
		on_move(g);
}

void engine_stop_moving(struct engine *g)
{
	g->is_stopping = true;
	loop_cancel(g->loop, &g->move_timer);
}

void engine_release_network(struct engine *g)
{
	gate_free(&g->gate);
	approvals_free(&g->approvals);
	ledger_free(&g->ledger);
	if (g->ledger_tls)
		tls_context_free(&g->ledger_tls);
	if (g->registry)
		registry_free(&g->registry);
	if (g->client)
		http_client_free(&g->client);
	if (g->catalog)
		catalog_free(&g->catalog);
	pins_free(&g->pins);
	if (g->grants)
		grants_unref(&g->grants);
}

void engine_release_store(struct engine *g)
{
	struct err e = { 0 };
	if (g->journal && !journal_flush(g->journal))
		log_error("journal", "the last records could not be written");
	if (g->mover && !mover_all(g->mover, &e))
		log_error("journal", "records wait for the next start: %s", e.text);
	if (g->mover)
		mover_free(&g->mover);
	if (g->journal)
		journal_close(&g->journal);
	if (g->ledger)
		ledger_free(&g->ledger);
	if (g->quota)
		quota_free(&g->quota);
	past_free(&g->past);
	if (g->store)
		store_close(&g->store);
}
