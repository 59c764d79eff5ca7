/* Help with writing policies, saved or not: is it one, what does it say of a call, what would be good for these tools. */
#include "admin/live.h"
#include "admin/policies.h"
#include "admin/routes.h"
#include "author/intercept.h"
#include "author/published.h"
#include "base/clock.h"
#include "base/limits.h"
#include "catalog/profile.h"
#include "gate/judge.h"

/* A question with what it is about, between the loop and workers. */
struct asking {
	struct live live;
	struct slice text;  /* of the policy */
	const char *where;
	struct slice line;  /* of explain: the call */
	void (*work)(struct api_call *c);
};

static struct asking *asking_new(struct api_call *c, void (*work)(struct api_call *c))
{
	struct asking *k = arena_zalloc(&c->arena, sizeof *k);
	if (!k) {
		api_fail(c, 413, "the request is too large");
		return NULL;
	}
	k->live.wants_definitions = true;
	k->work = work;
	c->own = k;
	return k;
}

/* must: the body has to name one. */
static bool read_server(struct api_call *c, struct asking *k, bool must)
{
	if (!api_text(c, "server", LIMIT_NAME, &k->live.server))
		return false;
	if (!k->live.server.n)
		return must || json_gets(c->json, "server") ? api_field(c, "/server", "name a server") : true;
	return api_permit(c, MAY_SEE, k->live.server);
}

static void on_live(struct api_call *c)
{
	struct asking *k = c->own;
	if (c->status >= 400)
		api_answer(c);
	else
		api_work(c, k->work);
}

void policy_ask_begin(struct api_call *c)
{
	struct asking *k = c->own;
	if (!k->live.server.n) {
		api_work(c, k->work);
		return;
	}
	k->live.then = on_live;
	live_gather(c, &k->live);
}

static bool has_server(struct api_call *c)
{
	const struct asking *k = c->own;
	size_t at = 0;
	for (struct upstream *u; (u = registry_next(c->admin->o.registry, &at));)
		if (slice_is(k->live.server, upstream_name(u)))
			return true;
	return api_field(c, "/server", "there is no such server, or it is switched off");
}

/* The same where a server's tools must be known. */
static void on_live_needed(struct api_call *c)
{
	struct asking *k = c->own;
	if (c->status < 400 && has_server(c))
		(void)live_check(c, &k->live);
	on_live(c);
}

void policy_ask_server_begin(struct api_call *c)
{
	struct asking *k = c->own;
	k->live.then = on_live_needed;
	live_gather(c, &k->live);
}

/* What judge_new takes: p NULL: nothing is known of any tool. */
static bool write_tools(struct api_call *c, struct buf *out, struct arena *a, struct slice *tools)
{
	const struct asking *k = c->own;
	*tools = slice_of(NULL, 0);
	if (!k->live.server.n || !k->live.is_known)
		return true;
	if (!live_write(&k->live, out, a))
		return api_fail(c, 422, "the definitions of the tools of this server are too large to look at at once");
	*tools = buf_slice(out);
	return true;
}

struct listing {
	struct buf *out;
	size_t n;
};

static void write_decision(void *ctx, const struct judged_tool *t)
{
	struct listing *l = ctx;
	buf_adds(l->out, l->n++ ? ",{\"name\":" : "{\"name\":");
	buf_add_json_string(l->out, t->name);
	buf_addf(l->out, ",\"decision\":\"%s\",\"rule\":", policy_word(t->decision));
	buf_add_json_string(l->out, slice_str(t->decision->rule));
	buf_adds(l->out, ",\"class\":");
	buf_add_json_string(l->out, t->tool_class);
	buf_adds(l->out, ",\"severity\":");
	buf_add_json_string(l->out, t->severity);
	buf_addc(l->out, '}');
}

static void write_check(struct api_call *c, struct judge *j, const struct policy_problems *problems, bool has_tools)
{
	struct listing l = { &c->out, 0 };
	buf_addf(&c->out, "{\"is_valid\":%s,\"problems\":", j && !policy_refuses(problems) ? "true" : "false");
	policy_write_problems(&c->out, problems);
	if (j && has_tools) {
		buf_adds(&c->out, ",\"tools\":[");
		judge_each_decision(j, clock_wall_us(), write_decision, &l);
		buf_addc(&c->out, ']');
	}
	buf_addc(&c->out, '}');
}

static void check(struct api_call *c)
{
	struct asking *k = c->own;
	struct buf tools = BUF_INIT(LIMIT_API_ANSWER);
	struct policy_problems problems = { 0 };
	struct arena a;
	struct slice known;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	if (write_tools(c, &tools, &a, &known)) {
		struct judge *j = judge_new(k->text, known, &problems, &e);
		if (j)
			judge_check(j, &problems);
		if (!j && !policy_refuses(&problems))
			api_fail_err(c, &e, 422);
		else
			write_check(c, j, &problems, known.p != NULL);
		judge_free(&j);
	}
	policy_problems_release(&problems);
	buf_release(&tools);
	arena_release(&a);
}

