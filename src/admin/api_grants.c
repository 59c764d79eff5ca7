/* /grants: who may use which servers, under which policy. A token is shown in the answer that makes it, and never again. */
#include "admin/grant_document.h"
#include "admin/routes.h"
#include "admin/server_document.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "clients/snippets.h"
#include "grant/token.h"

/* Text in the arena. who: as they see it, which is what its tag is of; NULL: all of it. */
static struct slice text_of(struct api_call *c, const struct store_grant *g, const struct principal *who)
{
	struct buf b = BUF_INIT(LIMIT_API_ANSWER);
	grant_write(&b, g, who, clock_wall_us(), 0);
	char *copy = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	struct slice text = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return text;
}

/* Of one of its servers, or of the organisation for what reaches none. */
static bool is_seen(const struct principal *who, const struct store_grant *g)
{
	if (principal_may(who, MAY_SEE, slice_of(NULL, 0)))
		return true;
	for (size_t i = 0; i < g->binding_n; i++)
		if (principal_may(who, MAY_SEE, slice_str(g->bindings[i].server)))
			return true;
	return false;
}

/* Of each of its servers: who manages one of two must not change what the other lets in. */
static bool may_manage(struct api_call *c, const struct store_grant *g)
{
	if (principal_may(&c->who, MAY_MANAGE, slice_of(NULL, 0)))
		return true;
	for (size_t i = 0; i < g->binding_n; i++)
		if (!principal_may(&c->who, MAY_MANAGE, slice_str(g->bindings[i].server)))
			return api_fail(c, 403, "this needs the role admin for each server of the grant");
	return g->binding_n || api_fail(c, 403, "this needs the role admin for the whole organisation");
}

static bool find(struct api_call *c, struct store_grant *out)
{
	struct err e = { 0 };
	bool is_there = store_grant_get(c->store, c->v[0].p, &c->arena, out, &e);
	if (!is_there && e.kind != ERR_INPUT)
		return api_fail_err(c, &e, 0);
	/* By its id alone: a label may be another grant's tomorrow. */
	return (is_there && strcmp(out->id, c->v[0].p) == 0 && is_seen(&c->who, out)) || api_fail(c, 404, "there is no grant of this id");
}

static bool find_live(struct api_call *c, struct store_grant *out)
{
	return find(c, out) && (!out->revoked_us || api_fail(c, 409, "the grant is revoked: make another one"));
}

/* What cannot be told is left out: it is no reason to fail. */
static int64_t used_at(struct api_call *c, const struct store_grant *g)
{
	int64_t used_us = 0;
	struct err e = { 0 };
	return store_grants_used(c->store, &g, 1, &used_us, &e) ? used_us : 0;
}

static void answer_grant(struct api_call *c, int status, const struct store_grant *g)
{
	grant_write(&c->out, g, &c->who, clock_wall_us(), used_at(c, g));
	api_etag(text_of(c, g, &c->who), c->etag);
	c->status = status;
}

/* After a write: what is stored now. */
static bool stored(struct api_call *c, const char *action, const char *id, const struct store_grant *before, struct store_grant *now)
{
	struct err e = { 0 };
	if (!store_grant_get(c->store, id, &c->arena, now, &e))
		return api_fail_err(c, &e, 404);
	api_changed(c, action, "grant", slice_str(now->id), before ? text_of(c, before, NULL) : slice_of(NULL, 0),
		    text_of(c, now, NULL));
	return true;
}

static void answer_token(struct api_call *c, int status, const struct store_grant *g, const char *token)
{
	buf_adds(&c->out, "{\"grant\":");
	grant_write(&c->out, g, &c->who, clock_wall_us(), used_at(c, g));
	buf_addf(&c->out, ",\"token\":\"%s\"}", token);
	api_etag(text_of(c, g, &c->who), c->etag);
	c->status = status;
}

/* What the store says of a label that another one has is about that field. */
static void fail_write(struct api_call *c, const struct err *e)
{
	bool is_label = strstr(e->text, "there is a grant '") != NULL;
	if (is_label)
		api_field(c, "/label", "%s", e->text);
	else
		api_fail_err(c, e, 422);
	if (is_label)
		c->status = 409;
}

