/* The unit first, then identifiers of a fixed size, to the end of the entry. */
#include "past/codec.h"
#include "base/check.h"
#include <assert.h>

#define FIRST_BYTE       'P'
#define HEAD_BYTES       (1 + 4)
#define IDENTIFIER_BYTES (8 + 8 + 4 + 4)
#define STATE_MAX                                                                                                  \
	(PAST_KEY_SIZE + 3 * 8 + 1 + PAST_CALLS_MAX * 16 + 1 + PAST_LABELS_MAX * (2 + LIMIT_LABEL_NAME + 16) +     \
	 2 + LIMIT_PAST_MARKS * 18)

static_assert(HEAD_BYTES + STATE_MAX + PAST_ENTRY_IDENTIFIERS * IDENTIFIER_BYTES <= LIMIT_JOURNAL_ENTRY,
              "an entry fits the journal");

static void put(struct buf *b, uint64_t v, int bytes)
{
	unsigned char text[8];
	for (int i = 0; i < bytes; i++)
		text[i] = (unsigned char)(v >> (8 * i));
	buf_add(b, text, (size_t)bytes);
}

static void put_state(struct buf *b, const struct past_change *c)
{
	buf_add(b, c->key.v, PAST_KEY_SIZE);
	put(b, (uint64_t)c->until_us, 8);
	put(b, (uint64_t)c->keep_us, 8);
	put(b, (uint64_t)c->full_us, 8);
	put(b, c->call_n, 1);
	for (size_t i = 0; i < c->call_n; i++) {
		put(b, (uint64_t)c->calls[i].start_us, 8);
		put(b, c->calls[i].n, 8);
	}
	put(b, c->label_n, 1);
	for (size_t i = 0; i < c->label_n; i++) {
		const struct past_label *l = &c->labels[i];
		put(b, l->bit, 1);
		put(b, l->name.n, 1);
		buf_add_slice(b, l->name);
		put(b, (uint64_t)l->first_us, 8);
		put(b, (uint64_t)l->last_us, 8);
	}
	put(b, c->mark_n, 2);
	for (size_t i = 0; i < c->mark_n; i++) {
		const struct past_mark *m = &c->marks[i];
		put(b, m->bit, 1);
		put(b, m->path, 8);
		put(b, m->value, 8);
		put(b, m->is_mixed, 1);
	}
}

void past_encode(struct buf *out, const struct past_change *c, size_t *at)
{
	size_t n = c->identifier_n - *at;
	struct buf state = BUF_INIT(STATE_MAX + 1);
	BUG_ON(*at > c->identifier_n || c->mark_n > LIMIT_PAST_MARKS);
	put_state(&state, c);
	put(out, FIRST_BYTE, 1);
	put(out, state.n, 4);
	buf_add_slice(out, buf_slice(&state));
	out->failed |= !buf_ok(&state);
	for (size_t i = 0; i < n && i < PAST_ENTRY_IDENTIFIERS; i++) {
		const struct past_identifier *it = &c->identifiers[(*at)++];
		put(out, it->hash, 8);
		put(out, it->labels, 8);
		put(out, it->first_s, 4);
		put(out, it->last_s, 4);
	}
	buf_release(&state);
}

struct reader {
	const unsigned char *at;
	size_t left;
	bool failed;
};

static const unsigned char *take_bytes(struct reader *r, size_t n)
{
	if (r->failed || r->left < n) {
		r->failed = true;
		return NULL;
	}
	const unsigned char *p = r->at;
	r->at += n;
	r->left -= n;
	return p;
}

