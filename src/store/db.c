/* SQLite: how connections are opened, and its errors as ours. */
#include "store/db.h"
#include "base/check.h"

/* How long a writer waits for another process. Writers hold the lock for milliseconds. */
#define BUSY_MS 10000
#define RETRY_MS 10

bool db_fail(struct db *d, const char *what, struct err *e)
{
	int code = sqlite3_extended_errcode(d->h);
	const char *text = sqlite3_errmsg(d->h);
	if (code == SQLITE_FULL || (code & 0xff) == SQLITE_IOERR)
		return err_set(e, ERR_REMOTE, "%s '%s': %s; is the disk full?", what, d->path, text);
	if ((code & 0xff) == SQLITE_BUSY)
		return err_set(e, ERR_REMOTE, "%s '%s': another process is writing to it", what, d->path);
	return err_set(e, ERR_REMOTE, "%s '%s': %s", what, d->path, text);
}

bool db_exec(struct db *d, const char *sql, struct err *e)
{
	if (sqlite3_exec(d->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(d, "cannot use", e);
	return true;
}

/* Two that open a new file at once are told BUSY without the waiting that the timeout asks for: either
 * would wait for the other. */
static bool use_wal(struct db *d, struct err *e)
{
	int code = SQLITE_BUSY;
	for (int waited = 0; code == SQLITE_BUSY && waited < BUSY_MS; waited += RETRY_MS) {
		if (waited)
			sqlite3_sleep(RETRY_MS);
		code = sqlite3_exec(d->h, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
	}
	return code == SQLITE_OK || db_fail(d, "cannot use", e);
}

bool db_open(struct db *d, const char *path, enum db_mode mode, struct err *e)
{
	int flags = mode == DB_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
	d->path = path;
	if (sqlite3_open_v2(path, &d->h, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		goto fail;
	sqlite3_busy_timeout(d->h, BUSY_MS);
	/* Text of the outside comes by parameters only, so nothing needs to trust the schema. */
	if (sqlite3_db_config(d->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK)
		goto fail;
	/* FULL: segments of the journal are deleted once they were moved, so a commit must last. */
	if (!use_wal(d, e) || !db_exec(d, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF", e)) {
		db_close(d);
		return false;
	}
	if (mode == DB_READ && !db_exec(d, "PRAGMA query_only = ON", e)) {
		db_close(d);
		return false;
	}
	return true;
fail:
	db_fail(d, "cannot open", e);
	db_close(d);
	return false;
}

void db_close(struct db *d)
{
	/* Fails only when a statement was forgotten. */
	int code = sqlite3_close(d->h);
	BUG_ON(code != SQLITE_OK);
	d->h = NULL;
}

bool db_int(struct db *d, const char *sql, int64_t *out, struct err *e)
{
	struct stmt s = stmt_new(d, sql);
	enum stmt_result r = stmt_step(&s, e);
	if (r == STMT_ROW)
		*out = stmt_col_int(&s, 0);
	stmt_release(&s);
	if (r == STMT_DONE)
		return err_set(e, ERR_REMOTE, "'%s' is damaged: a row is missing", d->path);
	return r == STMT_ROW;
}

int64_t db_last_id(struct db *d)
{
	return sqlite3_last_insert_rowid(d->h);
}

bool db_begin(struct db *d, struct err *e)
{
	return db_exec(d, "BEGIN IMMEDIATE", e);
}

bool db_end(struct db *d, bool ok, struct err *e)
{
	if (ok && db_exec(d, "COMMIT", e))
		return true;
	/* A failed statement may have rolled back by itself. */
	if (!sqlite3_get_autocommit(d->h))
		sqlite3_exec(d->h, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

struct stmt stmt_new(struct db *d, const char *sql)
{
	struct stmt s = { .db = d };
	if (sqlite3_prepare_v3(d->h, sql, -1, SQLITE_PREPARE_PERSISTENT, &s.h, NULL) != SQLITE_OK)
		s.h = NULL;
	return s;
}

void stmt_release(struct stmt *s)
{
	sqlite3_finalize(s->h);
	s->h = NULL;
}

void stmt_reset(struct stmt *s)
{
	sqlite3_reset(s->h);
	s->bound = 0;
}

static void check_bind(const struct stmt *s, int code)
{
	/* Too many parameters, or bound in the middle of a walk: ours. */
	BUG_ON(s->h && (code == SQLITE_RANGE || code == SQLITE_MISUSE));
}

void stmt_int(struct stmt *s, int64_t v)
{
	check_bind(s, sqlite3_bind_int64(s->h, ++s->bound, v));
}

void stmt_text(struct stmt *s, const char *text)
{
	check_bind(s, sqlite3_bind_text(s->h, ++s->bound, text, -1, SQLITE_STATIC));
}

void stmt_slice(struct stmt *s, struct slice text)
{
	check_bind(s, sqlite3_bind_text64(s->h, ++s->bound, text.n ? text.p : "", text.n, SQLITE_STATIC,
	                                  SQLITE_UTF8));
}

void stmt_blob(struct stmt *s, const void *p, size_t n)
{
	check_bind(s, sqlite3_bind_blob64(s->h, ++s->bound, n ? p : "", n, SQLITE_STATIC));
}

enum stmt_result stmt_step(struct stmt *s, struct err *e)
{
	if (!s->h) {
		db_fail(s->db, "cannot use", e);
		return STMT_FAILED;
	}
	int code = sqlite3_step(s->h);
	if (code == SQLITE_ROW)
		return STMT_ROW;
	if (code == SQLITE_DONE)
		return STMT_DONE;
	db_fail(s->db, "cannot use", e);
	return STMT_FAILED;
}

bool stmt_run(struct stmt *s, struct err *e)
{
	enum stmt_result r = stmt_step(s, e);
	stmt_reset(s);
	return r != STMT_FAILED;
}

bool stmt_finish(struct stmt *s, struct err *e)
{
	bool ok = stmt_run(s, e);
	stmt_release(s);
	return ok;
}

int64_t stmt_col_int(struct stmt *s, int column)
{
	return sqlite3_column_int64(s->h, column);
}

struct slice stmt_col(struct stmt *s, int column)
{
	const char *p = sqlite3_column_blob(s->h, column);
	return slice_of(p ? p : "", (size_t)sqlite3_column_bytes(s->h, column));
}

bool stmt_col_is_null(struct stmt *s, int column)
{
	return sqlite3_column_type(s->h, column) == SQLITE_NULL;
}

const char *stmt_col_text(struct stmt *s, int column, struct arena *a, bool *full)
{
	if (stmt_col_is_null(s, column))
		return NULL;
	struct slice text = stmt_col(s, column);
	const char *copy = arena_strndup(a, text.p, text.n);
	if (!copy) {
		*full = true;
		return "";
	}
	return copy;
}
