/* /policies: the list, one, writing one, taking one away. */
#include "admin/policies.h"
#include "admin/policy_memo.h"
#include "admin/routes.h"
#include "author/pretty.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdio.h>

bool policy_body(struct api_call *c, struct slice *text, const char **where)
{
	const struct json *document = json_gets(c->json, "document");
	bool has_text = json_gets(c->json, "text") != NULL;
	*where = document ? "/document" : "/text";
	if (!document == !has_text)
		return api_field(c, "", "send the policy either as 'document', an object, or as 'text'");
	if (has_text)
		return api_text(c, "text", LIMIT_POLICY_BYTES, text);
	if (!json_is(document, JSON_OBJECT))
		return api_field(c, "/document", "'document' must be an object");
	struct buf b = BUF_INIT(LIMIT_POLICY_BYTES);
	pretty_write(&b, document);
	char *kept = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	*text = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
	return kept || api_field(c, "/document", "a policy has at most %u bytes of text", LIMIT_POLICY_BYTES);
}

void policy_write_problems(struct buf *b, const struct policy_problems *p)
{
	buf_addc(b, '[');
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_problem *v = &p->v[i];
		buf_adds(b, i ? ",{\"pointer\":" : "{\"pointer\":");
		buf_add_json_string(b, slice_str(v->pointer));
		buf_addf(b, ",\"line\":%d,\"column\":%d,\"detail\":", v->line, v->column);
		buf_add_json_string(b, slice_str(v->text));
		buf_addf(b, ",\"is_warning\":%s}", v->is_warning ? "true" : "false");
	}
	buf_addc(b, ']');
}

bool policy_refuses(const struct policy_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->v[i].is_warning)
			return true;
	return false;
}

bool policy_fail(struct api_call *c, const struct policy_problems *p, const char *where)
{
	struct buf b = BUF_INIT(1u << 20);
	char pointer[300];
	bool is_text = strcmp(where, "/text") == 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct policy_problem *v = &p->v[i];
		if (v->is_warning)
			continue;
		/* A text has no values that a pointer could lead to. */
		snprintf(pointer, sizeof pointer, "%s%s", where, is_text ? "" : v->pointer);
		if (is_text)
			api_field(c, pointer, "line %d, column %d: %s", v->line, v->column, v->text);
		else
			api_field(c, pointer, "%s", v->text);
	}
	buf_adds(&b, "\"problems\":");
	policy_write_problems(&b, p);
	char *kept = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	c->extra = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
	return false;
}

bool policy_loads(struct api_call *c, struct slice text, const char *where)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(text, &problems);
	bool is_good = p || policy_fail(c, &problems, where);
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good;
}

bool policy_users(struct api_call *c, struct policy_users *out)
{
	struct err e = { 0 };
	struct store_grant *v;
	size_t n;
	*out = (struct policy_users){ 0 };
	if (!store_grants(c->store, &c->arena, &v, &n, &e))
		return api_fail_err(c, &e, 503);
	out->v = v;
	for (size_t i = 0; i < n; i++)
		if (!v[i].revoked_us)
			v[out->n++] = v[i];
	return true;
}

/* The next binding with this policy. */
static bool next_user(const struct policy_users *u, const char *name, size_t *grant, size_t *binding)
{
	for (; *grant < u->n; (*grant)++, *binding = 0)
		while (*binding < u->v[*grant].binding_n) {
			const char *policy = u->v[*grant].bindings[(*binding)++].policy;
			if (policy && strcmp(policy, name) == 0)
				return true;
		}
	return false;
}

bool policy_may(const struct api_call *c, const struct policy_users *u, enum permission one, const char *name)
{
	size_t grant = 0, binding = 0;
	bool is_used = false, may_all = true, may_one = false;
	if (principal_may(&c->who, one, slice_of(NULL, 0)))
		return true;
	while (next_user(u, name, &grant, &binding)) {
		bool may = principal_may(&c->who, one, slice_str(u->v[grant].bindings[binding - 1].server));
		is_used = true;
		may_all = may_all && may;
		may_one = may_one || may;
	}
	if (!is_used)
		return principal_may_anywhere(&c->who, one);
	return one == MAY_SEE ? may_one : may_all;
}

void policy_write_users(struct buf *b, const struct api_call *c, const struct policy_users *u, const char *name)
{
	size_t grant = 0, binding = 0;
	const char *comma = "";
	buf_addc(b, '[');
	while (next_user(u, name, &grant, &binding)) {
		const struct store_grant *g = &u->v[grant];
		const char *server = g->bindings[binding - 1].server;
		if (!principal_may(&c->who, MAY_SEE, slice_str(server)))
			continue;
		buf_addf(b, "%s{\"grant\":\"%s\",\"label\":", comma, g->id);
		buf_add_json_string(b, slice_str(g->label));
		buf_adds(b, ",\"server\":");
		buf_add_json_string(b, slice_str(server));
		buf_addc(b, '}');
		comma = ",";
	}
	buf_addc(b, ']');
}

static bool is_from_file(const struct api_call *c, const char *name)
{
	return config_policy_get(c->config, name) != NULL;
}

