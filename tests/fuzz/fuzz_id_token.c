/* ID tokens, and the keys of who signed them: a line of keys, and behind it the token. */
#include "base/check.h"
#include "base/limits.h"
#include "people/oidc_inside.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct role_given viewer = { ROLE_VIEWER, NULL };
	struct slice all = slice_of((const char *)data, size);
	const char *end = size ? memchr(all.p, '\n', size) : NULL;
	struct slice keys = slice_of(all.p, end ? (size_t)(end - all.p) : size);
	struct slice token = end ? slice_of(end + 1, size - keys.n - 1) : slice_of("", 0);
	const struct id_token_want want = { "https://id.example", "gate", SLICE_LIT("n0nce"), 1000000000 };
	static const char *const none[] = { NULL };
	struct oidc_rule rule = { "ops", viewer };
	const struct oidc_rules rules = { .role_claim = "a.groups", .allowed_emails = none, .allowed_domains = none, .rules = &rule, .rule_n = 1 };
	struct arena a;
	struct err e = { 0 };
	struct oidc_who who = { 0 };
	const struct json *claims = NULL;
	arena_init(&a, 16u << 20);
	const struct json *set = json_read(keys, &a, &e);
	BUG_ON(id_token_check(token, set, &want, &a, &claims, &e) == ID_TOKEN_GOOD && !claims);
	BUG_ON(oidc_rules_apply(&rules, claims ? claims : set, set, &a, &who) && who.vouched.may_create && !who.vouched.role_n);
	arena_release(&a);
	return 0;
}
