/*
 * /import: the servers that MCP clients of this machine have, for the user that the gate runs as, and adding chosen
 * ones. The clients' own files stay as they are: `gatehouse import` points them at the gate.
 */
#include "admin/routes.h"
#include "admin/server_check.h"
#include "admin/server_document.h"
#include "admin/take_over.h"
#include "base/limits.h"
#include "catalog/show.h"
#include "clients/read.h"
#include <stdio.h>
#include <stdlib.h>

#define COMMAND "gatehouse import"

struct look {
	struct api_call *call;
	const char *gate; /* its address: entries with it are behind it */
	struct client_file *files;
	struct client_text *texts;
	size_t n;
	struct store_server *kept;
	size_t kept_n;
};

static const char *variable_of(void *ctx, const char *name)
{
	(void)ctx;
	return getenv(name);
}

static const char *unless_empty(const char *text)
{
	return text && *text ? text : NULL;
}

static bool look(struct look *l)
{
	struct api_call *c = l->call;
	struct client_roots roots = {
		.home = unless_empty(getenv("HOME")),
		.config = unless_empty(getenv("XDG_CONFIG_HOME")),
		.appdata = unless_empty(getenv("APPDATA")),
		.codex = unless_empty(getenv("CODEX_HOME")),
		.claude = unless_empty(getenv("CLAUDE_CONFIG_DIR")),
	};
	struct buf base = BUF_INIT(65536);
	struct err e = { 0 };
	base_url_write(&base, c->admin, c->config);
	l->gate = arena_strndup(&c->arena, base.p ? base.p : "", base.n);
	buf_release(&base);
	struct client_facts facts = { .variable = variable_of, .home = roots.home, .gate = l->gate };
	if (!roots.home)
		return api_fail(c, 409, "the gate runs without a home folder (HOME), so there is nowhere to look");
	if (!clients_files(&roots, &c->arena, &l->files, &l->n, &e) || !store_servers(c->store, &c->arena, &l->kept, &l->kept_n, &e))
		return api_fail_err(c, &e, 0);
	l->texts = arena_zalloc(&c->arena, (l->n + 1) * sizeof *l->texts);
	for (size_t i = 0; l->texts && i < l->n; i++)
		(void)clients_read(&l->files[i], &facts, &c->arena, &l->texts[i]);
	return (l->texts && l->gate) || api_fail(c, 422, "the clients' files need too much memory");
}

/* The gate's own that is the very same; NULL: none. */
static const char *known_as(const struct look *l, const struct client_server *s)
{
	for (size_t i = 0; i < l->kept_n; i++)
		if (take_over_is_same(&l->kept[i], s))
			return l->kept[i].name;
	return NULL;
}

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	show_json(b, slice_str(text), 0);
}

