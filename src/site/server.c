/* Every server in turn: the pages of its tools, then its own, with one policy for all of them. */
#include "base/check.h"
#include "base/limits.h"
#include "site/inside.h"
#include <stdio.h>
#include <stdlib.h>

/* What the definitions of one server may take in memory at once; beyond it there is no policy in one piece. */
#define KEPT_MAX   (256u << 20)
#define POLICY_MAX (8u << 20)

struct visit {
	struct site *s;
	const struct server_row *r;
	struct arena arena;
	const struct profile **v; /* of the tools that are listed now */
	size_t n, at;		  /* at: the next row */
	bool is_too_large;
};

static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct visit *v = ctx;
	struct site *s = v->s;
	if (v->at == v->r->n || !slice_eq(s->tools[v->r->first + v->at].name, t->name))
		return err_set(s->e, ERR_INPUT, "the catalogue was changed meanwhile: write the site again");
	if (v->arena.used > KEPT_MAX)
		v->is_too_large = true;
	if (v->is_too_large)
		arena_reset(&v->arena);
	struct tool_row *row = &s->tools[v->r->first + v->at++];
	struct profile *p = arena_zalloc(&v->arena, sizeof *p);
	if (!p || !index_profile(t, &v->arena, p, s->e))
		return p ? false : err_set(s->e, ERR_LIMIT, "a definition is too large for its page");
	struct tool_facts f = { .row = row, .t = t, .definition = json_read(t->definition, &v->arena, NULL), .p = p };
	row_describe(s, row, &f);
	if (!row->is_gone && !v->is_too_large)
		v->v[v->n++] = p;
	return tool_page(s, &f);
}

/* Pretty, for people and for a file; empty: there is none. */
static void make_policy(struct visit *v, struct buf *out)
{
	struct buf text = BUF_INIT(POLICY_MAX);
	struct arena arena;
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	if (!v->is_too_large)
		recommend_policy(&text, v->v, v->n);
	const struct json *policy = text.n && buf_ok(&text) ? json_read(buf_slice(&text), &arena, NULL) : NULL;
	if (policy) {
		json_pretty(out, policy);
		buf_addc(out, '\n');
	}
	arena_release(&arena);
	buf_release(&text);
}

static bool write_server(struct site *s, const struct server_row *r)
{
	struct visit v = { .s = s, .r = r };
	struct buf policy = BUF_INIT(2 * POLICY_MAX);
	char path[200];
	struct err e = { 0 };
	arena_init(&v.arena, 2 * (size_t)KEPT_MAX);
	v.v = mem_alloc((r->n ? r->n : 1) * sizeof(void *));
	bool is_good = !r->n || (index_each_tool_ever(s->x, r->s.id, on_tool, &v, &e) && !s->e->kind);
	if (!is_good && !s->e->kind)
		*s->e = e;
	if (is_good && v.n)
		make_policy(&v, &policy);
	is_good = is_good && server_page(s, r, buf_ok(&policy) ? buf_slice(&policy) : slice_of("", 0));
	snprintf(path, sizeof path, "server/%s/policy.json", r->file);
	if (is_good && policy.n && buf_ok(&policy))
		is_good = page_put(s, path, buf_slice(&policy));
	snprintf(path, sizeof path, "server/%s", r->file);
	is_good = is_good && out_sweep(&s->out, path, s->e);
	buf_release(&policy);
	free(v.v);
	arena_release(&v.arena);
	return is_good;
}

bool servers_write(struct site *s)
{
	char path[200];
	for (size_t i = 0; i < s->server_n; i++)
		if (!write_server(s, &s->servers[i]))
			return false;
	for (size_t i = 0; i < s->server_n; i++) {
		snprintf(path, sizeof path, "server/%s", s->servers[i].file);
		out_keep(&s->out, path);
	}
	return out_sweep(&s->out, "server", s->e);
}
