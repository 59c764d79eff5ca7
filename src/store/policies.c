/* Policies: a name, its versions, and which of them is current. Nothing is ever overwritten. */
#include "base/clock.h"
#include "base/limits.h"
#include "store/inside.h"

#define ALL_NAMES "SELECT name FROM policies"
/* Text stands last, so that lists can leave it out. */
#define COLUMNS                                                                                    \
	"SELECT v.policy, v.version, v.version = p.current, v.author, v.note, v.created_us, %s "       \
	"FROM policy_versions v JOIN policies p ON p.name = v.policy "
#define WITHOUT_TEXT "''"

static bool read_policy(struct stmt *q, struct arena *a, struct store_policy *out)
{
	bool full = false;
	out->name = stmt_col_text(q, 0, a, &full);
	out->version = stmt_col_int(q, 1);
	out->is_current = stmt_col_int(q, 2) == 1;
	out->author = stmt_col_text(q, 3, a, &full);
	out->note = stmt_col_text(q, 4, a, &full);
	out->created_us = stmt_col_int(q, 5);
	const char *text = stmt_col_text(q, 6, a, &full);
	out->text = slice_of(text, stmt_col(q, 6).n);
	return !full;
}

static bool read_list(struct stmt *q, struct arena *a, struct store_policy **v, size_t *n, struct err *e)
{
	enum stmt_result r;
	bool full = false;
	*v = NULL;
	*n = 0;
	while ((r = stmt_step(q, e)) == STMT_ROW && !full) {
		struct store_policy *grown = store_grow(a, *v, *n, sizeof **v);
		full = !grown || !read_policy(q, a, &grown[*n]);
		if (!full) {
			*v = grown;
			(*n)++;
		}
	}
	stmt_release(q);
	return full ? store_full(e) : r != STMT_FAILED;
}

bool store_policies(struct store *s, struct arena *a, struct store_policy **v, size_t *n, struct err *e)
{
	char sql[512];
	snprintf(sql, sizeof sql, COLUMNS "WHERE v.version = p.current ORDER BY v.policy", WITHOUT_TEXT);
	struct stmt q = stmt_new(&s->db, sql);
	return read_list(&q, a, v, n, e);
}

bool store_policy_history(struct store *s, const char *name, struct arena *a, struct store_policy **v,
                          size_t *n, struct err *e)
{
	char sql[512];
	snprintf(sql, sizeof sql, COLUMNS "WHERE v.policy = ? ORDER BY v.version DESC", WITHOUT_TEXT);
	struct stmt q = stmt_new(&s->db, sql);
	stmt_text(&q, name);
	if (!read_list(&q, a, v, n, e))
		return false;
	return *n > 0 || store_unknown(s, "policy", name, ALL_NAMES, e);
}

/* An unknown version of a known policy has an error of its own. */
static bool no_version(struct store *s, const char *name, int64_t version, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT max(version) FROM policy_versions WHERE policy = ?");
	stmt_text(&q, name);
	enum stmt_result r = stmt_step(&q, e);
	int64_t newest = r == STMT_ROW ? stmt_col_int(&q, 0) : 0;
	stmt_release(&q);
	if (r == STMT_FAILED)
		return false;
	if (newest == 0)
		return store_unknown(s, "policy", name, ALL_NAMES, e);
	return err_set(e, ERR_INPUT, "policy '%s' has no version %lld; the newest is %lld", name,
	               (long long)version, (long long)newest);
}

bool store_policy_get(struct store *s, const char *name, int64_t version, struct arena *a,
                      struct store_policy *out, struct err *e)
{
	char sql[512];
	struct store_policy *v;
	size_t n;
	snprintf(sql, sizeof sql, COLUMNS "WHERE v.policy = ?1 AND v.version = iif(?2, ?2, p.current)", "v.text");
	struct stmt q = stmt_new(&s->db, sql);
	stmt_text(&q, name);
	stmt_int(&q, version);
	if (!read_list(&q, a, &v, &n, e))
		return false;
	if (n == 0)
		return no_version(s, name, version, e);
	*out = v[0];
	return true;
}

