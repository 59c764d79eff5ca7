/* The table of units, and what is asked of one of them. */
#include "past/past.h"
#include "base/check.h"
#include "base/limits.h"
#include "past/inside.h"
#include <assert.h>

#define FIRST_CAP        64
#define EXPIRE_WHEN_FULL 1024
#define SECOND_US        ((int64_t)1000000)

void past_key_of(const unsigned char secret[DIGEST_SIZE], struct slice grant_id, struct slice session_id,
                 struct past_key *out)
{
	unsigned char parts[2][DIGEST_SIZE], whole[DIGEST_SIZE];
	digest_keyed(secret, grant_id, parts[0]);
	digest_keyed(secret, session_id, parts[1]);
	digest_keyed(secret, slice_of((const char *)parts, sizeof parts), whole);
	memcpy(out->v, whole, sizeof out->v);
}

uint64_t past_identifier_of(const unsigned char secret[DIGEST_SIZE], const struct past_key *key,
                            struct slice identifier)
{
	unsigned char own[DIGEST_SHORT_KEY];
	static_assert(sizeof own == PAST_KEY_SIZE, "both keys are of one size");
	for (size_t i = 0; i < sizeof own; i++)
		own[i] = secret[i] ^ key->v[i];
	return digest_short(own, identifier);
}

void *past_resize(struct past *p, void *v, size_t old_bytes, size_t bytes)
{
	p->bytes += bytes;
	p->bytes -= old_bytes;
	if (bytes)
		return mem_realloc(v, bytes);
	free(v);
	return NULL;
}

struct past *past_new(const struct past_opts *o)
{
	struct past *p = mem_zalloc(sizeof *p);
	p->o = *o;
	if (!p->o.units_max)
		p->o.units_max = LIMIT_PAST_UNITS;
	if (!p->o.identifiers_max)
		p->o.identifiers_max = LIMIT_PAST_IDENTIFIERS;
	p->cap = FIRST_CAP;
	p->table = mem_zalloc(p->cap * sizeof(struct unit *));
	p->bytes = sizeof *p + p->cap * sizeof(struct unit *);
	map_init(&p->names);
	return p;
}

void past_free(struct past **pp)
{
	struct past *p = *pp;
	size_t at = 0;
	void *name;
	*pp = NULL;
	if (!p)
		return;
	for (size_t i = 0; i < p->cap; i++)
		if (p->table[i])
			unit_release(p, p->table[i]);
	while (map_next(&p->names, &at, NULL, &name))
		free(name);
	map_release(&p->names);
	digest_wipe(&p->o.secret, sizeof p->o.secret);
	free(p->fresh);
	free(p->table);
	free(p);
}

const unsigned char *past_secret(const struct past *p)
{
	return p->o.secret;
}

static size_t home_of(const struct past *p, const struct past_key *key)
{
	size_t h;
	memcpy(&h, key->v, sizeof h);
	return h & (p->cap - 1);
}

/* Its place, or the free one where it belongs. */
static struct unit **place_of(const struct past *p, const struct past_key *key)
{
	size_t i = home_of(p, key);
	while (p->table[i] && memcmp(p->table[i]->key.v, key->v, PAST_KEY_SIZE) != 0)
		i = (i + 1) & (p->cap - 1);
	return &p->table[i];
}

/* Closes the gap, so that no probe ends too early. */
static void drop(struct past *p, size_t gap)
{
	size_t mask = p->cap - 1, i = gap;
	unit_release(p, p->table[gap]);
	for (;;) {
		i = (i + 1) & mask;
		if (!p->table[i])
			break;
		size_t home = home_of(p, &p->table[i]->key);
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			p->table[gap] = p->table[i];
			gap = i;
		}
	}
	p->table[gap] = NULL;
	p->n--;
}

void past_expire(struct past *p, int64_t now_us, size_t steps)
{
	if (steps > p->cap)
		steps = p->cap;
	for (; steps; steps--) {
		const struct unit *u = p->table[p->hand];
		if (u && u->until_us <= now_us)
			drop(p, p->hand); /* another may have moved here: look again */
		else
			p->hand = (p->hand + 1) & (p->cap - 1);
	}
}

