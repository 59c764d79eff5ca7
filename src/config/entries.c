/* What stands below `servers` and `policies`: one entry each, with a name of its own. */
#include "base/check.h"
#include "base/file.h"
#include "base/limits.h"
#include "config/inside.h"

bool config_is_name(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool is_alnum = (s.p[i] >= 'a' && s.p[i] <= 'z') ||
				(s.p[i] >= 'A' && s.p[i] <= 'Z') ||
				(s.p[i] >= '0' && s.p[i] <= '9');
		if (!is_alnum && ((s.p[i] != '-' && s.p[i] != '_') || i == 0 || i == s.n - 1))
			return false;
		if (i && s.p[i] == '_' && s.p[i - 1] == '_')
			return false;
	}
	return s.n >= 1 && s.n <= LIMIT_NAME;
}

static bool check_name(struct config_reader *r, struct slice name)
{
	if (config_is_name(name))
		return true;
	config_mistake(
		r, true,
		"a name has 1 to %d letters, digits, '-' or '_', begins and ends with a letter or digit, and has no '__'",
		LIMIT_NAME);
	return false;
}

static void tell_unknown(struct config_reader *r, struct slice key,
			 const struct config_entry_key *keys)
{
	const char *known[32];
	size_t n = 0;
	for (; keys->name && n < ARRAY_LEN(known) - 1; keys++)
		known[n++] = keys->name;
	known[n] = NULL;
	config_unknown_key(r, key, known);
}

static bool is_header_name(const char *s)
{
	return s[0] &&
	       s[strspn(
		       s,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~")] ==
		       '\0';
}

static bool check_pair(struct config_reader *r, bool is_header, const struct config_pair *p)
{
	if (is_header && !is_header_name(p->name)) {
		config_mistake(r, true, "a header's name has a character that HTTP forbids");
		return false;
	}
	if (!is_header && (!p->name[0] || strchr(p->name, '='))) {
		config_mistake(r, true, "a variable's name must not be empty or have a '='");
		return false;
	}
	for (const char *c = p->value; is_header && *c; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f) {
			config_mistake(r, false,
				       "the value of a header must not have control characters");
			return false;
		}
	}
	return true;
}

/* extra: room that is kept behind the pairs. */
static void take_pairs(struct config_reader *r, const struct json *v, bool is_header, size_t extra,
                       struct config_pair **out, size_t *n)
{
	size_t count = json_is(v, JSON_OBJECT) ? json_count(v) : 0;
	*n = 0;
	*out = arena_zalloc(&r->w->a, (count + extra + 1) * sizeof **out);
	if (v && (!json_is(v, JSON_OBJECT) || count > CONFIG_LIST_MAX || !*out)) {
		config_mistake(r, false, "must be at most %d names with texts", CONFIG_LIST_MAX);
		return;
	}
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		struct config_pair p = { .name = arena_strndup(&r->w->a, it.key.p, it.key.n) };
		size_t mark = config_enter(r, it.key);
		if (p.name && config_take_text(r, it.value, &p.value) &&
		    check_pair(r, is_header, &p))
			(*out)[(*n)++] = p;
		config_leave(r, mark);
	}
}

/* A value of its own beats one that is inherited. */
static void add_inherited(struct config_reader *r, const char *const *names, struct config_pair *v,
			  size_t *n)
{
	for (; *names; names++) {
		const char *value = config_getenv(r, *names);
		bool is_own = false;
		for (size_t i = 0; i < *n; i++)
			is_own |= strcmp(v[i].name, *names) == 0;
		char *copy =
			value && !is_own ? arena_strndup(&r->w->a, value, strlen(value)) : NULL;
		if (copy)
			v[(*n)++] = (struct config_pair){ *names, copy };
	}
}

static void take_env(struct config_reader *r, const struct json *entry, struct config_server *s)
{
	static const char *const none[] = { NULL };
	const struct json *inherit = json_gets(entry, "inherit_env");
	const char *const *names = none;
	struct config_pair *pairs;
	size_t mark = config_enter(r, SLICE_LIT("inherit_env"));
	if (inherit && !config_take_strings(r, inherit, &names))
		names = none;
	config_leave(r, mark);
	mark = config_enter(r, SLICE_LIT("env"));
	take_pairs(r, json_gets(entry, "env"), false, json_count(inherit), &pairs, &s->env_n);
	config_leave(r, mark);
	if (pairs)
		add_inherited(r, names, pairs, &s->env_n);
	s->env = pairs;
}

