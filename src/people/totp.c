/* One-time codes as RFC 6238 and RFC 4226 describe them: HMAC-SHA-1, 30 seconds, six digits. */
#include "people/inside.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#define CODE_DIGITS 6

bool totp_code(const unsigned char secret[TOTP_BYTES], uint64_t step, char out[7])
{
	unsigned char text[8], mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	for (int i = 0; i < 8; i++)
		text[i] = (unsigned char)(step >> (56 - 8 * i));
	if (!HMAC(EVP_sha1(), secret, TOTP_BYTES, text, sizeof text, mac, &n) || n != 20)
		return false;
	/* RFC 4226, 5.3: the last four bits say where the number begins. */
	size_t at = mac[19] & 15u;
	uint32_t number = (uint32_t)(mac[at] & 0x7f) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
	snprintf(out, CODE_DIGITS + 1, "%06u", number % 1000000u);
	return true;
}

int64_t totp_match(const unsigned char secret[TOTP_BYTES], struct slice code, int64_t now_us, int64_t after)
{
	int64_t now = now_us / (TOTP_STEP_S * SECOND_US), found = 0;
	char wanted[CODE_DIGITS + 1];
	if (code.n != CODE_DIGITS)
		return 0;
	/* A phone's clock is a little wrong, and typing takes time (RFC 6238, 5.2). */
	for (int64_t step = now - 1; step <= now + 1; step++)
		if (step > after && step > 0 && totp_code(secret, (uint64_t)step, wanted) && digest_equal(wanted, code.p, CODE_DIGITS))
			found = step;
	return found;
}

void totp_base32(const unsigned char *p, size_t n, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; /* RFC 4648, 6 */
	for (; n >= 5; n -= 5, p += 5) {
		uint64_t v = (uint64_t)p[0] << 32 | (uint64_t)p[1] << 24 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 8 | p[4];
		for (int i = 35; i >= 0; i -= 5)
			*out++ = alphabet[v >> i & 31];
	}
	*out = '\0';
}
