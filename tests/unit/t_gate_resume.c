/* Clients whose connection breaks in the middle, and that come back for the rest. */
#include "gate_rig.h"

#define PROGRESS(n) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":" n "}}"

static struct http_request_id held;
static char held_id[64];

static void hold(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	held = q->id;
	snprintf(held_id, sizeof held_id, "%s", id);
	http_begin(r->back, q->id, 200, rig_sse, 1);
}

static void answer_held(struct rig *r, const char *result)
{
	char text[512];
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"content\":[],\"_meta\":{\"is\":\"%s\"}}}", held_id, result);
	rig_event(r, held, text);
	http_end(r->back, held);
}

/* The id of the n-th event, from 0; "" when there is none. */
static const char *event_id(struct asked *a, int n)
{
	static char id[REPLAY_ID_SIZE];
	const char *p = buf_str(&a->got);
	for (id[0] = '\0'; (p = strstr(p, "id: ")); p += 4)
		if (p > a->got.p && p[-1] == '\n' && n-- == 0) {
			size_t len = strcspn(p + 4, "\n");
			snprintf(id, sizeof id, "%.*s", (int)(len < sizeof id ? len : 0), p + 4);
			break;
		}
	return id;
}

static void come_back(struct rig *r, struct asked *a, const char *session, const char *id)
{
	static char kept[REPLAY_ID_SIZE];
	snprintf(kept, sizeof kept, "%s", id);
	r->last_event_id = kept;
	ask_send(r, a, HTTP_GET, session, slice_of(NULL, 0));
	r->last_event_id = NULL;
}

static int count(struct asked *a, const char *text)
{
	int n = 0;
	for (const char *p = buf_str(&a->got); (p = strstr(p, text)); p++)
		n++;
	return n;
}

static void begin_call(struct rig *r, struct asked *a, const char *session)
{
	int before = r->calls;
	r->on_call = hold;
	ask(r, a, session, RIG_CALL("7", "free"));
	ok(rig_until(r, &r->calls, before + 1), "a call is under way");
}

