/*
 * One server and its whole list: compared with what is kept of it, so that what is new, changed and
 * gone becomes history.
 */
#include "index/inside.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/map.h"
#include <stdlib.h>

/* A tool as it is kept already. */
struct kept {
	int64_t number;
	bool is_removed, is_listed;
	struct index_row row; /* without its definition */
};

struct putting {
	struct index *x;
	int64_t server, now_us;
	bool had_list;
	struct arena arena; /* of the kept */
	struct map kept;    /* name → struct kept */
};

/* The row of a server: its id, and whether it had a list. Made when there is none. */
static bool find_server(struct putting *p, struct slice id, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		struct stmt *q = index_stmt(p->x, SQL_SERVER_FIND);
		stmt_slice(q, id);
		enum stmt_result r = stmt_step(q, e);
		if (r == STMT_FAILED)
			return false;
		if (r == STMT_ROW) {
			p->server = stmt_col_int(q, 0);
			p->had_list = stmt_col_int(q, 1) != 0;
			stmt_reset(q);
			return true;
		}
		struct stmt *add = index_stmt(p->x, SQL_SERVER_NEW);
		stmt_slice(add, id);
		stmt_int(add, p->now_us);
		if (!stmt_run(add, e))
			return false;
	}
	return err_set(e, ERR_REMOTE, "'%s' is damaged: a server that was added is not there", p->x->path);
}

static void bind_cut(struct stmt *q, struct slice s, size_t max)
{
	if (s.n > max) {
		s.n = max;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	stmt_slice(q, s);
}

static bool set_identity(struct putting *p, const struct index_server *s, bool keeps_source, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_SERVER_IDENTITY);
	stmt_int(q, s->source);
	stmt_int(q, s->seen_us ? s->seen_us : p->now_us);
	bind_cut(q, s->where, LIMIT_INDEX_WORD);
	stmt_int(q, p->server);
	bind_cut(q, s->title, LIMIT_INDEX_WORD);
	bind_cut(q, s->version, LIMIT_INDEX_WORD);
	bind_cut(q, s->package, LIMIT_INDEX_WORD);
	bind_cut(q, s->remote, LIMIT_INDEX_WORD);
	bind_cut(q, s->website, LIMIT_INDEX_WORD);
	bind_cut(q, s->repository, LIMIT_INDEX_WORD);
	bind_cut(q, s->status, LIMIT_INDEX_WORD);
	bind_cut(q, s->description, LIMIT_INDEX_DESCRIPTION);
	stmt_slice(q, s->document);
	stmt_int(q, keeps_source);
	return stmt_run(q, e);
}

static bool add_address(struct putting *p, struct slice address, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_ADDRESS_NEW);
	if (!address.n || address.n > LIMIT_INDEX_WORD)
		return true;
	stmt_slice(q, address);
	stmt_int(q, p->server);
	return stmt_run(q, e);
}

/* By what a live list will find this entry: every package and remote that it names. */
static bool set_addresses(struct putting *p, const struct index_server *s, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_ADDRESS_CLEAR);
	struct arena a;
	char address[LIMIT_INDEX_WORD + 1];
	if (!s->document.n)
		return true;
	stmt_int(q, p->server);
	if (!stmt_run(q, e))
		return false;
	arena_init(&a, 16u * LIMIT_INDEX_DOCUMENT);
	const struct json *d = json_read(s->document, &a, e);
	bool ok = d != NULL;
	for (struct json_iter it = json_iter(json_gets(d, "packages")); ok && json_next(&it);) {
		size_t n = index_package(json_string(json_gets(it.value, "registryType")),
					 json_string(json_gets(it.value, "identifier")), address, sizeof address);
		ok = add_address(p, slice_of(address, n), e);
	}
	for (struct json_iter it = json_iter(json_gets(d, "remotes")); ok && json_next(&it);) {
		size_t n = index_remote(json_string(json_gets(it.value, "url")), address, sizeof address);
		ok = add_address(p, slice_of(address, n), e);
	}
	arena_release(&a);
	return ok;
}

static bool read_kept(struct putting *p, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_TOOLS_OF);
	enum stmt_result r;
	stmt_int(q, p->server);
	while ((r = stmt_step(q, e)) == STMT_ROW) {
		struct kept *k = arena_zalloc(&p->arena, sizeof *k);
		struct slice pin = stmt_col(q, 2);
		if (!k)
			return err_set(e, ERR_LIMIT, "too many tools of one server are kept");
		k->number = stmt_col_int(q, 0);
		k->is_removed = stmt_col_int(q, 3) != 0;
		k->row = (struct index_row){ .category = (enum category)stmt_col_int(q, 4),
					     .severity = (enum severity)stmt_col_int(q, 5),
					     .confidence = (unsigned)stmt_col_int(q, 6),
					     .labels = (unsigned)stmt_col_int(q, 7),
					     .signals = (unsigned)stmt_col_int(q, 8),
					     .is_disputed = stmt_col_int(q, 9) != 0,
					     .tokens = (uint32_t)stmt_col_int(q, 10) };
		if (pin.n == PIN_SIZE)
			memcpy(k->row.pin, pin.p, PIN_SIZE);
		if (!column_copy(q, 11, &p->arena, &k->row.refused, e))
			return false;
		map_put(&p->kept, stmt_col(q, 1), k);
	}
	stmt_reset(q);
	return r == STMT_DONE;
}

