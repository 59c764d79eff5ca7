/* What the handlers of people, sessions and tokens share: roles that are given, the cookie, our address. */
#include "admin/api_people.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdio.h>

#define COOKIE "__Host-gatehouse"

void time_write_json(struct buf *b, const char *name, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, text);
	buf_addf(b, ",\"%s\":\"%s\"", name, text);
}

static bool read_role(struct api_call *c, const struct json *v, size_t i, struct role_given *out)
{
	const struct json *role = json_gets(v, "role"), *server = json_gets(v, "server");
	struct slice name = json_string(server);
	char pointer[64];
	snprintf(pointer, sizeof pointer, "/roles/%zu", i);
	if (!json_is(v, JSON_OBJECT) || json_count(v) != (server ? 2 : 1))
		return api_field(c, pointer, "a role is {\"role\":…,\"server\":…}; server null is the organisation");
	snprintf(pointer, sizeof pointer, "/roles/%zu/role", i);
	if (!role_of(json_string(role), &out->role))
		return api_field(c, pointer, "is one of viewer, auditor, approver, policy_manager, admin");
	out->server = NULL;
	if (!server || json_is(server, JSON_NULL))
		return true;
	snprintf(pointer, sizeof pointer, "/roles/%zu/server", i);
	if (!json_is(server, JSON_STRING) || !name.n || name.n > LIMIT_NAME || memchr(name.p, 0, name.n))
		return api_field(c, pointer, "is the name of a server, or null");
	out->server = arena_strndup(&c->arena, name.p, name.n);
	return out->server || api_fail(c, 413, "the request is too large");
}

bool roles_read(struct api_call *c, const struct role_given **v, size_t *n)
{
	const struct json *list = json_gets(c->json, "roles");
	size_t count = json_count(list), i = 0;
	bool is_good = true;
	if (!list)
		return true;
	if (!json_is(list, JSON_ARRAY) || count > LIMIT_ROLES_OF_ONE)
		return api_field(c, "/roles", "must be a list of at most %d roles", LIMIT_ROLES_OF_ONE);
	struct role_given *out = arena_zalloc(&c->arena, (count + 1) * sizeof *out);
	if (!out)
		return api_fail(c, 413, "the request is too large");
	for (struct json_iter it = json_iter(list); json_next(&it); i++)
		is_good &= read_role(c, it.value, i, &out[i]);
	*v = out;
	*n = count;
	return is_good;
}

static bool blame(struct api_call *c, int status, const struct err *e, const char *pointer)
{
	if (!pointer)
		return api_fail(c, status, "%s", e->text);
	api_field(c, pointer, "%s", e->text);
	c->status = status;
	return false;
}

bool people_answer(struct api_call *c, enum people_end end, const struct err *e, const char *pointer)
{
	switch (end) {
	case PEOPLE_OK: return true;
	case PEOPLE_WRONG:
	case PEOPLE_WANTS_CODE: return blame(c, 422, e, pointer);
	case PEOPLE_TAKEN: return blame(c, 409, e, pointer);
	case PEOPLE_LAST_ADMIN: return api_fail(c, 409, "%s", e->text);
	case PEOPLE_UNKNOWN: return api_fail(c, 404, "%s", e->text);
	case PEOPLE_LATER:
		c->retry_s = c->retry_s ? c->retry_s : 30;
		return api_fail(c, 429, "too many attempts; try again later");
	case PEOPLE_FAILED: break;
	}
	return api_fail_err(c, e, 503);
}

bool needs_session(struct api_call *c)
{
	if (c->who.kind == PRINCIPAL_USER)
		return true;
	return api_fail(c, 403, c->who.kind == PRINCIPAL_LOCAL ? "a local user has no account: sign in with a browser" :
								 "a token cannot do this: sign in with a browser");
}

/* Without its port. */
static struct slice host_name(struct slice host)
{
	bool is_v6 = host.n && host.p[0] == '[';
	const char *end = host.n ? memchr(host.p, is_v6 ? ']' : ':', host.n) : NULL;
	return end ? slice_of(host.p, (size_t)(end - host.p) + is_v6) : host;
}

static bool is_here(struct slice host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]", NULL };
	return slice_is_among(host_name(host), names);
}

static struct slice host_of(const char *url)
{
	const char *slashes = strstr(url, "://");
	struct slice s = slice_str(slashes ? slashes + 3 : url);
	const char *end = s.n ? memchr(s.p, '/', s.n) : NULL;
	return end ? slice_of(s.p, (size_t)(end - s.p)) : s;
}

bool needs_secure(struct api_call *c)
{
	const char *url = c->config->console_url;
	if (c->is_unix || c->is_tls || is_here(c->host) || slice_is(c->forwarded_proto, "https") ||
	    (url && slice_starts(slice_str(url), SLICE_LIT("https://")) && slice_ieq(c->host, host_of(url))))
		return true;
	return api_fail(c, 403,
			"signing in needs https: put a reverse proxy with TLS in front that sets X-Forwarded-Proto, and its address into "
			"console.url; or open the gate by http://127.0.0.1 on its own machine");
}

const char *public_url(struct api_call *c)
{
	if (c->config->console_url)
		return c->config->console_url;
	if (c->is_unix)
		return arena_printf(&c->arena, "http://%s", c->admin->o.listen);
	return is_here(c->host) ? arena_printf(&c->arena, "http://%.*s", SLICE_ARG(c->host)) : NULL;
}

void session_cookie(struct api_call *c, const char *value)
{
	c->set_cookie = value ? arena_printf(&c->arena, COOKIE "=%s; Path=/; Max-Age=%llu; Secure; HttpOnly; SameSite=Lax", value,
					     (unsigned long long)c->config->people_age_ms / 1000) :
				COOKIE "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax";
}

void session_begin(struct api_call *c, const struct signed_in *in, const char *action)
{
	c->who = in->who;
	session_cookie(c, in->cookie);
	api_changed(c, action, "user", slice_str(in->who.id), slice_of("", 0), slice_of("", 0));
}