void policy_check_work(struct api_call *c)
{
	static const char *const members[] = { "document", "text", "server", NULL };
	struct asking *k = asking_new(c, check);
	if (k && api_only(c, members) && policy_body(c, &k->text, &k->where))
		(void)read_server(c, k, false);
}

static void explain(struct api_call *c)
{
	struct asking *k = c->own;
	struct buf tools = BUF_INIT(LIMIT_API_ANSWER);
	struct policy_problems problems = { 0 };
	struct arena a;
	struct slice known;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	if (!k->live.n)
		api_field(c, "/tool", "the server lists no tool of this name");
	else if (write_tools(c, &tools, &a, &known)) {
		struct judge *j = judge_new(k->text, known, &problems, &e);
		if (!j && policy_refuses(&problems))
			policy_fail(c, &problems, k->where);
		else if (!j || !judge_explain(j, k->line, clock_wall_us(), &c->out, &e))
			api_fail_err(c, &e, 422);
		judge_free(&j);
	}
	policy_problems_release(&problems);
	buf_release(&tools);
	arena_release(&a);
}

/* By name, one that was saved; else the body's own. */
static bool read_policy(struct api_call *c, struct asking *k)
{
	struct slice name = SLICE_LIT("");
	struct policy_users u;
	struct store_policy v;
	struct err e = { 0 };
	if (!json_gets(c->json, "policy"))
		return policy_body(c, &k->text, &k->where);
	if (json_gets(c->json, "document") || json_gets(c->json, "text"))
		return api_field(c, "/policy", "send either 'policy', the name of one, or the policy itself");
	if (!api_text(c, "policy", LIMIT_NAME, &name) || !policy_users(c, &u))
		return false;
	k->where = "/policy";
	if (!store_policy_get(c->store, name.p, 0, &c->arena, &v, &e))
		return e.kind == ERR_INPUT ? api_field(c, "/policy", "%s", e.text) : api_fail_err(c, &e, 503);
	k->text = v.text;
	return policy_may(c, &u, MAY_SEE, name.p) || api_field(c, "/policy", "there is no policy '%.80s'", name.p);
}

static bool may_see_grant(const struct api_call *c, const struct store_grant *g)
{
	bool may = principal_may(&c->who, MAY_SEE, slice_of(NULL, 0));
	for (size_t i = 0; !may && i < g->binding_n; i++)
		may = principal_may(&c->who, MAY_SEE, slice_str(g->bindings[i].server));
	return may;
}

static bool write_grant(struct api_call *c, struct buf *line)
{
	struct slice name = SLICE_LIT("");
	struct store_grant g;
	struct err e = { 0 };
	if (!api_text(c, "grant", LIMIT_NAME, &name))
		return false;
	if (!name.n)
		return true;
	if (!store_grant_get(c->store, name.p, &c->arena, &g, &e))
		return e.kind == ERR_INPUT ? api_field(c, "/grant", "%s", e.text) : api_fail_err(c, &e, 503);
	if (!may_see_grant(c, &g))
		return api_field(c, "/grant", "there is no grant '%.80s'", name.p);
	buf_adds(line, ",\"grant\":");
	buf_add_json_string(line, slice_str(g.label));
	buf_adds(line, ",\"subject\":");
	buf_add_json_string(line, slice_str(g.subject));
	buf_adds(line, ",\"tags\":[");
	for (size_t i = 0; i < g.tag_n; i++) {
		buf_adds(line, i ? "," : "");
		buf_add_json_string(line, slice_str(g.tags[i]));
	}
	buf_addc(line, ']');
	return true;
}

static bool write_text(struct api_call *c, struct buf *line, const char *name, size_t max)
{
	struct slice s = SLICE_LIT("");
	int64_t us;
	if (!api_text(c, name, max, &s))
		return false;
	if (strcmp(name, "at") == 0 && json_gets(c->json, name) && !clock_parse(s, &us))
		return api_field(c, "/at", "'at' is a time, as 2030-01-31T12:00:00Z");
	if (s.n) {
		buf_addf(line, ",\"%s\":", name);
		buf_add_json_string(line, s);
	}
	return true;
}

static bool write_line(struct api_call *c, struct asking *k, struct buf *line)
{
	const struct json *arguments = json_gets(c->json, "arguments");
	struct slice tool = SLICE_LIT("");
	if (!api_text(c, "tool", LIMIT_TOOL_NAME, &tool))
		return false;
	if (!tool.n)
		return api_field(c, "/tool", "name the tool");
	if (arguments && !json_is(arguments, JSON_OBJECT))
		return api_field(c, "/arguments", "'arguments' must be an object");
	k->live.only = tool.p;
	buf_adds(line, "{\"tool\":");
	buf_add_json_string(line, tool);
	buf_adds(line, ",\"server\":");
	buf_add_json_string(line, k->live.server);
	if (arguments) {
		buf_adds(line, ",\"arguments\":");
		json_write(line, arguments);
	}
	if (!write_grant(c, line) || !write_text(c, line, "client", 256) || !write_text(c, line, "at", 64))
		return false;
	buf_addc(line, '}');
	char *kept = buf_ok(line) ? arena_strndup(&c->arena, line->p, line->n) : NULL;
	k->line = slice_of(kept, kept ? line->n : 0);
	return kept || api_fail(c, 413, "the request is too large");
}

