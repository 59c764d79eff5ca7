/* Lists of tools: of files, of the running gate, of a kept catalogue, and of servers that are asked. */
#include "base/limits.h"
#include "cli/scan.h"
#include "cli/tools.h"

/* Tools that come one a line, of one server. */
struct gathered {
	struct gathered *next;
	struct slice server;
	struct buf text; /* of the array */
	struct scan_row *rows;
	size_t n, cap;
};

struct lines {
	struct scanning *s;
	const struct scan_file *file;
	struct gathered *first, **end;
	size_t number;
	bool is_bad;
};

void scan_add_list(struct scanning *s, const struct scan_list *l)
{
	struct report_place place = l->place;
	const struct scan_row *row = l->rows ? l->rows : &l->root;
	if (l->text && row->node)
		place = scan_place(l->text, row->base + row->node->at, row->base + row->node->at);
	report_add_server(&s->report, &(struct report_server){ .name = l->server, .place = place, .is_listed = true });
	if (scan_grow(s, &s->lists, s->list_n, &s->list_cap, sizeof *s->lists))
		s->lists[s->list_n++] = *l;
}

/* "dir/files.tools.json": "files"; "dir/tools.json": "dir". */
static struct slice name_of_file(const char *shown)
{
	static const char *const ends[] = { ".jsonl", ".json", ".tools", NULL };
	struct slice s = slice_str(shown), folder = slice_of(NULL, 0);
	const char *slash = strrchr(shown, '/');
	if (slash) {
		folder = slice_of(shown, (size_t)(slash - shown));
		s = slice_str(slash + 1);
	}
	for (size_t i = 0; ends[i]; i++)
		if (slice_ends(s, slice_str(ends[i])) && s.n > strlen(ends[i]))
			s.n -= strlen(ends[i]);
	if (!slice_is(s, "tools") || !folder.n)
		return s;
	slash = memrchr(folder.p, '/', folder.n);
	return slash ? slice_of(slash + 1, (size_t)(folder.p + folder.n - slash) - 1) : folder;
}

static void add(struct scanning *s, const struct scan_file *f, struct slice server, const struct json *tools, struct scan_row root)
{
	struct slice name = server.n ? server : name_of_file(f->text.shown);
	scan_add_list(s, &(struct scan_list){
				 .server = scan_server_name(s, name, f->text.shown, true), .tools = tools, .text = &f->text, .root = root });
}

/* A tools/list result, the answer around it, an array, or several servers ("gatehouse tools --json"). */
static bool add_document(struct scanning *s, const struct scan_file *f, const struct json *v, struct scan_row at)
{
	if (json_is(json_gets(v, "result"), JSON_OBJECT)) {
		v = json_gets(v, "result");
		at.node = node_gets(at.node, "result");
	}
	const struct json *tools = json_is(v, JSON_ARRAY) ? v : json_gets(v, "tools"), *servers = json_gets(v, "servers");
	if (json_is(tools, JSON_ARRAY)) {
		struct scan_row root = { tools == v ? at.node : node_gets(at.node, "tools"), at.base };
		add(s, f, json_string(json_gets(v, "server")), tools, root);
		return true;
	}
	if (!json_is(servers, JSON_ARRAY))
		return false;
	const struct node *one = node_gets(at.node, "servers") ? node_gets(at.node, "servers")->first : NULL;
	for (struct json_iter it = json_iter(servers); json_next(&it) && one; one = one->next) {
		struct slice name = json_string(json_gets(it.value, "server"));
		if (json_is(json_gets(it.value, "tools"), JSON_ARRAY))
			add(s, f, name.n ? name : json_string(json_gets(it.value, "name")), json_gets(it.value, "tools"),
			    (struct scan_row){ node_gets(one, "tools"), at.base });
	}
	return true;
}

static struct gathered *gathered_of(struct lines *l, struct slice server)
{
	struct gathered *g = l->first;
	while (g && !slice_eq(g->server, server))
		g = g->next;
	if (g)
		return g;
	g = arena_zalloc(&l->s->arena, sizeof *g);
	if (!g)
		return NULL;
	g->server = server;
	buf_init(&g->text, LIMIT_SCAN_FILE_BYTES * 2);
	*l->end = g;
	l->end = &g->next;
	return g;
}

/* A row calls the name "name", or "tool" where that is a text; or has the definition in "tool". */
static void write_tool(struct buf *b, const struct json *row)
{
	const struct json *tool = json_gets(row, "tool");
	if (json_is(tool, JSON_OBJECT) || !tool || json_gets(row, "name")) {
		json_write(b, json_is(tool, JSON_OBJECT) ? tool : row);
		return;
	}
	buf_adds(b, "{\"name\":");
	json_write(b, tool);
	for (struct json_iter it = json_iter(row); json_next(&it);) {
		if (slice_is(it.key, "tool") || slice_is(it.key, "server") || json_is(it.value, JSON_NULL))
			continue;
		buf_addc(b, ',');
		buf_add_json_string(b, it.key);
		buf_addc(b, ':');
		json_write(b, it.value);
	}
	buf_addc(b, '}');
}

