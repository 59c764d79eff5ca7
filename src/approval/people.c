/* People who may decide: by a token, of which only the hash is kept, or as a user of this machine. */
#include "approval/inside.h"
#include "base/check.h"
#include "base/limits.h"

#define PREFIX "gha_"
#define SECRET_SIZE 32

void approval_token_new(char out[APPROVAL_TOKEN_SIZE], unsigned char hash[DIGEST_SIZE])
{
	unsigned char secret[SECRET_SIZE];
	struct buf b = BUF_INIT(APPROVAL_TOKEN_SIZE);
	random_bytes(secret, sizeof secret);
	buf_adds(&b, PREFIX);
	base64url_add(&b, slice_of((const char *)secret, sizeof secret));
	BUG_ON(!buf_ok(&b) || b.n != APPROVAL_TOKEN_SIZE - 1);
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	digest_wipe(b.p, b.n);
	buf_release(&b);
	digest_wipe(secret, sizeof secret);
	digest_blake2b(slice_str(out), hash);
}

bool approval_token_hash(struct slice token, unsigned char hash[DIGEST_SIZE])
{
	unsigned char secret[SECRET_SIZE + 3];
	struct slice prefix = SLICE_LIT(PREFIX);
	size_t n = 0;
	if (token.n != APPROVAL_TOKEN_SIZE - 1 || !slice_starts(token, prefix) ||
	    !base64url_read(slice_of(token.p + prefix.n, token.n - prefix.n), secret, &n) || n != SECRET_SIZE)
		return false;
	digest_wipe(secret, sizeof secret);
	digest_blake2b(token, hash);
	return true;
}

static bool check_text(const char *what, const char *text, size_t max, struct err *e)
{
	size_t n = strlen(text);
	if (!n)
		return err_set(e, ERR_INPUT, "the %s is empty", what);
	if (n > max)
		return err_set(e, ERR_LIMIT, "the %s is longer than %zu bytes", what, max);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] <= 0x20 || text[i] == 0x7f)
			return err_set(e, ERR_INPUT, "the %s has a space or a control character", what);
	return true;
}

bool approval_db_person_add(struct approval_db *db, const char *name, const char *subject, const unsigned char *hash,
                            int64_t now_us, struct err *e)
{
	struct arena a;
	struct sql_rows rows = { 0 }, all = { 0 };
	const struct sql_value p[] = { SQL_S(name), SQL_S(subject),
		                       hash ? SQL_B(hash, DIGEST_SIZE) : (struct sql_value){ .type = SQL_NULL },
		                       SQL_I(now_us) };
	if (!check_text("name", name, LIMIT_NAME, e) || !check_text("subject", subject, 4 * LIMIT_NAME, e))
		return false;
	arena_init(&a, 1u << 16);
	bool ok = sql_run(db->sql, "SELECT count(*) FROM approvers WHERE revoked_us = 0", NULL, 0, &a, &all, e);
	if (ok && sql_int(&all, 0, 0) >= LIMIT_APPROVERS)
		ok = err_set(e, ERR_LIMIT, "there are %d approvers, which is the limit", LIMIT_APPROVERS);
	/* A name that was revoked can be given again: its votes say when they were cast. */
	ok = ok && sql_run(db->sql, "DELETE FROM approvers WHERE name = $1 AND revoked_us > 0", p, 1, NULL, NULL, e) &&
	     sql_run(db->sql,
	             "INSERT INTO approvers (name, subject, token_hash, created_us, revoked_us) VALUES ($1, $2, $3, $4, 0) "
	             "ON CONFLICT DO NOTHING RETURNING name",
	             p, 4, &a, &rows, e);
	if (ok && !rows.n)
		ok = err_set(e, ERR_INPUT, "there is an approver '%.80s' already; revoke it or choose another name", name);
	arena_release(&a);
	return ok;
}

static bool read_people(struct approval_db *db, const char *where, const struct sql_value *p, size_t p_n, struct arena *a,
                        struct approval_person **v, size_t *n, struct err *e)
{
	struct sql_rows rows;
	char text[256];
	snprintf(text, sizeof text,
	         "SELECT name, subject, created_us, revoked_us, CASE WHEN token_hash IS NULL THEN 0 ELSE 1 END "
	         "FROM approvers %s ORDER BY name",
	         where);
	if (!sql_run(db->sql, text, p, p_n, a, &rows, e))
		return false;
	*v = arena_alloc(a, (rows.n + 1) * sizeof **v);
	if (!*v)
		return approval_full(e);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		(*v)[i] = (struct approval_person){ sql_str(&rows, i, 0), sql_str(&rows, i, 1), sql_int(&rows, i, 2),
			                            sql_int(&rows, i, 3), sql_int(&rows, i, 4) == 1 };
	return true;
}

bool approval_db_people(struct approval_db *db, struct arena *a, struct approval_person **v, size_t *n, struct err *e)
{
	return read_people(db, "", NULL, 0, a, v, n, e);
}

bool approval_db_person_revoke(struct approval_db *db, const char *name, int64_t now_us, struct err *e)
{
	struct arena a;
	struct sql_rows rows = { 0 };
	const struct sql_value p[] = { SQL_S(name), SQL_I(now_us) };
	arena_init(&a, 1u << 16);
	bool ok = sql_run(db->sql, "UPDATE approvers SET revoked_us = $2 WHERE name = $1 AND revoked_us = 0 RETURNING name", p,
	                  2, &a, &rows, e);
	if (ok && !rows.n)
		ok = err_set(e, ERR_INPUT, "there is no approver '%.80s'", name);
	arena_release(&a);
	return ok;
}

bool approval_db_person_find(struct approval_db *db, const char *name, const unsigned char *hash, struct arena *a,
                             struct approval_person *out, struct err *e)
{
	struct approval_person *v;
	size_t n;
	const struct sql_value p[] = { hash ? SQL_B(hash, DIGEST_SIZE) : SQL_S(name) };
	*out = (struct approval_person){ 0 };
	if (!read_people(db,
	                 hash ? "WHERE token_hash = $1 AND revoked_us = 0" : "WHERE name = $1 AND revoked_us = 0", p, 1, a,
	                 &v, &n, e))
		return false;
	if (n)
		*out = v[0];
	return true;
}
