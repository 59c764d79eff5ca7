/* API tokens: what a program of a person's may do, never more than the person. */
#include "base/clock.h"
#include "base/limits.h"
#include "people/inside.h"
#include <stdio.h>

#define PREFIX "ghp_"
#define SEEN_EVERY_US (60 * SECOND_US)
#define ROLE_TABLE "api_token_roles", "token_id"

static bool read_tokens(struct people *p, const struct sql_rows *r, struct arena *a, struct api_token **v, struct err *e)
{
	*v = arena_zalloc(a, (r->n + 1) * sizeof **v);
	if (!*v)
		return people_full(e);
	for (size_t i = 0; i < r->n; i++) {
		struct api_token *t = &(*v)[i];
		*t = (struct api_token){ .id = sql_str(r, i, 0), .name = sql_str(r, i, 1), .user_id = sql_str(r, i, 2),
			                 .user_name = sql_str(r, i, 3), .created_us = sql_int(r, i, 4),
			                 .expires_us = sql_int(r, i, 5), .seen_us = sql_int(r, i, 6),
			                 .is_limited = sql_int(r, i, 7) == 1 };
		if (!user_roles(p, ROLE_TABLE, t->id, a, &t->roles, &t->role_n, e))
			return false;
	}
	return true;
}

bool people_tokens(struct people *p, const char *user_id, struct arena *a, struct api_token **v, size_t *n, struct err *e)
{
	struct sql_rows rows;
	const struct sql_value q[] = { SQL_S(user_id ? user_id : "") };
	if (!sql_run(p->sql,
	             "SELECT t.id, t.name, t.user_id, u.name, t.created_us, t.expires_us, t.seen_us, t.is_limited FROM api_tokens t "
	             "JOIN users u ON u.id = t.user_id WHERE $1 = '' OR t.user_id = $1 ORDER BY t.id DESC",
	             q, 1, a, &rows, e) ||
	    !read_tokens(p, &rows, a, v, e))
		return false;
	*n = rows.n;
	return true;
}

static enum people_end insert(struct people *p, struct api_token *t, const unsigned char *hash, int64_t now_us, struct err *e)
{
	int64_t n = 0;
	const struct sql_value owner[] = { SQL_S(t->user_id) };
	if (!people_number(p, "SELECT count(*) FROM users WHERE id = $1", owner, 1, &n, e))
		return PEOPLE_FAILED;
	if (!n) {
		err_set(e, ERR_INPUT, "there is no user '%.80s'", t->user_id);
		return PEOPLE_UNKNOWN;
	}
	if (!people_number(p, "SELECT count(*) FROM api_tokens WHERE user_id = $1", owner, 1, &n, e))
		return PEOPLE_FAILED;
	if (n >= LIMIT_TOKENS_OF_USER) {
		err_set(e, ERR_LIMIT, "there are %d tokens already, which is the limit: remove one first", LIMIT_TOKENS_OF_USER);
		return PEOPLE_WRONG;
	}
	const struct sql_value q[] = { SQL_S(t->id), SQL_B(hash, DIGEST_SIZE), SQL_S(t->user_id), SQL_S(t->name),
		                       SQL_I(now_us), SQL_I(t->expires_us), SQL_I(t->role_n > 0) };
	if (!people_number(p,
	                   "INSERT INTO api_tokens (id, hash, user_id, name, created_us, expires_us, seen_us, is_limited) "
	                   "VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT DO NOTHING RETURNING 1",
	                   q, 7, &n, e))
		return PEOPLE_FAILED;
	if (n != 1) {
		err_set(e, ERR_INPUT, "there is a token '%.80s' already", t->name);
		return PEOPLE_TAKEN;
	}
	if (!user_roles_put(p, ROLE_TABLE, t->id, t->roles, t->role_n, e))
		return e->kind == ERR_REMOTE ? PEOPLE_FAILED : PEOPLE_WRONG;
	return PEOPLE_OK;
}

