/* What the tests of the past of sessions share. */
#ifndef PAST_RIG_H
#define PAST_RIG_H
#include "base/check.h"
#include "base/limits.h"
#include "past/codec.h"
#include "tap.h"
#include <stdlib.h>

#define S      ((int64_t)1000000)
#define HOUR   (3600 * S)
#define NOON   (1700000000 * S)
#define UNITS  6 /* the first half are sessions */
#define LABELS 8
#define PATHS  3
#define IDS    60

static const unsigned char secret[DIGEST_SIZE] = "a secret that is the same again";
static const char *const names[LABELS] = { "reads_private", "reads_untrusted", "sends_out", "a", "b", "c", "d", "e" };

static inline uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline struct past *make(size_t units, size_t identifiers)
{
	struct past_opts o = { .units_max = units, .identifiers_max = identifiers };
	memcpy(o.secret, secret, sizeof secret);
	return past_new(&o);
}

static inline struct past_unit unit(const char *grant, const char *session, int64_t until_us)
{
	struct past_unit u = { .until_us = until_us };
	past_key_of(secret, slice_str(grant), slice_str(session), &u.key);
	return u;
}

static inline uint64_t hash_of(const struct past_unit *u, unsigned id)
{
	char text[24];
	snprintf(text, sizeof text, "id-%u", id);
	return past_identifier_of(secret, &u->key, slice_str(text));
}

static inline struct policy_lesson lesson_of(unsigned labels)
{
	struct policy_lesson l = { .wants_identifiers = true };
	for (unsigned i = 0; i < LABELS; i++)
		if (labels >> i & 1)
			l.labels[l.label_n++] = slice_str(names[i]);
	return l;
}

/* One lesson without marks; found: one identifier. */
static inline enum past_result teach(struct past *p, const struct past_unit *u, int64_t now, unsigned labels, unsigned id,
                              enum past_place place)
{
	struct policy_lesson l = lesson_of(labels);
	struct past_found f = { hash_of(u, id), place };
	return past_learn(p, u, now, &l, &f, 1, false);
}

struct view {
	struct arena arena;
	struct policy_past past;
};

static inline void look(struct view *v, struct past *p, const struct past_unit *u, int64_t now)
{
	arena_init(&v->arena, 1u << 20);
	BUG_ON(!past_find(p, u, now, &v->arena, &v->past));
}

static const struct policy_label_seen *label_in(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->past.label_n; i++)
		if (slice_is(v->past.labels[i].name, name))
			return &v->past.labels[i];
	return NULL;
}

static inline bool has_label(struct past *p, const struct past_unit *u, int64_t now, const char *name)
{
	struct view v;
	look(&v, p, u, now);
	bool has = label_in(&v, name) != NULL;
	arena_release(&v.arena);
	return has;
}

/* The labels by our numbers, POLICY_SEEN_IN_FIELD as it is. */
static inline enum policy_seen seen_in(struct past *p, const struct past_unit *u, int64_t now, unsigned id, uint64_t *labels)
{
	struct view v;
	char text[24];
	uint64_t bits = 0;
	snprintf(text, sizeof text, "id-%u", id);
	look(&v, p, u, now);
	enum policy_seen r = v.past.seen(v.past.ctx, slice_str(text), &bits);
	*labels = bits & POLICY_SEEN_IN_FIELD;
	for (unsigned i = 0; i < LABELS; i++) {
		const struct policy_label_seen *l = label_in(&v, names[i]);
		if (l && bits >> (l - v.past.labels) & 1)
			*labels |= (uint64_t)1 << i;
	}
	arena_release(&v.arena);
	return r;
}

/* A mark by label and path; value 0: mixed. */
static inline bool has_mark(struct past *p, const struct past_unit *u, int64_t now, const char *label, uint64_t path,
                     uint64_t *value)
{
	struct view v;
	bool has = false;
	look(&v, p, u, now);
	for (size_t i = 0; i < v.past.mark_n; i++)
		if (slice_is(v.past.marks[i].label, label) && v.past.marks[i].path == path) {
			*value = v.past.marks[i].is_mixed ? 0 : v.past.marks[i].value;
			has = true;
		}
	arena_release(&v.arena);
	return has;
}

static inline uint64_t calls_of(struct past *p, const struct past_unit *u, int64_t now)
{
	struct view v;
	look(&v, p, u, now);
	arena_release(&v.arena);
	return v.past.calls;
}

struct written {
	struct buf *v;
	size_t n;
	int bad;
};

static inline void write_down(struct written *w, const struct past_change *c)
{
	size_t at = 0;
	do {
		w->v = mem_realloc(w->v, (w->n + 1) * sizeof *w->v);
		struct buf *b = &w->v[w->n++];
		buf_init(b, LIMIT_JOURNAL_ENTRY);
		past_encode(b, c, &at);
		w->bad += !buf_ok(b) || !past_is_entry(buf_slice(b));
	} while (at < c->identifier_n);
}

#endif
