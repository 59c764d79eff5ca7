/* Assembly of `gatehouse wrap`: the same gate, with one grant, one server and the line door. */
#include "app/wrap.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/gate.h"
#include "net/conn.h"
#include "net/stdio.h"
#include "store/mover.h"
#include <signal.h>

struct wrap {
	const struct wrap_opts *opts;
	struct loop *loop;
	struct store *store;
	struct journal *journal;
	struct mover *mover;
	struct quota *quota;
	struct http_client *client;
	struct registry *registry;
	struct catalog *catalog;
	struct grants *grants;
	struct gate *gate;
	struct conn *conn;
	struct buf line;    /* what came of a line that is not whole yet */
	struct loop_timer move_timer;
	struct upstream_status status; /* of the server at the end */
	bool is_moving, is_stopping, is_gone;
};

static void stop_when_idle(struct wrap *w)
{
	if (w->is_stopping && w->is_gone && !w->is_moving)
		loop_stop(w->loop);
}

static void on_servers_gone(void *ctx)
{
	struct wrap *w = ctx;
	w->is_gone = true;
	stop_when_idle(w);
}

static void stop(void *ctx)
{
	struct wrap *w = ctx;
	struct upstream *u = registry_get(w->registry, slice_str(w->opts->name));
	if (w->is_stopping)
		return;
	w->is_stopping = true;
	if (u)
		upstream_status(u, &w->status);
	loop_cancel(w->loop, &w->move_timer);
	if (w->conn)
		conn_finish(&w->conn);
	registry_stop(w->registry, on_servers_gone, w);
}

/* A client that has closed its input may still read: calls under way are answered first. */
static void stop_after_calls(void *ctx)
{
	struct wrap *w = ctx;
	if (gate_counts(w->gate).in_flight && !w->is_stopping)
		loop_after(w->loop, 20, stop_after_calls, w);
	else
		stop(w);
}

static void write_line(void *ctx, struct slice line)
{
	struct wrap *w = ctx;
	if (!w->conn)
		return;
	if (conn_pending(w->conn) > LIMIT_PENDING_BYTES) {
		log_error(NULL, "the client does not read what it asked for; giving up");
		stop(w);
		return;
	}
	struct buf *out = conn_out(w->conn);
	buf_add_slice(out, line);
	buf_addc(out, '\n');
	conn_queued(w->conn);
}

static void take_line(struct wrap *w, struct slice line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	if (slice_trim(line).n)
		gate_on_line(w->gate, line);
}

static void on_data(void *ctx, struct slice bytes)
{
	struct wrap *w = ctx;
	while (bytes.n && !w->is_stopping) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		struct slice part = slice_of(bytes.p, end ? (size_t)(end - bytes.p) : bytes.n);
		size_t used = part.n + (end ? 1 : 0);
		if (!end || w->line.n) {
			buf_add_slice(&w->line, part);
			if (!buf_ok(&w->line)) {
				log_error(NULL, "a line of the client is longer than %u bytes; giving up", LIMIT_LINE_BYTES);
				stop(w);
				return;
			}
		}
		if (end) {
			take_line(w, w->line.n ? buf_slice(&w->line) : part);
			buf_clear(&w->line);
			if (w->line.cap > 65536)
				buf_release(&w->line);
		}
		bytes = slice_of(bytes.p + used, bytes.n - used);
	}
}

static void on_end(void *ctx, const struct err *why)
{
	struct wrap *w = ctx;
	if (why)
		log_warn(NULL, "the client's stream broke: %s", why->text);
	gate_end_line(w->gate);
	stop_after_calls(w);
}

static void on_before_send(void *ctx)
{
	struct wrap *w = ctx;
	if (!w->journal || journal_flush(w->journal))
		return;
	log_error("journal", "cannot be written; stopping, because nothing may be answered that is not recorded");
	loop_drop_output(w->loop);
	stop(w);
}

static void on_move(void *ctx);

static void move_on_worker(void *ctx)
{
	struct wrap *w = ctx;
	mover_work(w->mover);
}

static void on_moved(void *ctx)
{
	struct wrap *w = ctx;
	mover_done(w->mover);
	w->is_moving = false;
	if (w->is_stopping)
		stop_when_idle(w);
	else
		w->move_timer = loop_after(w->loop, LIMIT_MOVER_EVERY_MS, on_move, w);
}

static void on_move(void *ctx)
{
	struct wrap *w = ctx;
	if (mover_begin(w->mover)) {
		w->is_moving = true;
		loop_work(w->loop, move_on_worker, on_moved, w);
		return;
	}
	w->move_timer = loop_after(w->loop, LIMIT_MOVER_EVERY_MS, on_move, w);
}