static void grow(struct past *p)
{
	struct unit **old = p->table;
	size_t old_cap = p->cap;
	p->cap *= 2;
	p->hand = 0;
	p->table = mem_zalloc(p->cap * sizeof(struct unit *));
	p->bytes += old_cap * sizeof(struct unit *);
	for (size_t i = 0; i < old_cap; i++)
		if (old[i])
			*place_of(p, &old[i]->key) = old[i];
	free(old);
}

static struct unit *add(struct past *p, const struct past_key *key)
{
	if ((p->n + 1) * 4 > p->cap * 3)
		grow(p);
	struct unit *u = past_resize(p, NULL, 0, sizeof *u);
	memset(u, 0, sizeof *u);
	u->key = *key;
	*place_of(p, key) = u;
	p->n++;
	return u;
}

/* One whose time is over is as good as none: it goes, and begins anew. */
static struct unit *find(struct past *p, const struct past_key *key, int64_t now_us)
{
	struct unit **at = place_of(p, key);
	if (*at && (*at)->until_us <= now_us) {
		drop(p, (size_t)(at - p->table));
		return NULL;
	}
	return *at;
}

/* NULL: no room. */
static struct unit *find_or_add(struct past *p, const struct past_key *key, int64_t now_us)
{
	past_expire(p, now_us, 2);
	struct unit *u = find(p, key, now_us);
	if (!u && p->n >= p->o.units_max)
		past_expire(p, now_us, EXPIRE_WHEN_FULL);
	if (!u && p->n < p->o.units_max)
		u = add(p, key);
	return u;
}

static void begin_change(struct past *p)
{
	p->fresh_n = 0;
	p->last = (struct past_change){ 0 };
}

static void end_change(struct past *p, const struct unit *u)
{
	unit_describe(u, &p->last);
	p->last.identifiers = p->fresh;
	p->last.identifier_n = p->fresh_n;
}

enum past_result past_count_call(struct past *p, const struct past_unit *who, int64_t now_us)
{
	struct unit *u = find_or_add(p, &who->key, now_us);
	begin_change(p);
	if (!u)
		return PAST_FULL;
	unit_touch(u, who, 0, now_us);
	unit_count_call(p, u, now_us);
	end_change(p, u);
	return PAST_CHANGED;
}

/* What policy_past.seen needs. */
struct view {
	const struct past *past;
	const struct unit *unit; /* NULL: it has done nothing */
	int64_t now_us;
};

/* Met under a label means: since that label is set without a break. */
static uint64_t bits_of(const struct view *v, const struct past_identifier *it)
{
	uint64_t bits = it->labels & (unit_live(v->unit, v->now_us) | POLICY_SEEN_IN_FIELD);
	for (unsigned i = 0; i < v->unit->label_n; i++)
		if (it->first_s < v->unit->labels[i].first_us / SECOND_US)
			bits &= ~((uint64_t)1 << i);
	return bits;
}

static enum policy_seen seen(void *ctx, struct slice identifier, uint64_t *labels)
{
	const struct view *v = ctx;
	*labels = 0;
	if (!v->unit)
		return POLICY_SEEN_NEVER;
	uint64_t hash = past_identifier_of(v->past->o.secret, &v->unit->key, identifier);
	const struct past_identifier *it = seen_find(v->unit, hash, v->now_us);
	if (!it)
		return seen_is_full(v->unit, v->now_us) ? POLICY_SEEN_UNSURE : POLICY_SEEN_NEVER;
	*labels = bits_of(v, it);
	return POLICY_SEEN_FIRST;
}

