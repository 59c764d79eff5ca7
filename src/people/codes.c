/* One-time codes of a user: set up, used once each, and the recovery codes for a phone that is lost. */
#include "base/check.h"
#include "base/clock.h"
#include "people/inside.h"
#include <stdio.h>

#define RECOVERY_CHARS 10

static struct slice context_of(const char *user_id, char out[64])
{
	snprintf(out, 64, "one-time codes %s", user_id);
	return slice_str(out);
}

static bool open_secret(const struct people *p, const char *user_id, struct slice sealed, unsigned char out[TOTP_BYTES],
                        struct err *e)
{
	char context[64];
	size_t n = 0;
	if (sealed.n == TOTP_BYTES + SEAL_OVERHEAD && unseal(p->code_key, context_of(user_id, context), sealed, out, &n) &&
	    n == TOTP_BYTES)
		return true;
	return err_set(e, ERR_REMOTE, "the secret of the one-time codes cannot be read: turn them off and on again");
}

static void hash_recovery(const struct people *p, const char *user_id, const char code[RECOVERY_CHARS],
                          unsigned char out[DIGEST_SIZE])
{
	char text[128];
	int n = snprintf(text, sizeof text, "recovery %s %.*s", user_id, RECOVERY_CHARS, code);
	digest_keyed(p->code_key, slice_of(text, (size_t)n), out);
}

/* As people type them: blanks and a dash within, small letters. */
static size_t read_code(struct slice given, char *out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < given.n; i++) {
		char c = given.p[i];
		if (c == ' ' || c == '-')
			continue;
		if (n == max)
			return 0;
		out[n++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
	}
	return n;
}

enum people_end code_use(struct people *p, const struct user_row *u, struct slice code, int64_t now_us, struct err *e)
{
	unsigned char secret[TOTP_BYTES], hash[DIGEST_SIZE];
	char text[RECOVERY_CHARS];
	int64_t used = 0;
	size_t n = read_code(code, text, sizeof text);
	if (n == RECOVERY_CHARS) {
		hash_recovery(p, u->user.id, text, hash);
		const struct sql_value q[] = { SQL_S(u->user.id), SQL_B(hash, sizeof hash) };
		if (!people_number(p, "DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2 RETURNING 1", q, 2, &used, e))
			return PEOPLE_FAILED;
	} else {
		if (!open_secret(p, u->user.id, u->totp, secret, e))
			return PEOPLE_FAILED;
		int64_t step = totp_match(secret, slice_of(text, n), now_us, u->totp_step);
		digest_wipe(secret, sizeof secret);
		const struct sql_value q[] = { SQL_S(u->user.id), SQL_I(step) };
		if (step && !people_number(p, "UPDATE users SET totp_step = $2 WHERE id = $1 AND totp_step < $2 RETURNING 1", q, 2,
		                           &used, e))
			return PEOPLE_FAILED;
	}
	if (used == 1)
		return PEOPLE_OK;
	err_set(e, ERR_INPUT, "the code is wrong, or was used already: wait for the next one");
	return PEOPLE_WRONG;
}

static enum people_end find(struct people *p, const char *user_id, struct arena *a, struct user_row *row, struct err *e)
{
	if (!user_row_find(p, "id", slice_str(user_id), a, row, e))
		return PEOPLE_FAILED;
	if (row->user.id)
		return PEOPLE_OK;
	err_set(e, ERR_INPUT, "there is no user '%.80s'", user_id);
	return PEOPLE_UNKNOWN;
}

static enum people_end start(struct people *p, const struct user_row *row, char out[TOTP_SECRET_SIZE], struct err *e)
{
	unsigned char secret[TOTP_BYTES];
	char context[64];
	struct buf sealed = BUF_INIT(256);
	if (!row->user.has_password) {
		err_set(e, ERR_INPUT, "codes go with a password, and there is none: your identity provider asks for its own");
		return PEOPLE_WRONG;
	}
	/* Else who took a session over could put a phone of his own in its place. */
	if (row->user.has_totp) {
		err_set(e, ERR_INPUT, "one-time codes are on already: turn them off first");
		return PEOPLE_WRONG;
	}
	random_bytes(secret, sizeof secret);
	seal(p->code_key, context_of(row->user.id, context), slice_of((const char *)secret, sizeof secret), &sealed);
	const struct sql_value q[] = { SQL_S(row->user.id), SQL_B(sealed.p, sealed.n) };
	bool ok = people_run(p, "UPDATE users SET totp_new = $2 WHERE id = $1", q, 2, e);
	totp_base32(secret, sizeof secret, out);
	digest_wipe(secret, sizeof secret);
	buf_release(&sealed);
	return ok ? PEOPLE_OK : PEOPLE_FAILED;
}

