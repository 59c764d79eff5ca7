/* Servers: one row each, arguments and sealed pairs in rows of their own. */
#include "base/clock.h"
#include "base/limits.h"
#include "store/inside.h"

#define COLUMNS                                                                                    \
	"name, transport, url, cwd, per, enabled, call_timeout_ms, start_timeout_ms, child_idle_ms, "  \
	"children_max, calls_max, message_bytes_max, created_us, updated_us"
#define ALL_NAMES "SELECT name FROM servers"

static const char *const pers[] = {
	[STORE_PER_GRANT] = "grant",
	[STORE_PER_SESSION] = "session",
	[STORE_PER_SERVER] = "server",
};

static enum store_per per_of(struct slice text)
{
	for (size_t i = 0; i < ARRAY_LEN(pers); i++) {
		if (slice_is(text, pers[i]))
			return (enum store_per)i;
	}
	return STORE_PER_SESSION; /* of these the one that shares nothing */
}

/* A sealed value opens only in its own place. */
static void add_context(struct buf *b, const char *server, const char *kind, struct slice name)
{
	buf_addf(b, "server_pairs.value/%s/%s/", server, kind);
	buf_add_slice(b, name);
}

static bool read_pairs(struct store *s, const char *server, const char *kind, struct arena *a,
                       const struct store_pair **v, size_t *n, struct err *e)
{
	struct store_pair *list = NULL;
	enum stmt_result r;
	bool ok = true, full = false;
	struct buf context = BUF_INIT(2 * LIMIT_SERVER_TEXT);
	struct stmt q = stmt_new(&s->db, "SELECT name, value FROM server_pairs WHERE server = ? AND kind = ? "
	                                 "ORDER BY position");
	stmt_text(&q, server);
	stmt_text(&q, kind);
	*n = 0;
	while (ok && (r = stmt_step(&q, e)) != STMT_DONE) {
		struct store_pair *grown = r == STMT_ROW ? store_grow(a, list, *n, sizeof *list) : NULL;
		if (!grown) {
			ok = r == STMT_FAILED ? false : store_full(e);
			break;
		}
		list = grown;
		buf_clear(&context);
		add_context(&context, server, kind, stmt_col(&q, 0));
		list[*n].name = stmt_col_text(&q, 0, a, &full);
		ok = store_unseal(s, buf_slice(&context), stmt_col(&q, 1), a, &list[*n].value, e);
		(*n)++;
	}
	stmt_release(&q);
	buf_release(&context);
	*v = list;
	return ok && (!full || store_full(e));
}

static bool read_args(struct store *s, const char *server, struct arena *a, const char *const **v,
                      struct err *e)
{
	const char **list = NULL;
	size_t n = 0;
	enum stmt_result r;
	bool full = false;
	struct stmt q = stmt_new(&s->db, "SELECT value FROM server_args WHERE server = ? ORDER BY position");
	stmt_text(&q, server);
	for (;;) {
		const char **grown;
		r = stmt_step(&q, e);
		if (r == STMT_FAILED)
			break;
		grown = store_grow(a, list, n, sizeof *list);
		if (!grown) {
			full = true;
			break;
		}
		list = grown;
		list[n++] = r == STMT_ROW ? stmt_col_text(&q, 0, a, &full) : NULL;
		if (r == STMT_DONE)
			break;
	}
	stmt_release(&q);
	*v = n > 1 ? list : NULL;
	return full ? store_full(e) : r != STMT_FAILED;
}

static bool is_builtin(const struct store_server *v)
{
	return v->name && v->url && strcmp(v->name, STORE_BUILTIN_NAME) == 0 && strcmp(v->url, STORE_BUILTIN_URL) == 0;
}

static bool read_server(struct stmt *q, struct arena *a, struct store_server *out)
{
	bool full = false;
	int64_t numbers[8];
	memset(out, 0, sizeof *out);
	out->name = stmt_col_text(q, 0, a, &full);
	out->url = stmt_col_text(q, 2, a, &full);
	out->transport = slice_is(stmt_col(q, 1), "http") ? STORE_HTTP : STORE_STDIO;
	if (is_builtin(out))
		out->transport = STORE_BUILTIN;
	out->cwd = stmt_col_text(q, 3, a, &full);
	out->per = per_of(stmt_col(q, 4));
	out->is_enabled = stmt_col_int(q, 5) == 1;
	for (int i = 0; i < 8; i++)
		numbers[i] = stmt_col_int(q, 6 + i);
	out->call_timeout_ms = (uint64_t)numbers[0];
	out->start_timeout_ms = (uint64_t)numbers[1];
	out->child_idle_ms = (uint64_t)numbers[2];
	out->children_max = (uint64_t)numbers[3];
	out->calls_max = (uint64_t)numbers[4];
	out->message_bytes_max = (uint64_t)numbers[5];
	out->created_us = numbers[6];
	out->updated_us = numbers[7];
	return !full;
}

