/* The list of a server, for judging calls. Pages are bounded, and a server that never ends its pages is given up. */
#include "gate/survey.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "gate/changes.h"
#include "gate/pinning.h"

struct survey {
	struct gate *gate;
	char *server;
	struct upstream *upstream;
	struct exchange_id exchange;
	/* the target, copied */
	char *session, *grant_id, *client_session;
	enum mcp_version version, client_version;
	unsigned caps;
	bool owns_session;            /* opened by the survey itself, and closed by it */
	bool is_held;                 /* the session is the bridge's */
	size_t pages;
	bool is_learnt;
	uint64_t *calls;              /* that wait; the first one lent its session */
	size_t call_n, call_cap;
	survey_fn call_done;
	enum upstream_failure failure;
	loop_fn done;
	void *ctx;
};

struct survey_state {
	struct survey *running;
	uint64_t asked_us; /* by a call */
	uint64_t left_out_us;
	bool was_asked, did_fail;
	bool is_missing; /* from what was last shown of all servers */
};

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status);
static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	(void)ctx;
	(void)id;
	(void)m; /* a survey asks for a list and nothing else */
}
static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };

static struct bridge_target target_of(const struct survey *s)
{
	return (struct bridge_target){
		.to = {
			.session = slice_str(s->session ? s->session : ""),
			.version = s->version,
			.grant_id = slice_str(s->grant_id),
			.client_session = slice_str(s->client_session),
			.client_caps = s->caps,
		},
		.client_version = s->client_version,
		.is_held = s->is_held,
	};
}

static struct survey_state *state_of(struct gate *g, struct slice server)
{
	struct survey_state *st = map_get(&g->surveys, server);
	if (!st) {
		st = mem_zalloc(sizeof *st);
		map_put(&g->surveys, server, st);
	}
	return st;
}

static void survey_free(struct survey *s)
{
	free(s->server);
	free(s->session);
	free(s->grant_id);
	free(s->client_session);
	free(s->calls);
	free(s);
}

static void finish(struct survey *s)
{
	struct survey_state *st = state_of(s->gate, slice_str(s->server));
	if (s->owns_session) {
		struct bridge_target t = target_of(s);
		bridge_close(s->gate->bridge, s->upstream, &t);
	}
	if (st->running == s)
		st->running = NULL;
	st->did_fail = !s->is_learnt;
	if (s->is_learnt && st->is_missing) {
		st->is_missing = false;
		changes_came_back(s->gate, slice_str(s->server));
	}
	if (s->failure == UPSTREAM_GONE_SESSION)
		st->was_asked = false; /* one client's session says nothing about the server */
	for (size_t i = 0; i < s->call_n; i++)
		s->call_done(s->gate, s->calls[i], s->failure, i == 0 && !s->owns_session);
	if (s->done)
		s->done(s->ctx);
	survey_free(s);
}

void survey_forget(struct gate *g, struct slice server)
{
	state_of(g, server)->was_asked = false;
}

void survey_release_all(struct gate *g)
{
	size_t at = 0;
	void *value;
	while (map_next(&g->surveys, &at, NULL, &value)) {
		struct survey_state *st = value;
		if (st->running)
			survey_free(st->running);
		free(st);
	}
	map_release(&g->surveys);
}

static void ask(struct survey *s, struct slice cursor)
{
	struct buf params = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct bridge_target t = target_of(s);
	bool is_modern = mcp_version_era(s->client_version) == MCP_ERA_MODERN;
	if (is_modern || cursor.n)
		buf_addc(&params, '{');
	if (is_modern) /* for the gate itself, which can be asked nothing */
		buf_addf(&params, "\"_meta\":{\"" MCP_META_VERSION "\":\"%s\",\"" MCP_META_CLIENT_INFO
		         "\":{\"name\":\"gatehouse\",\"version\":\"" GATEHOUSE_VERSION "\"},\"" MCP_META_CLIENT_CAPS "\":{}}",
		         mcp_version_name(s->client_version));
	if (cursor.n) {
		buf_adds(&params, is_modern ? ",\"cursor\":" : "\"cursor\":");
		buf_add_json_string(&params, cursor);
	}
	if (params.n)
		buf_addc(&params, '}');
	s->exchange = bridge_request(s->gate->bridge, s->upstream, &t, SLICE_LIT("tools/list"), buf_slice(&params), 0, &events, s);
	buf_release(&params);
}

static bool learn_page(struct survey *s, const struct mcp_message *m, struct slice *cursor)
{
	struct gate *g = s->gate;
	struct slice server = slice_str(s->server);
	struct err e = { 0 };
	if (registry_get(g->o.registry, server) != s->upstream)
		return false; /* another has its name by now */
	pinning_take(g, s->server, json_gets(m->result, "tools"), s->client_version);
	if (s->pages == 0)
		catalog_begin(g->o.catalog, server);
	if (!catalog_add(g->o.catalog, server, json_gets(m->result, "tools"), &e)) {
		log_warn(s->server, "its tools/list cannot be used: %s", e.text);
		return false;
	}
	*cursor = json_string(json_gets(m->result, "nextCursor"));
	if (cursor->n && ++s->pages < LIMIT_LIST_PAGES)
		return true;
	if (cursor->n)
		log_warn(s->server, "its tools/list has more than %d pages; the rest is left out", LIMIT_LIST_PAGES);
	*cursor = slice_of(NULL, 0);
	s->is_learnt = true;
	catalog_commit(g->o.catalog, server, loop_now_us(g->o.loop), LIMIT_CATALOG_TTL_MS);
	pinning_learnt(g, s->server);
	return true;
}

