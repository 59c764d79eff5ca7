/*
 * Charts of the counts. Which keys are the greatest is found in the longest steps that fit into the time asked for, and
 * there among the greatest of each hour and day that is over; those few are then counted exactly, and only their series
 * are read step by step. For who sees some servers only, all keys are looked at.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "store/inside.h"
#include "store/stats.h"

struct span {
	int64_t step, from, to;
};
struct one_step {
	int64_t step, start;
};
#define SPANS_MAX 5

struct reading {
	struct db *db;
	const struct stats_ask *ask;
	struct arena *arena;
	struct stats_answer *out;
	int64_t since, until; /* whole steps */
	struct span span[SPANS_MAX]; /* whole days, and at both ends hours and minutes */
	size_t span_n;
	struct one_step *topped, *untopped; /* of its days and hours: whose greatest are known, and the others */
	size_t topped_n, untopped_n;
};

/* Keys and what they are under, added up. */
struct tally {
	struct map places;
	struct stats_key *v;
	size_t n, cap;
	struct arena *arena;
	bool is_full;
};

static void tally_init(struct tally *t, struct arena *a)
{
	memset(t, 0, sizeof *t);
	map_init(&t->places);
	t->arena = a;
}

static void tally_release(struct tally *t)
{
	map_release(&t->places);
	free(t->v);
	t->v = NULL;
}

static struct slice copy(struct arena *a, struct slice s, bool *full)
{
	char *p = arena_strndup(a, s.n ? s.p : "", s.n);
	*full = *full || !p;
	return slice_of(p, p ? s.n : 0);
}

static void tally_add(struct tally *t, struct slice key, struct slice server, uint64_t n, bool is_rough)
{
	char bytes[2 * LIMIT_RECORD_TEXT + 2];
	if (key.n + server.n + 1 > sizeof bytes || t->is_full)
		return;
	if (key.n)
		memcpy(bytes, key.p, key.n);
	bytes[key.n] = '\0';
	if (server.n)
		memcpy(bytes + key.n + 1, server.p, server.n);
	struct slice place = slice_of(bytes, key.n + 1 + server.n);
	size_t at = (size_t)(uintptr_t)map_get(&t->places, place);
	if (!at) {
		if (t->n == t->cap) {
			t->cap = t->cap ? 2 * t->cap : 64;
			t->v = mem_realloc(t->v, t->cap * sizeof *t->v);
		}
		t->v[t->n++] = (struct stats_key){ .key = copy(t->arena, key, &t->is_full), .server = copy(t->arena, server, &t->is_full) };
		at = t->n;
		map_put(&t->places, place, (void *)(uintptr_t)at);
	}
	t->v[at - 1].n += n;
	t->v[at - 1].rough += is_rough ? n : 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct stats_key *x = a, *y = b;
	size_t n = x->key.n < y->key.n ? x->key.n : y->key.n;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	int order = n ? memcmp(x->key.p, y->key.p, n) : 0;
	return order ? order : x->key.n < y->key.n ? -1 : x->key.n > y->key.n;
}

/* The greatest of them, in the arena. */
static bool tally_top(struct tally *t, size_t max, struct stats_list *out, struct err *e)
{
	size_t n = 0;
	if (t->n)
		qsort(t->v, t->n, sizeof *t->v, compare_keys);
	while (n < t->n && n < max && t->v[n].n)
		n++;
	out->v = arena_zalloc(t->arena, (n + 1) * sizeof *out->v);
	if (!out->v || t->is_full)
		return store_full(e);
	if (n)
		memcpy(out->v, t->v, n * sizeof *out->v);
	out->n = n;
	return true;
}

static bool sees(const struct reading *r, struct slice server)
{
	return !r->ask->sees || r->ask->sees(r->ask->ctx, server);
}