void grants_post(struct api_call *c)
{
	struct store_grant g = { .subject = "" }, now;
	struct err e = { 0 };
	char token[TOKEN_SIZE];
	if (!json_gets(c->json, "label"))
		api_field(c, "/label", "a grant needs a label: for whom or what it is");
	if (!grant_read(c, &g) || !may_manage(c, &g))
		return;
	token_new(token, g.token_hash);
	if (!store_grant_add(c->store, &g, &e)) {
		fail_write(c, &e);
	} else if (stored(c, "grant.create", g.id, NULL, &now)) {
		c->location = arena_printf(&c->arena, "/api/v1/grants/%s", g.id);
		answer_token(c, 201, &now, token);
	}
	digest_wipe(token, sizeof token);
}

void grant_get(struct api_call *c)
{
	struct store_grant g;
	if (!find(c, &g))
		return;
	answer_grant(c, 200, &g);
	c->if_none_match = slice_of(NULL, 0); /* its state becomes another one without a change */
}

void grant_patch(struct api_call *c)
{
	struct store_grant before, g, now;
	struct err e = { 0 };
	if (!find_live(c, &before) || !may_manage(c, &before))
		return;
	g = before;
	if (!grant_read(c, &g) || !may_manage(c, &g))
		return;
	if (!api_match(c, text_of(c, &before, &c->who), text_of(c, &g, &c->who)))
		return;
	if (!store_grant_put(c->store, &g, &e))
		fail_write(c, &e);
	else if (stored(c, "grant.update", g.id, &before, &now))
		answer_grant(c, 200, &now);
}

void grant_delete(struct api_call *c)
{
	struct store_grant before, now;
	struct err e = { 0 };
	if (!find_live(c, &before) || !may_manage(c, &before) || !api_match(c, text_of(c, &before, &c->who), slice_of(NULL, 0)))
		return;
	if (!store_grant_revoke(c->store, before.id, &e))
		api_fail_err(c, &e, 409);
	else if (stored(c, "grant.revoke", before.id, &before, &now))
		c->status = 204;
}

void grant_rotate(struct api_call *c)
{
	struct store_grant before, now;
	unsigned char hash[DIGEST_SIZE];
	struct err e = { 0 };
	char token[TOKEN_SIZE];
	if (!find_live(c, &before) || !may_manage(c, &before))
		return;
	token_new(token, hash);
	if (!store_grant_rotate(c->store, before.id, hash, &e))
		api_fail_err(c, &e, 409);
	else if (stored(c, "grant.rotate", before.id, &before, &now))
		answer_token(c, 200, &now, token);
	digest_wipe(token, sizeof token);
}

static const struct store_binding *binding_of(const struct store_grant *g, struct slice server)
{
	for (size_t i = 0; i < g->binding_n; i++)
		if (slice_is(server, g->bindings[i].server))
			return &g->bindings[i];
	return NULL;
}

/* The grant with this binding in place of the one it had; drop: without it. */
static struct store_grant with_binding(struct api_call *c, const struct store_grant *g, const struct store_binding *one, bool drop)
{
	struct store_grant out = *g;
	struct store_binding *v = arena_zalloc(&c->arena, (g->binding_n + 1) * sizeof *v);
	size_t n = 0;
	bool is_placed = drop;
	for (size_t i = 0; v && i < g->binding_n; i++) {
		int order = strcmp(g->bindings[i].server, one->server);
		if (!is_placed && order >= 0) {
			v[n++] = *one;
			is_placed = true;
		}
		if (order != 0)
			v[n++] = g->bindings[i];
	}
	if (v && !is_placed)
		v[n++] = *one;
	out.bindings = v;
	out.binding_n = v ? n : 0;
	return out;
}

static bool read_policy(struct api_call *c, struct store_binding *out)
{
	static const char *const known[] = { "policy", "server", NULL };
	const struct json *policy = json_gets(c->json, "policy");
	struct slice name = { NULL, 0 };
	(void)!api_only(c, known);
	if (!policy)
		api_field(c, "/policy", "the name of a policy is needed, or null: then every call is refused");
	if (policy && !json_is(policy, JSON_NULL) && api_text(c, "policy", LIMIT_NAME, &name)) {
		out->policy = name.p;
		(void)!(name.p && grant_policy_known(c, name.p, "/policy"));
	}
	return c->error_n == 0;
}

