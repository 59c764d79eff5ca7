/*
 * A small SQL that more than one database understands: one connection, statements with
 * parameters, rows in the caller's arena. Behind it SQLite (sql.c, the same file as the
 * store's) or PostgreSQL (approval/postgres.c).
 *
 * Statements name their parameters $1, $2, …; every text of the outside is one. Blocking: a
 * connection belongs to one thread at a time, a worker.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include <stdint.h>

enum sql_type { SQL_NULL = 0, SQL_INT, SQL_TEXT, SQL_BLOB };

struct sql_value {
	enum sql_type type;
	int64_t number;
	struct slice text; /* SQL_TEXT, SQL_BLOB */
};
#define SQL_I(v) ((struct sql_value){ .type = SQL_INT, .number = (v) })
#define SQL_T(s) ((struct sql_value){ .type = SQL_TEXT, .text = (s) })
#define SQL_S(s) ((struct sql_value){ .type = SQL_TEXT, .text = slice_str(s) })
#define SQL_B(p, n) ((struct sql_value){ .type = SQL_BLOB, .text = slice_of((const char *)(p), (n)) })
#define SQL_PARAMS_MAX 40

/* All texts stand in the arena and end with a NUL that is not counted. */
struct sql_rows {
	const struct sql_value *v; /* row by row */
	size_t n, columns;
};

struct sql;
struct sql_driver {
	/* rows NULL: none are wanted. */
	bool (*run)(struct sql *db, const char *text, const struct sql_value *params, size_t n,
		    struct arena *a, struct sql_rows *rows, struct err *e);
	bool (*begin)(struct sql *db, struct err *e);
	bool (*end)(struct sql *db, bool ok, struct err *e);
	void (*close)(struct sql *db); /* frees it */
};
struct sql {
	const struct sql_driver *driver;
};

struct store;
/* Over the store's own connection, which it borrows and which must be used for nothing else meanwhile. */
struct sql *store_sql(struct store *s);
/* Over a connection of its own to the same database; the store outlives it. NULL and *e when it cannot be opened. */
struct sql *store_sql_open(struct store *s, struct err *e) MUST_CHECK;

static inline const struct sql_value *sql_at(const struct sql_rows *r, size_t row, size_t column)
{
	return &r->v[row * r->columns + column];
}

/* Rows of the outside are not trusted to have the type: 0 and "" for another. */
int64_t sql_int(const struct sql_rows *r, size_t row, size_t column);
struct slice sql_text(const struct sql_rows *r, size_t row, size_t column);
const char *sql_str(const struct sql_rows *r, size_t row, size_t column);

bool sql_run(struct sql *db, const char *text, const struct sql_value *params, size_t n, struct arena *a,
             struct sql_rows *rows, struct err *e) MUST_CHECK;
/* Whoever has begun is the only writer where the database can do no better. */
bool sql_begin(struct sql *db, struct err *e) MUST_CHECK;
/* Commits when ok, else takes all of it back and returns false with *e as it is. */
bool sql_end(struct sql *db, bool ok, struct err *e) MUST_CHECK;
void sql_close(struct sql **db);

#endif
