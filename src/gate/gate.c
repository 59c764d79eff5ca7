/* Makes and ends the gate; who its grants are; sessions that clients ended. */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"
#include "gate/changes.h"
#include "gate/past.h"
#include "gate/consent.h"
#include "gate/play.h"
#include "gate/survey.h"

/* What was learned of a server that is another now would judge calls by the wrong schemas. */
static void on_server_changed(void *ctx, struct upstream *u, struct slice method)
{
	struct gate *g = ctx;
	struct slice name = slice_str(upstream_name(u));
	if (slice_is(method, "removed")) {
		catalog_forget(g->o.catalog, name);
		survey_forget(g, name);
		bridge_forget(g->bridge, u);
	} else if (slice_is(method, "started") || slice_is(method, "notifications/tools/list_changed")) {
		catalog_mark_stale(g->o.catalog, name);
	}
}

struct gate *gate_new(const struct gate_opts *o)
{
	struct gate *g = mem_zalloc(sizeof *g);
	g->o = *o;
	if (!g->o.merge_wait_ms)
		g->o.merge_wait_ms = LIMIT_MERGE_WAIT_MS;
	idtable_init(&g->calls);
	idtable_init(&g->inbounds);
	list_init(&g->running);
	list_init(&g->free_calls);
	list_init(&g->free_inbounds);
	list_init(&g->streams);
	list_init(&g->held);
	map_init(&g->inbounds_by_http);
	map_init(&g->ended_sessions);
	map_init(&g->surveys);
	map_init(&g->digests);
	map_init(&g->merged_names);
	map_init(&g->old_streams);
	replay_init(&g->replay);
	buf_init(&g->entry, LIMIT_JOURNAL_ENTRY);
	buf_init(&g->answer, o->message_bytes_max + 65536);
	struct bridge_opts bo = { .loop = o->loop, .parked_ms = o->input_ms };
	memcpy(bo.key, o->session_key, sizeof bo.key);
	g->bridge = bridge_new(&bo);
	registry_watch(o->registry, on_server_changed, g);
	ledger_listen(o->ledger, call_on_ledger, g);
	return g;
}

static void free_values(struct map *m)
{
	size_t at = 0;
	void *value;
	while (map_next(m, &at, NULL, &value))
		free(value);
	map_release(m);
}

static void free_inbound_list(struct list *l)
{
	list_each_safe(it, next, l) {
		struct inbound *in = list_entry(it, struct inbound, link);
		list_del(it);
		ear_forget(in);
		subscription_release(in);
		play_forget(&in->play);
		arena_release(&in->arena);
		buf_release(&in->out);
		buf_release(&in->new_session);
		if (in->grants)
			grants_unref(&in->grants);
		free(in);
	}
}

/* Nothing runs any more: the loop has stopped and the servers are gone. */
void gate_free(struct gate **gp)
{
	struct gate *g = *gp;
	if (!g)
		return;
	loop_cancel(g->o.loop, &g->timer);
	registry_watch(g->o.registry, NULL, NULL);
	list_each_safe(it, next, &g->running) {
		struct call *c = list_entry(it, struct call, link);
		catalog_tool_unref(&c->tool);
		merge_forget(c);
		list_del(it);
		list_add_head(&g->free_calls, it);
	}
	list_each_safe(it2, next2, &g->free_calls) {
		list_del(it2);
		free(list_entry(it2, struct call, link));
	}
	uint32_t at = 0;
	for (struct inbound *in; (in = idtable_next(&g->inbounds, &at));) {
		list_del(&in->link);
		list_add_head(&g->free_inbounds, &in->link);
	}
	free_inbound_list(&g->free_inbounds);
	free_values(&g->ended_sessions);
	survey_release_all(g);
	merge_release(g);
	map_release(&g->inbounds_by_http);
	map_release(&g->old_streams);
	replay_release(&g->replay);
	buf_release(&g->entry);
	buf_release(&g->answer);
	map_release(&g->digests);
	session_cache_release(&g->session_cache);
	bridge_free(&g->bridge);
	idtable_release(&g->calls);
	idtable_release(&g->inbounds);
	if (g->grants)
		grants_unref(&g->grants);
	free(g);
	*gp = NULL;
}

