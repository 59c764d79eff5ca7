/* What an identity provider sends: an ID token, a line; its keys, a line; what its userinfo endpoint says. */
#include "base/check.h"
#include "base/limits.h"
#include "people/oidc_inside.h"
#include <stdint.h>

#define NOW 1000000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice next_line(struct slice *s)
{
	const char *end = s->n ? memchr(s->p, '\n', s->n) : NULL;
	struct slice first = slice_of(s->p, end ? (size_t)(end - s->p) : s->n);
	*s = slice_of(s->p + first.n + (end != NULL), s->n - first.n - (end != NULL));
	return first;
}

/* Whoever comes in has roles that a rule gives, and an address that could be one. */
static void apply(const struct json *claims, const struct json *info, struct arena *a)
{
	static const char *const rules[] = { "admins=admin", "ops=approver@files", NULL };
	static const char *const domains[] = { "example.com", NULL };
	const struct oidc_opts o = { .role_claim = "realm.groups", .default_role = "none", .allowed_domains = domains, .roles = rules };
	struct oidc_rules r;
	struct oidc_who who = { 0 };
	struct err e = { 0 };
	BUG_ON(!oidc_rules_read(&o, a, &r, &e));
	oidc_rules_want_more(&r, claims);
	if (!oidc_rules_apply(&r, claims, info, a, &who))
		return;
	for (size_t i = 0; i < who.vouched.role_n; i++)
		BUG_ON(who.vouched.roles[i].role != ROLE_ADMIN && who.vouched.roles[i].role != ROLE_APPROVER);
	BUG_ON(who.vouched.email.n > LIMIT_EMAIL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice left = slice_of((const char *)data, size);
	struct slice token = next_line(&left), set = next_line(&left);
	const struct id_token_want w = { "https://id.example", "gate", SLICE_LIT("n0nce"), NOW };
	const struct json *claims = NULL;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 64u << 20);
	const struct json *keys = json_read(set, &a, &e), *info = json_read(left, &a, &e);
	enum id_token_end end = id_token_check(token, keys, &w, &a, &claims, &e);
	BUG_ON(end != ID_TOKEN_GOOD && !e.text[0]);
	if (end == ID_TOKEN_GOOD)
		BUG_ON(!slice_is(json_string(json_gets(claims, "iss")), w.issuer));
	/* A provider may sign anything: what is read of it must stand for itself. */
	if (claims)
		apply(claims, info, &a);
	if (json_is(info, JSON_OBJECT))
		apply(info, claims, &a);
	struct slice url = json_string(json_gets(info, "jwks_uri"));
	if (url.n && oidc_is_address(url))
		BUG_ON(memchr(url.p, '@', url.n) && !memchr(url.p, '/', url.n));
	arena_release(&a);
	return 0;
}
