/*
 * Open GET streams: what a server says by itself goes there, for as long as the client, its
 * session and its grant last. The line door has one, too, which is never ended.
 */
#include "gate/changes.h"
#include "base/check.h"
#include "base/limits.h"

/* A stream lasts, and there are very many: of its request it keeps what it needs. */
static void keep_little(struct inbound *in)
{
	size_t server_n = strlen(in->server), id_n = in->old_id ? strlen(in->old_id) : 0;
	struct arena few;
	arena_init_small(&few, LIMIT_REQUEST_ARENA, server_n + in->peer.n + id_n + 4 * 16);
	char *server = arena_strndup(&few, in->server, server_n), *peer = arena_strndup(&few, in->peer.p, in->peer.n);
	char *id = in->old_id ? arena_strndup(&few, in->old_id, id_n) : NULL;
	if (!server || !peer || (in->old_id && !id)) {
		arena_release(&few);
		return;
	}
	in->server = server;
	in->peer = slice_of(peer, in->peer.n);
	in->old_id = id;
	in->client_info = NULL; /* made again where it is needed */
	arena_release(&in->arena);
	in->arena = few;
	buf_release(&in->out);
}

/* What has been read of a request of the modern era lasts as long as its stream. */
void stream_begin(struct inbound *in)
{
	struct gate *g = in->gate;
	char key[8];
	if (!in->is_modern)
		keep_little(in);
	in->is_listening = in->can_stream = true;
	list_add_tail(&g->streams, &in->link);
	g->stream_n++;
	gate_watch_streams(g);
	if (!in->http.v)
		return; /* the line door: a modern client's, beside others on the same line */
	gate_key_of(in->http.v, key);
	map_put(&g->inbounds_by_http, slice_of(key, 8), in);
	inbound_begin_stream(in);
}

void stream_open(struct inbound *in, struct slice last_event_id)
{
	in->can_stream = true;
	if (resume_stream(in, last_event_id))
		return;
	stream_begin(in);
	ear_put(in);
}

static void forget(struct inbound *in, const char *reason)
{
	struct gate *g = in->gate;
	char key[8];
	gate_key_of(in->http.v, key);
	if (in->http.v)
		map_del(&g->inbounds_by_http, slice_of(key, 8));
	ear_take_off(in, reason);
	g->stream_n--;
	if (in->old_id)
		oldstream_gone(in);
	inbound_free(in);
}

void stream_end(struct inbound *in)
{
	BUG_ON(!in->is_listening);
	if (in->subscription)
		subscription_end(in);
	if (in->http.v)
		http_end(in->gate->o.http, in->http);
	forget(in, "the gate closed the stream");
}

bool stream_has_room(struct gate *g)
{
	if (g->stream_n >= g->o.streams_max && g->replay.waiting_n)
		stream_end(list_entry(g->replay.waiting.next, struct replay_stream, waiting)->in);
	return g->stream_n < g->o.streams_max;
}

void stream_gone(struct gate *g, struct http_request_id id)
{
	char key[8];
	gate_key_of(id.v, key);
	struct inbound *in = map_get(&g->inbounds_by_http, slice_of(key, 8));
	if (!in || !in->is_listening)
		return;
	map_del(&g->inbounds_by_http, slice_of(key, 8));
	if (!resume_wait(in))
		forget(in, "the client closed its stream");
}

void stream_end_session(struct gate *g, const char *session_id)
{
	list_each_safe(it, next, &g->streams) {
		struct inbound *in = list_entry(it, struct inbound, link);
		if (strcmp(in->session.id, session_id) == 0)
			stream_end(in);
	}
}

void stream_end_all(struct gate *g)
{
	list_each_safe(it, next, &g->streams)
		stream_end(list_entry(it, struct inbound, link));
}

/* Who may no longer ask may no longer listen; the others are judged by their new policies. */
void stream_set_grants(struct gate *g, struct grants *grants)
{
	int64_t now_us = loop_wall_us(g->o.loop);
	list_each_safe(it, next, &g->streams) {
		struct inbound *in = list_entry(it, struct inbound, link);
		const struct grant *now = grants_by_id(grants, in->grant->id);
		if (grant_state(now, now_us) != GRANT_VALID ||
		    (!merge_is_door(in) && !grant_binding(now, slice_str(in->server)))) {
			stream_end(in);
			continue;
		}
		if (in->grants == grants)
			continue;
		struct changes c = changes_between(in, now);
		in->grant = now;
		grants_unref(&in->grants);
		in->grants = grants_ref(grants);
		if (merge_is_door(in))
			ear_put(in);
		subscription_changed(in, c.tools, c.prompts, c.resources);
	}
}

/* A comment, which clients must ignore (MCP 2026-07-28, Streamable HTTP, Receiving Messages): those
 * between would close a connection on which nothing is said. */
static void keep_alive(struct inbound *in)
{
	const struct gate *g = in->gate;
	bool is_its_turn = in->id % LIMIT_KEEP_ALIVE_S == g->seconds % LIMIT_KEEP_ALIVE_S;
	if (is_its_turn && in->http.v && in->is_streaming && !in->is_closed && !in->is_slow)
		(void)http_write(g->o.http, in->http, SLICE_LIT(":\n\n"));
}

void stream_keep_alive(struct gate *g)
{
	g->seconds++;
	list_each_safe(it, next, &g->streams)
		keep_alive(list_entry(it, struct inbound, link));
	list_each_safe(it2, next2, &g->running) {
		const struct call *c = list_entry(it2, struct call, link);
		if (c->in)
			keep_alive(c->in);
	}
}