/* Grants expire, and so does what waits for clients; a long call begins its stream. */
static void on_every_second(void *ctx)
{
	struct gate *g = ctx;
	stream_set_grants(g, g->grants);
	resume_every_second(g);
	changes_look(g);
	survey_look_for_missing(g);
	stream_keep_alive(g);
	hold_every_second(g);
	g->has_timer = false;
	gate_watch_streams(g);
}

void gate_watch_streams(struct gate *g)
{
	bool is_idle = list_empty(&g->streams) && list_empty(&g->replay.streams) &&
	               list_empty(&g->running);
	if (g->has_timer || is_idle)
		return;
	g->has_timer = true;
	g->timer = loop_after(g->o.loop, 1000, on_every_second, g);
}

void gate_set_grants(struct gate *g, struct grants *grants)
{
	struct grants *before = g->grants;
	g->grants = grants_ref(grants);
	changes_forget(g);
	stream_set_grants(g, grants);
	if (before)
		grants_unref(&before);
	/* The line client lives for the whole program: it is looked up anew. */
	if (g->line && g->line->grant) {
		const struct grant *now = grants_by_id(grants, g->line->grant->id);
		struct changes c = changes_between(g->line, now);
		grants_unref(&g->line->grants);
		g->line->grants = grants_ref(grants);
		g->line->grant = now;
		if (g->line->has_session)
			subscription_changed(g->line, c.tools, c.prompts, c.resources);
	}
}

struct gate_counts gate_counts(const struct gate *g)
{
	struct gate_counts n = g->counts;
	n.streams = g->stream_n;
	return n;
}

void gate_key_of(uint64_t v, char out[8])
{
	memcpy(out, &v, 8);
}

bool gate_session_ended(const struct gate *g, const char *session_id)
{
	return map_get(&g->ended_sessions, slice_str(session_id)) != NULL;
}

/* A sealed id cannot be called back; it is remembered until it would be too old anyway. */
void gate_end_session(struct gate *g, struct session *s)
{
	if (g->ended_sessions.n >= LIMIT_ENDED_SESSIONS) {
		size_t at = 0;
		struct slice key;
		void *value;
		int64_t now = loop_wall_us(g->o.loop);
		while (map_next(&g->ended_sessions, &at, &key, &value)) {
			int64_t *created = value;
			bool is_old = now - *created > (int64_t)g->o.session_age_ms * 1000;
			if (is_old || g->ended_sessions.n > LIMIT_ENDED_SESSIONS / 2) {
				map_del(&g->ended_sessions, key);
				free(created);
			}
		}
	}
	past_end_session(g, s);
	int64_t *created = mem_alloc(sizeof *created);
	*created = s->created_us;
	free(map_put(&g->ended_sessions, slice_str(s->id), created));
	char id[SESSION_ID_SIZE]; /* the stream that *s may stand in goes */
	snprintf(id, sizeof id, "%s", s->id);
	stream_end_session(g, id);
	replay_end_session(&g->replay, id);
}

void gate_end_streams(struct gate *g)
{
	stream_end_all(g);
	hold_end_all(g);
}

void gate_set_line_client(struct gate *g, struct slice grant_id, const char *server)
{
	g->line = inbound_new(g, (struct http_request_id){ 0 });
	g->line->can_stream = true;
	g->line->peer = SLICE_LIT("stdio");
	g->line->server = arena_strndup(&g->line->arena, server, strlen(server));
	g->line->grant = g->grants ? grants_by_id(g->grants, grant_id) : NULL;
	BUG_ON(!g->line->server);
}