static bool check(const struct api_token *t, int64_t now_us, struct err *e)
{
	size_t n = strlen(t->name);
	if (!n || n > LIMIT_NAME)
		return err_set(e, ERR_INPUT, "the name of a token has 1 to %d bytes", LIMIT_NAME);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)t->name[i] < 0x20 || t->name[i] == 0x7f)
			return err_set(e, ERR_INPUT, "the name has a control character");
	return !t->expires_us || t->expires_us > now_us || err_set(e, ERR_INPUT, "the token would have ended already");
}

enum people_end people_token_add(struct people *p, struct api_token *t, char secret[PEOPLE_SECRET_SIZE], struct err *e)
{
	unsigned char hash[DIGEST_SIZE];
	int64_t now_us = clock_wall_us();
	if (!check(t, now_us, e))
		return PEOPLE_WRONG;
	random_uuid7(now_us, t->id_text);
	t->id = t->id_text;
	t->created_us = now_us;
	t->is_limited = t->role_n > 0;
	secret_new(PREFIX, secret, hash);
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = people_commit(p, insert(p, t, hash, now_us, e), e);
	if (end != PEOPLE_OK)
		digest_wipe(secret, PEOPLE_SECRET_SIZE);
	return end;
}

enum people_end people_token_del(struct people *p, const char *id, const char *user_id, struct err *e)
{
	int64_t n = 0;
	const struct sql_value q[] = { SQL_S(id), SQL_S(user_id ? user_id : "") };
	if (!people_number(p, "DELETE FROM api_tokens WHERE id = $1 AND ($2 = '' OR user_id = $2) RETURNING 1", q, 2, &n, e))
		return PEOPLE_FAILED;
	if (n == 1)
		return PEOPLE_OK;
	err_set(e, ERR_INPUT, "there is no token '%.80s'", id);
	return PEOPLE_UNKNOWN;
}

/* That it cannot be written down is no reason to refuse. */
static void note_seen(struct people *p, const char *id, int64_t now_us)
{
	struct err e;
	const struct sql_value q[] = { SQL_S(id), SQL_I(now_us) };
	if (!people_run(p, "UPDATE api_tokens SET seen_us = $2 WHERE id = $1", q, 2, &e))
		return;
}

static bool fill(const struct user *u, const struct api_token *t, struct arena *a, struct principal *out, struct err *e)
{
	if (!user_principal(u, a, out, e))
		return false;
	out->kind = PRINCIPAL_TOKEN;
	out->id = t->id;
	out->name = arena_printf(a, "%s/%s", u->name, t->name);
	out->expires_us = t->expires_us;
	if (!out->name)
		return people_full(e);
	return !t->is_limited || roles_both(t->roles, t->role_n, u->roles, u->role_n, a, &out->roles, &out->role_n, e);
}

bool people_token(struct people *p, struct slice token, int64_t now_us, struct arena *a, struct principal *out, struct err *e)
{
	unsigned char hash[DIGEST_SIZE];
	struct sql_rows rows;
	struct user_row row;
	struct api_token *t;
	struct principal who;
	*out = (struct principal){ 0 };
	if (!secret_hash(PREFIX, token, hash))
		return true;
	const struct sql_value q[] = { SQL_B(hash, sizeof hash) };
	if (!sql_run(p->sql,
	             "SELECT id, name, user_id, '', created_us, expires_us, seen_us, is_limited FROM api_tokens WHERE hash = $1", q, 1,
	             a, &rows, e))
		return false;
	if (!rows.n)
		return true;
	if (!read_tokens(p, &rows, a, &t, e) || !user_row_find(p, "id", slice_str(t->user_id), a, &row, e))
		return false;
	if ((t->expires_us && now_us >= t->expires_us) || !row.user.id || !row.user.is_enabled)
		return true;
	if (!fill(&row.user, t, a, &who, e))
		return false;
	if (now_us - t->seen_us >= SEEN_EVERY_US)
		note_seen(p, t->id, now_us);
	*out = who;
	return true;
}
