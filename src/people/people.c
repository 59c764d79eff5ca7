/* Opening and closing, and what the other files share: statements, secrets. */
#include "people/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdlib.h>

struct people *people_open(struct store *s, struct err *e)
{
	struct people *p = mem_zalloc(sizeof *p);
	p->sql = store_sql_open(s, e);
	if (!p->sql) {
		people_close(&p);
		return NULL;
	}
	store_subkey(s, "change records", p->change_key);
	store_subkey(s, "csrf", p->csrf_key);
	store_subkey(s, "one-time codes", p->code_key);
	store_subkey(s, "sign-in attempts", p->attempt_key);
	people_session_times(p, 0, 0);
	return p;
}

void people_session_times(struct people *p, int64_t age_s, int64_t idle_s)
{
	p->session_us = (age_s ? age_s : LIMIT_SESSION_S) * SECOND_US;
	p->idle_us = (idle_s ? idle_s : LIMIT_SESSION_IDLE_S) * SECOND_US;
}

void people_close(struct people **p)
{
	if (!*p)
		return;
	sql_close(&(*p)->sql);
	digest_wipe(*p, sizeof **p);
	free(*p);
	*p = NULL;
}

bool people_full(struct err *e)
{
	return err_set(e, ERR_LIMIT, "the answer needs more memory than it may have");
}

bool people_run(struct people *p, const char *text, const struct sql_value *v, size_t n, struct err *e)
{
	return sql_run(p->sql, text, v, n, NULL, NULL, e);
}

bool people_number(struct people *p, const char *text, const struct sql_value *v, size_t n, int64_t *out, struct err *e)
{
	struct sql_rows rows;
	struct arena a;
	arena_init(&a, 1u << 16);
	bool ok = sql_run(p->sql, text, v, n, &a, &rows, e);
	*out = ok && rows.n ? sql_int(&rows, 0, 0) : 0;
	arena_release(&a);
	return ok;
}

enum people_end people_commit(struct people *p, enum people_end end, struct err *e)
{
	bool is_good = end == PEOPLE_OK;
	if (!sql_end(p->sql, is_good, e) && is_good)
		return PEOPLE_FAILED;
	return end;
}

void secret_new(const char *prefix, char out[PEOPLE_SECRET_SIZE], unsigned char hash[DIGEST_SIZE])
{
	unsigned char secret[SECRET_BYTES];
	struct buf b = BUF_INIT(PEOPLE_SECRET_SIZE);
	random_bytes(secret, sizeof secret);
	buf_adds(&b, prefix);
	base64url_add(&b, slice_of((const char *)secret, sizeof secret));
	BUG_ON(!buf_ok(&b) || b.n >= PEOPLE_SECRET_SIZE);
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	digest_wipe(b.p, b.n);
	buf_release(&b);
	digest_wipe(secret, sizeof secret);
	digest_blake2b(slice_str(out), hash);
}

bool secret_hash(const char *prefix, struct slice secret, unsigned char hash[DIGEST_SIZE])
{
	unsigned char bytes[SECRET_BYTES + 3];
	size_t n = 0, skip = strlen(prefix);
	if (secret.n != skip + 43 || !slice_starts(secret, slice_str(prefix)) ||
	    !base64url_read(slice_of(secret.p + skip, secret.n - skip), bytes, &n) || n != SECRET_BYTES)
		return false;
	digest_wipe(bytes, sizeof bytes);
	digest_blake2b(secret, hash);
	return true;
}
