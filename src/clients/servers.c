/* The servers that a configuration names: from each client's way to say it to one form. */
#include "base/compiler.h"
#include "base/limits.h"
#include "clients/dialect.h"

struct walk {
	const struct client_file *file;
	const struct client_facts *facts;
	struct slice text;
	struct arena *arena;
	struct err *e;
	const char *folder; /* of the project that the entries at hand are for */
	struct client_server *v;
	size_t n, cap;
};

static bool stay(struct client_server *s, const char *why)
{
	if (s->stay == CLIENT_MOVES) {
		s->stay = CLIENT_STAYS_UNKNOWN;
		s->why = why;
	}
	return true;
}

static bool is_out_of_memory(struct walk *w)
{
	err_set(w->e, ERR_LIMIT, "it needs too much memory");
	return false;
}

static const char *copy_of(struct walk *w, struct slice text)
{
	return arena_strndup(w->arena, text.p ? text.p : "", text.n);
}

static bool add_list(struct walk *w, struct client_server *s, const struct node *args, const char **v, size_t *n)
{
	if (args && args->type != NODE_LIST && args->type != NODE_NULL)
		stay(s, "its arguments are no list");
	for (const struct node *one = args ? args->first : NULL; one; one = one->next) {
		if (one->type != NODE_STRING && one->type != NODE_NUMBER && one->type != NODE_BOOL)
			stay(s, "an argument of it is no text");
		v[(*n)++] = copy_of(w, one->text);
		if (!v[*n - 1])
			return is_out_of_memory(w);
	}
	return true;
}

/* The command and its arguments; Zed's older form has both inside "command". */
static bool read_command(struct walk *w, struct client_server *s, const struct node *entry)
{
	const struct node *command = node_gets(entry, "command"), *inner = node_type(command) == NODE_OBJECT ? command : entry;
	const struct node *args = node_gets(inner, "args");
	size_t n = 0, from = 0;
	if (inner == command)
		command = node_gets(command, "path");
	if (node_type(command) == NODE_LIST) /* program and arguments in one list */
		from = command->n;
	const char **argv = arena_zalloc(w->arena, ((args ? args->n : 0) + from + 2) * sizeof *argv);
	if (!argv)
		return is_out_of_memory(w);
	if (from) {
		if (!add_list(w, s, command, argv, &n))
			return false;
	} else {
		argv[n++] = copy_of(w, node_string(command));
		if (!node_string(command).n)
			stay(s, "its command is no text");
	}
	if (!argv[0])
		return is_out_of_memory(w);
	if (!add_list(w, s, args, argv, &n))
		return false;
	s->argv = argv;
	s->arg_n = n;
	return true;
}

static bool add_pair(struct walk *w, struct client_pair *v, size_t *n, struct slice name, struct slice value)
{
	v[*n] = (struct client_pair){ copy_of(w, name), copy_of(w, value) };
	return v[*n].name && v[(*n)++].value ? true : is_out_of_memory(w);
}

static bool read_pairs(struct walk *w, struct client_server *s, const struct node *object, const struct client_pair **out, size_t *n)
{
	struct client_pair *v = arena_zalloc(w->arena, ((object ? object->n : 0) + 1) * sizeof *v);
	if (!v)
		return is_out_of_memory(w);
	for (const struct node *one = node_type(object) == NODE_OBJECT ? object->first : NULL; one; one = one->next) {
		bool is_text = one->type == NODE_STRING || one->type == NODE_NUMBER || one->type == NODE_BOOL;
		if (one->type == NODE_NULL)
			continue;
		if (!is_text)
			stay(s, "a variable or header of it is no text");
		else if (!add_pair(w, v, n, one->key, one->text))
			return false;
	}
	*out = v;
	return true;
}

/* The value of a variable that `name` names; NULL: the server stays, or memory is out. */
static const char *value_of(struct walk *w, struct client_server *s, const struct node *name)
{
	const char *copy = copy_of(w, node_string(name));
	const char *value = copy && *copy ? w->facts->variable(w->facts->ctx, copy) : NULL;
	if (!value)
		stay(s, arena_printf(w->arena, "it takes the variable '%.60s' from the environment, where it is not set", copy ? copy : ""));
	return value;
}