static void take_headers(struct config_reader *r, const struct json *entry, struct config_server *s)
{
	struct config_pair *pairs;
	size_t mark = config_enter(r, SLICE_LIT("headers"));
	take_pairs(r, json_gets(entry, "headers"), true, 0, &pairs, &s->header_n);
	config_leave(r, mark);
	s->headers = pairs;
}

/* The values of one kind each; pairs and lists are taken by their own functions. */
static void take_simple(struct config_reader *r, struct config_server *s, struct slice key,
			const struct json *v)
{
	const struct {
		const char *name;
		struct config_key key;
		void *target;
	} simple[] = {
		{ "url", { .kind = CONFIG_STRING }, &s->url },
		{ "command", { .kind = CONFIG_STRINGS }, &s->argv },
		{ "cwd", { .kind = CONFIG_PATH }, &s->cwd },
		{ "per", { .kind = CONFIG_PER }, &s->per },
		{ "enabled", { .kind = CONFIG_FLAG }, &s->is_enabled },
		{ "call_timeout",
		  { .kind = CONFIG_DURATION, .min = 1, .max = LIMIT_SERVER_CALL_MS },
		  &s->call_timeout_ms },
		{ "start_timeout",
		  { .kind = CONFIG_DURATION, .min = 1, .max = LIMIT_SERVER_START_MS },
		  &s->start_timeout_ms },
		{ "child_idle",
		  { .kind = CONFIG_DURATION, .min = 1, .max = LIMIT_SERVER_IDLE_MS },
		  &s->child_idle_ms },
		{ "children_max",
		  { .kind = CONFIG_COUNT, .min = 1, .max = LIMIT_SERVER_CHILDREN },
		  &s->children_max },
		{ "calls_max", { .kind = CONFIG_COUNT, .min = 1, .max = LIMIT_SERVER_CALLS }, &s->calls_max },
		{ "message_max",
		  { .kind = CONFIG_SIZE, .min = LIMIT_SERVER_MESSAGE_MIN, .max = LIMIT_MESSAGE_BYTES },
		  &s->message_bytes_max },
	};
	for (size_t i = 0; i < ARRAY_LEN(simple); i++) {
		if (!slice_is(key, simple[i].name))
			continue;
		size_t mark = config_enter(r, key);
		config_take(r, &simple[i].key, v, simple[i].target);
		config_leave(r, mark);
		return;
	}
}

static void check_server(struct config_reader *r, const struct json *entry,
			 const struct config_server *s)
{
	bool has_url = json_gets(entry, "url"), has_command = json_gets(entry, "command");
	if (has_url == has_command)
		config_mistake(r, true, "server '%s' needs either 'url' or 'command'", s->name);
	if (has_url && s->url && strncmp(s->url, "http://", 7) != 0 &&
	    strncmp(s->url, "https://", 8) != 0) {
		size_t mark = config_enter(r, SLICE_LIT("url"));
		config_mistake(r, false, "an address begins with http:// or https://");
		config_leave(r, mark);
	}
	if (has_command && s->argv && (!s->argv[0] || !s->argv[0][0])) {
		size_t mark = config_enter(r, SLICE_LIT("command"));
		config_mistake(r, false, "names no program");
		config_leave(r, mark);
	}
	static const char *const of_commands[] = { "env", "inherit_env", "cwd",
						   "per", "child_idle",	 "children_max" };
	for (size_t i = 0; has_url && !has_command && i < ARRAY_LEN(of_commands); i++) {
		if (!json_gets(entry, of_commands[i]))
			continue;
		size_t mark = config_enter(r, slice_str(of_commands[i]));
		config_mistake(r, true, "'%s' is for servers with a command", of_commands[i]);
		config_leave(r, mark);
	}
	if (has_command && !has_url && json_gets(entry, "headers")) {
		size_t mark = config_enter(r, SLICE_LIT("headers"));
		config_mistake(r, true, "'headers' is for servers with a url");
		config_leave(r, mark);
	}
}

static void take_server(struct config_reader *r, const struct json *entry, struct config_server *s)
{
	s->is_enabled = true;
	if (!json_is(entry, JSON_OBJECT)) {
		config_mistake(r, false, "must have 'url' or 'command' below it");
		return;
	}
	for (struct json_iter it = json_iter(entry); json_next(&it);) {
		bool is_known = false;
		for (const struct config_entry_key *k = config_server_keys; k->name; k++)
			is_known |= slice_is(it.key, k->name);
		if (is_known)
			take_simple(r, s, it.key, it.value);
		else
			tell_unknown(r, it.key, config_server_keys);
	}
	take_headers(r, entry, s);
	take_env(r, entry, s);
	check_server(r, entry, s);
}

