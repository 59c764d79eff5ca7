/* Grants: who may ask which servers, under which policy. The token itself is never here. */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/inside.h"

#define ALL_NAMES "SELECT label FROM grants WHERE revoked_us = 0"
#define COLUMNS                                                                                    \
	"SELECT id, token_hash, label, subject, created_us, expires_us, revoked_us FROM grants "

/* q: of one grant; prepared once for many. */
static bool read_tags(struct stmt *q, struct arena *a, struct store_grant *g, struct err *e)
{
	const char **list = NULL;
	enum stmt_result r;
	bool full = false;
	stmt_text(q, g->id);
	while ((r = stmt_step(q, e)) == STMT_ROW && !full) {
		const char **grown = store_grow(a, list, g->tag_n, sizeof *list);
		if (!grown) {
			full = true;
			break;
		}
		list = grown;
		list[g->tag_n++] = stmt_col_text(q, 0, a, &full);
	}
	stmt_reset(q);
	g->tags = list;
	return full ? store_full(e) : r != STMT_FAILED;
}

static bool read_bindings(struct stmt *q, struct arena *a, struct store_grant *g, struct err *e)
{
	struct store_binding *list = NULL;
	enum stmt_result r;
	bool full = false;
	stmt_text(q, g->id);
	while ((r = stmt_step(q, e)) == STMT_ROW && !full) {
		struct store_binding *grown = store_grow(a, list, g->binding_n, sizeof *list);
		if (!grown) {
			full = true;
			break;
		}
		list = grown;
		list[g->binding_n].server = stmt_col_text(q, 0, a, &full);
		list[g->binding_n++].policy = stmt_col_text(q, 1, a, &full);
	}
	stmt_reset(q);
	g->bindings = list;
	return full ? store_full(e) : r != STMT_FAILED;
}

static bool read_grant(struct stmt *q, struct arena *a, struct store_grant *out)
{
	bool full = false;
	memset(out, 0, sizeof *out);
	snprintf(out->id, sizeof out->id, "%.*s", SLICE_ARG(stmt_col(q, 0)));
	struct slice hash = stmt_col(q, 1);
	if (hash.n == sizeof out->token_hash)
		memcpy(out->token_hash, hash.p, hash.n);
	out->label = stmt_col_text(q, 2, a, &full);
	out->subject = stmt_col_text(q, 3, a, &full);
	out->created_us = stmt_col_int(q, 4);
	out->expires_us = stmt_col_int(q, 5);
	out->revoked_us = stmt_col_int(q, 6);
	return !full;
}

/* In a transaction, so that a grant and its parts belong together. */
static bool list_grants(struct store *s, const char *sql, const char *key, struct arena *a,
                        struct store_grant **v, size_t *n, struct err *e)
{
	enum stmt_result r = STMT_FAILED;
	bool ok = true;
	*v = NULL;
	*n = 0;
	if (!db_exec(&s->db, "BEGIN", e))
		return false;
	struct stmt q = stmt_new(&s->db, sql);
	if (key)
		stmt_text(&q, key);
	while (ok && (r = stmt_step(&q, e)) == STMT_ROW) {
		struct store_grant *grown = store_grow(a, *v, *n, sizeof **v);
		ok = grown && read_grant(&q, a, &grown[*n]);
		if (!ok) {
			store_full(e);
			break;
		}
		*v = grown;
		(*n)++;
	}
	stmt_release(&q);
	ok = ok && r != STMT_FAILED;
	struct stmt tags = stmt_new(&s->db, "SELECT tag FROM grant_tags WHERE \"grant\" = ? ORDER BY position");
	for (size_t i = 0; ok && i < *n; i++)
		ok = read_tags(&tags, a, &(*v)[i], e);
	stmt_release(&tags);
	struct stmt bindings = stmt_new(&s->db, "SELECT server, policy FROM grant_bindings WHERE \"grant\" = ? ORDER BY server");
	for (size_t i = 0; ok && i < *n; i++)
		ok = read_bindings(&bindings, a, &(*v)[i], e);
	stmt_release(&bindings);
	return db_end(&s->db, ok, e);
}

