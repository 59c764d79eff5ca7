/*
 * The chain over records and outcomes. Each row is a link; in the order of seq:
 *
 *   hash   = BLAKE2b-256(seq in 8 bytes, little-endian | the row as audit_encode writes it)
 *   chain  = BLAKE2b-256 keyed with the chain key(chain of the link before | hash)
 *   digest = BLAKE2b-256(digest of the link before | hash)
 *
 * The chain needs the key, so nobody can write a link without it. The digest needs none; a
 * checkpoint signs it together with the chain, so that the public key is enough to check.
 */
#ifndef STORE_CHAIN_H
#define STORE_CHAIN_H
#include "audit/audit.h"
#include "base/digest.h"
#include "store/store.h"

struct chain_keys {
	unsigned char key[DIGEST_SIZE];
	unsigned char public_key[SIGN_PUBLIC_SIZE];
	unsigned char secret_key[SIGN_SECRET_SIZE];
};
void chain_keys_init(struct chain_keys *k, const struct store *s);
void chain_keys_release(struct chain_keys *k);

struct chain {
	int64_t seq; /* of the last link; 0: none */
	unsigned char link[DIGEST_SIZE];
	unsigned char digest[DIGEST_SIZE];
};
/* Adds one row. part: AUDIT_PART_WHOLE for a record, AUDIT_PART_OUTCOME for an outcome. k NULL: only
 * the digest moves on, and `link` is left for who has no key to take from the row. */
void chain_add(struct chain *c, const struct chain_keys *k, int64_t seq, enum audit_part part,
               const struct audit_record *r, struct buf *scratch);

void chain_sign(const struct chain *c, const struct chain_keys *k, int64_t time_us,
                unsigned char signature[SIGN_SIZE]);
bool chain_is_signed(const struct chain *c, const unsigned char public_key[SIGN_PUBLIC_SIZE],
                     int64_t time_us, const unsigned char signature[SIGN_SIZE]) MUST_CHECK;

#endif
