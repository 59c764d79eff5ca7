/* Links with which a password is set: once, for a day. The first admin comes in by one. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/password.h"
#include "people/inside.h"

#define PREFIX "ghl_"

bool people_needs_setup(struct people *p, bool *out, struct err *e)
{
	int64_t n = 0;
	if (!people_number(p, "SELECT EXISTS (SELECT 1 FROM users)", NULL, 0, &n, e))
		return false;
	*out = n == 0;
	return true;
}

struct link {
	unsigned char hash[DIGEST_SIZE];
	const char *user_id; /* NULL: the first admin's */
	bool is_there;
};

static enum people_end insert(struct people *p, const char *user_id, const unsigned char *hash, int64_t now_us, struct err *e)
{
	int64_t n = 0;
	const struct sql_value who = user_id ? SQL_S(user_id) : (struct sql_value){ .type = SQL_NULL };
	const struct sql_value q[] = { who, SQL_B(hash, DIGEST_SIZE), SQL_I(now_us + LIMIT_LINK_S * SECOND_US) };
	const struct sql_value old[] = { who, SQL_I(now_us) };
	if (!people_number(p, user_id ? "SELECT count(*) FROM users WHERE id = $1" : "SELECT count(*) FROM users", &who,
	                   user_id ? 1 : 0, &n, e))
		return PEOPLE_FAILED;
	if (user_id && !n) {
		err_set(e, ERR_INPUT, "there is no user '%.80s'", user_id);
		return PEOPLE_UNKNOWN;
	}
	if (!user_id && n) {
		err_set(e, ERR_INPUT, "there are users already: one of them makes links for others");
		return PEOPLE_WRONG;
	}
	bool ok = people_run(p, "DELETE FROM user_links WHERE user_id IS $1 OR expires_us <= $2", old, 2, e) &&
		  people_run(p, "INSERT INTO user_links (hash, user_id, expires_us) VALUES ($2, $1, $3)", q, 3, e);
	return ok ? PEOPLE_OK : PEOPLE_FAILED;
}

enum people_end people_link_new(struct people *p, const char *user_id, char out[PEOPLE_SECRET_SIZE], struct err *e)
{
	unsigned char hash[DIGEST_SIZE];
	secret_new(PREFIX, out, hash);
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = people_commit(p, insert(p, user_id, hash, clock_wall_us(), e), e);
	if (end != PEOPLE_OK)
		digest_wipe(out, PEOPLE_SECRET_SIZE);
	return end;
}

static bool find(struct people *p, struct slice text, int64_t now_us, struct arena *a, struct link *l, struct err *e)
{
	struct sql_rows rows;
	*l = (struct link){ 0 };
	if (!secret_hash(PREFIX, text, l->hash))
		return true;
	const struct sql_value q[] = { SQL_B(l->hash, DIGEST_SIZE), SQL_I(now_us) };
	if (!sql_run(p->sql, "SELECT user_id FROM user_links WHERE hash = $1 AND expires_us > $2", q, 2, a, &rows, e))
		return false;
	l->is_there = rows.n == 1;
	l->user_id = rows.n && sql_at(&rows, 0, 0)->type == SQL_TEXT ? sql_str(&rows, 0, 0) : NULL;
	return true;
}

static enum people_end refuse(struct err *e)
{
	err_set(e, ERR_INPUT, "this link was used already, or has ended: ask for a new one");
	return PEOPLE_WRONG;
}

/* Of two who use it at once, one finds it. */
static enum people_end take(struct people *p, const struct link *l, struct err *e)
{
	int64_t n = 0;
	const struct sql_value q[] = { SQL_B(l->hash, DIGEST_SIZE) };
	if (!people_number(p, "DELETE FROM user_links WHERE hash = $1 RETURNING 1", q, 1, &n, e))
		return PEOPLE_FAILED;
	return n == 1 ? PEOPLE_OK : refuse(e);
}

