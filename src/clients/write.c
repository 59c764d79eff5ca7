/*
 * Entries that point at the gate, written in the way of the file they stand in. What says how to reach a
 * server is replaced where it first stands; all else of an entry stays as it is written.
 */
#include "base/check.h"
#include "base/limits.h"
#include "clients/dialect.h"
#include "clients/style.h"
#include <stdlib.h>

struct writer {
	const struct client_file *file;
	enum language language;
	struct slice text;
	struct arena *arena;
	struct edit *v;
	size_t n, cap;
	struct err *e;
};

/* What tells a client how to reach a server: none of it is true any more. Zed takes an entry with settings for
 * one of an extension. */
static bool is_replaced(const struct writer *w, struct slice key)
{
	static const char *const keys[] = { "command", "args", "env", "env_vars", "envFile", "cwd", "url", "serverUrl", "httpUrl", "headers", "http_headers",
					    "env_http_headers", "bearer_token_env_var", "type", "requestOptions", "dev" };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (slice_is(key, keys[i]))
			return true;
	return w->file->client == CLIENT_ZED && (slice_is(key, "settings") || slice_is(key, "source"));
}

static bool add_edit(struct writer *w, size_t at, size_t end, struct slice text)
{
	if (w->n == w->cap) {
		size_t cap = w->cap ? w->cap * 2 : 32;
		struct edit *v = arena_realloc(w->arena, w->v, w->cap * sizeof *v, cap * sizeof *v);
		if (!v)
			return err_set(w->e, ERR_LIMIT, "it needs too much memory");
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n++] = (struct edit){ at, end, text };
	return true;
}

static struct node *member(struct writer *w, struct node *parent, enum node_type type, const char *key, const char *text)
{
	struct node *n = arena_zalloc(w->arena, sizeof *n);
	if (!n)
		return NULL;
	n->type = type;
	n->key = slice_str(key);
	n->text = slice_str(text);
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	parent->n++;
	return n;
}

/* A client that only starts programs is given one that speaks HTTP for it. The header's value comes by the
 * environment: some shells split an argument at its space. */
static bool add_bridge(struct writer *w, struct node *out, const struct client_change *c, const char *bearer)
{
	const char *const args[] = { "-y", "mcp-remote", c->url, "--allow-http", "--transport", "http-only", "--header", "Authorization:${GATEHOUSE_TOKEN}" };
	bool is_good = member(w, out, NODE_STRING, "command", "npx");
	struct node *list = member(w, out, NODE_LIST, "args", NULL), *env = member(w, out, NODE_OBJECT, "env", NULL);
	for (size_t i = 0; list && i < ARRAY_LEN(args); i++)
		is_good = is_good && member(w, list, NODE_STRING, NULL, args[i]);
	return is_good && list && env && member(w, env, NODE_STRING, "GATEHOUSE_TOKEN", bearer);
}

/* The members that point an entry at the gate. */
static bool add_members(struct writer *w, struct node *out, const struct client_change *c)
{
	const struct dialect *d = dialect_of(w->file->client);
	const char *bearer = arena_printf(w->arena, "Bearer %s", c->token), *type = d->type;
	struct node *at = out;
	bool is_old = w->file->client == CLIENT_CONTINUE && (w->language == LANGUAGE_YAML || c->server->entry->parent->type == NODE_LIST);
	bool is_good = bearer != NULL;
	if (d->is_bridged)
		return is_good && add_bridge(w, out, c, bearer);
	if (is_old)
		type = "streamable-http";
	if (type)
		is_good = is_good && member(w, out, NODE_STRING, "type", type);
	is_good = is_good && member(w, out, NODE_STRING, d->url_key, c->url);
	if (is_old)
		at = member(w, out, NODE_OBJECT, "requestOptions", NULL);
	at = at ? member(w, at, NODE_OBJECT, d->headers_key, NULL) : NULL;
	return is_good && at && member(w, at, NODE_STRING, "Authorization", bearer);
}

static struct slice text_between(const struct writer *w, size_t at, size_t end)
{
	return slice_of(w->text.p + at, end - at);
}

/* All members of the entry as texts, the new ones where the first replaced one stood. NULL: out of memory, or
 * one that cannot be taken along. */
static struct slice *all_members(struct writer *w, const struct node *entry, const struct node *fresh, const struct style *s, size_t *n)
{
	struct slice *v = arena_zalloc(w->arena, (entry->n + fresh->n + 1) * sizeof *v);
	bool is_put = false;
	*n = 0;
	for (const struct node *one = entry->first; v && one; one = one->next) {
		if (!is_replaced(w, one->key)) {
			if (one->form == NODE_IMPLIED || one->form == NODE_TABLE) {
				node_fail(w->text, one->key_at, w->e, "dotted keys inside a table in braces are not rewritten: write it as a table of its own");
				return NULL;
			}
			v[(*n)++] = text_between(w, one->key_at, one->end);
			continue;
		}
		for (const struct node *f = is_put ? NULL : fresh->first; f; f = f->next)
			if (!style_member(s, f, w->arena, &v[(*n)++]))
				v = NULL;
		is_put = true;
	}
	if (!v)
		err_set(w->e, ERR_LIMIT, "it needs too much memory");
	return v;
}

