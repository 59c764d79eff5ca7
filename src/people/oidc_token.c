/*
 * ID tokens: a JWT (RFC 7519) whose signature is one of the provider's, made for this gate and for the sign-in at
 * hand. Only algorithms with a public key are known, each with the kind of key that it needs, whatever the token
 * says of itself.
 */
#include "base/limits.h"
#include "people/oidc_inside.h"
#include <cjose/cjose.h>

#define RSA_BYTES_MIN 256 /* NIST SP 800-131A */
#define RSA_BYTES_MAX 2048
#define P256_BYTES 32

static const struct algorithm {
	const char *name, *kty, *crv; /* crv NULL: any */
} algorithms[] = {
	{ "RS256", "RSA", NULL },
	{ "PS256", "RSA", NULL },
	{ "ES256", "EC", "P-256" },
	{ "EdDSA", "OKP", "Ed25519" },
};

static bool bad(struct err *e, const char *why)
{
	return err_set(e, ERR_INPUT, "the identity provider's token is not to be trusted: %s", why);
}

static bool split(struct slice token, struct slice part[3])
{
	for (int i = 0; i < 3; i++) {
		const char *dot = token.n ? memchr(token.p, '.', token.n) : NULL;
		if ((i < 2) != (dot != NULL))
			return false;
		part[i] = slice_of(token.p, dot ? (size_t)(dot - token.p) : token.n);
		token = slice_of(token.p + part[i].n + (dot != NULL), token.n - part[i].n - (dot != NULL));
	}
	return part[0].n && part[1].n && part[2].n;
}

static bool decode(struct slice text, struct arena *a, struct slice *out)
{
	unsigned char *p = arena_alloc(a, text.n + 3);
	size_t n = 0;
	if (!p || !base64url_read(text, p, &n))
		return false;
	*out = slice_of((const char *)p, n);
	return true;
}

static const struct json *read_part(struct slice text, struct arena *a)
{
	struct slice plain;
	struct err e = { 0 };
	const struct json *v = decode(text, a, &plain) ? json_read(plain, a, &e) : NULL;
	return json_is(v, JSON_OBJECT) ? v : NULL;
}

static const struct algorithm *algorithm_of(const struct json *header)
{
	struct slice name = json_string(json_gets(header, "alg"));
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
		if (slice_is(name, algorithms[i].name))
			return &algorithms[i];
	return NULL;
}

static bool is_absent_or(const struct json *v, const char *text)
{
	return !v || slice_is(json_string(v), text);
}

static bool fits(const struct json *key, const struct algorithm *g)
{
	return slice_is(json_string(json_gets(key, "kty")), g->kty) && is_absent_or(json_gets(key, "use"), "sig") &&
	       is_absent_or(json_gets(key, "alg"), g->name) &&
	       (!g->crv || slice_is(json_string(json_gets(key, "crv")), g->crv));
}

/* By its id; without one, the only key that fits. */
static const struct json *find_key(const struct json *keys, const struct json *kid, const struct algorithm *g)
{
	const struct json *found = NULL;
	for (struct json_iter it = json_iter(json_gets(keys, "keys")); json_next(&it);) {
		if (!fits(it.value, g))
			continue;
		const struct json *id = json_gets(it.value, "kid");
		if (kid && id && slice_eq(json_string(kid), json_string(id)))
			return it.value;
		if (kid)
			continue;
		if (found)
			return NULL;
		found = it.value;
	}
	return found;
}

static bool is_signed_eddsa(struct slice token, const struct slice part[3], const struct json *key, struct arena *a)
{
	struct slice x, signature;
	struct slice text = slice_of(token.p, part[0].n + 1 + part[1].n);
	return decode(json_string(json_gets(key, "x")), a, &x) && x.n == SIGN_PUBLIC_SIZE && decode(part[2], a, &signature) &&
	       signature.n == SIGN_SIZE &&
	       sign_check((const unsigned char *)x.p, text, (const unsigned char *)signature.p);
}

/* The library takes a key of JSON, too, and aborts on some that are none: so it is given numbers only. */
static cjose_jwk_t *rsa_key(const struct json *key, struct arena *a, cjose_err *why)
{
	struct slice n, e;
	if (!decode(json_string(json_gets(key, "n")), a, &n) || !decode(json_string(json_gets(key, "e")), a, &e) || !e.n || e.n > 8)
		return NULL;
	/* Leading zeros make no strength. */
	while (n.n && !n.p[0])
		n = slice_of(n.p + 1, n.n - 1);
	if (n.n < RSA_BYTES_MIN || n.n > RSA_BYTES_MAX)
		return NULL;
	const cjose_jwk_rsa_keyspec spec = { .e = (uint8_t *)(uintptr_t)e.p, .elen = e.n, .n = (uint8_t *)(uintptr_t)n.p, .nlen = n.n };
	return cjose_jwk_create_RSA_spec(&spec, why);
}

static cjose_jwk_t *ec_key(const struct json *key, struct arena *a, cjose_err *why)
{
	struct slice x, y;
	if (!decode(json_string(json_gets(key, "x")), a, &x) || !decode(json_string(json_gets(key, "y")), a, &y) || x.n != P256_BYTES ||
	    y.n != P256_BYTES)
		return NULL;
	const cjose_jwk_ec_keyspec spec = { .crv = CJOSE_JWK_EC_P_256, .x = (uint8_t *)(uintptr_t)x.p, .xlen = x.n,
					    .y = (uint8_t *)(uintptr_t)y.p, .ylen = y.n };
	return cjose_jwk_create_EC_spec(&spec, why);
}

