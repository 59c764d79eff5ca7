/* Lists of tools that are in no file of the repository: of a kept catalogue, and of servers that are asked now. */
#include "app/ask_tools.h"
#include "base/limits.h"
#include "cli/scan.h"
#include "config/config.h"
#include "index/index.h"
#include <stdlib.h>

/* Tools of the catalogue come by server. */
struct keeping {
	struct scanning *s;
	const char *wanted;
	struct buf server, text;
	size_t n;
	struct err *e;
};

static bool end_server(struct keeping *k)
{
	if (!k->n)
		return true;
	buf_addc(&k->text, ']');
	const struct json *tools = buf_ok(&k->text) ? json_read(buf_slice(&k->text), &k->s->arena, k->e) : NULL;
	if (!tools)
		return err_set(k->e, ERR_LIMIT, "the tools of '%.100s' are too many to be looked at", buf_str(&k->server));
	scan_add_list(k->s, &(struct scan_list){ .server = scan_server_name(k->s, buf_slice(&k->server), "catalogue", true), .tools = tools });
	buf_clear(&k->text);
	k->n = 0;
	return true;
}

static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct keeping *k = ctx;
	if (t->removed_us)
		return true;
	if (!k->n || !slice_eq(buf_slice(&k->server), t->server)) {
		if (!end_server(k))
			return false;
		buf_clear(&k->server);
		buf_add_slice(&k->server, t->server);
	}
	buf_addc(&k->text, k->n++ ? ',' : '[');
	buf_add_slice(&k->text, t->definition);
	return true;
}

int scan_kept(struct scanning *s, const char *db, const char *server)
{
	struct err e = { 0 }, why = { 0 };
	struct keeping k = { .s = s, .server = BUF_INIT(LIMIT_INDEX_ID), .text = BUF_INIT(LIMIT_REQUEST_ARENA), .e = &why };
	struct index *x = index_open(db, INDEX_READ, &e);
	if (!x)
		return cli_fail_err(&e);
	bool is_good = index_each_tool(x, slice_str(server ? server : ""), on_tool, &k, &e) && end_server(&k) && !why.kind;
	index_close(&x);
	buf_release(&k.server);
	buf_release(&k.text);
	if (!is_good)
		return cli_fail_err(why.kind ? &why : &e);
	if (server && !s->list_n)
		return cli_fail(CLI_WRONG, "'%s' has no tools of a server '%s': gatehouse catalog search finds its id", db, server);
	return CLI_OK;
}

static bool is_taken(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return false;
}

/* What every program needs of ours, and its own variables: nothing else of the environment of a CI. */
static const char *const *environment_of(struct scanning *s, const struct client_pair *v, size_t n)
{
	static const char *const inherited[] = { "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
						 "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS" };
	const char **env = arena_zalloc(&s->arena, (ARRAY_LEN(inherited) + n + 1) * sizeof *env);
	size_t at = 0;
	for (size_t i = 0; env && i < ARRAY_LEN(inherited); i++) {
		const char *value = getenv(inherited[i]);
		bool is_own = false;
		for (size_t k = 0; k < n; k++)
			is_own |= strcmp(v[k].name, inherited[i]) == 0;
		if (value && !is_own && (env[at] = arena_printf(&s->arena, "%s=%s", inherited[i], value)))
			at++;
	}
	for (size_t i = 0; env && i < n; i++)
		if ((env[at] = arena_printf(&s->arena, "%s=%s", v[i].name, v[i].value)))
			at++;
	return env;
}

static const struct http_header *headers_of(struct scanning *s, const struct client_pair *v, size_t n)
{
	struct http_header *h = arena_zalloc(&s->arena, (n + 1) * sizeof *h);
	for (size_t i = 0; h && i < n; i++)
		h[i] = (struct http_header){ .name = slice_str(v[i].name), .value = slice_str(v[i].value) };
	return h;
}

static void silent(struct scanning *s, const struct scan_target *t, const char *why)
{
	s->has_silent = true;
	report_note(&s->report, "server '%s' was asked for its tools and did not list them: %s", t->name, report_name(&s->report, slice_str(why)));
}

static void ask(struct scanning *s, const struct scan_target *t, struct ask_tools_opts *o)
{
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES);
	struct err e = { 0 };
	o->name = client_server_name(&s->arena, t->own, is_taken, NULL);
	const struct json *tools = NULL;
	if (o->name && ask_tools(o, &text, NULL, &e))
		tools = json_read(buf_slice(&text), &s->arena, &e);
	if (tools)
		scan_add_list(s, &(struct scan_list){ .server = scan_server_name(s, slice_str(t->name), "live", true), .tools = tools, .place = t->place });
	else
		silent(s, t, e.text);
	buf_release(&text);
}

static void ask_client(struct scanning *s, const struct scan_target *t)
{
	const struct client_server *c = t->server;
	struct ask_tools_opts o = { .url = c->url, .cwd = c->cwd };
	if (c->stay == CLIENT_STAYS_UNKNOWN) {
		silent(s, t, c->why);
		return;
	}
	if (c->stay == CLIENT_STAYS_DISABLED) {
		report_note(&s->report, "server '%s' is switched off in %s and was not asked", t->name, t->file->text.shown);
		return;
	}
	if (c->url) {
		o.headers = headers_of(s, c->headers, c->header_n);
		o.header_n = c->header_n;
	} else {
		o.argv = c->argv;
		o.env = environment_of(s, c->env, c->env_n);
	}
	ask(s, t, &o);
}

/* gatehouse.yaml has variables and defaults of its own: the program's reader knows them. */
static void ask_gate_server(struct scanning *s, const struct scan_target *t)
{
	struct config_opts co = { .file = t->file->path };
	struct config_problems problems = { 0 };
	struct config *config = config_load(&co, &problems);
	const struct config_server *c = config ? config_server_get(config, t->own) : NULL;
	if (!c) {
		silent(s, t, problems.n ? problems.v[0].text : "the configuration cannot be read");
	} else {
		struct ask_tools_opts o = { .url = c->url, .argv = c->argv, .cwd = c->cwd };
		const struct client_pair *pairs = (const struct client_pair *)(const void *)(c->url ? c->headers : c->env);
		if (c->url)
			o.headers = headers_of(s, pairs, c->header_n);
		else
			o.env = environment_of(s, pairs, c->env_n);
		o.header_n = c->url ? c->header_n : 0;
		ask(s, t, &o);
	}
	config_problems_release(&problems);
	if (config)
		config_unref(&config);
}

/* The same server in two files is asked once. */
static bool was_asked(const struct scanning *s, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(s->targets[i].name, s->targets[at].name) == 0)
			return true;
	return false;
}

void scan_live(struct scanning *s)
{
	for (size_t i = 0; i < s->target_n; i++) {
		if (was_asked(s, i))
			continue;
		if (s->targets[i].server)
			ask_client(s, &s->targets[i]);
		else
			ask_gate_server(s, &s->targets[i]);
	}
}