static bool write_flow(struct writer *w, const struct node *entry, const struct node *fresh)
{
	struct style s = style_of(w->text, w->language, entry);
	struct slice out;
	size_t n;
	struct slice *v = all_members(w, entry, fresh, &s, &n);
	if (!v)
		return false;
	if (!style_object(&s, v, n, w->arena, &out))
		return err_set(w->e, ERR_LIMIT, "it needs too much memory");
	return add_edit(w, entry->at, entry->end, out);
}

static size_t line_start(const struct writer *w, size_t at)
{
	while (at && w->text.p[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct writer *w, size_t at)
{
	const char *found = memchr(w->text.p + at, '\n', w->text.n - at);
	return found ? (size_t)(found - w->text.p) + 1 : w->text.n;
}

/* Takes the lines of a member of a table away, and the blank ones before a header. */
static bool drop_lines(struct writer *w, const struct node *n)
{
	bool is_good = true;
	if (n->form == NODE_FLOW)
		return add_edit(w, line_start(w, n->key_at), line_end(w, n->end), slice_of("", 0));
	if (n->form == NODE_TABLE && n->type == NODE_OBJECT) {
		size_t at = line_start(w, n->at), end = line_end(w, n->end);
		while (at && !slice_trim(text_between(w, line_start(w, at - 1), at - 1 - (at > 1 && w->text.p[at - 2] == '\r'))).n)
			at = line_start(w, at - 1);
		is_good = add_edit(w, at, end, slice_of("", 0));
	}
	for (const struct node *one = n->first; one && is_good; one = one->next)
		is_good = drop_lines(w, one);
	return is_good;
}

/* [mcp_servers.name] and the lines and tables below it. */
static bool write_table(struct writer *w, const struct node *entry, const struct node *fresh)
{
	struct style s = style_of(w->text, w->language, entry);
	struct buf b = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
	size_t at = line_end(w, entry->end), end = at;
	bool is_good = true, is_put = false;
	for (const struct node *one = entry->first; one && is_good; one = one->next) {
		if (!is_replaced(w, one->key))
			continue;
		if (!is_put && one->form == NODE_FLOW) {
			at = line_start(w, one->key_at);
			end = line_end(w, one->end);
			is_put = true;
		} else {
			is_good = drop_lines(w, one);
		}
	}
	bool is_ended = end && w->text.p[end - 1] == '\n';
	if (at == end && !is_ended)
		buf_adds(&b, s.eol);
	for (const struct node *f = fresh->first; f && is_good; f = f->next) {
		struct slice line;
		is_good = style_member(&s, f, w->arena, &line) || err_set(w->e, ERR_LIMIT, "it needs too much memory");
		buf_add_slice(&b, line);
		if (f->next || is_ended || at == end)
			buf_adds(&b, s.eol);
	}
	char *text = is_good ? arena_strndup(w->arena, b.p ? b.p : "", b.n) : NULL;
	size_t n = b.n;
	buf_release(&b);
	return is_good && (text || err_set(w->e, ERR_LIMIT, "it needs too much memory")) && add_edit(w, at, end, slice_of(text, n));
}

/* An element of a list of YAML: its first member stands behind the dash. */
static bool write_block(struct writer *w, const struct node *entry, const struct node *fresh)
{
	struct style s = style_of(w->text, w->language, entry);
	size_t n;
	struct slice *v = all_members(w, entry, fresh, &s, &n), out;
	if (!v)
		return false;
	if (!style_lines(&s, v, n, w->arena, &out))
		return err_set(w->e, ERR_LIMIT, "it needs too much memory");
	return add_edit(w, entry->at, entry->end, out);
}

static bool write_entry(struct writer *w, const struct client_change *c)
{
	const struct node *entry = entry_transport(c->server->entry);
	struct node fresh = { .type = NODE_OBJECT };
	if (!add_members(w, &fresh, c))
		return err_set(w->e, ERR_LIMIT, "it needs too much memory");
	switch (entry->form) {
	case NODE_FLOW:
		return write_flow(w, entry, &fresh);
	case NODE_BLOCK:
		return write_block(w, entry, &fresh);
	case NODE_TABLE:
		return write_table(w, entry, &fresh);
	case NODE_IMPLIED:
		break;
	}
	return node_fail(w->text, entry->key_at, w->e, "a server by dotted keys is not rewritten: write it as a table of its own, [mcp_servers.name]");
}

/* An insertion comes before what is taken away behind it. */
static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->end < b->end ? -1 : a->end > b->end;
}

bool clients_edits(const struct client_file *f, struct slice text, const struct client_change *v, size_t n, struct arena *a,
		   struct edit **edits, size_t *edit_n, struct err *e)
{
	struct writer w = { .file = f, .language = client_language(f->path), .text = text, .arena = a, .e = e };
	for (size_t i = 0; i < n; i++)
		if (!write_entry(&w, &v[i]))
			return false;
	if (w.n)
		qsort(w.v, w.n, sizeof *w.v, by_place);
	for (size_t i = 1; i < w.n; i++)
		BUG_ON(w.v[i].at < w.v[i - 1].end);
	*edits = w.v;
	*edit_n = w.n;
	return true;
}
