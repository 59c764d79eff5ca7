/* One's own session: signing in and out, the password, one-time codes, and the link of an invitation. */
#include "admin/api_people.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/password.h"
#include <stdio.h>

static const enum permission permissions[] = { MAY_SEE, MAY_AUDIT, MAY_APPROVE, MAY_POLICY, MAY_MANAGE };

/* ["see","audit"], for a server or (n 0) the organisation; a server has those of the organisation, too. */
static void write_permissions(struct buf *b, const struct principal *who, struct slice server)
{
	bool is_first = true;
	buf_addc(b, '[');
	for (size_t i = 0; i < ARRAY_LEN(permissions); i++) {
		if (!principal_may(who, permissions[i], server))
			continue;
		buf_addf(b, "%s\"%s\"", is_first ? "" : ",", permission_name(permissions[i]));
		is_first = false;
	}
	buf_addc(b, ']');
}

static bool is_named_before(const struct principal *who, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (who->roles[j].server && strcmp(who->roles[j].server, who->roles[i].server) == 0)
			return true;
	return false;
}

static void write_all_permissions(struct buf *b, const struct principal *who)
{
	bool is_first = true;
	buf_adds(b, ",\"permissions\":{\"organisation\":");
	write_permissions(b, who, slice_of(NULL, 0));
	buf_adds(b, ",\"servers\":{");
	for (size_t i = 0; i < who->role_n; i++) {
		if (!who->roles[i].server || is_named_before(who, i))
			continue;
		buf_adds(b, is_first ? "" : ",");
		buf_add_json_string(b, slice_str(who->roles[i].server));
		buf_addc(b, ':');
		write_permissions(b, who, slice_str(who->roles[i].server));
		is_first = false;
	}
	buf_adds(b, "}}");
}

static bool write_stranger(struct api_call *c)
{
	struct err e = { 0 };
	bool needs_setup = false;
	if (!people_needs_setup(c->people, &needs_setup, &e))
		return api_fail_err(c, &e, 503);
	buf_addf(&c->out, "{\"signed_in\":false,\"needs_setup\":%s,\"oidc\":", needs_setup ? "true" : "false");
	if (c->admin->o.oidc) {
		buf_adds(&c->out, "{\"name\":");
		buf_add_json_string(&c->out, slice_str(c->config->oidc_name ? c->config->oidc_name : "single sign-on"));
		buf_addc(&c->out, '}');
	} else {
		buf_adds(&c->out, "null");
	}
	buf_addc(&c->out, '}');
	return true;
}

void session_write(struct api_call *c)
{
	const struct principal *w = &c->who;
	struct user u = { .display_name = w->name };
	struct err e = { 0 };
	bool is_user = w->user_id && w->user_id[0];
	if (w->kind == PRINCIPAL_NONE) {
		write_stranger(c);
		return;
	}
	if (is_user && !people_answer(c, people_user_get(c->people, w->user_id, &c->arena, &u, &e), &e, NULL))
		return;
	buf_adds(&c->out, "{\"signed_in\":true,\"user\":{\"id\":");
	buf_add_json_string(&c->out, slice_str(w->id));
	buf_adds(&c->out, ",\"name\":");
	buf_add_json_string(&c->out, slice_str(w->name));
	buf_adds(&c->out, ",\"display_name\":");
	buf_add_json_string(&c->out, slice_str(u.display_name[0] ? u.display_name : w->name));
	buf_addf(&c->out, ",\"kind\":\"%s\"}", principal_kind_name(w->kind));
	if (w->csrf[0])
		buf_addf(&c->out, ",\"csrf\":\"%s\"", w->csrf);
	time_write_json(&c->out, "expires_at", w->expires_us);
	write_all_permissions(&c->out, w);
	buf_addf(&c->out, ",\"totp\":{\"enabled\":%s},\"has_password\":%s}", u.has_totp ? "true" : "false",
		 u.has_password ? "true" : "false");
}

void session_get(struct api_call *c)
{
	session_write(c);
}

static bool is_in(struct api_call *c, const struct signed_in *in, const struct err *e)
{
	switch (in->end) {
	case PEOPLE_OK: return true;
	case PEOPLE_WANTS_CODE:
		api_field(c, "/totp", "%s", e->text[0] ? e->text : "a one-time code is needed");
		c->status = 401;
		return false;
	case PEOPLE_LATER:
		c->retry_s = in->retry_s;
		return api_fail(c, 429, "too many attempts: try again in %llu seconds", (unsigned long long)in->retry_s);
	case PEOPLE_FAILED: return api_fail_err(c, e, 503);
	case PEOPLE_WRONG:
	case PEOPLE_UNKNOWN:
	case PEOPLE_TAKEN:
	case PEOPLE_LAST_ADMIN: break;
	}
	return api_fail(c, 401, "%s", e->text[0] ? e->text : "name or password is wrong");
}

void session_post(struct api_call *c)
{
	static const char *const names[] = { "name", "password", "totp", NULL };
	struct attempt t = { .address = c->address, .now_us = clock_wall_us() };
	struct signed_in in = { 0 };
	struct err e = { 0 };
	if (!needs_secure(c) || !api_only(c, names) || !api_text(c, "name", LIMIT_NAME, &t.name) ||
	    !api_text(c, "password", LIMIT_PASSWORD_MAX, &t.password) || !api_text(c, "totp", 32, &t.code))
		return;
	if (!t.name.n)
		api_field(c, "/name", "is missing");
	if (!t.password.n)
		api_field(c, "/password", "is missing");
	if (c->error_n)
		return;
	people_sign_in(c->people, &t, &c->arena, &in, &e);
	if (!is_in(c, &in, &e))
		return;
	session_begin(c, &in, "user.sign_in");
	session_write(c);
}

