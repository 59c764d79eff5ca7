/* What open streams said lately: a list of events for each, and one of all by age. */
#include "gate/replay.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/random.h"
#include <stdio.h>
#include <stdlib.h>

void replay_init(struct replay *r)
{
	*r = (struct replay){ 0 };
	map_init(&r->by_name);
	list_init(&r->streams);
	list_init(&r->events);
	list_init(&r->waiting);
}

static struct slice key_of(const uint64_t *name)
{
	return slice_of((const char *)name, sizeof *name);
}

static size_t cost(const struct replay_event *ev)
{
	return sizeof *ev + ev->n;
}

static void drop_event(struct replay *r, struct replay_event *ev)
{
	list_del(&ev->of_stream);
	list_del(&ev->of_all);
	ev->stream->event_n--;
	ev->stream->bytes -= cost(ev);
	r->bytes -= cost(ev);
	free(ev);
}

static void drop_events(struct replay *r, struct replay_stream *s)
{
	while (!list_empty(&s->events))
		drop_event(r, list_entry(s->events.next, struct replay_event, of_stream));
}

static void drop_stream(struct replay *r, struct replay_stream *s)
{
	drop_events(r, s);
	replay_back(r, s);
	map_del(&r->by_name, key_of(&s->name));
	list_del(&s->link);
	free(s);
}

void replay_release(struct replay *r)
{
	while (!list_empty(&r->streams))
		drop_stream(r, list_entry(r->streams.next, struct replay_stream, link));
	map_release(&r->by_name);
}

struct replay_stream *replay_open(struct replay *r, struct inbound *in, const char *session, bool is_call)
{
	struct replay_stream *s = mem_zalloc(sizeof *s);
	list_init(&s->waiting);
	list_init(&s->events);
	s->in = in;
	s->is_call = is_call;
	s->next = 1;
	snprintf(s->session, sizeof s->session, "%s", session);
	do
		s->name = random_u64();
	while (map_get(&r->by_name, key_of(&s->name)));
	map_put(&r->by_name, key_of(&s->name), s);
	list_add_tail(&r->streams, &s->link);
	return s;
}

void replay_close(struct replay *r, struct replay_stream *s, bool keep)
{
	s->in = NULL;
	replay_back(r, s);
	if (!keep || list_empty(&s->events))
		drop_stream(r, s);
}

static void drop_oldest_of_stream(struct replay *r, struct replay_stream *s)
{
	drop_event(r, list_entry(s->events.next, struct replay_event, of_stream));
}

static void drop_oldest(struct replay *r)
{
	struct replay_event *ev = list_entry(r->events.next, struct replay_event, of_all);
	struct replay_stream *s = ev->stream;
	drop_event(r, ev);
	if (!s->in && list_empty(&s->events))
		drop_stream(r, s);
}

uint64_t replay_add(struct replay *r, struct replay_stream *s, uint64_t now_us, struct slice text)
{
	struct replay_event *ev = mem_alloc(sizeof *ev + text.n);
	*ev = (struct replay_event){ .stream = s, .number = s->next++, .at_us = now_us, .n = text.n };
	if (text.n)
		memcpy(ev->text, text.p, text.n);
	list_add_tail(&s->events, &ev->of_stream);
	list_add_tail(&r->events, &ev->of_all);
	s->event_n++;
	s->bytes += cost(ev);
	r->bytes += cost(ev);
	uint64_t number = ev->number;
	/* One event may be larger than a stream's share: an answer must be able to wait. */
	while (s->event_n > LIMIT_REPLAY_EVENTS || (s->bytes > LIMIT_REPLAY_STREAM_BYTES && s->event_n > 1))
		drop_oldest_of_stream(r, s);
	while (r->bytes > LIMIT_REPLAY_BYTES)
		drop_oldest(r);
	return number;
}

void replay_write_id(const struct replay_stream *s, uint64_t number, char out[REPLAY_ID_SIZE])
{
	snprintf(out, REPLAY_ID_SIZE, "%c%016llx-%llu", s->is_call ? 'c' : 'g', (unsigned long long)s->name,
	         (unsigned long long)number);
}

void replay_wait(struct replay *r, struct replay_stream *s, uint64_t now_us)
{
	BUG_ON(!list_empty(&s->waiting));
	s->left_us = now_us;
	list_add_tail(&r->waiting, &s->waiting);
	r->waiting_n++;
}

void replay_back(struct replay *r, struct replay_stream *s)
{
	if (list_empty(&s->waiting))
		return;
	list_del(&s->waiting);
	r->waiting_n--;
}

static bool read_name(struct slice digits, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.n; i++) {
		char c = digits.p[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
		*out = *out << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return true;
}

enum replay_found replay_find(const struct replay *r, struct slice id, const char *session,
                              struct replay_stream **s, uint64_t *number)
{
	uint64_t name;
	unsigned long long n;
	if (id.n < 19 || id.n >= REPLAY_ID_SIZE || (id.p[0] != 'g' && id.p[0] != 'c') || id.p[17] != '-' ||
	    !read_name(slice_of(id.p + 1, 16), &name) || !slice_u64(slice_of(id.p + 18, id.n - 18), &n))
		return REPLAY_NONE;
	bool is_call = id.p[0] == 'c';
	*s = map_get(&r->by_name, key_of(&name));
	if (!*s || (*s)->is_call != is_call || n >= (*s)->next || strcmp((*s)->session, session) != 0)
		return is_call ? REPLAY_LOST : REPLAY_NONE;
	*number = n;
	return REPLAY_FOUND;
}

void replay_expire(struct replay *r, uint64_t before_us)
{
	while (!list_empty(&r->events) && list_entry(r->events.next, struct replay_event, of_all)->at_us <= before_us)
		drop_oldest(r);
}

void replay_end_session(struct replay *r, const char *session)
{
	list_each_safe(it, next, &r->streams) {
		struct replay_stream *s = list_entry(it, struct replay_stream, link);
		if (strcmp(s->session, session) != 0)
			continue;
		drop_events(r, s);
		if (!s->in)
			drop_stream(r, s);
	}
}