static bool read_parts(struct store *s, struct arena *a, struct store_server *v, struct err *e)
{
	return read_args(s, v->name, a, &v->argv, e) &&
	       read_pairs(s, v->name, "header", a, &v->headers, &v->header_n, e) &&
	       read_pairs(s, v->name, "env", a, &v->env, &v->env_n, e);
}

/* All, or the one of that name. In a transaction, so that a server's parts belong together. */
static bool list_servers(struct store *s, const char *name, struct arena *a, struct store_server **v,
                         size_t *n, struct err *e)
{
	bool ok = db_exec(&s->db, "BEGIN", e);
	enum stmt_result r = STMT_FAILED;
	*v = NULL;
	*n = 0;
	if (!ok)
		return false;
	struct stmt q = stmt_new(&s->db, name ? "SELECT " COLUMNS " FROM servers WHERE name = ?"
	                                      : "SELECT " COLUMNS " FROM servers ORDER BY name");
	if (name)
		stmt_text(&q, name);
	while (ok && (r = stmt_step(&q, e)) == STMT_ROW) {
		struct store_server *grown = store_grow(a, *v, *n, sizeof **v);
		ok = grown && read_server(&q, a, &grown[*n]);
		if (!ok) {
			store_full(e);
			break;
		}
		*v = grown;
		(*n)++;
	}
	stmt_release(&q);
	ok = ok && r != STMT_FAILED;
	for (size_t i = 0; ok && i < *n; i++)
		ok = read_parts(s, a, &(*v)[i], e);
	return db_end(&s->db, ok, e);
}

bool store_servers(struct store *s, struct arena *a, struct store_server **v, size_t *n, struct err *e)
{
	return list_servers(s, NULL, a, v, n, e);
}

bool store_server_get(struct store *s, const char *name, struct arena *a, struct store_server *out,
                      struct err *e)
{
	struct store_server *v;
	size_t n;
	if (!list_servers(s, name, a, &v, &n, e))
		return false;
	if (n == 0)
		return store_unknown(s, "server", name, ALL_NAMES, e);
	*out = v[0];
	return true;
}

static bool write_pairs(struct store *s, const char *server, const char *kind, const struct store_pair *v,
                        size_t n, struct err *e)
{
	bool ok = true;
	struct buf context = BUF_INIT(2 * LIMIT_SERVER_TEXT), sealed = BUF_INIT(2 * LIMIT_SERVER_TEXT);
	struct stmt q = stmt_new(&s->db, "INSERT INTO server_pairs VALUES (?, ?, ?, ?, ?)");
	for (size_t i = 0; ok && i < n; i++) {
		buf_clear(&context);
		buf_clear(&sealed);
		add_context(&context, server, kind, slice_str(v[i].name));
		seal(s->seal_key, buf_slice(&context), slice_str(v[i].value), &sealed);
		stmt_text(&q, server);
		stmt_text(&q, kind);
		stmt_int(&q, (int64_t)i);
		stmt_text(&q, v[i].name);
		stmt_blob(&q, sealed.p, sealed.n);
		ok = buf_ok(&sealed) && buf_ok(&context) ? stmt_run(&q, e) : store_full(e);
	}
	stmt_release(&q);
	buf_release(&context);
	buf_release(&sealed);
	return ok;
}

static bool write_args(struct store *s, const struct store_server *v, struct err *e)
{
	bool ok = true;
	struct stmt q = stmt_new(&s->db, "INSERT INTO server_args VALUES (?, ?, ?)");
	for (int i = 0; ok && v->argv && v->argv[i]; i++) {
		stmt_text(&q, v->name);
		stmt_int(&q, i);
		stmt_text(&q, v->argv[i]);
		ok = stmt_run(&q, e);
	}
	stmt_release(&q);
	return ok;
}

