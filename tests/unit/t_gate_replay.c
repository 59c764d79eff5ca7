/* What is kept of streams, and for whom. */
#include "gate/replay.h"
#include "base/check.h"
#include "base/limits.h"
#include "tap.h"
#include <stdio.h>
#include <stdlib.h>

#define ME ((struct inbound *)&me)
static char me;

static bool has(const struct replay *r, const char *id, const char *session, uint64_t number)
{
	struct replay_stream *s = NULL;
	uint64_t n = 0;
	return replay_find(r, slice_str(id), session, &s, &n) == REPLAY_FOUND && n == number;
}

static enum replay_found look(const struct replay *r, const char *id, const char *session)
{
	struct replay_stream *s = NULL;
	uint64_t n = 0;
	return replay_find(r, slice_str(id), session, &s, &n);
}

static uint64_t oldest(const struct replay_stream *s)
{
	return list_entry(s->events.next, struct replay_event, of_stream)->number;
}

static void test_ids(void)
{
	struct replay r;
	char id[REPLAY_ID_SIZE], call_id[REPLAY_ID_SIZE], other[REPLAY_ID_SIZE];
	replay_init(&r);
	struct replay_stream *s = replay_open(&r, ME, "s1", false), *c = replay_open(&r, ME, "s1", true);
	replay_write_id(s, 0, id);
	replay_write_id(c, 0, call_id);
	ok(id[0] == 'g' && call_id[0] == 'c' && strcmp(id + 1, call_id + 1) != 0, "ids say what stream they are of: %s", id);
	ok(has(&r, id, "s1", 0) && has(&r, call_id, "s1", 0), "an id finds its place");
	ok(look(&r, id, "s2") == REPLAY_NONE && look(&r, call_id, "s2") == REPLAY_LOST, "another session has no use for it");
	replay_write_id(s, 1, other);
	ok(look(&r, other, "s1") == REPLAY_NONE, "nor has an event that was never sent a place");
	ok(replay_add(&r, s, 1, SLICE_LIT("x")) == 1 && has(&r, other, "s1", 1), "until it was");
	call_id[0] = 'g';
	ok(look(&r, call_id, "s1") == REPLAY_NONE, "a kind that does not fit finds nothing");
	ok(look(&r, "", "s1") == REPLAY_NONE && look(&r, "7", "s1") == REPLAY_NONE &&
	           look(&r, "g00000000000000zz-1", "s1") == REPLAY_NONE && look(&r, "g0000000000000000-", "s1") == REPLAY_NONE &&
	           look(&r, "g0000000000000000-99999999999999999999", "s1") == REPLAY_NONE &&
	           look(&r, "g0000000000000000-000000000000000000000000000000000001", "s1") == REPLAY_NONE,
	   "what is no id of ours finds nothing");
	ok(look(&r, "c0123456789abcdef-1", "s1") == REPLAY_LOST, "a call's that is gone is told apart");
	replay_release(&r);
}

static void test_stream_limits(void)
{
	struct replay r;
	replay_init(&r);
	struct replay_stream *s = replay_open(&r, ME, "s1", false);
	for (int i = 0; i < LIMIT_REPLAY_EVENTS; i++)
		replay_add(&r, s, 1, SLICE_LIT("x"));
	ok(s->event_n == LIMIT_REPLAY_EVENTS && oldest(s) == 1, "a stream keeps so many events");
	replay_add(&r, s, 1, SLICE_LIT("x"));
	ok(s->event_n == LIMIT_REPLAY_EVENTS && oldest(s) == 2, "and the oldest goes for one more");
	replay_close(&r, s, false);
	ok(!r.bytes && list_empty(&r.events), "nothing of it is kept when nobody may come back");
	const size_t room = LIMIT_REPLAY_STREAM_BYTES - sizeof(struct replay_event);
	char *text = mem_zalloc(room + 1);
	s = replay_open(&r, ME, "s1", true);
	replay_add(&r, s, 1, slice_of(text, room - sizeof(struct replay_event)));
	replay_add(&r, s, 1, slice_of(NULL, 0));
	ok(s->event_n == 2 && s->bytes == LIMIT_REPLAY_STREAM_BYTES, "a stream keeps so many bytes");
	replay_add(&r, s, 1, slice_of(NULL, 0));
	ok(s->event_n == 2 && oldest(s) == 2, "and the oldest goes for more");
	replay_add(&r, s, 1, slice_of(text, room + 1));
	ok(s->event_n == 1 && oldest(s) == 4, "one event may be larger than that");
	free(text);
	replay_release(&r);
}

