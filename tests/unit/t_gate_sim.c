/*
 * Clients and a server that do what a seed says, in any order: calls, batches, cancellations,
 * disconnects, answers, errors, streams, reloads. Whatever they do:
 *   the server hears of a call once, and of none that was not recorded as allowed before;
 *   a request is answered once, or was cancelled, or its client has gone;
 *   no more calls succeed than a limit lets through;
 *   at the end nothing is in flight and everything was handed back.
 */
#include "gate_rig.h"

#define SEEDS 6
#define STEPS 500
#define CALLS_MAX 2000
#define ASKS 40
#define SESSIONS 6
#define STREAMS 4
#define HELD 200

enum call_state { CALL_NONE = 0, CALL_SENT, CALL_CANCELLED };

struct sim_ask {
	struct asked a;
	bool is_used;
	unsigned first, n; /* numbers of its calls; n 0: nothing is asked for */
	size_t session;
};

struct held {
	struct http_request_id http;
	char id[64];
	bool is_list, is_few;
};

struct sim {
	uint64_t random;
	unsigned calls;
	struct {
		enum call_state state;
		bool is_allowed, was_heard;
	} call[CALLS_MAX];
	struct sim_ask asks[ASKS];
	struct asked streams[STREAMS];
	bool has_stream[STREAMS];
	struct {
		char token[2048];
		bool is_old, is_used; /* is_old: its revision has batches */
	} session[SESSIONS];
	struct held held[HELD];
	size_t held_n;
	unsigned few_done, unrecorded, heard_twice, answered_wrong, broken, answered;
};

static unsigned roll(struct sim *s, unsigned n)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (unsigned)(s->random % n);
}

static void turn(struct rig *r)
{
	int n = 0;
	loop_after(r->loop, 1, rig_count, &n);
	BUG_ON(!rig_until(r, &n, 1));
}

/* A call is known by the name of its argument, which records keep. */
static unsigned number_of(struct slice key)
{
	unsigned long long n = 0;
	return key.n > 1 && key.p[0] == 'k' && slice_u64(slice_of(key.p + 1, key.n - 1), &n) && n < CALLS_MAX ? (unsigned)n : 0;
}

static void on_record(struct rig *r, const struct audit_entry *en)
{
	struct sim *s = r->ctx;
	if (en->part == AUDIT_PART_DECISION && en->record.decision == AUDIT_ALLOW && en->record.argument_key_n)
		s->call[number_of(en->record.argument_keys[0])].is_allowed = true;
}

static void hold(struct sim *s, const struct http_request *q, const char *id, bool is_list, bool is_few)
{
	BUG_ON(s->held_n == HELD);
	struct held *h = &s->held[s->held_n++];
	*h = (struct held){ .http = q->id, .is_list = is_list, .is_few = is_few };
	snprintf(h->id, sizeof h->id, "%s", id);
}

static void on_call(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	struct sim *s = r->ctx;
	struct json_iter it = json_iter(json_gets(m->params, "arguments"));
	unsigned n = json_next(&it) ? number_of(it.key) : 0;
	s->unrecorded += !n || !s->call[n].is_allowed;
	s->heard_twice += s->call[n].was_heard;
	s->call[n].was_heard = true;
	hold(s, q, id, false, slice_is(json_string(json_gets(m->params, "name")), "few"));
}

static void on_list(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	hold(r->ctx, q, id, true, false);
}

static void answer_by_stream(struct rig *r, const struct held *h, bool is_cut)
{
	char text[128];
	http_begin(r->back, h->http, 200, rig_sse, 1);
	rig_event(r, h->http, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":1}}");
	rig_event(r, h->http, "{\"jsonrpc\":\"2.0\",\"id\":\"srv\",\"method\":\"sampling/createMessage\",\"params\":{}}");
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{}}", h->id);
	if (is_cut) {
		http_abort(r->back, h->http);
		return;
	}
	rig_event(r, h->http, text);
	http_end(r->back, h->http);
}

