/*
 * Identifiers of one unit: in which result each stood first. Of a session one is kept as long
 * as the session; of a grant until it stood in no result for a whole window.
 */
#include "base/check.h"
#include "base/limits.h"
#include "past/inside.h"

#define SECOND_US ((int64_t)1000000)
#define FIRST_CAP 64

static uint32_t seconds(int64_t us)
{
	if (us < 0)
		return 0;
	return us / SECOND_US > UINT32_MAX ? UINT32_MAX : (uint32_t)(us / SECOND_US);
}

static size_t home_of(const struct seen_table *t, uint64_t hash)
{
	return (size_t)hash & (t->cap - 1);
}

/* Its place, or the free one where it belongs. */
static struct past_identifier *place_of(const struct seen_table *t, uint64_t hash)
{
	size_t i = home_of(t, hash);
	while (t->v[i].hash && t->v[i].hash != hash)
		i = (i + 1) & (t->cap - 1);
	return &t->v[i];
}

static bool is_old(const struct unit *u, const struct past_identifier *it, int64_t now_us)
{
	return u->keep_us && (int64_t)it->last_s * SECOND_US + u->keep_us + unit_slack_us(u) < now_us;
}

const struct past_identifier *seen_find(const struct unit *u, uint64_t hash, int64_t now_us)
{
	if (!u->seen.n)
		return NULL;
	const struct past_identifier *it = place_of(&u->seen, hash ? hash : 1);
	return it->hash && !is_old(u, it, now_us) ? it : NULL;
}

/* Into a table of another size, without those that are too old by now_us. */
static void rebuild(struct past *p, struct unit *u, size_t cap, int64_t now_us)
{
	struct seen_table next = { .cap = cap };
	next.v = past_resize(p, NULL, 0, cap * sizeof *next.v);
	memset(next.v, 0, cap * sizeof *next.v);
	for (size_t i = 0; i < u->seen.cap; i++) {
		const struct past_identifier *it = &u->seen.v[i];
		if (!it->hash || is_old(u, it, now_us))
			continue;
		*place_of(&next, it->hash) = *it;
		next.n++;
	}
	p->identifiers -= u->seen.n - next.n;
	past_resize(p, u->seen.v, u->seen.cap * sizeof *u->seen.v, 0);
	u->seen = next;
}

static bool is_at_limit(const struct past *p, const struct unit *u)
{
	return u->seen.n >= LIMIT_PAST_IDENTIFIERS_OF_UNIT || p->identifiers >= p->o.identifiers_max;
}

static struct past_identifier *take_place(struct past *p, struct unit *u, uint64_t hash, int64_t now_us)
{
	if (!u->seen.cap)
		rebuild(p, u, FIRST_CAP, now_us);
	else if ((u->seen.n + 1) * 4 > u->seen.cap * 3)
		rebuild(p, u, u->seen.cap * 2, now_us);
	struct past_identifier *it = place_of(&u->seen, hash);
	if (!it->hash) {
		u->seen.n++;
		p->identifiers++;
	}
	it->hash = hash;
	return it;
}

static void tell(struct past *p, const struct past_identifier *it)
{
	if (p->fresh_n == p->fresh_cap) {
		p->fresh_cap = p->fresh_cap ? p->fresh_cap * 2 : 256;
		p->fresh = mem_realloc(p->fresh, p->fresh_cap * sizeof *p->fresh);
	}
	p->fresh[p->fresh_n++] = *it;
}

bool seen_add(struct past *p, struct unit *u, uint64_t hash, uint64_t labels, int64_t now_us)
{
	uint32_t now_s = seconds(now_us);
	hash = hash ? hash : 1;
	struct past_identifier *it = u->seen.cap ? place_of(&u->seen, hash) : NULL;
	if (it && it->hash && !is_old(u, it, now_us)) {
		if (!u->keep_us || (int64_t)it->last_s * SECOND_US + unit_slack_us(u) >= now_us)
			return false;
		it->last_s = now_s;
		tell(p, it);
		return true;
	}
	if (!(it && it->hash)) {
		if (is_at_limit(p, u) && u->keep_us && u->seen.cap)
			rebuild(p, u, u->seen.cap, now_us);
		if (is_at_limit(p, u))
			return seen_set_full(u, now_us);
		it = take_place(p, u, hash, now_us);
	}
	it->labels = labels;
	it->first_s = it->last_s = now_s;
	tell(p, it);
	return true;
}

bool seen_is_full(const struct unit *u, int64_t now_us)
{
	return u->full_us && (!u->keep_us || u->full_us + u->keep_us + unit_slack_us(u) >= now_us);
}

/* Said again only where it would be forgotten. */
bool seen_set_full(struct unit *u, int64_t now_us)
{
	if (u->full_us && (!u->keep_us || u->full_us + unit_slack_us(u) >= now_us))
		return false;
	u->full_us = now_us > 0 ? now_us : 1;
	return true;
}

void seen_restore(struct past *p, struct unit *u, const struct past_identifier *i, int64_t now_us)
{
	if (i->hash && !is_old(u, i, now_us))
		*take_place(p, u, i->hash, now_us) = *i;
}
