/* See server_document.h. */
#include "admin/server_document.h"
#include "admin/server_check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "clients/dialect.h"
#include <stdio.h>

static const char *const pers[] = { [STORE_PER_GRANT] = "grant", [STORE_PER_SESSION] = "session", [STORE_PER_SERVER] = "server" };
static const char *const transports[] = { [STORE_NO_TRANSPORT] = "", [STORE_HTTP] = "http", [STORE_STDIO] = "stdio", [STORE_BUILTIN] = "builtin" };

static const struct limit {
	const char *name;
	size_t offset;
	uint64_t min, max;
	bool is_stdio; /* only of a server with a command */
} limits[] = {
	{ "call_timeout_ms", offsetof(struct store_server, call_timeout_ms), 1, LIMIT_SERVER_CALL_MS, false },
	{ "start_timeout_ms", offsetof(struct store_server, start_timeout_ms), 1, LIMIT_SERVER_START_MS, false },
	{ "child_idle_ms", offsetof(struct store_server, child_idle_ms), 1, LIMIT_SERVER_IDLE_MS, true },
	{ "children_max", offsetof(struct store_server, children_max), 1, LIMIT_SERVER_CHILDREN, true },
	{ "calls_max", offsetof(struct store_server, calls_max), 1, LIMIT_SERVER_CALLS, false },
	{ "message_bytes_max", offsetof(struct store_server, message_bytes_max), LIMIT_SERVER_MESSAGE_MIN, LIMIT_MESSAGE_BYTES, false },
};

void base_url_write(struct buf *b, const struct admin *a, const struct config *c)
{
	struct slice listen = slice_str(a->o.listen), url = slice_str(c->approvals_url);
	if (url.n) {
		while (url.n && url.p[url.n - 1] == '/')
			url.n--;
		buf_add_slice(b, url);
		return;
	}
	/* Every address is none that a client can name. */
	if (slice_starts(listen, SLICE_LIT("0.0.0.0:")))
		buf_addf(b, "http://127.0.0.1%s", a->o.listen + 7);
	else if (slice_starts(listen, SLICE_LIT("[::]:")))
		buf_addf(b, "http://[::1]%s", a->o.listen + 4);
	else
		buf_addf(b, "http://%s", a->o.listen);
}

static void add_names(struct buf *b, const char *key, const struct store_pair *v, size_t n)
{
	buf_addf(b, ",\"%s\":[", key);
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(b, slice_str(v[i].name));
		buf_adds(b, ",\"is_set\":true}");
	}
	buf_addc(b, ']');
}

/* An address may have a key behind its '?', or a password before its '@'. */
static void add_url(struct buf *b, const char *url, bool is_masked)
{
	struct buf text = BUF_INIT(2 * LIMIT_SERVER_TEXT);
	size_t n = is_masked ? strcspn(url, "?#") : strlen(url);
	buf_add(&text, url, n);
	if (url[n])
		buf_adds(&text, "?\xe2\x80\xa6");
	buf_adds(b, ",\"url\":");
	buf_add_json_string(b, buf_slice(&text));
	buf_release(&text);
}

/* Which arguments are secrets, by the same eye that looks at the clients' files. */
static void add_command(struct buf *b, const struct store_server *s, bool is_masked)
{
	struct client_server like = { .name = s->name, .transport = CLIENT_STDIO, .argv = s->argv };
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 4u << 20);
	while (s->argv && s->argv[like.arg_n])
		like.arg_n++;
	bool is_known = !is_masked || secrets_find_in(&like, &a, &e);
	buf_adds(b, ",\"command\":[");
	for (size_t i = 0; i < like.arg_n; i++) {
		bool is_hidden = !is_known && i;
		for (size_t j = 0; is_masked && j < like.secret_n; j++)
			is_hidden |= like.secrets[j].where == CLIENT_IN_ARGUMENT && like.secrets[j].argument == i;
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, is_hidden ? SLICE_LIT("\xe2\x80\xa6") : slice_str(s->argv[i]));
	}
	buf_addc(b, ']');
	arena_release(&a);
}

static void add_limits(struct buf *b, const struct store_server *s)
{
	bool is_first = true;
	buf_adds(b, ",\"limits\":{");
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		uint64_t v;
		memcpy(&v, (const char *)s + limits[i].offset, sizeof v);
		if (!v)
			continue;
		buf_addf(b, "%s\"%s\":%llu", is_first ? "" : ",", limits[i].name, (unsigned long long)v);
		is_first = false;
	}
	buf_addc(b, '}');
}

