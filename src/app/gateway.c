/*
 * Assembly of the running gate: everything is made in order here and stopped in
 * reverse. Modules get their settings as small structs; the configuration is known only in
 * this folder.
 */
#include "app/ask_tools.h"
#include "app/gateway.h"
#include "app/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include <malloc.h>
#include <signal.h>

static void on_request(void *ctx, const struct http_request *r)
{
	struct gateway *w = ctx;
	if (r->is_unix) {
		admin_on_request(w->admin, r);
	} else if (slice_is(r->path, "/mcp") || slice_starts(r->path, SLICE_LIT("/mcp/"))) {
		gate_on_request(w->engine.gate, r);
	} else if (r->method == HTTP_GET && slice_is(r->path, "/healthz")) {
		http_respond(w->http, r->id, 200, NULL, 0, SLICE_LIT("ok\n"));
	} else if (r->method == HTTP_GET && slice_is(r->path, "/readyz")) {
		bool is_ready = journal_healthy(w->engine.journal) && !w->is_stopping;
		http_respond(w->http, r->id, is_ready ? 200 : 503, NULL, 0,
		             !is_ready                          ? SLICE_LIT("records cannot be written\n") :
		             ledger_trouble(w->engine.ledger) ? SLICE_LIT("ready, but counters cannot be reached\n") :
		                                                  SLICE_LIT("ready\n"));
	} else {
		admin_on_request(w->admin, r);
	}
}

static void on_gone(void *ctx, struct http_request_id id)
{
	struct gateway *w = ctx;
	gate_on_gone(w->engine.gate, id);
	if (w->admin)
		admin_on_gone(w->admin, id);
}

/*
 * The journal is written before anything of this turn leaves. When it cannot be, what is queued
 * was judged under the promise of a record: it is dropped with its connections. From the next turn
 * on calls are refused (step_record), and those refusals may leave without a record.
 */
static void on_before_send(void *ctx)
{
	struct gateway *w = ctx;
	if (!w->engine.journal)
		return; /* closed before the loop, which has a last turn */
	bool was_healthy = journal_healthy(w->engine.journal);
	if (journal_flush(w->engine.journal) || !was_healthy)
		return;
	log_error("journal", "cannot be written; answers of this moment are dropped and calls are refused");
	loop_drop_output(w->engine.loop);
}

/* Stopping: no new connections, answers may finish, servers end, then the loop. */
static void stop_when_idle(void *ctx)
{
	struct gateway *w = ctx;
	if (!w->engine.is_moving && w->http_is_closed && w->servers_are_gone && w->approvals_rest)
		loop_stop(w->engine.loop);
}

static void on_approvals_rest(void *ctx)
{
	struct gateway *w = ctx;
	w->approvals_rest = true;
	stop_when_idle(w);
}

static void on_servers_gone(void *ctx)
{
	struct gateway *w = ctx;
	w->servers_are_gone = true;
	engine_stop_approvals(&w->engine, on_approvals_rest, w);
}

static void on_http_closed(void *ctx)
{
	struct gateway *w = ctx;
	w->http_is_closed = true;
	registry_stop(w->engine.registry, on_servers_gone, w);
}

static void on_stop(void *ctx)
{
	struct gateway *w = ctx;
	if (w->is_stopping) {
		log_warn(NULL, "asked to stop again: not waiting any longer");
		/* But for a batch of records that is under way. */
		w->http_is_closed = w->servers_are_gone = w->approvals_rest = w->is_forced = true;
		stop_when_idle(w);
		return;
	}
	w->is_stopping = true;
	log_info(NULL, "stopping");
	engine_stop_moving(&w->engine);
	gate_end_streams(w->engine.gate);
	admin_end_streams(w->admin);
	http_server_stop(w->http, w->config->stop_ms, on_http_closed, w);
}

static void on_hangup(void *ctx)
{
	struct err e = { 0 };
	if (!gateway_reload(ctx, &e))
		log_error(NULL, "nothing was changed: %s", e.text);
}

/* Told also where no client's stream is open: the next call asks for the list again. */
static struct grants *current_grants(void *ctx)
{
	struct gateway *w = ctx;
	return grants_ref(w->engine.grants);
}

static struct config *current_config(void *ctx)
{
	const struct gateway *w = ctx;
	return config_ref(w->config);
}

