/* Users and their roles. */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "people/inside.h"
#include <stdio.h>

#define COLUMNS                                                                                                  \
	"id, name, display_name, email, coalesce(oidc_subject, ''), is_enabled, coalesce(password, ''), totp, totp_new, " \
	"totp_step, created_us, seen_us"

bool user_roles(struct people *p, const char *table, const char *column, const char *id, struct arena *a,
                const struct role_given **v, size_t *n, struct err *e)
{
	char text[160];
	struct sql_rows rows;
	const struct sql_value q[] = { SQL_S(id) };
	snprintf(text, sizeof text, "SELECT role, server FROM %s WHERE %s = $1 ORDER BY server, role", table, column);
	if (!sql_run(p->sql, text, q, 1, a, &rows, e))
		return false;
	struct role_given *out = arena_alloc(a, (rows.n + 1) * sizeof *out);
	if (!out)
		return people_full(e);
	*v = out;
	*n = 0;
	for (size_t i = 0; i < rows.n; i++) {
		struct role_given g = { ROLE_NONE, sql_text(&rows, i, 1).n ? sql_str(&rows, i, 1) : NULL };
		if (role_of(sql_text(&rows, i, 0), &g.role))
			out[(*n)++] = g;
	}
	return true;
}

bool user_roles_put(struct people *p, const char *table, const char *column, const char *id, const struct role_given *v,
                    size_t n, struct err *e)
{
	char text[160];
	const struct sql_value all[] = { SQL_S(id) };
	if (n > LIMIT_ROLES_OF_ONE)
		return err_set(e, ERR_LIMIT, "more than %d roles for one", LIMIT_ROLES_OF_ONE);
	snprintf(text, sizeof text, "DELETE FROM %s WHERE %s = $1", table, column);
	if (!people_run(p, text, all, 1, e))
		return false;
	snprintf(text, sizeof text, "INSERT INTO %s (%s, server, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", table, column);
	for (size_t i = 0; i < n; i++) {
		const struct sql_value q[] = { SQL_S(id), SQL_S(v[i].server ? v[i].server : ""), SQL_S(role_name(v[i].role)) };
		size_t server_n = v[i].server ? strlen(v[i].server) : 1;
		if (v[i].role == ROLE_NONE || !server_n || server_n > LIMIT_NAME)
			return err_set(e, ERR_INPUT, "a role has no name, or its server has none");
		if (!people_run(p, text, q, 3, e))
			return false;
	}
	return true;
}

static bool read_user(struct people *p, const struct sql_rows *r, size_t i, struct arena *a, struct user_row *out, struct err *e)
{
	struct user *u = &out->user;
	*u = (struct user){ .id = sql_str(r, i, 0), .name = sql_str(r, i, 1), .display_name = sql_str(r, i, 2),
		            .email = sql_str(r, i, 3), .oidc_subject = sql_str(r, i, 4), .is_enabled = sql_int(r, i, 5) == 1,
		            .created_us = sql_int(r, i, 10), .seen_us = sql_int(r, i, 11) };
	out->password = sql_str(r, i, 6);
	out->totp = sql_text(r, i, 7);
	out->totp_new = sql_text(r, i, 8);
	out->totp_step = sql_int(r, i, 9);
	u->has_password = out->password[0] != '\0';
	u->has_totp = out->totp.n > 0;
	return user_roles(p, "user_roles", "user_id", u->id, a, &u->roles, &u->role_n, e);
}

bool user_row_find(struct people *p, const char *column, struct slice value, struct arena *a, struct user_row *out,
                   struct err *e)
{
	char text[320];
	struct sql_rows rows;
	const struct sql_value q[] = { SQL_T(value) };
	*out = (struct user_row){ .password = "" };
	snprintf(text, sizeof text, "SELECT " COLUMNS " FROM users WHERE %s = $1 LIMIT 2", column);
	if (!sql_run(p->sql, text, q, 1, a, &rows, e))
		return false;
	/* Two of one e-mail address: it says of neither who it is. */
	return rows.n != 1 || read_user(p, &rows, 0, a, out, e);
}

enum people_end people_user_get(struct people *p, const char *id_or_name, struct arena *a, struct user *out, struct err *e)
{
	struct user_row row;
	if (!user_row_find(p, "id", slice_str(id_or_name), a, &row, e) ||
	    (!row.user.id && !user_row_find(p, "name", slice_str(id_or_name), a, &row, e)))
		return PEOPLE_FAILED;
	*out = row.user;
	if (row.user.id)
		return PEOPLE_OK;
	err_set(e, ERR_INPUT, "there is no user '%.80s'", id_or_name);
	return PEOPLE_UNKNOWN;
}

