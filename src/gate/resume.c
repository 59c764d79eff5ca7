/*
 * Clients whose connection broke, and that come back for the rest (MCP 2025-11-25, Transports,
 * Resumability and Redelivery). A call goes on without its client; a GET stream waits a while.
 */
#include "gate/call.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/sse.h"

/* What the client was not given an id for it cannot ask for again. Over stdio nothing breaks; a
 * modern request that breaks is lost (MCP 2026-07-28, Transports); HTTP+SSE ends its session. */
bool resume_is_possible(const struct inbound *in)
{
	return in->gate->o.replay_ms && in->http.v && in->has_session && !in->is_modern && !in->old_stream;
}

void resume_prime(struct inbound *in)
{
	if (in->can_stream && !in->is_streaming && !in->is_closed && resume_is_possible(in) &&
	    mcp_version_has_priming(in->session.client_version))
		inbound_begin_stream(in);
}

static void write_rest(struct inbound *in, struct replay_stream *s, uint64_t number)
{
	struct gate *g = in->gate;
	struct buf b = BUF_INIT(s->bytes * 2 + (s->event_n + 1) * 128);
	list_each_safe(it, next, &s->events) {
		const struct replay_event *ev = list_entry(it, struct replay_event, of_stream);
		char id[REPLAY_ID_SIZE];
		if (ev->number <= number)
			continue;
		replay_write_id(s, ev->number, id);
		sse_write(&b, SLICE_LIT("message"), slice_str(id), slice_of(ev->text, ev->n));
	}
	if (b.n && (!buf_ok(&b) || !http_write(g->o.http, in->http, buf_slice(&b))))
		in->is_closed = true;
	buf_release(&b);
}

/* The stream goes on where the GET came from. */
static void move_stream(struct inbound *in, struct inbound *get)
{
	struct gate *g = in->gate;
	struct http_request_id http = get->http;
	char key[8];
	pressure_release(g, in->http);
	gate_key_of(in->http.v, key);
	if (in->is_listening)
		map_del(&g->inbounds_by_http, slice_of(key, 8));
	if (!in->is_closed) /* the gate had not noticed that it broke */
		http_abort(g->o.http, in->http);
	in->http = http;
	in->is_closed = false;
	gate_key_of(http.v, key);
	if (in->is_listening)
		map_put(&g->inbounds_by_http, slice_of(key, 8), in);
	if (in->replay)
		replay_back(&g->replay, in->replay);
	inbound_free(get);
	inbound_begin_again(in);
}

/* All that the stream will ever say has been said. */
static void tell_rest(struct inbound *get, struct replay_stream *s, uint64_t number)
{
	inbound_begin_again(get);
	write_rest(get, s, number);
	http_end(get->gate->o.http, get->http);
	inbound_free(get);
}

/* Who asks for a new stream gives up the rest of the one that waits; what listens to the server goes
 * on, because some servers have one such stream for a session and no room for a second. */
static bool take_over(struct inbound *get)
{
	struct gate *g = get->gate;
	list_each_safe(it, next, &g->replay.waiting) {
		struct replay_stream *s = list_entry(it, struct replay_stream, waiting);
		struct inbound *in = s->in;
		if (strcmp(s->session, get->session.id) != 0)
			continue;
		replay_close(&g->replay, s, false);
		in->replay = NULL;
		move_stream(in, get);
		return true;
	}
	return false;
}

bool resume_stream(struct inbound *get, struct slice last_event_id)
{
	struct replay_stream *s = NULL;
	uint64_t number = 0;
	switch (replay_find(&get->gate->replay, last_event_id, get->session.id, &s, &number)) {
	case REPLAY_NONE: return take_over(get);
	case REPLAY_LOST:
		/* Not 404, which would end the session; and not a new stream, which would never bring
		 * the answer that this client waits for. */
		inbound_fail(get, 400, MCP_INVALID_REQUEST, slice_of(NULL, 0),
		             "what this Last-Event-ID stands for is no longer kept: send the request again");
		return true;
	case REPLAY_FOUND: break;
	}
	struct inbound *in = s->in;
	if (!in) {
		tell_rest(get, s, number);
		return true;
	}
	move_stream(in, get);
	write_rest(in, s, number);
	return true;
}

bool resume_wait(struct inbound *in)
{
	struct gate *g = in->gate;
	if (!in->replay)
		return false;
	in->is_closed = true;
	replay_wait(&g->replay, in->replay, loop_now_us(g->o.loop));
	if (g->replay.waiting_n > LIMIT_REPLAY_WAITING)
		stream_end(list_entry(g->replay.waiting.next, struct replay_stream, waiting)->in);
	return true;
}

static void prime_calls(struct gate *g, uint64_t now_us)
{
	list_each_safe(it, next, &g->running) {
		struct call *c = list_entry(it, struct call, link);
		if (now_us - c->began_us < LIMIT_PRIME_MS * 1000ull)
			return; /* the oldest come first */
		if (c->in && c->exchange.v)
			resume_prime(c->in);
	}
}

void resume_every_second(struct gate *g)
{
	uint64_t now_us = loop_now_us(g->o.loop), age_us = g->o.replay_ms * 1000;
	prime_calls(g, now_us);
	if (now_us < age_us)
		return;
	while (!list_empty(&g->replay.waiting)) {
		struct replay_stream *s = list_entry(g->replay.waiting.next, struct replay_stream, waiting);
		if (s->left_us > now_us - age_us)
			break;
		stream_end(s->in);
	}
	replay_expire(&g->replay, now_us - age_us);
}
