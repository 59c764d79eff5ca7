/* SQLite behind sql.h: over the connection of a store that does nothing else meanwhile. */
#include "store/sql.h"
#include "base/check.h"
#include "store/inside.h"

struct sqlite {
	struct sql sql;
	struct db *db;
	struct db own; /* of store_sql_open */
};

int64_t sql_int(const struct sql_rows *r, size_t row, size_t column)
{
	const struct sql_value *v = sql_at(r, row, column);
	return v->type == SQL_INT ? v->number : 0;
}

struct slice sql_text(const struct sql_rows *r, size_t row, size_t column)
{
	const struct sql_value *v = sql_at(r, row, column);
	return v->type == SQL_TEXT || v->type == SQL_BLOB ? v->text : SLICE_LIT("");
}

const char *sql_str(const struct sql_rows *r, size_t row, size_t column)
{
	return sql_text(r, row, column).p;
}

bool sql_run(struct sql *db, const char *text, const struct sql_value *params, size_t n, struct arena *a,
             struct sql_rows *rows, struct err *e)
{
	BUG_ON(n > SQL_PARAMS_MAX);
	BUG_ON(rows && !a);
	return db->driver->run(db, text, params, n, a, rows, e);
}

bool sql_begin(struct sql *db, struct err *e)
{
	return db->driver->begin(db, e);
}

bool sql_end(struct sql *db, bool ok, struct err *e)
{
	return db->driver->end(db, ok, e);
}

void sql_close(struct sql **db)
{
	if (*db)
		(*db)->driver->close(*db);
	*db = NULL;
}

static struct db *db_of(struct sql *s)
{
	return ((struct sqlite *)(void *)s)->db;
}

static bool bind_one(struct stmt *q, size_t at, const struct sql_value *v)
{
	char name[24];
	snprintf(name, sizeof name, "$%zu", at + 1);
	int i = sqlite3_bind_parameter_index(q->h, name);
	BUG_ON(q->h && i == 0); /* a parameter that the statement does not name */
	switch (v->type) {
	case SQL_INT: return sqlite3_bind_int64(q->h, i, v->number) == SQLITE_OK;
	case SQL_TEXT:
		return sqlite3_bind_text64(q->h, i, v->text.n ? v->text.p : "", v->text.n, SQLITE_STATIC,
		                           SQLITE_UTF8) == SQLITE_OK;
	case SQL_BLOB:
		return sqlite3_bind_blob64(q->h, i, v->text.n ? v->text.p : "", v->text.n, SQLITE_STATIC) == SQLITE_OK;
	case SQL_NULL: break;
	}
	return sqlite3_bind_null(q->h, i) == SQLITE_OK;
}

static bool read_value(struct stmt *q, int column, struct arena *a, struct sql_value *out)
{
	*out = (struct sql_value){ SQL_NULL, 0, { NULL, 0 } };
	int type = sqlite3_column_type(q->h, column);
	if (type == SQLITE_NULL)
		return true;
	if (type == SQLITE_INTEGER) {
		*out = SQL_I(stmt_col_int(q, column));
		return true;
	}
	struct slice text = stmt_col(q, column);
	char *copy = arena_strndup(a, text.p, text.n);
	out->type = type == SQLITE_BLOB ? SQL_BLOB : SQL_TEXT;
	out->text = slice_of(copy, text.n);
	return copy != NULL;
}

static bool read_row(struct stmt *q, struct arena *a, struct sql_rows *rows)
{
	size_t columns = (size_t)sqlite3_column_count(q->h);
	struct sql_value *v = arena_alloc(a, columns * sizeof *v);
	struct sql_value *all = store_grow(a, (void *)(uintptr_t)rows->v, rows->n, columns * sizeof *v);
	if (!v || !all)
		return false;
	for (size_t i = 0; i < columns; i++)
		if (!read_value(q, (int)i, a, &v[i]))
			return false;
	memcpy(all + rows->n * columns, v, columns * sizeof *v);
	*rows = (struct sql_rows){ all, rows->n + 1, columns };
	return true;
}

static bool run(struct sql *s, const char *text, const struct sql_value *params, size_t n, struct arena *a,
                struct sql_rows *rows, struct err *e)
{
	struct stmt q = stmt_new(db_of(s), text);
	enum stmt_result r = STMT_DONE;
	bool is_full = false;
	if (rows)
		*rows = (struct sql_rows){ NULL, 0, 0 };
	for (size_t i = 0; q.h && i < n; i++)
		is_full |= !bind_one(&q, i, &params[i]);
	while (!is_full && (r = stmt_step(&q, e)) == STMT_ROW)
		is_full = rows && !read_row(&q, a, rows);
	stmt_release(&q);
	return is_full ? store_full(e) : r == STMT_DONE;
}

static bool begin(struct sql *s, struct err *e)
{
	return db_begin(db_of(s), e);
}

static bool end(struct sql *s, bool ok, struct err *e)
{
	return db_end(db_of(s), ok, e);
}

static void close_it(struct sql *s)
{
	struct sqlite *it = (void *)s;
	if (it->own.h)
		db_close(&it->own);
	free(it);
}

static const struct sql_driver driver = { run, begin, end, close_it };

struct sql *store_sql(struct store *s)
{
	struct sqlite *it = mem_zalloc(sizeof *it);
	it->sql.driver = &driver;
	it->db = &s->db;
	return &it->sql;
}

struct sql *store_sql_open(struct store *s, struct err *e)
{
	struct sqlite *it = mem_zalloc(sizeof *it);
	it->sql.driver = &driver;
	it->db = &it->own;
	if (db_open(&it->own, s->db_path, DB_WRITE, e))
		return &it->sql;
	free(it);
	return NULL;
}
