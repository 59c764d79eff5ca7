/* Name and password, a code where one is wanted, and changing the password. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/password.h"
#include "people/inside.h"
#include <stdio.h>

/* An unknown name costs as much as a wrong password, and is told the same. */
static bool is_right(const struct user_row *row, struct slice password)
{
	bool is_long = password.n > LIMIT_PASSWORD_MAX;
	const char *hash = row->user.id && row->user.is_enabled && !is_long ? row->password : NULL;
	return password_check(hash, is_long ? slice_of(password.p, LIMIT_PASSWORD_MAX) : password);
}

static bool find(struct people *p, struct slice given, struct arena *a, struct user_row *row, struct err *e)
{
	char name[LIMIT_NAME + 1];
	struct err not_one;
	*row = (struct user_row){ .password = "" };
	return !user_name_read(given, name, sizeof name, &not_one) || user_row_find(p, "name", slice_str(name), a, row, e);
}

static bool put_hash(struct people *p, const char *user_id, const char *hash, struct err *e)
{
	const struct sql_value q[] = { SQL_S(user_id), SQL_S(hash) };
	return people_run(p, "UPDATE users SET password = $2 WHERE id = $1", q, 2, e);
}

/* That it cannot be made anew now is no reason to send anybody away. */
static void renew(struct people *p, const struct user_row *row, struct slice password)
{
	char hash[PASSWORD_HASH_SIZE];
	struct err e;
	if (password_is_dated(row->password) && password_hash(password, hash, &e) && put_hash(p, row->user.id, hash, &e))
		return;
}

static enum people_end check(struct people *p, const struct attempt *t, const struct user_row *row, struct err *e)
{
	if (!is_right(row, t->password)) {
		err_set(e, ERR_INPUT, "name or password is wrong");
		return PEOPLE_WRONG;
	}
	if (!row->user.has_totp)
		return PEOPLE_OK;
	if (!t->code.n) {
		err_set(e, ERR_INPUT, "the one-time code of your app is needed, too");
		return PEOPLE_WANTS_CODE;
	}
	enum people_end end = code_use(p, row, t->code, t->now_us, e);
	return end == PEOPLE_WRONG ? PEOPLE_WANTS_CODE : end;
}

/* From where waits begin: few enough of one name to keep them all. What was typed as a name may be a password. */
static void record_failure(struct people *p, const struct attempt *t, const struct attempt_keys *k, const struct user_row *row)
{
	char address[64], note[64];
	struct err e;
	if (k->failures <= LIMIT_SIGN_IN_NAME)
		return;
	snprintf(address, sizeof address, "%.*s", (int)(t->address.n < 63 ? t->address.n : 63), t->address.n ? t->address.p : "");
	snprintf(note, sizeof note, "%lld wrong attempts by this name", (long long)k->failures);
	const struct change c = { .time_us = t->now_us, .who_kind = "none", .address = address, .action = "user.sign_in_fail",
		                  .object_type = "user", .object_id = row->user.id, .note = note };
	/* The answer is no, whether that is written down or not. */
	if (!people_change_add(p, &c, &e))
		return;
}

void people_sign_in(struct people *p, const struct attempt *t, struct arena *a, struct signed_in *out, struct err *e)
{
	struct attempt_keys k;
	struct user_row row;
	*out = (struct signed_in){ .end = PEOPLE_FAILED };
	out->end = attempt_begin(p, t->name, t->address, t->now_us, &k, &out->retry_s, e);
	if (out->end != PEOPLE_OK)
		return;
	out->end = find(p, t->name, a, &row, e) ? check(p, t, &row, e) : PEOPLE_FAILED;
	if (out->end == PEOPLE_WRONG || (out->end == PEOPLE_WANTS_CODE && t->code.n))
		record_failure(p, t, &k, &row);
	struct err why;
	/* A code that was not given is no guess; one that was given and is wrong is. */
	if (out->end == PEOPLE_WANTS_CODE && !t->code.n && !attempt_end(p, &k, false, &why))
		out->end = PEOPLE_FAILED, *e = why;
	if (out->end != PEOPLE_OK)
		return;
	renew(p, &row, t->password);
	session_new(p, &row.user, t->now_us, a, out, e);
	if (out->end == PEOPLE_OK && !attempt_end(p, &k, true, e))
		out->end = PEOPLE_FAILED;
}

/* Of one who is signed in: guesses are counted as at the door. */
enum people_end user_password_check(struct people *p, const struct user_row *row, struct slice password, int64_t now_us,
                                    struct err *e)
{
	struct attempt_keys k;
	uint64_t retry_s;
	enum people_end end = attempt_begin(p, slice_str(row->user.name), SLICE_LIT(""), now_us, &k, &retry_s, e);
	if (end != PEOPLE_OK)
		return end;
	if (!is_right(row, password)) {
		err_set(e, ERR_INPUT, "the password is wrong");
		return PEOPLE_WRONG;
	}
	return attempt_end(p, &k, true, e) ? PEOPLE_OK : PEOPLE_FAILED;
}

static enum people_end put_password(struct people *p, const struct user *u, struct slice fresh, const unsigned char *keep,
                                    struct err *e)
{
	char hash[PASSWORD_HASH_SIZE];
	if (!password_may_be(fresh, slice_str(u->name), e))
		return PEOPLE_WRONG;
	if (!password_hash(fresh, hash, e) || !sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	bool ok = put_hash(p, u->id, hash, e) && user_sessions_end(p, u->id, keep, e);
	return people_commit(p, ok ? PEOPLE_OK : PEOPLE_FAILED, e);
}

enum people_end people_password_set(struct people *p, const char *user_id, struct slice old, struct slice fresh, int64_t now_us,
                                    const unsigned char keep_session[32], struct err *e)
{
	struct arena a;
	struct user_row row;
	enum people_end end = PEOPLE_FAILED;
	arena_init(&a, 1u << 20);
	if (!user_row_find(p, "id", slice_str(user_id), &a, &row, e)) {
		end = PEOPLE_FAILED;
	} else if (!row.user.id) {
		err_set(e, ERR_INPUT, "there is no user '%.80s'", user_id);
		end = PEOPLE_UNKNOWN;
	} else if (!row.user.has_password) {
		/* Whoever took a session over must not make a way in of his own. */
		err_set(e, ERR_INPUT, "there is no password to change: ask an admin for a link to set one");
		end = PEOPLE_WRONG;
	} else {
		end = user_password_check(p, &row, old, now_us, e);
		if (end == PEOPLE_OK)
			end = put_password(p, &row.user, fresh, keep_session, e);
	}
	arena_release(&a);
	return end;
}

enum people_end people_password_put(struct people *p, const char *user_id, struct slice fresh, struct err *e)
{
	struct arena a;
	struct user u;
	arena_init(&a, 1u << 20);
	enum people_end end = people_user_get(p, user_id, &a, &u, e);
	if (end == PEOPLE_OK)
		end = put_password(p, &u, fresh, NULL, e);
	arena_release(&a);
	return end;
}
