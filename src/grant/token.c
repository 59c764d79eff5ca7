/* Tokens: made, recognised and hashed. */
#include "grant/token.h"
#include "base/check.h"
#include "base/random.h"

#define TOKEN_BYTES 32

void token_new(char out[TOKEN_SIZE], unsigned char hash[DIGEST_SIZE])
{
	unsigned char secret[TOKEN_BYTES];
	struct buf b = BUF_INIT(2 * TOKEN_SIZE);
	random_bytes(secret, sizeof secret);
	buf_adds(&b, "gh_");
	base64url_add(&b, slice_of((const char *)secret, sizeof secret));
	BUG_ON(b.n != TOKEN_SIZE - 1);
	memcpy(out, b.p, b.n);
	out[b.n] = '\0';
	digest_blake2b(buf_slice(&b), hash);
	digest_wipe(secret, sizeof secret);
	digest_wipe(b.p, b.n);
	buf_release(&b);
}

bool token_hash(struct slice token, unsigned char hash[DIGEST_SIZE])
{
	if (token.n != TOKEN_SIZE - 1 || !slice_starts(token, SLICE_LIT("gh_")))
		return false;
	digest_blake2b(token, hash);
	return true;
}