/* Codex: headers whose values are names of variables, and one for the token. */
static bool add_headers_of_environment(struct walk *w, struct client_server *s, const struct node *entry)
{
	const struct node *named = node_gets(entry, "env_http_headers"), *bearer = node_gets(entry, "bearer_token_env_var");
	struct client_pair *v = arena_zalloc(w->arena, (s->header_n + (named ? named->n : 0) + 2) * sizeof *v);
	const char *value;
	if (!v)
		return is_out_of_memory(w);
	if (s->header_n)
		memcpy(v, s->headers, s->header_n * sizeof *v);
	for (const struct node *one = named ? named->first : NULL; one; one = one->next)
		if ((value = value_of(w, s, one)) && !add_pair(w, v, &s->header_n, one->key, slice_str(value)))
			return false;
	if (bearer && (value = value_of(w, s, bearer))) {
		v[s->header_n].name = "Authorization";
		v[s->header_n].value = arena_printf(w->arena, "Bearer %s", value);
		if (!v[s->header_n++].value)
			return is_out_of_memory(w);
	}
	s->headers = v;
	return true;
}

/* Codex: variables that the program may see, each a name or { name = … }. Those that are not set, it does not get. */
static bool add_variables_of_environment(struct walk *w, struct client_server *s, const struct node *entry)
{
	const struct node *names = node_gets(entry, "env_vars");
	struct client_pair *v = arena_zalloc(w->arena, (s->env_n + (names ? names->n : 0) + 1) * sizeof *v);
	if (!v)
		return is_out_of_memory(w);
	if (s->env_n)
		memcpy(v, s->env, s->env_n * sizeof *v);
	for (const struct node *one = names ? names->first : NULL; one; one = one->next) {
		struct slice name = node_string(one->type == NODE_OBJECT ? node_gets(one, "name") : one);
		const char *copy = copy_of(w, name), *value = copy && *copy ? w->facts->variable(w->facts->ctx, copy) : NULL;
		if (value && !add_pair(w, v, &s->env_n, name, slice_str(value)))
			return false;
	}
	s->env = v;
	return true;
}