/* Which part of a row is the key, and which its server. */
static void take(struct reading *r, enum stats_of of, struct stmt *q, struct tally *t, bool is_rough)
{
	struct slice key = stmt_col(q, 0), under = stmt_col(q, 1), none = slice_of("", 0);
	int64_t n = stmt_col_int(q, 2);
	if (n <= 0 || !sees(r, of == STATS_SERVER ? key : under))
		return;
	switch (of) {
	case STATS_SERVER:
	case STATS_TOOL:
	case STATS_RULE: tally_add(t, key, under, (uint64_t)n, is_rough); return; /* a server is under its ends, for now */
	case STATS_LABEL:
	case STATS_ENDS: tally_add(t, key, none, (uint64_t)n, is_rough); return;
	case STATS_NOTHING:
	case STATS_GRANT: break;
	}
}

/* Hours and days of which the greatest are known stand in stats_top, and only those are looked at. */
static bool sum_rows(struct reading *r, const char *sql, bool is_rough, enum stats_of of, int64_t step, int64_t from, int64_t to,
                     struct tally *t, struct err *e)
{
	enum stmt_result s;
	struct stmt q = stmt_new(r->db, sql);
	stmt_int(&q, step);
	stmt_int(&q, of);
	stmt_int(&q, from);
	stmt_int(&q, to);
	while ((s = stmt_step(&q, e)) == STMT_ROW)
		take(r, of, &q, t, is_rough);
	stmt_release(&q);
	return s != STMT_FAILED;
}

#define ROWS "SELECT key, under, n FROM stats WHERE step = ? AND of = ? AND start >= ? AND start < ?"
#define TOPS "SELECT key, under, n FROM stats_top WHERE step = ? AND of = ? AND start >= ? AND start < ?"

static bool has_tops(const struct reading *r, enum stats_of of)
{
	return !r->ask->sees && of != STATS_ENDS;
}

static bool sum_span(struct reading *r, enum stats_of of, const struct span *p, struct tally *t, struct err *e)
{
	if (p->step == STATS_MINUTE || !has_tops(r, of))
		return sum_rows(r, ROWS, false, of, p->step, p->from, p->to, t, e);
	if (!sum_rows(r, TOPS, true, of, p->step, p->from, p->to, t, e))
		return false;
	for (size_t i = 0; i < r->untopped_n; i++) {
		const struct one_step *u = &r->untopped[i];
		bool is_in = u->step == p->step && u->start >= p->from && u->start < p->to;
		if (is_in && !sum_rows(r, ROWS, false, of, u->step, u->start, u->start + u->step, t, e))
			return false;
	}
	return true;
}

static bool sum(struct reading *r, enum stats_of of, struct tally *t, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < r->span_n; i++)
		ok = sum_span(r, of, &r->span[i], t, e);
	return ok;
}

static int64_t up(int64_t t, int64_t step)
{
	return (t + step - 1) / step * step;
}

static void add_span(struct reading *r, int64_t step, int64_t from, int64_t to)
{
	if (from < to)
		r->span[r->span_n++] = (struct span){ step, from, to };
}

static void cut_spans(struct reading *r)
{
	static const int64_t steps[] = { STATS_DAY, STATS_HOUR, STATS_MINUTE };
	int64_t low = 0, high = 0; /* what is cut lies between */
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		int64_t from = up(r->since, steps[i]), to = r->until / steps[i] * steps[i];
		if (from >= to)
			continue;
		if (low >= high) {
			add_span(r, steps[i], from, to);
		} else {
			add_span(r, steps[i], from, low);
			add_span(r, steps[i], high, to);
		}
		low = from;
		high = to;
	}
}

static bool find_topped(struct reading *r, const struct span *p, struct stmt *q, struct err *e)
{
	for (int64_t at = p->from; at < p->to; at += p->step) {
		stmt_int(q, p->step);
		stmt_int(q, at);
		enum stmt_result s = stmt_step(q, e);
		stmt_reset(q);
		if (s == STMT_FAILED)
			return false;
		if (s == STMT_ROW)
			r->topped[r->topped_n++] = (struct one_step){ p->step, at };
		else
			r->untopped[r->untopped_n++] = (struct one_step){ p->step, at };
	}
	return true;
}

