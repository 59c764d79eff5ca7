/* Who makes a call of the API, and whether they may. On a worker. */
#include "admin/api_inside.h"
#include "base/clock.h"
#include <stdio.h>

static bool local_user(struct api_call *c)
{
	char name[96];
	struct role_given *role = arena_zalloc(&c->arena, sizeof *role);
	admin_local_name(c->peer_uid, name, sizeof name);
	char *kept = arena_strndup(&c->arena, name, strlen(name));
	if (!kept || !role)
		return api_fail(c, 413, "the request is too large");
	role->role = ROLE_ADMIN;
	c->who = (struct principal){ .kind = PRINCIPAL_LOCAL, .id = kept, .name = kept, .user_id = "", .subject = "",
				     .roles = role, .role_n = 1 };
	return true;
}

static bool is_safe(const struct api_call *c)
{
	return c->route->method == HTTP_GET || c->route->method == HTTP_HEAD;
}

/* A form of a foreign page sends the cookie along, but cannot know the token. */
static bool has_csrf(struct api_call *c)
{
	size_t n = strlen(c->who.csrf);
	if (is_safe(c) || (n && c->csrf.n == n && digest_equal(c->csrf.p, c->who.csrf, n)))
		return true;
	return api_fail(c, 403, "send the csrf of GET /api/v1/session as X-CSRF-Token");
}

/* "https://gate.example.com" of a header, and the host by which the gate was asked: TLS may end at a proxy. */
static bool is_ours(const struct api_call *c, struct slice origin)
{
	const char *const *allowed = c->config->allowed_origins;
	struct slice url = slice_str(c->config->console_url);
	size_t skip = slice_starts(origin, SLICE_LIT("https://")) ? 8 : slice_starts(origin, SLICE_LIT("http://")) ? 7 : 0;
	if (!skip)
		return false;
	if (slice_ieq(slice_of(origin.p + skip, origin.n - skip), c->host))
		return true;
	if (url.n >= origin.n && slice_ieq(slice_of(url.p, origin.n), origin) && (url.n == origin.n || url.p[origin.n] == '/'))
		return true;
	for (size_t i = 0; allowed && allowed[i]; i++)
		if (slice_ieq(origin, slice_str(allowed[i])))
			return true;
	return false;
}

/* Beside the token of the session: browsers say from which page a change comes (RFC 6454, Fetch Metadata). */
static bool is_our_page(struct api_call *c)
{
	static const char *const sites[] = { "same-origin", "none", NULL };
	if (is_safe(c) || c->is_unix || c->bearer.p)
		return true;
	bool is_named = c->origin.p && is_ours(c, c->origin);
	bool is_foreign = c->fetch_site.p && !slice_is_among(c->fetch_site, sites);
	if (is_named || (!c->origin.p && !is_foreign))
		return true;
	return api_fail(c, 403,
			"this comes from a page of another address: if it is this gate's, put its address into console.url");
}

/* Who it is the approvals know, and begin() asks them. */
static bool approver(struct api_call *c)
{
	static const struct role_given role = { ROLE_APPROVER, NULL };
	if (!(c->route->flags & API_APPROVER))
		return (c->route->flags & API_OPEN) || api_fail(c, 401, "the token of an approver is for approvals and the catalogue only");
	c->who = (struct principal){ .kind = PRINCIPAL_APPROVER, .id = "", .name = "", .user_id = "", .subject = "", .roles = &role,
				     .role_n = 1 };
	return true;
}

bool api_identify(struct api_call *c)
{
	struct err e = { 0 };
	if (!is_our_page(c))
		return false;
	int64_t now = clock_wall_us();
	if (slice_starts(c->bearer, SLICE_LIT("gha_")))
		return approver(c);
	if (c->bearer.p) {
		if (!people_token(c->people, c->bearer, now, &c->arena, &c->who, &e))
			return api_fail_err(c, &e, 503);
		if (c->who.kind == PRINCIPAL_NONE && !(c->route->flags & API_OPEN))
			return api_fail(c, 401, "the token is not known, or has ended; an API token begins with ghp_, one of an approver with gha_");
		return true;
	}
	if (c->is_unix)
		return local_user(c);
	if (!c->cookie.p)
		return true;
	if (!people_session(c->people, c->cookie, now, &c->arena, &c->who, &e))
		return api_fail_err(c, &e, 503);
	return c->who.kind == PRINCIPAL_NONE || (c->route->flags & API_OPEN) || has_csrf(c);
}

bool api_may(struct api_call *c)
{
	const struct api_route *r = c->route;
	if (r->flags & API_OPEN)
		return true;
	if (c->who.kind == PRINCIPAL_NONE)
		return api_fail(c, 401, "sign in, or send 'Authorization: Bearer ghp_…' with an API token");
	if (r->flags & API_OWN)
		return true;
	bool may = r->flags & API_ANYWHERE ? principal_may_anywhere(&c->who, r->need) :
					     principal_may(&c->who, r->need, slice_of(NULL, 0));
	return may || api_fail(c, 403, "this needs the role %s%s", role_name(role_for(r->need)),
			       r->flags & API_ANYWHERE ? "" : " for the whole organisation");
}

bool api_permit(struct api_call *c, enum permission one, struct slice server)
{
	if (principal_may(&c->who, one, server))
		return true;
	if (!principal_may(&c->who, MAY_SEE, server))
		return api_fail(c, 404, "there is no such thing here");
	return api_fail(c, 403, "this needs the role %s", role_name(role_for(one)));
}

bool api_who_copy(const struct principal *from, struct arena *a, struct principal *out)
{
	struct role_given *roles = arena_alloc(a, (from->role_n + 1) * sizeof *roles);
	*out = *from;
	out->id = arena_strndup(a, from->id, strlen(from->id));
	out->name = arena_strndup(a, from->name, strlen(from->name));
	out->user_id = arena_strndup(a, from->user_id, strlen(from->user_id));
	out->subject = arena_strndup(a, from->subject, strlen(from->subject));
	out->roles = roles;
	bool is_whole = roles && out->id && out->name && out->user_id && out->subject;
	for (size_t i = 0; is_whole && i < from->role_n; i++) {
		roles[i] = from->roles[i];
		if (from->roles[i].server) {
			roles[i].server = arena_strndup(a, from->roles[i].server, strlen(from->roles[i].server));
			is_whole = roles[i].server != NULL;
		}
	}
	return is_whole;
}
