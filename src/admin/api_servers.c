/* /servers/{name}: one server, made, changed, asked and removed. */
#include "admin/routes.h"
#include "admin/server_document.h"
#include "admin/server_live.h"
#include "base/limits.h"

/* What work() leaves for begin(). */
struct one {
	struct store_server server;
	struct server_view view;
	struct buf stable; /* members, without braces */
};

static struct server_view view_of(const struct api_call *c, const char *name)
{
	return (struct server_view){
		.is_from_file = config_server_get(c->config, name) != NULL,
		.is_masked = !principal_may(&c->who, MAY_MANAGE, slice_str(name)),
	};
}

/* The object that its tag is of: text in the arena. In the record of changes it is masked for everybody. */
static struct slice text_of(struct api_call *c, const struct store_server *s, bool is_masked)
{
	struct server_view view = view_of(c, s->name);
	struct buf b = BUF_INIT(LIMIT_API_ANSWER);
	view.is_masked |= is_masked;
	buf_addc(&b, '{');
	server_write(&b, s, &view);
	buf_addc(&b, '}');
	char *copy = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	struct slice text = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return text;
}

static bool read_store(struct api_call *c, struct slice name, struct store_server *out, bool *is_there)
{
	struct err e = { 0 };
	*is_there = store_server_get(c->store, name.p, &c->arena, out, &e);
	return *is_there || e.kind == ERR_INPUT || api_fail_err(c, &e, 0);
}

static bool find(struct api_call *c, enum permission need, struct store_server *out)
{
	bool is_there;
	if (!api_permit(c, need, c->v[0]) || !read_store(c, c->v[0], out, &is_there))
		return false;
	return is_there || api_fail(c, 404, "there is no server '%.64s'", c->v[0].p);
}

/* The gate's own, and those of the file, are not changed here. */
static bool is_ours(struct api_call *c, const struct store_server *s)
{
	if (s->transport == STORE_BUILTIN)
		return api_fail(c, 409, "'%s' is the gate's own server: it can be disabled, and nothing else", s->name);
	if (config_server_get(c->config, s->name))
		return api_fail(c, 409, "server '%s' stands in the configuration file, which wins: change it there, then POST /api/v1/reload", s->name);
	return true;
}

static bool hand_over(struct api_call *c, const struct store_server *s)
{
	struct one *o = arena_zalloc(&c->arena, sizeof *o);
	if (!o)
		return api_fail(c, 413, "the request is too large");
	o->server = *s;
	o->view = view_of(c, s->name);
	c->own = o;
	api_etag(text_of(c, s, false), c->etag);
	return true;
}

static void write_one(struct api_call *c)
{
	const struct one *o = c->own;
	struct server_live live;
	struct buf url = BUF_INIT(4096);
	base_url_write(&url, c->admin, c->config);
	buf_addf(&url, "/mcp/%s", o->server.name);
	buf_addc(&c->out, '{');
	server_write(&c->out, &o->server, &o->view);
	server_live(c->admin, o->server.name, o->server.is_enabled, &live);
	server_live_write(&c->out, &live);
	buf_adds(&c->out, ",\"endpoint\":");
	buf_add_json_string(&c->out, buf_slice(&url));
	buf_addc(&c->out, '}');
	buf_release(&url);
}

void server_get(struct api_call *c)
{
	struct store_server s;
	if (find(c, MAY_SEE, &s))
		(void)hand_over(c, &s);
}

/* Its tag is of what can be changed: how it is just now makes no edit stale, and is never an old answer. */
void server_get_begin(struct api_call *c)
{
	write_one(c);
	c->if_none_match = slice_of(NULL, 0);
	c->status = 200;
	api_answer(c);
}

/* The change counts before it is answered, so that the answer tells how the server is with it. */
static bool take_over(struct api_call *c)
{
	struct err e = { 0 };
	c->is_saved = true;
	return c->admin->o.reload(c->admin->o.ctx, &e) ||
	       api_fail(c, 409, "it is saved, and not in force, because the whole cannot be taken over: %.180s", e.text);
}