static bool open_approvals(struct gateway *w, struct err *e)
{
	const struct config *c = w->config;
	struct approvals_opts o = {
		.db = { .url = c->approvals_database },
		.url = c->approvals_url,
		.webhook_url = c->webhook_url,
		.webhook_secret = c->webhook_secret,
		.webhook_has_arguments = c->webhook_has_arguments,
	};
	return engine_open_approvals(&w->engine, &o, e);
}

static bool open_oidc(struct gateway *w, struct err *e)
{
	const struct config *c = w->config;
	struct oidc_opts o = {
		.issuer = c->oidc_issuer,
		.client_id = c->oidc_client_id,
		.client_secret = c->oidc_client_secret,
		.ca_file = c->oidc_ca_file,
		.scopes = c->oidc_scopes,
		.role_claim = c->oidc_role_claim,
		.default_role = c->oidc_default_role,
		.allowed_emails = c->oidc_allowed_emails,
		.allowed_domains = c->oidc_allowed_domains,
		.roles = c->oidc_roles,
		.trusts_email = c->oidc_trusts_email,
	};
	if (!o.issuer)
		return true;
	store_subkey(w->engine.store, "oidc sign-in", o.key);
	w->oidc = oidc_new(&o, e);
	digest_wipe(o.key, sizeof o.key);
	return w->oidc != NULL;
}

/* Leases of calls in flight last as long as a call may, and are renewed for those that last longer. */
static bool share_counters(struct gateway *w, struct err *e)
{
	const struct config *c = w->config;
	struct ledger_shared o = {
		.url = c->counters_url,
		.prefix = c->counters_prefix,
		.timeout_ms = c->counters_timeout_ms,
		.lease_ms = c->call_timeout_ms > 30000 ? c->call_timeout_ms : 30000,
	};
	return !o.url || engine_share_counters(&w->engine, &o, e);
}

enum pins_mode gateway_pins_mode(enum config_pins mode)
{
	switch (mode) {
	case CONFIG_PINS_FIRST: return PINS_FIRST;
	case CONFIG_PINS_FLAG: return PINS_FLAG;
	case CONFIG_PINS_NONE: return PINS_OFF;
	case CONFIG_PINS_REVIEW: break;
	}
	return PINS_REVIEW;
}

static void make_gate(struct gateway *w)
{
	const struct config *c = w->config;
	w->engine.pins = pins_new(gateway_pins_mode(c->pins), c->holds_poisoned);
	struct gate_opts o = {
		.loop = w->engine.loop,
		.http = w->http,
		.registry = w->engine.registry,
		.catalog = w->engine.catalog,
		.ledger = w->engine.ledger,
		.approvals = w->engine.approvals,
		.pins = w->engine.pins,
		.store = w->engine.store,
		.journal = w->engine.journal,
		.session_age_ms = c->session_age_ms,
		.replay_ms = c->replay_ms,
		.input_ms = c->input_ms,
		.merge_wait_ms = c->all_ms,
		.calls_max = c->calls_max,
		.streams_max = c->streams_max,
		.message_bytes_max = c->body_bytes_max,
		.allowed_origins = c->allowed_origins,
		.allowed_hosts = c->allowed_hosts,
		.is_public = c->is_public,
	};
	store_subkey(w->engine.store, "session id", o.session_key);
	w->engine.gate = gate_new(&o);
	struct admin_opts ao = {
		.loop = w->engine.loop,
		.http = w->http,
		.gate = w->engine.gate,
		.registry = w->engine.registry,
		.catalog = w->engine.catalog,
		.ledger = w->engine.ledger,
		.pins = w->engine.pins,
		.store = w->engine.store,
		.journal = w->engine.journal,
		.approvals = w->engine.approvals,
		.advice = &w->advice,
		.lane = w->lane,
		.listen = w->listen,
		.has_console = w->config->has_console,
		.reload = gateway_reload,
		.grants = current_grants,
		.config = current_config,
		.oidc = w->oidc,
		.try_server = ask_tools_to_try,
		.ctx = w,
	};
	store_subkey(w->engine.store, "approval page", ao.page_key);
	w->admin = admin_new(&ao);
}

