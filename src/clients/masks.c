/* What of a configuration is not shown. */
#include "base/compiler.h"
#include "clients/dialect.h"
#include <stdlib.h>

struct masker {
	struct arena *arena;
	struct edit *v;
	size_t n, cap;
	bool is_full;
};

static void mask(struct masker *m, const struct node *one)
{
	if (!one || one->type == NODE_OBJECT || one->form != NODE_FLOW)
		return;
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 32;
		struct edit *v = arena_realloc(m->arena, m->v, m->cap * sizeof *v, cap * sizeof *v);
		m->is_full |= !v;
		if (!v)
			return;
		m->v = v;
		m->cap = cap;
	}
	m->v[m->n++] = (struct edit){ one->at, one->end, SLICE_LIT("\"\xe2\x80\xa6\"") };
}

static void mask_members(struct masker *m, const struct node *object)
{
	for (const struct node *one = object ? object->first : NULL; one; one = one->next)
		mask(m, one);
}

static bool has_secret(const struct client_server *s, enum client_where where, size_t argument)
{
	for (size_t i = 0; i < s->secret_n; i++)
		if (s->secrets[i].where == where && (where != CLIENT_IN_ARGUMENT || s->secrets[i].argument == argument))
			return true;
	return false;
}

/* from: which of argv the first of the list is. */
static void mask_arguments(struct masker *m, const struct client_server *s, const struct node *list, size_t from)
{
	for (const struct node *one = node_type(list) == NODE_LIST ? list->first : NULL; one; one = one->next, from++)
		if (has_secret(s, CLIENT_IN_ARGUMENT, from))
			mask(m, one);
}

static void mask_server(struct masker *m, const struct client_server *s)
{
	static const char *const pairs[] = { "env", "headers", "http_headers" };
	static const char *const urls[] = { "url", "serverUrl", "httpUrl" };
	const struct node *entry = entry_transport(s->entry), *command = node_gets(entry, "command");
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		mask_members(m, node_gets(entry, pairs[i]));
	mask_members(m, node_gets(node_gets(entry, "requestOptions"), "headers"));
	mask_members(m, node_gets(command, "env"));
	mask_arguments(m, s, command, 0);
	mask_arguments(m, s, node_gets(entry, "args"), node_type(command) == NODE_LIST ? command->n : 1);
	mask_arguments(m, s, node_gets(command, "args"), 1);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		if (has_secret(s, CLIENT_IN_URL, 0))
			mask(m, node_gets(entry, urls[i]));
}

static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

bool clients_masks(const struct client_server *v, size_t n, struct arena *a, struct edit **edits, size_t *edit_n)
{
	struct masker m = { .arena = a };
	for (size_t i = 0; i < n; i++)
		if (v[i].entry->type == NODE_OBJECT)
			mask_server(&m, &v[i]);
	if (m.n)
		qsort(m.v, m.n, sizeof *m.v, by_place);
	*edits = m.v;
	*edit_n = m.n;
	return !m.is_full;
}