bool store_grants(struct store *s, struct arena *a, struct store_grant **v, size_t *n, struct err *e)
{
	return list_grants(s, COLUMNS "ORDER BY created_us DESC, id DESC", NULL, a, v, n, e);
}

/* The last day of each by one walk over days, then the hour of that day. */
bool store_grants_used(struct store *s, const struct store_grant *const *v, size_t n, int64_t *used_us, struct err *e)
{
	enum stmt_result r;
	bool ok = true;
	struct stmt days = stmt_new(&s->db, "SELECT key, max(start) FROM stats WHERE step = 86400 AND of = 5 GROUP BY key");
	memset(used_us, 0, n * sizeof *used_us);
	while ((r = stmt_step(&days, e)) == STMT_ROW)
		for (size_t i = 0; i < n; i++)
			if (slice_is(stmt_col(&days, 0), v[i]->id))
				used_us[i] = stmt_col_int(&days, 1);
	stmt_release(&days);
	struct stmt hour = stmt_new(&s->db, "SELECT max(start) FROM stats WHERE step = 3600 AND of = 5 AND start >= ?1 AND "
	                                    "start < ?1 + 86400 AND key = ?2");
	for (size_t i = 0; r != STMT_FAILED && ok && i < n; i++) {
		if (!used_us[i])
			continue;
		stmt_int(&hour, used_us[i]);
		stmt_text(&hour, v[i]->id);
		ok = stmt_step(&hour, e) == STMT_ROW;
		if (ok && stmt_col_int(&hour, 0))
			used_us[i] = stmt_col_int(&hour, 0);
		used_us[i] *= 1000000;
		stmt_reset(&hour);
	}
	stmt_release(&hour);
	return ok && r != STMT_FAILED;
}

bool store_grant_get(struct store *s, const char *id_or_label, struct arena *a, struct store_grant *out,
                     struct err *e)
{
	struct store_grant *v;
	size_t n;
	if (!list_grants(s, COLUMNS "WHERE id = ?1 OR label = ?1 ORDER BY id = ?1 DESC, revoked_us = 0 DESC, "
	                            "created_us DESC LIMIT 1",
	                 id_or_label, a, &v, &n, e))
		return false;
	if (n == 0)
		return store_unknown(s, "grant", id_or_label, ALL_NAMES, e);
	*out = v[0];
	return true;
}

static bool check_grant(const struct store_grant *g, struct err *e)
{
	if (!g->label || !g->label[0])
		return err_set(e, ERR_INPUT, "a grant needs a label");
	if (g->tag_n > LIMIT_GRANT_TAGS)
		return err_set(e, ERR_LIMIT, "a grant has at most %d tags", LIMIT_GRANT_TAGS);
	if (g->binding_n > LIMIT_GRANT_BINDINGS)
		return err_set(e, ERR_LIMIT, "a grant reaches at most %d servers", LIMIT_GRANT_BINDINGS);
	for (size_t i = 0; i < g->tag_n; i++) {
		if (!store_check_text("tag", g->tags[i], LIMIT_NAME, e))
			return false;
	}
	return store_check_text("label", g->label, LIMIT_NAME, e) &&
	       (!g->subject || store_check_text("subject", g->subject, LIMIT_GRANT_SUBJECT, e));
}

static bool exists(struct store *s, const char *what, const char *sql, const char *all, const char *name,
                   struct err *e)
{
	struct stmt q = stmt_new(&s->db, sql);
	stmt_text(&q, name);
	enum stmt_result r = stmt_step(&q, e);
	stmt_release(&q);
	if (r == STMT_DONE)
		return store_unknown(s, what, name, all, e);
	return r == STMT_ROW;
}

