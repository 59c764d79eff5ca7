/* What people said: one vote for each person, none by the one who asks. */
#include "approval/inside.h"
#include "base/check.h"
#include "base/limits.h"

bool approval_db_votes_of(struct approval_db *db, struct approval *a, struct arena *arena, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value p[] = { SQL_S(a->id) };
	if (!sql_run(db->sql,
	             "SELECT person, subject, time_us, yes, note FROM approval_votes WHERE approval = $1 ORDER BY time_us",
	             p, 1, arena, &rows, e))
		return false;
	struct approval_vote *v = arena_alloc(arena, (rows.n + 1) * sizeof *v);
	if (!v)
		return approval_full(e);
	for (size_t i = 0; i < rows.n; i++)
		v[i] = (struct approval_vote){ sql_str(&rows, i, 0), sql_str(&rows, i, 1), sql_int(&rows, i, 2),
			                       sql_int(&rows, i, 3) == 1, sql_str(&rows, i, 4) };
	a->votes = v;
	a->vote_n = rows.n;
	return true;
}

/* Who a person is does not depend on how it is spelt. */
static void fold(const char *text, char *out, size_t size)
{
	size_t n = 0;
	for (; text[n] && n + 1 < size; n++)
		out[n] = text[n] >= 'A' && text[n] <= 'Z' ? (char)(text[n] + 32) : text[n];
	out[n] = '\0';
}

static bool is_own(const struct approval_vote *vote, struct slice subject)
{
	const char *name = strncmp(vote->person, "unix:", 5) == 0 ? vote->person + 5 : vote->person;
	return subject.n && (slice_ieq(subject, slice_str(vote->subject)) || slice_ieq(subject, slice_str(vote->person)) ||
	                     slice_ieq(subject, slice_str(name)));
}

static bool decide(struct approval_db *db, const char *id, const char *state, int64_t now_us, struct err *e)
{
	const struct sql_value p[] = { SQL_S(id), SQL_S(state), SQL_I(now_us) };
	return sql_run(db->sql, "UPDATE approvals SET state = $2, decided_us = $3 WHERE id = $1", p, 3, NULL, NULL, e) &&
	       approval_db_notice_add(db, id, state, now_us, e);
}

static bool count_yes(struct approval_db *db, const char *id, struct arena *a, int64_t *n, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value p[] = { SQL_S(id) };
	if (!sql_run(db->sql, "SELECT count(*) FROM approval_votes WHERE approval = $1 AND yes = 1", p, 1, a, &rows, e))
		return false;
	*n = rows.n ? sql_int(&rows, 0, 0) : 0;
	return true;
}

/* The request is locked: nobody decides it meanwhile. */
static enum approval_verdict count(struct approval_db *db, const char *id, const struct approval_vote *vote,
                                   int64_t quorum, int64_t now_us, struct arena *a, struct err *e)
{
	char subject[1024];
	struct sql_rows rows;
	int64_t yes = 0;
	fold(vote->subject, subject, sizeof subject);
	const struct sql_value p[] = { SQL_S(id), SQL_S(subject), SQL_S(vote->person), SQL_I(vote->is_yes),
		                       SQL_S(vote->note), SQL_I(now_us) };
	if (!sql_run(db->sql,
	             "INSERT INTO approval_votes (approval, subject, person, yes, note, time_us, is_recorded) "
	             "VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING RETURNING subject",
	             p, 6, a, &rows, e))
		return APPROVAL_VOTE_FAILED;
	if (!rows.n)
		return APPROVAL_VOTE_AGAIN;
	if (!vote->is_yes)
		return decide(db, id, "denied", now_us, e) ? APPROVAL_VOTE_COUNTED : APPROVAL_VOTE_FAILED;
	if (!count_yes(db, id, a, &yes, e) || (yes >= quorum && !decide(db, id, "approved", now_us, e)))
		return APPROVAL_VOTE_FAILED;
	return APPROVAL_VOTE_COUNTED;
}

