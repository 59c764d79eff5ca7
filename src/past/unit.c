/* One unit: its calls, labels and marks. Of a grant, each for the length of its window. */
#include "base/check.h"
#include "base/limits.h"
#include "past/inside.h"
#include <assert.h>

/* A window is remembered in so many pieces, and one more. */
#define PIECES 8

static_assert(PIECES + 2 <= PAST_CALLS_MAX, "the pieces of a window fit");

void unit_release(struct past *p, struct unit *u)
{
	p->identifiers -= u->seen.n;
	past_resize(p, u->seen.v, u->seen.cap * sizeof *u->seen.v, 0);
	past_resize(p, u->labels, u->label_n * sizeof *u->labels, 0);
	past_resize(p, u->calls, u->call_n * sizeof *u->calls, 0);
	past_resize(p, u->marks, u->mark_cap * sizeof *u->marks, 0);
	past_resize(p, u, sizeof *u, 0);
}

int64_t unit_slack_us(const struct unit *u)
{
	return u->keep_us / PIECES;
}

bool unit_is_live(const struct unit *u, unsigned bit, int64_t now_us)
{
	const struct held_label *l = &u->labels[bit];
	return l->name.n && (!u->keep_us || l->last_us + u->keep_us >= now_us);
}

uint64_t unit_live(const struct unit *u, int64_t now_us)
{
	uint64_t bits = 0;
	for (unsigned i = 0; i < u->label_n; i++)
		if (unit_is_live(u, i, now_us))
			bits |= (uint64_t)1 << i;
	return bits;
}

void unit_touch(struct unit *u, const struct past_unit *who, int64_t keep_us, int64_t now_us)
{
	int64_t until_us = who->until_us;
	if (!until_us) {
		/* Longer than any policy may ask for, and far from an overflow. */
		const int64_t most = INT64_MAX / 8;
		keep_us = keep_us < LIMIT_PAST_KEEP_US ? LIMIT_PAST_KEEP_US : keep_us > most ? most : keep_us;
		if (u->keep_us < keep_us)
			u->keep_us = keep_us;
		until_us = now_us + u->keep_us + 2 * unit_slack_us(u);
	}
	if (u->until_us < until_us)
		u->until_us = until_us;
}

static bool is_counted(const struct unit *u, const struct past_calls *c, int64_t now_us)
{
	return !u->keep_us || c->start_us + u->keep_us + unit_slack_us(u) >= now_us;
}

void unit_count_call(struct past *p, struct unit *u, int64_t now_us)
{
	size_t kept = 0, old = u->call_n;
	for (size_t i = 0; i < u->call_n; i++)
		if (is_counted(u, &u->calls[i], now_us))
			u->calls[kept++] = u->calls[i];
	struct past_calls *last = kept ? &u->calls[kept - 1] : NULL;
	if (last && (!u->keep_us || now_us - last->start_us < unit_slack_us(u) || kept == PAST_CALLS_MAX)) {
		last->n++;
		u->calls = past_resize(p, u->calls, old * sizeof *u->calls, kept * sizeof *u->calls);
		u->call_n = kept;
		return;
	}
	u->calls = past_resize(p, u->calls, old * sizeof *u->calls, (kept + 1) * sizeof *u->calls);
	u->calls[kept] = (struct past_calls){ now_us, 1 };
	u->call_n = kept + 1;
}

uint64_t unit_calls(const struct unit *u, int64_t now_us)
{
	uint64_t n = 0;
	for (size_t i = 0; i < u->call_n; i++)
		if (is_counted(u, &u->calls[i], now_us))
			n += u->calls[i].n;
	return n;
}

/* PAST_LABELS_MAX: it is not there. */
static unsigned find_label(const struct unit *u, struct slice name)
{
	for (unsigned i = 0; i < u->label_n; i++)
		if (slice_eq(u->labels[i].name, name))
			return i;
	return PAST_LABELS_MAX;
}

/* One that is too old gives up its place: no identifier that was met under it is said to have
 * been met under another, because those are older than the new label. */
static unsigned find_place(const struct unit *u, int64_t now_us)
{
	for (unsigned i = 0; i < u->label_n; i++)
		if (!unit_is_live(u, i, now_us))
			return i;
	return (unsigned)u->label_n;
}

static void drop_marks(struct unit *u, unsigned bit)
{
	size_t kept = 0;
	for (size_t i = 0; i < u->mark_n; i++)
		if (u->marks[i].bit != bit)
			u->marks[kept++] = u->marks[i];
	u->mark_n = kept;
}

static struct slice keep_name(struct past *p, struct slice name)
{
	char *kept = map_get(&p->names, name);
	if (!kept) {
		kept = mem_strndup(name.p, name.n);
		map_put(&p->names, name, kept);
	}
	return slice_of(kept, name.n);
}

static void put_label(struct past *p, struct unit *u, unsigned at, struct slice name, int64_t first_us,
                      int64_t last_us)
{
	if (at >= u->label_n) {
		u->labels = past_resize(p, u->labels, u->label_n * sizeof *u->labels, (at + 1) * sizeof *u->labels);
		memset(u->labels + u->label_n, 0, (at + 1 - u->label_n) * sizeof *u->labels);
		u->label_n = at + 1;
	}
	u->labels[at] = (struct held_label){ keep_name(p, name), first_us, last_us };
}