static uint64_t take(struct reader *r, size_t bytes)
{
	const unsigned char *p = take_bytes(r, bytes);
	uint64_t v = 0;
	for (size_t i = 0; p && i < bytes; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/* A number of things, at most max. */
static size_t take_count(struct reader *r, size_t bytes, size_t max)
{
	size_t n = (size_t)take(r, bytes);
	r->failed |= n > max;
	return r->failed ? 0 : n;
}

/* Far from both ends, so that adding to one never overflows. */
static int64_t take_time(struct reader *r)
{
	int64_t v = (int64_t)take(r, 8);
	r->failed |= v < INT64_MIN / 4 || v > INT64_MAX / 4;
	return r->failed ? 0 : v;
}

static void read_labels(struct reader *r, struct past_change *c)
{
	uint64_t bits = 0;
	c->label_n = take_count(r, 1, PAST_LABELS_MAX);
	for (size_t i = 0; i < c->label_n; i++) {
		struct past_label *l = &c->labels[i];
		l->bit = (unsigned)take(r, 1);
		size_t n = take_count(r, 1, LIMIT_LABEL_NAME);
		l->name = slice_of((const char *)take_bytes(r, n), n);
		l->first_us = take_time(r);
		l->last_us = take_time(r);
		r->failed |= !n || l->bit >= PAST_LABELS_MAX || l->first_us > l->last_us;
		if (r->failed)
			break;
		r->failed |= bits >> l->bit & 1;
		bits |= (uint64_t)1 << l->bit;
	}
}

static void read_marks(struct reader *r, struct past_entry *e)
{
	struct past_change *c = &e->change;
	c->mark_n = take_count(r, 2, LIMIT_PAST_MARKS);
	for (size_t i = 0; i < c->mark_n; i++) {
		struct past_mark *m = &e->marks[i];
		m->bit = (unsigned)take(r, 1);
		m->path = take(r, 8);
		m->value = take(r, 8);
		unsigned mixed = (unsigned)take(r, 1);
		m->is_mixed = mixed == 1;
		r->failed |= mixed > 1 || m->bit >= PAST_LABELS_MAX;
	}
	c->marks = e->marks;
}

static void read_state(struct reader *r, struct past_entry *e)
{
	struct past_change *c = &e->change;
	const unsigned char *key = take_bytes(r, PAST_KEY_SIZE);
	if (key)
		memcpy(c->key.v, key, PAST_KEY_SIZE);
	c->until_us = take_time(r);
	c->keep_us = (int64_t)take(r, 8);
	c->full_us = take_time(r);
	r->failed |= c->keep_us < 0 || c->keep_us > INT64_MAX / 8 || c->full_us < 0;
	c->call_n = take_count(r, 1, PAST_CALLS_MAX);
	for (size_t i = 0; i < c->call_n; i++) {
		c->calls[i].start_us = take_time(r);
		c->calls[i].n = take(r, 8);
	}
	read_labels(r, c);
	read_marks(r, e);
	r->failed |= r->left != 0;
}

static void read_identifiers(struct reader *r, struct past_entry *e)
{
	struct past_change *c = &e->change;
	c->identifier_n = r->left / IDENTIFIER_BYTES;
	r->failed |= r->left % IDENTIFIER_BYTES || c->identifier_n > PAST_ENTRY_IDENTIFIERS;
	for (size_t i = 0; i < c->identifier_n && !r->failed; i++) {
		struct past_identifier *it = &e->identifiers[i];
		it->hash = take(r, 8);
		it->labels = take(r, 8);
		it->first_s = (uint32_t)take(r, 4);
		it->last_s = (uint32_t)take(r, 4);
		r->failed |= !it->hash;
	}
	c->identifiers = e->identifiers;
}

bool past_is_entry(struct slice entry)
{
	return entry.n && entry.p[0] == FIRST_BYTE;
}

bool past_decode_state(struct slice state, struct past_entry *out)
{
	struct reader r = { (const unsigned char *)state.p, state.n, false };
	memset(&out->change, 0, sizeof out->change);
	out->state = state;
	read_state(&r, out);
	return !r.failed;
}

bool past_decode(struct slice entry, struct past_entry *out)
{
	struct reader r = { (const unsigned char *)entry.p, entry.n, false };
	if (take(&r, 1) != FIRST_BYTE)
		return false;
	size_t n = take_count(&r, 4, STATE_MAX);
	struct slice state = slice_of((const char *)take_bytes(&r, n), n);
	if (r.failed || !past_decode_state(state, out))
		return false;
	read_identifiers(&r, out);
	return !r.failed;
}

int64_t past_identifier_until(const struct past_change *c, const struct past_identifier *it)
{
	const int64_t second = 1000000;
	return c->keep_us ? (it->last_s + (int64_t)1) * second + c->keep_us + c->keep_us / 8 : c->until_us;
}