/* The newest number, the current one, and whether that has the same text. 0 and 0: a new policy. */
static bool look_up(struct store *s, const char *name, struct slice text, int64_t *newest, int64_t *current,
                    bool *is_same, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT (SELECT max(version) FROM policy_versions WHERE policy = p.name), "
	                                 "p.current, v.text = ? FROM policies p JOIN policy_versions v "
	                                 "ON v.policy = p.name AND v.version = p.current WHERE p.name = ?");
	stmt_slice(&q, text);
	stmt_text(&q, name);
	enum stmt_result r = stmt_step(&q, e);
	*newest = r == STMT_ROW ? stmt_col_int(&q, 0) : 0;
	*current = r == STMT_ROW ? stmt_col_int(&q, 1) : 0;
	*is_same = r == STMT_ROW && stmt_col_int(&q, 2) == 1;
	stmt_release(&q);
	return r != STMT_FAILED;
}

static bool set_current(struct store *s, const char *name, int64_t version, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO policies VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
	                                 "current = excluded.current");
	stmt_text(&q, name);
	stmt_int(&q, version);
	return stmt_finish(&q, e);
}

static bool add_version(struct store *s, const char *name, int64_t version, struct slice text,
                        const char *author, const char *note, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO policy_versions VALUES (?, ?, ?, ?, ?, ?)");
	stmt_text(&q, name);
	stmt_int(&q, version);
	stmt_slice(&q, text);
	stmt_text(&q, author);
	stmt_text(&q, note);
	stmt_int(&q, clock_wall_us());
	return stmt_finish(&q, e);
}

/* over -1: whatever is current. */
static bool apply(struct store *s, const char *name, int64_t over, struct slice text, const char *author, const char *note,
                  int64_t *version, bool *is_stale, struct err *e)
{
	int64_t newest, current;
	bool is_same;
	*is_stale = false;
	author = author ? author : "";
	note = note ? note : "";
	if (!store_check_name("policy", name, e) || !store_check_text("author", author, LIMIT_NAME * 4, e) ||
	    !store_check_text("note", note, LIMIT_POLICY_NOTE, e))
		return false;
	if (text.n > LIMIT_POLICY_BYTES)
		return err_set(e, ERR_LIMIT, "policy '%s' is longer than %u bytes", name, LIMIT_POLICY_BYTES);
	if (!db_begin(&s->db, e))
		return false;
	bool ok = look_up(s, name, text, &newest, &current, &is_same, e);
	*is_stale = ok && over >= 0 && over != current;
	if (ok && !is_same && !*is_stale) {
		current = newest + 1;
		ok = set_current(s, name, current, e) &&
		     add_version(s, name, current, text, author, note, e);
	}
	if (!db_end(&s->db, ok, e))
		return false;
	*version = current;
	return true;
}

bool store_policy_apply(struct store *s, const char *name, struct slice text, const char *author,
                        const char *note, int64_t *version, struct err *e)
{
	bool is_stale;
	return apply(s, name, -1, text, author, note, version, &is_stale, e);
}

bool store_policy_apply_over(struct store *s, const char *name, int64_t over, struct slice text, const char *author,
                             const char *note, int64_t *version, bool *is_stale, struct err *e)
{
	return apply(s, name, over, text, author, note, version, is_stale, e);
}

bool store_policy_del(struct store *s, const char *name, struct err *e)
{
	int64_t used = 0;
	if (!db_begin(&s->db, e))
		return false;
	struct stmt q = stmt_new(&s->db, "SELECT count(*) FROM grant_bindings b JOIN grants g ON g.id = b.\"grant\" "
	                                 "WHERE b.policy = ? AND g.revoked_us = 0");
	stmt_text(&q, name);
	bool ok = stmt_step(&q, e) == STMT_ROW;
	used = ok ? stmt_col_int(&q, 0) : 0;
	stmt_release(&q);
	if (used > 0)
		ok = err_set(e, ERR_INPUT, "policy '%s' is used by grants (%lld times); give them another first", name,
		             (long long)used);
	if (ok) {
		/* What is left are grants that were revoked. */
		struct stmt unbind = stmt_new(&s->db, "UPDATE grant_bindings SET policy = NULL WHERE policy = ?");
		stmt_text(&unbind, name);
		ok = stmt_finish(&unbind, e);
	}
	if (ok) {
		struct stmt del = stmt_new(&s->db, "DELETE FROM policies WHERE name = ?");
		stmt_text(&del, name);
		ok = stmt_finish(&del, e) &&
		     (sqlite3_changes(s->db.h) == 1 || store_unknown(s, "policy", name, ALL_NAMES, e));
	}
	return db_end(&s->db, ok, e);
}
