/* API tokens: for programs of a person's. The secret is shown once, when it is made. */
#include "admin/api_people.h"
#include "admin/routes.h"
#include "base/clock.h"
#include "base/limits.h"

static bool may_manage(const struct api_call *c)
{
	return principal_may(&c->who, MAY_MANAGE, slice_of(NULL, 0));
}

/* Whose tokens are asked for: one's own; with ?owner= those of another, or "all". NULL: all. */
static bool read_owner(struct api_call *c, const char **out)
{
	struct slice owner = api_query(c, "owner");
	*out = c->who.user_id;
	if (!owner.n && c->who.user_id[0])
		return true;
	if (owner.n && slice_is(owner, c->who.user_id))
		return true;
	if (!may_manage(c))
		return api_fail(c, 403, "tokens of others need the role admin for the whole organisation");
	*out = owner.n && !slice_is(owner, "all") ? owner.p : NULL;
	return true;
}

static bool read_cursor(struct api_call *c, struct slice *out)
{
	*out = api_query(c, "cursor");
	return !out->n || out->n == RANDOM_UUID_SIZE - 1 || api_parameter(c, "cursor", "is none that a list gave");
}

/* Newest first; a page begins behind the token that the one before ended with. */
static size_t skip_to(const struct api_token *v, size_t n, struct slice cursor)
{
	for (size_t i = 0; cursor.n && i < n; i++)
		if (slice_is(cursor, v[i].id))
			return i + 1;
	return cursor.n ? n : 0;
}

void tokens_get(struct api_call *c)
{
	struct api_token *v;
	size_t n, limit;
	const char *owner;
	struct slice cursor;
	struct err e = { 0 };
	if (!api_limit(c, &limit) || !read_cursor(c, &cursor) || !read_owner(c, &owner))
		return;
	if (!people_tokens(c->people, owner, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	size_t first = skip_to(v, n, cursor), i = first;
	buf_adds(&c->out, "{\"tokens\":[");
	for (; i < n && i - first < limit; i++) {
		buf_adds(&c->out, i > first ? "," : "");
		people_token_json(&c->out, &v[i]);
	}
	buf_addf(&c->out, "],\"total\":%zu", n);
	if (i < n)
		buf_addf(&c->out, ",\"next\":\"%s\"", v[i - 1].id);
	buf_addc(&c->out, '}');
}

/* It could do nothing with a role that its owner lacks; to say so is kinder than to keep it. */
static void check_roles(struct api_call *c, const struct role_given *v, size_t n)
{
	static const enum permission all[] = { MAY_SEE, MAY_AUDIT, MAY_APPROVE, MAY_POLICY, MAY_MANAGE };
	for (size_t i = 0; i < n; i++) {
		struct slice server = v[i].server ? slice_str(v[i].server) : slice_of(NULL, 0);
		bool is_theirs = true;
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			is_theirs &= !(role_may(v[i].role) & all[k]) || principal_may(&c->who, all[k], server);
		const char *pointer = arena_printf(&c->arena, "/roles/%zu", i);
		if (!is_theirs && pointer)
			api_field(c, pointer, "you have not this role yourself");
	}
}

static bool read_token(struct api_call *c, struct api_token *t)
{
	static const char *const names[] = { "name", "expires_at", "roles", NULL };
	struct slice name = { 0 }, expires = { 0 };
	if (!api_only(c, names) || !api_text(c, "name", LIMIT_NAME, &name) || !api_text(c, "expires_at", 64, &expires) ||
	    !roles_read(c, &t->roles, &t->role_n))
		return false;
	if (!name.n)
		api_field(c, "/name", "is missing");
	if (expires.p && !clock_parse(expires, &t->expires_us))
		api_field(c, "/expires_at", "is a time, as 2030-01-01T00:00:00Z");
	else if (expires.p && t->expires_us <= clock_wall_us())
		api_field(c, "/expires_at", "is over already");
	if (json_gets(c->json, "roles") && !t->role_n)
		api_field(c, "/roles", "leave it out for all that you may do yourself");
	check_roles(c, t->roles, t->role_n);
	t->name = name.p;
	t->user_id = c->who.user_id;
	t->user_name = c->who.name;
	return c->error_n == 0;
}

void tokens_post(struct api_call *c)
{
	struct api_token t = { 0 };
	char secret[PEOPLE_SECRET_SIZE];
	struct err e = { 0 };
	if (!needs_session(c) || !read_token(c, &t) || !people_answer(c, people_token_add(c->people, &t, secret, &e), &e, "/name"))
		return;
	buf_adds(&c->out, "{\"token\":");
	size_t start = c->out.n;
	people_token_json(&c->out, &t);
	struct slice after = slice_of(c->out.p + start, c->out.n - start);
	api_changed(c, "token.create", "token", slice_str(t.id), slice_of("", 0), after);
	buf_addf(&c->out, ",\"secret\":\"%s\"}", secret);
	digest_wipe(secret, sizeof secret);
	c->status = 201;
	c->location = "/api/v1/tokens";
}

void token_delete(struct api_call *c)
{
	struct api_token *v;
	size_t n;
	struct buf before = BUF_INIT(1u << 20);
	struct err e = { 0 };
	const char *owner = may_manage(c) ? NULL : c->who.user_id;
	if (owner && !owner[0]) {
		api_fail(c, 404, "there is no token of this id");
		return;
	}
	if (!people_tokens(c->people, owner, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (slice_is(c->v[0], v[i].id))
			people_token_json(&before, &v[i]);
	if (people_answer(c, people_token_del(c->people, c->v[0].p, owner, &e), &e, NULL)) {
		api_changed(c, "token.delete", "token", c->v[0], buf_slice(&before), slice_of("", 0));
		c->status = 204;
	}
	buf_release(&before);
}
