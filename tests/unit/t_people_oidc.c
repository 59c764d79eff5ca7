/* ID tokens: each thing that makes one worthless; whom the claims let in, and with what. */
#include "base/limits.h"
#include "people/oidc_inside.h"
#include "tap.h"

#define NOW 1000000000

static unsigned char public_key[SIGN_PUBLIC_SIZE], secret_key[SIGN_SECRET_SIZE];

static struct slice text_of(struct arena *a, struct buf *b)
{
	struct slice s = slice_of(arena_strndup(a, b->p, b->n), b->n);
	buf_release(b);
	return s;
}

static const struct json *keys_of(struct arena *a, const char *kid, const char *more)
{
	struct buf b = BUF_INIT(4096);
	struct err e;
	buf_addf(&b, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\"%s,\"x\":\"", kid, more);
	base64url_add(&b, slice_of((const char *)public_key, sizeof public_key));
	buf_adds(&b, "\"}]}");
	return json_read(text_of(a, &b), a, &e);
}

static struct slice token_of(struct arena *a, const char *header, const char *claims)
{
	unsigned char signature[SIGN_SIZE];
	struct buf b = BUF_INIT(1u << 20);
	base64url_add(&b, slice_str(header));
	buf_addc(&b, '.');
	base64url_add(&b, slice_str(claims));
	sign(secret_key, buf_slice(&b), signature);
	buf_addc(&b, '.');
	base64url_add(&b, slice_of((const char *)signature, sizeof signature));
	return text_of(a, &b);
}

static enum id_token_end check(struct arena *a, struct slice token, const struct json *keys, struct err *e)
{
	const struct id_token_want w = { "https://id.example", "gate", SLICE_LIT("n0nce"), NOW };
	const struct json *claims;
	e->text[0] = '\0';
	return id_token_check(token, keys, &w, a, &claims, e);
}

#define HEADER "{\"alg\":\"EdDSA\",\"kid\":\"k1\"}"
#define GOOD "\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\""