static const unsigned char no_pin[PIN_SIZE];

/* from: the tool's row as it stands before the change; 0: the server itself. */
static bool add_change(struct putting *p, enum index_change_kind kind, struct slice name, int64_t from,
		       const struct index_row *to, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_CHANGE_NEW);
	stmt_int(q, p->server);
	stmt_slice(q, name);
	stmt_int(q, kind);
	stmt_int(q, p->now_us);
	stmt_blob(q, to ? to->pin : no_pin, to ? PIN_SIZE : 0);
	stmt_int(q, to ? to->category : 0);
	stmt_int(q, to ? to->severity : 0);
	stmt_int(q, from);
	return stmt_run(q, e);
}

static bool add_tool(struct putting *p, const struct index_row *row, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_TOOL_NEW);
	stmt_int(q, p->server);
	stmt_slice(q, row->name);
	stmt_int(q, row->category);
	stmt_int(q, row->severity);
	stmt_int(q, row->confidence);
	stmt_int(q, row->labels);
	stmt_int(q, row->signals);
	stmt_int(q, row->is_disputed);
	stmt_int(q, row->tokens);
	stmt_int(q, p->now_us);
	stmt_int(q, p->now_us);
	stmt_blob(q, row->pin, PIN_SIZE);
	stmt_slice(q, row->refused);
	stmt_slice(q, row->definition);
	return stmt_run(q, e) && segment_pend(p->x, db_last_id(&p->x->db), e);
}

static bool set_tool(struct putting *p, int64_t number, const struct index_row *row, bool is_change, struct err *e)
{
	struct stmt *q = index_stmt(p->x, SQL_TOOL_SET);
	stmt_int(q, row->category);
	stmt_int(q, row->severity);
	stmt_int(q, row->confidence);
	stmt_int(q, row->labels);
	stmt_int(q, row->signals);
	stmt_int(q, row->is_disputed);
	stmt_int(q, row->tokens);
	stmt_int(q, is_change ? p->now_us : 0);
	stmt_blob(q, row->pin, PIN_SIZE);
	stmt_slice(q, row->refused);
	stmt_slice(q, row->definition);
	stmt_int(q, number);
	return stmt_run(q, e) && segment_pend(p->x, number, e);
}

static bool is_same(const struct index_row *a, const struct index_row *b)
{
	return a->category == b->category && a->severity == b->severity && a->confidence == b->confidence &&
	       a->labels == b->labels && a->signals == b->signals && a->is_disputed == b->is_disputed &&
	       a->tokens == b->tokens && slice_eq(a->refused, b->refused) && !memcmp(a->pin, b->pin, PIN_SIZE);
}

static bool put_tool(struct putting *p, const struct index_row *row, struct err *e)
{
	struct kept *k = map_get(&p->kept, row->name);
	if (!k) {
		if (p->had_list && !add_change(p, INDEX_ADDED, row->name, 0, row, e))
			return false;
		return add_tool(p, row, e);
	}
	k->is_listed = true;
	bool is_change = k->is_removed || memcmp(k->row.pin, row->pin, PIN_SIZE) != 0;
	/* The same definition, and a program that judges otherwise: no change of the tool. */
	if (!is_change)
		return is_same(&k->row, row) || set_tool(p, k->number, row, false, e);
	return add_change(p, k->is_removed ? INDEX_ADDED : INDEX_CHANGED, row->name, k->number, row, e) &&
	       set_tool(p, k->number, row, true, e);
}

static bool drop_gone(struct putting *p, struct err *e)
{
	struct slice name;
	void *v;
	for (size_t at = 0; map_next(&p->kept, &at, &name, &v);) {
		const struct kept *k = v;
		if (k->is_listed || k->is_removed)
			continue;
		struct stmt *q = index_stmt(p->x, SQL_TOOL_GONE);
		if (!add_change(p, INDEX_REMOVED, name, k->number, NULL, e))
			return false;
		stmt_int(q, k->number);
		stmt_int(q, p->now_us);
		if (!stmt_run(q, e) || !segment_pend(p->x, k->number, e))
			return false;
	}
	return true;
}

static int compare_pins(const void *a, const void *b)
{
	return memcmp(a, b, PIN_SIZE);
}

