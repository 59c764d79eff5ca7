/* Somebody whom an identity provider vouches for: found, joined to a user who was invited, or made. */
#include "base/limits.h"
#include "people/inside.h"
#include <stdio.h>

#define NAMES_TRIED 100

static bool join(struct people *p, const struct user *u, struct slice subject, int64_t *n, struct err *e)
{
	const struct sql_value q[] = { SQL_S(u->id), SQL_T(subject) };
	return people_number(p, "UPDATE users SET oidc_subject = $2 WHERE id = $1 AND oidc_subject IS NULL RETURNING 1", q, 2, n, e);
}

static bool is_email(struct slice s)
{
	return s.n && s.n <= LIMIT_EMAIL && memchr(s.p, '@', s.n);
}

/* Of the address or the name, what a name may have; "alice", "alice-2", … */
static void make_name(const struct vouched *v, int number, char out[LIMIT_NAME + 1])
{
	struct slice from = is_email(v->email) ? v->email : v->name;
	size_t n = 0;
	for (size_t i = 0; i < from.n && n < LIMIT_NAME - 8; i++) {
		char c = from.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("._@+-", c)))
			out[n++] = c;
		else if (c == ' ' && n && out[n - 1] != '.')
			out[n++] = '.';
	}
	if (!n) {
		memcpy(out, "user", 4);
		n = 4;
	}
	out[n] = '\0';
	if (number > 1)
		snprintf(out + n, LIMIT_NAME + 1 - n, "-%d", number);
}

static char *copy(struct arena *a, struct slice s, size_t max)
{
	size_t n = s.n < max ? s.n : max;
	while (n < s.n && n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	char *out = arena_strndup(a, n ? s.p : "", n);
	for (char *c = out; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return out;
}

static enum people_end make(struct people *p, const struct vouched *v, int64_t now_us, struct arena *a, struct user *u, struct err *e)
{
	char *name = arena_alloc(a, LIMIT_NAME + 1);
	*u = (struct user){ .name = name, .display_name = copy(a, v->name, LIMIT_DISPLAY_NAME),
		            .email = v->is_email_verified && is_email(v->email) ? copy(a, v->email, LIMIT_EMAIL) : "",
		            .oidc_subject = copy(a, v->subject, LIMIT_OIDC_SUBJECT), .is_enabled = true,
		            .roles = v->roles, .role_n = v->role_n };
	if (!name || !u->display_name || !u->email || !u->oidc_subject) {
		people_full(e);
		return PEOPLE_FAILED;
	}
	enum people_end end = PEOPLE_TAKEN;
	for (int i = 1; i <= NAMES_TRIED && end == PEOPLE_TAKEN; i++) {
		make_name(v, i, name);
		end = user_insert(p, u, NULL, now_us, e);
	}
	return end;
}

static enum people_end find(struct people *p, const struct vouched *v, int64_t now_us, struct arena *a, struct user *u, struct err *e)
{
	struct user_row row;
	char email[LIMIT_EMAIL + 1];
	int64_t n = 0;
	if (!user_row_find(p, "oidc_subject", v->subject, a, &row, e))
		return PEOPLE_FAILED;
	if (!row.user.id && v->is_email_verified && is_email(v->email)) {
		for (size_t i = 0; i < v->email.n; i++)
			email[i] = v->email.p[i] >= 'A' && v->email.p[i] <= 'Z' ? (char)(v->email.p[i] + 32) : v->email.p[i];
		if (!user_row_find(p, "lower(email)", slice_of(email, v->email.n), a, &row, e))
			return PEOPLE_FAILED;
		if (row.user.id && row.user.is_enabled && !row.user.oidc_subject[0] && !join(p, &row.user, v->subject, &n, e))
			return PEOPLE_FAILED;
		if (row.user.id && n != 1) {
			err_set(e, ERR_INPUT, "another account of this gate has your e-mail address: ask an admin");
			return PEOPLE_WRONG;
		}
	}
	*u = row.user;
	if (u->id && !u->is_enabled) {
		err_set(e, ERR_INPUT, "this account is disabled");
		return PEOPLE_WRONG;
	}
	if (u->id)
		return PEOPLE_OK;
	if (v->may_create)
		return make(p, v, now_us, a, u, e);
	err_set(e, ERR_INPUT, "nobody has invited you to this gate yet: ask an admin");
	return PEOPLE_WRONG;
}

void people_vouched(struct people *p, const struct vouched *v, int64_t now_us, struct arena *a, struct signed_in *out, struct err *e)
{
	struct user *u = arena_zalloc(a, sizeof *u);
	*out = (struct signed_in){ .end = PEOPLE_FAILED };
	if (!u || !v->subject.n || v->subject.n > LIMIT_OIDC_SUBJECT) {
		err_set(e, ERR_LIMIT, "the identity provider gives no usable subject");
		return;
	}
	if (!sql_begin(p->sql, e))
		return;
	out->end = people_commit(p, find(p, v, now_us, a, u, e), e);
	if (out->end == PEOPLE_OK)
		session_new(p, u, now_us, a, out, e);
}
