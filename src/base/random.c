/* Random bytes through libsodium; UUIDs from a buffer of them, so that an id costs no system call. */
#include "base/random.h"
#include "base/check.h"
#include <sodium.h>

void random_bytes(void *p, size_t n)
{
	BUG_ON(sodium_init() < 0);
	randombytes_buf(p, n);
}

uint64_t random_u64(void)
{
	static _Thread_local unsigned char pool[4096];
	static _Thread_local size_t left;
	uint64_t v;
	if (left < sizeof v) {
		random_bytes(pool, sizeof pool);
		left = sizeof pool;
	}
	left -= sizeof v;
	memcpy(&v, pool + left, sizeof v);
	memset(pool + left, 0, sizeof v);
	return v;
}

void random_uuid7(int64_t wall_us, char out[RANDOM_UUID_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t ms = (uint64_t)(wall_us / 1000), low = random_u64();
	unsigned char b[16];
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	/* rand_a holds the microseconds within the millisecond (RFC 9562, 6.2, method 3). */
	uint64_t sub = (uint64_t)(wall_us % 1000) * 4096 / 1000;
	b[6] = (unsigned char)(0x70 | (sub >> 8 & 0x0f));
	b[7] = (unsigned char)sub;
	memcpy(b + 8, &low, 8);
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	char *o = out;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*o++ = '-';
		*o++ = hex[b[i] >> 4];
		*o++ = hex[b[i] & 15];
	}
	*o = '\0';
}
