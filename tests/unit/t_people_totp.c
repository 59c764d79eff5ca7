/* One-time codes: the vectors of RFC 6238, the life of a user's codes, recovery codes. */
#include "people/inside.h"
#include "people_rig.h"

/* RFC 6238, appendix B: eight digits there, of which the last six are ours. */
static const struct {
	int64_t time_s;
	const char *code;
} vectors[] = {
	{ 59, "94287082" },         { 1111111109, "07081804" }, { 1111111111, "14050471" },
	{ 1234567890, "89005924" }, { 2000000000, "69279037" }, { 20000000000, "65353130" },
};
static const unsigned char rfc_secret[TOTP_BYTES + 1] = "12345678901234567890";

static void check_vectors(void)
{
	char code[7], text[33];
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		bool is_made = totp_code(rfc_secret, (uint64_t)vectors[i].time_s / TOTP_STEP_S, code);
		ok(is_made && strcmp(code, vectors[i].code + 2) == 0, "at %lld the code is %s", (long long)vectors[i].time_s,
		   vectors[i].code + 2);
	}
	totp_base32(rfc_secret, TOTP_BYTES, text);
	ok(strcmp(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ") == 0, "the secret is base32");
	/* RFC 4648, 10. */
	totp_base32((const unsigned char *)"fooba", 5, text);
	ok(strcmp(text, "MZXW6YTB") == 0, "as RFC 4648 has it");
}

static void check_window(void)
{
	int64_t step = 1234567890 / TOTP_STEP_S, now = step * TOTP_STEP_S * SECOND_US;
	char code[7];
	for (int d = -2; d <= 2; d++) {
		bool is_near = d >= -1 && d <= 1;
		ok(totp_code(rfc_secret, (uint64_t)(step + d), code) &&
		   totp_match(rfc_secret, slice_str(code), now, 0) == (is_near ? step + d : 0), "a code %d steps away %s", d,
		   is_near ? "counts" : "does not");
	}
	totp_code(rfc_secret, (uint64_t)step, code);
	ok(!totp_match(rfc_secret, slice_str(code), now, step) && totp_match(rfc_secret, slice_str(code), now, step - 1) == step,
	   "a step that was used does not count again");
	ok(!totp_match(rfc_secret, slice_of(code, 5), now, 0) && !totp_match(rfc_secret, SLICE_LIT(""), now, 0) &&
	   !totp_match(rfc_secret, SLICE_LIT("0000000"), now, 0), "other lengths are no codes");
}

static void read_secret(const char *text, unsigned char out[TOTP_BYTES])
{
	uint64_t v = 0;
	for (size_t i = 0; i < 32; i++) {
		const char *at = strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", text[i]);
		v = v << 5 | (uint64_t)(at - "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
		if (i % 8 == 7)
			for (size_t k = 0; k < 5; k++)
				out[i / 8 * 5 + k] = (unsigned char)(v >> (32 - 8 * k));
	}
}

static const char *code_at(const unsigned char *secret, int64_t now_us, char out[7])
{
	totp_code(secret, (uint64_t)(now_us / (TOTP_STEP_S * SECOND_US)), out);
	return out;
}

static void check_recovery(struct rig *r, char codes[RECOVERY_CODES][RECOVERY_SIZE], int64_t now)
{
	char typed[RECOVERY_SIZE];
	ok(rig_count(r, "recovery_codes") == RECOVERY_CODES, "%d recovery codes are kept", RECOVERY_CODES);
	ok(rig_sign_in(r, "ann", PASSWORD, codes[3], "", now).end == PEOPLE_OK, "a recovery code is as good");
	ok(rig_sign_in(r, "ann", PASSWORD, codes[3], "", now).end == PEOPLE_WANTS_CODE, "once");
	for (size_t i = 0; i < RECOVERY_SIZE; i++)
		typed[i] = codes[4][i] >= 'A' && codes[4][i] <= 'Z' ? (char)(codes[4][i] + 32) : codes[4][i] == '-' ? ' ' : codes[4][i];
	ok(rig_sign_in(r, "ann", PASSWORD, typed, "", now).end == PEOPLE_OK, "small letters and a blank are fine");
}

static void check_life(struct rig *r)
{
	const char *id = rig_user(r, "ann", ROLE_ADMIN, PASSWORD), *oidc = rig_user(r, "oidc", ROLE_ADMIN, NULL);
	char text[TOTP_SECRET_SIZE], code[7], codes[RECOVERY_CODES][RECOVERY_SIZE];
	unsigned char secret[TOTP_BYTES];
	int64_t now = clock_wall_us();
	struct user u;
	ok(people_totp_confirm(r->p, id, SLICE_LIT("123456"), now, codes, &r->e) == PEOPLE_WRONG, "nothing to confirm yet");
	ok(people_totp_start(r->p, oidc, text, &r->e) == PEOPLE_WRONG, "codes go with a password");
	ok(people_totp_start(r->p, id, text, &r->e) == PEOPLE_OK && strlen(text) == 32, "a secret is made");
	read_secret(text, secret);
	ok(rig_sign_in(r, "ann", PASSWORD, "", "", now).end == PEOPLE_OK, "before it is confirmed no code is wanted");
	code_at(secret, now - 300 * SECOND, code);
	ok(people_totp_confirm(r->p, id, slice_str(code), now, codes, &r->e) == PEOPLE_WRONG, "a wrong code confirms nothing");
	ok(people_totp_confirm(r->p, id, slice_str(code_at(secret, now, code)), now, codes, &r->e) == PEOPLE_OK, "the right one does");
	ok(people_user_get(r->p, id, &r->a, &u, &r->e) == PEOPLE_OK && u.has_totp, "they are on");
	ok(people_totp_start(r->p, id, text, &r->e) == PEOPLE_WRONG, "and are not replaced without the password");
	struct signed_in s = rig_sign_in(r, "ann", PASSWORD, "", "", now);
	ok(s.end == PEOPLE_WANTS_CODE && s.who.kind == PRINCIPAL_NONE && !s.cookie[0], "now a code is wanted");
	ok(rig_sign_in(r, "ann", "wrong horse battery", code, "", now).end == PEOPLE_WRONG, "but only by one with the password");
	ok(rig_sign_in(r, "ann", PASSWORD, code, "", now).end == PEOPLE_WANTS_CODE, "the code that confirmed was used");
	code_at(secret, now + TOTP_STEP_S * SECOND, code);
	ok(rig_sign_in(r, "ann", PASSWORD, code, "", now).end == PEOPLE_OK, "the next one signs in");
	ok(rig_sign_in(r, "ann", PASSWORD, code, "", now).end == PEOPLE_WANTS_CODE, "once");
	check_recovery(r, codes, now);
	ok(people_totp_end(r->p, id, SLICE_LIT("wrong horse battery"), &r->e) == PEOPLE_WRONG, "only the password turns them off");
	ok(people_totp_end(r->p, id, slice_str(PASSWORD), &r->e) == PEOPLE_OK && rig_count(r, "recovery_codes") == 0 &&
	   rig_sign_in(r, "ann", PASSWORD, "", "", clock_wall_us()).end == PEOPLE_OK, "then no code is wanted");
}

int main(void)
{
	struct rig r;
	rig_init(&r);
	check_vectors();
	check_window();
	check_life(&r);
	rig_release(&r);
	return tap_done();
}