/* Up to what only one of them has. */
static void write_head(struct buf *b, const struct api_call *c, const struct policy_users *u, const struct store_policy *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->created_us, time);
	buf_adds(b, "{\"name\":");
	buf_add_json_string(b, slice_str(v->name));
	buf_addf(b, ",\"version\":%lld,\"author\":", (long long)v->version);
	buf_add_json_string(b, slice_str(v->author));
	buf_adds(b, ",\"note\":");
	buf_add_json_string(b, slice_str(v->note));
	buf_addf(b, ",\"created_at\":\"%s\",\"is_from_file\":%s,\"used_by\":", time, is_from_file(c, v->name) ? "true" : "false");
	policy_write_users(b, c, u, v->name);
}

void policy_write(struct buf *b, const struct api_call *c, const struct policy_users *u, const struct store_policy *v)
{
	struct policy_problems problems = { 0 };
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *document = json_read(v->text, &a, NULL);
	struct policy *p = policy_new(v->text, &problems);
	if (p)
		policy_check(p, v->text, NULL, &problems);
	write_head(b, c, u, v);
	if (document) {
		buf_adds(b, ",\"document\":");
		json_write(b, document);
	}
	buf_adds(b, ",\"text\":");
	buf_add_json_string(b, v->text);
	buf_adds(b, ",\"warnings\":");
	policy_write_problems(b, &problems);
	buf_addc(b, '}');
	policy_unref(&p);
	policy_problems_release(&problems);
	arena_release(&a);
}

static void write_row(struct buf *b, const struct api_call *c, const struct policy_users *u, const struct store_policy *v,
		      const struct policy_summary *found)
{
	write_head(b, c, u, v);
	buf_adds(b, ",\"description\":");
	buf_add_json_string(b, slice_str(found->description));
	buf_addf(b, ",\"warnings\":%zu,\"is_broken\":%s}", found->warnings, found->is_broken ? "true" : "false");
}

static bool has_part(const char *name, struct slice q)
{
	size_t n = strlen(name);
	for (size_t i = 0; i + q.n <= n; i++)
		if (slice_ieq(slice_of(name + i, q.n), q))
			return true;
	return false;
}

