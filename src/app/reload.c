/* What stands in the file and in the store, put in force: built beside the old, swapped, or nothing changes. */
#include "app/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"

/* NAME=VALUE for each of the server's own variables, and what every program needs of ours. */
static bool build_env(const struct store_server *s, struct arena *a, const char *const **out, struct err *e)
{
	static const char *const inherited[] = { "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR",
		                                 "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS" };
	size_t n = 0;
	const char **env = arena_alloc(a, (ARRAY_LEN(inherited) + s->env_n + 1) * sizeof *env);
	bool is_whole = env != NULL;
	for (size_t i = 0; is_whole && i < ARRAY_LEN(inherited); i++) {
		const char *value = getenv(inherited[i]);
		bool is_own = false;
		for (size_t j = 0; j < s->env_n; j++)
			is_own |= strcmp(s->env[j].name, inherited[i]) == 0;
		if (value && !is_own)
			is_whole = (env[n++] = arena_printf(a, "%s=%s", inherited[i], value)) != NULL;
	}
	for (size_t i = 0; is_whole && i < s->env_n; i++)
		is_whole = (env[n++] = arena_printf(a, "%s=%s", s->env[i].name, s->env[i].value)) != NULL;
	if (!is_whole)
		return err_set(e, ERR_LIMIT, "the environment of server '%s' is too large", s->name);
	env[n] = NULL;
	*out = env;
	return true;
}

bool gateway_server_opts(const struct config *c, const struct store_server *s, struct arena *a,
                         struct upstream_opts *o, struct err *e)
{
	const struct upstream_builtin *builtin = o->builtin;
	*o = upstream_defaults();
	o->name = s->name;
	o->builtin = builtin;
	o->call_timeout_ms = c->call_timeout_ms;
	o->start_timeout_ms = c->start_timeout_ms;
	o->child_idle_ms = c->child_idle_ms;
	o->message_bytes_max = (size_t)c->body_bytes_max;
	o->listens_max = (size_t)c->streams_max; /* each client's stream may be one of this server */
	if (s->transport == STORE_BUILTIN) {
		o->calls_max = LIMIT_ADVICE_ASKS;
	} else if (s->transport == STORE_HTTP) {
		struct http_header *h = arena_alloc(a, (s->header_n + 1) * sizeof *h);
		if (!h)
			return err_set(e, ERR_LIMIT, "the headers of server '%s' are too large", s->name);
		for (size_t i = 0; i < s->header_n; i++)
			h[i] = (struct http_header){ slice_str(s->headers[i].name), slice_str(s->headers[i].value) };
		o->url = s->url;
		o->headers = h;
		o->header_n = s->header_n;
	} else {
		o->argv = s->argv;
		o->cwd = s->cwd;
		o->per = s->per == STORE_PER_SESSION  ? UPSTREAM_PER_SESSION
		         : s->per == STORE_PER_SERVER ? UPSTREAM_PER_SERVER
		                                      : UPSTREAM_PER_GRANT;
		if (!build_env(s, a, &o->env, e))
			return false;
	}
	if (s->call_timeout_ms)
		o->call_timeout_ms = s->call_timeout_ms;
	if (s->start_timeout_ms)
		o->start_timeout_ms = s->start_timeout_ms;
	if (s->child_idle_ms)
		o->child_idle_ms = s->child_idle_ms;
	if (s->children_max)
		o->children_max = s->children_max;
	if (s->calls_max)
		o->calls_max = s->calls_max;
	if (s->message_bytes_max)
		o->message_bytes_max = s->message_bytes_max;
	return true;
}

static bool apply_servers(struct gateway *w, struct arena *a, struct err *e)
{
	struct store_server *v;
	size_t n, used = 0;
	if (!store_servers(w->engine.store, a, &v, &n, e))
		return false;
	struct upstream_opts *opts = mem_zalloc((n + 1) * sizeof *opts);
	bool is_good = true;
	for (size_t i = 0; is_good && i < n; i++)
		if (v[i].is_enabled) {
			opts[used].builtin = v[i].transport == STORE_BUILTIN ? &w->builtin : NULL;
			is_good = gateway_server_opts(w->config, &v[i], a, &opts[used++], e);
		}
	is_good = is_good && registry_apply(w->engine.registry, opts, used, e);
	free(opts);
	return is_good;
}

/* A policy of the file that does not load stops the start or the reload. */
static bool put_policy(struct gateway *w, const struct config_policy *p, struct err *e)
{
	struct policy_problems problems = { 0 };
	struct policy *compiled = policy_new(p->text, &problems);
	int64_t version;
	char note[256];
	bool is_good = compiled != NULL;
	if (!is_good) {
		const char *file = w->config->file;
		int line = 0, column = 0;
		const struct policy_problem *first = problems.v;
		for (size_t i = 0; i < problems.n && first->is_warning; i++)
			first = &problems.v[i];
		config_policy_place(w->config, p, slice_str(first->pointer), &file, &line, &column);
		err_set(e, ERR_INPUT, "policy '%s': %s:%d:%d: %s", p->name, file, line, column, first->text);
	}
	policy_problems_release(&problems);
	if (compiled)
		policy_unref(&compiled);
	/* The history says of each version who made it: here nobody but the file did. */
	snprintf(note, sizeof note, "from '%.200s'", p->file ? p->file : w->config->file);
	return is_good && store_policy_apply(w->engine.store, p->name, p->text, "file", note, &version, e);
}