static void test_all_limit(void)
{
	struct replay r;
	char *text = mem_zalloc(LIMIT_REPLAY_STREAM_BYTES);
	const size_t n = LIMIT_REPLAY_BYTES / LIMIT_REPLAY_STREAM_BYTES;
	replay_init(&r);
	struct replay_stream *first = NULL, *s = NULL;
	for (size_t i = 0; i < n; i++) {
		s = replay_open(&r, ME, "s1", true);
		first = first ? first : s;
		replay_add(&r, s, 1, slice_of(text, LIMIT_REPLAY_STREAM_BYTES - sizeof(struct replay_event)));
	}
	ok(r.bytes == LIMIT_REPLAY_BYTES && first->event_n == 1, "all keep so many bytes");
	char id[REPLAY_ID_SIZE];
	replay_write_id(first, 0, id);
	replay_close(&r, first, true);
	ok(has(&r, id, "s1", 0), "a stream that ended is kept");
	replay_add(&r, replay_open(&r, ME, "s1", true), 1, SLICE_LIT("x"));
	ok(r.bytes <= LIMIT_REPLAY_BYTES && look(&r, id, "s1") == REPLAY_LOST, "and goes for more of another");
	free(text);
	replay_release(&r);
}

static void test_age(void)
{
	struct replay r;
	char a_id[REPLAY_ID_SIZE], b_id[REPLAY_ID_SIZE];
	replay_init(&r);
	struct replay_stream *a = replay_open(&r, ME, "s1", true), *b = replay_open(&r, ME, "s1", true);
	replay_write_id(a, 0, a_id);
	replay_write_id(b, 0, b_id);
	replay_add(&r, a, 10, SLICE_LIT("x"));
	replay_add(&r, b, 11, SLICE_LIT("x"));
	replay_close(&r, a, true);
	replay_expire(&r, 9);
	ok(has(&r, a_id, "s1", 0), "a stream is kept while what it said is young");
	replay_expire(&r, 10);
	ok(look(&r, a_id, "s1") == REPLAY_LOST && has(&r, b_id, "s1", 0), "and goes with it");
	replay_expire(&r, 11);
	ok(!r.bytes && has(&r, b_id, "s1", 0), "one that is written to stays, and holds nothing");
	replay_close(&r, b, true);
	ok(list_empty(&r.streams), "until it is not");
	replay_release(&r);
}

static void test_sessions(void)
{
	struct replay r;
	replay_init(&r);
	struct replay_stream *a = replay_open(&r, ME, "s1", true), *b = replay_open(&r, ME, "s2", true),
	                     *c = replay_open(&r, ME, "s1", false);
	replay_add(&r, a, 1, SLICE_LIT("x"));
	replay_add(&r, b, 1, SLICE_LIT("x"));
	replay_add(&r, c, 1, SLICE_LIT("x"));
	replay_close(&r, a, true);
	replay_wait(&r, c, 1);
	replay_end_session(&r, "s1");
	ok(r.by_name.n == 2 && !c->event_n && b->event_n == 1, "a session takes with it what is kept of it");
	ok(r.waiting_n == 1, "who waits is ended by others");
	replay_back(&r, c);
	replay_back(&r, c);
	ok(!r.waiting_n && list_empty(&r.waiting), "and is back once");
	replay_release(&r);
}

int main(void)
{
	test_ids();
	test_stream_limits();
	test_all_limit();
	test_age();
	test_sessions();
	return tap_done();
}
