/*
 * Open GET streams: what a server says by itself goes there, for as long as the client, its
 * session and its grant last. The line door has one, too, which is never ended.
 */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"

static void on_retry(void *ctx)
{
	struct inbound *in = ctx;
	in->retry.v = 0;
	stream_listen(in, slice_of(NULL, 0));
}

static void retry(struct inbound *in)
{
	in->retry_ms = in->retry_ms ? in->retry_ms * 2 : LIMIT_LISTEN_AGAIN_MS;
	if (in->retry_ms > LIMIT_LISTEN_AGAIN_MAX_MS)
		in->retry_ms = LIMIT_LISTEN_AGAIN_MAX_MS;
	in->retry = loop_after(in->gate->o.loop, in->retry_ms, on_retry, in);
}

static void on_open(void *ctx, struct exchange_id id)
{
	struct inbound *in = ctx;
	if (in->exchange.v == id.v)
		in->retry_ms = 0;
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct inbound *in = ctx;
	if (in->exchange.v != id.v)
		return;
	if (in->is_listening && grant_state(in->grant, loop_wall_us(in->gate->o.loop)) != GRANT_VALID)
		stream_end(in);
	else
		relay_message(in, in->server, NULL, m);
}

/* A server that ended its stream, or was replaced, is listened to again; one that offers none is
 * not. The client's own stream stays open: what the gate has to say goes there. */
static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct inbound *in = ctx;
	(void)m;
	(void)why;
	(void)http_status;
	if (in->exchange.v != id.v)
		return;
	in->exchange.v = 0;
	in->listening = NULL;
	switch (f) {
	case UPSTREAM_OK:
	case UPSTREAM_UNREACHED:
	case UPSTREAM_BROKEN:
	case UPSTREAM_TIMEOUT:
	case UPSTREAM_BUSY: retry(in); break;
	case UPSTREAM_REFUSED: break;
	case UPSTREAM_GONE_SESSION:
		if (in->is_listening)
			gate_end_session(in->gate, &in->session); /* ends this stream, too */
		break;
	}
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done, .on_open = on_open };

void stream_listen(struct inbound *in, struct slice last_event_id)
{
	struct upstream *u = registry_get(in->gate->o.registry, slice_str(in->server));
	struct bridge_target t = inbound_target(in);
	if (in->exchange.v || in->retry.v)
		return;
	if (!u) {
		retry(in);
		return;
	}
	in->listening = u;
	in->exchange = bridge_listen(in->gate->bridge, u, &t, last_event_id, &events, in);
}

void stream_begin(struct inbound *in)
{
	struct gate *g = in->gate;
	char key[8];
	in->is_listening = in->can_stream = true;
	gate_key_of(in->http.v, key);
	map_put(&g->streams_by_http, slice_of(key, 8), in);
	list_add_tail(&g->streams, &in->link);
	g->stream_n++;
	gate_watch_streams(g);
	inbound_begin_stream(in);
}

void stream_open(struct inbound *in, struct slice last_event_id)
{
	in->can_stream = true;
	if (resume_stream(in, last_event_id))
		return;
	stream_begin(in);
	stream_listen(in, slice_of(NULL, 0));
}

static void forget(struct inbound *in, const char *reason)
{
	struct gate *g = in->gate;
	char key[8];
	gate_key_of(in->http.v, key);
	map_del(&g->streams_by_http, slice_of(key, 8));
	if (in->exchange.v)
		bridge_cancel(g->bridge, in->listening, in->exchange, reason);
	in->exchange.v = 0;
	in->listening = NULL;
	g->stream_n--;
	if (in->old_id)
		oldstream_gone(in);
	inbound_free(in);
}

void stream_end(struct inbound *in)
{
	BUG_ON(!in->is_listening);
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
	struct inbound *in = map_get(&g->streams_by_http, slice_of(key, 8));
	if (!in)
		return;
	map_del(&g->streams_by_http, slice_of(key, 8));
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
		if (grant_state(now, now_us) != GRANT_VALID || !grant_binding(now, slice_str(in->server))) {
			stream_end(in);
			continue;
		}
		if (in->grants == grants)
			continue;
		in->grant = now;
		grants_unref(&in->grants);
		in->grants = grants_ref(grants);
	}
}