/* How many of the lesson's labels need a place, and is there one for each? */
static bool has_room(const struct unit *u, const struct policy_lesson *l, int64_t now_us)
{
	size_t needed = 0, live = 0;
	for (unsigned i = 0; i < u->label_n; i++)
		live += unit_is_live(u, i, now_us);
	for (size_t i = 0; i < l->label_n; i++) {
		unsigned at = find_label(u, l->labels[i]);
		bool is_new = at == PAST_LABELS_MAX || !unit_is_live(u, at, now_us);
		for (size_t j = 0; is_new && j < i; j++)
			is_new = !slice_eq(l->labels[j], l->labels[i]);
		needed += is_new;
		if (!l->labels[i].n || l->labels[i].n > LIMIT_LABEL_NAME)
			return false;
	}
	return live + needed <= PAST_LABELS_MAX;
}

enum past_result unit_set_labels(struct past *p, struct unit *u, const struct policy_lesson *l, int64_t now_us,
                                 uint64_t *bits)
{
	enum past_result result = PAST_SAME;
	*bits = 0;
	if (!has_room(u, l, now_us))
		return PAST_FULL;
	for (size_t i = 0; i < l->label_n; i++) {
		unsigned at = find_label(u, l->labels[i]);
		bool is_live = at != PAST_LABELS_MAX && unit_is_live(u, at, now_us);
		if (at == PAST_LABELS_MAX)
			at = find_place(u, now_us);
		*bits |= (uint64_t)1 << at;
		if (is_live && u->labels[at].last_us >= now_us)
			continue;
		result = PAST_CHANGED;
		if (is_live) {
			u->labels[at].last_us = now_us;
		} else {
			drop_marks(u, at);
			put_label(p, u, at, l->labels[i], now_us, now_us);
		}
	}
	return result;
}

static const struct policy_mark *find_mark(const struct policy_lesson *l, struct slice label, uint64_t path)
{
	for (size_t i = 0; i < l->mark_n; i++)
		if (l->marks[i].path == path && slice_eq(l->marks[i].label, label))
			return &l->marks[i];
	return NULL;
}

static bool has_mark(const struct unit *u, unsigned bit, uint64_t path)
{
	for (size_t i = 0; i < u->mark_n; i++)
		if (u->marks[i].bit == bit && u->marks[i].path == path)
			return true;
	return false;
}

static void add_mark(struct past *p, struct unit *u, struct past_mark m)
{
	if (u->mark_n == u->mark_cap) {
		size_t cap = u->mark_cap ? u->mark_cap * 2 : 2;
		u->marks = past_resize(p, u->marks, u->mark_cap * sizeof m, cap * sizeof m);
		u->mark_cap = cap;
	}
	u->marks[u->mark_n++] = m;
}

/* Every label of the lesson at every path that is known of it: a call that set the label and
 * says nothing of the path had another value there. */
static bool mix_marks(struct unit *u, const struct policy_lesson *l)
{
	bool changed = false;
	for (size_t i = 0; i < u->mark_n; i++) {
		struct past_mark *m = &u->marks[i];
		struct slice name = u->labels[m->bit].name;
		bool is_set = false;
		for (size_t j = 0; j < l->label_n && !is_set; j++)
			is_set = slice_eq(l->labels[j], name);
		const struct policy_mark *now = is_set ? find_mark(l, name, m->path) : NULL;
		if (!is_set || m->is_mixed || (now && !now->is_mixed && now->value == m->value))
			continue;
		m->is_mixed = changed = true;
	}
	return changed;
}

bool unit_set_marks(struct past *p, struct unit *u, const struct policy_lesson *l, uint64_t was_live)
{
	bool changed = mix_marks(u, l);
	for (size_t i = 0; i < l->mark_n && u->mark_n < LIMIT_PAST_MARKS; i++) {
		const struct policy_mark *m = &l->marks[i];
		unsigned bit = find_label(u, m->label);
		if (bit == PAST_LABELS_MAX || has_mark(u, bit, m->path))
			continue;
		bool is_late = was_live >> bit & 1;
		add_mark(p, u, (struct past_mark){ bit, m->path, m->value, m->is_mixed || is_late });
		changed = true;
	}
	return changed;
}

void unit_restore(struct past *p, struct unit *u, const struct past_change *c)
{
	u->until_us = c->until_us;
	u->keep_us = c->keep_us;
	u->full_us = c->full_us;
	past_resize(p, u->labels, u->label_n * sizeof *u->labels, 0);
	u->labels = NULL;
	u->label_n = 0;
	for (size_t i = 0; i < c->label_n; i++)
		put_label(p, u, c->labels[i].bit, c->labels[i].name, c->labels[i].first_us, c->labels[i].last_us);
	u->mark_n = 0;
	for (size_t i = 0; i < c->mark_n; i++)
		if (c->marks[i].bit < u->label_n)
			add_mark(p, u, c->marks[i]);
	u->calls = past_resize(p, u->calls, u->call_n * sizeof *u->calls, c->call_n * sizeof *u->calls);
	u->call_n = c->call_n;
	if (c->call_n)
		memcpy(u->calls, c->calls, c->call_n * sizeof *u->calls);
}

void unit_describe(const struct unit *u, struct past_change *out)
{
	*out = (struct past_change){ .key = u->key, .until_us = u->until_us, .keep_us = u->keep_us, .full_us = u->full_us };
	for (unsigned i = 0; i < u->label_n; i++) {
		const struct held_label *l = &u->labels[i];
		if (l->name.n)
			out->labels[out->label_n++] = (struct past_label){ l->name, i, l->first_us, l->last_us };
	}
	out->call_n = u->call_n;
	if (u->call_n)
		memcpy(out->calls, u->calls, u->call_n * sizeof *u->calls);
	out->marks = u->marks;
	out->mark_n = u->mark_n;
}
