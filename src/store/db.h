/*
 * A thin hand on SQLite: one connection, statements, transactions, errors as ours. Only
 * files of this folder include it.
 *
 * A connection belongs to one thread at a time.
 */
#ifndef STORE_DB_H
#define STORE_DB_H
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include <sqlite3.h>
#include <stdint.h>

struct db {
	sqlite3 *h;
	const char *path; /* borrowed from the one who opened it */
};

enum db_mode { DB_READ = 0, DB_WRITE };
bool db_open(struct db *d, const char *path, enum db_mode mode, struct err *e) MUST_CHECK;
void db_close(struct db *d); /* twice is fine */

/* Sets *e from what SQLite said last; false. */
bool db_fail(struct db *d, const char *what, struct err *e);
bool db_exec(struct db *d, const char *sql, struct err *e) MUST_CHECK;
bool db_int(struct db *d, const char *sql, int64_t *out, struct err *e) MUST_CHECK; /* first column, first row */

int64_t db_last_id(struct db *d); /* of the row that was inserted last */

/* BEGIN IMMEDIATE: whoever has it is the only writer. */
bool db_begin(struct db *d, struct err *e) MUST_CHECK;
/* Commits when ok, else rolls back and returns false with *e as it is. */
bool db_end(struct db *d, bool ok, struct err *e) MUST_CHECK;

/* A statement. Errors of preparing and binding wait in it until it is stepped. */
struct stmt {
	struct db *db;
	sqlite3_stmt *h;
	int bound; /* parameters so far */
};
struct stmt stmt_new(struct db *d, const char *sql);
void stmt_release(struct stmt *s);
void stmt_reset(struct stmt *s); /* for the next row; bindings start anew */
void stmt_int(struct stmt *s, int64_t v);
void stmt_text(struct stmt *s, const char *text);   /* NULL: NULL. Borrowed until reset or release */
void stmt_slice(struct stmt *s, struct slice text); /* same; text with its length */
void stmt_blob(struct stmt *s, const void *p, size_t n); /* same */

enum stmt_result { STMT_FAILED = 0, STMT_ROW, STMT_DONE };
enum stmt_result stmt_step(struct stmt *s, struct err *e) MUST_CHECK;
/* For statements without rows: steps, resets. */
bool stmt_run(struct stmt *s, struct err *e) MUST_CHECK;
/* The same, and releases. */
bool stmt_finish(struct stmt *s, struct err *e) MUST_CHECK;

/* Columns of the current row. Slices are borrowed until the next step. */
int64_t stmt_col_int(struct stmt *s, int column);
struct slice stmt_col(struct stmt *s, int column);
bool stmt_col_is_null(struct stmt *s, int column);
/* A copy with a NUL; NULL for NULL. Memory that runs out sets *full. */
const char *stmt_col_text(struct stmt *s, int column, struct arena *a, bool *full);

#endif