static bool plan(struct reading *r, struct err *e)
{
	size_t n = 1;
	bool ok = true;
	cut_spans(r);
	for (size_t i = 0; i < r->span_n; i++)
		n += r->span[i].step == STATS_MINUTE ? 0 : (size_t)((r->span[i].to - r->span[i].from) / r->span[i].step);
	r->topped = arena_alloc(r->arena, n * sizeof *r->topped);
	r->untopped = arena_alloc(r->arena, n * sizeof *r->untopped);
	if (!r->topped || !r->untopped)
		return store_full(e);
	struct stmt q = stmt_new(r->db, "SELECT 1 FROM stats_topped WHERE step = ? AND start = ?");
	for (size_t i = 0; ok && i < r->span_n; i++)
		ok = r->span[i].step == STATS_MINUTE || find_topped(r, &r->span[i], &q, e);
	stmt_release(&q);
	return ok;
}

/* "allow ok": its two words. */
static struct slice word_of(struct slice ends, bool is_outcome)
{
	const char *blank = memchr(ends.p, ' ', ends.n);
	size_t n = blank ? (size_t)(blank - ends.p) : ends.n;
	if (!is_outcome)
		return slice_of(ends.p, n);
	return blank ? slice_of(blank + 1, ends.n - n - 1) : ends;
}

/* A tool's name, or a rule's, may stand at many servers: there the server is part of the key. */
static bool has_server(enum stats_of of)
{
	return of == STATS_TOOL || of == STATS_RULE;
}

#define OF_KEY "SELECT under, n FROM stats WHERE step = ? AND of = ? AND start = ? AND key = ?"

static struct stmt rows_of_key(struct reading *r, enum stats_of of)
{
	return stmt_new(r->db, has_server(of) ? OF_KEY " AND under = ?" : OF_KEY);
}

static void bind_key(struct stmt *q, enum stats_of of, int64_t step, int64_t start, const struct stats_key *k)
{
	stmt_int(q, step);
	stmt_int(q, of);
	stmt_int(q, start);
	stmt_slice(q, k->key);
	if (has_server(of))
		stmt_slice(q, k->server);
}

/* What a key has in all steps that were summed by their greatest alone. */
static bool count_exactly(struct reading *r, enum stats_of of, struct stats_key *k, struct stmt *q, struct err *e)
{
	enum stmt_result s;
	uint64_t n = 0;
	for (size_t i = 0; i < r->topped_n; i++) {
		bind_key(q, of, r->topped[i].step, r->topped[i].start, k);
		while ((s = stmt_step(q, e)) == STMT_ROW)
			if (stmt_col_int(q, 1) > 0)
				n += (uint64_t)stmt_col_int(q, 1);
		stmt_reset(q);
		if (s == STMT_FAILED)
			return false;
	}
	k->n = k->n - k->rough + n;
	k->rough = 0;
	return true;
}

static bool exact_top(struct reading *r, enum stats_of of, struct tally *t, struct stats_list *out, struct err *e)
{
	struct stmt q = rows_of_key(r, of);
	bool ok = tally_top(t, r->ask->top_max, out, e);
	for (size_t i = 0; ok && has_tops(r, of) && i < out->n; i++)
		ok = count_exactly(r, of, &out->v[i], &q, e);
	stmt_release(&q);
	if (ok && out->n)
		qsort(out->v, out->n, sizeof *out->v, compare_keys);
	return ok;
}

static bool sum_top(struct reading *r, enum stats_of of, struct stats_list *out, struct err *e)
{
	struct tally t;
	tally_init(&t, r->arena);
	bool ok = sum(r, of, &t, e) && exact_top(r, of, &t, out, e);
	tally_release(&t);
	return ok;
}

static void split_ends(struct reading *r, const struct tally *from, bool is_under, struct tally *decisions, struct tally *outcomes)
{
	struct slice none = slice_of("", 0);
	for (size_t i = 0; i < from->n; i++) {
		const struct stats_key *k = &from->v[i];
		struct slice ends = is_under ? k->server : k->key;
		tally_add(decisions, word_of(ends, false), none, k->n, false);
		tally_add(outcomes, word_of(ends, true), none, k->n, false);
		r->out->records += k->n;
	}
}

