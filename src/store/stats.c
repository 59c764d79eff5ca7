/*
 * A batch adds up its minutes first, in memory: where calls are many, they have few different keys, and
 * the rows that change are few. Hours and days are made of the minutes.
 */
#include "store/stats_sums.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/row.h"
#include <stdio.h>

#define PLACE_MAX (2 * LIMIT_RECORD_TEXT + 16)
#define SUB_BITS  3 /* eight slots for each doubling */
#define SUBS      (1u << SUB_BITS)

struct stats_pair {
	uint32_t whole[STATS_SLOTS], gate[STATS_SLOTS];
};

unsigned stats_slot(uint64_t us)
{
	if (us < SUBS)
		return (unsigned)us;
	unsigned top = 63u - (unsigned)__builtin_clzll(us);
	unsigned slot = SUBS * (top - SUB_BITS + 1) + (unsigned)(us >> (top - SUB_BITS) & (SUBS - 1));
	return slot < STATS_SLOTS ? slot : STATS_SLOTS - 1;
}

uint64_t stats_slot_us(unsigned slot)
{
	if (slot < 2 * SUBS)
		return slot;
	unsigned shift = slot / SUBS - 1;
	uint64_t least = (uint64_t)(SUBS + slot % SUBS) << shift;
	return least + ((uint64_t)1 << shift) / 2;
}

uint64_t stats_percentile(const struct stats_times *t, double part)
{
	uint64_t all = 0, below = 0;
	for (unsigned i = 0; i < STATS_SLOTS; i++)
		all += t->n[i];
	for (unsigned i = 0; i < STATS_SLOTS; i++) {
		below += t->n[i];
		if (below && (double)below >= part * (double)all)
			return stats_slot_us(i);
	}
	return 0;
}

void stats_sums_init(struct stats_sums *s)
{
	memset(s, 0, sizeof *s);
	map_init(&s->counts);
	map_init(&s->times);
}

static void free_times(struct stats_sums *s)
{
	size_t at = 0;
	struct slice key;
	void *pair;
	while (map_next(&s->times, &at, &key, &pair))
		free(pair);
	map_release(&s->times);
}

void stats_sums_clear(struct stats_sums *s)
{
	free_times(s);
	map_init(&s->times);
	map_release(&s->counts);
	map_init(&s->counts);
	s->count_n = 0;
}

void stats_sums_release(struct stats_sums *s)
{
	free_times(s);
	map_release(&s->counts);
	free(s->n);
	s->n = NULL;
	s->count_n = s->count_cap = 0;
}

/* Where a count stands: of, start, length of the key; the key; what it is under. */
struct place_head {
	uint32_t start, step;
	uint16_t of, key_n;
};

static void add_at(struct stats_sums *s, struct slice place, int64_t n)
{
	size_t at = (size_t)(uintptr_t)map_get(&s->counts, place);
	if (!at) {
		if (s->count_n == s->count_cap) {
			s->count_cap = s->count_cap ? 2 * s->count_cap : 256;
			s->n = mem_realloc(s->n, s->count_cap * sizeof *s->n);
		}
		s->n[s->count_n++] = 0;
		at = s->count_n;
		map_put(&s->counts, place, (void *)(uintptr_t)at);
	}
	s->n[at - 1] += n;
}

static struct slice cut(struct slice s)
{
	return slice_of(s.n ? s.p : "", s.n < LIMIT_RECORD_TEXT ? s.n : LIMIT_RECORD_TEXT);
}

static void widen(uint32_t *start, uint32_t step)
{
	*start -= *start % step;
}

static void add(struct stats_sums *s, uint32_t minute, enum stats_of of, struct slice key, struct slice under, int64_t n)
{
	char bytes[PLACE_MAX];
	key = cut(key);
	under = cut(under);
	struct place_head h = { .start = minute, .step = STATS_MINUTE, .of = (uint16_t)of, .key_n = (uint16_t)key.n };
	if (of == STATS_GRANT) { /* only searched for */
		h.step = STATS_HOUR;
		widen(&h.start, STATS_HOUR);
	}
	memcpy(bytes, &h, sizeof h);
	memcpy(bytes + sizeof h, key.p, key.n);
	memcpy(bytes + sizeof h + key.n, under.p, under.n);
	add_at(s, slice_of(bytes, sizeof h + key.n + under.n), n);
}

