/*
 * Configurations of clients and of the gate, and entries of the registry: which servers they name, how
 * those are started or reached, and which secrets stand there in clear. No value of a variable, header,
 * argument or address is ever shown: names and kinds.
 */
#include "base/limits.h"
#include "cli/scan.h"
#include "report/launch.h"
#include <stdlib.h>

/* One server of one file. */
struct entry {
	struct scanning *s;
	struct scan_file *file;
	const struct client_server *server; /* NULL: of the registry */
	const struct node *node;
	const char *name; /* in the report */
};

static void tell(const struct entry *x, enum report_rule rule, enum severity severity, struct report_place place, const char *detail,
		 struct buf *message)
{
	report_add(&x->s->report, &(struct report_finding){ .rule = rule,
							    .severity = severity,
							    .place = place,
							    .server = x->name,
							    .detail = detail,
							    .message = buf_str(message) });
	buf_release(message);
}

static struct buf begin(const struct entry *x)
{
	struct buf b = BUF_INIT(1u << 16);
	buf_adds(&b, "server ");
	report_quote(&b, slice_str(x->name), 0);
	return b;
}

/* "command": "npx", "command": ["npx", …], "command": { "path", "args" }: the words in their order. */
static const struct node *word_at(const struct node *entry, size_t at)
{
	const struct node *command = node_gets(entry, "command"), *args = node_gets(entry, "args"), *one;
	if (node_type(command) == NODE_OBJECT) {
		args = node_gets(command, "args");
		command = node_gets(command, "path");
	}
	if (node_type(command) == NODE_LIST) {
		for (one = command->first; one && at; one = one->next)
			at--;
		if (one)
			return one;
	} else if (at-- == 0) {
		return command;
	}
	for (one = args ? args->first : NULL; one && at; one = one->next)
		at--;
	return one ? one : command;
}

