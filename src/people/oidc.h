/*
 * Sign-in by an identity provider: OpenID Connect Core 1.0, the authorization code flow with PKCE (RFC 7636,
 * S256). docs/oidc.md is for those who set it up.
 *
 * Nothing is kept between a person's leaving for the provider and coming back: state, nonce and verifier
 * travel in a cookie, sealed. What the provider says of itself and its keys is kept for LIMIT_OIDC_CACHE_S.
 * Every function may be called from any thread; those that ask the provider block for LIMIT_OIDC_MS a
 * request and belong on workers.
 */
#ifndef PEOPLE_OIDC_H
#define PEOPLE_OIDC_H
#include "base/digest.h"
#include "people/people.h"

struct oidc_opts {
	const char *issuer;        /* https, or http on this machine */
	const char *client_id;
	const char *client_secret; /* NULL: a public client */
	const char *ca_file;       /* NULL: the system's */
	const char *scopes;        /* NULL: "openid" */
	const char *role_claim;    /* "groups", "realm_access.roles"; NULL: none is looked at */
	const char *default_role;  /* of somebody new; NULL, "none": no role */
	const char *const *allowed_emails, *const *allowed_domains; /* NULL-terminated; who may come in uninvited */
	const char *const *roles;  /* "value=role", "value=role@server"; NULL-terminated */
	bool trusts_email;         /* an address counts as verified though the provider does not say so */
	unsigned char key[SEAL_KEY_SIZE]; /* of the cookie */
};

struct oidc;
/* Copies what it is given. NULL and *e (ERR_INPUT): the configuration has what cannot be used. */
struct oidc *oidc_new(const struct oidc_opts *o, struct err *e) MUST_CHECK;
void oidc_free(struct oidc **o);

/* Where the browser goes, and the value of the cookie that it takes along. */
struct oidc_leave {
	const char *url, *cookie;
};
/* back: the path of the console that the person wanted; what is no such path becomes "/". */
bool oidc_begin(struct oidc *o, const char *redirect_uri, struct slice back, int64_t now_us, struct arena *a,
                struct oidc_leave *out, struct err *e) MUST_CHECK;

enum oidc_end {
	OIDC_FAILED = 0, /* the provider cannot be reached, or does not speak as it should */
	OIDC_OK,
	OIDC_STALE,   /* there is no cookie, it is old, or belongs to another sign-in: the person starts again */
	OIDC_REFUSED, /* the provider, or the person there, said no */
	OIDC_WRONG,   /* what came is not to be trusted */
};
struct oidc_return {
	struct slice cookie;                     /* n 0: none */
	struct slice state, code, error, issuer; /* of the query; empty: not there. issuer: RFC 9207 */
};
struct oidc_who {
	struct vouched vouched;
	bool rules_roles; /* the provider decides: a known user's roles become vouched.roles */
	const char *back;
};
enum oidc_end oidc_finish(struct oidc *o, const struct oidc_return *r, int64_t now_us, struct arena *a, struct oidc_who *out,
                          struct err *e);

#endif