void server_changed_begin(struct api_call *c)
{
	const struct one *o = c->own;
	if (take_over(c)) {
		if (o->server.is_enabled)
			gate_survey(c->admin->o.gate, o->server.name, NULL, NULL); /* its tools are known soon */
		write_one(c);
	}
	api_answer(c);
}

static void note_change(struct api_call *c, const char *action, struct slice name, const struct store_server *before,
			const struct store_server *after)
{
	struct slice none = { NULL, 0 };
	c->event_server = name;
	api_changed(c, action, "server", name, before ? text_of(c, before, true) : none, after ? text_of(c, after, true) : none);
}

/* After a write: what is stored now, for the answer. */
static bool stored(struct api_call *c, const char *action, struct slice name, const struct store_server *before)
{
	struct store_server now;
	bool is_there;
	if (!read_store(c, name, &now, &is_there))
		return false;
	if (!is_there)
		return api_fail(c, 404, "server '%.64s' was removed meanwhile", name.p);
	note_change(c, action, name, before, &now);
	return hand_over(c, &now);
}

static bool is_taken(struct api_call *c, const struct store_server *s)
{
	struct store_server other;
	bool is_there;
	if (!read_store(c, slice_str(s->name), &other, &is_there))
		return true;
	if (is_there || config_server_get(c->config, s->name)) {
		api_field(c, "/name", "there is a server '%s' already", s->name);
		c->status = 409;
		return true;
	}
	return false;
}

void servers_post(struct api_call *c)
{
	struct store_server s;
	struct err e = { 0 };
	if (!server_read(c, slice_of(NULL, 0), NULL, &s) || is_taken(c, &s))
		return;
	if (!store_server_add(c->store, &s, &e)) {
		api_fail_err(c, &e, 409);
		return;
	}
	c->status = 201;
	c->location = arena_printf(&c->arena, "/api/v1/servers/%s", s.name);
	(void)stored(c, "server.create", slice_str(s.name), NULL);
}

/* What it would be, for the difference: times are the store's. */
static struct slice wanted_text(struct api_call *c, const struct store_server *kept, const struct store_server *s)
{
	struct store_server w = *s;
	w.created_us = kept->created_us;
	w.updated_us = kept->updated_us;
	return text_of(c, &w, false);
}

static void create_by_put(struct api_call *c)
{
	struct store_server s;
	struct err e = { 0 };
	if (!api_permit(c, MAY_MANAGE, slice_of(NULL, 0)) || !api_match(c, slice_of(NULL, 0), slice_of(NULL, 0)) ||
	    !server_read(c, c->v[0], NULL, &s) || is_taken(c, &s))
		return;
	if (!store_server_add(c->store, &s, &e)) {
		api_fail_err(c, &e, 409);
		return;
	}
	c->status = 201;
	c->location = arena_printf(&c->arena, "/api/v1/servers/%s", s.name);
	(void)stored(c, "server.create", c->v[0], NULL);
}

/* Which program runs as the gate's user, and where secrets are sent. */
static bool reaches_the_same(const struct store_server *x, const struct store_server *y)
{
	struct store_server like = *x;
	like.transport = y->transport;
	like.url = y->url;
	like.argv = y->argv;
	like.cwd = y->cwd;
	like.env = y->env;
	like.env_n = y->env_n;
	return store_server_same(x, &like);
}

/* Whoever chooses programs can do all that the gate can: more than the role for one server is meant to give. */
static bool may_reach(struct api_call *c, const struct store_server *kept, const struct store_server *s)
{
	if (reaches_the_same(kept, s) || principal_may(&c->who, MAY_MANAGE, slice_of(NULL, 0)))
		return true;
	return api_fail(c, 403, "its program, environment and address are for an admin of the whole organisation");
}