/* Another policy for a server that it reaches is the policy managers' to give; another server is not. */
void grant_binding_put(struct api_call *c)
{
	struct store_grant before, now;
	struct store_server server;
	struct store_binding one = { .server = c->v[1].p };
	struct err e = { 0 };
	if (!find_live(c, &before))
		return;
	bool is_known = binding_of(&before, c->v[1]) != NULL;
	if (!api_permit(c, is_known ? MAY_POLICY : MAY_MANAGE, c->v[1]) || !read_policy(c, &one))
		return;
	if (!is_known && strcmp(one.server, STORE_BUILTIN_NAME) != 0 && !store_server_get(c->store, one.server, &c->arena, &server, &e)) {
		api_fail_err(c, &e, 404);
		return;
	}
	if (!is_known && before.binding_n >= LIMIT_GRANT_BINDINGS) {
		api_fail(c, 422, "a grant reaches at most %d servers", LIMIT_GRANT_BINDINGS);
		return;
	}
	struct store_grant wanted = with_binding(c, &before, &one, false);
	if (!api_match(c, text_of(c, &before, &c->who), text_of(c, &wanted, &c->who)))
		return;
	c->event_server = c->v[1];
	if (!store_grant_bind(c->store, before.id, one.server, one.policy, &e))
		api_fail_err(c, &e, 422);
	else if (stored(c, "grant.bind", before.id, &before, &now))
		answer_grant(c, 200, &now);
}

void grant_binding_delete(struct api_call *c)
{
	struct store_grant before, now;
	struct store_binding one = { .server = c->v[1].p };
	struct err e = { 0 };
	if (!find_live(c, &before) || !api_permit(c, MAY_MANAGE, c->v[1]))
		return;
	if (!binding_of(&before, c->v[1])) {
		api_fail(c, 404, "the grant does not reach a server '%.64s'", one.server);
		return;
	}
	struct store_grant wanted = with_binding(c, &before, &one, true);
	if (!api_match(c, text_of(c, &before, &c->who), text_of(c, &wanted, &c->who)))
		return;
	c->event_server = c->v[1];
	if (!store_grant_unbind(c->store, before.id, one.server, &e))
		api_fail_err(c, &e, 404);
	else if (stored(c, "grant.unbind", before.id, &before, &now))
		answer_grant(c, 200, &now);
}

static bool read_places(struct api_call *c, const struct store_grant *g, struct snippet_place *v, size_t *n, const char *base)
{
	struct slice only = api_query(c, "server");
	for (size_t i = 0; i < g->binding_n; i++) {
		struct slice server = slice_str(g->bindings[i].server);
		if ((only.n && !slice_eq(server, only)) || !principal_may(&c->who, MAY_SEE, server))
			continue;
		v[*n].name = g->bindings[i].server;
		v[(*n)++].url = arena_printf(&c->arena, "%s/mcp/%s", base, g->bindings[i].server);
	}
	if (only.n && !*n)
		return api_parameter(c, "server", "the grant does not reach a server '%.64s'", only.p);
	return *n || api_fail(c, 409, "the grant reaches no server: give it one, and then there is something to connect to");
}

void grant_snippets(struct api_call *c)
{
	struct store_grant g;
	size_t n = 0;
	struct buf base = BUF_INIT(65536);
	if (!find(c, &g))
		return;
	struct snippet_place *v = arena_zalloc(&c->arena, (g.binding_n + 1) * sizeof *v);
	base_url_write(&base, c->admin, c->config);
	const char *all = arena_printf(&c->arena, "%s/mcp", buf_str(&base));
	bool is_good = v && all && read_places(c, &g, v, &n, buf_str(&base));
	buf_release(&base);
	if (!is_good)
		return;
	buf_adds(&c->out, "{\"snippets\":[");
	for (const struct snippet *s = snippets; s->client; s++) {
		struct buf text = BUF_INIT(LIMIT_API_ANSWER);
		snippet_text(&text, s, v, n, all, "$TOKEN");
		buf_addf(&c->out, "%s{\"client\":\"%s\",\"title\":\"%s\",\"language\":\"%s\"", s == snippets ? "" : ",", s->client, s->title, s->language);
		if (s->file)
			buf_addf(&c->out, ",\"file\":\"%s\"", s->file);
		buf_adds(&c->out, ",\"text\":");
		buf_add_json_string(&c->out, buf_slice(&text));
		buf_addc(&c->out, '}');
		buf_release(&text);
	}
	buf_adds(&c->out, "]}");
	c->status = 200;
}