static bool ensure_builtin(struct store *s, struct err *e)
{
	int64_t now = clock_wall_us();
	struct stmt q = stmt_new(&s->db, "INSERT INTO servers VALUES (?, 'http', ?, NULL, 'server', 1, 0, 0, 0, 0, 0, 0, ?, ?) "
	                                 "ON CONFLICT (name) DO NOTHING");
	stmt_text(&q, STORE_BUILTIN_NAME);
	stmt_text(&q, STORE_BUILTIN_URL);
	stmt_int(&q, now);
	stmt_int(&q, now);
	return stmt_finish(&q, e);
}

static bool write_binding(struct store *s, const char *id, const char *server, const char *policy,
                          struct err *e)
{
	if (strcmp(server, STORE_BUILTIN_NAME) == 0 && !ensure_builtin(s, e))
		return false;
	if (!exists(s, "server", "SELECT 1 FROM servers WHERE name = ?", "SELECT name FROM servers", server, e))
		return false;
	if (policy && !exists(s, "policy", "SELECT 1 FROM policies WHERE name = ?", "SELECT name FROM policies",
	                      policy, e))
		return false;
	struct stmt q = stmt_new(&s->db, "INSERT INTO grant_bindings VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
	                                 "policy = excluded.policy");
	stmt_text(&q, id);
	stmt_text(&q, server);
	stmt_text(&q, policy);
	return stmt_finish(&q, e);
}

static bool write_parts(struct store *s, const struct store_grant *g, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < g->tag_n; i++) {
		struct stmt tag = stmt_new(&s->db, "INSERT INTO grant_tags VALUES (?, ?, ?)");
		stmt_text(&tag, g->id);
		stmt_int(&tag, (int64_t)i);
		stmt_text(&tag, g->tags[i]);
		ok = stmt_finish(&tag, e);
	}
	for (size_t i = 0; ok && i < g->binding_n; i++)
		ok = write_binding(s, g->id, g->bindings[i].server, g->bindings[i].policy, e);
	return ok;
}

static bool label_taken(const struct store *s, const struct store_grant *g, struct err *e)
{
	if (sqlite3_extended_errcode(s->db.h) == SQLITE_CONSTRAINT_UNIQUE)
		return err_set(e, ERR_INPUT, "there is a grant '%s' already; revoke it or choose another label", g->label);
	return false;
}

static bool write_grant(struct store *s, const struct store_grant *g, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, 0)");
	stmt_text(&q, g->id);
	stmt_blob(&q, g->token_hash, sizeof g->token_hash);
	stmt_text(&q, g->label);
	stmt_text(&q, g->subject ? g->subject : "");
	stmt_int(&q, g->created_us);
	stmt_int(&q, g->expires_us);
	return stmt_finish(&q, e) ? write_parts(s, g, e) : label_taken(s, g, e);
}

bool store_grant_add(struct store *s, struct store_grant *g, struct err *e)
{
	if (!check_grant(g, e) || !db_begin(&s->db, e))
		return false;
	g->created_us = clock_wall_us();
	random_uuid7(g->created_us, g->id);
	return db_end(&s->db, write_grant(s, g, e), e);
}

/* The id for an id or a label; only of grants that are not revoked. */
static bool find_live(struct store *s, const char *id_or_label, char id[RANDOM_UUID_SIZE], struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT id, revoked_us FROM grants WHERE id = ?1 OR label = ?1 "
	                                 "ORDER BY revoked_us = 0 DESC, id = ?1 DESC LIMIT 1");
	stmt_text(&q, id_or_label);
	enum stmt_result r = stmt_step(&q, e);
	bool revoked = r == STMT_ROW && stmt_col_int(&q, 1) != 0;
	if (r == STMT_ROW)
		snprintf(id, RANDOM_UUID_SIZE, "%.*s", SLICE_ARG(stmt_col(&q, 0)));
	stmt_release(&q);
	if (r == STMT_DONE)
		return store_unknown(s, "grant", id_or_label, ALL_NAMES, e);
	if (revoked)
		return err_set(e, ERR_INPUT, "the grant '%s' is revoked already", id_or_label);
	return r == STMT_ROW;
}