static void digest_list(const struct index_list *list, unsigned char out[DIGEST_SIZE])
{
	unsigned char *pins = malloc(list->n * PIN_SIZE + 1);
	BUG_ON(!pins);
	for (size_t i = 0; i < list->n; i++)
		memcpy(pins + i * PIN_SIZE, list->v[i].pin, PIN_SIZE);
	qsort(pins, list->n, PIN_SIZE, compare_pins);
	digest_sha256(slice_of((const char *)pins, list->n * PIN_SIZE), out);
	free(pins);
}

static bool set_counts(struct putting *p, const struct index_list *list, struct err *e)
{
	uint32_t by_category[CATEGORIES] = { 0 }, by_severity[SEVERITIES] = { 0 }, refused = 0, disputed = 0;
	unsigned char digest[DIGEST_SIZE];
	int64_t tokens = 0;
	for (size_t i = 0; i < list->n; i++) {
		const struct index_row *row = &list->v[i];
		by_category[row->category]++;
		by_severity[row->severity]++;
		refused += row->refused.n != 0;
		disputed += row->is_disputed;
		tokens += row->tokens;
	}
	digest_list(list, digest);
	struct stmt *q = index_stmt(p->x, SQL_SERVER_COUNTS);
	stmt_int(q, p->server);
	stmt_blob(q, digest, sizeof digest);
	stmt_int(q, p->now_us);
	stmt_int(q, (int64_t)list->n);
	for (int i = 0; i < CATEGORIES; i++)
		stmt_int(q, by_category[i]);
	for (int i = SEVERITY_LOW; i < SEVERITIES; i++)
		stmt_int(q, by_severity[i]);
	stmt_int(q, refused);
	stmt_int(q, disputed);
	stmt_int(q, tokens);
	return stmt_run(q, e);
}

/* A server that lists other tools each time fills no disk. */
static bool drop_oldest_changes(struct putting *p, struct err *e)
{
	struct stmt q = stmt_new(&p->x->db, "DELETE FROM changes WHERE number IN (SELECT number FROM changes WHERE server = ? "
					    "ORDER BY number DESC LIMIT -1 OFFSET ?)");
	stmt_int(&q, p->server);
	stmt_int(&q, LIMIT_INDEX_HISTORY);
	return stmt_finish(&q, e);
}

static bool drop_oldest_tools(struct putting *p, struct err *e)
{
	struct stmt q = stmt_new(&p->x->db, "DELETE FROM tools WHERE number IN (SELECT number FROM tools WHERE server = ? AND "
					    "removed_us > 0 ORDER BY removed_us DESC, number DESC LIMIT -1 OFFSET ?) RETURNING number");
	enum stmt_result r;
	bool ok = true;
	stmt_int(&q, p->server);
	stmt_int(&q, LIMIT_INDEX_REMOVED);
	while (ok && (r = stmt_step(&q, e)) != STMT_DONE)
		ok = r == STMT_ROW && segment_pend(p->x, stmt_col_int(&q, 0), e);
	stmt_release(&q);
	return ok;
}

static bool put_list(struct putting *p, const struct index_list *list, struct err *e)
{
	if (p->had_list && !read_kept(p, e))
		return false;
	if (!p->had_list && !add_change(p, INDEX_ADDED, slice_of("", 0), 0, NULL, e))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!put_tool(p, &list->v[i], e))
			return false;
	if (!p->had_list)
		return set_counts(p, list, e);
	return drop_gone(p, e) && set_counts(p, list, e) && drop_oldest_changes(p, e) && drop_oldest_tools(p, e);
}

static bool check_id(struct slice id, struct err *e)
{
	if (!id.n)
		return err_set(e, ERR_INPUT, "a server without a name");
	if (id.n > LIMIT_INDEX_ID)
		return err_set(e, ERR_LIMIT, "the name of a server has %zu bytes, more than %d", id.n, LIMIT_INDEX_ID);
	for (size_t i = 0; i < id.n; i++)
		if ((unsigned char)id.p[i] <= ' ' || id.p[i] == 0x7f)
			return err_set(e, ERR_INPUT, "the name of a server has a blank or a control character");
	return true;
}

bool index_put_in(struct index *x, const struct index_server *s, const struct index_list *list, struct err *e)
{
	struct putting p = { .x = x, .now_us = clock_wall_us() };
	if (!check_id(s->id, e))
		return false;
	if (s->document.n > LIMIT_INDEX_DOCUMENT)
		return err_set(e, ERR_LIMIT, "the entry of '%.*s' has %zu bytes, more than %u", SLICE_ARG(s->id), s->document.n,
			       LIMIT_INDEX_DOCUMENT);
	arena_init(&p.arena, LIMIT_REQUEST_ARENA);
	map_init(&p.kept);
	bool ok = find_server(&p, s->id, e) && set_identity(&p, s, !list && p.had_list, e) && set_addresses(&p, s, e) &&
		  (!list || put_list(&p, list, e));
	map_release(&p.kept);
	arena_release(&p.arena);
	return ok;
}