/* Before the servers are there: their first lists are kept, too. */
static void open_catalogue(struct gateway *w)
{
	w->advice.path = w->config->catalog_path;
	w->lane = lane_new(w->engine.loop, LIMIT_ADVICE_WORKERS);
	w->builtin = (struct upstream_builtin){ .answer = advice_answer, .ctx = &w->advice, .lane = w->lane };
	if (!w->config->catalog_keeps)
		return;
	w->keeper = keeper_new(w->engine.loop, w->config->catalog_path, w->engine.registry);
	catalog_watch(w->engine.catalog, keeper_take, w->keeper);
}

static bool listen_all(struct gateway *w, struct err *e)
{
	char path[512];
	const char *colon = strrchr(w->config->listen, ':');
	if (!http_server_listen(w->http, w->config->listen, w->config->reuse_port, e))
		return false;
	snprintf(w->listen, sizeof w->listen, "%.*s:%d", (int)(colon - w->config->listen), w->config->listen,
	         http_server_port(w->http));
	snprintf(path, sizeof path, "unix:%s/admin.sock", store_dir(w->engine.store));
	return http_server_listen(w->http, path, false, e);
}

static bool start(struct gateway *w, struct err *e)
{
	const struct config *c = w->config;
	static const struct http_server_events events = { on_request, on_gone };
	struct http_server_opts so = http_server_defaults();
	if (!engine_open_store(&w->engine, c->data_dir, (int64_t)c->retention_ms * 1000, (size_t)c->counters_max, e) ||
	    !gateway_overlay(w, w->config, e) || !gateway_apply_file(w, e))
		return false;
	engine_make_loop(&w->engine, (size_t)c->streams_max);
	open_catalogue(w);
	if (!share_counters(w, e) || !open_approvals(w, e) || !open_oidc(w, e))
		return false;
	so.connections_max = c->connections_max;
	so.body_bytes_max = c->body_bytes_max;
	so.head_timeout_ms = c->head_timeout_ms;
	so.body_timeout_ms = c->body_timeout_ms;
	so.idle_timeout_ms = c->idle_timeout_ms;
	so.write_timeout_ms = c->write_timeout_ms;
	w->http = http_server_new(w->engine.loop, &so, &events, w);
	make_gate(w);
	loop_before_send(w->engine.loop, on_before_send, w);
	loop_on_signal(w->engine.loop, SIGTERM, on_stop, w);
	loop_on_signal(w->engine.loop, SIGINT, on_stop, w);
	loop_on_signal(w->engine.loop, SIGHUP, on_hangup, w);
	if (!gateway_put_in_force(w, e) || !listen_all(w, e))
		return false;
	engine_move(&w->engine, stop_when_idle, w);
	return true;
}

/* A start that failed half-way stops what it had begun, in the same order as any stop. */
static void undo_start(struct gateway *w)
{
	if (!w->engine.registry)
		return;
	w->is_stopping = w->http_is_closed = true;
	registry_stop(w->engine.registry, on_servers_gone, w);
	loop_run(w->engine.loop);
}

/* Connections and servers that nobody waits for any longer go with the process; so do children,
 * see net/supervise.h. */
static void release_network(struct gateway *w)
{
	if (w->is_forced)
		return;
	admin_free(&w->admin);
	keeper_free(&w->keeper);
	lane_free(&w->lane);
	gate_free(&w->engine.gate); /* before the server that it answers by */
	if (w->http)
		http_server_free(&w->http);
	engine_release_network(&w->engine);
}

static void release(struct gateway *w)
{
	release_network(w);
	engine_release_store(&w->engine);
	if (w->engine.loop && !w->is_forced)
		loop_free(&w->engine.loop);
	if (!w->is_forced)
		oidc_free(&w->oidc); /* after the last worker */
}

/* glibc raises its thresholds with each large block that is freed, and then keeps as much for
 * ever: one list of a thousand tools would stay. Setting them keeps them where they are. */
static void give_memory_back(void)
{
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	mallopt(M_TRIM_THRESHOLD, 128 << 10);
}

bool gateway_run(const struct gateway_opts *o, struct err *e)
{
	struct gateway w = { .opts = o, .config = config_ref(o->config) };
	give_memory_back();
	bool is_good = start(&w, e);
	if (is_good) {
		char url[160];
		snprintf(url, sizeof url, "http://%s", w.listen);
		if (o->on_ready)
			o->on_ready(o->ctx, url);
		loop_run(w.engine.loop);
	} else {
		undo_start(&w);
	}
	release(&w);
	config_unref(&w.config);
	return is_good;
}
