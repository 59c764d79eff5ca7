/* All cryptography of the program, on libsodium. */
#include "base/digest.h"
#include "base/check.h"
#include "base/random.h"
#include <assert.h>
#include <sodium.h>

void digest_blake2b(struct slice data, unsigned char out[DIGEST_SIZE])
{
	crypto_generichash(out, DIGEST_SIZE, (const unsigned char *)data.p, data.n, NULL, 0);
}

void digest_keyed(const unsigned char key[DIGEST_SIZE], struct slice data, unsigned char out[DIGEST_SIZE])
{
	crypto_generichash(out, DIGEST_SIZE, (const unsigned char *)data.p, data.n, key, DIGEST_SIZE);
}

uint64_t digest_short(const unsigned char key[DIGEST_SHORT_KEY], struct slice data)
{
	static_assert(DIGEST_SHORT_KEY == crypto_shorthash_KEYBYTES, "the key of SipHash");
	uint64_t h;
	crypto_shorthash((unsigned char *)&h, (const unsigned char *)(data.n ? data.p : ""), data.n, key);
	return h;
}

void digest_sha256(struct slice data, unsigned char out[DIGEST_SIZE])
{
	crypto_hash_sha256(out, (const unsigned char *)data.p, data.n);
}

_Static_assert(sizeof(struct sha256) == sizeof(crypto_hash_sha256_state), "the library's state fits");

static crypto_hash_sha256_state *state_of(struct sha256 *s)
{
	return (crypto_hash_sha256_state *)(void *)s->state;
}

void sha256_init(struct sha256 *s)
{
	crypto_hash_sha256_init(state_of(s));
}

void sha256_add(struct sha256 *s, struct slice data)
{
	crypto_hash_sha256_update(state_of(s), (const unsigned char *)data.p, data.n);
}

void sha256_end(struct sha256 *s, unsigned char out[DIGEST_SIZE])
{
	crypto_hash_sha256_final(state_of(s), out);
}

void digest_hmac_sha256(struct slice key, struct slice data, unsigned char out[DIGEST_SIZE])
{
	crypto_auth_hmacsha256_state st;
	crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.p, key.n);
	crypto_auth_hmacsha256_update(&st, (const unsigned char *)data.p, data.n);
	crypto_auth_hmacsha256_final(&st, out);
}

bool digest_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void digest_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void digest_hex(const unsigned char *p, size_t n, char *out)
{
	sodium_bin2hex(out, n * 2 + 1, p, n);
}

bool digest_unhex(struct slice text, unsigned char *out, size_t n)
{
	size_t got = 0;
	return text.n == 2 * n && sodium_hex2bin(out, n, text.p, text.n, NULL, &got, NULL) == 0 && got == n;
}

void seal(const unsigned char key[SEAL_KEY_SIZE], struct slice context, struct slice plain,
          struct buf *out)
{
	const size_t nonce_n = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
	if (!buf_reserve(out, plain.n + SEAL_OVERHEAD))
		return;
	unsigned char *at = (unsigned char *)out->p + out->n;
	random_bytes(at, nonce_n);
	crypto_aead_xchacha20poly1305_ietf_encrypt(at + nonce_n, NULL, (const unsigned char *)plain.p,
	                                           plain.n, (const unsigned char *)context.p, context.n,
	                                           NULL, at, key);
	out->n += plain.n + SEAL_OVERHEAD;
}

bool unseal(const unsigned char key[SEAL_KEY_SIZE], struct slice context, struct slice sealed,
            unsigned char *out, size_t *out_n)
{
	const size_t nonce_n = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
	if (sealed.n < SEAL_OVERHEAD)
		return false;
	const unsigned char *p = (const unsigned char *)sealed.p;
	unsigned long long n = 0;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &n, NULL, p + nonce_n, sealed.n - nonce_n,
	                                               (const unsigned char *)context.p, context.n, p,
	                                               key) != 0)
		return false;
	*out_n = (size_t)n;
	return true;
}

void sign_keys(const unsigned char seed[32], unsigned char public_key[SIGN_PUBLIC_SIZE],
               unsigned char secret_key[SIGN_SECRET_SIZE])
{
	crypto_sign_seed_keypair(public_key, secret_key, seed);
}

void sign(const unsigned char secret_key[SIGN_SECRET_SIZE], struct slice text, unsigned char out[SIGN_SIZE])
{
	crypto_sign_detached(out, NULL, (const unsigned char *)text.p, text.n, secret_key);
}

bool sign_check(const unsigned char public_key[SIGN_PUBLIC_SIZE], struct slice text,
                const unsigned char signature[SIGN_SIZE])
{
	return crypto_sign_verify_detached(signature, (const unsigned char *)text.p, text.n, public_key) == 0;
}

static void add_base64(struct buf *b, struct slice data, int variant)
{
	size_t n = sodium_base64_encoded_len(data.n, variant);
	if (!buf_reserve(b, n))
		return;
	sodium_bin2base64(b->p + b->n, n, (const unsigned char *)data.p, data.n, variant);
	b->n += n - 1; /* without the NUL */
}

static bool read_base64(struct slice text, unsigned char *out, size_t *out_n, int variant)
{
	const char *end = NULL;
	*out_n = 0;
	if (!text.n)
		return true;
	if (sodium_base642bin(out, text.n / 4 * 3 + 3, text.p, text.n, NULL, out_n, &end, variant) != 0)
		return false;
	return end == text.p + text.n;
}

void base64_add(struct buf *b, struct slice data)
{
	add_base64(b, data, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_read(struct slice text, unsigned char *out, size_t *out_n)
{
	return read_base64(text, out, out_n, sodium_base64_VARIANT_ORIGINAL);
}

void base64url_add(struct buf *b, struct slice data)
{
	add_base64(b, data, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool base64url_read(struct slice text, unsigned char *out, size_t *out_n)
{
	return read_base64(text, out, out_n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
