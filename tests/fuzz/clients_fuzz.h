/*
 * One configuration of a client: whatever is accepted can be rewritten, is still of its language then, has the
 * same servers, and all that moved are behind the gate.
 */
#ifndef CLIENTS_FUZZ_H
#define CLIENTS_FUZZ_H
#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "clients/clients.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *clients_fuzz_variable(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == 'A' ? "value" : NULL;
}

static struct client_server *clients_fuzz_read(const struct client_file *f, struct slice text, struct arena *a, size_t *n)
{
	struct client_facts facts = { .variable = clients_fuzz_variable, .home = "/home/me", .gate = "http://127.0.0.1:8811" };
	struct err e = { 0 };
	const struct node *root = node_read(client_language(f->path), text, a, &e);
	struct client_server *v = root ? clients_servers(f, text, root, &facts, a, n, &e) : NULL;
	BUG_ON(!v && !e.text[0]);
	return v;
}

static void clients_fuzz_one(enum client client, const char *path, struct slice text)
{
	struct client_file f = { client, path, "/home/me/app" };
	struct arena a;
	struct buf out = BUF_INIT(64u << 20);
	struct edit *edit = NULL;
	struct err e = { 0 };
	size_t n = 0, m = 0, edits = 0, changes = 0;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct client_server *v = clients_fuzz_read(&f, text, &a, &n);
	struct client_change *change = v ? arena_zalloc(&a, (n + 1) * sizeof *change) : NULL;
	for (size_t i = 0; change && i < n; i++)
		if (v[i].stay == CLIENT_MOVES)
			change[changes++] = (struct client_change){ &v[i], "http://127.0.0.1:8811/mcp/x", "gh_x" };
	if (change && clients_edits(&f, text, change, changes, &a, &edit, &edits, &e)) {
		edits_apply(&out, text, edit, edits);
		const struct client_server *w = clients_fuzz_read(&f, buf_slice(&out), &a, &m);
		BUG_ON(!w || n != m);
		for (size_t i = 0; i < n; i++)
			BUG_ON(w[i].stay == CLIENT_MOVES || (v[i].stay != CLIENT_MOVES && v[i].stay != w[i].stay));
	}
	buf_release(&out);
	arena_release(&a);
}

#endif