static void drop_ends(const struct tally *from, struct tally *servers)
{
	for (size_t i = 0; i < from->n; i++) {
		tally_add(servers, from->v[i].key, slice_of("", 0), from->v[i].n - from->v[i].rough, false);
		tally_add(servers, from->v[i].key, slice_of("", 0), from->v[i].rough, true);
	}
}

/* Ends of all servers have rows of their own; of some they are added up. */
static bool sum_ends(struct reading *r, struct err *e)
{
	struct tally ends, by_ends, servers, decisions, outcomes;
	struct tally *all[] = { &ends, &by_ends, &servers, &decisions, &outcomes };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		tally_init(all[i], r->arena);
	bool ok = sum(r, STATS_SERVER, &by_ends, e) &&
	          (r->ask->sees || sum(r, STATS_ENDS, &ends, e));
	split_ends(r, r->ask->sees ? &by_ends : &ends, r->ask->sees != NULL, &decisions, &outcomes);
	drop_ends(&by_ends, &servers);
	ok = ok && exact_top(r, STATS_SERVER, &servers, &r->out->servers, e) && tally_top(&decisions, 8, &r->out->decisions, e) &&
	     tally_top(&outcomes, 16, &r->out->outcomes, e);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		tally_release(all[i]);
	return ok;
}

static size_t point_of(const struct reading *r, int64_t start)
{
	return (size_t)((start - r->since) / r->ask->step);
}

static bool new_points(struct reading *r, struct stats_key *k, struct err *e)
{
	k->points = arena_zalloc(r->arena, r->out->points * sizeof *k->points);
	return k->points || store_full(e);
}

/* Decisions and outcomes: each row of the time may belong to any of them. */
static bool draw_ends(struct reading *r, bool is_outcome, struct err *e)
{
	struct stats_list *list = &r->out->series;
	enum stats_of of = r->ask->sees ? STATS_SERVER : STATS_ENDS;
	enum stmt_result s;
	for (size_t i = 0; i < list->n; i++)
		if (!new_points(r, &list->v[i], e))
			return false;
	struct stmt q = stmt_new(r->db, "SELECT start, key, under, n FROM stats WHERE step = ? AND of = ? AND start >= ? AND start < ?");
	stmt_int(&q, r->ask->step);
	stmt_int(&q, of);
	stmt_int(&q, r->since);
	stmt_int(&q, r->until);
	while ((s = stmt_step(&q, e)) == STMT_ROW) {
		struct slice key = stmt_col(&q, 1), ends = of == STATS_ENDS ? key : stmt_col(&q, 2);
		int64_t n = stmt_col_int(&q, 3);
		struct slice word = word_of(ends, is_outcome);
		if (n <= 0 || (of == STATS_SERVER && !sees(r, key)))
			continue;
		for (size_t i = 0; i < list->n; i++)
			if (slice_eq(list->v[i].key, word))
				list->v[i].points[point_of(r, stmt_col_int(&q, 0))] += (uint64_t)n;
	}
	stmt_release(&q);
	return s != STMT_FAILED;
}

static bool draw_key(struct reading *r, enum stats_of of, struct stats_key *k, struct stmt *q, struct err *e)
{
	if (!new_points(r, k, e))
		return false;
	for (size_t i = 0; i < r->out->points; i++) {
		enum stmt_result s;
		bind_key(q, of, r->ask->step, r->since + (int64_t)i * r->ask->step, k);
		while ((s = stmt_step(q, e)) == STMT_ROW) {
			int64_t n = stmt_col_int(q, 1);
			if (n > 0 && (of != STATS_LABEL || sees(r, stmt_col(q, 0))))
				k->points[i] += (uint64_t)n;
		}
		stmt_reset(q);
		if (s == STMT_FAILED)
			return false;
	}
	return true;
}