static const struct node *address_of(const struct node *entry)
{
	static const char *const keys[] = { "httpUrl", "serverUrl", "url" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (node_string(node_gets(entry, keys[i])).n)
			return node_gets(entry, keys[i]);
	return NULL;
}

static bool read_address(struct walk *w, struct client_server *s, const struct node *entry, const struct node *address)
{
	const struct node *headers = node_gets(entry, "headers");
	struct slice type = node_string(node_gets(entry, "type"));
	s->url = copy_of(w, address->text);
	s->transport = slice_is(type, "sse") || slice_ends(address->text, SLICE_LIT("/sse")) ? CLIENT_SSE : CLIENT_HTTP;
	if (!s->url)
		return is_out_of_memory(w);
	if (w->file->client == CLIENT_CODEX)
		headers = node_gets(entry, "http_headers");
	else if (w->file->client == CLIENT_CONTINUE && !headers)
		headers = node_gets(node_gets(entry, "requestOptions"), "headers");
	return read_pairs(w, s, headers, &s->headers, &s->header_n);
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_of_gate(const struct walk *w, const char *url)
{
	const char *gate = w->facts->gate, *local = "http://127.0.0.1:", *named = "http://localhost:";
	if (!gate || !url)
		return false;
	if (begins(url, named) && begins(gate, local)) {
		url += strlen(named);
		gate += strlen(local);
	}
	return begins(url, gate) && begins(url + strlen(gate), "/mcp") && strchr("/?", url[strlen(gate) + 4]);
}

/* Also by a program that stands between: gatehouse itself, or one that is given the gate's address. */
static bool is_behind(const struct walk *w, const struct client_server *s)
{
	if (is_of_gate(w, s->url))
		return true;
	for (size_t i = 0; i < s->arg_n; i++) {
		const char *slash = strrchr(s->argv[i], '/');
		if ((i == 0 && strcmp(slash ? slash + 1 : s->argv[i], "gatehouse") == 0) || is_of_gate(w, s->argv[i]))
			return true;
	}
	return false;
}

/* What the gate cannot do in the client's place. */
static void look_for_what_stays(struct walk *w, struct client_server *s, const struct node *entry)
{
	static const char *const logins[] = { "oauth", "auth", "authProviderType", "oauth_resource", "scopes" };
	struct slice type = node_string(node_gets(entry, "type"));
	if (node_is_true(node_gets(entry, "disabled")) || node_is_false(node_gets(entry, "enabled")))
		s->stay = CLIENT_STAYS_DISABLED;
	if (is_behind(w, s))
		s->stay = CLIENT_STAYS_BEHIND;
	if (node_gets(entry, "envFile"))
		stay(s, "it takes variables from a file ('envFile'), which the gate does not read");
	for (size_t i = 0; s->url && i < ARRAY_LEN(logins); i++)
		if (node_gets(entry, logins[i]) && node_gets(entry, logins[i])->type != NODE_NULL)
			stay(s, "the client logs in to it (OAuth), which the gate cannot do in its place");
	if (s->url && type.n && !slice_is(type, "http") && !slice_is(type, "sse") && !slice_is(type, "streamable-http") && !slice_is(type, "streamableHttp"))
		stay(s, "its transport is one that the gate does not speak");
	if (s->url && !begins(s->url, "http://") && !begins(s->url, "https://") && !begins(s->url, "${") && !begins(s->url, "$"))
		stay(s, "its address does not begin with http:// or https://");
}

static bool expand(struct walk *w, const struct client_file *file, struct client_server *s, const char **text)
{
	const char *why = NULL;
	if (!*text || !strchr(*text, '$'))
		return true;
	const char *out = variables_expand(file, w->facts, slice_str(*text), w->arena, &why);
	if (!out && !why)
		return is_out_of_memory(w);
	if (out)
		*text = out;
	else
		stay(s, why);
	return true;
}

static bool expand_pairs(struct walk *w, const struct client_file *file, struct client_server *s, const struct client_pair *from,
			 size_t n, const struct client_pair **out)
{
	struct client_pair *v = arena_zalloc(w->arena, (n + 1) * sizeof *v);
	if (!v)
		return is_out_of_memory(w);
	for (size_t i = 0; i < n; i++) {
		v[i] = from[i];
		if (!expand(w, file, s, &v[i].value))
			return false;
	}
	*out = v;
	return true;
}

static bool expand_all(struct walk *w, struct client_server *s)
{
	struct client_file file = *w->file;
	file.project = s->folder ? s->folder : w->file->project;
	const char **argv = arena_zalloc(w->arena, (s->arg_n + 1) * sizeof *argv);
	if (!argv)
		return is_out_of_memory(w);
	for (size_t i = 0; i < s->arg_n; i++) {
		argv[i] = s->argv[i];
		if (!expand(w, &file, s, &argv[i]))
			return false;
	}
	s->argv = argv;
	return expand(w, &file, s, &s->url) && expand(w, &file, s, &s->cwd) &&
	       expand_pairs(w, &file, s, s->env, s->env_n, &s->env) &&
	       expand_pairs(w, &file, s, s->headers, s->header_n, &s->headers);
}

/* A client starts the servers of a project inside of it. */
static bool settle_folder(struct walk *w, struct client_server *s)
{
	const char *folder = s->folder ? s->folder : w->file->project;
	if (s->transport != CLIENT_STDIO)
		return true;
	if (!s->cwd) {
		s->cwd = folder;
		return true;
	}
	if (s->cwd[0] == '/' || s->stay == CLIENT_STAYS_UNKNOWN)
		return true;
	if (!folder)
		return stay(s, "its folder ('cwd') is relative to one that is not known");
	s->cwd = strcmp(s->cwd, ".") == 0 ? folder : arena_printf(w->arena, "%s/%s", folder, s->cwd);
	return s->cwd || is_out_of_memory(w);
}

static bool read_entry(struct walk *w, struct client_server *s, const struct node *outer)
{
	const struct node *entry = entry_transport(outer), *address = address_of(entry);
	const struct node *cwd = node_gets(entry, "cwd");
	const struct node *env = node_gets(entry, "env"), *command = node_gets(entry, "command");
	if (node_twice(entry))
		return node_fail(w->text, node_twice(entry)->key_at, w->e, "this key stands twice: keep one of them");
	if (node_type(command) == NODE_OBJECT && !env)
		env = node_gets(command, "env");
	if (node_type(cwd) == NODE_STRING && !(s->cwd = copy_of(w, cwd->text)))
		return is_out_of_memory(w);
	if (address && !read_address(w, s, entry, address))
		return false;
	if (!address && command) {
		s->transport = CLIENT_STDIO;
		if (!read_command(w, s, entry) || !read_pairs(w, s, env, &s->env, &s->env_n))
			return false;
	} else if (!address) {
		stay(s, "it names neither a command nor an address");
	}
	look_for_what_stays(w, s, entry);
	if (!secrets_find_in(s, w->arena, w->e) || !expand_all(w, s) || !settle_folder(w, s))
		return false;
	return w->file->client != CLIENT_CODEX || (add_headers_of_environment(w, s, entry) && add_variables_of_environment(w, s, entry));
}

static struct client_server *next_server(struct walk *w)
{
	if (w->n == LIMIT_CLIENT_SERVERS) {
		err_set(w->e, ERR_LIMIT, "more than %d servers in one file", LIMIT_CLIENT_SERVERS);
		return NULL;
	}
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 16;
		struct client_server *v = arena_realloc(w->arena, w->v, w->cap * sizeof *v, cap * sizeof *v);
		if (!v) {
			(void)is_out_of_memory(w);
			return NULL;
		}
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n] = (struct client_server){ .folder = w->folder };
	return &w->v[w->n++];
}

/* An object has the names as its keys, a list of Continue's inside the entries. */
static bool read_servers(struct walk *w, const struct node *servers)
{
	if (node_twice(servers))
		return node_fail(w->text, node_twice(servers)->key_at, w->e, "this server stands twice: keep one of them");
	if (servers->type != NODE_OBJECT && servers->type != NODE_LIST)
		return servers->type == NODE_NULL || node_fail(w->text, servers->at, w->e, "here should stand the servers");
	for (const struct node *one = servers->first; one; one = one->next) {
		struct slice name = servers->type == NODE_OBJECT ? one->key : node_string(node_gets(one, "name"));
		if (one->type != NODE_OBJECT && servers->type == NODE_LIST)
			continue;
		struct client_server *s = next_server(w);
		if (!s)
			return false;
		s->entry = one;
		s->name = name.n || servers->type == NODE_OBJECT ? copy_of(w, name) : "server";
		if (!s->name)
			return is_out_of_memory(w);
		if (one->type != NODE_OBJECT)
			stay(s, "its entry is no object");
		else if (!read_entry(w, s, one))
			return false;
	}
	return true;
}

/* path: "a.b"; "*" stands for each member, whose key is a folder. */
static bool follow(struct walk *w, const struct node *from, const char *path)
{
	size_t n = strcspn(path, ".");
	if (!from)
		return true;
	if (!*path)
		return read_servers(w, from);
	const char *rest = path + n + (path[n] == '.');
	if (n != 1 || path[0] != '*')
		return follow(w, node_get(from, slice_of(path, n)), rest);
	for (const struct node *one = from->type == NODE_OBJECT ? from->first : NULL; one; one = one->next) {
		w->folder = copy_of(w, one->key);
		if (!w->folder)
			return is_out_of_memory(w);
		if (!follow(w, one, rest))
			return false;
	}
	w->folder = NULL;
	return true;
}

struct client_server *clients_servers(const struct client_file *f, struct slice text, const struct node *root,
				      const struct client_facts *facts, struct arena *a, size_t *n, struct err *e)
{
	struct walk w = { .file = f, .facts = facts, .text = text, .arena = a, .e = e };
	*n = 0;
	if (root->type != NODE_OBJECT) {
		err_set(e, ERR_INPUT, "this is no configuration of %s: it holds no object", client_title(f->client));
		return NULL;
	}
	for (const char *const *path = dialect_of(f->client)->servers; *path; path++)
		if (!follow(&w, root, *path))
			return NULL;
	*n = w.n;
	if (!w.v && !(w.v = arena_zalloc(a, sizeof *w.v)))
		(void)is_out_of_memory(&w);
	return w.v;
}
