/* A kept catalogue in a folder of its own. */
#ifndef INDEX_RIG_H
#define INDEX_RIG_H
#include "index/index.h"
#include "base/limits.h"
#include "folder.h"
#include "json/json.h"
#include "tap.h"

struct rig {
	struct folder folder;
	char path[300];
	struct index *x;
	struct arena a;
	struct err e;
};

static inline void rig_reopen(struct rig *r, enum index_mode mode)
{
	index_close(&r->x);
	r->x = index_open(r->path, mode, &r->e);
	ok(r->x, "the catalogue opens: %s", r->x ? "" : r->e.text);
}

static inline void rig_open(struct rig *r)
{
	*r = (struct rig){ .folder = folder_new() };
	snprintf(r->path, sizeof r->path, "%s/catalog.db", r->folder.path);
	arena_init(&r->a, 1u << 30);
	rig_reopen(r, INDEX_WRITE);
}

static inline void rig_close(struct rig *r)
{
	index_close(&r->x);
	arena_release(&r->a);
	folder_remove(&r->folder);
}

/* tools: JSON text of the array. */
static inline void rig_put(struct rig *r, const char *id, const char *tools)
{
	struct index_server s = { .id = slice_str(id), .source = INDEX_FILE, .where = SLICE_LIT("here") };
	const struct json *v = json_read(slice_str(tools), &r->a, &r->e);
	ok(v && index_put_server(r->x, &s, v, &r->e), "'%s' is put: %s", id, r->e.text);
}

static inline size_t rig_ask(struct rig *r, const struct index_query *q, struct index_page *page)
{
	bool is_fine = index_search(r->x, q, &r->a, page, &r->e);
	ok(is_fine, "a search: %s", is_fine ? "" : r->e.text);
	return page->n;
}

static inline size_t rig_found(struct rig *r, const char *words)
{
	struct index_query q = { .words = slice_str(words), .limit = LIMIT_INDEX_PAGE };
	struct index_page page;
	return rig_ask(r, &q, &page);
}

#endif
