/* What webhooks are still to be told: a queue in the database, so that a restart loses none. */
#include "approval/inside.h"

bool approval_db_notice_add(struct approval_db *db, const char *id, const char *event, int64_t now_us, struct err *e)
{
	const struct sql_value p[] = { SQL_S(id), SQL_S(event), SQL_I(now_us) };
	return !db->has_webhook ||
	       sql_run(db->sql,
	               "INSERT INTO approval_notices (approval, event, state, attempts, next_us, done_us, error) "
	               "VALUES ($1, $2, 'waiting', 0, $3, 0, '')",
	               p, 3, NULL, NULL, e);
}

bool approval_db_notices(struct approval_db *db, struct approval *a, struct arena *arena, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value p[] = { SQL_S(a->id) };
	if (!sql_run(db->sql,
	             "SELECT event, state, attempts, CASE state WHEN 'waiting' THEN next_us ELSE 0 END, error "
	             "FROM approval_notices WHERE approval = $1 ORDER BY seq",
	             p, 1, arena, &rows, e))
		return false;
	struct approval_notice *v = arena_alloc(arena, (rows.n + 1) * sizeof *v);
	if (!v)
		return approval_full(e);
	for (size_t i = 0; i < rows.n; i++)
		v[i] = (struct approval_notice){ sql_str(&rows, i, 0), sql_str(&rows, i, 1), sql_int(&rows, i, 2),
			                         sql_int(&rows, i, 3), sql_str(&rows, i, 4) };
	a->notices = v;
	a->notice_n = rows.n;
	return true;
}

/* One statement: of two gates, one has it. It is due again when its lease ends, should this one die. */
bool approval_db_notice_take(struct approval_db *db, int64_t now_us, int64_t lease_us, struct arena *a,
                             struct approval_due *out, bool *is_there, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value p[] = { SQL_I(now_us), SQL_I(now_us + lease_us) };
	*is_there = false;
	if (!sql_run(db->sql, "SELECT 1 FROM approval_notices WHERE state = 'waiting' AND next_us <= $1 LIMIT 1", p, 1, a, &rows,
	             e))
		return false;
	if (!rows.n)
		return true;
	if (!sql_run(db->sql,
	             "UPDATE approval_notices SET attempts = attempts + 1, next_us = $2 WHERE seq = (SELECT seq FROM "
	             "approval_notices WHERE state = 'waiting' AND next_us <= $1 ORDER BY next_us, seq LIMIT 1) "
	             "AND state = 'waiting' AND next_us <= $1 RETURNING seq, attempts, event, approval",
	             p, 2, a, &rows, e))
		return false;
	if (!rows.n)
		return true;
	*is_there = true;
	out->seq = sql_int(&rows, 0, 0);
	out->attempts = sql_int(&rows, 0, 1);
	out->event = sql_str(&rows, 0, 2);
	return approval_db_get(db, sql_str(&rows, 0, 3), now_us, a, &out->approval, e);
}

bool approval_db_notice_done(struct approval_db *db, int64_t seq, const char *error, int64_t next_us, int64_t now_us,
                             struct err *e)
{
	const char *state = !error ? "delivered" : next_us ? "waiting" : "failed";
	const struct sql_value p[] = { SQL_I(seq), SQL_S(state), SQL_S(error ? error : ""), SQL_I(next_us), SQL_I(now_us) };
	return sql_run(db->sql, "UPDATE approval_notices SET state = $2, error = $3, next_us = $4, done_us = $5 WHERE seq = $1",
	               p, 5, NULL, NULL, e);
}
