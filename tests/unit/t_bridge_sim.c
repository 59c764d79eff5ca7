/*
 * Clients and a legacy server that do anything at any time: call, come back with old and new
 * states, listen, go, read slowly; ask, answer, break, lose sessions, end streams. However it goes, each
 * exchange ends once or was cancelled, no call that waits is taken by another grant, and nothing is left.
 */
#include "legacy_rig.h"

#define ROUNDS  40/* worlds, each with its seed */
#define STEPS   120
#define CLIENTS 24
#define OPEN    32
#define SETTLES 300 /* a machine that is busy needs several */

struct client {
	struct seen seen;
	struct exchange_id id;
	char grant[2];
	bool is_used, is_cancelled, is_paused, is_listening;
};

struct world {
	struct rig rig;
	uint64_t state;
	struct client clients[CLIENTS];
	struct http_request_id open[OPEN]; /* calls that the server has not answered */
	char open_id[OPEN][64];
	size_t open_n;
	char states[8][1024]; /* of grant 0 and 1 in turns */
	unsigned states_n, bad;
	int server_asks;
};

static unsigned roll(struct world *w, unsigned n)
{
	w->state = w->state * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(w->state >> 33) % n;
}

static void on_call(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	struct world *w = r->ctx;
	(void)m;
	if (w->open_n == OPEN || roll(w, 6) == 0) {
		rig_answer_ok(r, q, m, id);
		return;
	}
	http_begin(r->back, q->id, 200, rig_sse, 1);
	w->open[w->open_n] = q->id;
	snprintf(w->open_id[w->open_n++], 64, "%s", id);
}

/* One thing that the server does with a call of its own. */
static void act_server(struct world *w)
{
	struct rig *r = &w->rig;
	char text[256];
	if (!w->open_n)
		return;
	size_t at = roll(w, (unsigned)w->open_n);
	struct http_request_id to = w->open[at];
	switch (roll(w, 9)) {
	case 0:
	case 1:
	case 2:
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{}}", w->server_asks++,
		         roll(w, 2) ? "roots/list" : "sampling/createMessage");
		rig_event(r, roll(w, 4) ? to : r->stream, text);
		return;
	case 3:
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%u}}", roll(w, 50));
		rig_event(r, to, text);
		return;
	case 4:
		rig_event(r, roll(w, 2) ? to : r->stream, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
		return;
	case 5: http_abort(r->back, to); break;
	case 6:
		r->lost_n = r->opened;
		http_end(r->back, r->stream);
		return;
	default: rig_end(r, to, w->open_id[at], "{\"content\":[]}"); break;
	}
	w->open_n--;
	w->open[at] = w->open[w->open_n];
	memcpy(w->open_id[at], w->open_id[w->open_n], 64);
}

static void keep_state(struct world *w, const struct client *c)
{
	if (has(c->seen.answer, "input_required"))
		rig_state_of(&c->seen, w->states[w->states_n++ % 4 * 2 + (c->grant[0] == 'b')]);
}

/* A slot that is free, after what became of its last use was looked at. */
static struct client *take(struct world *w)
{
	struct client *c = &w->clients[roll(w, CLIENTS)];
	if (c->is_used && !c->seen.done && !c->is_cancelled)
		return NULL;
	w->bad += c->seen.done > 1 || (c->is_cancelled && c->seen.done);
	if (c->is_used)
		keep_state(w, c);
	*c = (struct client){ .is_used = true, .grant = { roll(w, 2) ? 'b' : 'a', '\0' } };
	return c;
}

