/* Amounts stand in two columns: whole units and 10^-9 of one, both exact. */
#include "store/counters.h"
#include "base/check.h"
#include "store/inside.h"

/* A clock that was set forward by mistake and back again must not forget counters. */
#define FORGET_AFTER_US (3600 * (int64_t)1000000)
#define INDEX_KEY (QUOTA_KEY_SIZE + sizeof(int64_t))

void counter_sums_init(struct counter_sums *s)
{
	memset(s, 0, sizeof *s);
	map_init(&s->index);
}

void counter_sums_release(struct counter_sums *s)
{
	map_release(&s->index);
	free(s->v);
	s->v = NULL;
	s->n = s->cap = 0;
}

void counter_sums_clear(struct counter_sums *s)
{
	map_release(&s->index);
	map_init(&s->index);
	s->n = 0;
}

static struct quota_claim *find_sum(struct counter_sums *s, const struct quota_claim *c)
{
	char bytes[INDEX_KEY];
	const struct slice key = { bytes, sizeof bytes };
	memcpy(bytes, c->key, QUOTA_KEY_SIZE);
	memcpy(bytes + QUOTA_KEY_SIZE, &c->window_start_us, sizeof c->window_start_us);
	size_t place = (size_t)(uintptr_t)map_get(&s->index, key);
	if (place)
		return &s->v[place - 1];
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->v = mem_realloc(s->v, s->cap * sizeof *s->v);
	}
	s->v[s->n] = *c;
	s->v[s->n].amount = 0;
	map_put(&s->index, key, (void *)(uintptr_t)++s->n);
	return &s->v[s->n - 1];
}

void counter_sums_add(struct counter_sums *s, const struct quota_claim *claims, size_t n,
                      enum counter_sign sign)
{
	for (size_t i = 0; i < n; i++) {
		struct quota_claim *sum = find_sum(s, &claims[i]);
		sum->amount += sign == COUNTER_TAKE ? claims[i].amount : -claims[i].amount;
	}
}

static bool read_used(struct stmt *get, const struct quota_claim *c, quota_amount *used, struct err *e)
{
	stmt_blob(get, c->key, QUOTA_KEY_SIZE);
	stmt_int(get, c->window_start_us);
	enum stmt_result r = stmt_step(get, e);
	*used = 0;
	if (r == STMT_ROW)
		*used = (quota_amount)stmt_col_int(get, 0) * QUOTA_ONE + stmt_col_int(get, 1);
	stmt_reset(get);
	return r != STMT_FAILED;
}

static bool write_used(struct stmt *put, const struct quota_claim *c, quota_amount used, struct err *e)
{
	const quota_amount most = (quota_amount)INT64_MAX * QUOTA_ONE;
	if (used < 0)
		used = 0;
	if (used > most)
		used = most;
	stmt_blob(put, c->key, QUOTA_KEY_SIZE);
	stmt_int(put, c->window_start_us);
	stmt_int(put, c->window_end_us);
	stmt_int(put, (int64_t)(used / QUOTA_ONE));
	stmt_int(put, (int64_t)(used % QUOTA_ONE));
	stmt_int(put, (int64_t)c->kind);
	return stmt_run(put, e);
}

bool counter_sums_apply(const struct counter_sums *s, struct db *d, int64_t now_us, struct err *e)
{
	bool ok = true;
	struct stmt get = stmt_new(d, "SELECT used_whole, used_nano FROM counters WHERE key = ? AND "
	                              "window_start_us = ?");
	struct stmt put = stmt_new(d, "INSERT INTO counters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
	                              "used_whole = excluded.used_whole, used_nano = excluded.used_nano");
	for (size_t i = 0; ok && i < s->n; i++) {
		const struct quota_claim *c = &s->v[i];
		quota_amount used;
		ok = read_used(&get, c, &used, e) && write_used(&put, c, used + c->amount, e);
	}
	stmt_release(&get);
	stmt_release(&put);
	if (!ok)
		return false;
	struct stmt forget = stmt_new(d, "DELETE FROM counters WHERE window_end_us < ?");
	stmt_int(&forget, now_us - FORGET_AFTER_US);
	return stmt_finish(&forget, e);
}

bool store_restore_counters(struct store *s, struct quota *q, int64_t now_us, struct err *e)
{
	enum stmt_result r;
	struct stmt get = stmt_new(&s->db, "SELECT key, window_start_us, window_end_us, used_whole, used_nano, kind "
	                                   "FROM counters WHERE window_end_us > ?");
	stmt_int(&get, now_us - FORGET_AFTER_US);
	while ((r = stmt_step(&get, e)) == STMT_ROW) {
		struct slice key = stmt_col(&get, 0);
		if (key.n != QUOTA_KEY_SIZE)
			continue;
		enum quota_kind kind = stmt_col_int(&get, 5) ? QUOTA_SLIDING : QUOTA_FIXED;
		quota_restore(q, kind, (const unsigned char *)key.p, stmt_col_int(&get, 1), stmt_col_int(&get, 2),
		              (quota_amount)stmt_col_int(&get, 3) * QUOTA_ONE + stmt_col_int(&get, 4));
	}
	stmt_release(&get);
	return r != STMT_FAILED;
}