static enum people_end make_first(struct people *p, struct user *u, const char *hash, int64_t now_us, struct err *e)
{
	bool is_first = false;
	if (!people_needs_setup(p, &is_first, e))
		return PEOPLE_FAILED;
	if (!is_first)
		return refuse(e);
	enum people_end end = user_insert(p, u, hash, now_us, e);
	if (end == PEOPLE_OK && !people_run(p, "DELETE FROM user_links WHERE user_id IS NULL", NULL, 0, e))
		end = PEOPLE_FAILED;
	return end;
}

static enum people_end set_password(struct people *p, const char *user_id, const char *hash, struct err *e)
{
	int64_t n = 0;
	const struct sql_value q[] = { SQL_S(user_id), SQL_S(hash) };
	if (!people_number(p, "UPDATE users SET password = $2 WHERE id = $1 AND is_enabled = 1 RETURNING 1", q, 2, &n, e) ||
	    (n == 1 && !user_sessions_end(p, user_id, NULL, e)))
		return PEOPLE_FAILED;
	return n == 1 ? PEOPLE_OK : refuse(e);
}

/* *u: whom it is for; of the first admin what he will be. */
static enum people_end prepare(struct people *p, const struct link *l, struct user *u, struct arena *a, struct err *e)
{
	struct user_row row;
	if (!l->is_there)
		return refuse(e);
	if (!l->user_id)
		return PEOPLE_OK;
	if (!user_row_find(p, "id", slice_str(l->user_id), a, &row, e))
		return PEOPLE_FAILED;
	if (!row.user.id || !row.user.is_enabled)
		return refuse(e);
	*u = row.user;
	return PEOPLE_OK;
}

static enum people_end use(struct people *p, const struct link *l, struct user *u, struct slice password, int64_t now_us,
                           struct err *e)
{
	char hash[PASSWORD_HASH_SIZE];
	if (!password_may_be(password, slice_str(u->name), e))
		return PEOPLE_WRONG;
	if (!password_hash(password, hash, e) || !sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = take(p, l, e);
	if (end == PEOPLE_OK)
		end = l->user_id ? set_password(p, u->id, hash, e) : make_first(p, u, hash, now_us, e);
	digest_wipe(hash, sizeof hash);
	return people_commit(p, end, e);
}

void people_use_link(struct people *p, struct slice link, struct slice name, struct slice password, struct slice display_name,
                     int64_t now_us, struct arena *a, struct signed_in *out, struct err *e)
{
	static const struct role_given admin = { ROLE_ADMIN, NULL };
	struct link l;
	char read[LIMIT_NAME + 1], *shown = arena_strndup(a, display_name.n ? display_name.p : "", display_name.n);
	struct user u = { .display_name = shown, .email = "", .oidc_subject = "", .is_enabled = true, .roles = &admin, .role_n = 1 };
	*out = (struct signed_in){ .end = PEOPLE_FAILED };
	if (!shown) {
		people_full(e);
		return;
	}
	if (!find(p, link, now_us, a, &l, e))
		return;
	out->end = prepare(p, &l, &u, a, e);
	if (out->end == PEOPLE_OK && !l.user_id) {
		u.name = read;
		if (!user_name_read(name, read, sizeof read, e) || !user_check(&u, e))
			out->end = PEOPLE_WRONG;
	}
	if (out->end == PEOPLE_OK)
		out->end = use(p, &l, &u, password, now_us, e);
	if (out->end != PEOPLE_OK)
		return;
	if (!u.has_totp) {
		session_new(p, &u, now_us, a, out, e);
		return;
	}
	/* Nobody is signed in who could be named for it later. */
	const struct change c = { .time_us = now_us, .who_kind = "user", .who_id = u.id, .who_name = u.name, .action = "user.set_up",
		                  .object_type = "user", .object_id = u.id, .note = "" };
	out->end = people_change_add(p, &c, e) ? PEOPLE_WANTS_CODE : PEOPLE_FAILED;
	if (out->end == PEOPLE_FAILED)
		return;
	err_set(e, ERR_INPUT, "the password is set: sign in with it and the one-time code of your app");
}