static bool fill(const struct unit *u, int64_t now_us, struct arena *a, struct policy_past *out)
{
	struct policy_label_seen *labels = arena_zalloc(a, (u->label_n + 1) * sizeof *labels);
	struct policy_mark *marks = arena_zalloc(a, (u->mark_n + 1) * sizeof *marks);
	if (!labels || !marks)
		return false;
	for (unsigned i = 0; i < u->label_n; i++) {
		const struct held_label *l = &u->labels[i];
		if (unit_is_live(u, i, now_us))
			labels[i] = (struct policy_label_seen){ l->name, l->first_us, l->last_us };
	}
	for (size_t i = 0; i < u->mark_n; i++) {
		const struct past_mark *m = &u->marks[i];
		if (unit_is_live(u, m->bit, now_us))
			marks[out->mark_n++] =
			        (struct policy_mark){ labels[m->bit].name, m->path, m->value, m->is_mixed };
	}
	out->labels = labels;
	out->label_n = u->label_n;
	out->marks = marks;
	out->calls = unit_calls(u, now_us);
	return true;
}

bool past_find(struct past *p, const struct past_unit *who, int64_t now_us, struct arena *a,
               struct policy_past *out)
{
	struct view *v = arena_zalloc(a, sizeof *v);
	if (!v)
		return false;
	*v = (struct view){ p, find(p, &who->key, now_us), now_us };
	*out = (struct policy_past){ .seen = seen, .ctx = v };
	return !v->unit || fill(v->unit, now_us, a, out);
}

/* In the order of enum past_place from behind: what is met first counts. */
static bool learn_identifiers(struct past *p, struct unit *u, const struct past_found *found, size_t n,
                              uint64_t bits, int64_t now_us)
{
	static const enum past_place order[] = { PAST_IN_ARGUMENT, PAST_IN_FIELD, PAST_IN_TEXT };
	const uint64_t labels[] = { POLICY_SEEN_IN_FIELD, bits | POLICY_SEEN_IN_FIELD, bits };
	bool changed = false;
	for (size_t turn = 0; turn < ARRAY_LEN(order); turn++)
		for (size_t i = 0; i < n; i++)
			if (found[i].place == order[turn])
				changed |= seen_add(p, u, found[i].hash, labels[turn], now_us);
	return changed;
}

enum past_result past_learn(struct past *p, const struct past_unit *who, int64_t now_us,
                            const struct policy_lesson *lesson, const struct past_found *found, size_t n,
                            bool is_cut)
{
	uint64_t bits;
	begin_change(p);
	if (!lesson->label_n && !lesson->wants_identifiers)
		return PAST_SAME;
	struct unit *u = find_or_add(p, &who->key, now_us);
	if (!u)
		return PAST_FULL;
	unit_touch(u, who, lesson->keep_us, now_us);
	uint64_t was_live = unit_live(u, now_us);
	enum past_result result = unit_set_labels(p, u, lesson, now_us, &bits);
	if (result == PAST_FULL)
		return PAST_FULL;
	bool changed = result == PAST_CHANGED;
	changed |= unit_set_marks(p, u, lesson, was_live);
	if (lesson->wants_identifiers)
		changed |= learn_identifiers(p, u, found, n, bits, now_us);
	if (is_cut && lesson->wants_identifiers)
		changed |= seen_set_full(u, now_us);
	if (!changed)
		return PAST_SAME;
	end_change(p, u);
	return PAST_CHANGED;
}

const struct past_change *past_last(const struct past *p)
{
	return &p->last;
}

enum past_result past_end(struct past *p, const struct past_unit *who, int64_t now_us)
{
	struct unit *u = find(p, &who->key, now_us);
	begin_change(p);
	if (!u)
		return PAST_SAME;
	u->until_us = now_us;
	end_change(p, u);
	return PAST_CHANGED;
}

void past_restore(struct past *p, const struct past_change *c, int64_t now_us)
{
	if (c->until_us <= now_us)
		return;
	struct unit *u = *place_of(p, &c->key);
	if (!u)
		u = add(p, &c->key);
	unit_restore(p, u, c);
	for (size_t i = 0; i < c->identifier_n; i++)
		seen_restore(p, u, &c->identifiers[i], now_us);
}

size_t past_count(const struct past *p)
{
	return p->n;
}

size_t past_identifier_count(const struct past *p)
{
	return p->identifiers;
}

size_t past_bytes(const struct past *p)
{
	return p->bytes;
}