/* The minute of its id. */
static uint32_t minute_of(const struct audit_record *r)
{
	unsigned char id[AUDIT_ID_SIZE];
	uint64_t ms = 0;
	if (!audit_id_read(slice_str(r->id), id))
		return 0;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id[i];
	uint64_t s = ms / 1000;
	return s < UINT32_MAX ? (uint32_t)(s - s % STATS_MINUTE) : 0;
}

static bool is_call(const struct audit_record *r)
{
	return !slice_starts(r->method, SLICE_LIT("approvals/"));
}

static void add_ends(struct stats_sums *s, const struct audit_record *r, uint32_t minute, enum audit_outcome outcome, int64_t n)
{
	char ends[48], *at = stpcpy(ends, audit_decision_name(r->decision));
	*at++ = ' ';
	stpcpy(at, audit_outcome_name(outcome));
	add(s, minute, STATS_ENDS, slice_str(ends), slice_of("", 0), n);
	add(s, minute, STATS_SERVER, r->server, slice_str(ends), n);
}

static void add_time_of(struct stats_sums *s, uint32_t start, uint32_t step, struct slice server, const struct audit_record *r)
{
	char bytes[LIMIT_RECORD_TEXT + 8];
	uint32_t head[2] = { start, step };
	server = cut(server);
	memcpy(bytes, head, sizeof head);
	memcpy(bytes + sizeof head, server.p, server.n);
	struct slice place = slice_of(bytes, sizeof head + server.n);
	struct stats_pair *p = map_get(&s->times, place);
	if (!p) {
		p = mem_zalloc(sizeof *p);
		map_put(&s->times, place, p);
	}
	p->whole[stats_slot(r->duration_us)]++;
	p->gate[stats_slot(r->duration_us > r->upstream_us ? r->duration_us - r->upstream_us : 0)]++;
}

static void add_times(struct stats_sums *s, uint32_t minute, const struct audit_record *r)
{
	if (r->outcome == AUDIT_PENDING || r->outcome == AUDIT_REFUSED || !r->duration_us)
		return;
	add_time_of(s, minute, STATS_MINUTE, slice_of("", 0), r);
	widen(&minute, STATS_HOUR);
	if (r->server.n)
		add_time_of(s, minute, STATS_HOUR, r->server, r);
}

/* What is no call counts nothing, and is found all the same. */
void stats_sums_add(struct stats_sums *s, const struct audit_record *r)
{
	uint32_t minute = minute_of(r);
	int64_t n = is_call(r);
	add_ends(s, r, minute, r->outcome, n);
	if (audit_is_of_tool(r))
		add(s, minute, STATS_TOOL, r->target, r->server, n);
	if (r->grant_label.n)
		add(s, minute, STATS_LABEL, r->grant_label, r->server, n);
	if (r->grant_id.n)
		add(s, minute, STATS_GRANT, r->grant_id, slice_of("", 0), n);
	if (r->rule.n)
		add(s, minute, STATS_RULE, r->rule, r->server, n);
	if (n)
		add_times(s, minute, r);
}

void stats_sums_end(struct stats_sums *s, const struct audit_record *r)
{
	uint32_t minute = minute_of(r);
	if (!is_call(r) || r->outcome == AUDIT_PENDING)
		return;
	add_ends(s, r, minute, AUDIT_PENDING, -1);
	add_ends(s, r, minute, r->outcome, 1);
	add_times(s, minute, r);
}

/* The same counts by a longer step. */
static void roll(const struct stats_sums *from, struct stats_sums *to, uint32_t step)
{
	char bytes[PLACE_MAX];
	struct slice place;
	void *v;
	for (size_t at = 0; map_next(&from->counts, &at, &place, &v);) {
		struct place_head h;
		memcpy(bytes, place.p, place.n);
		memcpy(&h, bytes, sizeof h);
		if (h.step >= step)
			continue;
		widen(&h.start, step);
		h.step = step;
		memcpy(bytes, &h, sizeof h);
		add_at(to, slice_of(bytes, place.n), from->n[(size_t)(uintptr_t)v - 1]);
	}
	for (size_t at = 0; map_next(&from->times, &at, &place, &v);) {
		const struct stats_pair *p = v;
		uint32_t head[2];
		memcpy(bytes, place.p, place.n);
		memcpy(head, bytes, sizeof head);
		if (head[1] >= step)
			continue;
		widen(&head[0], step);
		head[1] = step;
		memcpy(bytes, head, sizeof head);
		struct stats_pair *sum = map_get(&to->times, slice_of(bytes, place.n));
		if (!sum) {
			sum = mem_zalloc(sizeof *sum);
			map_put(&to->times, slice_of(bytes, place.n), sum);
		}
		for (unsigned i = 0; i < STATS_SLOTS; i++) {
			sum->whole[i] += p->whole[i];
			sum->gate[i] += p->gate[i];
		}
	}
}