void policy_explain_work(struct api_call *c)
{
	static const char *const members[] = { "document", "text", "policy", "server", "tool", "arguments", "grant", "client", "at", NULL };
	struct buf line = BUF_INIT(2 * LIMIT_API_BODY);
	struct asking *k = asking_new(c, explain);
	if (k && api_only(c, members) && read_policy(c, k) && read_server(c, k, true))
		(void)write_line(c, k, &line);
	buf_release(&line);
}

static bool is_chosen(const struct json *names, struct slice name)
{
	bool is_any = !names;
	for (struct json_iter it = json_iter(names); !is_any && json_next(&it);)
		is_any = slice_eq(json_string(it.value), name);
	return is_any;
}

static void recommend(struct api_call *c)
{
	const struct asking *k = c->own;
	const struct json *names = json_gets(c->json, "tools");
	struct arena a;
	size_t n = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct profile **v = arena_alloc(&a, (k->live.n + 1) * sizeof *v);
	for (size_t i = 0; v && i < k->live.n; i++) {
		struct profile *p = is_chosen(names, k->live.v[i].name) ? arena_zalloc(&a, sizeof *p) : NULL;
		const struct json *definition = p ? json_read(k->live.v[i].definition, &a, NULL) : NULL;
		if (!definition)
			continue;
		profile_make(definition, k->live.server, &a, p);
		v[n++] = p;
	}
	buf_adds(&c->out, "{\"document\":");
	if (v)
		recommend_policy(&c->out, v, n);
	else
		api_fail(c, 422, "the definitions of the tools of this server are too large to look at at once");
	buf_addc(&c->out, '}');
	arena_release(&a);
}

void policy_recommend_work(struct api_call *c)
{
	static const char *const members[] = { "server", "tools", NULL };
	const struct json *names = json_gets(c->json, "tools");
	struct asking *k = asking_new(c, recommend);
	if (!k || !api_only(c, members))
		return;
	if (names && (!json_is(names, JSON_ARRAY) || json_count(names) > LIMIT_TOOLS_PER_SERVER))
		api_field(c, "/tools", "'tools' is a list of at most %d names", LIMIT_TOOLS_PER_SERVER);
	for (struct json_iter it = json_iter(names); json_next(&it);)
		if (!json_is(it.value, JSON_STRING)) {
			api_field(c, "/tools", "'tools' is a list of names");
			break;
		}
	(void)read_server(c, k, true);
}

static void write_notes(struct buf *b, const struct import_notes *notes)
{
	buf_adds(b, "\"notes\":[");
	for (size_t i = 0; i < notes->n; i++) {
		const struct import_note *v = &notes->v[i];
		buf_addf(b, "%s{\"line\":%d,\"column\":%d,\"detail\":", i ? "," : "", v->line, v->column);
		buf_add_json_string(b, slice_str(v->text));
		buf_addf(b, ",\"is_error\":%s}", v->is_error ? "true" : "false");
	}
	buf_addc(b, ']');
}

static void refuse_import(struct api_call *c, const struct import_notes *notes)
{
	struct buf b = BUF_INIT(1u << 20);
	for (size_t i = 0; i < notes->n; i++)
		if (notes->v[i].is_error)
			api_field(c, "/text", "line %d, column %d: %s", notes->v[i].line, notes->v[i].column, notes->v[i].text);
	if (!c->status)
		api_field(c, "/text", "it cannot be imported");
	write_notes(&b, notes);
	char *kept = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	c->extra = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
}

void policy_import(struct api_call *c)
{
	static const char *const members[] = { "text", "scope", NULL };
	static const char *const scopes[] = { "server", "grant", "session", NULL };
	struct slice text = SLICE_LIT(""), scope = SLICE_LIT("server");
	struct buf document = BUF_INIT(4 * LIMIT_POLICY_BYTES);
	struct import_notes notes = { 0 };
	if (!api_only(c, members) || !api_text(c, "text", LIMIT_POLICY_BYTES, &text) || !api_text(c, "scope", 16, &scope))
		return;
	if (!text.n) {
		api_field(c, "/text", "send the YAML text of the policy");
	} else if (!slice_is_among(scope, scopes)) {
		api_field(c, "/scope", "'scope' is server, grant or session");
	} else if (intercept_import(text, scope.p, &document, &notes)) {
		buf_adds(&c->out, "{\"document\":");
		buf_add_slice(&c->out, buf_slice(&document));
		buf_addc(&c->out, ',');
		write_notes(&c->out, &notes);
		buf_addc(&c->out, '}');
	} else {
		refuse_import(c, &notes);
	}
	import_notes_release(&notes);
	buf_release(&document);
}

void policy_schema(struct api_call *c)
{
	for (size_t i = 0; policy_schema_lines[i]; i++)
		buf_adds(&c->out, policy_schema_lines[i]);
}
