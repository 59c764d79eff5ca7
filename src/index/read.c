/* Questions to the catalogue beside search: one row, all rows, history, totals. */
#include "index/inside.h"
#include "base/limits.h"
#include "base/nearest.h"

bool index_server(struct index *x, struct slice id, struct arena *a, struct index_server *out, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.id = ?");
	if (e)
		e->kind = ERR_NONE;
	stmt_slice(&q, id);
	enum stmt_result r = stmt_step(&q, e);
	bool ok = r == STMT_ROW && read_server(&q, a, out, e);
	stmt_release(&q);
	return ok;
}

static bool add_profile(struct index_tool *t, struct arena *a, struct err *e)
{
	struct profile *p = arena_zalloc(a, sizeof *p);
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	if (!p)
		return err_set(e, ERR_LIMIT, "a tool does not fit the memory for it");
	if (!index_profile(t, a, p, e))
		return false;
	profile_write(&b, p);
	char *text = buf_ok(&b) ? arena_strndup(a, b.p, b.n) : NULL;
	t->profile = slice_of(text, b.n);
	buf_release(&b);
	return text || err_set(e, ERR_LIMIT, "a tool does not fit the memory for it");
}

bool index_tool(struct index *x, struct slice server, struct slice name, struct arena *a, struct index_tool *out, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT " TOOL_COLUMNS " FROM servers s JOIN tools t ON t.server = s.number "
					 "WHERE s.id = ? AND t.name = ?");
	if (e)
		e->kind = ERR_NONE;
	stmt_slice(&q, server);
	stmt_slice(&q, name);
	enum stmt_result r = stmt_step(&q, e);
	bool ok = r == STMT_ROW && read_tool(&q, a, out, e);
	stmt_release(&q);
	return ok && add_profile(out, a, e);
}

/* The nearest of a column of names; a query with one column. Ends q. */
static bool find_nearest(struct stmt *q, struct slice word, struct arena *a, struct slice *out, struct err *e)
{
	size_t best = word.n / 3 + 1;
	enum stmt_result r;
	*out = slice_of("", 0);
	while ((r = stmt_step(q, e)) == STMT_ROW) {
		struct slice one = stmt_col(q, 0);
		size_t far = nearest_distance(word, one);
		/* "filesystem" for "io.github.owner/filesystem" */
		bool is_end = word.n >= 3 && one.n > word.n && slice_ends(one, word) && !out->n;
		if (far >= best && !is_end)
			continue;
		best = far < best ? far : best;
		if (!column_copy(q, 0, a, out, e)) {
			stmt_release(q);
			return false;
		}
	}
	stmt_release(q);
	return r == STMT_DONE;
}

bool index_nearest_server(struct index *x, struct slice id, struct arena *a, struct slice *out, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT id FROM servers");
	return find_nearest(&q, id, a, out, e);
}

bool index_nearest_tool(struct index *x, struct slice server, struct slice name, struct arena *a, struct slice *out, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT t.name FROM servers s JOIN tools t ON t.server = s.number WHERE s.id = ?");
	stmt_slice(&q, server);
	return find_nearest(&q, name, a, out, e);
}

bool index_each_server(struct index *x, bool (*on_server)(void *ctx, const struct index_server *s), void *ctx, struct err *e)
{
	return index_each_server_after(x, slice_of("", 0), on_server, ctx, e);
}

bool index_each_server_after(struct index *x, struct slice after, bool (*on_server)(void *ctx, const struct index_server *s),
			     void *ctx, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT " SERVER_COLUMNS " FROM servers s WHERE s.id > ? ORDER BY s.id");
	struct arena a;
	enum stmt_result r;
	bool ok = true, goes_on = true;
	stmt_slice(&q, after);
	arena_init(&a, 16u << 20);
	while (goes_on && (r = stmt_step(&q, e)) != STMT_DONE) {
		struct index_server s;
		ok = r == STMT_ROW && read_server(&q, &a, &s, e);
		goes_on = ok && on_server(ctx, &s);
		arena_reset(&a);
	}
	arena_release(&a);
	stmt_release(&q);
	return ok;
}

static bool each_tool(struct stmt *q, bool (*on_tool)(void *ctx, const struct index_tool *t), void *ctx, struct err *e)
{
	struct arena a;
	enum stmt_result r;
	bool ok = true, goes_on = true;
	arena_init(&a, 16u << 20);
	while (goes_on && (r = stmt_step(q, e)) != STMT_DONE) {
		struct index_tool t;
		ok = r == STMT_ROW && read_tool(q, &a, &t, e);
		goes_on = ok && on_tool(ctx, &t);
		arena_reset(&a);
	}
	arena_release(&a);
	stmt_release(q);
	return ok;
}

#define TOOLS "SELECT " TOOL_COLUMNS " FROM servers s JOIN tools t ON t.server = s.number "

bool index_each_tool(struct index *x, struct slice server, bool (*on_tool)(void *ctx, const struct index_tool *t), void *ctx,
		     struct err *e)
{
	struct stmt q = stmt_new(&x->db, server.n ? TOOLS "WHERE s.id = ? AND t.removed_us = 0 ORDER BY t.name"
						  : TOOLS "WHERE t.removed_us = 0 ORDER BY s.id, t.name");
	if (server.n)
		stmt_slice(&q, server);
	return each_tool(&q, on_tool, ctx, e);
}