static const struct node *address_of(const struct node *entry)
{
	static const char *const keys[] = { "url", "httpUrl", "serverUrl" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (node_gets(entry, keys[i]))
			return node_gets(entry, keys[i]);
	return entry;
}

static struct report_place place_of_secret(const struct entry *x, const struct client_secret *one)
{
	static const char *const headers[] = { "headers", "http_headers", "requestOptions" };
	const struct scan_text *t = &x->file->text;
	const struct node *command = node_gets(x->node, "command"), *found = NULL;
	struct slice name = slice_str(one->name);
	size_t n = 0;
	switch (one->where) {
	case CLIENT_IN_ENV:
		found = node_get(node_gets(x->node, "env"), name);
		if (!found)
			found = node_get(node_gets(command, "env"), name);
		break;
	case CLIENT_IN_HEADER:
		for (size_t i = 0; i < ARRAY_LEN(headers) && !found; i++) {
			const struct node *v = node_gets(x->node, headers[i]);
			found = node_get(i == 2 ? node_gets(v, "headers") : v, name);
		}
		break;
	case CLIENT_IN_ARGUMENT:
		/* "argument 3", or the option before it or with it */
		if (sscanf(one->name, "argument %zu", &n) == 1)
			return scan_place_of(t, word_at(x->node, n));
		for (size_t i = 1; i < x->server->arg_n; i++)
			if (strncmp(x->server->argv[i], one->name, name.n) == 0)
				return scan_place_of(t, word_at(x->node, i));
		return scan_place_of(t, word_at(x->node, 1));
	case CLIENT_IN_URL:
		return scan_place_of(t, address_of(x->node));
	}
	return found ? scan_place_of_key(t, found) : scan_place_of_key(t, x->node);
}

static void check_secrets(const struct entry *x)
{
	static const char *const words[] = { [CLIENT_IN_ENV] = "variable",
					     [CLIENT_IN_HEADER] = "header",
					     [CLIENT_IN_ARGUMENT] = "argument",
					     [CLIENT_IN_URL] = "part of the address" };
	for (size_t i = 0; i < x->server->secret_n; i++) {
		const struct client_secret *one = &x->server->secrets[i];
		bool is_named = strcmp(one->kind, "named") == 0;
		char detail[200];
		struct buf b = begin(x);
		buf_addf(&b, " has a secret in clear, %s ", words[one->where]);
		report_quote(&b, slice_str(one->name), 80);
		buf_addf(&b, is_named ? " (its name says so)" : " (%s)", one->kind);
		snprintf(detail, sizeof detail, "%s %s", words[one->where], one->name);
		tell(x, RULE_SECRET_IN_CLEAR, is_named ? SEVERITY_HIGH : SEVERITY_CRITICAL, place_of_secret(x, one), detail, &b);
	}
}

static void tell_plain(const struct entry *x, struct report_place place, const char *detail)
{
	struct buf b = begin(x);
	buf_adds(&b, " is reached over http:// on another machine");
	tell(x, RULE_SERVER_WITHOUT_TLS, SEVERITY_HIGH, place, detail, &b);
}

static void check_launch(const struct entry *x)
{
	const struct client_server *c = x->server;
	const struct scan_text *t = &x->file->text;
	struct slice what;
	size_t at;
	if (c->arg_n && launch_is_unpinned(c->argv, c->arg_n, &at, &what)) {
		struct buf b = begin(x);
		buf_adds(&b, " is started by ");
		report_quote(&b, slice_str(c->argv[0]), 60);
		buf_adds(&b, " without a fixed version of ");
		report_quote(&b, what, 120);
		tell(x, RULE_SERVER_UNPINNED, SEVERITY_MEDIUM, scan_place_of(t, word_at(x->node, at)), NULL, &b);
	}
	if (c->url && launch_is_plain(slice_str(c->url)))
		tell_plain(x, scan_place_of(t, address_of(x->node)), "url");
	for (size_t i = 1; i < c->arg_n; i++)
		if (launch_is_plain(slice_str(c->argv[i])))
			tell_plain(x, scan_place_of(t, word_at(x->node, i)), "argument");
}

static void add_target(const struct entry *x, struct report_place place)
{
	struct scanning *s = x->s;
	if (!scan_grow(s, &s->targets, s->target_n, &s->target_cap, sizeof *s->targets))
		return;
	s->targets[s->target_n++] = (struct scan_target){ .name = x->name,
							  .own = x->server->name,
							  .file = x->file,
							  .server = x->file->kind == SCAN_FILE_GATE ? NULL : x->server,
							  .place = place };
}

/* The same server in the files of two clients is one server. */
static const char *name_of(struct scanning *s, const struct client_server *c, const struct scan_file *f)
{
	for (size_t i = 0; i < s->target_n; i++)
		if (strcmp(s->targets[i].own, c->name) == 0 && s->targets[i].server && client_server_same(s->targets[i].server, c))
			return s->targets[i].name;
	return scan_server_name(s, slice_str(c->name), f->text.shown, false);
}

static const char *get_variable(void *ctx, const char *name)
{
	const struct scanning *s = ctx;
	const char *value = s->is_live ? getenv(name) : NULL;
	/* What only looks at the file needs no value, and shall not find one. */
	return value || s->is_live ? value : "";
}

void scan_client(struct scanning *s, struct scan_file *f)
{
	enum language l = client_language(f->path);
	struct client_facts facts = { .variable = get_variable, .ctx = s, .home = getenv("HOME") };
	struct client_file file = { .client = f->client, .path = f->path };
	struct err e = { 0 };
	size_t n = 0;
	struct node *root = node_read(l, f->text.text, &s->arena, &e);
	struct client_server *v = root ? clients_servers(&file, f->text.text, root, &facts, &s->arena, &n, &e) : NULL;
	if (!root || (!v && e.kind != ERR_NONE)) {
		scan_invalid(s, &f->text, RULE_FILE_INVALID, e.text);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const struct node *inner = node_gets(v[i].entry, "transport");
		struct entry x = { s, f, &v[i], node_type(inner) == NODE_OBJECT ? inner : v[i].entry, name_of(s, &v[i], f) };
		struct report_place place = scan_place_of_key(&f->text, v[i].entry);
		report_add_server(&s->report, &(struct report_server){ .name = x.name, .place = place });
		check_secrets(&x);
		check_launch(&x);
		add_target(&x, place);
	}
}

static void check_package(const struct entry *x, const struct node *package)
{
	struct slice version = node_string(node_gets(package, "version")), id = node_string(node_gets(package, "identifier"));
	struct slice type = node_string(node_gets(package, "registryType"));
	const char *words[] = { slice_is(type, "pypi") ? "uvx" : slice_is(type, "oci") ? "docker" : "npx",
				slice_is(type, "oci") ? "run" : "-y", NULL, NULL };
	struct slice what;
	size_t at;
	const char *spec = report_printf(&x->s->report, version.n ? "%.*s%s%.*s" : "%.*s", (int)(id.n > 300 ? 300 : id.n), id.p,
					 slice_is(type, "oci") ? ":" : slice_is(type, "pypi") ? "==" : "@", (int)(version.n > 100 ? 100 : version.n),
					 version.p);
	words[slice_is(type, "pypi") ? 1 : 2] = spec;
	if (!id.n || slice_is(type, "mcpb") || !launch_is_unpinned(words, slice_is(type, "pypi") ? 2 : 3, &at, &what))
		return;
	struct buf b = begin(x);
	buf_adds(&b, " is published without a fixed version of ");
	report_quote(&b, id, 120);
	tell(x, RULE_SERVER_UNPINNED, SEVERITY_MEDIUM, scan_place_of(&x->file->text, node_gets(package, version.n ? "version" : "identifier")),
	     spec, &b);
}

/* Variables and headers: [{"name", "value", "isSecret"}]. */
static void check_inputs(const struct entry *x, const struct node *list, const char *what)
{
	for (const struct node *one = node_type(list) == NODE_LIST ? list->first : NULL; one; one = one->next) {
		struct slice name = node_string(node_gets(one, "name")), value = node_string(node_gets(one, "value"));
		bool is_template = value.n && memchr(value.p, '{', value.n);
		bool is_marked = node_is_true(node_gets(one, "isSecret")) && value.n && !is_template;
		char detail[200];
		if (!is_marked && !scan_has_secret(value))
			continue;
		struct buf b = begin(x);
		buf_addf(&b, " has a secret in clear, %s ", what);
		report_quote(&b, name, 80);
		snprintf(detail, sizeof detail, "%s %.*s", what, (int)(name.n > 100 ? 100 : name.n), name.p ? name.p : "");
		tell(x, RULE_SECRET_IN_CLEAR, SEVERITY_CRITICAL, scan_place_of_key(&x->file->text, node_gets(one, "value")), detail, &b);
	}
}

static void check_remote(const struct entry *x, const struct node *remote)
{
	const struct node *url = node_gets(remote, "url");
	if (launch_is_plain(node_string(url)))
		tell_plain(x, scan_place_of(&x->file->text, url), "url");
	check_inputs(x, node_gets(remote, "headers"), "header");
}

static const struct node *first_of(const struct node *object, const char *key)
{
	const struct node *list = node_gets(object, key);
	return node_type(list) == NODE_LIST ? list->first : NULL;
}

void scan_registry(struct scanning *s, struct scan_file *f)
{
	struct err e = { 0 };
	struct node *root = node_read(LANGUAGE_JSONC, f->text.text, &s->arena, &e);
	struct slice name = node_string(node_gets(root, "name"));
	bool is_entry = node_gets(root, "packages") || node_gets(root, "remotes");
	if (!root || !is_entry || !name.n) {
		/* others have files of this name */
		if (f->is_named || (!root && memmem(f->text.text.p, f->text.text.n, "modelcontextprotocol", 20)))
			scan_invalid(s, &f->text, RULE_FILE_INVALID, root ? "it has no 'name', or neither 'packages' nor 'remotes'" : e.text);
		return;
	}
	struct entry x = { .s = s, .file = f, .node = root, .name = scan_server_name(s, name, f->text.shown, false) };
	report_add_server(&s->report,
			  &(struct report_server){ .name = x.name, .place = scan_place_of(&f->text, node_gets(root, "name")) });
	for (const struct node *one = first_of(root, "packages"); one; one = one->next) {
		check_package(&x, one);
		check_remote(&x, node_gets(one, "transport"));
		check_inputs(&x, node_gets(one, "environmentVariables"), "variable");
	}
	for (const struct node *one = first_of(root, "remotes"); one; one = one->next)
		check_remote(&x, one);
}
