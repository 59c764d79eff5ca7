/* What is done to the counts at rest: they are deleted by age, made of older records, and their greatest are found. */
#include "base/limits.h"
#include "store/row.h"
#include "store/stats_sums.h"
#include <stdio.h>

static bool forget_step(struct db *d, const char *sql, int64_t step, int64_t before_s, int64_t *n, struct err *e)
{
	struct stmt q = stmt_new(d, sql);
	stmt_int(&q, step);
	stmt_int(&q, before_s - step);
	stmt_int(&q, LIMIT_STATS_FORGET);
	if (!stmt_finish(&q, e))
		return false;
	*n += sqlite3_changes64(d->h);
	return true;
}

bool stats_forget(struct db *d, int64_t before_us, int64_t *n, struct err *e)
{
	static const int64_t steps[] = { STATS_MINUTE, STATS_HOUR, STATS_DAY };
	bool ok = true;
	*n = 0;
	for (size_t i = 0; ok && i < ARRAY_LEN(steps); i++)
		for (int of = STATS_ENDS; ok && of <= STATS_RULE; of++) {
			char sql[256];
			snprintf(sql, sizeof sql,
				 "DELETE FROM stats WHERE (step, of, start, key, under) IN (SELECT step, of, start, key, under "
				 "FROM stats WHERE step = ? AND of = %d AND start <= ? LIMIT ?)", of);
			ok = forget_step(d, sql, steps[i], before_us / 1000000, n, e);
		}
	for (size_t i = 0; ok && i < ARRAY_LEN(steps); i++)
		ok = forget_step(d, "DELETE FROM stats_times WHERE (step, start, server) IN (SELECT step, start, server "
		                    "FROM stats_times WHERE step = ? AND start <= ? LIMIT ?)", steps[i], before_us / 1000000, n, e);
	static const char *const tops[] = { "DELETE FROM stats_top WHERE start < ?", "DELETE FROM stats_topped WHERE start < ?" };
	for (size_t i = 0; ok && i < ARRAY_LEN(tops); i++) {
		struct stmt q = stmt_new(d, tops[i]);
		stmt_int(&q, before_us / 1000000 - STATS_DAY);
		ok = stmt_finish(&q, e);
	}
	return ok;
}

/* A day, and hours. */
#define STEPS_AT_ONCE 12

#define MAKE_TOP                                                                                              \
	"INSERT OR REPLACE INTO stats_top SELECT step, of, start, key, under, n FROM stats WHERE step = ? AND of = ? AND " \
	"start = ? AND n > 0 ORDER BY n DESC LIMIT ?"

static bool make_top(struct db *d, int64_t step, int64_t start, struct err *e)
{
	static const enum stats_of all[] = { STATS_SERVER, STATS_TOOL, STATS_LABEL, STATS_RULE };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct stmt q = stmt_new(d, MAKE_TOP);
		stmt_int(&q, step);
		stmt_int(&q, all[i]);
		stmt_int(&q, start);
		stmt_int(&q, LIMIT_STATS_TOPS);
		if (!stmt_finish(&q, e))
			return false;
	}
	struct stmt q = stmt_new(d, "INSERT OR IGNORE INTO stats_topped VALUES (?, ?)");
	stmt_int(&q, step);
	stmt_int(&q, start);
	return stmt_finish(&q, e);
}

/* 0: there is none. Counts may still come for a while after an hour: of calls that waited. */
static bool find_untopped(struct db *d, int64_t step, int64_t now_s, int64_t *start, struct err *e)
{
	struct stmt q = stmt_new(d, "SELECT start FROM stats s WHERE step = ?1 AND of = 1 AND start < ?2 AND NOT EXISTS (SELECT 1 FROM "
	                            "stats_topped t WHERE t.step = ?1 AND t.start = s.start) ORDER BY start DESC LIMIT 1");
	stmt_int(&q, step);
	stmt_int(&q, now_s - step - STATS_HOUR);
	enum stmt_result r = stmt_step(&q, e);
	*start = r == STMT_ROW ? stmt_col_int(&q, 0) : 0;
	stmt_release(&q);
	return r != STMT_FAILED;
}