void server_write(struct buf *b, const struct store_server *s, const struct server_view *v)
{
	char time[CLOCK_TEXT_SIZE];
	buf_adds(b, "\"name\":");
	buf_add_json_string(b, slice_str(s->name));
	buf_addf(b, ",\"transport\":\"%s\"", transports[s->transport]);
	if (s->transport == STORE_STDIO) {
		add_command(b, s, v->is_masked);
		if (s->cwd) {
			buf_adds(b, ",\"cwd\":");
			buf_add_json_string(b, slice_str(s->cwd));
		}
		add_names(b, "env", s->env, s->env_n);
		buf_addf(b, ",\"per\":\"%s\"", pers[s->per]);
	} else if (s->transport == STORE_HTTP) {
		add_url(b, s->url, v->is_masked);
		add_names(b, "headers", s->headers, s->header_n);
	}
	buf_addf(b, ",\"is_enabled\":%s", s->is_enabled ? "true" : "false");
	add_limits(b, s);
	buf_addf(b, ",\"is_from_file\":%s", v->is_from_file ? "true" : "false");
	if (s->created_us) {
		clock_text(s->created_us, time);
		buf_addf(b, ",\"created_at\":\"%s\"", time);
		clock_text(s->updated_us, time);
		buf_addf(b, ",\"updated_at\":\"%s\"", time);
	}
}

static const char *kept_value(const struct store_pair *v, size_t n, struct slice name)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(name, v[i].name))
			return v[i].value;
	return NULL;
}

/* A copy with a NUL; NULL, and the field told, for what is no text. */
static const char *text_of(struct api_call *c, const struct json *v, const char *pointer)
{
	struct slice s = json_string(v);
	if (!json_is(v, JSON_STRING) || (s.n && memchr(s.p, 0, s.n))) {
		api_field(c, pointer, "it must be a text without NUL");
		return NULL;
	}
	return arena_strndup(&c->arena, s.n ? s.p : "", s.n);
}

static void read_pair(struct api_call *c, const struct json *entry, const char *pointer, const struct store_pair *kept, size_t kept_n,
		      struct store_pair *out)
{
	static const char *const known[] = { "name", "value", "is_set", NULL };
	char at[120];
	if (!json_is(entry, JSON_OBJECT)) {
		api_field(c, pointer, "it must be an object: {\"name\", \"value\"}");
		return;
	}
	for (struct json_iter it = json_iter(entry); json_next(&it);)
		if (!slice_is_among(it.key, known))
			api_field(c, pointer, "it has 'name' and 'value', and nothing else");
	snprintf(at, sizeof at, "%s/name", pointer);
	out->name = text_of(c, json_gets(entry, "name"), at);
	snprintf(at, sizeof at, "%s/value", pointer);
	if (json_gets(entry, "value"))
		out->value = text_of(c, json_gets(entry, "value"), at);
	else if (out->name && !(out->value = kept_value(kept, kept_n, slice_str(out->name))))
		api_field(c, at, "a value is needed: none is stored by this name");
}

static void read_pairs(struct api_call *c, const char *name, const struct store_pair *kept, size_t kept_n, const struct store_pair **v,
		       size_t *n)
{
	const struct json *list = json_gets(c->json, name);
	char pointer[80];
	size_t i = 0, before = c->error_n;
	snprintf(pointer, sizeof pointer, "/%s", name);
	if (!list)
		return;
	if (!json_is(list, JSON_ARRAY) || json_count(list) > LIMIT_SERVER_PARTS) {
		api_field(c, pointer, "'%s' is a list of at most %d, each {\"name\", \"value\"}", name, LIMIT_SERVER_PARTS);
		return;
	}
	struct store_pair *out = arena_zalloc(&c->arena, (json_count(list) + 1) * sizeof *out);
	for (struct json_iter it = json_iter(list); out && json_next(&it); i++) {
		snprintf(pointer, sizeof pointer, "/%s/%zu", name, i);
		read_pair(c, it.value, pointer, kept, kept_n, &out[i]);
	}
	if (!out || c->error_n > before)
		return;
	*v = out;
	*n = i;
}