enum people_end people_totp_start(struct people *p, const char *user_id, char secret[TOTP_SECRET_SIZE], struct err *e)
{
	struct arena a;
	struct user_row row;
	arena_init(&a, 1u << 20);
	enum people_end end = find(p, user_id, &a, &row, e);
	if (end == PEOPLE_OK)
		end = start(p, &row, secret, e);
	arena_release(&a);
	return end;
}

static bool put_recovery(struct people *p, const char *user_id, char codes[RECOVERY_CODES][RECOVERY_SIZE], struct err *e)
{
	const struct sql_value who[] = { SQL_S(user_id) };
	unsigned char bytes[2 * 5], hash[DIGEST_SIZE];
	char text[2 * 8 + 1];
	if (!people_run(p, "DELETE FROM recovery_codes WHERE user_id = $1", who, 1, e))
		return false;
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		random_bytes(bytes, sizeof bytes);
		totp_base32(bytes, sizeof bytes, text);
		hash_recovery(p, user_id, text, hash);
		snprintf(codes[i], RECOVERY_SIZE, "%.5s-%.5s", text, text + 5);
		const struct sql_value q[] = { SQL_S(user_id), SQL_B(hash, sizeof hash) };
		if (!people_run(p, "INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)", q, 2, e))
			return false;
	}
	return true;
}

static enum people_end confirm(struct people *p, const struct user_row *row, struct slice code, int64_t now_us,
                               char codes[RECOVERY_CODES][RECOVERY_SIZE], struct err *e)
{
	unsigned char secret[TOTP_BYTES];
	char text[RECOVERY_CHARS];
	size_t n = read_code(code, text, sizeof text);
	if (!row->totp_new.n) {
		err_set(e, ERR_INPUT, "there is nothing to confirm: begin anew");
		return PEOPLE_WRONG;
	}
	if (!open_secret(p, row->user.id, row->totp_new, secret, e))
		return PEOPLE_FAILED;
	int64_t step = totp_match(secret, slice_of(text, n), now_us, 0);
	digest_wipe(secret, sizeof secret);
	if (!step) {
		err_set(e, ERR_INPUT, "the code is wrong: enter the one that your app shows now");
		return PEOPLE_WRONG;
	}
	const struct sql_value q[] = { SQL_S(row->user.id), SQL_I(step), SQL_B(row->totp_new.p, row->totp_new.n) };
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	bool ok = people_run(p, "UPDATE users SET totp = $3, totp_new = NULL, totp_step = $2 WHERE id = $1", q, 3, e) &&
		  put_recovery(p, row->user.id, codes, e);
	return people_commit(p, ok ? PEOPLE_OK : PEOPLE_FAILED, e);
}

enum people_end people_totp_confirm(struct people *p, const char *user_id, struct slice code, int64_t now_us,
                                    char codes[RECOVERY_CODES][RECOVERY_SIZE], struct err *e)
{
	struct arena a;
	struct user_row row;
	arena_init(&a, 1u << 20);
	enum people_end end = find(p, user_id, &a, &row, e);
	if (end == PEOPLE_OK)
		end = confirm(p, &row, code, now_us, codes, e);
	arena_release(&a);
	return end;
}

enum people_end people_totp_drop(struct people *p, const char *user_id, struct err *e)
{
	const struct sql_value q[] = { SQL_S(user_id) };
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	bool ok = people_run(p, "UPDATE users SET totp = NULL, totp_new = NULL WHERE id = $1", q, 1, e) &&
		  people_run(p, "DELETE FROM recovery_codes WHERE user_id = $1", q, 1, e);
	return people_commit(p, ok ? PEOPLE_OK : PEOPLE_FAILED, e);
}

enum people_end people_totp_end(struct people *p, const char *user_id, struct slice password, struct err *e)
{
	struct arena a;
	struct user_row row;
	arena_init(&a, 1u << 20);
	enum people_end end = find(p, user_id, &a, &row, e);
	if (end == PEOPLE_OK)
		end = user_password_check(p, &row, password, clock_wall_us(), e);
	if (end == PEOPLE_OK)
		end = people_totp_drop(p, user_id, e);
	arena_release(&a);
	return end;
}