static void test_claims(void)
{
	static const struct {
		const char *header, *claims, *says; /* says NULL: it is good */
	} cases[] = {
		{ HEADER, "{" GOOD "}", NULL },
		{ "{\"alg\":\"EdDSA\"}", "{" GOOD "}", NULL },
		{ HEADER, "{" GOOD ",\"azp\":\"gate\"}", NULL },
		{ HEADER, "{" GOOD ",\"nbf\":1000000060}", NULL },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":[\"gate\"],\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", NULL },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":[\"x\",\"gate\"],\"azp\":\"gate\",\"exp\":1000000300.5,\"iat\":999999990.25,\"nonce\":\"n0nce\"}", NULL },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":999999941,\"iat\":999999340,\"nonce\":\"n0nce\"}", NULL },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":1000000060,\"nonce\":\"n0nce\"}", NULL },
		/* one step past each of these */
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":999999940,\"iat\":999999900,\"nonce\":\"n0nce\"}", "expired" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":1000000061,\"nonce\":\"n0nce\"}", "future" },
		{ HEADER, "{" GOOD ",\"nbf\":1000000061}", "future" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999339,\"nonce\":\"n0nce\"}", "long before" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"iat\":999999990,\"nonce\":\"n0nce\"}", "exp and iat" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"nonce\":\"n0nce\"}", "exp and iat" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":\"1000000300\",\"iat\":999999990,\"nonce\":\"n0nce\"}", "exp and iat" },
		{ HEADER, "{" GOOD ",\"nbf\":-5}", "exp and iat" },
		{ HEADER, "{\"iss\":\"https://id.example/\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "iss" },
		{ HEADER, "{\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "iss" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"other\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "aud" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "aud" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":[\"x\",\"gate\"],\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "azp" },
		{ HEADER, "{" GOOD ",\"azp\":\"other\"}", "azp" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0ncf\"}", "nonce" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"7\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990}", "nonce" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "sub" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":\"a\\nb\",\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "sub" },
		{ HEADER, "{\"iss\":\"https://id.example\",\"sub\":7,\"aud\":\"gate\",\"exp\":1000000300,\"iat\":999999990,\"nonce\":\"n0nce\"}", "sub" },
		{ HEADER, "{" GOOD ",\"sub\":\"8\"}", "no JWT" },
		{ HEADER, "[]", "no JWT" },
		{ "{\"alg\":\"none\"}", "{" GOOD "}", "alg" },
		{ "{\"alg\":\"None\"}", "{" GOOD "}", "alg" },
		{ "{\"alg\":\"HS256\",\"kid\":\"k1\"}", "{" GOOD "}", "alg" },
		{ "{\"kid\":\"k1\"}", "{" GOOD "}", "alg" },
		{ "{\"alg\":\"RS256\",\"kid\":\"k1\"}", "{" GOOD "}", "no such key" },
		{ "{\"alg\":\"EdDSA\",\"kid\":\"k2\"}", "{" GOOD "}", "no such key" },
		{ "{\"alg\":\"EdDSA\",\"kid\":1}", "{" GOOD "}", "header" },
		{ "{\"alg\":\"EdDSA\",\"kid\":\"k1\",\"crit\":[\"b64\"],\"b64\":false}", "{" GOOD "}", "header" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct err e = { 0 };
		arena_init(&a, 1u << 20);
		enum id_token_end end = check(&a, token_of(&a, cases[i].header, cases[i].claims), keys_of(&a, "k1", ""), &e);
		bool is_as_said = cases[i].says ? end != ID_TOKEN_GOOD && strstr(e.text, cases[i].says) : end == ID_TOKEN_GOOD;
		ok(is_as_said, "%s %.90s: %s", cases[i].header, cases[i].claims, e.text);
		arena_release(&a);
	}
}

static void test_keys_and_signatures(void)
{
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 16u << 20);
	struct slice token = token_of(&a, HEADER, "{" GOOD "}");
	ok(check(&a, token, keys_of(&a, "k1", ",\"use\":\"sig\",\"alg\":\"EdDSA\""), &e) == ID_TOKEN_GOOD, "a key for this");
	ok(check(&a, token, keys_of(&a, "k1", ",\"use\":\"enc\""), &e) == ID_TOKEN_KEY_UNKNOWN, "a key for something else");
	ok(check(&a, token, keys_of(&a, "k1", ",\"alg\":\"RS256\""), &e) == ID_TOKEN_KEY_UNKNOWN, "a key for another algorithm");
	ok(check(&a, token, NULL, &e) == ID_TOKEN_KEY_UNKNOWN, "no keys at all");
	size_t bad = 0;
	for (size_t i = 0; i < token.n; i++) {
		char *changed = arena_strndup(&a, token.p, token.n);
		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		bad += check(&a, slice_of(changed, token.n), keys_of(&a, "k1", ""), &e) == ID_TOKEN_GOOD;
		bad += check(&a, slice_of(token.p, i), keys_of(&a, "k1", ""), &e) == ID_TOKEN_GOOD;
	}
	ok(bad == 0, "no other letter anywhere, and no shorter one, is good: %zu", bad);
	static const char *const odd[] = { "", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.e30.e30" };
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		ok(check(&a, slice_str(odd[i]), keys_of(&a, "k1", ""), &e) == ID_TOKEN_BAD, "'%s' is none", odd[i]);
	char *large = arena_alloc(&a, LIMIT_OIDC_TOKEN + 1);
	memset(large, 'A', LIMIT_OIDC_TOKEN + 1);
	ok(check(&a, slice_of(large, LIMIT_OIDC_TOKEN + 1), keys_of(&a, "k1", ""), &e) == ID_TOKEN_BAD, "nor one past the limit");
	arena_release(&a);
}

static const char *const rules[] = { "admins=admin", "CN=ops,DC=example=approver@files", "ops=approver@files", "ops=viewer", NULL };
static const char *const emails[] = { "Carol@partner.example", NULL };
static const char *const domains[] = { "example.com", NULL };

static void test_rules(void)
{
	static const struct {
		const char *claims, *info;
		const char *roles; /* "role@server …" */
		bool may_create, is_verified;
	} cases[] = {
		{ "{\"groups\":[\"x\"]}", NULL, "viewer", false, false },
		{ "{\"groups\":[\"admins\"]}", NULL, "admin", true, false },
		{ "{\"groups\":\"admins\"}", NULL, "admin", true, false },
		{ "{\"groups\":[\"ops\",1]}", NULL, "approver@files viewer", true, false },
		{ "{\"groups\":[\"CN=ops,DC=example\"]}", NULL, "approver@files", true, false },
		{ "{\"groups\":{\"admins\":true}}", NULL, "viewer", false, false },
		{ "{\"groups\":[1,[\"admins\"],null]}", NULL, "viewer", false, false },
		{ "{}", "{\"groups\":[\"admins\"]}", "admin", true, false },
		{ "{\"groups\":[]}", "{\"groups\":[\"admins\"]}", "viewer", false, false },
		{ "{\"email\":\"a@example.com\",\"email_verified\":true}", NULL, "viewer", true, true },
		{ "{\"email\":\"a@EXAMPLE.com\",\"email_verified\":\"true\"}", NULL, "viewer", true, true },
		{ "{\"email\":\"a@example.com\",\"email_verified\":false}", NULL, "viewer", false, false },
		{ "{\"email\":\"a@example.com\"}", NULL, "viewer", false, false },
		{ "{\"email\":\"a@example.com\"}", "{\"email\":\"a@example.com\",\"email_verified\":true}", "viewer", false, false },
		{ "{}", "{\"email\":\"a@example.com\",\"email_verified\":true}", "viewer", true, true },
		{ "{\"email\":\"a@sub.example.com\",\"email_verified\":true}", NULL, "viewer", false, true },
		{ "{\"email\":\"a@example.com@evil.example\",\"email_verified\":true}", NULL, "viewer", false, true },
		{ "{\"email\":\"example.com\",\"email_verified\":true}", NULL, "viewer", false, true },
		{ "{\"email\":\"a b@example.com\",\"email_verified\":true}", NULL, "viewer", false, false },
		{ "{\"email\":\"carol@PARTNER.example\",\"email_verified\":true}", NULL, "viewer", true, true },
		{ "{\"email\":\"dave@partner.example\",\"email_verified\":true}", NULL, "viewer", false, true },
	};
	struct oidc_opts o = { .role_claim = "groups", .default_role = "viewer", .allowed_emails = emails, .allowed_domains = domains, .roles = rules };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena a;
		struct err e = { 0 };
		struct oidc_rules r;
		struct oidc_who who = { 0 };
		struct buf said = BUF_INIT(1000);
		arena_init(&a, 1u << 20);
		bool is_done = oidc_rules_read(&o, &a, &r, &e) &&
			       oidc_rules_apply(&r, json_read(slice_str(cases[i].claims), &a, &e),
						cases[i].info ? json_read(slice_str(cases[i].info), &a, &e) : NULL, &a, &who);
		for (size_t k = 0; k < who.vouched.role_n; k++)
			buf_addf(&said, "%s%s%s%s", k ? " " : "", role_name(who.vouched.roles[k].role), who.vouched.roles[k].server ? "@" : "",
				 who.vouched.roles[k].server ? who.vouched.roles[k].server : "");
		ok(is_done && strcmp(buf_str(&said), cases[i].roles) == 0 && who.vouched.may_create == cases[i].may_create &&
			   who.vouched.is_email_verified == cases[i].is_verified && who.rules_roles,
		   "%s %s: %s%s", cases[i].claims, cases[i].info ? cases[i].info : "", buf_str(&said), e.text);
		buf_release(&said);
		arena_release(&a);
	}
}

static void test_lengths(void)
{
	struct arena a;
	struct err e = { 0 };
	struct oidc_rules r;
	struct oidc_opts o = { .default_role = "none", .trusts_email = true };
	arena_init(&a, 1u << 20);
	ok(oidc_rules_read(&o, &a, &r, &e), "rules");
	for (size_t more = 0; more < 2; more++) {
		struct buf b = BUF_INIT(4096);
		struct oidc_who who = { 0 };
		buf_adds(&b, "{\"email\":\"a@");
		for (size_t i = 2; i < LIMIT_EMAIL + more; i++)
			buf_addc(&b, 'x');
		buf_adds(&b, "\",\"name\":\"");
		for (size_t i = 0; i < LIMIT_OIDC_TEXT + more; i++)
			buf_addc(&b, 'n');
		buf_adds(&b, "\",\"nickname\":\"short\"}");
		bool is_done = oidc_rules_apply(&r, json_read(text_of(&a, &b), &a, &e), NULL, &a, &who);
		ok(is_done && who.vouched.email.n == (more ? 0 : LIMIT_EMAIL) && who.vouched.is_email_verified == !more &&
			   who.vouched.name.n == (more ? 5 : LIMIT_OIDC_TEXT), "an address and a name %s", more ? "that are too long are none" : "as long as may be");
	}
	arena_release(&a);
}

static void test_nested_claim_and_trust(void)
{
	static const char *const one[] = { "gate-admin=admin", NULL };
	struct oidc_opts o = { .role_claim = "realm_access.roles", .default_role = "none", .roles = one, .trusts_email = true };
	struct arena a;
	struct err e = { 0 };
	struct oidc_rules r;
	struct oidc_who who = { 0 };
	arena_init(&a, 1u << 20);
	const struct json *v = json_read(SLICE_LIT("{\"realm_access\":{\"roles\":[\"gate-admin\"]},\"email\":\"a@b.example\",\"name\":\"A B\"}"), &a, &e);
	ok(oidc_rules_read(&o, &a, &r, &e) && oidc_rules_apply(&r, v, NULL, &a, &who) && who.vouched.role_n == 1 &&
		   who.vouched.roles[0].role == ROLE_ADMIN,
	   "a claim within a claim");
	ok(who.vouched.is_email_verified && slice_is(who.vouched.name, "A B"), "an address that is trusted without a word");
	v = json_read(SLICE_LIT("{\"email\":\"a@b.example\",\"email_verified\":false}"), &a, &e);
	ok(oidc_rules_apply(&r, v, NULL, &a, &who) && !who.vouched.is_email_verified && who.vouched.role_n == 0,
	   "but not against the provider's word; and no role by default");
	v = json_read(SLICE_LIT("{\"realm_access.roles\":[\"gate-admin\"]}"), &a, &e);
	ok(oidc_rules_apply(&r, v, NULL, &a, &who) && who.vouched.role_n == 1, "a name with a dot is a name first");
	ok(oidc_rules_want_more(&r, v) && !oidc_rules_want_more(&r, json_read(SLICE_LIT("{\"email\":\"\",\"realm_access\":{\"roles\":[]}}"), &a, &e)),
	   "more is asked for where something is missing");
	arena_release(&a);
}

static void test_bad_rules(void)
{
	static const char *const wrong[] = { "x", "=admin", "x=", "x=root", "x=admin@", "x=none", "x=@files" };
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		const char *const one[] = { wrong[i], NULL };
		struct oidc_opts o = { .issuer = "https://id.example", .client_id = "gate", .role_claim = "groups", .roles = one };
		struct err e = { 0 };
		struct oidc *c = oidc_new(&o, &e);
		ok(!c && strstr(e.text, "console.oidc.roles"), "'%s': %s", wrong[i], e.text);
	}
	struct oidc_opts o = { .issuer = "https://id.example", .client_id = "gate", .default_role = "boss" };
	struct err e = { 0 };
	struct oidc *c = oidc_new(&o, &e);
	ok(!c && strstr(e.text, "default_role"), "%s", e.text);
	o.default_role = "none";
	c = oidc_new(&o, &e);
	ok(c, "as it should be");
	oidc_free(&c);
}

static void test_addresses(void)
{
	static const char *const good[] = { "https://id.example", "https://id.example:8443/a?b=c", "http://127.0.0.1:3000", "http://localhost/x",
					    "http://[::1]:1", "http://127.1.2.3" };
	static const char *const bad[] = { "http://id.example", "ftp://x", "https://", "https://a@b", "https://a b", "https://a#b", "http://127.evil.example",
					   "http://localhost.evil.example", "file:///etc/passwd", "https://a\\b", "http://127.0.0.1@evil.example", "" };
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		ok(oidc_is_address(slice_str(good[i])), "%s may be asked", good[i]);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ok(!oidc_is_address(slice_str(bad[i])), "'%s' may not", bad[i]);
}

int main(void)
{
	unsigned char seed[32] = { 7 };
	sign_keys(seed, public_key, secret_key);
	test_claims();
	test_keys_and_signatures();
	test_rules();
	test_lengths();
	test_nested_claim_and_trust();
	test_bad_rules();
	test_addresses();
	return tap_done();
}