static void read_command(struct api_call *c, struct store_server *out)
{
	const struct json *list = json_gets(c->json, "command");
	char pointer[80];
	size_t i = 0;
	if (!list)
		return;
	if (!json_is(list, JSON_ARRAY) || !json_count(list) || json_count(list) > LIMIT_SERVER_PARTS) {
		api_field(c, "/command", "'command' is a list of 1 to %d texts: the program and its arguments", LIMIT_SERVER_PARTS);
		return;
	}
	const char **argv = arena_zalloc(&c->arena, (json_count(list) + 1) * sizeof *argv);
	for (struct json_iter it = json_iter(list); argv && json_next(&it); i++) {
		snprintf(pointer, sizeof pointer, "/command/%zu", i);
		argv[i] = text_of(c, it.value, pointer);
	}
	out->argv = argv;
}

static void read_limit(struct api_call *c, const struct json_iter *it, struct store_server *out)
{
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		const struct limit *l = &limits[i];
		char pointer[80];
		int64_t n = 0;
		if (!slice_is(it->key, l->name))
			continue;
		snprintf(pointer, sizeof pointer, "/limits/%s", l->name);
		uint64_t value = json_int64(it->value, &n) && n > 0 ? (uint64_t)n : 0;
		if (value < l->min || value > l->max)
			api_field(c, pointer, "'%s' is a whole number from %llu to %llu; left out: the gate's own", l->name,
				  (unsigned long long)l->min, (unsigned long long)l->max);
		else if (l->is_stdio && out->url)
			api_field(c, pointer, "'%s' is for servers with a command", l->name);
		memcpy((char *)out + l->offset, &value, sizeof value);
		return;
	}
	struct buf pointer = BUF_INIT(4096);
	buf_adds(&pointer, "/limits");
	json_pointer_add(&pointer, it->key);
	api_field(c, buf_ok(&pointer) ? buf_str(&pointer) : "/limits", "there is no such limit");
	buf_release(&pointer);
}

static void read_limits(struct api_call *c, struct store_server *out)
{
	const struct json *v = json_gets(c->json, "limits");
	if (v && !json_is(v, JSON_OBJECT))
		api_field(c, "/limits", "'limits' must be an object");
	for (struct json_iter it = json_iter(json_is(v, JSON_OBJECT) ? v : NULL); json_next(&it);)
		read_limit(c, &it, out);
}

static void read_per(struct api_call *c, struct store_server *out)
{
	struct slice per = { NULL, 0 };
	if (!api_text(c, "per", 20, &per) || !per.p)
		return;
	for (size_t i = 0; i < ARRAY_LEN(pers); i++)
		if (slice_is(per, pers[i])) {
			out->per = (enum store_per)i;
			return;
		}
	api_field(c, "/per", "'per' is grant, session or server");
}

/* Either address or command; what belongs to the other is told. */
static void read_where(struct api_call *c, struct store_server *out)
{
	static const char *const of_http[] = { "headers" }, *const of_stdio[] = { "env", "cwd", "per" };
	struct slice url = { NULL, 0 }, transport = { NULL, 0 };
	char pointer[40];
	api_text(c, "url", LIMIT_SERVER_TEXT, &url);
	api_text(c, "transport", 20, &transport);
	read_command(c, out);
	bool has_url = json_gets(c->json, "url") != NULL, has_command = json_gets(c->json, "command") != NULL;
	if (has_url == has_command) {
		api_field(c, has_url ? "/url" : "", "a server needs either a 'url' or a 'command'");
		return;
	}
	out->transport = has_url ? STORE_HTTP : STORE_STDIO;
	out->url = has_url ? url.p : NULL;
	if (transport.p && !slice_is(transport, transports[out->transport]))
		api_field(c, "/transport", "with a '%s' it is %s; it can be left out", has_url ? "url" : "command", transports[out->transport]);
	for (size_t i = 0; !has_url && i < ARRAY_LEN(of_http); i++)
		if (json_gets(c->json, of_http[i])) {
			snprintf(pointer, sizeof pointer, "/%s", of_http[i]);
			api_field(c, pointer, "'%s' is for servers with a url", of_http[i]);
		}
	for (size_t i = 0; has_url && i < ARRAY_LEN(of_stdio); i++)
		if (json_gets(c->json, of_stdio[i])) {
			snprintf(pointer, sizeof pointer, "/%s", of_stdio[i]);
			api_field(c, pointer, "'%s' is for servers with a command", of_stdio[i]);
		}
}