static bool open_store(struct wrap *w, struct err *e)
{
	struct store_opts so = { .data_dir = w->opts->data_dir };
	struct mover_opts mo = { 0 };
	w->quota = quota_new(LIMIT_WRAP_COUNTERS);
	if (!so.data_dir)
		return true;
	w->store = store_open(&so, e);
	return w->store && (w->journal = journal_open(w->store, e)) &&
	       (w->mover = mover_new(w->store, w->journal, &mo, e)) && mover_all(w->mover, e) &&
	       store_restore_counters(w->store, w->quota, clock_wall_us(), e);
}

static struct grants *make_grants(const struct wrap_opts *o)
{
	struct grant_binding binding = {
		.server = slice_str(o->name),
		.policy = o->policy,
		.policy_name = slice_str(o->policy_name),
		.policy_version = 1,
	};
	struct grant grant = {
		.id = SLICE_LIT("wrap"), .label = SLICE_LIT("wrap"), .subject = SLICE_LIT(""), .bindings = &binding, .binding_n = 1
	};
	return grants_of_one(&grant);
}

static bool add_server(struct wrap *w, struct err *e)
{
	const struct wrap_opts *o = w->opts;
	struct upstream_opts u = upstream_defaults();
	u.name = o->name;
	u.argv = o->argv;
	u.env = o->env;
	u.cwd = o->cwd;
	u.per = UPSTREAM_PER_SERVER;
	u.child_idle_ms = 0;
	if (o->call_timeout_ms)
		u.call_timeout_ms = o->call_timeout_ms;
	return registry_put(w->registry, &u, e);
}

static void make_gate(struct wrap *w)
{
	struct gate_opts o = {
		.loop = w->loop,
		.registry = w->registry,
		.catalog = w->catalog,
		.quota = w->quota,
		.journal = w->journal,
		.session_age_ms = UINT64_MAX / 2000,
		.calls_max = LIMIT_WRAP_CALLS,
		.message_bytes_max = LIMIT_MESSAGE_BYTES,
		.write_line = write_line,
		.line_ctx = w,
	};
	w->gate = gate_new(&o);
	w->grants = make_grants(w->opts);
	gate_set_grants(w->gate, w->grants);
	gate_set_line_client(w->gate, SLICE_LIT("wrap"), w->opts->name);
}

static bool start(struct wrap *w, struct err *e)
{
	static const struct conn_events events = { .on_data = on_data, .on_end = on_end };
	struct http_client_opts co = http_client_defaults();
	if (!open_store(w, e))
		return false;
	w->loop = loop_new();
	w->client = http_client_new(w->loop, &co);
	w->registry = registry_new(w->loop, w->client);
	w->catalog = catalog_new();
	buf_init(&w->line, LIMIT_LINE_BYTES);
	if (!add_server(w, e))
		return false;
	make_gate(w);
	loop_before_send(w->loop, on_before_send, w);
	loop_on_signal(w->loop, SIGTERM, stop, w);
	loop_on_signal(w->loop, SIGINT, stop, w);
	int fd = stdio_open(e);
	if (fd < 0)
		return false;
	w->conn = conn_accept(w->loop, fd, &events, w);
	if (w->mover)
		on_move(w);
	return true;
}

static void release(struct wrap *w)
{
	struct err e = { 0 };
	gate_free(&w->gate);
	if (w->registry)
		registry_free(&w->registry);
	if (w->client)
		http_client_free(&w->client);
	if (w->catalog)
		catalog_free(&w->catalog);
	if (w->grants)
		grants_unref(&w->grants);
	if (w->mover && (!journal_flush(w->journal) || !mover_all(w->mover, &e)))
		log_error("journal", "records wait for the next start: %s", e.text);
	if (w->mover)
		mover_free(&w->mover);
	if (w->journal)
		journal_close(&w->journal);
	if (w->quota)
		quota_free(&w->quota);
	if (w->store)
		store_close(&w->store);
	buf_release(&w->line);
	if (w->loop)
		loop_free(&w->loop);
}

bool wrap_run(const struct wrap_opts *o, struct err *e)
{
	struct wrap w = { .opts = o };
	bool is_good = start(&w, e);
	if (is_good) {
		loop_run(w.loop);
		stdio_finish();
	}
	if (is_good && w.status.state == UPSTREAM_DOWN)
		is_good = err_set(e, ERR_REMOTE, "the server did not run: %s", w.status.last_error);
	release(&w);
	return is_good;
}