static void add_line(struct lines *l, struct slice line)
{
	struct scanning *s = l->s;
	struct err e = { 0 };
	const struct json *row = json_read(line, &s->arena, &e);
	struct scan_row at = { row ? node_read(LANGUAGE_JSONC, line, &s->arena, &e) : NULL, (size_t)(line.p - l->file->text.text.p) };
	char why[400];
	if (row && at.node && (json_is(json_gets(row, "tools"), JSON_ARRAY) || json_gets(row, "result"))) {
		(void)add_document(s, l->file, row, at);
		return;
	}
	if (!row || !at.node || !json_is(row, JSON_OBJECT)) {
		const char *rest = strncmp(e.text, "line 1, ", 8) == 0 ? e.text + 8 : NULL;
		snprintf(why, sizeof why, rest ? "line %zu, %s" : "line %zu, column 1: %s", l->number, rest ? rest : row ? "no object" : e.text);
		l->is_bad = true;
		scan_invalid(s, &l->file->text, RULE_FILE_INVALID, why);
		return;
	}
	struct gathered *g = gathered_of(l, json_string(json_gets(row, "server")));
	if (!g || !scan_grow(s, &g->rows, g->n, &g->cap, sizeof *g->rows))
		return;
	if (node_type(node_gets(at.node, "tool")) == NODE_OBJECT)
		at.node = node_gets(at.node, "tool");
	buf_addc(&g->text, g->n ? ',' : '[');
	write_tool(&g->text, row);
	g->rows[g->n++] = at;
}

static void add_lines(struct scanning *s, const struct scan_file *f)
{
	struct lines l = { .s = s, .file = f };
	struct slice text = f->text.text, line;
	struct err e = { 0 };
	l.end = &l.first;
	while (!l.is_bad && slice_next_line(&text, &line)) {
		l.number++;
		if (line.n)
			add_line(&l, line);
	}
	for (struct gathered *g = l.first; g; g = g->next) {
		buf_addc(&g->text, ']');
		const struct json *tools = g->n && buf_ok(&g->text) ? json_read(buf_slice(&g->text), &s->arena, &e) : NULL;
		struct slice name = g->server.n ? g->server : name_of_file(f->text.shown);
		if (tools)
			scan_add_list(s, &(struct scan_list){ .server = scan_server_name(s, name, f->text.shown, true),
							      .tools = tools,
							      .text = &f->text,
							      .rows = g->rows,
							      .row_n = g->n });
		else
			scan_invalid(s, &f->text, RULE_FILE_INVALID, e.text[0] ? e.text : "its tools are too long");
		buf_release(&g->text);
	}
}

static bool is_one_document(struct slice text)
{
	size_t lines = 0;
	struct slice line;
	while (slice_next_line(&text, &line))
		if (line.n && ++lines > 1)
			return false;
	return true;
}

void scan_tools(struct scanning *s, struct scan_file *f)
{
	struct err e = { 0 };
	const char *name = f->text.shown;
	bool is_lines = strlen(name) > 6 && strcmp(name + strlen(name) - 6, ".jsonl") == 0;
	const struct json *v = is_lines ? NULL : json_read(f->text.text, &s->arena, &e);
	struct scan_row root = { NULL, 0 };
	if (!v && (is_lines || (!is_one_document(f->text.text) && f->text.text.n && f->text.text.p[0] == '{' &&
				memchr(f->text.text.p, '\n', f->text.text.n) && ((const char *)memchr(f->text.text.p, '\n', f->text.text.n))[-1] == '}'))) {
		add_lines(s, f);
		return;
	}
	if (v && !(root.node = node_read(LANGUAGE_JSONC, f->text.text, &s->arena, &e)))
		v = NULL;
	if (!v) {
		scan_invalid(s, &f->text, RULE_FILE_INVALID, e.text);
		return;
	}
	if (add_document(s, f, v, root))
		return;
	if (json_gets(v, "inputSchema") || json_gets(v, "tool"))
		add_lines(s, f);
	else if (f->is_named)
		scan_invalid(s, &f->text, RULE_FILE_INVALID, "it has no array 'tools': neither a tools/list result nor a tool a line");
}

int scan_gate(struct scanning *s, const char *server)
{
	struct buf text = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	struct slice out;
	int code = tools_read(s->c, &text, &out);
	if (code == CLI_OK) {
		const struct json *tools = json_read(out, &s->arena, &e);
		if (!json_is(tools, JSON_ARRAY))
			code = cli_fail(CLI_FAILED, "the gate's answer cannot be read: %s", e.text);
		else
			scan_add_list(s, &(struct scan_list){ .server = scan_server_name(s, slice_str(server), "gate", true), .tools = tools });
	}
	buf_release(&text);
	return code;
}
