/* Tells the shapes of documents apart, by their members. */
#include "cli/catalog_rows.h"
#include "base/check.h"
#include "base/limits.h"
#include "index/registry.h"

static struct row *add_row(struct rows *r, enum row_kind kind, size_t line)
{
	struct row *row = arena_zalloc(r->arena, sizeof *row);
	BUG_ON(!row); /* the arena holds a document and its values, eight times its text at most */
	row->kind = kind;
	row->line = line;
	*r->end = row;
	r->end = &row->next;
	return row;
}

static void add_bad(struct rows *r, size_t line, const char *why)
{
	struct row *row = add_row(r, ROW_BAD, line);
	const char *copy = arena_strndup(r->arena, why, strlen(why));
	row->why = copy ? copy : "it takes too much memory";
}

static void add_list(struct rows *r, size_t line, const struct index_server *s, const struct json *tools)
{
	struct err e = { 0 };
	const struct index_list *list = index_judge(s->id, tools, r->arena, &e);
	if (!list) {
		add_bad(r, line, e.text);
		return;
	}
	struct row *row = add_row(r, ROW_LIST, line);
	row->server = *s;
	row->list = list;
}

static void add_entry(struct rows *r, size_t line, const struct json *v)
{
	struct index_server s;
	struct err e = { 0 };
	if (!registry_read(v, r->arena, &s, &e)) {
		struct slice name = json_string(json_gets(json_gets(v, "server") ? json_gets(v, "server") : v, "name"));
		const char *why = arena_printf(r->arena, "entry '%.*s' of the registry: %s", (int)(name.n > 200 ? 200 : name.n),
					       name.n ? name.p : "", e.text);
		add_bad(r, line, why ? why : e.text);
		return;
	}
	s.where = slice_str(r->where);
	add_row(r, registry_is_older(v) ? ROW_OLDER : ROW_ENTRY, line)->server = s;
}

/* A row of a corpus calls the name `tool`, and has null for a schema that nobody gave. */
static struct slice definition_of(struct rows *r, const struct json *v)
{
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES * 2);
	bool has_name = json_gets(v, "name") != NULL;
	buf_addc(&b, '{');
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (slice_is(it.key, "server") || (has_name && slice_is(it.key, "tool")) || json_is(it.value, JSON_NULL) ||
		    slice_is(it.key, "source") || slice_is(it.key, "variant"))
			continue;
		buf_adds(&b, b.n > 1 ? "," : "");
		buf_add_json_string(&b, slice_is(it.key, "tool") ? SLICE_LIT("name") : it.key);
		buf_addc(&b, ':');
		json_write(&b, it.value);
	}
	buf_addc(&b, '}');
	char *copy = buf_ok(&b) ? arena_strndup(r->arena, b.p, b.n) : NULL;
	struct slice text = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return text;
}

static void add_tool(struct rows *r, size_t line, const struct json *v)
{
	struct slice text = definition_of(r, v);
	if (!text.n) {
		add_bad(r, line, "the definition of a tool is too large");
		return;
	}
	struct row *row = add_row(r, ROW_TOOL, line);
	row->server = (struct index_server){ .id = json_string(json_gets(v, "server")), .source = INDEX_FILE, .where = slice_str(r->where) };
	row->tool = text;
}

/* {"server": "id", "tools": […]}, with what else is known of it; or tools alone, of `as`. */
static void add_server(struct rows *r, size_t line, const struct json *v, const struct json *tools)
{
	struct index_server s = { .id = json_string(json_gets(v, "server")), .source = INDEX_FILE, .where = slice_str(r->where) };
	char package[LIMIT_INDEX_WORD + 1];
	if (!s.id.n) {
		s.id = slice_str(r->as);
		s.package = r->package;
		s.version = r->version;
	} else {
		s.title = json_string(json_gets(v, "title"));
		s.description = json_string(json_gets(v, "description"));
		s.version = json_string(json_gets(v, "version"));
		struct slice p = json_string(json_gets(v, "package"));
		const char *slash = p.n > 4 && slice_starts(p, SLICE_LIT("pkg:")) ? memchr(p.p + 4, '/', p.n - 4) : NULL;
		size_t n = slash ? index_package(slice_of(p.p + 4, (size_t)(slash - p.p) - 4),
						 slice_of(slash + 1, p.n - (size_t)(slash - p.p) - 1), package, sizeof package)
				 : 0;
		char *copy = n ? arena_strndup(r->arena, package, n) : NULL;
		s.package = slice_of(copy, copy ? n : 0);
	}
	add_list(r, line, &s, tools);
}

static void add_page(struct rows *r, size_t line, const struct json *v)
{
	r->cursor = json_string(json_gets(json_gets(v, "metadata"), "nextCursor"));
	for (struct json_iter it = json_iter(json_gets(v, "servers")); json_next(&it);)
		add_entry(r, line, it.value);
}

static void add_value(struct rows *r, size_t line, const struct json *v)
{
	const struct json *result = json_gets(v, "result") ? json_gets(v, "result") : v;
	const struct json *tools = json_is(v, JSON_ARRAY) ? v : json_gets(result, "tools");
	if (json_is(tools, JSON_ARRAY))
		add_server(r, line, v, tools);
	else if (json_is(json_gets(v, "servers"), JSON_ARRAY))
		add_page(r, line, v);
	else if (registry_is_entry(v))
		add_entry(r, line, v);
	else if (json_is(json_gets(v, "server"), JSON_STRING) && (json_gets(v, "tool") || json_gets(v, "name")))
		add_tool(r, line, v);
	else
		add_bad(r, line,
			"it is no list of tools, no tool with its 'server' and no entry of the registry: see 'gatehouse catalog "
			"add --help'");
}

void rows_read(struct rows *r, struct slice text, size_t line)
{
	struct err e = { 0 };
	const struct json *v = json_read(text, r->arena, &e);
	if (v)
		add_value(r, line, v);
	else
		add_bad(r, line, e.text);
}
