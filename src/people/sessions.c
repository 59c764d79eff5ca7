/* Sessions: a random cookie of which the hash is kept. They end by age, by idleness, and with their user. */
#include "base/check.h"
#include "base/limits.h"
#include "people/inside.h"

#define SEEN_EVERY_US (60 * SECOND_US)

bool user_principal(const struct user *u, struct arena *a, struct principal *out, struct err *e)
{
	*out = (struct principal){ .kind = PRINCIPAL_USER, .roles = u->roles, .role_n = u->role_n };
	out->id = arena_strndup(a, u->id, strlen(u->id));
	out->name = arena_strndup(a, u->name, strlen(u->name));
	const char *subject = u->email[0] ? u->email : u->name;
	out->subject = arena_strndup(a, subject, strlen(subject));
	out->user_id = out->id;
	return (out->id && out->name && out->subject) || people_full(e);
}

/* The value that forms and scripts of our own pages send along: whoever has only the cookie cannot know it. */
static void make_csrf(const struct people *p, struct principal *who)
{
	unsigned char mac[DIGEST_SIZE];
	struct buf b = BUF_INIT(sizeof who->csrf);
	digest_keyed(p->csrf_key, slice_of((const char *)who->session_hash, DIGEST_SIZE), mac);
	base64url_add(&b, slice_of((const char *)mac, sizeof mac));
	BUG_ON(!buf_ok(&b) || b.n != sizeof who->csrf - 1);
	memcpy(who->csrf, b.p, b.n);
	buf_release(&b);
}

/* What is over is swept when somebody signs in. */
static bool insert(struct people *p, const char *user_id, const unsigned char *hash, int64_t now_us, struct err *e)
{
	const struct sql_value sweep[] = { SQL_I(now_us), SQL_I(now_us - p->idle_us) };
	const struct sql_value q[] = { SQL_B(hash, DIGEST_SIZE), SQL_S(user_id), SQL_I(now_us), SQL_I(now_us + p->session_us) };
	const struct sql_value most[] = { SQL_S(user_id), SQL_B(hash, DIGEST_SIZE), SQL_I(LIMIT_SESSIONS_OF_USER - 1) };
	const struct sql_value seen[] = { SQL_S(user_id), SQL_I(now_us) };
	return people_run(p, "DELETE FROM user_sessions WHERE expires_us <= $1 OR seen_us <= $2", sweep, 2, e) &&
	       people_run(p,
	                  "INSERT INTO user_sessions (hash, user_id, created_us, seen_us, expires_us) VALUES ($1, $2, $3, $3, $4)",
	                  q, 4, e) &&
	       people_run(p,
	                  "DELETE FROM user_sessions WHERE user_id = $1 AND hash <> $2 AND hash NOT IN (SELECT hash FROM "
	                  "user_sessions WHERE user_id = $1 AND hash <> $2 ORDER BY created_us DESC LIMIT $3)",
	                  most, 3, e) &&
	       people_run(p, "UPDATE users SET seen_us = $2 WHERE id = $1", seen, 2, e);
}

void session_new(struct people *p, const struct user *u, int64_t now_us, struct arena *a, struct signed_in *out, struct err *e)
{
	unsigned char hash[DIGEST_SIZE];
	out->end = PEOPLE_FAILED;
	secret_new("", out->cookie, hash);
	if (!user_principal(u, a, &out->who, e) || !sql_begin(p->sql, e))
		return;
	if (!sql_end(p->sql, insert(p, u->id, hash, now_us, e), e))
		return;
	memcpy(out->who.session_hash, hash, sizeof hash);
	out->who.expires_us = now_us + (p->idle_us < p->session_us ? p->idle_us : p->session_us);
	make_csrf(p, &out->who);
	out->end = PEOPLE_OK;
}

/* That it cannot be written down is no reason to send anybody away. */
static void note_seen(struct people *p, const unsigned char *hash, const char *user_id, int64_t now_us)
{
	struct err e;
	const struct sql_value q[] = { SQL_B(hash, DIGEST_SIZE), SQL_I(now_us) }, u[] = { SQL_S(user_id), SQL_I(now_us) };
	if (people_run(p, "UPDATE user_sessions SET seen_us = $2 WHERE hash = $1", q, 2, &e) &&
	    people_run(p, "UPDATE users SET seen_us = $2 WHERE id = $1", u, 2, &e))
		return;
}

bool people_session(struct people *p, struct slice cookie, int64_t now_us, struct arena *a, struct principal *out, struct err *e)
{
	unsigned char hash[DIGEST_SIZE];
	struct sql_rows rows;
	struct user_row row;
	*out = (struct principal){ 0 };
	if (!secret_hash("", cookie, hash))
		return true;
	const struct sql_value q[] = { SQL_B(hash, sizeof hash) };
	if (!sql_run(p->sql, "SELECT user_id, created_us, seen_us, expires_us FROM user_sessions WHERE hash = $1", q, 1, a, &rows, e))
		return false;
	if (!rows.n)
		return true;
	int64_t seen = sql_int(&rows, 0, 2), end = sql_int(&rows, 0, 1) + p->session_us;
	/* The one it was made with, and the one of today: the shorter. */
	end = end < sql_int(&rows, 0, 3) ? end : sql_int(&rows, 0, 3);
	if (now_us >= end || now_us >= seen + p->idle_us)
		return true;
	if (!user_row_find(p, "id", sql_text(&rows, 0, 0), a, &row, e))
		return false;
	if (!row.user.id || !row.user.is_enabled)
		return true;
	if (now_us - seen >= SEEN_EVERY_US) {
		note_seen(p, hash, row.user.id, now_us);
		seen = now_us;
	}
	if (!user_principal(&row.user, a, out, e))
		return false;
	memcpy(out->session_hash, hash, sizeof hash);
	out->expires_us = end < seen + p->idle_us ? end : seen + p->idle_us;
	make_csrf(p, out);
	return true;
}

bool people_still(struct people *p, const struct principal *who, int64_t now_us, bool *is_in, struct err *e)
{
	int64_t n = 1;
	bool ok = true;
	if (who->kind == PRINCIPAL_USER) {
		const struct sql_value q[] = { SQL_B(who->session_hash, DIGEST_SIZE), SQL_I(now_us), SQL_I(now_us - p->idle_us),
			                       SQL_I(now_us - p->session_us) };
		ok = people_number(p,
		                   "SELECT count(*) FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE s.hash = $1 AND "
		                   "u.is_enabled = 1 AND s.expires_us > $2 AND s.seen_us > $3 AND s.created_us > $4",
		                   q, 4, &n, e);
	} else if (who->kind == PRINCIPAL_TOKEN) {
		const struct sql_value q[] = { SQL_S(who->id), SQL_I(now_us) };
		ok = people_number(p,
		                   "SELECT count(*) FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.id = $1 AND "
		                   "u.is_enabled = 1 AND (t.expires_us = 0 OR t.expires_us > $2)",
		                   q, 2, &n, e);
	}
	*is_in = n > 0;
	return ok;
}

enum people_end people_sign_out(struct people *p, const unsigned char session_hash[32], struct err *e)
{
	const struct sql_value q[] = { SQL_B(session_hash, DIGEST_SIZE) };
	return people_run(p, "DELETE FROM user_sessions WHERE hash = $1", q, 1, e) ? PEOPLE_OK : PEOPLE_FAILED;
}
