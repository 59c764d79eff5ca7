/* What sessions did, against a naive model, which keeps everything as lists: random lessons,
 * calls, jumps of the clock and restarts. */
#include "past_rig.h"

struct event {
	int64_t t;
	unsigned labels;
	bool has_mark[LABELS][PATHS];
	unsigned char value[LABELS][PATHS]; /* 0: mixed */
};
struct known {
	bool is_known;
	int64_t first_s, last_s;
	unsigned labels;
	bool is_field;
};
struct modelled {
	struct event *v;
	size_t n, from; /* from: of this life */
	int64_t first[LABELS], last[LABELS];
	struct known ids[IDS];
	int64_t until;
	uint64_t calls;
	bool is_session;
};

static void model_age(struct modelled *m, int64_t now)
{
	if (!m->until || m->until > now)
		return;
	m->from = m->n;
	m->until = 0;
	m->calls = 0;
	memset(m->last, 0, sizeof m->last);
	memset(m->ids, 0, sizeof m->ids);
}

static bool model_has(const struct modelled *m, unsigned label, int64_t now)
{
	return m->last[label] && (m->is_session || m->last[label] + HOUR >= now);
}

static bool model_is_old(const struct modelled *m, const struct known *k, int64_t now)
{
	return !m->is_session && k->last_s * S + HOUR + HOUR / 8 < now;
}

static void model_learn(struct modelled *m, const struct event *e, const unsigned char *ids)
{
	m->v = mem_realloc(m->v, (m->n + 1) * sizeof *e);
	m->v[m->n++] = *e;
	for (unsigned i = 0; i < LABELS; i++) {
		if (!(e->labels >> i & 1))
			continue;
		if (!model_has(m, i, e->t))
			m->first[i] = m->last[i] = e->t;
		if (m->last[i] < e->t)
			m->last[i] = e->t;
	}
	for (unsigned i = 0; i < IDS; i++) {
		struct known *k = &m->ids[i];
		if (!ids[i])
			continue;
		if (!k->is_known || model_is_old(m, k, e->t))
			*k = (struct known){ true, e->t / S, e->t / S, ids[i] & 4 ? 0 : e->labels, (ids[i] & 6) != 0 };
		else if (!m->is_session && k->last_s * S + HOUR / 8 < e->t)
			k->last_s = e->t / S;
	}
	int64_t until = m->is_session ? NOON + 1000 * HOUR : e->t + HOUR + HOUR / 4;
	if (m->until < until)
		m->until = until;
}

/* -1: none, 0: mixed. The calls since the label is set without a break. */
static int model_mark(const struct modelled *m, unsigned label, unsigned path)
{
	int value = -1;
	bool is_some_without = false;
	size_t from = m->from;
	int64_t last = 0;
	for (size_t i = m->from; i < m->n; i++) {
		if (!(m->v[i].labels >> label & 1))
			continue;
		if (last && !m->is_session && last + HOUR < m->v[i].t) {
			from = i;
			last = 0;
		}
		last = last < m->v[i].t ? m->v[i].t : last;
	}
	for (size_t i = from; i < m->n; i++) {
		const struct event *e = &m->v[i];
		if (!(e->labels >> label & 1))
			continue;
		is_some_without |= !e->has_mark[label][path];
		if (e->has_mark[label][path])
			value = value == -1 || value == e->value[label][path] ? e->value[label][path] : 0;
	}
	return value > 0 && is_some_without ? 0 : value;
}

static int compare(struct past *p, const struct past_unit *u, const struct modelled *m, int64_t now)
{
	int wrong = 0;
	for (unsigned i = 0; i < LABELS; i++) {
		bool has = model_has(m, i, now);
		wrong += has != has_label(p, u, now, names[i]);
		for (unsigned k = 0; has && k < PATHS; k++) {
			uint64_t value = 0;
			int expected = model_mark(m, i, k);
			bool is_there = has_mark(p, u, now, names[i], k, &value);
			wrong += is_there != (expected >= 0) || (is_there && value != (uint64_t)expected);
		}
	}
	for (unsigned i = 0; i < IDS; i++) {
		const struct known *k = &m->ids[i];
		uint64_t bits, expected = k->is_field ? POLICY_SEEN_IN_FIELD : 0;
		bool is_known = k->is_known && !model_is_old(m, k, now);
		enum policy_seen r = seen_in(p, u, now, i, &bits);
		for (unsigned l = 0; l < LABELS; l++)
			if (k->labels >> l & 1 && model_has(m, l, now) && m->first[l] / S <= k->first_s)
				expected |= (uint64_t)1 << l;
		wrong += r != (is_known ? POLICY_SEEN_FIRST : POLICY_SEEN_NEVER) || (is_known && bits != expected);
	}
	if (m->is_session)
		wrong += calls_of(p, u, now) != m->calls;
	return wrong;
}

