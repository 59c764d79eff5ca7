/* Users: who may sign in, and with which roles. */
#include "admin/api_people.h"
#include "admin/routes.h"
#include "base/limits.h"

static struct slice user_json(struct api_call *c, const struct user *u)
{
	struct buf b = BUF_INIT(LIMIT_API_BODY);
	people_user_json(&b, u);
	char *p = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	struct slice out = slice_of(p, p ? b.n : 0);
	buf_release(&b);
	return out;
}

/* What others edit of it: that somebody was seen, or has set a password, makes no edit stale. */
static struct slice edited_json(struct api_call *c, const struct user *u)
{
	struct user edited = *u;
	edited.seen_us = 0;
	edited.has_password = edited.has_totp = false;
	return user_json(c, &edited);
}

static bool find(struct api_call *c, struct user *out)
{
	struct err e = { 0 };
	enum people_end end = people_user_get(c->people, c->v[0].p, &c->arena, out, &e);
	/* By id only: a name may come to be somebody else's. */
	if (end == PEOPLE_OK && !slice_is(c->v[0], out->id))
		return api_fail(c, 404, "there is no user of this id");
	return people_answer(c, end, &e, NULL);
}

static bool read_cursor(struct api_call *c, const char **out)
{
	struct slice text = api_query(c, "cursor");
	char *p = arena_alloc(&c->arena, text.n + 4);
	size_t n = 0;
	*out = NULL;
	if (!text.n)
		return true;
	if (!p || text.n > 4 * LIMIT_NAME || !base64url_read(text, (unsigned char *)p, &n) || !n || memchr(p, 0, n))
		return api_parameter(c, "cursor", "is none that a list gave");
	p[n] = '\0';
	*out = p;
	return true;
}

void users_get(struct api_call *c)
{
	const char *after;
	struct user *v;
	size_t limit, n, total;
	struct err e = { 0 };
	if (!api_limit(c, &limit) || !read_cursor(c, &after))
		return;
	if (!people_users(c->people, api_query(c, "q"), after, limit, &c->arena, &v, &n, &total, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	buf_adds(&c->out, "{\"users\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(&c->out, i ? "," : "");
		people_user_json(&c->out, &v[i]);
	}
	buf_addf(&c->out, "],\"total\":%zu", total);
	if (n == limit) {
		buf_adds(&c->out, ",\"next\":\"");
		base64url_add(&c->out, slice_str(v[n - 1].name));
		buf_addc(&c->out, '"');
	}
	buf_addc(&c->out, '}');
}

void user_get(struct api_call *c)
{
	struct user u;
	if (!find(c, &u))
		return;
	people_user_json(&c->out, &u);
	api_etag(edited_json(c, &u), c->etag);
}

/* "invite_url": a link that sets the password, once. Without an address of ours the path alone. */
static bool add_invitation(struct api_call *c, const char *id)
{
	char link[PEOPLE_SECRET_SIZE];
	const char *url = public_url(c);
	struct err e = { 0 };
	if (!people_answer(c, people_link_new(c->people, id, link, &e), &e, NULL))
		return false;
	buf_adds(&c->out, "\"invite_url\":");
	const char *whole = arena_printf(&c->arena, "%s/setup#token=%s", url ? url : "", link);
	digest_wipe(link, sizeof link);
	if (!whole)
		return api_fail(c, 413, "the request is too large");
	buf_add_json_string(&c->out, slice_str(whole));
	return true;
}

static bool read_words(struct api_call *c, struct user *u)
{
	struct slice display = slice_str(u->display_name), email = slice_str(u->email);
	if (!api_text(c, "display_name", LIMIT_DISPLAY_NAME, &display) || !api_text(c, "email", LIMIT_EMAIL, &email))
		return false;
	u->display_name = display.p; /* of api_text, with a NUL */
	u->email = email.p;
	return true;
}

void users_post(struct api_call *c)
{
	static const char *const names[] = { "name", "display_name", "email", "roles", NULL };
	struct user u = { .display_name = "", .email = "", .is_enabled = true }, made;
	struct slice name = { 0 };
	struct err e = { 0 };
	if (!api_only(c, names) || !api_text(c, "name", LIMIT_NAME, &name) || !read_words(c, &u) || !roles_read(c, &u.roles, &u.role_n))
		return;
	if (!name.n) {
		api_field(c, "/name", "is missing");
		return;
	}
	u.name = name.p;
	if (!people_answer(c, people_user_add(c->people, &u, &e), &e, "/name") ||
	    !people_answer(c, people_user_get(c->people, u.id, &c->arena, &made, &e), &e, NULL))
		return;
	buf_adds(&c->out, "{\"user\":");
	people_user_json(&c->out, &made);
	buf_addc(&c->out, ',');
	if (!add_invitation(c, made.id))
		return;
	buf_addc(&c->out, '}');
	c->status = 201;
	c->location = arena_printf(&c->arena, "/api/v1/users/%s", made.id);
	api_changed(c, "user.create", "user", slice_str(made.id), slice_of("", 0), user_json(c, &made));
}

void user_patch(struct api_call *c)
{
	static const char *const names[] = { "display_name", "email", "is_enabled", "roles", NULL };
	struct user u, now;
	struct err e = { 0 };
	if (!find(c, &u))
		return;
	struct slice before = edited_json(c, &u);
	if (!api_only(c, names) || !read_words(c, &u) || !api_flag(c, "is_enabled", &u.is_enabled) ||
	    !roles_read(c, &u.roles, &u.role_n) || !api_match(c, before, edited_json(c, &u)) ||
	    !people_answer(c, people_user_put(c->people, &u, &e), &e, NULL) ||
	    !people_answer(c, people_user_get(c->people, u.id, &c->arena, &now, &e), &e, NULL))
		return;
	struct slice after = edited_json(c, &now);
	people_user_json(&c->out, &now);
	api_etag(after, c->etag);
	api_changed(c, "user.update", "user", slice_str(now.id), before, after);
}

void user_delete(struct api_call *c)
{
	struct user u;
	struct err e = { 0 };
	if (!find(c, &u))
		return;
	struct slice before = edited_json(c, &u);
	if (!api_match(c, before, slice_of("", 0)) || !people_answer(c, people_user_del(c->people, u.id, &e), &e, NULL))
		return;
	api_changed(c, "user.delete", "user", slice_str(u.id), before, slice_of("", 0));
	c->status = 204;
}

void user_invite_post(struct api_call *c)
{
	struct user u;
	if (!find(c, &u))
		return;
	if (u.oidc_subject[0]) {
		api_fail(c, 409, "this person signs in by the identity provider, and needs no password here");
		return;
	}
	buf_addc(&c->out, '{');
	if (!add_invitation(c, u.id))
		return;
	buf_addc(&c->out, '}');
	api_changed(c, "user.invite", "user", slice_str(u.id), slice_of("", 0), slice_of("", 0));
}

void user_sessions_delete(struct api_call *c)
{
	struct user u;
	struct err e = { 0 };
	if (!find(c, &u) || !people_answer(c, people_sessions_end(c->people, u.id, &e), &e, NULL))
		return;
	api_changed(c, "user.sign_out_all", "user", slice_str(u.id), slice_of("", 0), slice_of("", 0));
	c->status = 204;
}