static void on_opened(struct survey *s)
{
	struct slice session = { NULL, 0 };
	if (!bridge_opened(s->gate->bridge, s->upstream, s->exchange, &session, &s->version)) {
		finish(s);
		return;
	}
	free(s->session);
	s->session = mem_strndup(session.n ? session.p : "", session.n);
	s->owns_session = true;
	ask(s, slice_of(NULL, 0));
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct survey *s = ctx;
	struct slice cursor = { NULL, 0 };
	(void)http_status;
	if (s->exchange.v != id.v)
		return;
	if (f || !m || m->kind != MCP_RESULT) {
		s->failure = f;
		log_warn(s->server, "its tools are not known: %s", f && why ? why : "it answered with an error");
		finish(s);
		return;
	}
	if (!s->session) {
		on_opened(s);
		return;
	}
	if (learn_page(s, m, &cursor) && cursor.n)
		ask(s, cursor);
	else
		finish(s);
}

static struct survey *survey_new(struct gate *g, struct upstream *u)
{
	struct survey *s = mem_zalloc(sizeof *s);
	s->gate = g;
	s->upstream = u;
	s->server = mem_strdup(upstream_name(u));
	struct survey_state *st = state_of(g, slice_str(s->server));
	st->running = s;
	return s;
}

static void wait_for(struct survey *s, uint64_t call_id, survey_fn done)
{
	if (s->call_n == s->call_cap) {
		s->call_cap = s->call_cap ? s->call_cap * 2 : 4;
		s->calls = mem_realloc(s->calls, s->call_cap * sizeof *s->calls);
	}
	s->calls[s->call_n++] = call_id;
	s->call_done = done;
}

bool survey_for_call(struct gate *g, struct upstream *u, const struct bridge_target *t, uint64_t call_id,
                     survey_fn done)
{
	struct slice name = slice_str(upstream_name(u));
	struct survey_state *st = state_of(g, name);
	uint64_t now = loop_now_us(g->o.loop);
	if (st->running && st->running->upstream == u) {
		wait_for(st->running, call_id, done);
		return true;
	}
	struct catalog_status known = catalog_status(g->o.catalog, name, now);
	uint64_t every_ms = known.is_known ? LIMIT_SURVEY_EVERY_MS : LIMIT_SURVEY_AGAIN_MS;
	if (st->was_asked && (!known.is_stale || st->did_fail) && now - st->asked_us < every_ms * 1000)
		return false;
	st->was_asked = true;
	st->asked_us = now;
	struct survey *s = survey_new(g, u);
	s->session = mem_strndup(t->to.session.n ? t->to.session.p : "", t->to.session.n);
	s->grant_id = mem_strndup(t->to.grant_id.p, t->to.grant_id.n);
	s->client_session = mem_strndup(t->to.client_session.p, t->to.client_session.n);
	s->version = t->to.version;
	s->client_version = t->client_version;
	s->is_held = t->is_held;
	s->caps = t->to.client_caps;
	wait_for(s, call_id, done);
	ask(s, slice_of(NULL, 0));
	return true;
}

static bool ask_missing(struct gate *g, struct slice server, struct survey_state *st)
{
	uint64_t now = loop_now_us(g->o.loop);
	if (st->running || (st->left_out_us && now - st->left_out_us < LIMIT_SURVEY_EVERY_MS * 1000ull))
		return false;
	st->left_out_us = now;
	char *name = mem_strndup(server.p, server.n);
	gate_survey(g, name, NULL, NULL);
	free(name);
	return true;
}

bool survey_left_out(struct gate *g, struct slice server, bool may_come_back)
{
	struct survey_state *st = state_of(g, server);
	st->is_missing = may_come_back;
	return ask_missing(g, server, st);
}

void survey_look_for_missing(struct gate *g)
{
	size_t at = 0;
	struct slice server;
	void *value;
	while (map_next(&g->surveys, &at, &server, &value)) {
		struct survey_state *st = value;
		if (st->is_missing)
			(void)ask_missing(g, server, st);
	}
}

void gate_survey(struct gate *g, const char *server, loop_fn done, void *ctx)
{
	struct upstream *u = registry_get(g->o.registry, slice_str(server));
	if (!u && !done)
		return;
	if (!u) {
		loop_defer(g->o.loop, done, ctx);
		return;
	}
	struct survey *s = survey_new(g, u);
	s->grant_id = mem_strdup("");
	s->client_session = mem_strdup("(survey)");
	s->client_version = MCP_LEGACY_LATEST;
	s->done = done;
	s->ctx = ctx;
	struct bridge_target t = target_of(s);
	s->exchange = bridge_open(g->bridge, u, &t, NULL, NULL, &events, s);
}