bool people_users(struct people *p, struct slice q, const char *after, size_t limit, struct arena *a, struct user **v,
                  size_t *n, size_t *total, struct err *e)
{
	struct sql_rows rows;
	int64_t all = 0;
	const char *where = "($1 = '' OR instr(lower(name || ' ' || display_name || ' ' || email), lower($1)) > 0)";
	const struct sql_value b[] = { SQL_T(q), SQL_S(after ? after : ""), SQL_I((int64_t)limit) };
	char text[512];
	snprintf(text, sizeof text, "SELECT count(*) FROM users WHERE %s", where);
	if (!people_number(p, text, b, 1, &all, e))
		return false;
	snprintf(text, sizeof text, "SELECT " COLUMNS " FROM users WHERE name > $2 AND %s ORDER BY name LIMIT $3", where);
	if (!sql_run(p->sql, text, b, 3, a, &rows, e))
		return false;
	*v = arena_zalloc(a, (rows.n + 1) * sizeof **v);
	if (!*v)
		return people_full(e);
	for (size_t i = 0; i < rows.n; i++) {
		struct user_row row;
		if (!read_user(p, &rows, i, a, &row, e))
			return false;
		(*v)[i] = row.user;
	}
	*n = rows.n;
	*total = (size_t)all;
	return true;
}

bool user_name_read(struct slice given, char out[], size_t size, struct err *e)
{
	bool ok = given.n > 0 && given.n <= LIMIT_NAME && given.n < size;
	for (size_t i = 0; ok && i < given.n; i++) {
		char c = given.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("._@+-", c);
		ok = ok && c;
		out[i] = c;
	}
	if (!ok)
		return err_set(e, ERR_INPUT, "this cannot be a name to sign in with: use at most %d of a-z 0-9 . _ @ + -", LIMIT_NAME);
	out[given.n] = '\0';
	return true;
}

static bool check_words(const char *what, const char *text, size_t max, struct err *e)
{
	size_t n = strlen(text);
	if (n > max)
		return err_set(e, ERR_INPUT, "the %s is longer than %zu bytes", what, max);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return err_set(e, ERR_INPUT, "the %s has a control character", what);
	return true;
}

bool user_check(const struct user *u, struct err *e)
{
	if (!check_words("name", u->display_name, LIMIT_DISPLAY_NAME, e) || !check_words("e-mail address", u->email, LIMIT_EMAIL, e) ||
	    !check_words("subject", u->oidc_subject, LIMIT_OIDC_SUBJECT, e))
		return false;
	const char *at = strchr(u->email, '@');
	if (u->email[0] && (!at || at == u->email || !at[1] || strchr(u->email, ' ')))
		return err_set(e, ERR_INPUT, "'%.80s' is not an e-mail address", u->email);
	return true;
}

enum people_end user_insert(struct people *p, struct user *u, const char *password, int64_t now_us, struct err *e)
{
	static const struct sql_value none = { .type = SQL_NULL };
	char id[RANDOM_UUID_SIZE];
	int64_t n = 0;
	random_uuid7(now_us, id);
	const struct sql_value q[] = { SQL_S(id), SQL_S(u->name), SQL_S(u->display_name), SQL_S(u->email),
		                       u->oidc_subject[0] ? SQL_S(u->oidc_subject) : none, SQL_I(u->is_enabled),
		                       password ? SQL_S(password) : none, SQL_I(now_us) };
	if (!people_number(p, "SELECT count(*) FROM users", NULL, 0, &n, e))
		return PEOPLE_FAILED;
	if (n >= LIMIT_USERS) {
		err_set(e, ERR_LIMIT, "there are %d users, which is the limit", LIMIT_USERS);
		return PEOPLE_WRONG;
	}
	if (!people_number(p,
	                   "INSERT INTO users (id, name, display_name, email, oidc_subject, is_enabled, password, created_us, seen_us) "
	                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT DO NOTHING RETURNING 1",
	                   q, ARRAY_LEN(q), &n, e))
		return PEOPLE_FAILED;
	if (n != 1) {
		err_set(e, ERR_INPUT, "there is a user '%.80s' already", u->name);
		return PEOPLE_TAKEN;
	}
	if (!user_roles_put(p, "user_roles", "user_id", id, u->roles, u->role_n, e))
		return e->kind == ERR_REMOTE ? PEOPLE_FAILED : PEOPLE_WRONG;
	memcpy(u->id_text, id, sizeof id);
	u->id = u->id_text;
	u->created_us = now_us;
	return PEOPLE_OK;
}

