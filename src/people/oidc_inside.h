/* Inside people/: what the files of OpenID Connect share. */
#ifndef PEOPLE_OIDC_INSIDE_H
#define PEOPLE_OIDC_INSIDE_H
#include "json/json.h"
#include "people/oidc.h"

/* oidc_fetch.c: one request. form.p NULL: GET. The answer must be a JSON object whatever its status is. Redirects
 * are not followed: a provider's documents are where it says that they are. */
struct oidc_request {
	const char *url;
	struct slice form;
	const char *authorization; /* of the header; NULL: none */
	const char *ca_file;
};
bool oidc_fetch(const struct oidc_request *r, struct arena *a, long *status, const struct json **body, struct err *e) MUST_CHECK;
/* https, or http to this machine; without user info or fragment. */
bool oidc_is_address(struct slice url);
/* RFC 3986, 2.3: what may stand in a query as it is; all else becomes %XX. */
void oidc_add_escaped(struct buf *b, struct slice s);

/* oidc_token.c: an ID token (Core, 3.1.3.7). keys: the provider's JWK set. */
struct id_token_want {
	const char *issuer, *client_id;
	struct slice nonce;
	int64_t now_s;
};
enum id_token_end { ID_TOKEN_BAD = 0, ID_TOKEN_GOOD, ID_TOKEN_KEY_UNKNOWN };
enum id_token_end id_token_check(struct slice token, const struct json *keys, const struct id_token_want *w, struct arena *a,
                                 const struct json **claims, struct err *e);

/* oidc_roles.c: who may come in, and with what. */
struct oidc_rules {
	const char *role_claim;
	const char *const *allowed_emails, *const *allowed_domains;
	bool trusts_email;
	struct oidc_rule {
		const char *value;
		struct role_given gives;
	} *rules;
	size_t rule_n;
	enum role default_role; /* ROLE_NONE: none */
};
bool oidc_rules_read(const struct oidc_opts *o, struct arena *a, struct oidc_rules *out, struct err *e) MUST_CHECK;
/* info: of the userinfo endpoint, or NULL. Fills all of out->vouched but the subject. False: memory. */
bool oidc_rules_apply(const struct oidc_rules *r, const struct json *claims, const struct json *info, struct arena *a,
                      struct oidc_who *out) MUST_CHECK;
/* Whether the claims lack something that the rules look at. */
bool oidc_rules_want_more(const struct oidc_rules *r, const struct json *claims);

#endif