void server_put(struct api_call *c)
{
	struct store_server kept, s;
	struct err e = { 0 };
	bool is_there;
	if (!read_store(c, c->v[0], &kept, &is_there))
		return;
	if (!is_there && !config_server_get(c->config, c->v[0].p)) {
		create_by_put(c);
		return;
	}
	if (!is_there) {
		api_fail(c, 404, "there is no server '%.64s'", c->v[0].p);
		return;
	}
	if (!api_permit(c, MAY_MANAGE, c->v[0]) || !is_ours(c, &kept) || !server_read(c, c->v[0], &kept, &s) ||
	    !may_reach(c, &kept, &s))
		return;
	if (!api_match(c, text_of(c, &kept, false), wanted_text(c, &kept, &s)))
		return;
	if (!store_server_put(c->store, &s, &e)) {
		api_fail_err(c, &e, 422);
		return;
	}
	c->status = 200;
	(void)stored(c, "server.update", c->v[0], &kept);
}

void server_delete(struct api_call *c)
{
	struct store_server kept;
	struct err e = { 0 };
	if (!find(c, MAY_MANAGE, &kept))
		return;
	if (config_server_get(c->config, kept.name)) {
		(void)is_ours(c, &kept);
		return;
	}
	if (!api_match(c, text_of(c, &kept, false), slice_of(NULL, 0)))
		return;
	if (!store_server_del(c->store, kept.name, &e)) {
		api_fail_err(c, &e, 404);
		return;
	}
	c->status = 204;
	note_change(c, "server.delete", c->v[0], &kept, NULL);
}

static void set_enabled(struct api_call *c, bool is_enabled)
{
	struct store_server kept;
	struct err e = { 0 };
	if (!find(c, MAY_MANAGE, &kept))
		return;
	if (kept.transport != STORE_BUILTIN && !is_ours(c, &kept))
		return;
	if (!store_server_enable(c->store, kept.name, is_enabled, &e)) {
		api_fail_err(c, &e, 404);
		return;
	}
	c->status = 200;
	(void)stored(c, is_enabled ? "server.enable" : "server.disable", c->v[0], &kept);
}

void server_enable(struct api_call *c)
{
	set_enabled(c, true);
}

void server_disable(struct api_call *c)
{
	set_enabled(c, false);
}

void server_check_work(struct api_call *c)
{
	struct store_server s;
	if (!find(c, MAY_MANAGE, &s))
		return;
	if (!s.is_enabled)
		api_fail(c, 409, "server '%s' is disabled: enable it, and its tools are asked for", s.name);
	else
		(void)hand_over(c, &s);
	c->etag[0] = '\0';
}

static void on_checked(void *ctx)
{
	struct api_call *c = ctx;
	const struct one *o = c->own;
	struct admin *a = c->admin;
	struct catalog_status s = catalog_status(a->o.catalog, slice_str(o->server.name), loop_now_us(a->o.loop));
	struct server_live live;
	server_live(a, o->server.name, true, &live);
	struct upstream_status u = { 0 };
	if (live.upstream)
		upstream_status(live.upstream, &u);
	bool is_good = s.is_known && !s.is_stale;
	buf_addf(&c->out, "{\"state\":\"%s\",\"tools\":%zu", is_good ? "up" : "down", is_good ? s.tools : 0);
	if (!is_good) {
		buf_adds(&c->out, ",\"error\":");
		buf_add_json_string(&c->out, u.last_error[0] ? slice_str(u.last_error) : SLICE_LIT("it lists no tools; the gate's log says why"));
	}
	buf_addc(&c->out, '}');
	c->status = 200;
	api_answer(c);
}

void server_check_begin(struct api_call *c)
{
	const struct one *o = c->own;
	catalog_mark_stale(c->admin->o.catalog, slice_str(o->server.name));
	gate_survey(c->admin->o.gate, o->server.name, on_checked, c);
}
