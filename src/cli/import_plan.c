/* What an import will do: names behind the gate, grants, edits. */
#include "admin/take_over.h"
#include "base/limits.h"
#include "cli/import.h"
#include <stdlib.h>

/* Servers of the store, to find the same one there. */
struct kept {
	struct store_server *v;
	size_t n;
	struct import *m;
};

static bool is_taken(void *ctx, const char *name)
{
	const struct kept *k = ctx;
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i].name, name) == 0)
			return true;
	for (size_t i = 0; i < k->m->server_n; i++)
		if (strcmp(k->m->servers[i]->name, name) == 0)
			return true;
	return strcmp(name, STORE_BUILTIN_NAME) == 0 || config_server_get(k->m->place.config, name) != NULL;
}

/* The one behind the gate: one that another client has, one of the store, or a new one. */
static struct import_server *server_for(struct import *m, struct kept *k, const struct client_server *s)
{
	for (size_t i = 0; i < m->server_n; i++)
		if (client_server_same(m->servers[i]->of, s))
			return m->servers[i];
	struct import_server *out = arena_zalloc(&m->c->arena, sizeof *out);
	if (!out || m->server_n == ARRAY_LEN(m->servers))
		return NULL;
	out->of = s;
	for (size_t i = 0; i < k->n && !out->name; i++) {
		out->is_there = take_over_is_same(&k->v[i], s);
		out->name = out->is_there ? k->v[i].name : NULL;
	}
	if (!out->name)
		out->name = client_server_name(&m->c->arena, s->name, is_taken, k);
	m->servers[m->server_n++] = out;
	return out->name ? out : NULL;
}

static bool is_label_taken(struct import *m, const char *label)
{
	struct store_grant g;
	struct err e = { 0 };
	for (size_t i = 0; i < m->grant_n; i++)
		if (strcmp(m->grants[i].label, label) == 0)
			return true;
	return m->place.store && store_grant_get(m->place.store, label, &m->c->arena, &g, &e) && !g.revoked_us;
}

/* --grant names one for all: a new one, or one whose token is in the environment, as only a hash is kept. */
static int take_named_grant(struct import *m, struct import_grant *g, const char *label)
{
	struct store_grant kept;
	struct err e = { 0 };
	g->label = label;
	if (!m->place.store || !store_grant_get(m->place.store, label, &m->c->arena, &kept, &e) || kept.revoked_us)
		return CLI_OK;
	const char *token = getenv("GATEHOUSE_TOKEN");
	if (!token || !token_hash(slice_str(token), g->hash) || !digest_equal(g->hash, kept.token_hash, sizeof g->hash))
		return cli_fail(CLI_WRONG, "grant '%.64s' is there already, and only a hash of its token is kept: put the token into GATEHOUSE_TOKEN, or name a grant that is not there", label);
	g->is_there = true;
	memcpy(g->token, token, strlen(token) + 1);
	memcpy(g->id, kept.id, sizeof g->id);
	return CLI_OK;
}

struct import_grant *import_grant_of(struct import *m, enum client client)
{
	for (size_t i = 0; i < m->grant_n; i++)
		if (m->grants[i].client == client || m->grants[i].client == CLIENT_NONE)
			return &m->grants[i];
	return NULL;
}

static int add_grant(struct import *m, enum client client)
{
	const char *label = cli_value(m->c, "grant");
	if (import_grant_of(m, client))
		return CLI_OK;
	struct import_grant *g = &m->grants[m->grant_n];
	memcpy(g->token, "gh_\xe2\x80\xa6", sizeof "gh_\xe2\x80\xa6");
	g->client = label ? CLIENT_NONE : client;
	if (label) {
		int code = take_named_grant(m, g, label);
		if (code != CLI_OK)
			return code;
	} else {
		g->label = client_word(client);
		for (int i = 2; g->label && is_label_taken(m, g->label); i++)
			g->label = arena_printf(&m->c->arena, "%s-%d", client_word(client), i);
	}
	m->grant_n++;
	return g->label ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

int import_plan(struct import *m)
{
	struct kept k = { .m = m };
	struct err e = { 0 };
	if (m->place.store && !store_servers(m->place.store, &m->c->arena, &k.v, &k.n, &e))
		return cli_fail_err(&e);
	for (size_t i = 0; i < m->file_n; i++) {
		struct import_file *f = &m->files[i];
		for (size_t j = 0; j < f->n; j++) {
			if (f->servers[j].stay != CLIENT_MOVES)
				continue;
			f->to[j] = server_for(m, &k, &f->servers[j]);
			if (!f->to[j])
				return cli_fail(CLI_FAILED, "more than %d servers, or out of memory", LIMIT_CLIENT_SERVERS);
			f->moves++;
		}
		if (f->moves) {
			int code = add_grant(m, f->file.client);
			if (code != CLI_OK)
				return code;
		}
	}
	return import_edit(m);
}

static bool edit_file(struct import *m, struct import_file *f, struct err *e)
{
	struct client_change *v = arena_zalloc(&m->c->arena, (f->moves + 1) * sizeof *v);
	size_t n = 0;
	for (size_t i = 0; v && i < f->n; i++) {
		if (!f->to[i])
			continue;
		v[n].server = &f->servers[i];
		v[n].url = arena_printf(&m->c->arena, "%s/mcp/%s", m->base, f->to[i]->name);
		v[n++].token = import_grant_of(m, f->file.client)->token;
		if (!v[n - 1].url)
			v = NULL;
	}
	return v ? clients_edits(&f->file, f->text, v, n, &m->c->arena, &f->edits, &f->edit_n, e) : err_set(e, ERR_LIMIT, "out of memory");
}

static bool is_used(const struct import *m, const struct import_server *s)
{
	for (size_t i = 0; i < m->file_n; i++)
		for (size_t j = 0; j < m->files[i].n; j++)
			if (m->files[i].to && m->files[i].to[j] == s)
				return true;
	return false;
}

/* A file that cannot be edited leaves servers and grants that nobody asks for. */
static void drop_unused(struct import *m)
{
	size_t servers = 0, grants = 0;
	for (size_t i = 0; i < m->server_n; i++)
		if (is_used(m, m->servers[i]))
			m->servers[servers++] = m->servers[i];
	for (size_t i = 0; i < m->grant_n; i++) {
		bool is_wanted = false;
		for (size_t j = 0; j < m->file_n; j++)
			is_wanted |= m->files[j].moves && (m->grants[i].client == CLIENT_NONE || m->grants[i].client == m->files[j].file.client);
		if (is_wanted)
			m->grants[grants++] = m->grants[i];
	}
	m->server_n = servers;
	m->grant_n = grants;
}

int import_edit(struct import *m)
{
	for (size_t i = 0; i < m->file_n; i++) {
		struct import_file *f = &m->files[i];
		struct err e = { 0 };
		if (!f->moves || edit_file(m, f, &e))
			continue;
		f->trouble = arena_printf(&m->c->arena, "%s", e.text);
		f->moves = 0;
		memset(f->to, 0, f->n * sizeof *f->to);
	}
	drop_unused(m);
	return CLI_OK;
}

size_t import_moves(const struct import *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->file_n; i++)
		n += m->files[i].moves;
	return n;
}