static void answer_one(struct rig *r, struct sim *s, bool is_kind)
{
	if (!s->held_n)
		return;
	size_t at = roll(s, (unsigned)s->held_n);
	struct held h = s->held[at];
	s->held[at] = s->held[--s->held_n];
	char text[160];
	unsigned how = is_kind || (h.is_list && roll(s, 8)) ? 0 : roll(s, 10);
	bool is_known = true;
	switch (how) {
	case 7: http_respond(r->back, h.http, 404, NULL, 0, slice_of(NULL, 0)); break;
	case 8: http_respond(r->back, h.http, 500, NULL, 0, slice_of(NULL, 0)); break;
	case 9: http_abort(r->back, h.http); break;
	case 5:
	case 6:
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,\"message\":\"m\"}}", h.id, how == 5 ? -32602 : -32000);
		http_respond(r->back, h.http, 200, rig_json, 1, slice_str(text));
		break;
	case 3:
	case 4:
		if (!h.is_list) {
			answer_by_stream(r, &h, how == 4);
			s->few_done += h.is_few && how == 3;
			break;
		}
		is_known = false;
		break;
	default: is_known = false; break;
	}
	if (is_known)
		return;
	rig_reply(r, h.http, h.id, h.is_list ? RIG_TOOLS : "{\"content\":[]}");
	s->few_done += h.is_few;
}

static unsigned count_answers(struct sim_ask *q, unsigned n)
{
	char id[32];
	int len = snprintf(id, sizeof id, "\"id\":\"c%u\"", n);
	unsigned found = 0;
	for (const char *p = buf_str(&q->a.got); (p = strstr(p, id)); p += len)
		found++;
	return found;
}

static void check_answers(struct sim *s, struct sim_ask *q)
{
	s->broken += q->a.is_broken;
	for (unsigned i = q->first; i < q->first + q->n; i++) {
		unsigned found = count_answers(q, i);
		bool is_cancelled = s->call[i].state == CALL_CANCELLED;
		bool is_right = found == 1 || (found == 0 && (is_cancelled || q->a.status == 404));
		s->answered += found;
		s->answered_wrong += !is_right;
		if (!is_right)
			printf("# call %u: %u answers, status %d: %.300s\n", i, found, q->a.status, buf_str(&q->a.got));
	}
}

static void collect(struct sim *s)
{
	for (size_t i = 0; i < ASKS; i++) {
		struct sim_ask *q = &s->asks[i];
		if (!q->is_used || !q->a.ended)
			continue;
		check_answers(s, q);
		asked_release(&q->a);
		q->is_used = false;
	}
}

static struct sim_ask *free_ask(struct sim *s)
{
	for (size_t i = 0; i < ASKS; i++)
		if (!s->asks[i].is_used)
			return &s->asks[i];
	return NULL;
}

static void write_call(struct sim *s, struct buf *b)
{
	static const char *const tools[] = { "free", "free", "free", "few", "never", "other" };
	unsigned n = s->calls++;
	s->call[n].state = CALL_SENT;
	buf_addf(b, "{\"jsonrpc\":\"2.0\",\"id\":\"c%u\",\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{\"k%u\":1}}}", n,
	         tools[roll(s, ARRAY_LEN(tools))], n);
}

static void send_calls(struct rig *r, struct sim *s)
{
	size_t session = roll(s, SESSIONS);
	struct sim_ask *q = free_ask(s);
	if (!q || !s->session[session].is_used || s->calls + 8 > CALLS_MAX || s->held_n + 40 > HELD)
		return;
	unsigned n = s->session[session].is_old ? 1 + roll(s, 5) : 1;
	struct buf b = BUF_INIT(1u << 16);
	q->first = s->calls;
	q->n = n;
	q->session = session;
	q->is_used = true;
	if (n > 1)
		buf_addc(&b, '[');
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_addc(&b, ',');
		write_call(s, &b);
	}
	if (n > 1)
		buf_addc(&b, ']');
	ask(r, &q->a, s->session[session].token, buf_str(&b));
	buf_release(&b);
}

/* A notification of a client, whose own answer is 202 or 404. */
static void cancel_some(struct rig *r, struct sim *s)
{
	struct sim_ask *victim = &s->asks[roll(s, ASKS)], *q = free_ask(s);
	if (!victim->is_used || !victim->n || !q)
		return;
	unsigned n = victim->first + roll(s, victim->n);
	char text[160];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"c%u\"}}", n);
	s->call[n].state = CALL_CANCELLED;
	q->n = 0;
	q->is_used = true;
	ask(r, &q->a, s->session[victim->session].token, text);
}

static void leave(struct sim *s)
{
	struct sim_ask *q = &s->asks[roll(s, ASKS)];
	if (!q->is_used)
		return;
	asked_release(&q->a);
	q->is_used = false;
}

