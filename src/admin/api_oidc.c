/* Sign-in by an identity provider: the browser leaves for it, and comes back. */
#include "admin/api_people.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "people/oidc.h"
#include <stdio.h>

#define COOKIE "__Host-gatehouse-oidc"
#define COOKIE_GONE COOKIE "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"
#define CALLBACK "/api/v1/session/oidc/callback"

/* A person stands before the browser: what went wrong is told on the sign-in page, by one of a few words. What
 * the provider said goes to the log only, because anybody can write it into a link. */
static void turn_away(struct api_call *c, const char *word, const char *why)
{
	log_warn("oidc", "nobody was signed in (%s): %s", word, why);
	c->status = 302;
	c->location = arena_printf(&c->arena, "/signin?problem=%s", word);
	c->set_cookie = COOKIE_GONE;
}

static bool has_oidc(struct api_call *c)
{
	return c->admin->o.oidc || api_fail(c, 404, "no identity provider is configured: console.oidc in docs/configuration.md");
}

void session_oidc_get(struct api_call *c)
{
	struct oidc_leave leave;
	struct err e = { 0 };
	if (!has_oidc(c) || !needs_secure(c))
		return;
	const char *url = public_url(c);
	if (!url) {
		api_fail(c, 409, "the address of this gate is not known: put it into console.url");
		return;
	}
	const char *redirect = arena_printf(&c->arena, "%s" CALLBACK, url);
	if (!redirect || !oidc_begin(c->admin->o.oidc, redirect, api_query(c, "return"), clock_wall_us(), &c->arena, &leave, &e)) {
		turn_away(c, "provider", e.text);
		return;
	}
	c->status = 302;
	c->location = leave.url;
	c->set_cookie = arena_printf(&c->arena, COOKIE "=%s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax", leave.cookie,
				     LIMIT_OIDC_STATE_S);
}

static struct slice cookie_of(struct slice all, const char *name)
{
	size_t n = strlen(name);
	while (all.n) {
		const char *end = memchr(all.p, ';', all.n);
		struct slice one = slice_of(all.p, end ? (size_t)(end - all.p) : all.n);
		all = slice_of(all.p + one.n + (end != NULL), all.n - one.n - (end != NULL));
		one = slice_trim(one);
		if (one.n > n && memcmp(one.p, name, n) == 0 && one.p[n] == '=')
			return slice_of(one.p + n + 1, one.n - n - 1);
	}
	return slice_of("", 0);
}

static const char *word_of(enum oidc_end end)
{
	switch (end) {
	case OIDC_STALE: return "stale";
	case OIDC_REFUSED: return "refused";
	case OIDC_WRONG: return "untrusted";
	case OIDC_OK:
	case OIDC_FAILED: break;
	}
	return "provider";
}

static bool has_same_roles(const struct user *u, const struct vouched *v)
{
	for (size_t i = 0; i < v->role_n; i++) {
		bool is_there = false;
		for (size_t k = 0; k < u->role_n; k++) {
			const char *x = v->roles[i].server, *y = u->roles[k].server;
			is_there |= v->roles[i].role == u->roles[k].role && (x && y ? strcmp(x, y) == 0 : x == y);
		}
		if (!is_there)
			return false;
	}
	return u->role_n == v->role_n;
}

/* The provider's groups decide, at each sign-in. The last admin stays one, or nobody could mend the configuration. */
static bool follow_roles(struct api_call *c, const char *id, const struct vouched *v, struct err *e)
{
	struct user u;
	if (people_user_get(c->people, id, &c->arena, &u, e) != PEOPLE_OK)
		return false;
	if (has_same_roles(&u, v))
		return true;
	u.roles = v->roles;
	u.role_n = v->role_n;
	enum people_end end = people_user_put(c->people, &u, e);
	if (end == PEOPLE_LAST_ADMIN)
		log_warn("oidc", "'%s' keeps the role admin in spite of the provider: it is the last one", u.name);
	return end == PEOPLE_OK || end == PEOPLE_LAST_ADMIN;
}

static void come_in(struct api_call *c, const struct oidc_who *who)
{
	struct signed_in in = { 0 };
	struct err e = { 0 };
	people_vouched(c->people, &who->vouched, clock_wall_us(), &c->arena, &in, &e);
	if (in.end != PEOPLE_OK) {
		turn_away(c, in.end == PEOPLE_FAILED ? "store" : "uninvited", e.text);
	} else if (who->rules_roles && !follow_roles(c, in.who.user_id, &who->vouched, &e)) {
		struct err ignored;
		if (people_sign_out(c->people, in.who.session_hash, &ignored) != PEOPLE_OK)
			log_warn("oidc", "a session could not be ended: %s", ignored.text);
		turn_away(c, "store", e.text);
	} else {
		session_begin(c, &in, "user.sign_in");
		c->change.note = "by the identity provider";
		c->set_cookie_too = COOKIE_GONE;
		c->status = 302;
		c->location = who->back;
	}
}

void session_oidc_callback_get(struct api_call *c)
{
	struct oidc_return r = { .cookie = cookie_of(c->cookies, COOKIE), .state = api_query(c, "state"), .code = api_query(c, "code"),
				 .error = api_query(c, "error"), .issuer = api_query(c, "iss") };
	struct oidc_who who;
	struct err e = { 0 };
	if (!has_oidc(c) || !needs_secure(c))
		return;
	enum oidc_end end = oidc_finish(c->admin->o.oidc, &r, clock_wall_us(), &c->arena, &who, &e);
	if (end == OIDC_OK)
		come_in(c, &who);
	else
		turn_away(c, word_of(end), e.text);
}