static void restart(struct past **p, struct written *w, int64_t now)
{
	struct past_entry *e = mem_zalloc(sizeof *e);
	past_free(p);
	*p = make(0, 0);
	for (size_t i = 0; i < w->n; i++) {
		w->bad += !past_decode(buf_slice(&w->v[i]), e);
		past_restore(*p, &e->change, now);
	}
	free(e);
}

static enum past_result learn_at_random(struct past *p, const struct past_unit *u, struct modelled *m, int64_t now,
                                        uint64_t *seed)
{
	struct event e = { .t = now, .labels = (unsigned)(next_random(seed) & next_random(seed) & 0xff) };
	struct policy_lesson l = lesson_of(e.labels);
	struct past_found found[8];
	unsigned char ids[IDS] = { 0 };
	size_t n = next_random(seed) % 8;
	for (unsigned i = 0; i < LABELS; i++)
		for (unsigned k = 0; (e.labels >> i & 1) && k < PATHS; k++) {
			if (next_random(seed) % 16 == 0)
				continue;
			unsigned char value = next_random(seed) % 12 ? 1 : (unsigned char)(next_random(seed) % 4);
			e.has_mark[i][k] = true;
			e.value[i][k] = value;
			l.marks[l.mark_n++] = (struct policy_mark){ slice_str(names[i]), k, value, value == 0 };
		}
	for (size_t i = 0; i < n; i++) {
		unsigned id = (unsigned)(next_random(seed) % IDS);
		enum past_place place = (enum past_place)(next_random(seed) % 3);
		found[i] = (struct past_found){ hash_of(u, id), place };
		ids[id] |= (unsigned char)(1u << place);
	}
	if (!e.labels && !n)
		l.wants_identifiers = false;
	enum past_result r = past_learn(p, u, now, &l, found, n, false);
	model_age(m, now);
	if (e.labels || l.wants_identifiers)
		model_learn(m, &e, ids);
	return r;
}

static void random_schedule(uint64_t seed)
{
	struct past *p = make(0, 0);
	struct past_unit u[UNITS];
	struct modelled m[UNITS] = { 0 };
	struct written w = { 0 };
	int64_t now = NOON, wrong = 0;
	for (unsigned i = 0; i < UNITS; i++) {
		char name[8] = { (char)('a' + i), 0 };
		m[i].is_session = i < UNITS / 2;
		u[i] = unit(name, m[i].is_session ? "s" : "", m[i].is_session ? NOON + 1000 * HOUR : 0);
	}
	for (int step = 0; step < 1500 && !wrong; step++) {
		unsigned at = (unsigned)(next_random(&seed) % UNITS), what = (unsigned)(next_random(&seed) % 100);
		now += (int64_t)(next_random(&seed) % (uint64_t)(20 * S));
		if (what < 50) {
			if (learn_at_random(p, &u[at], &m[at], now, &seed) == PAST_CHANGED)
				write_down(&w, past_last(p));
		} else if (what < 65) {
			wrong += past_count_call(p, &u[at], now) != PAST_CHANGED;
			write_down(&w, past_last(p));
			model_age(&m[at], now);
			m[at].calls++;
			int64_t until = m[at].is_session ? NOON + 1000 * HOUR : now + HOUR + HOUR / 4;
			m[at].until = m[at].until < until ? until : m[at].until;
		} else if (what < 67) {
			now += (int64_t)(next_random(&seed) % 5) * HOUR / 3;
		} else if (what < 70) {
			now -= (int64_t)(next_random(&seed) % (uint64_t)(3 * S));
		} else if (what < 72) {
			restart(&p, &w, now);
		} else {
			past_expire(p, now, 3);
			model_age(&m[at], now);
			wrong += compare(p, &u[at], &m[at], now);
		}
	}
	ok(!wrong && !w.bad, "a random schedule is as the model says");
	for (size_t i = 0; i < w.n; i++)
		buf_release(&w.v[i]);
	for (unsigned i = 0; i < UNITS; i++)
		free(m[i].v);
	free(w.v);
	past_free(&p);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		random_schedule(seed * 0x9e3779b97f4a7c15);
	return tap_done();
}
