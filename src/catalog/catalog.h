/*
 * Which tools each server has, as it listed them.
 *
 * An entry is immutable (but for is_task_only and pin) and counted, so that a call keeps the definition it was judged
 * by while the list is learned anew. A definition that cannot be judged is kept, with
 * the reason, and refused for use. Text in here comes from servers: never trusted.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H
#include "catalog/pins.h"
#include "catalog/risk.h"
#include "schema/schema.h"
#include "json/json.h"
#include <stdint.h>

struct catalog;

enum catalog_hint { CATALOG_HINT_NONE = 0, CATALOG_HINT_NO, CATALOG_HINT_YES };

/* The annotations as the server claims them (MCP 2025-11-25, ToolAnnotations). */
struct catalog_hints {
	enum catalog_hint read_only, destructive, idempotent, open_world;
};

struct catalog_hints catalog_hints(const struct json *definition);

struct catalog_tool {
	struct slice name;
	/* JSON text, as the server wrote it, printed compactly, without `execution` and `outputSchema`: the eras
	 * say those differently, and nothing is judged by them. */
	struct slice definition;
	struct slice refused;    /* why it may not be called; p NULL when it may */
	struct catalog_hints hints;
	struct risk risk;
	enum pin_state pin;      /* the gate's to set: see gate/pinning.h */
	bool is_task_only;       /* it runs as a task of 2025-11-25 and in no other way, as far as is known */
	/* the rest belongs to catalog.c: see catalog_schema */
	unsigned refs;
	bool is_compiled;
	struct schema *schema;
	char *schema_error;
};

struct catalog *catalog_new(void);
void catalog_free(struct catalog **c);
/* Told of each list that became another than was known, for keeping: a JSON array of the definitions as
 * the server wrote them, borrowed. A list of more than LIMIT_KEPT_LIST bytes is not told of. What is said
 * of output alone is no change here, since the eras say it differently. */
typedef void catalog_watch_fn(void *ctx, struct slice server, struct slice tools);
void catalog_watch(struct catalog *c, catalog_watch_fn *fn, void *ctx);

/*
 * Learns a server's list: begin, each page in order, commit. Until commit the old list
 * stands. Entries whose definition did not change stay the same entry (and keep their
 * compiled schema). Past LIMIT_TOOLS_PER_SERVER the rest is left out and marked.
 * Two definitions of one name make the tool refused.
 */
void catalog_begin(struct catalog *c, struct slice name); /* of the server */
/* tools: the array of a tools/list result. False when it is not an array: the
 * learning is given up, the old list stands. An element that is no object is kept as a tool
 * without a name, and refused. */
bool catalog_add(struct catalog *c, struct slice server, const struct json *tools,
		 struct err *e) MUST_CHECK;
/* now_us and ttl_ms (0: never) tell when the list becomes stale by itself. */
void catalog_commit(struct catalog *c, struct slice name, uint64_t now_us, uint64_t ttl_ms);
/* All three for a list of one page. */
bool catalog_learn(struct catalog *c, struct slice server, const struct json *tools,
		   uint64_t now_us, uint64_t ttl_ms, struct err *e) MUST_CHECK;
void catalog_forget(struct catalog *c, struct slice name); /* the server was removed */

/* NULL when the server's list does not have it. Borrowed until the list changes:
 * catalog_tool_ref keeps it. */
struct catalog_tool *catalog_tool(const struct catalog *c, struct slice server, struct slice name);
struct catalog_tool *catalog_tool_ref(struct catalog_tool *t);
void catalog_tool_unref(struct catalog_tool **t);
/* Of a definition of this server that may not be learnt yet. */
void catalog_risk(const struct catalog *c, struct slice server, const struct json *definition, struct risk *out);
/* The input schema, compiled at the first use and kept. NULL and *e when it does not
 * compile: such a tool may not be called. */
const struct schema *catalog_schema(struct catalog_tool *t, struct err *e) MUST_CHECK;

struct catalog_status {
	bool is_known; /* a list was learned */
	bool is_stale; /* learn it again: told by the server, or too old */
	bool is_cut;   /* longer than LIMIT_TOOLS_PER_SERVER */
	size_t tools, refused;
};
struct catalog_status catalog_status(const struct catalog *c, struct slice server, uint64_t now_us);
/* notifications/tools/list_changed, or the server was started anew. The list stays usable. */
void catalog_mark_stale(struct catalog *c, struct slice server);
/* How many times a list became another than it was. */
uint64_t catalog_changes(const struct catalog *c);
void catalog_touch(struct catalog *c); /* something else changed what is shown of the lists */
/* In the order of the server's list; *at starts at 0; NULL at the end. */
struct catalog_tool *catalog_next(const struct catalog *c, struct slice server, size_t *at);

#endif