static bool draw_keys(struct reading *r, enum stats_of of, struct err *e)
{
	struct stmt q = rows_of_key(r, of);
	bool ok = true;
	for (size_t i = 0; ok && i < r->out->series.n; i++)
		ok = draw_key(r, of, &r->out->series.v[i], &q, e);
	stmt_release(&q);
	return ok;
}

static bool draw(struct reading *r, const struct stats_list *list, enum stats_of of, struct err *e)
{
	struct stats_list *out = &r->out->series;
	out->n = list->n < r->ask->series_max ? list->n : r->ask->series_max;
	out->v = arena_zalloc(r->arena, (out->n + 1) * sizeof *out->v);
	if (!out->v)
		return store_full(e);
	memcpy(out->v, list->v, out->n * sizeof *out->v);
	return of == STATS_ENDS ? draw_ends(r, r->ask->by == STATS_BY_OUTCOME, e) : draw_keys(r, of, e);
}

static void add_slots(struct slice bytes, struct stats_times *t)
{
	for (size_t i = 0; i + 5 <= bytes.n; i += 5) {
		const unsigned char *p = (const unsigned char *)bytes.p + i;
		t->n[p[0]] += (uint64_t)p[1] | (uint64_t)p[2] << 8 | (uint64_t)p[3] << 16 | (uint64_t)p[4] << 24;
	}
}

struct both_times {
	struct stats_times whole, gate;
};

static void tell_latency(const struct both_times *t, int64_t start, struct stats_latency *out)
{
	*out = (struct stats_latency){ .start_s = start };
	for (size_t i = 0; i < STATS_SLOTS; i++)
		out->calls += t->whole.n[i];
	out->p50_us = stats_percentile(&t->whole, .5);
	out->p95_us = stats_percentile(&t->whole, .95);
	out->p99_us = stats_percentile(&t->whole, .99);
	out->gate_p50_us = stats_percentile(&t->gate, .5);
	out->gate_p99_us = stats_percentile(&t->gate, .99);
}

static void add_times(struct both_times *to, const struct both_times *from)
{
	for (size_t i = 0; i < STATS_SLOTS; i++) {
		to->whole.n[i] += from->whole.n[i];
		to->gate.n[i] += from->gate.n[i];
	}
}

static struct stmt times_of(struct reading *r)
{
	struct stmt q = stmt_new(r->db, r->ask->sees
		? "SELECT start, whole, gate, server FROM stats_times WHERE step = ? AND start >= ? AND start < ? AND server != '' ORDER BY start"
		: "SELECT start, whole, gate, server FROM stats_times WHERE step = ? AND start >= ? AND start < ? AND server = '' ORDER BY start");
	/* Of single servers there are no minutes. */
	stmt_int(&q, r->ask->sees && r->ask->step == STATS_MINUTE ? STATS_HOUR : r->ask->step);
	stmt_int(&q, r->since);
	stmt_int(&q, r->until);
	return q;
}

static bool read_latency(struct reading *r, struct err *e)
{
	struct stats_answer *out = r->out;
	struct both_times *v = mem_zalloc(2 * sizeof *v), *one = &v[0], *all = &v[1];
	enum stmt_result s = STMT_FAILED;
	int64_t at = -1;
	out->latency = arena_zalloc(r->arena, (out->points + 1) * sizeof *out->latency);
	struct stmt q = times_of(r);
	while (out->latency && (s = stmt_step(&q, e)) == STMT_ROW) {
		int64_t start = stmt_col_int(&q, 0);
		if (r->ask->sees && !r->ask->sees(r->ask->ctx, stmt_col(&q, 3)))
			continue;
		if (start != at && at >= 0) {
			tell_latency(one, at, &out->latency[out->latency_n++]);
			add_times(all, one);
			memset(one, 0, sizeof *one);
		}
		at = start;
		add_slots(stmt_col(&q, 1), &one->whole);
		add_slots(stmt_col(&q, 2), &one->gate);
	}
	stmt_release(&q);
	if (out->latency && at >= 0)
		tell_latency(one, at, &out->latency[out->latency_n++]);
	add_times(all, one);
	tell_latency(all, r->since, &out->whole);
	free(v);
	return out->latency ? s != STMT_FAILED : store_full(e);
}

