/* What the store takes as a server. What a running gate wants beyond it is upstream_check's. */
#include "base/limits.h"
#include "store/inside.h"
#include <stdarg.h>
#include <stdio.h>

struct checking {
	store_fault_fn *tell;
	void *ctx;
	bool is_good;
};

static void fault(struct checking *k, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void fault(struct checking *k, const char *pointer, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	k->is_good = false;
	k->tell(k->ctx, pointer, text);
}

static void check_text(struct checking *k, const char *pointer, const char *what, const char *text, size_t max)
{
	struct err e = { 0 };
	if (!store_check_text(what, text, max, &e))
		fault(k, pointer, "%s", e.text);
}

static void check_pairs(struct checking *k, const char *member, const char *what, const struct store_pair *v, size_t n)
{
	char pointer[60];
	if (n > LIMIT_SERVER_PARTS) {
		snprintf(pointer, sizeof pointer, "/%s", member);
		fault(k, pointer, "a server has at most %d of '%s'", LIMIT_SERVER_PARTS, what);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(pointer, sizeof pointer, "/%s/%zu/name", member, i);
		if (!v[i].name[0])
			fault(k, pointer, "a %s has no name", what);
		else if (strchr(v[i].name, '='))
			fault(k, pointer, "the name of a %s has no '='", what);
		else
			check_text(k, pointer, what, v[i].name, LIMIT_NAME * 4);
		snprintf(pointer, sizeof pointer, "/%s/%zu/value", member, i);
		if (strlen(v[i].value) > LIMIT_SERVER_TEXT)
			fault(k, pointer, "the value of the %s '%.64s' is longer than %d bytes", what, v[i].name, LIMIT_SERVER_TEXT);
		for (size_t j = 0; j < i; j++)
			if (strcmp(v[i].name, v[j].name) == 0) {
				snprintf(pointer, sizeof pointer, "/%s/%zu/name", member, i);
				fault(k, pointer, "the %s '%.64s' stands twice", what, v[i].name);
			}
	}
}

static void check_command(struct checking *k, const struct store_server *v)
{
	size_t argc = 0;
	if (v->transport != STORE_STDIO || v->url || !v->argv || !v->argv[0] || !v->argv[0][0]) {
		fault(k, "/command", "server '%s': a server on stdio has a command and no url", v->name);
		return;
	}
	for (; v->argv[argc]; argc++) {
		char pointer[40];
		snprintf(pointer, sizeof pointer, "/command/%zu", argc);
		if (strlen(v->argv[argc]) > LIMIT_SERVER_TEXT)
			fault(k, pointer, "server '%s': an argument is longer than %d bytes", v->name, LIMIT_SERVER_TEXT);
	}
	if (argc > LIMIT_SERVER_PARTS)
		fault(k, "/command", "server '%s': more than %d arguments", v->name, LIMIT_SERVER_PARTS);
	if (v->cwd)
		check_text(k, "/cwd", "working folder", v->cwd, LIMIT_SERVER_TEXT);
}

static bool is_same_text(const char *x, const char *y)
{
	return x && y ? strcmp(x, y) == 0 : x == y;
}

static bool is_same_pairs(const struct store_pair *x, size_t n, const struct store_pair *y, size_t m)
{
	for (size_t i = 0; i < n && n == m; i++)
		if (strcmp(x[i].name, y[i].name) != 0 || strcmp(x[i].value, y[i].value) != 0)
			return false;
	return n == m;
}

static bool is_same_list(const char *const *x, const char *const *y)
{
	size_t i = 0;
	if (!x || !y)
		return x == y;
	while (x[i] && y[i] && strcmp(x[i], y[i]) == 0)
		i++;
	return !x[i] && !y[i];
}

bool store_server_same(const struct store_server *x, const struct store_server *y)
{
	return is_same_text(x->name, y->name) && x->transport == y->transport && is_same_text(x->url, y->url) &&
	       is_same_pairs(x->headers, x->header_n, y->headers, y->header_n) && is_same_list(x->argv, y->argv) &&
	       is_same_pairs(x->env, x->env_n, y->env, y->env_n) && is_same_text(x->cwd, y->cwd) && x->per == y->per &&
	       x->is_enabled == y->is_enabled && x->call_timeout_ms == y->call_timeout_ms &&
	       x->start_timeout_ms == y->start_timeout_ms && x->child_idle_ms == y->child_idle_ms &&
	       x->children_max == y->children_max && x->calls_max == y->calls_max && x->message_bytes_max == y->message_bytes_max;
}

bool store_server_check(const struct store_server *v, store_fault_fn *tell, void *ctx)
{
	struct checking k = { tell, ctx, true };
	struct err e = { 0 };
	if (!store_check_name("server", v->name, &e))
		fault(&k, "/name", "%s", e.text);
	check_pairs(&k, "headers", "header", v->headers, v->header_n);
	check_pairs(&k, "env", "variable", v->env, v->env_n);
	if (strcmp(v->name, STORE_BUILTIN_NAME) == 0 && v->transport != STORE_BUILTIN)
		fault(&k, "/name", "the name '%s' is the gate's own server: choose another name", v->name);
	if (v->transport != STORE_HTTP && v->transport != STORE_BUILTIN)
		check_command(&k, v);
	else if (!v->url || v->argv)
		fault(&k, "/url", "server '%s': a server over http has a url and no command", v->name);
	else
		check_text(&k, "/url", "url", v->url, LIMIT_SERVER_TEXT);
	return k.is_good;
}