/* Host and port, or the program: what is stored for one must not be sent to another. */
static bool is_same_place(const struct store_server *x, const struct store_server *y)
{
	if (x->transport != y->transport)
		return false;
	if (x->transport == STORE_STDIO)
		return strcmp(x->argv[0], y->argv[0]) == 0;
	const char *a = strstr(x->url, "://"), *b = strstr(y->url, "://");
	size_t n = a ? (size_t)(a - x->url) + 3 + strcspn(a + 3, "/?#") : 0, m = b ? (size_t)(b - y->url) + 3 + strcspn(b + 3, "/?#") : 0;
	return n && slice_ieq(slice_of(x->url, n), slice_of(y->url, m));
}

/* Values that were left out came from `kept`. */
static void ask_for_values(struct api_call *c, const char *member)
{
	size_t i = 0;
	char pointer[60];
	for (struct json_iter it = json_iter(json_gets(c->json, member)); json_next(&it); i++) {
		if (json_gets(it.value, "value"))
			continue;
		snprintf(pointer, sizeof pointer, "/%s/%zu/value", member, i);
		api_field(c, pointer, "the server is another one now: give the value again, what is stored is not sent elsewhere");
	}
}

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	api_field(ctx, pointer, "%s", text);
}

bool server_read(struct api_call *c, struct slice name, const struct store_server *kept, struct store_server *out)
{
	/* Those behind limits are the gate's to say: who read a server may send all of it back. */
	static const char *const known[] = { "name", "transport", "command", "url", "cwd", "env", "headers", "per", "is_enabled", "limits",
					     "is_from_file", "state", "error", "era", "protocol_version", "tools", "endpoint",
					     "created_at", "updated_at", "calls_in_flight", "children", "restarts", NULL };
	struct slice given = { NULL, 0 }, cwd = { NULL, 0 };
	*out = (struct store_server){ .is_enabled = true };
	(void)!api_only(c, known);
	(void)!api_text(c, "name", 4 * LIMIT_NAME, &given);
	if (!name.p && !given.p && !json_gets(c->json, "name"))
		api_field(c, "/name", "a server needs a name");
	else if (name.p && given.p && !slice_eq(name, given))
		api_field(c, "/name", "the name is that of the path; a server keeps its name");
	out->name = name.p ? name.p : given.p ? given.p : "";
	read_where(c, out);
	(void)!api_text(c, "cwd", LIMIT_SERVER_TEXT, &cwd);
	out->cwd = cwd.n ? cwd.p : NULL;
	read_pairs(c, "env", kept ? kept->env : NULL, kept ? kept->env_n : 0, &out->env, &out->env_n);
	read_pairs(c, "headers", kept ? kept->headers : NULL, kept ? kept->header_n : 0, &out->headers, &out->header_n);
	read_per(c, out);
	(void)!api_flag(c, "is_enabled", &out->is_enabled);
	read_limits(c, out);
	if (out->cwd && out->cwd[0] != '/')
		api_field(c, "/cwd", "the folder must be a whole path, from '/' on");
	if (c->error_n || !server_check(out, on_fault, c))
		return false;
	if (kept && !is_same_place(kept, out)) {
		ask_for_values(c, "headers");
		ask_for_values(c, "env");
	}
	return c->error_n == 0;
}

static bool copy_text(struct arena *a, const char **text)
{
	if (*text)
		*text = arena_strndup(a, *text, strlen(*text));
	return *text != NULL;
}

static const struct store_pair *copy_pairs(struct arena *a, const struct store_pair *v, size_t n)
{
	struct store_pair *out = arena_zalloc(a, (n + 1) * sizeof *out);
	for (size_t i = 0; out && i < n; i++) {
		out[i] = v[i];
		if (!copy_text(a, &out[i].name) || !copy_text(a, &out[i].value))
			return NULL;
	}
	return out;
}

bool server_copy(struct arena *a, const struct store_server *s, struct store_server *out)
{
	size_t n = 0;
	*out = *s;
	out->headers = copy_pairs(a, s->headers, s->header_n);
	out->env = copy_pairs(a, s->env, s->env_n);
	while (s->argv && s->argv[n])
		n++;
	const char **argv = arena_zalloc(a, (n + 1) * sizeof *argv);
	for (size_t i = 0; argv && i < n; i++) {
		argv[i] = s->argv[i];
		if (!copy_text(a, &argv[i]))
			return false;
	}
	out->argv = s->argv ? argv : NULL;
	return argv && out->headers && out->env && copy_text(a, &out->name) && (!s->url || copy_text(a, &out->url)) &&
	       (!s->cwd || copy_text(a, &out->cwd));
}
