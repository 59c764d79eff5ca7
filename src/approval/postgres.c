/*
 * PostgreSQL behind store/sql.h, by libpq, which is loaded when a database is named. Connects
 * at the first statement and again when the connection is lost; the tables stand in a schema of
 * their own.
 */
#include "approval/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/migrate.h"
#include <dlfcn.h>
#include <libpq-fe.h>

/* The version of its binary interface since 2006. */
#define LIBRARY "libpq.so.5"
/* pg_type.h of the server; fixed for ever. */
#define OID_BYTEA 17
#define OID_INT8 20
#define OID_INT4 23
#define OID_TEXT 25

struct pq {
	__typeof__(PQconnectdbParams) *connect;
	__typeof__(PQstatus) *status;
	__typeof__(PQerrorMessage) *error_text;
	__typeof__(PQexecParams) *exec;
	__typeof__(PQresultStatus) *result_status;
	__typeof__(PQresultErrorField) *error_field;
	__typeof__(PQclear) *clear;
	__typeof__(PQntuples) *rows;
	__typeof__(PQnfields) *columns;
	__typeof__(PQftype) *type;
	__typeof__(PQgetisnull) *is_null;
	__typeof__(PQgetvalue) *value;
	__typeof__(PQgetlength) *length;
	__typeof__(PQfinish) *finish;
	__typeof__(PQexec) *script;
};

static const struct {
	size_t offset;
	const char *name;
} functions[] = {
	{ offsetof(struct pq, connect), "PQconnectdbParams" },
	{ offsetof(struct pq, status), "PQstatus" },
	{ offsetof(struct pq, error_text), "PQerrorMessage" },
	{ offsetof(struct pq, exec), "PQexecParams" },
	{ offsetof(struct pq, result_status), "PQresultStatus" },
	{ offsetof(struct pq, error_field), "PQresultErrorField" },
	{ offsetof(struct pq, clear), "PQclear" },
	{ offsetof(struct pq, rows), "PQntuples" },
	{ offsetof(struct pq, columns), "PQnfields" },
	{ offsetof(struct pq, type), "PQftype" },
	{ offsetof(struct pq, is_null), "PQgetisnull" },
	{ offsetof(struct pq, value), "PQgetvalue" },
	{ offsetof(struct pq, length), "PQgetlength" },
	{ offsetof(struct pq, finish), "PQfinish" },
	{ offsetof(struct pq, script), "PQexec" },
};

struct postgres {
	struct sql sql;
	struct pq pq;
	char *url;
	PGconn *c;
	bool is_in_transaction;
};

static struct postgres *postgres_of(struct sql *s)
{
	return (struct postgres *)(void *)s;
}

static bool load(struct pq *pq, struct err *e)
{
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	for (size_t i = 0; library && i < ARRAY_LEN(functions); i++) {
		void *f = dlsym(library, functions[i].name);
		if (!f)
			return err_set(e, ERR_REMOTE, "'%s' has no '%s'", LIBRARY, functions[i].name);
		/* POSIX lets a void * hold a function, ISO C no cast of it. */
		memcpy((char *)pq + functions[i].offset, &f, sizeof f);
	}
	return library || err_set(e, ERR_INPUT, "'%s' cannot be loaded: install libpq5", LIBRARY);
}

/* What the server or the library said, on one line. It has no password in it. */
static bool fail(struct postgres *p, const char *what, struct err *e)
{
	char text[160];
	snprintf(text, sizeof text, "%s", p->c ? p->pq.error_text(p->c) : "no memory");
	for (char *at = text; (at = strpbrk(at, "\r\n"));)
		*at = ' ';
	for (size_t n = strlen(text); n && text[n - 1] == ' '; n--)
		text[n - 1] = '\0';
	return err_set(e, ERR_REMOTE, "%s: %s", what, text);
}

static bool script(struct postgres *p, const char *text, struct err *e)
{
	PGresult *r = p->pq.script(p->c, text);
	ExecStatusType status = p->pq.result_status(r);
	p->pq.clear(r);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || fail(p, "the database of approvals", e);
}

