/* Links and their signatures. */
#include "store/chain.h"
#include "base/check.h"

#define SEQ_BYTES 8

void chain_keys_init(struct chain_keys *k, const struct store *s)
{
	unsigned char seed[DIGEST_SIZE];
	store_subkey(s, "record chain", k->key);
	store_subkey(s, "record checkpoints", seed);
	sign_keys(seed, k->public_key, k->secret_key);
	digest_wipe(seed, sizeof seed);
}

void chain_keys_release(struct chain_keys *k)
{
	digest_wipe(k, sizeof *k);
}

static void add_number(struct buf *b, int64_t v)
{
	unsigned char bytes[SEQ_BYTES];
	for (int i = 0; i < SEQ_BYTES; i++)
		bytes[i] = (unsigned char)((uint64_t)v >> (8 * i));
	buf_add(b, bytes, sizeof bytes);
}

void chain_add(struct chain *c, const struct chain_keys *k, int64_t seq, enum audit_part part,
               const struct audit_record *r, struct buf *scratch)
{
	unsigned char both[2 * DIGEST_SIZE];
	const struct slice pair = { (const char *)both, sizeof both };
	buf_clear(scratch);
	add_number(scratch, seq);
	audit_encode(scratch, part, r, NULL, 0);
	BUG_ON(!buf_ok(scratch));
	digest_blake2b(buf_slice(scratch), both + DIGEST_SIZE);
	memcpy(both, c->link, DIGEST_SIZE);
	if (k)
		digest_keyed(k->key, pair, c->link);
	memcpy(both, c->digest, DIGEST_SIZE);
	digest_blake2b(pair, c->digest);
	c->seq = seq;
}

static void write_statement(const struct chain *c, int64_t time_us, struct buf *b)
{
	buf_adds(b, "gatehouse checkpoint 1\n");
	add_number(b, c->seq);
	add_number(b, time_us);
	buf_add(b, c->link, DIGEST_SIZE);
	buf_add(b, c->digest, DIGEST_SIZE);
}

void chain_sign(const struct chain *c, const struct chain_keys *k, int64_t time_us,
                unsigned char signature[SIGN_SIZE])
{
	struct buf b = BUF_INIT(256);
	write_statement(c, time_us, &b);
	sign(k->secret_key, buf_slice(&b), signature);
	buf_release(&b);
}

bool chain_is_signed(const struct chain *c, const unsigned char public_key[SIGN_PUBLIC_SIZE],
                     int64_t time_us, const unsigned char signature[SIGN_SIZE])
{
	struct buf b = BUF_INIT(256);
	write_statement(c, time_us, &b);
	bool ok = sign_check(public_key, buf_slice(&b), signature);
	buf_release(&b);
	return ok;
}