static void test_call(struct rig *r)
{
	char session[2048];
	struct asked a, b, c;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	begin_call(r, &a, session);
	rig_event(r, held, PROGRESS("1"));
	rig_event(r, held, PROGRESS("2"));
	rig_settle(r);
	ok(a.status == 200 && count(&a, "data: \n\n") == 1 && count(&a, "retry: ") == 1 && asked_has(&a, "\"data\":2"),
	   "its stream begins with an id and no text, and says when to come back");
	char first[REPLAY_ID_SIZE], second[REPLAY_ID_SIZE], zero[REPLAY_ID_SIZE];
	snprintf(zero, sizeof zero, "%s", event_id(&a, 0));
	snprintf(first, sizeof first, "%s", event_id(&a, 1));
	snprintf(second, sizeof second, "%s", event_id(&a, 2));
	ok(first[0] == 'c' && strcmp(first, second) != 0, "each event has an id: %s", first);
	asked_release(&a);
	rig_settle(r);
	rig_event(r, held, PROGRESS("3"));
	rig_settle(r);
	come_back(r, &b, session, first);
	rig_settle(r);
	ok(b.status == 200 && !asked_has(&b, "\"data\":1}") && count(&b, "\"data\":2}") == 1 && count(&b, "\"data\":3}") == 1 && !b.ended,
	   "who comes back hears what it missed");
	answer_held(r, "four");
	ok(rig_until(r, &b.ended, 1) && !b.is_broken && count(&b, "four") == 1 && count(&b, "\"id\":7") == 1, "and the answer, live");
	come_back(r, &c, session, zero);
	ok(rig_until(r, &c.ended, 1) && count(&c, "\"data\":1}") == 1 && count(&c, "four") == 1 && strcmp(event_id(&c, 0), first) == 0,
	   "and all of it again, under the same ids, while it is kept");
	asked_release(&b);
	asked_release(&c);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_answer_waits(struct rig *r)
{
	char session[2048], other[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	rig_session(r, RIG_INIT("2025-11-25"), other);
	begin_call(r, &a, session);
	rig_event(r, held, PROGRESS("1"));
	rig_settle(r);
	char id[REPLAY_ID_SIZE];
	snprintf(id, sizeof id, "%s", event_id(&a, 0));
	asked_release(&a);
	rig_settle(r);
	uint64_t allowed = gate_counts(r->gate).allowed;
	answer_held(r, "waited");
	rig_settle(r);
	ok(gate_counts(r->gate).allowed == allowed + 1 && !gate_counts(r->gate).in_flight, "a call ends without its client");
	come_back(r, &b, other, id);
	ok(rig_until(r, &b.ended, 1) && b.status == 400 && !asked_has(&b, "waited"), "another session does not get its answer");
	asked_release(&b);
	come_back(r, &b, session, id);
	ok(rig_until(r, &b.ended, 1) && b.status == 200 && !b.is_broken && count(&b, "waited") == 1, "its own does");
	asked_release(&b);
	size_t bytes = r->gate->replay.bytes;
	ask_send(r, &b, HTTP_DELETE, session, slice_of(NULL, 0));
	ok(rig_until(r, &b.ended, 1) && r->gate->replay.bytes < bytes, "and with the session it goes");
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

/* The gate does not see that a connection broke until it writes to it. */
static void test_unnoticed(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	begin_call(r, &a, session);
	rig_event(r, held, PROGRESS("1"));
	rig_settle(r);
	come_back(r, &b, session, event_id(&a, 0));
	ok(rig_until(r, &a.ended, 1) && a.is_broken, "who comes back too early ends its old connection");
	answer_held(r, "late");
	ok(rig_until(r, &b.ended, 1) && count(&b, "late") == 1 && count(&b, "\"data\":1}") == 1 && !asked_has(&a, "late"),
	   "and is told on the new one only");
	asked_release(&a);
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_old_revision(struct rig *r)
{
	char session[2048];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-06-18"), session);
	begin_call(r, &a, session);
	rig_event(r, held, PROGRESS("1"));
	rig_settle(r);
	ok(!count(&a, "data: \n") && !count(&a, "retry:") && event_id(&a, 0)[0] == 'c', "an older client gets ids, and no event without text");
	come_back(r, &b, session, event_id(&a, 0));
	answer_held(r, "old");
	ok(rig_until(r, &b.ended, 1) && count(&b, "old") == 1 && !count(&b, "\"data\":1}"), "it can come back, too");
	asked_release(&a);
	asked_release(&b);
	ok(rig_is_idle(r), "nothing is left");
}

static void test_rest(struct rig *r)
{
	char session[2048];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	begin_call(r, &a, session);
	rig_settle(r);
	ok(!a.status, "a call whose server says nothing has no stream");
	struct buf b = BUF_INIT(64);
	buf_adds(&b, "id: x\nretry: 30\ndata: \n\n");
	http_write(r->back, held, buf_slice(&b));
	buf_release(&b);
	rig_settle(r);
	ok(a.status == 200 && count(&a, "data: \n\n") == 1 && !a.ended, "one whose server may let it rest does");
	int before = r->listens;
	http_end(r->back, held);
	ok(rig_until(r, &r->listens, before + 1) && !a.ended, "the gate asks for the rest");
	held = r->stream;
	answer_held(r, "rested");
	ok(rig_until(r, &a.ended, 1) && !a.is_broken && count(&a, "rested") == 1, "and the client is told on the stream it has");
	asked_release(&a);
	begin_call(r, &a, session);
	ok(rig_until(r, &a.status, 200) && count(&a, "data: \n\n") == 1, "a call that takes long gets its stream");
	answer_held(r, "long");
	ok(rig_until(r, &a.ended, 1) && count(&a, "long") == 1, "and its answer on it");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void listen_to(struct rig *r, struct asked *a, const char *session)
{
	int before = r->listens;
	ask_send(r, a, HTTP_GET, session, slice_of(NULL, 0));
	ok(rig_until(r, &r->listens, before + 1), "the server is listened to");
}

static void test_get(struct rig *r)
{
	char session[2048], id[REPLAY_ID_SIZE];
	struct asked a, b;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	rig_event(r, r->stream, PROGRESS("1"));
	rig_settle(r);
	snprintf(id, sizeof id, "%s", event_id(&a, 0));
	ok(id[0] == 'g' && !count(&a, "data: \n"), "a GET stream has ids, too: %s", id);
	asked_release(&a);
	rig_settle(r);
	int listens = r->listens, gone = r->gone;
	rig_event(r, r->stream, PROGRESS("2"));
	rig_settle(r);
	ok(r->gone == gone && gate_counts(r->gate).streams == 1, "the server is listened to while the client is away");
	come_back(r, &b, session, id);
	rig_settle(r);
	ok(b.status == 200 && count(&b, "\"data\":2}") == 1 && !count(&b, "\"data\":1}"), "who comes back hears what it missed");
	rig_event(r, r->stream, PROGRESS("3"));
	rig_settle(r);
	ok(count(&b, "\"data\":3}") == 1 && r->listens == listens, "and goes on, and the server has noticed nothing");
	asked_release(&b);
	rig_settle(r);
	rig_event(r, r->stream, PROGRESS("4"));
	rig_settle(r);
	ask_send(r, &a, HTTP_GET, session, slice_of(NULL, 0));
	rig_settle(r);
	rig_event(r, r->stream, PROGRESS("5"));
	rig_settle(r);
	ok(count(&a, "\"data\":5}") == 1 && !count(&a, "\"data\":4}") && r->listens == listens,
	   "who asks for a new stream hears what comes from now on");
	come_back(r, &b, session, id);
	rig_settle(r);
	ok(b.status == 200 && !count(&b, "\"data\""), "an id that is gone begins a new stream");
	asked_release(&b);
	asked_release(&a);
	ask_send(r, &b, HTTP_DELETE, session, slice_of(NULL, 0));
	ok(rig_until(r, &b.ended, 1), "the session is ended");
	asked_release(&b);
	ok(rig_is_idle(r) && !r->gate->replay.waiting_n, "and who waits with it");
}

static void test_away_too_long(struct rig *r)
{
	char session[2048], id[REPLAY_ID_SIZE];
	struct asked a;
	rig_session(r, RIG_INIT("2025-11-25"), session);
	listen_to(r, &a, session);
	rig_event(r, r->stream, PROGRESS("1"));
	rig_settle(r);
	snprintf(id, sizeof id, "%s", event_id(&a, 0));
	int before = r->gone;
	asked_release(&a);
	ok(rig_until(r, &r->gone, before + 1), "a client that stays away ends its stream at the server");
	begin_call(r, &a, session);
	rig_event(r, held, PROGRESS("1"));
	rig_settle(r);
	snprintf(id, sizeof id, "%s", event_id(&a, 0));
	answer_held(r, "gone");
	ok(rig_until(r, &a.ended, 1), "a call is answered");
	asked_release(&a);
	while (!list_empty(&r->gate->replay.streams))
		rig_settle(r);
	come_back(r, &a, session, id);
	ok(rig_until(r, &a.ended, 1) && a.status == 400 && asked_has(&a, "no longer kept"), "what is no longer kept is said to be");
	asked_release(&a);
	ok(rig_is_idle(r), "nothing is left");
}

static void keep_long(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->replay_ms = 600000;
}

static void keep_short(struct gate_opts *g, struct http_server_opts *h)
{
	(void)h;
	g->replay_ms = 1;
}

int main(void)
{
	struct rig r;
	log_set_level(LOG_ERROR);
	rig_start(&r, keep_long);
	test_call(&r);
	test_answer_waits(&r);
	test_unnoticed(&r);
	test_old_revision(&r);
	test_rest(&r);
	test_get(&r);
	rig_stop(&r);
	rig_start(&r, keep_short);
	test_away_too_long(&r);
	rig_stop(&r);
	return tap_done();
}
