/* Passwords, through libsodium. */
#include "base/password.h"
#include "base/check.h"
#include "base/limits.h"
#include <sodium.h>

#define DIFFERENT_MIN 5 /* bytes */

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "what libsodium writes fits");

static const unsigned long long ops = crypto_pwhash_OPSLIMIT_INTERACTIVE;
static const size_t memory = crypto_pwhash_MEMLIMIT_INTERACTIVE;

bool password_hash(struct slice password, char out[PASSWORD_HASH_SIZE], struct err *e)
{
	BUG_ON(sodium_init() < 0);
	if (crypto_pwhash_str_alg(out, password.n ? password.p : "", password.n, ops, memory, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(e, ERR_REMOTE, "cannot hash a password: there are not %zu MiB of free memory", memory >> 20);
	return true;
}

/* The work of one check, for nothing. */
static void spend(struct slice password)
{
	static const unsigned char salt[crypto_pwhash_SALTBYTES];
	unsigned char key[32];
	if (crypto_pwhash(key, sizeof key, password.n ? password.p : "", password.n, salt, ops, memory,
	                  crypto_pwhash_ALG_ARGON2ID13) == 0)
		sodium_memzero(key, sizeof key);
}

bool password_check(const char *hash, struct slice password)
{
	BUG_ON(sodium_init() < 0);
	if (!hash || !hash[0]) {
		spend(password);
		return false;
	}
	return crypto_pwhash_str_verify(hash, password.n ? password.p : "", password.n) == 0;
}

bool password_is_dated(const char *hash)
{
	return crypto_pwhash_str_needs_rehash(hash, ops, memory) != 0;
}

bool password_may_be(struct slice password, struct slice name, struct err *e)
{
	bool seen[256] = { false };
	size_t different = 0;
	if (password.n < LIMIT_PASSWORD_MIN)
		return err_set(e, ERR_INPUT, "the password is too short: use at least %d characters", LIMIT_PASSWORD_MIN);
	if (password.n > LIMIT_PASSWORD_MAX)
		return err_set(e, ERR_INPUT, "the password is longer than %d bytes", LIMIT_PASSWORD_MAX);
	for (size_t i = 0; i < password.n; i++) {
		unsigned char c = (unsigned char)password.p[i];
		if (c < 0x20 || c == 0x7f)
			return err_set(e, ERR_INPUT, "the password has a control character");
		different += !seen[c];
		seen[c] = true;
	}
	if (different < DIFFERENT_MIN)
		return err_set(e, ERR_INPUT, "the password repeats the same few characters: use others, too");
	if (slice_ieq(password, name))
		return err_set(e, ERR_INPUT, "the password is the name: choose another");
	return true;
}