static void write_secrets(struct buf *b, const struct client_server *s)
{
	static const char *const wheres[] = { "env", "header", "argument", "url" };
	buf_adds(b, ",\"secrets\":[");
	for (size_t i = 0; i < s->secret_n; i++) {
		buf_addf(b, "%s{\"in\":\"%s\"", i ? "," : "", wheres[s->secrets[i].where]);
		add_text(b, "name", s->secrets[i].name);
		add_text(b, "kind", s->secrets[i].kind);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void write_server(struct buf *b, const struct look *l, const struct client_server *s)
{
	static const char *const words[] = { "none", "stdio", "http", "sse" };
	const char *known = known_as(l, s);
	struct buf place = BUF_INIT(1u << 20);
	client_server_place(&place, s);
	buf_adds(b, "{\"name\":");
	show_json(b, slice_str(s->name), 0);
	buf_addf(b, ",\"transport\":\"%s\"", words[s->transport]);
	add_text(b, "place", buf_str(&place));
	buf_addf(b, ",\"is_known\":%s", known || s->stay == CLIENT_STAYS_BEHIND ? "true" : "false");
	if (known)
		add_text(b, "known_as", known);
	if (s->stay != CLIENT_MOVES)
		add_text(b, "why_not", client_server_stays(s) ? client_server_stays(s) : "");
	if (s->folder)
		add_text(b, "folder", s->folder);
	write_secrets(b, s);
	buf_addc(b, '}');
	buf_release(&place);
}

static void write_file(struct buf *b, const struct look *l, size_t i)
{
	const struct client_text *t = &l->texts[i];
	buf_addf(b, "{\"client\":\"%s\",\"title\":\"%s\"", client_word(l->files[i].client), client_title(l->files[i].client));
	add_text(b, "path", l->files[i].path);
	if (t->trouble)
		add_text(b, "trouble", t->trouble);
	buf_adds(b, ",\"servers\":[");
	for (size_t j = 0; j < t->n; j++) {
		buf_adds(b, j ? "," : "");
		write_server(b, l, &t->servers[j]);
	}
	buf_adds(b, "]}");
}

void import_get(struct api_call *c)
{
	struct look l = { .call = c };
	if (!look(&l))
		return;
	buf_adds(&c->out, "{\"clients\":[");
	for (size_t i = 0; i < l.n; i++) {
		buf_adds(&c->out, i ? "," : "");
		write_file(&c->out, &l, i);
	}
	buf_adds(&c->out, "],\"command\":\"" COMMAND "\"}");
	c->status = 200;
}

static bool is_taken(void *ctx, const char *name)
{
	const struct look *l = ctx;
	for (size_t i = 0; i < l->kept_n; i++)
		if (strcmp(l->kept[i].name, name) == 0)
			return true;
	return strcmp(name, STORE_BUILTIN_NAME) == 0 || config_server_get(l->call->config, name) != NULL;
}

/* Only what a look finds: a path of the request is compared, and never opened. */
static const struct client_server *find(const struct look *l, const struct json *wanted)
{
	struct slice client = json_string(json_gets(wanted, "client")), path = json_string(json_gets(wanted, "path")),
		     name = json_string(json_gets(wanted, "name")), folder = json_string(json_gets(wanted, "folder"));
	for (size_t i = 0; i < l->n; i++) {
		if (!slice_is(client, client_word(l->files[i].client)) || !slice_is(path, l->files[i].path))
			continue;
		for (size_t j = 0; j < l->texts[i].n; j++) {
			const struct client_server *s = &l->texts[i].servers[j];
			if (slice_is(name, s->name) && slice_is(folder, s->folder ? s->folder : ""))
				return s;
		}
	}
	return NULL;
}

struct added {
	struct store_server server;
	const char *wanted;
	bool cwd_gone, is_old;
};

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	char *first = ctx;
	(void)pointer;
	if (!first[0])
		snprintf(first, 200, "%s", text);
}

static void plan_one(struct look *l, const struct json *wanted, size_t i, struct added *out)
{
	static const char *const known[] = { "client", "path", "name", "folder", NULL };
	struct api_call *c = l->call;
	char pointer[40], why[200] = "";
	snprintf(pointer, sizeof pointer, "/servers/%zu", i);
	for (struct json_iter it = json_iter(wanted); json_next(&it);)
		if (!slice_is_among(it.key, known) || !json_is(it.value, JSON_STRING)) {
			api_field(c, pointer, "it has 'client', 'path', 'name' and 'folder', texts as GET /import gave them");
			return;
		}
	const struct client_server *s = find(l, wanted);
	if (!s) {
		api_field(c, pointer, "no client of this machine has this server (any more): read /import again");
		return;
	}
	if (s->stay != CLIENT_MOVES) {
		api_field(c, pointer, "it cannot be taken over: %s", client_server_stays(s) ? client_server_stays(s) : "the gate cannot do what it asks for");
		return;
	}
	const char *old = known_as(l, s);
	const char *name = old ? old : client_server_name(&c->arena, s->name, is_taken, l);
	out->wanted = s->name;
	out->is_old = old != NULL;
	if (!name || !take_over_server(s, name, &c->arena, &out->server, &out->cwd_gone))
		api_fail(c, 413, "the request is too large");
	else if (!old && !server_check(&out->server, on_fault, why))
		api_field(c, pointer, "it cannot be taken over: %s", why);
	else if (!old)
		l->kept[l->kept_n++] = out->server; /* its name is taken, and the same one of another client is this one */
}

static void write_added(struct buf *b, const struct added *v, size_t n)
{
	bool is_first = true;
	buf_adds(b, "{\"servers\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, is_first ? "{\"name\":" : ",{\"name\":");
		is_first = false;
		buf_add_json_string(b, slice_str(v[i].server.name));
		add_text(b, "from", v[i].wanted);
		buf_addf(b, ",\"is_new\":%s", v[i].is_old ? "false" : "true");
		if (v[i].cwd_gone)
			buf_adds(b, ",\"note\":\"its folder is not there: it starts in the gate's own\"");
		buf_addc(b, '}');
	}
	buf_adds(b, "],\"command\":\"" COMMAND "\"}");
}

static bool add_all(struct api_call *c, const struct added *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		if (!v[i].is_old && !store_server_add(c->store, &v[i].server, &e))
			return api_fail(c, e.kind == ERR_REMOTE ? 503 : 409, "server '%.64s': %.170s", v[i].server.name, e.text);
	}
	return true;
}

void import_post(struct api_call *c)
{
	static const char *const known[] = { "servers", NULL };
	const struct json *list = json_gets(c->json, "servers");
	struct look l = { .call = c };
	size_t n = json_count(list), i = 0;
	(void)!api_only(c, known);
	if (!json_is(list, JSON_ARRAY) || !n || n > LIMIT_CLIENT_SERVERS)
		api_field(c, "/servers", "'servers' is a list of 1 to %d, each {\"client\", \"path\", \"name\"} of GET /import", LIMIT_CLIENT_SERVERS);
	if (c->error_n || !look(&l))
		return;
	struct added *v = arena_zalloc(&c->arena, (n + 1) * sizeof *v);
	struct store_server *more = arena_alloc(&c->arena, (l.kept_n + n + 1) * sizeof *more);
	if (!v || !more) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	if (l.kept_n)
		memcpy(more, l.kept, l.kept_n * sizeof *more);
	l.kept = more;
	for (struct json_iter it = json_iter(list); json_next(&it); i++)
		plan_one(&l, it.value, i, &v[i]);
	if (c->error_n || c->status || !add_all(c, v, n))
		return;
	write_added(&c->out, v, n);
	api_changed(c, "server.import", "server", n == 1 ? slice_str(v[0].server.name) : SLICE_LIT("*"), slice_of(NULL, 0), buf_slice(&c->out));
	c->status = 200;
}
