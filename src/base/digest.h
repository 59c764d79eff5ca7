/* Hashes, comparison in constant time, sealing (authenticated encryption), signatures, base64url and hex. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include "base/buf.h"
#include "base/slice.h"
#include <stdint.h>

#define DIGEST_SIZE 32
#define SEAL_KEY_SIZE 32
#define SEAL_OVERHEAD 40 /* a nonce of 24 and a tag of 16 bytes */

void digest_blake2b(struct slice data, unsigned char out[DIGEST_SIZE]);
/* BLAKE2b with a key (RFC 7693, 2.9): nobody without it can make or check one. */
void digest_keyed(const unsigned char key[DIGEST_SIZE], struct slice data, unsigned char out[DIGEST_SIZE]);
/* SipHash-2-4: for tables of many small things. Without the key nobody can tell what was hashed. */
#define DIGEST_SHORT_KEY 16
uint64_t digest_short(const unsigned char key[DIGEST_SHORT_KEY], struct slice data);

/* SHA-256, of a text or of pieces. */
struct sha256 {
	_Alignas(8) unsigned char state[104];
};
void digest_sha256(struct slice data, unsigned char out[DIGEST_SIZE]);
void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, struct slice data);
void sha256_end(struct sha256 *s, unsigned char out[DIGEST_SIZE]);
void digest_hmac_sha256(struct slice key, struct slice data, unsigned char out[DIGEST_SIZE]);
bool digest_equal(const void *a, const void *b, size_t n); /* in constant time */
void digest_wipe(void *p, size_t n); /* keys that are no longer needed; never optimised away */
void digest_hex(const unsigned char *p, size_t n, char *out); /* 2n characters and a NUL */
bool digest_unhex(struct slice text, unsigned char *out, size_t n) MUST_CHECK; /* exactly 2n digits */

/* XChaCha20-Poly1305. `context` is bound to the sealed bytes but not in them: what
 * was sealed for one purpose does not open for another. */
void seal(const unsigned char key[SEAL_KEY_SIZE], struct slice context, struct slice plain,
          struct buf *out); /* appends plain.n + SEAL_OVERHEAD bytes */
/* out has room for sealed.n - SEAL_OVERHEAD bytes; false when anything was changed. */
bool unseal(const unsigned char key[SEAL_KEY_SIZE], struct slice context, struct slice sealed,
            unsigned char *out, size_t *out_n) MUST_CHECK;

/* Ed25519 (RFC 8032). */
#define SIGN_PUBLIC_SIZE 32
#define SIGN_SECRET_SIZE 64
#define SIGN_SIZE 64
void sign_keys(const unsigned char seed[32], unsigned char public_key[SIGN_PUBLIC_SIZE],
               unsigned char secret_key[SIGN_SECRET_SIZE]);
void sign(const unsigned char secret_key[SIGN_SECRET_SIZE], struct slice text, unsigned char out[SIGN_SIZE]);
bool sign_check(const unsigned char public_key[SIGN_PUBLIC_SIZE], struct slice text,
                const unsigned char signature[SIGN_SIZE]) MUST_CHECK;

/* RFC 4648, 4, with padding. The reader is strict: as below, and the padding must be there. */
void base64_add(struct buf *b, struct slice data);
bool base64_read(struct slice text, unsigned char *out, size_t *out_n) MUST_CHECK;

/* RFC 4648, 5, without padding. */
void base64url_add(struct buf *b, struct slice data);
/* Strict: no padding, no other characters, no stray bits. out has room for 3/4 of text.n. */
bool base64url_read(struct slice text, unsigned char *out, size_t *out_n) MUST_CHECK;

#endif