static bool is_signed(struct slice token, const struct slice part[3], const struct json *key, const struct algorithm *g, struct arena *a)
{
	cjose_err why = { 0 };
	struct slice signature;
	if (!decode(part[2], a, &signature))
		return false;
	if (slice_is(slice_str(g->kty), "OKP"))
		return is_signed_eddsa(token, part, key, a);
	cjose_jwk_t *k = slice_is(slice_str(g->kty), "RSA") ? rsa_key(key, a, &why) : ec_key(key, a, &why);
	cjose_jws_t *s = k ? cjose_jws_import(token.p, token.n, &why) : NULL;
	bool is_good = s && cjose_jws_verify(s, k, &why);
	if (s)
		cjose_jws_release(s);
	if (k)
		cjose_jwk_release(k);
	return is_good;
}

/* NumericDate (RFC 7519, 2): seconds, perhaps with a fraction. */
static bool read_date(const struct json *v, int64_t *out)
{
	struct slice s = json_number(v);
	unsigned long long n = 0;
	const char *dot = s.n ? memchr(s.p, '.', s.n) : NULL;
	if (dot)
		s.n = (size_t)(dot - s.p);
	if (!slice_u64(s, &n) || n > INT64_MAX / 4)
		return false;
	*out = (int64_t)n;
	return true;
}

static bool check_times(const struct json *claims, int64_t now, struct err *e)
{
	int64_t exp = 0, iat = 0, nbf = 0;
	const struct json *not_before = json_gets(claims, "nbf");
	if (!read_date(json_gets(claims, "exp"), &exp) || !read_date(json_gets(claims, "iat"), &iat) ||
	    (not_before && !read_date(not_before, &nbf)))
		return bad(e, "it has no valid exp and iat");
	if (exp + LIMIT_OIDC_SKEW_S <= now)
		return bad(e, "it has expired; are the clocks right?");
	if (nbf - LIMIT_OIDC_SKEW_S > now || iat - LIMIT_OIDC_SKEW_S > now)
		return bad(e, "it is from the future; are the clocks right?");
	if (iat + LIMIT_OIDC_STATE_S + LIMIT_OIDC_SKEW_S < now)
		return bad(e, "it was made long before this sign-in");
	return true;
}

/* aud is a text or a list; with more than one, azp says for whom it was made. */
static bool check_audience(const struct json *claims, const char *client_id, struct err *e)
{
	const struct json *aud = json_gets(claims, "aud"), *azp = json_gets(claims, "azp");
	bool is_ours = slice_is(json_string(aud), client_id);
	for (struct json_iter it = json_iter(json_is(aud, JSON_ARRAY) ? aud : NULL); json_next(&it);)
		is_ours |= slice_is(json_string(it.value), client_id);
	if (!is_ours)
		return bad(e, "its aud is not the client_id of this gate");
	if (azp ? !slice_is(json_string(azp), client_id) : json_is(aud, JSON_ARRAY) && json_count(aud) > 1)
		return bad(e, "its azp is not the client_id of this gate");
	return true;
}

static bool check_claims(const struct json *claims, const struct id_token_want *w, struct err *e)
{
	struct slice nonce = json_string(json_gets(claims, "nonce")), sub = json_string(json_gets(claims, "sub"));
	if (!slice_is(json_string(json_gets(claims, "iss")), w->issuer))
		return bad(e, "its iss is not the issuer of the configuration");
	if (!check_audience(claims, w->client_id, e) || !check_times(claims, w->now_s, e))
		return false;
	if (!w->nonce.n || nonce.n != w->nonce.n || !digest_equal(nonce.p, w->nonce.p, nonce.n))
		return bad(e, "its nonce is not that of this sign-in");
	if (!sub.n || sub.n > 255 || slice_printable(sub) != sub.n)
		return bad(e, "its sub is not 1 to 255 ASCII characters");
	return true;
}

enum id_token_end id_token_check(struct slice token, const struct json *keys, const struct id_token_want *w, struct arena *a,
				 const struct json **claims, struct err *e)
{
	struct slice part[3];
	const struct json *header = NULL, *key = NULL;
	if (token.n > LIMIT_OIDC_TOKEN || !split(token, part) || !(header = read_part(part[0], a)) ||
	    !(*claims = read_part(part[1], a))) {
		bad(e, "it is no JWT");
		return ID_TOKEN_BAD;
	}
	const struct algorithm *g = algorithm_of(header);
	const struct json *kid = json_gets(header, "kid");
	if (!g || json_gets(header, "crit") || json_gets(header, "b64") || (kid && !json_is(kid, JSON_STRING))) {
		bad(e, g ? "its header has what is not known here" : "its alg is none of RS256, PS256, ES256, EdDSA");
		return ID_TOKEN_BAD;
	}
	key = find_key(keys, kid, g);
	if (!key) {
		bad(e, "the provider has no such key");
		return ID_TOKEN_KEY_UNKNOWN;
	}
	bool is_good = is_signed(token, part, key, g, a);
	if (!is_good)
		bad(e, "its signature is wrong");
	return is_good && check_claims(*claims, w, e) ? ID_TOKEN_GOOD : ID_TOKEN_BAD;
}
