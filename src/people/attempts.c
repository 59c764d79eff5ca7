/* Attempts to sign in: counted in the database, so that neither a restart nor a second gate begins anew. */
#include "base/limits.h"
#include "people/inside.h"
#include <arpa/inet.h>

/* A network that one customer of a provider has is one address: of IPv6, the first 64 bits. */
static struct slice read_address(struct slice text, char out[64])
{
	struct in6_addr v6;
	char copy[INET6_ADDRSTRLEN];
	if (text.n >= sizeof copy)
		return slice_of(text.p, 40);
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	if (inet_pton(AF_INET6, copy, &v6) != 1)
		return text;
	if (IN6_IS_ADDR_V4MAPPED(&v6)) {
		inet_ntop(AF_INET, v6.s6_addr + 12, out, 64);
		return slice_str(out);
	}
	memset(v6.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &v6, out, 64);
	return slice_str(out);
}

static void make_key(const struct people *p, char kind, struct slice text, unsigned char out[DIGEST_SIZE])
{
	char bytes[1 + LIMIT_NAME + 1];
	size_t n = 0;
	bytes[n++] = kind;
	for (size_t i = 0; i < text.n && i <= LIMIT_NAME; i++)
		bytes[n++] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 32) : text.p[i];
	digest_keyed(p->attempt_key, slice_of(bytes, n), out);
}

static int64_t wait_us(int64_t failures, int64_t are_free)
{
	int64_t over = failures - are_free;
	if (over <= 0)
		return 0;
	int64_t s = over > 20 ? LIMIT_SIGN_IN_WAIT_S : (int64_t)1 << (over - 1);
	return (s < LIMIT_SIGN_IN_WAIT_S ? s : LIMIT_SIGN_IN_WAIT_S) * SECOND_US;
}

/* *until: not before, 0 when it may be now. */
static bool look(struct people *p, const unsigned char *key, int64_t now_us, int64_t *failures, int64_t *until, struct err *e)
{
	struct arena a;
	struct sql_rows rows;
	const struct sql_value q[] = { SQL_B(key, DIGEST_SIZE) };
	arena_init(&a, 1u << 16);
	*failures = *until = 0;
	bool ok = sql_run(p->sql, "SELECT failures, next_us, last_us FROM sign_in_attempts WHERE key = $1", q, 1, &a, &rows, e);
	if (ok && rows.n && sql_int(&rows, 0, 2) > now_us - LIMIT_SIGN_IN_KEPT_S * SECOND_US) {
		int64_t next = sql_int(&rows, 0, 1);
		*failures = sql_int(&rows, 0, 0);
		/* Farther away than any wait: the clock was set back. */
		*until = next > now_us && next <= now_us + LIMIT_SIGN_IN_WAIT_S * SECOND_US ? next : 0;
	}
	arena_release(&a);
	return ok;
}

static bool count(struct people *p, const unsigned char *key, int64_t failures, int64_t are_free, int64_t now_us, struct err *e)
{
	const struct sql_value q[] = { SQL_B(key, DIGEST_SIZE), SQL_I(failures), SQL_I(now_us + wait_us(failures, are_free)),
		                       SQL_I(now_us) };
	return people_run(p,
	                  "INSERT INTO sign_in_attempts (key, failures, next_us, last_us) VALUES ($1, $2, $3, $4) ON CONFLICT (key) "
	                  "DO UPDATE SET failures = excluded.failures, next_us = excluded.next_us, last_us = excluded.last_us",
	                  q, 4, e);
}

static bool sweep(struct people *p, int64_t now_us, struct err *e)
{
	const struct sql_value old[] = { SQL_I(now_us - LIMIT_SIGN_IN_KEPT_S * SECOND_US) }, most[] = { SQL_I(LIMIT_SIGN_IN_ROWS) };
	return people_run(p, "DELETE FROM sign_in_attempts WHERE last_us < $1", old, 1, e) &&
	       people_run(p,
	                  "DELETE FROM sign_in_attempts WHERE key IN (SELECT key FROM sign_in_attempts ORDER BY last_us "
	                  "LIMIT max(0, (SELECT count(*) FROM sign_in_attempts) - $1))",
	                  most, 1, e);
}

static enum people_end begin(struct people *p, struct attempt_keys *k, int64_t now_us, int64_t *until, struct err *e)
{
	int64_t by_name, by_address = 0, later = 0;
	if (!look(p, k->name, now_us, &by_name, until, e) ||
	    (k->has_address && !look(p, k->address, now_us, &by_address, &later, e)))
		return PEOPLE_FAILED;
	*until = later > *until ? later : *until;
	if (*until)
		return PEOPLE_LATER;
	k->failures = by_name + 1;
	bool ok = count(p, k->name, by_name + 1, LIMIT_SIGN_IN_NAME, now_us, e) &&
		  (!k->has_address || count(p, k->address, by_address + 1, LIMIT_SIGN_IN_ADDRESS, now_us, e)) && sweep(p, now_us, e);
	return ok ? PEOPLE_OK : PEOPLE_FAILED;
}

enum people_end attempt_begin(struct people *p, struct slice name, struct slice address, int64_t now_us,
                              struct attempt_keys *k, uint64_t *retry_s, struct err *e)
{
	char text[64];
	int64_t until = 0;
	make_key(p, 'n', name, k->name);
	k->has_address = address.n > 0;
	if (k->has_address)
		make_key(p, 'a', read_address(address, text), k->address);
	if (!sql_begin(p->sql, e))
		return PEOPLE_FAILED;
	enum people_end end = people_commit(p, begin(p, k, now_us, &until, e), e);
	if (end != PEOPLE_LATER)
		return end;
	*retry_s = (uint64_t)((until - now_us + SECOND_US - 1) / SECOND_US);
	err_set(e, ERR_INPUT, "too many attempts: try again in %llu seconds", (unsigned long long)*retry_s);
	return PEOPLE_LATER;
}

bool attempt_end(struct people *p, const struct attempt_keys *k, bool is_whole, struct err *e)
{
	const char *less = "UPDATE sign_in_attempts SET failures = max(0, failures - 1), next_us = 0 WHERE key = $1";
	const struct sql_value name[] = { SQL_B(k->name, DIGEST_SIZE) }, address[] = { SQL_B(k->address, DIGEST_SIZE) };
	return people_run(p, is_whole ? "DELETE FROM sign_in_attempts WHERE key = $1" : less, name, 1, e) &&
	       (!k->has_address || people_run(p, less, address, 1, e));
}
