/* See take_over.h. */
#include "admin/take_over.h"
#include <sys/stat.h>

static bool is_same_pairs(const struct store_pair *x, size_t n, const struct client_pair *y, size_t m)
{
	bool is_same = n == m;
	for (size_t i = 0; i < n && is_same; i++) {
		is_same = false;
		for (size_t j = 0; j < m && !is_same; j++)
			is_same = strcmp(x[i].name, y[j].name) == 0 && strcmp(x[i].value, y[j].value) == 0;
	}
	return is_same;
}

static bool is_same_text(const char *x, const char *y)
{
	return strcmp(x ? x : "", y ? y : "") == 0;
}

bool take_over_is_same(const struct store_server *k, const struct client_server *s)
{
	size_t n = 0;
	if ((k->transport == STORE_STDIO) != (s->transport == CLIENT_STDIO) || !is_same_text(k->url, s->url) || !is_same_text(k->cwd, s->cwd))
		return false;
	for (; k->transport == STORE_STDIO && k->argv[n]; n++)
		if (n >= s->arg_n || strcmp(k->argv[n], s->argv[n]) != 0)
			return false;
	return n == s->arg_n && k->is_enabled && is_same_pairs(k->env, k->env_n, s->env, s->env_n) && is_same_pairs(k->headers, k->header_n, s->headers, s->header_n);
}

bool take_over_server(const struct client_server *s, const char *name, struct arena *a, struct store_server *out, bool *cwd_gone)
{
	struct store_pair *pairs = arena_zalloc(a, (s->env_n + s->header_n + 1) * sizeof *pairs);
	struct stat st;
	*cwd_gone = false;
	*out = (struct store_server){ .name = name, .is_enabled = true };
	if (!pairs)
		return false;
	for (size_t i = 0; i < s->env_n; i++)
		pairs[i] = (struct store_pair){ s->env[i].name, s->env[i].value };
	for (size_t i = 0; i < s->header_n; i++)
		pairs[s->env_n + i] = (struct store_pair){ s->headers[i].name, s->headers[i].value };
	if (s->transport == CLIENT_STDIO) {
		out->transport = STORE_STDIO;
		out->argv = s->argv;
		out->env = pairs;
		out->env_n = s->env_n;
		/* A project's folder may be gone while the client still knows it. */
		out->cwd = s->cwd && stat(s->cwd, &st) == 0 ? s->cwd : NULL;
		*cwd_gone = s->cwd && !out->cwd;
	} else {
		out->transport = STORE_HTTP;
		out->url = s->url;
		out->headers = pairs + s->env_n;
		out->header_n = s->header_n;
	}
	return true;
}