static int by_server_name(const void *a, const void *b)
{
	const struct config_server *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static int by_policy_name(const void *a, const void *b)
{
	const struct config_policy *x = a, *y = b;
	return strcmp(x->name, y->name);
}

void config_take_servers(struct config_reader *r, const struct json *v)
{
	size_t n = json_count(v);
	struct config_server *list = arena_zalloc(&r->w->a, (n + 1) * sizeof *list);
	if (n > CONFIG_LIST_MAX || !list) {
		config_mistake(r, true, "has more than %d servers", CONFIG_LIST_MAX);
		return;
	}
	n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t mark = config_enter(r, it.key);
		if (check_name(r, it.key)) {
			list[n].name = arena_strndup(&r->w->a, it.key.p, it.key.n);
			take_server(r, it.value, &list[n++]);
		}
		config_leave(r, mark);
	}
	qsort(list, n, sizeof *list, by_server_name);
	r->w->c.servers = list;
	r->w->c.server_n = n;
}

static void read_policy_file(struct config_reader *r, const struct json *v, struct config_policy *p)
{
	static const struct config_key key = { .kind = CONFIG_PATH };
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct err e = { 0 };
	size_t mark = config_enter(r, SLICE_LIT("file"));
	if (config_take(r, &key, v, &p->file)) {
		char *copy = NULL;
		if (!file_read(p->file, &text, &e))
			config_mistake(r, false, "%s", e.text);
		else if (!(copy = arena_strndup(&r->w->a, text.n ? text.p : "", text.n)))
			config_mistake(r, false, "the policies need too much memory");
		p->text = slice_of(copy, copy ? text.n : 0);
	}
	config_leave(r, mark);
	buf_release(&text);
}

static void read_document(struct config_reader *r, const struct json *v, struct config_policy *p)
{
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	json_write(&text, v);
	char *copy = buf_ok(&text) ? arena_strndup(&r->w->a, text.p, text.n) : NULL;
	p->text = slice_of(copy, copy ? text.n : 0);
	if (!copy)
		config_mistake(r, false, "a policy has at most %u bytes", LIMIT_POLICY_BYTES);
	buf_release(&text);
}

static void take_policy(struct config_reader *r, const struct json *entry, struct config_policy *p)
{
	const struct json *file = json_gets(entry, "file"),
			  *document = json_gets(entry, "document");
	for (struct json_iter it = json_iter(entry); json_next(&it);)
		if (!slice_is(it.key, "file") && !slice_is(it.key, "document"))
			tell_unknown(r, it.key, config_policy_keys);
	if (!file == !document)
		config_mistake(r, true, "policy '%s' needs either 'file' or 'document'", p->name);
	else if (file)
		read_policy_file(r, file, p);
	else
		read_document(r, document, p);
}

void config_take_policies(struct config_reader *r, const struct json *v)
{
	size_t n = json_count(v);
	struct config_policy *list = arena_zalloc(&r->w->a, (n + 1) * sizeof *list);
	if (n > CONFIG_LIST_MAX || !list) {
		config_mistake(r, true, "has more than %d policies", CONFIG_LIST_MAX);
		return;
	}
	n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t mark = config_enter(r, it.key);
		if (check_name(r, it.key)) {
			list[n].name = arena_strndup(&r->w->a, it.key.p, it.key.n);
			take_policy(r, it.value, &list[n++]);
		}
		config_leave(r, mark);
	}
	qsort(list, n, sizeof *list, by_policy_name);
	r->w->c.policies = list;
	r->w->c.policy_n = n;
}

void config_policy_place(const struct config *c, const struct config_policy *p,
			 struct slice pointer, const char **file, int *line, int *column)
{
	const struct config_whole *w = (const struct config_whole *)(const void *)c;
	*line = *column = 0;
	*file = p->file ? p->file : c->file;
	if (p->file) {
		json_locate(p->text, pointer, false, line, column);
	} else if (w->yaml) {
		struct buf whole = BUF_INIT(LIMIT_CONFIG_BYTES);
		struct yaml_place at;
		buf_adds(&whole, "/policies");
		json_pointer_add(&whole, slice_str(p->name));
		buf_adds(&whole, "/document");
		buf_add_slice(&whole, pointer);
		yaml_locate(w->yaml, buf_slice(&whole), false, &at);
		buf_release(&whole);
		*line = at.line;
		*column = at.column;
	}
}