static void act_client(struct world *w)
{
	struct rig *r = &w->rig;
	char params[4096];
	struct client *c = &w->clients[roll(w, CLIENTS)];
	switch (roll(w, 8)) {
	case 0:
		if (c->is_used && !c->seen.done && !c->is_cancelled) {
			c->is_cancelled = true;
			bridge_cancel(r->bridge, r->u, c->id, "gone");
		}
		return;
	case 1:
		if (c->is_used && !c->seen.done && !c->is_cancelled)
			bridge_pause(r->bridge, r->u, c->id, c->is_paused = !c->is_paused);
		return;
	case 2:
		if ((c = take(w))) {
			struct bridge_target t = rig_target(c->grant, RIG_ALL);
			c->is_listening = true;
			c->id = bridge_subscribe(r->bridge, r->u, &t,
			                         SLICE_LIT("{\"notifications\":{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"x:y\"]}}"),
			                         &seen_events, &c->seen);
		}
		return;
	case 3:
	case 4:
		if ((c = take(w))) {
			/* Its own grant's, or another's: that never has an effect but an error. */
			const char *state = w->states[roll(w, 8)];
			rig_retry_of(state, roll(w, 3) ? "{\"ask-1\":{\"roots\":[]}}" : "{}", RIG_ARGS, params);
			c->id = rig_ask(r, &c->seen, c->grant, RIG_ALL, "tools/call", params);
		}
		return;
	default:
		if ((c = take(w)))
			c->id = rig_ask(r, &c->seen, c->grant, roll(w, 4) ? RIG_ALL : 0, "tools/call", RIG_CALL);
		return;
	}
}

static void some_turns(struct world *w)
{
	int n = 0;
	loop_after(w->rig.loop, roll(w, 3), rig_turn, &n);
	(void)run_until(w->rig.loop, &n, 1);
}

static bool is_empty(const struct bridge *b, const struct behind *behind)
{
	return list_empty(&b->running) && list_empty(&b->errands) && !b->parked_n && !b->held_n && !b->parked_bytes &&
	       behind->users == 1;
}

static void run(uint64_t seed)
{
	static struct world w;
	unsigned open = 0, twice = 0;
	int stopped = 0;
	w = (struct world){ .state = seed };
	rig_start(&w.rig, seed % 3 ? 0 : 20);
	w.rig.on_call = on_call;
	w.rig.ctx = &w;
	for (int i = 0; i < STEPS; i++) {
		roll(&w, 5) < 3 ? act_client(&w) : act_server(&w);
		if (roll(&w, 3) == 0)
			some_turns(&w);
	}
	struct behind *behind = behind_of(w.rig.bridge, w.rig.u);
	behind_use(behind);
	bridge_forget(w.rig.bridge, w.rig.u);
	upstream_stop(w.rig.u, seen_stopped, &stopped);
	bool is_stopped = run_until(w.rig.loop, &stopped, 1);
	rig_settle(&w.rig);
	for (int i = 0; i < SETTLES && !is_empty(w.rig.bridge, behind); i++)
		rig_settle(&w.rig);
	for (size_t i = 0; i < CLIENTS; i++) {
		const struct client *c = &w.clients[i];
		open += c->is_used && !c->seen.done && !c->is_cancelled;
		twice += c->seen.done > 1 || (c->is_cancelled && c->seen.done);
	}
	ok(is_stopped && !open && !twice && !w.bad, "world %llu: each exchange has ended once (%u open, %u twice)",
	   (unsigned long long)seed, open, twice + w.bad);
	ok(is_empty(w.rig.bridge, behind), "and nothing is left");
	behind_drop(behind);
	upstream_free(&w.rig.u);
	bridge_free(&w.rig.bridge);
	http_client_free(&w.rig.http);
	stopped = 0;
	http_server_stop(w.rig.back, 0, seen_stopped, &stopped);
	(void)run_until(w.rig.loop, &stopped, 1);
	http_server_free(&w.rig.back);
	loop_free(&w.rig.loop);
}

int main(void)
{
	const char *one = getenv("GH_SEED");
	unsigned long long seed = 0;
	if (one && slice_u64(slice_str(one), &seed)) {
		run(seed);
		return tap_done();
	}
	for (uint64_t i = 1; i <= ROUNDS; i++)
		run(i);
	return tap_done();
}