static void encode_int(int64_t v, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(unsigned char)((uint64_t)v >> (56 - 8 * i));
}

static int64_t decode_int(const char *p, int n)
{
	uint64_t v = n && (p[0] & 0x80) ? UINT64_MAX : 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

static bool read_value(struct postgres *p, PGresult *r, int row, int column, struct arena *a, struct sql_value *out)
{
	*out = (struct sql_value){ SQL_NULL, 0, { NULL, 0 } };
	if (p->pq.is_null(r, row, column))
		return true;
	const char *value = p->pq.value(r, row, column);
	int n = p->pq.length(r, row, column);
	Oid type = p->pq.type(r, column);
	if ((type == OID_INT8 && n == 8) || (type == OID_INT4 && n == 4)) {
		*out = SQL_I(decode_int(value, n));
		return true;
	}
	char *copy = arena_strndup(a, value, (size_t)n);
	out->type = type == OID_BYTEA ? SQL_BLOB : SQL_TEXT;
	out->text = slice_of(copy, (size_t)n);
	return copy != NULL;
}

static bool read_rows(struct postgres *p, PGresult *r, struct arena *a, struct sql_rows *rows, struct err *e)
{
	int n = p->pq.rows(r), columns = p->pq.columns(r);
	struct sql_value *v = arena_alloc(a, ((size_t)n * (size_t)columns + 1) * sizeof *v);
	if (!v)
		return approval_full(e);
	for (int i = 0; i < n; i++)
		for (int k = 0; k < columns; k++)
			if (!read_value(p, r, i, k, a, &v[i * columns + k]))
				return approval_full(e);
	*rows = (struct sql_rows){ v, (size_t)n, (size_t)columns };
	return true;
}

static PGresult *exec(struct postgres *p, const char *text, const struct sql_value *params, size_t n)
{
	Oid types[SQL_PARAMS_MAX];
	const char *values[SQL_PARAMS_MAX];
	int lengths[SQL_PARAMS_MAX], formats[SQL_PARAMS_MAX];
	char numbers[SQL_PARAMS_MAX][8];
	for (size_t i = 0; i < n; i++) {
		const struct sql_value *v = &params[i];
		formats[i] = 1;
		types[i] = v->type == SQL_INT ? OID_INT8 : v->type == SQL_TEXT ? OID_TEXT : OID_BYTEA;
		values[i] = v->type == SQL_NULL ? NULL : v->type == SQL_INT ? numbers[i] : v->text.n ? v->text.p : "";
		lengths[i] = v->type == SQL_INT ? 8 : (int)v->text.n;
		encode_int(v->number, numbers[i]);
	}
	return p->pq.exec(p->c, text, (int)n, types, values, lengths, formats, 1);
}

static bool run_once(struct postgres *p, const char *text, const struct sql_value *params, size_t n, struct arena *a,
                     struct sql_rows *rows, struct err *e)
{
	PGresult *r = exec(p, text, params, n);
	ExecStatusType status = p->pq.result_status(r);
	bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
	if (!ok)
		fail(p, "the database of approvals", e);
	else if (rows)
		ok = read_rows(p, r, a, rows, e);
	p->pq.clear(r);
	return ok;
}

/* One gate at a time; the tables are those of one version or another, never half of one. */
static bool migrate_all(struct postgres *p, struct err *e)
{
	struct arena a;
	struct sql_rows rows = { 0 };
	arena_init(&a, 1u << 16);
	bool ok = script(p, "BEGIN; SELECT pg_advisory_xact_lock(7164778417); CREATE SCHEMA IF NOT EXISTS gatehouse; "
	                    "SET search_path TO gatehouse; CREATE TABLE IF NOT EXISTS versions (version BIGINT PRIMARY KEY)",
	                 e) &&
	          run_once(p, "SELECT coalesce(max(version), 0) FROM versions", NULL, 0, &a, &rows, e);
	int64_t version = ok && rows.n ? sql_int(&rows, 0, 0) : 0;
	arena_release(&a);
	if (ok && version > approval_migration_count)
		ok = err_set(e, ERR_INPUT, "the database of approvals was written by a newer gatehouse; use that program");
	for (int64_t i = version; ok && i < approval_migration_count; i++) {
		const struct sql_value number[] = { SQL_I(i + 1) };
		ok = script(p, approval_migrations[i].sql, e) &&
		     run_once(p, "INSERT INTO versions VALUES ($1)", number, 1, NULL, NULL, e);
	}
	struct err why = { 0 };
	return script(p, ok ? "COMMIT" : "ROLLBACK", ok ? e : &why) && ok;
}

static void disconnect(struct postgres *p)
{
	if (p->c)
		p->pq.finish(p->c);
	p->c = NULL;
	p->is_in_transaction = false;
}

static bool connect_now(struct postgres *p, struct err *e)
{
	/* What stands in the url comes later, and so wins. */
	static const char *const keys[] = { "connect_timeout", "tcp_user_timeout", "application_name", "dbname", NULL };
	const char *const values[] = { "5", "10000", "gatehouse", p->url, NULL };
	if (p->c && p->pq.status(p->c) == CONNECTION_OK)
		return true;
	disconnect(p);
	p->c = p->pq.connect(keys, values, 1);
	if (p->pq.status(p->c) != CONNECTION_OK) {
		fail(p, "the database of approvals cannot be reached", e);
	} else if (script(p, "SET client_min_messages TO warning; SET statement_timeout TO 10000; SET lock_timeout TO 10000; "
	                     "SET idle_in_transaction_session_timeout TO 30000",
	                  e) &&
	           migrate_all(p, e) && script(p, "SET search_path TO gatehouse", e)) {
		return true;
	}
	disconnect(p);
	return false;
}

/* A connection that was lost while nothing happened is found out by the first statement: that is
 * sent again, once. Whatever it did the first time, none of ours does harm twice: what was
 * taken is then not taken again. */
static bool run(struct sql *s, const char *text, const struct sql_value *params, size_t n, struct arena *a,
                struct sql_rows *rows, struct err *e)
{
	struct postgres *p = postgres_of(s);
	if (rows)
		*rows = (struct sql_rows){ NULL, 0, 0 };
	if (!p->is_in_transaction && !connect_now(p, e))
		return false;
	if (!p->c)
		return err_set(e, ERR_REMOTE, "the database of approvals was lost in a transaction");
	if (run_once(p, text, params, n, a, rows, e))
		return true;
	if (p->pq.status(p->c) == CONNECTION_OK)
		return false;
	bool was_in_transaction = p->is_in_transaction;
	disconnect(p);
	return !was_in_transaction && connect_now(p, e) && run_once(p, text, params, n, a, rows, e);
}

static bool begin(struct sql *s, struct err *e)
{
	struct postgres *p = postgres_of(s);
	BUG_ON(p->is_in_transaction);
	if (!run(s, "BEGIN", NULL, 0, NULL, NULL, e))
		return false;
	p->is_in_transaction = true;
	return true;
}

static bool end(struct sql *s, bool ok, struct err *e)
{
	struct postgres *p = postgres_of(s);
	bool was_in_transaction = p->is_in_transaction;
	struct err why = { 0 };
	p->is_in_transaction = false;
	if (!was_in_transaction) /* it went with its connection */
		return ok ? err_set(e, ERR_REMOTE, "the database of approvals was lost in a transaction") : false;
	bool is_done = run_once(p, ok ? "COMMIT" : "ROLLBACK", NULL, 0, NULL, NULL, ok ? e : &why);
	if (!is_done)
		disconnect(p);
	return is_done && ok;
}

static void close_it(struct sql *s)
{
	struct postgres *p = postgres_of(s);
	disconnect(p);
	digest_wipe(p->url, strlen(p->url));
	free(p->url);
	free(p);
}

static const struct sql_driver driver = { run, begin, end, close_it };

struct sql *postgres_open(const char *url, struct err *e)
{
	struct postgres *p = mem_zalloc(sizeof *p);
	p->sql.driver = &driver;
	p->url = mem_strdup(url);
	if (load(&p->pq, e))
		return &p->sql;
	close_it(&p->sql);
	return NULL;
}