static bool read_all(struct reading *r, struct err *e)
{
	struct stats_answer *out = r->out;
	int64_t uncounted = 0;
	if (!db_int(r->db, "SELECT seq FROM stats_past", &uncounted, e))
		return false;
	out->is_counting = uncounted > 0;
	if (!plan(r, e) || !sum_ends(r, e) || !sum_top(r, STATS_TOOL, &out->tools, e) || !sum_top(r, STATS_LABEL, &out->grants, e) ||
	    !sum_top(r, STATS_RULE, &out->rules, e) || !read_latency(r, e))
		return false;
	switch (r->ask->by) {
	case STATS_BY_DECISION: return draw(r, &out->decisions, STATS_ENDS, e);
	case STATS_BY_OUTCOME: return draw(r, &out->outcomes, STATS_ENDS, e);
	case STATS_BY_SERVER: return draw(r, &out->servers, STATS_SERVER, e);
	case STATS_BY_TOOL: return draw(r, &out->tools, STATS_TOOL, e);
	case STATS_BY_GRANT: return draw(r, &out->grants, STATS_LABEL, e);
	case STATS_BY_RULE: return draw(r, &out->rules, STATS_RULE, e);
	}
	return true;
}

bool stats_read(struct store *s, const struct stats_ask *ask, struct arena *a, struct stats_answer *out, struct err *e)
{
	struct reading r = { .db = &s->db, .ask = ask, .arena = a, .out = out };
	memset(out, 0, sizeof *out);
	r.since = (ask->since_s < 0 ? 0 : ask->since_s) / ask->step * ask->step;
	r.until = up(ask->until_s, ask->step);
	if (r.until <= r.since)
		return err_set(e, ERR_INPUT, "until must be later than since");
	if ((r.until - r.since) / ask->step > LIMIT_STATS_POINTS)
		return err_set(e, ERR_LIMIT, "that are more than %d points: take a longer step, or less time", LIMIT_STATS_POINTS);
	out->since_s = r.since;
	out->points = (size_t)((r.until - r.since) / ask->step);
	if (!db_exec(&s->db, "BEGIN", e))
		return false;
	return db_end(&s->db, read_all(&r, e), e);
}

bool stats_tools(struct store *s, int64_t since_s, stats_tool_fn *fn, void *ctx, struct err *e)
{
	enum stmt_result r;
	struct stmt q = stmt_new(&s->db, "SELECT under, key, n FROM stats WHERE step = 86400 AND of = ? AND start >= ?");
	stmt_int(&q, STATS_TOOL);
	stmt_int(&q, since_s / STATS_DAY * STATS_DAY);
	while ((r = stmt_step(&q, e)) == STMT_ROW)
		if (stmt_col_int(&q, 2) > 0)
			fn(ctx, stmt_col(&q, 0), stmt_col(&q, 1), (uint64_t)stmt_col_int(&q, 2));
	stmt_release(&q);
	return r != STMT_FAILED;
}

bool stats_tool_days(struct store *s, struct slice server, struct slice tool, int64_t now_s, uint64_t days[7], struct err *e)
{
	bool ok = true;
	struct stmt q = stmt_new(&s->db, "SELECT n FROM stats WHERE step = 86400 AND of = ? AND start = ? AND key = ? AND under = ?");
	memset(days, 0, 7 * sizeof *days);
	for (int i = 0; ok && i < 7; i++) {
		stmt_int(&q, STATS_TOOL);
		stmt_int(&q, (now_s / STATS_DAY - 6 + i) * STATS_DAY);
		stmt_slice(&q, tool);
		stmt_slice(&q, server);
		enum stmt_result r = stmt_step(&q, e);
		if (r == STMT_ROW && stmt_col_int(&q, 0) > 0)
			days[i] = (uint64_t)stmt_col_int(&q, 0);
		stmt_reset(&q);
		ok = r != STMT_FAILED;
	}
	stmt_release(&q);
	return ok;
}