static enum approval_verdict cast(struct approval_db *db, const char *id, const struct approval_vote *vote,
                                  int64_t now_us, struct arena *a, struct err *e)
{
	struct sql_rows rows, known;
	const struct sql_value p[] = { SQL_S(id), SQL_I(now_us) };
	/* Changes the row so that every database locks it until the end of the transaction. */
	if (!sql_run(db->sql,
	             "UPDATE approvals SET touched = touched + 1 WHERE id = $1 AND state = 'pending' AND expires_us > $2 "
	             "RETURNING subject, quorum",
	             p, 2, a, &rows, e))
		return APPROVAL_VOTE_FAILED;
	if (rows.n)
		return is_own(vote, sql_text(&rows, 0, 0))
		               ? APPROVAL_VOTE_OWN
		               : count(db, id, vote, sql_int(&rows, 0, 1), now_us, a, e);
	if (!sql_run(db->sql, "SELECT state FROM approvals WHERE id = $1", p, 1, a, &known, e))
		return APPROVAL_VOTE_FAILED;
	return known.n ? APPROVAL_VOTE_CLOSED : APPROVAL_VOTE_UNKNOWN;
}

static bool check_note(const char *note, struct err *e)
{
	if (strlen(note) > LIMIT_APPROVAL_NOTE)
		return err_set(e, ERR_LIMIT, "the note is longer than %d bytes", LIMIT_APPROVAL_NOTE);
	for (const char *c = note; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(e, ERR_INPUT, "the note has a control character");
	return true;
}

enum approval_verdict approval_db_vote(struct approval_db *db, const char *id, const struct approval_vote *vote,
                                       int64_t now_us, struct arena *a, struct approval *out, struct err *e)
{
	BUG_ON(!vote->subject[0] || !vote->person[0]);
	if (!check_note(vote->note, e) || !sql_begin(db->sql, e))
		return APPROVAL_VOTE_FAILED;
	enum approval_verdict verdict = cast(db, id, vote, now_us, a, e);
	struct err why = { 0 };
	bool is_counted = verdict == APPROVAL_VOTE_COUNTED;
	if (!sql_end(db->sql, is_counted, is_counted ? e : &why) && is_counted)
		return APPROVAL_VOTE_FAILED;
	if (verdict != APPROVAL_VOTE_FAILED && !approval_db_get(db, id, now_us, a, out, e))
		return APPROVAL_VOTE_FAILED;
	return verdict;
}

bool approval_db_take_votes(struct approval_db *db, struct arena *a, struct approval_unrecorded **v, size_t *n,
                            struct err *e)
{
	struct sql_rows rows;
	*n = 0;
	/* Mostly there are none, and nobody is kept waiting by a lock. */
	if (!sql_run(db->sql, "SELECT 1 FROM approval_votes WHERE is_recorded = 0 LIMIT 1", NULL, 0, a, &rows, e))
		return false;
	if (!rows.n)
		return true;
	if (!sql_run(db->sql,
	             "UPDATE approval_votes SET is_recorded = 1 WHERE is_recorded = 0 "
	             "RETURNING approval, person, subject, time_us, yes, note",
	             NULL, 0, a, &rows, e))
		return false;
	*v = arena_zalloc(a, (rows.n + 1) * sizeof **v);
	if (!*v)
		return approval_full(e);
	for (size_t i = 0; i < rows.n; i++) {
		struct approval *found;
		size_t found_n = 0;
		const struct sql_value p[] = { SQL_T(sql_text(&rows, i, 0)) };
		if (!approval_db_select(db, "WHERE a.id = $1", p, 1, 0, a, &found, &found_n, e))
			return false;
		if (!found_n)
			continue;
		(*v)[*n].approval = found[0];
		(*v)[(*n)++].vote = (struct approval_vote){ sql_str(&rows, i, 1), sql_str(&rows, i, 2), sql_int(&rows, i, 3),
			                                    sql_int(&rows, i, 4) == 1, sql_str(&rows, i, 5) };
	}
	return true;
}