bool stats_make_tops(struct db *d, int64_t now_s, bool *has_more, struct err *e)
{
	int64_t uncounted = 0, start;
	*has_more = false;
	if (!db_begin(d, e))
		return false;
	bool ok = stats_uncounted(d, &uncounted, e);
	for (size_t i = 0; ok && !uncounted && i < STEPS_AT_ONCE; i++) {
		int64_t step = i ? STATS_HOUR : STATS_DAY;
		ok = find_untopped(d, step, now_s, &start, e);
		if (ok && start) {
			ok = make_top(d, step, start, e);
			*has_more = true;
		}
	}
	return db_end(d, ok, e);
}

bool stats_lacks_tops(struct db *d, int64_t now_s, bool *lacks, struct err *e)
{
	int64_t start;
	if (!find_untopped(d, STATS_HOUR, now_s, &start, e))
		return false;
	*lacks = start != 0;
	return true;
}

bool stats_uncounted(struct db *d, int64_t *seq, struct err *e)
{
	return db_int(d, "SELECT seq FROM stats_past", seq, e);
}

#define PAST_QUERY                                                                                                    \
	"SELECT r.seq, r.id, r.time_us, r.grant_id, r.grant_label, r.subject, r.session, r.server, r.method, r.target, " \
	"r.rule, r.decision, coalesce(o.outcome, r.outcome), coalesce(o.duration_us, r.duration_us), "                \
	"coalesce(o.upstream_us, r.upstream_us) FROM records r LEFT JOIN outcomes o ON r.outcome = 0 AND o.id = r.id " \
	"WHERE r.seq <= ? ORDER BY r.seq DESC LIMIT ?"

static bool take_past(struct stats_sums *s, struct stmt *q)
{
	struct audit_record r = { 0 };
	struct slice id = stmt_col(q, 1);
	int64_t decision = stmt_col_int(q, 11), outcome = stmt_col_int(q, 12);
	if (id.n != AUDIT_ID_SIZE || decision < 0 || decision > AUDIT_ALLOW || outcome < 0 || outcome > AUDIT_REFUSED)
		return false; /* damaged: `audit verify` finds it, counts leave it out */
	audit_id_text((const unsigned char *)id.p, r.id);
	r.grant_id = stmt_col(q, 3);
	r.grant_label = stmt_col(q, 4);
	r.server = stmt_col(q, 7);
	r.method = stmt_col(q, 8);
	r.target = stmt_col(q, 9);
	r.rule = stmt_col(q, 10);
	r.decision = (enum audit_decision)decision;
	r.outcome = (enum audit_outcome)outcome;
	r.duration_us = (uint64_t)stmt_col_int(q, 13);
	r.upstream_us = (uint64_t)stmt_col_int(q, 14);
	stats_sums_add(s, &r);
	return true;
}

bool stats_count_past(struct stats_sums *s, struct db *d, bool *has_more, struct err *e)
{
	int64_t seq = 0, n = 0;
	enum stmt_result r = STMT_DONE;
	*has_more = false;
	if (!db_begin(d, e))
		return false;
	bool ok = stats_uncounted(d, &seq, e);
	stats_sums_clear(s);
	struct stmt q = stmt_new(d, PAST_QUERY);
	stmt_int(&q, seq);
	stmt_int(&q, LIMIT_STATS_PAST);
	while (ok && seq && (r = stmt_step(&q, e)) == STMT_ROW) {
		seq = stmt_col_int(&q, 0) - 1;
		take_past(s, &q);
		n++;
	}
	stmt_release(&q);
	ok = ok && r != STMT_FAILED && stats_sums_apply(s, d, e);
	struct stmt put = stmt_new(d, "UPDATE stats_past SET seq = ?");
	stmt_int(&put, n == LIMIT_STATS_PAST ? seq : 0);
	ok = stmt_finish(&put, e) && ok;
	ok = db_end(d, ok, e);
	*has_more = ok && n == LIMIT_STATS_PAST && seq > 0;
	return ok;
}