void session_delete(struct api_call *c)
{
	struct err e = { 0 };
	if (!needs_session(c) || !people_answer(c, people_sign_out(c->people, c->who.session_hash, &e), &e, NULL))
		return;
	session_cookie(c, NULL);
	api_changed(c, "user.sign_out", "user", slice_str(c->who.id), slice_of("", 0), slice_of("", 0));
	c->status = 204;
}

/* The link of the first admin, of an invitation, or of somebody who forgot the password. */
void setup_post(struct api_call *c)
{
	static const char *const names[] = { "token", "name", "password", "display_name", NULL };
	struct slice token = { 0 }, name = { 0 }, password = { 0 }, display = { 0 };
	struct signed_in in = { 0 };
	struct err e = { 0 };
	if (!needs_secure(c) || !api_only(c, names) || !api_text(c, "token", 256, &token) || !api_text(c, "name", LIMIT_NAME, &name) ||
	    !api_text(c, "password", LIMIT_PASSWORD_MAX, &password) || !api_text(c, "display_name", LIMIT_DISPLAY_NAME, &display))
		return;
	if (!password_may_be(password, name, &e)) {
		api_field(c, "/password", "%s", e.text);
		return;
	}
	people_use_link(c->people, token, name, password, display, clock_wall_us(), &c->arena, &in, &e);
	if (in.end == PEOPLE_LATER)
		c->retry_s = in.retry_s;
	/* The password is set; who has one-time codes still has to show one. */
	if (in.end == PEOPLE_WANTS_CODE) {
		session_write(c);
		return;
	}
	if (!people_answer(c, in.end, &e, NULL))
		return;
	session_begin(c, &in, "user.set_up");
	session_write(c);
}

void session_password_put(struct api_call *c)
{
	static const char *const names[] = { "old", "new", NULL };
	struct slice old = { 0 }, fresh = { 0 };
	struct err e = { 0 };
	if (!needs_session(c) || !api_only(c, names) || !api_text(c, "old", LIMIT_PASSWORD_MAX, &old) ||
	    !api_text(c, "new", LIMIT_PASSWORD_MAX, &fresh))
		return;
	if (!password_may_be(fresh, slice_str(c->who.name), &e)) {
		api_field(c, "/new", "%s", e.text);
		return;
	}
	enum people_end end = people_password_set(c->people, c->who.user_id, old, fresh, clock_wall_us(), c->who.session_hash, &e);
	if (!people_answer(c, end, &e, "/old"))
		return;
	api_changed(c, "user.password", "user", slice_str(c->who.id), slice_of("", 0), slice_of("", 0));
	c->status = 204;
}

static void add_component(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char ch = s.p[i];
		bool is_plain = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.' ||
				ch == '_';
		if (is_plain)
			buf_addc(b, ch);
		else
			buf_addf(b, "%%%02X", (unsigned)(unsigned char)ch);
	}
}

void session_totp_post(struct api_call *c)
{
	char secret[TOTP_SECRET_SIZE];
	struct err e = { 0 };
	if (!needs_session(c) || !people_answer(c, people_totp_start(c->people, c->who.user_id, secret, &e), &e, NULL))
		return;
	/* As authenticator apps read it from a QR code. */
	buf_addf(&c->out, "{\"secret\":\"%s\",\"uri\":\"otpauth://totp/Gatehouse:", secret);
	add_component(&c->out, slice_str(c->who.name));
	buf_addf(&c->out, "?secret=%s&issuer=Gatehouse\"}", secret);
	digest_wipe(secret, sizeof secret);
}

void session_totp_put(struct api_call *c)
{
	static const char *const names[] = { "code", NULL };
	char codes[RECOVERY_CODES][RECOVERY_SIZE];
	struct slice code = { 0 };
	struct err e = { 0 };
	if (!needs_session(c) || !api_only(c, names) || !api_text(c, "code", 32, &code) ||
	    !people_answer(c, people_totp_confirm(c->people, c->who.user_id, code, clock_wall_us(), codes, &e), &e, "/code"))
		return;
	buf_adds(&c->out, "{\"recovery_codes\":[");
	for (size_t i = 0; i < RECOVERY_CODES; i++)
		buf_addf(&c->out, "%s\"%s\"", i ? "," : "", codes[i]);
	buf_adds(&c->out, "]}");
	digest_wipe(codes, sizeof codes);
	api_changed(c, "user.totp_on", "user", slice_str(c->who.id), slice_of("", 0), slice_of("", 0));
}

void session_totp_delete(struct api_call *c)
{
	static const char *const names[] = { "password", NULL };
	struct slice password = { 0 };
	struct err e = { 0 };
	if (!needs_session(c) || !api_only(c, names) || !api_text(c, "password", LIMIT_PASSWORD_MAX, &password) ||
	    !people_answer(c, people_totp_end(c->people, c->who.user_id, password, &e), &e, "/password"))
		return;
	api_changed(c, "user.totp_off", "user", slice_str(c->who.id), slice_of("", 0), slice_of("", 0));
	c->status = 204;
}