static bool put_counts(const struct stats_sums *s, struct db *d, struct err *e)
{
	struct stmt put = stmt_new(d, "INSERT INTO stats VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n");
	struct slice place;
	void *v;
	bool ok = true;
	for (size_t at = 0; ok && map_next(&s->counts, &at, &place, &v);) {
		struct place_head h;
		memcpy(&h, place.p, sizeof h);
		const char *key = place.p + sizeof h;
		stmt_int(&put, h.step);
		stmt_int(&put, h.of);
		stmt_int(&put, h.start);
		stmt_slice(&put, slice_of(key, h.key_n));
		stmt_slice(&put, slice_of(key + h.key_n, place.n - sizeof h - h.key_n));
		stmt_int(&put, s->n[(size_t)(uintptr_t)v - 1]);
		ok = stmt_run(&put, e);
	}
	stmt_release(&put);
	return ok;
}

static void unpack(struct slice bytes, uint32_t n[STATS_SLOTS])
{
	for (size_t i = 0; i + 5 <= bytes.n; i += 5) {
		const unsigned char *p = (const unsigned char *)bytes.p + i;
		uint32_t v = (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 24;
		n[p[0]] = n[p[0]] > UINT32_MAX - v ? UINT32_MAX : n[p[0]] + v;
	}
}

static size_t pack(const uint32_t n[STATS_SLOTS], unsigned char out[5 * STATS_SLOTS])
{
	size_t at = 0;
	for (unsigned i = 0; i < STATS_SLOTS; i++) {
		if (!n[i])
			continue;
		out[at++] = (unsigned char)i;
		for (unsigned k = 0; k < 4; k++)
			out[at++] = (unsigned char)(n[i] >> (8 * k));
	}
	return at;
}

static bool put_time(struct stmt *get, struct stmt *put, struct slice place, const struct stats_pair *add_it, struct err *e)
{
	unsigned char whole[5 * STATS_SLOTS], gate[5 * STATS_SLOTS];
	struct stats_pair sum = *add_it;
	struct slice server = slice_of(place.p + 8, place.n - 8);
	uint32_t head[2];
	memcpy(head, place.p, sizeof head);
	stmt_int(get, head[1]);
	stmt_int(get, head[0]);
	stmt_slice(get, server);
	enum stmt_result r = stmt_step(get, e);
	if (r == STMT_ROW) {
		unpack(stmt_col(get, 0), sum.whole);
		unpack(stmt_col(get, 1), sum.gate);
	}
	stmt_reset(get);
	if (r == STMT_FAILED)
		return false;
	stmt_int(put, head[1]);
	stmt_int(put, head[0]);
	stmt_slice(put, server);
	stmt_blob(put, whole, pack(sum.whole, whole));
	stmt_blob(put, gate, pack(sum.gate, gate));
	return stmt_run(put, e);
}

static bool put_times(const struct stats_sums *s, struct db *d, struct err *e)
{
	struct stmt get = stmt_new(d, "SELECT whole, gate FROM stats_times WHERE step = ? AND start = ? AND server = ?");
	struct stmt put = stmt_new(d, "INSERT INTO stats_times VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
	                              "whole = excluded.whole, gate = excluded.gate");
	struct slice place;
	void *v;
	bool ok = true;
	for (size_t at = 0; ok && map_next(&s->times, &at, &place, &v);)
		ok = put_time(&get, &put, place, v, e);
	stmt_release(&get);
	stmt_release(&put);
	return ok;
}

bool stats_sums_apply(struct stats_sums *s, struct db *d, struct err *e)
{
	static const uint32_t longer[] = { STATS_HOUR, STATS_DAY };
	bool ok = put_counts(s, d, e) && put_times(s, d, e);
	for (size_t i = 0; ok && i < ARRAY_LEN(longer); i++) {
		struct stats_sums sums;
		stats_sums_init(&sums);
		roll(s, &sums, longer[i]);
		ok = put_counts(&sums, d, e) && put_times(&sums, d, e);
		stats_sums_release(&sums);
	}
	return ok;
}