static void begin_session(struct rig *r, struct sim *s)
{
	size_t at = roll(s, SESSIONS);
	for (size_t i = 0; i < ASKS; i++)
		if (s->asks[i].is_used && s->asks[i].session == at)
			return; /* its calls are still judged by the old one */
	s->session[at].is_old = roll(s, 2);
	rig_session(r, s->session[at].is_old ? RIG_INIT("2025-03-26") : RIG_INIT("2025-11-25"), s->session[at].token);
	s->session[at].is_used = true;
}

static void end_session(struct rig *r, struct sim *s)
{
	size_t at = roll(s, SESSIONS);
	struct sim_ask *q = free_ask(s);
	if (!q || !s->session[at].is_used)
		return;
	q->n = 0;
	q->session = at;
	q->is_used = true;
	ask_send(r, &q->a, HTTP_DELETE, s->session[at].token, slice_of(NULL, 0));
}

static void use_stream(struct rig *r, struct sim *s)
{
	size_t at = roll(s, STREAMS), session = roll(s, SESSIONS);
	if (s->has_stream[at]) {
		asked_release(&s->streams[at]);
		s->has_stream[at] = false;
	} else if (s->session[session].is_used) {
		ask_send(r, &s->streams[at], HTTP_GET, s->session[session].token, slice_of(NULL, 0));
		s->has_stream[at] = true;
	}
}

static void speak(struct rig *r, struct sim *s)
{
	if (roll(s, 3))
		rig_event(r, r->stream, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
	else
		http_end(r->back, r->stream);
}

static void step(struct rig *r, struct sim *s)
{
	switch (roll(s, 20)) {
	case 0: begin_session(r, s); break;
	case 1: end_session(r, s); break;
	case 2:
	case 3: cancel_some(r, s); break;
	case 4:
	case 5: leave(s); break;
	case 6: use_stream(r, s); break;
	case 7: speak(r, s); break;
	case 8: rig_load_grants(r); break;
	case 9:
		if (!roll(s, 4)) {
			r->server_number++;
			rig_put_server(r);
		}
		break;
	case 10:
	case 11:
	case 12:
	case 13: answer_one(r, s, false); break;
	default: send_calls(r, s); break;
	}
	if (roll(s, 2))
		turn(r);
	collect(s);
}

static bool is_quiet(const struct sim *s)
{
	for (size_t i = 0; i < ASKS; i++)
		if (s->asks[i].is_used)
			return false;
	return true;
}

static void finish(struct rig *r, struct sim *s)
{
	for (int i = 0; i < 3000 && !(is_quiet(s) && !s->held_n); i++) {
		answer_one(r, s, true);
		turn(r);
		collect(s);
	}
	ok(is_quiet(s), "every client that stayed has its answer");
	for (size_t i = 0; i < ASKS; i++)
		asked_release(&s->asks[i].a);
	for (size_t i = 0; i < STREAMS; i++)
		asked_release(&s->streams[i]);
}

static void run(uint64_t seed)
{
	struct rig r;
	struct sim *s = mem_zalloc(sizeof *s);
	s->random = seed * 0x9e3779b97f4a7c15u;
	s->calls = 1;
	rig_start(&r, NULL);
	r.ctx = s;
	r.on_record = on_record;
	r.on_call = on_call;
	r.on_list = on_list;
	for (size_t i = 0; i < SESSIONS; i++)
		begin_session(&r, s);
	for (int i = 0; i < STEPS; i++)
		step(&r, s);
	finish(&r, s);
	printf("# seed %u: %u calls, %d heard, %u answered\n", (unsigned)seed, s->calls - 1, r.calls, s->answered);
	ok(!s->unrecorded, "seed %u: the server hears of nothing before it is recorded as allowed", (unsigned)seed);
	ok(!s->heard_twice, "seed %u: and of nothing twice", (unsigned)seed);
	ok(!s->answered_wrong && !s->broken, "seed %u: each request is answered once (%u not, %u broken)", (unsigned)seed, s->answered_wrong, s->broken);
	ok(s->few_done <= 3, "seed %u: a limit of three lets %u through", (unsigned)seed, s->few_done);
	ok(r.calls > 10 && s->answered > 30, "seed %u: there was something to see", (unsigned)seed);
	ok(rig_is_idle(&r), "seed %u: nothing is left", (unsigned)seed);
	rig_stop(&r);
	free(s);
}

int main(int argc, char **argv)
{
	log_set_level(LOG_ERROR);
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1, n = argc > 1 ? 1 : SEEDS;
	for (uint64_t seed = first; seed < first + n; seed++)
		run(seed);
	return tap_done();
}