/* What the store has already is not written again: a reload that changes nothing costs no write for each server. */
static bool is_there(const struct store_server *v, size_t n, const struct store_server *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, s->name) == 0)
			return store_server_same(&v[i], s);
	return false;
}

static bool put_server(struct gateway *w, const struct config_server *c, const struct store_server *kept, size_t kept_n, struct err *e)
{
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	struct store_pair *headers = arena_alloc(&a, (c->header_n + 1) * sizeof *headers);
	struct store_pair *env = arena_alloc(&a, (c->env_n + 1) * sizeof *env);
	bool is_good = headers && env;
	for (size_t i = 0; is_good && i < c->header_n; i++)
		headers[i] = (struct store_pair){ c->headers[i].name, c->headers[i].value };
	for (size_t i = 0; is_good && i < c->env_n; i++)
		env[i] = (struct store_pair){ c->env[i].name, c->env[i].value };
	struct store_server s = {
		.name = c->name,
		.transport = c->url ? STORE_HTTP : STORE_STDIO,
		.url = c->url,
		.headers = headers,
		.header_n = c->header_n,
		.argv = c->argv,
		.env = env,
		.env_n = c->env_n,
		.cwd = c->cwd,
		.per = c->per == CONFIG_PER_SESSION  ? STORE_PER_SESSION
		       : c->per == CONFIG_PER_SERVER ? STORE_PER_SERVER
		                                     : STORE_PER_GRANT,
		.is_enabled = c->is_enabled,
		.call_timeout_ms = c->call_timeout_ms,
		.start_timeout_ms = c->start_timeout_ms,
		.child_idle_ms = c->child_idle_ms,
		.children_max = c->children_max,
		.calls_max = c->calls_max,
		.message_bytes_max = c->message_bytes_max,
	};
	is_good = is_good && (is_there(kept, kept_n, &s) || store_server_put(w->engine.store, &s, e));
	arena_release(&a);
	return is_good;
}

bool gateway_apply_file(struct gateway *w, struct err *e)
{
	const struct config *c = w->config;
	for (size_t i = 0; i < c->policy_n; i++)
		if (!put_policy(w, &c->policies[i], e))
			return false;
	struct arena a;
	struct store_server *kept = NULL;
	size_t kept_n = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	bool is_good = !c->server_n || store_servers(w->engine.store, &a, &kept, &kept_n, e);
	for (size_t i = 0; is_good && i < c->server_n; i++)
		is_good = put_server(w, &c->servers[i], kept, kept_n, e);
	arena_release(&a);
	return is_good;
}

bool gateway_overlay(struct gateway *w, struct config *c, struct err *e)
{
	struct arena a;
	struct store_pair *v = NULL;
	size_t n = 0;
	arena_init(&a, 1u << 20);
	bool is_good = store_settings(w->engine.store, &a, &v, &n, e);
	struct config_pair *pairs = is_good ? arena_alloc(&a, (n + 1) * sizeof *pairs) : NULL;
	for (size_t i = 0; pairs && i < n; i++)
		pairs[i] = (struct config_pair){ v[i].name, v[i].value };
	if (pairs)
		config_overlay(c, pairs, n);
	else if (is_good)
		is_good = err_set(e, ERR_LIMIT, "the settings of the store are too large");
	arena_release(&a);
	return is_good;
}

/* The gate keeps pointing at the lists of names of the first configuration, which the caller owns until the
 * end; what a change of takes effect at once is taken from later ones. */
static bool read_file_again(struct gateway *w, struct err *e)
{
	struct config *now = w->opts->read_again(w->opts->ctx, e);
	if (!now)
		return false;
	struct config *before = w->config;
	w->config = now;
	if (!gateway_overlay(w, now, e) || !gateway_apply_file(w, e)) {
		w->config = before;
		config_unref(&now);
		return false;
	}
	config_unref(&before);
	return true;
}

bool gateway_put_in_force(struct gateway *w, struct err *e)
{
	struct arena a;
	struct grants *grants = grants_load(w->engine.store, e);
	if (!grants)
		return false;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	bool is_good = apply_servers(w, &a, e) && gate_load_pins(w->engine.gate, e);
	arena_release(&a);
	if (!is_good) {
		grants_unref(&grants);
		return false;
	}
	log_set_level(w->config->log_level);
	if (w->engine.mover)
		mover_keep(w->engine.mover, (int64_t)w->config->retention_ms * 1000);
	if (w->engine.grants)
		grants_unref(&w->engine.grants);
	w->engine.grants = grants;
	gate_set_grants(w->engine.gate, grants);
	log_info(NULL, "in force: %zu servers, %zu grants%s", registry_count(w->engine.registry), grants_count(grants),
	         grants_broken(grants) ? "; some policies no longer load and refuse every call" : "");
	return true;
}

bool gateway_reload(void *gateway, struct err *e)
{
	struct gateway *w = gateway;
	return read_file_again(w, e) && gateway_put_in_force(w, e);
}