enum people_end people_user_add(struct people *p, struct user *u, struct err *e)
{
	char name[LIMIT_NAME + 1];
	struct user one = *u;
	one.oidc_subject = u->oidc_subject ? u->oidc_subject : "";
	one.display_name = u->display_name ? u->display_name : "";
	one.email = u->email ? u->email : "";
	one.name = name;
	if (!user_name_read(slice_str(u->name), name, sizeof name, e) || !user_check(&one, e))
		return PEOPLE_WRONG;
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = people_commit(p, user_insert(p, &one, NULL, clock_wall_us(), e), e);
	if (end == PEOPLE_OK) {
		memcpy(u->id_text, one.id_text, sizeof u->id_text);
		u->id = u->id_text;
		u->created_us = one.created_us;
	}
	return end;
}

/* Those who may manage the organisation and can sign in, or will by their link. */
static bool count_admins(struct people *p, int64_t *n, struct err *e)
{
	return people_number(p,
	                     "SELECT count(DISTINCT u.id) FROM users u JOIN user_roles r ON r.user_id = u.id "
	                     "WHERE u.is_enabled = 1 AND r.role = 'admin' AND r.server = ''",
	                     NULL, 0, n, e);
}

/* After a change, in its transaction. */
static enum people_end keep_admin(struct people *p, int64_t before, enum people_end end, struct err *e)
{
	int64_t after = 0;
	if (end != PEOPLE_OK || !before)
		return end;
	if (!count_admins(p, &after, e))
		return PEOPLE_FAILED;
	if (after)
		return PEOPLE_OK;
	err_set(e, ERR_INPUT, "this is the last admin: make another one first");
	return PEOPLE_LAST_ADMIN;
}

bool user_sessions_end(struct people *p, const char *user_id, const unsigned char *keep, struct err *e)
{
	const struct sql_value q[] = { SQL_S(user_id), SQL_B(keep, keep ? DIGEST_SIZE : 0) };
	return people_run(p, "DELETE FROM user_sessions WHERE user_id = $1 AND hash <> $2", q, 2, e);
}

static enum people_end unknown(const char *id, struct err *e)
{
	err_set(e, ERR_INPUT, "there is no user '%.80s'", id);
	return PEOPLE_UNKNOWN;
}

static enum people_end put(struct people *p, const struct user *u, struct err *e)
{
	int64_t n = 0;
	const struct sql_value q[] = { SQL_S(u->id), SQL_S(u->display_name), SQL_S(u->email), SQL_I(u->is_enabled) };
	if (!people_number(p, "UPDATE users SET display_name = $2, email = $3, is_enabled = $4 WHERE id = $1 RETURNING 1", q, 4, &n, e))
		return PEOPLE_FAILED;
	if (n != 1)
		return unknown(u->id, e);
	if (!user_roles_put(p, "user_roles", "user_id", u->id, u->roles, u->role_n, e))
		return e->kind == ERR_REMOTE ? PEOPLE_FAILED : PEOPLE_WRONG;
	return u->is_enabled || user_sessions_end(p, u->id, NULL, e) ? PEOPLE_OK : PEOPLE_FAILED;
}

enum people_end people_user_put(struct people *p, const struct user *u, struct err *e)
{
	int64_t admins = 0;
	struct user one = *u;
	one.oidc_subject = "";
	if (!user_check(&one, e))
		return PEOPLE_WRONG;
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = count_admins(p, &admins, e) ? put(p, u, e) : PEOPLE_FAILED;
	return people_commit(p, keep_admin(p, admins, end, e), e);
}

enum people_end people_user_del(struct people *p, const char *id, struct err *e)
{
	int64_t admins = 0, n = 0;
	const struct sql_value q[] = { SQL_S(id) };
	enum people_end end = PEOPLE_OK;
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	if (!count_admins(p, &admins, e) || !people_number(p, "DELETE FROM users WHERE id = $1 RETURNING 1", q, 1, &n, e))
		end = PEOPLE_FAILED;
	else if (n != 1)
		end = unknown(id, e);
	return people_commit(p, keep_admin(p, admins, end, e), e);
}

enum people_end people_sessions_end(struct people *p, const char *user_id, struct err *e)
{
	return user_sessions_end(p, user_id, NULL, e) ? PEOPLE_OK : PEOPLE_FAILED;
}