void policies_get(struct api_call *c)
{
	struct slice q = SLICE_LIT(""), cursor;
	struct policy_users u;
	struct store_policy *v;
	struct err e = { 0 };
	const char *last = NULL, *comma = "";
	size_t n, limit, shown = 0, total = 0;
	bool is_more = false;
	if (!api_limit(c, &limit) || !api_cursor(c, &cursor) || !api_query_text(c, "q", LIMIT_NAME, &q) || !policy_users(c, &u))
		return;
	if (!store_policies(c->store, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	buf_adds(&c->out, "{\"policies\":[");
	for (size_t i = 0; i < n; i++) {
		if (!has_part(v[i].name, q) || !policy_may(c, &u, MAY_SEE, v[i].name))
			continue;
		total++;
		if (cursor.n && strcmp(v[i].name, cursor.p) <= 0)
			continue;
		is_more = shown == limit;
		if (is_more)
			continue;
		const struct policy_summary *found = policy_summary(c, &v[i]);
		if (!found)
			return;
		buf_adds(&c->out, comma);
		write_row(&c->out, c, &u, &v[i], found);
		last = v[i].name;
		comma = ",";
		shown++;
	}
	buf_addf(&c->out, "],\"total\":%zu", total);
	if (is_more && last) {
		buf_adds(&c->out, ",\"next\":");
		buf_add_json_string(&c->out, slice_str(last));
	}
	buf_addc(&c->out, '}');
}

bool policy_find(struct api_call *c, int64_t version, bool may_lack, struct policy_users *u, struct store_policy *out, bool *is_there)
{
	struct err e = { 0 };
	if (!policy_users(c, u))
		return false;
	*is_there = store_policy_get(c->store, c->v[0].p, version, &c->arena, out, &e);
	if (*is_there && !policy_may(c, u, MAY_SEE, out->name))
		return api_fail(c, 404, "there is no policy '%.80s'", c->v[0].p);
	if (*is_there || (may_lack && e.kind == ERR_INPUT))
		return true;
	return api_fail_err(c, &e, 404);
}

void policy_get(struct api_call *c)
{
	struct policy_users u;
	struct store_policy v;
	bool is_there;
	if (policy_find(c, 0, false, &u, &v, &is_there))
		policy_write(&c->out, c, &u, &v);
}

bool policy_check_writable(struct api_call *c, const struct policy_users *u, const char *name)
{
	const struct config_policy *file = config_policy_get(c->config, name);
	if (!policy_may(c, u, MAY_POLICY, name))
		return api_fail(c, 403, "this policy is in force at servers that you have no such role for: it needs a policy_manager of all of them");
	if (file)
		return api_fail(c, 409, "this policy stands in '%.160s': change it there, and reload", file->file ? file->file : c->config->file);
	return true;
}

/* What a record of the change keeps. */
static struct slice write_change(struct api_call *c, const struct store_policy *v)
{
	struct buf b = BUF_INIT(2 * LIMIT_POLICY_BYTES);
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *document = json_read(v->text, &a, NULL);
	buf_addf(&b, "{\"version\":%lld,\"document\":", (long long)v->version);
	if (document)
		json_write(&b, document);
	else
		buf_add_json_string(&b, v->text);
	buf_addc(&b, '}');
	char *kept = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	struct slice s = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
	arena_release(&a);
	return s;
}

void policy_put(struct api_call *c, const struct policy_users *u, const struct store_policy *before, struct slice text, const char *note,
		const char *action)
{
	struct err e = { 0 };
	struct store_policy after;
	int64_t version;
	bool is_stale;
	if (!store_policy_apply_over(c->store, c->v[0].p, before ? before->version : 0, text, c->who.name, note, &version, &is_stale, &e)) {
		api_fail_err(c, &e, 400);
		return;
	}
	if (is_stale) {
		api_fail(c, 412, "it was changed a moment ago: read it again");
		return;
	}
	if (!store_policy_get(c->store, c->v[0].p, version, &c->arena, &after, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	c->status = before ? 200 : 201;
	if (!before)
		c->location = arena_printf(&c->arena, "/api/v1/policies/%s", after.name);
	policy_write(&c->out, c, u, &after);
	api_etag(buf_slice(&c->out), c->etag);
	if (!before || before->version != version)
		api_changed(c, before ? action : "policy.create", "policy", c->v[0],
			    before ? write_change(c, before) : slice_of("", 0), write_change(c, &after));
	c->change.note = note;
}

/* The policy as it is, and as it would be with another text: only what the person writes is another. */
static bool matches(struct api_call *c, const struct policy_users *u, const struct store_policy *before, struct slice text,
		    const char *note)
{
	struct buf now = BUF_INIT(LIMIT_API_ANSWER), wanted = BUF_INIT(LIMIT_API_ANSWER), raw = BUF_INIT(LIMIT_API_ANSWER);
	const struct json *whole, *document = json_read(text, &c->arena, NULL);
	struct store_policy next = *before;
	next.note = note;
	policy_write(&now, c, u, before);
	policy_write(&raw, c, u, &next);
	whole = buf_ok(&raw) ? json_read(buf_slice(&raw), &c->arena, NULL) : NULL;
	buf_clear(&raw);
	json_write(&raw, document);
	json_write_with(&wanted, whole, SLICE_LIT("document"), buf_slice(&raw));
	bool ok = api_match(c, buf_slice(&now), whole && buf_ok(&wanted) ? buf_slice(&wanted) : slice_of("", 0));
	buf_release(&now);
	buf_release(&wanted);
	buf_release(&raw);
	return ok;
}

void policy_put_work(struct api_call *c)
{
	static const char *const members[] = { "document", "text", "note", NULL };
	struct slice text = SLICE_LIT(""), note = SLICE_LIT("");
	struct policy_users u;
	struct store_policy before;
	struct err e = { 0 };
	const char *where;
	bool is_there;
	if (!store_check_name("policy", c->v[0].p, &e)) {
		api_fail_err(c, &e, 400);
		return;
	}
	if (!policy_find(c, 0, true, &u, &before, &is_there) || !policy_check_writable(c, &u, c->v[0].p) || !api_only(c, members) ||
	    !policy_body(c, &text, &where) || !api_text(c, "note", LIMIT_POLICY_NOTE, &note) || !policy_loads(c, text, where))
		return;
	if (is_there ? !matches(c, &u, &before, text, note.p) : !api_match(c, slice_of("", 0), slice_of("", 0)))
		return;
	policy_put(c, &u, is_there ? &before : NULL, text, note.p, "policy.update");
}

void policy_delete(struct api_call *c)
{
	struct policy_users u;
	struct store_policy v;
	struct err e = { 0 };
	size_t grant = 0, binding = 0, n = 0;
	bool is_there;
	struct buf now = BUF_INIT(LIMIT_API_ANSWER), who = BUF_INIT(400);
	if (!policy_find(c, 0, false, &u, &v, &is_there) || !policy_check_writable(c, &u, v.name))
		return;
	policy_write(&now, c, &u, &v);
	bool ok = api_match(c, buf_slice(&now), slice_of("", 0));
	buf_release(&now);
	if (!ok)
		return;
	while (next_user(&u, v.name, &grant, &binding))
		if (n++ < 3)
			buf_addf(&who, "%s'%.40s' for '%.20s'", n > 1 ? ", " : "", u.v[grant].label, u.v[grant].bindings[binding - 1].server);
	if (n)
		api_fail(c, 409, "grants use it: %s%s; give them another policy first", buf_str(&who), n > 3 ? " and more" : "");
	else if (!store_policy_del(c->store, v.name, &e))
		api_fail_err(c, &e, 409);
	else
		c->status = 204;
	buf_release(&who);
	if (c->status == 204)
		api_changed(c, "policy.delete", "policy", c->v[0], write_change(c, &v), slice_of("", 0));
}