static bool write_server(struct store *s, const struct store_server *v, struct err *e)
{
	const uint64_t numbers[] = { v->call_timeout_ms, v->start_timeout_ms, v->child_idle_ms,
		                     v->children_max, v->calls_max, v->message_bytes_max };
	int64_t now = clock_wall_us();
	struct stmt q = stmt_new(
		&s->db,
		"INSERT INTO servers (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT (name) DO UPDATE SET (transport, url, cwd, per, enabled, call_timeout_ms, "
		"start_timeout_ms, child_idle_ms, children_max, calls_max, message_bytes_max, updated_us) = "
		"(excluded.transport, excluded.url, excluded.cwd, excluded.per, excluded.enabled, "
		"excluded.call_timeout_ms, excluded.start_timeout_ms, excluded.child_idle_ms, "
		"excluded.children_max, excluded.calls_max, excluded.message_bytes_max, excluded.updated_us)");
	stmt_text(&q, v->name);
	stmt_text(&q, v->transport == STORE_STDIO ? "stdio" : "http");
	stmt_text(&q, v->url);
	stmt_text(&q, v->cwd);
	stmt_text(&q, pers[v->per]);
	stmt_int(&q, v->is_enabled);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		stmt_int(&q, (int64_t)numbers[i]);
	stmt_int(&q, now);
	stmt_int(&q, now);
	return stmt_finish(&q, e);
}

static bool forget_parts(struct store *s, const char *name, struct err *e)
{
	struct stmt pairs = stmt_new(&s->db, "DELETE FROM server_pairs WHERE server = ?");
	stmt_text(&pairs, name);
	struct stmt args = stmt_new(&s->db, "DELETE FROM server_args WHERE server = ?");
	stmt_text(&args, name);
	bool ok = stmt_finish(&pairs, e);
	return stmt_finish(&args, ok ? e : NULL) && ok;
}

static bool is_taken(struct store *s, const char *name, bool *taken, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT 1 FROM servers WHERE name = ?");
	stmt_text(&q, name);
	enum stmt_result r = stmt_step(&q, e);
	stmt_release(&q);
	*taken = r == STMT_ROW;
	return r != STMT_FAILED;
}

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	struct err *e = ctx;
	(void)pointer;
	if (!e->kind)
		err_set(e, ERR_INPUT, "%s", text);
}

static bool check_server(const struct store_server *v, struct err *e)
{
	struct err first = { 0 };
	if (store_server_check(v, on_fault, &first))
		return true;
	return err_set(e, first.kind, "%s", first.text);
}

enum put_mode { PUT_NEW = 0, PUT_ANY };

static bool put_server(struct store *s, const struct store_server *v, enum put_mode mode, struct err *e)
{
	bool taken = false;
	if (!check_server(v, e) || !db_begin(&s->db, e))
		return false;
	bool ok = is_taken(s, v->name, &taken, e);
	if (ok && taken && mode == PUT_NEW)
		ok = err_set(e, ERR_INPUT, "there is a server '%s' already", v->name);
	ok = ok && write_server(s, v, e) && forget_parts(s, v->name, e) && write_args(s, v, e) &&
	     write_pairs(s, v->name, "header", v->headers, v->header_n, e) &&
	     write_pairs(s, v->name, "env", v->env, v->env_n, e);
	return db_end(&s->db, ok, e);
}

bool store_server_put(struct store *s, const struct store_server *v, struct err *e)
{
	return put_server(s, v, PUT_ANY, e);
}

bool store_server_add(struct store *s, const struct store_server *v, struct err *e)
{
	return put_server(s, v, PUT_NEW, e);
}

bool store_server_enable(struct store *s, const char *name, bool is_enabled, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "UPDATE servers SET enabled = ?, updated_us = ? WHERE name = ?");
	stmt_int(&q, is_enabled);
	stmt_int(&q, clock_wall_us());
	stmt_text(&q, name);
	if (!stmt_finish(&q, e))
		return false;
	return sqlite3_changes(s->db.h) == 1 || store_unknown(s, "server", name, ALL_NAMES, e);
}

static bool forget_pins(struct store *s, const char *name, struct err *e)
{
	struct stmt pins = stmt_new(&s->db, "DELETE FROM pins WHERE server = ?");
	struct stmt server = stmt_new(&s->db, "DELETE FROM pin_servers WHERE server = ?");
	stmt_text(&pins, name);
	stmt_text(&server, name);
	bool ok = stmt_finish(&pins, e);
	return stmt_finish(&server, ok ? e : NULL) && ok;
}

bool store_server_del(struct store *s, const char *name, struct err *e)
{
	if (!db_begin(&s->db, e))
		return false;
	struct stmt q = stmt_new(&s->db, "DELETE FROM servers WHERE name = ?");
	stmt_text(&q, name);
	bool ok = stmt_finish(&q, e);
	ok = ok && (sqlite3_changes(s->db.h) == 1 || store_unknown(s, "server", name, ALL_NAMES, e));
	return db_end(&s->db, ok && forget_pins(s, name, e), e);
}