bool index_each_tool_ever(struct index *x, struct slice server, bool (*on_tool)(void *ctx, const struct index_tool *t),
			  void *ctx, struct err *e)
{
	struct stmt q = stmt_new(&x->db, server.n ? TOOLS "WHERE s.id = ? ORDER BY t.name" : TOOLS "ORDER BY s.id, t.name");
	if (server.n)
		stmt_slice(&q, server);
	return each_tool(&q, on_tool, ctx, e);
}

/* What a tool became: what its next change began with, or what it is now. */
#define CHANGE_TO                                                                                                       \
	"coalesce((SELECT n.from_definition FROM changes n WHERE n.server = c.server AND n.name = c.name AND n.number > " \
	"c.number AND n.from_definition <> '' ORDER BY n.number LIMIT 1), "                                              \
	"(SELECT t.definition FROM tools t WHERE t.server = c.server AND t.name = c.name), '')"
#define CHANGES                                                                                                      \
	"SELECT s.id, c.name, c.kind, c.at_us, c.from_pin, c.to_pin, c.from_category, c.to_category, c.from_severity, " \
	"c.to_severity, c.from_definition, iif(c.kind = 3 OR c.name = '', '', " CHANGE_TO "), c.number "              \
	"FROM changes c JOIN servers s ON s.number = c.server WHERE c.at_us >= ?1 AND c.number < ?2 "
#define NEWEST " ORDER BY c.number DESC LIMIT ?3"

static bool read_change(struct stmt *q, struct arena *a, struct index_change *out, struct err *e)
{
	*out = (struct index_change){ .kind = (enum index_change_kind)stmt_col_int(q, 2), .at_us = stmt_col_int(q, 3),
				      .number = stmt_col_int(q, 12) };
	column_pin(q, 4, out->from_pin);
	column_pin(q, 5, out->to_pin);
	out->from_category = (enum category)stmt_col_int(q, 6);
	out->to_category = (enum category)stmt_col_int(q, 7);
	out->from_severity = (enum severity)stmt_col_int(q, 8);
	out->to_severity = (enum severity)stmt_col_int(q, 9);
	return column_copy(q, 0, a, &out->server, e) && column_copy(q, 1, a, &out->name, e) &&
	       column_copy(q, 10, a, &out->from_definition, e) && column_copy(q, 11, a, &out->to_definition, e);
}

bool index_each_change_of(struct index *x, struct slice server, struct slice name, int64_t since_us, int64_t before,
			  size_t limit, bool (*on_change)(void *ctx, const struct index_change *c), void *ctx, struct err *e)
{
	struct stmt q = stmt_new(&x->db, name.n     ? CHANGES "AND s.id = ?4 AND c.name = ?5" NEWEST
					 : server.n ? CHANGES "AND s.id = ?4" NEWEST
						    : CHANGES NEWEST);
	struct arena a;
	enum stmt_result r;
	bool ok = true, goes_on = true;
	stmt_int(&q, since_us);
	stmt_int(&q, before > 0 ? before : INT64_MAX);
	stmt_int(&q, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
	if (name.n || server.n)
		stmt_slice(&q, server);
	if (name.n)
		stmt_slice(&q, name);
	arena_init(&a, 16u << 20);
	while (goes_on && (r = stmt_step(&q, e)) != STMT_DONE) {
		struct index_change c;
		ok = r == STMT_ROW && read_change(&q, &a, &c, e);
		goes_on = ok && on_change(ctx, &c);
		arena_reset(&a);
	}
	arena_release(&a);
	stmt_release(&q);
	return ok;
}

bool index_each_change(struct index *x, struct slice server, int64_t since_us, size_t limit,
		       bool (*on_change)(void *ctx, const struct index_change *c), void *ctx, struct err *e)
{
	return index_each_change_of(x, server, slice_of("", 0), since_us, 0, limit, on_change, ctx, e);
}

bool index_totals(struct index *x, struct index_totals *out, struct err *e)
{
	struct stmt q = stmt_new(&x->db,
				 "SELECT count(*), total(has_list), total(tools), total(disputed), total(refused), total(tokens), "
				 "total(unknowns), total(reads), total(writes), total(executes), total(destroys), total(spends), "
				 "total(low), total(medium), total(high), total(critical) FROM servers");
	bool ok = stmt_step(&q, e) == STMT_ROW;
	*out = (struct index_totals){ 0 };
	if (ok) {
		out->servers = (uint64_t)stmt_col_int(&q, 0);
		out->listed = (uint64_t)stmt_col_int(&q, 1);
		out->tools = (uint64_t)stmt_col_int(&q, 2);
		out->disputed = (uint64_t)stmt_col_int(&q, 3);
		out->refused = (uint64_t)stmt_col_int(&q, 4);
		out->tokens = (uint64_t)stmt_col_int(&q, 5);
	}
	for (int i = 0; ok && i < CATEGORIES; i++)
		out->by_category[i] = (uint64_t)stmt_col_int(&q, 6 + i);
	for (int i = SEVERITY_LOW; ok && i < SEVERITIES; i++)
		out->by_severity[i] = (uint64_t)stmt_col_int(&q, 11 + i);
	stmt_release(&q);
	return ok;
}
