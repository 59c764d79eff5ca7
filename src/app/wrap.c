/* Assembly of `gatehouse wrap`: the same gate, with one grant, one server and the line door. */
#include "app/wrap.h"
#include "app/engine.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/conn.h"
#include "net/stdio.h"
#include <signal.h>

struct wrap {
	const struct wrap_opts *opts;
	struct engine engine;
	struct conn *conn;
	struct buf line;    /* what came of a line that is not whole yet */
	struct upstream_status status; /* of the server at the end */
	bool is_stopping, is_gone;
};

static void stop_when_idle(void *ctx)
{
	struct wrap *w = ctx;
	if (w->is_stopping && w->is_gone && !w->engine.is_moving)
		loop_stop(w->engine.loop);
}

static void on_approvals_rest(void *ctx)
{
	struct wrap *w = ctx;
	w->is_gone = true;
	stop_when_idle(w);
}

static void on_servers_gone(void *ctx)
{
	struct wrap *w = ctx;
	engine_stop_approvals(&w->engine, on_approvals_rest, w);
}

static void stop(void *ctx)
{
	struct wrap *w = ctx;
	struct upstream *u = registry_get(w->engine.registry, slice_str(w->opts->name));
	if (w->is_stopping)
		return;
	w->is_stopping = true;
	if (u)
		upstream_status(u, &w->status);
	engine_stop_moving(&w->engine);
	if (w->conn)
		conn_finish(&w->conn);
	registry_stop(w->engine.registry, on_servers_gone, w);
}

/* A client that has closed its input may still read: calls under way are answered first. */
static void stop_after_calls(void *ctx)
{
	struct wrap *w = ctx;
	if (gate_counts(w->engine.gate).in_flight && !w->is_stopping)
		loop_after(w->engine.loop, 20, stop_after_calls, w);
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
		gate_on_line(w->engine.gate, line);
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
	gate_end_line(w->engine.gate);
	stop_after_calls(w);
}

static void on_before_send(void *ctx)
{
	struct wrap *w = ctx;
	if (!w->engine.journal || journal_flush(w->engine.journal))
		return;
	log_error("journal", "cannot be written; stopping, because nothing may be answered that is not recorded");
	loop_drop_output(w->engine.loop);
	stop(w);
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
	return registry_put(w->engine.registry, &u, e);
}

static bool make_gate(struct wrap *w, struct err *e)
{
	w->engine.pins = pins_new(w->opts->pins, true);
	struct gate_opts o = {
		.loop = w->engine.loop,
		.registry = w->engine.registry,
		.catalog = w->engine.catalog,
		.ledger = w->engine.ledger,
		.approvals = w->engine.approvals,
		.pins = w->engine.pins,
		.store = w->opts->keeps_pins ? w->engine.store : NULL,
		.journal = w->engine.journal,
		.session_age_ms = UINT64_MAX / 2000,
		.calls_max = LIMIT_WRAP_CALLS,
		.streams_max = LIMIT_WRAP_STREAMS,
		.message_bytes_max = LIMIT_MESSAGE_BYTES,
		.write_line = write_line,
		.line_ctx = w,
	};
	w->engine.gate = gate_new(&o);
	w->engine.grants = make_grants(w->opts);
	gate_set_grants(w->engine.gate, w->engine.grants);
	gate_set_line_client(w->engine.gate, SLICE_LIT("wrap"), w->opts->name);
	return gate_load_pins(w->engine.gate, e);
}

static bool start(struct wrap *w, struct err *e)
{
	static const struct conn_events events = { .on_data = on_data, .on_end = on_end };
	if (!engine_open_store(&w->engine, w->opts->data_dir, 0, LIMIT_WRAP_COUNTERS, e))
		return false;
	struct approvals_opts ao = { .url = "" };
	engine_make_loop(&w->engine, 0);
	if (!engine_open_approvals(&w->engine, &ao, e))
		return false;
	buf_init(&w->line, LIMIT_LINE_BYTES);
	if (!add_server(w, e))
		return false;
	if (!make_gate(w, e))
		return false;
	loop_before_send(w->engine.loop, on_before_send, w);
	loop_on_signal(w->engine.loop, SIGTERM, stop, w);
	loop_on_signal(w->engine.loop, SIGINT, stop, w);
	int fd = stdio_open(e);
	if (fd < 0)
		return false;
	w->conn = conn_accept(w->engine.loop, fd, &events, w);
	engine_move(&w->engine, stop_when_idle, w);
	return true;
}

static void release(struct wrap *w)
{
	engine_release_network(&w->engine);
	engine_release_store(&w->engine);
	buf_release(&w->line);
	if (w->engine.loop)
		loop_free(&w->engine.loop);
}

bool wrap_run(const struct wrap_opts *o, struct err *e)
{
	struct wrap w = { .opts = o };
	bool is_good = start(&w, e);
	if (is_good) {
		loop_run(w.engine.loop);
		stdio_finish();
	}
	if (is_good && w.status.state == UPSTREAM_DOWN)
		is_good = err_set(e, ERR_REMOTE, "the server did not run: %s", w.status.last_error);
	release(&w);
	return is_good;
}