static bool change_time(struct store *s, const char *id_or_label, const char *sql, int64_t time_us,
                        struct err *e)
{
	char id[RANDOM_UUID_SIZE];
	if (!db_begin(&s->db, e))
		return false;
	bool ok = find_live(s, id_or_label, id, e);
	if (ok) {
		struct stmt q = stmt_new(&s->db, sql);
		stmt_int(&q, time_us);
		stmt_text(&q, id);
		ok = stmt_finish(&q, e);
	}
	return db_end(&s->db, ok, e);
}

bool store_grant_revoke(struct store *s, const char *id_or_label, struct err *e)
{
	return change_time(s, id_or_label, "UPDATE grants SET revoked_us = ? WHERE id = ?", clock_wall_us(), e);
}

bool store_grant_expire(struct store *s, const char *id_or_label, int64_t expires_us, struct err *e)
{
	return change_time(s, id_or_label, "UPDATE grants SET expires_us = ? WHERE id = ?", expires_us, e);
}

bool store_grant_bind(struct store *s, const char *id_or_label, const char *server, const char *policy,
                      struct err *e)
{
	char id[RANDOM_UUID_SIZE];
	if (!db_begin(&s->db, e))
		return false;
	bool ok = find_live(s, id_or_label, id, e) && write_binding(s, id, server, policy, e);
	return db_end(&s->db, ok, e);
}

/* Tags and bindings as they are in g. */
static bool replace_parts(struct store *s, const struct store_grant *g, struct err *e)
{
	struct stmt tags = stmt_new(&s->db, "DELETE FROM grant_tags WHERE \"grant\" = ?");
	struct stmt bindings = stmt_new(&s->db, "DELETE FROM grant_bindings WHERE \"grant\" = ?");
	stmt_text(&tags, g->id);
	stmt_text(&bindings, g->id);
	bool ok = stmt_finish(&tags, e);
	ok = stmt_finish(&bindings, ok ? e : NULL) && ok;
	return ok && write_parts(s, g, e);
}

bool store_grant_put(struct store *s, const struct store_grant *g, struct err *e)
{
	char id[RANDOM_UUID_SIZE];
	if (!check_grant(g, e) || !db_begin(&s->db, e))
		return false;
	bool ok = find_live(s, g->id, id, e);
	if (ok) {
		struct stmt q = stmt_new(&s->db, "UPDATE grants SET (label, subject, expires_us) = (?, ?, ?) WHERE id = ?");
		stmt_text(&q, g->label);
		stmt_text(&q, g->subject ? g->subject : "");
		stmt_int(&q, g->expires_us);
		stmt_text(&q, id);
		ok = stmt_finish(&q, e) || label_taken(s, g, e);
	}
	return db_end(&s->db, ok && replace_parts(s, g, e), e);
}

bool store_grant_rotate(struct store *s, const char *id_or_label, const unsigned char token_hash[32], struct err *e)
{
	char id[RANDOM_UUID_SIZE];
	if (!db_begin(&s->db, e))
		return false;
	bool ok = find_live(s, id_or_label, id, e);
	if (ok) {
		struct stmt q = stmt_new(&s->db, "UPDATE grants SET token_hash = ? WHERE id = ?");
		stmt_blob(&q, token_hash, 32);
		stmt_text(&q, id);
		ok = stmt_finish(&q, e);
	}
	return db_end(&s->db, ok, e);
}

static bool delete_binding(struct store *s, const char *id, const char *server, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "DELETE FROM grant_bindings WHERE \"grant\" = ? AND server = ?");
	stmt_text(&q, id);
	stmt_text(&q, server);
	if (!stmt_finish(&q, e))
		return false;
	return sqlite3_changes(s->db.h) == 1 ||
	       err_set(e, ERR_INPUT, "the grant does not reach the server '%.80s'", server);
}

bool store_grant_unbind(struct store *s, const char *id_or_label, const char *server, struct err *e)
{
	char id[RANDOM_UUID_SIZE];
	if (!db_begin(&s->db, e))
		return false;
	bool ok = find_live(s, id_or_label, id, e) && delete_binding(s, id, server, e);
	return db_end(&s->db, ok, e);
}
