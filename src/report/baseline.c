/* Reading, comparing and writing gatehouse.baseline.json. */
#include "report/baseline.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdlib.h>

#define VERSION 1

struct known_tool {
	const char *name, *pin;
	enum category category;
	enum severity severity;
};
struct known_server {
	const char *name;
	bool is_listed;
	struct known_tool *tools;
	size_t tool_n;
};
struct accepted {
	const char *rule, *file, *server, *tool, *about, *fingerprint, *reason; /* reason NULL: none */
	enum severity severity;
};
struct baseline {
	struct slice text;
	struct known_server *servers;
	struct accepted *accepted;
	size_t server_n, accepted_n;
};

struct reading {
	struct slice text;
	struct arena *a;
	struct err *e;
	char pointer[1024];
};

static bool fail(struct reading *rd, const char *what)
{
	int line = 1, column = 1;
	json_locate(rd->text, slice_str(rd->pointer), false, &line, &column);
	return err_set(rd->e, ERR_INPUT, "line %d, column %d: %s", line, column, what);
}

/* A text of the file, or NULL after telling; an absent one is "" where that is allowed. */
static const char *text_of(struct reading *rd, const struct json *object, const char *key, bool is_needed)
{
	const struct json *v = json_gets(object, key);
	struct slice s = json_string(v);
	if (!v && !is_needed)
		return "";
	if (!json_is(v, JSON_STRING) || memchr(s.p ? s.p : "", 0, s.n)) {
		char what[80];
		snprintf(what, sizeof what, "'%s' must be a text", key);
		(void)fail(rd, what);
		return NULL;
	}
	char *copy = arena_strndup(rd->a, s.p ? s.p : "", s.n);
	if (!copy)
		err_set(rd->e, ERR_LIMIT, "the baseline is too large");
	return copy;
}

static void *array_of(struct reading *rd, size_t n, size_t size)
{
	void *v = arena_zalloc(rd->a, n * size + 1);
	if (!v)
		err_set(rd->e, ERR_LIMIT, "the baseline is too large");
	return v;
}

static void point(struct reading *rd, const char *first, struct slice second, const char *third, struct slice fourth)
{
	struct buf b = BUF_INIT(sizeof rd->pointer - 1);
	json_pointer_add(&b, slice_str(first));
	if (second.p)
		json_pointer_add(&b, second);
	if (third)
		json_pointer_add(&b, slice_str(third));
	if (fourth.p)
		json_pointer_add(&b, fourth);
	snprintf(rd->pointer, sizeof rd->pointer, "%s", buf_str(&b));
	buf_release(&b);
}

static const char *key_of(struct reading *rd, struct slice key)
{
	char *copy = arena_strndup(rd->a, key.p, key.n);
	if (!copy || memchr(key.p, 0, key.n)) {
		(void)fail(rd, "a name cannot be used");
		return NULL;
	}
	return copy;
}

static bool read_tool(struct reading *rd, const struct json *v, struct known_tool *t)
{
	struct slice category = json_string(json_gets(v, "category")), severity = json_string(json_gets(v, "severity"));
	t->category = category_read(category);
	t->severity = severity_read(severity);
	t->pin = text_of(rd, v, "pin", true);
	if (!t->pin)
		return false;
	if (strlen(t->pin) != 64)
		return fail(rd, "'pin' must have 64 hexadecimal digits");
	if (t->category == CATEGORY_UNKNOWN && !slice_is(category, category_word(CATEGORY_UNKNOWN)))
		return fail(rd, "'category' must be read, write, execute, destructive, financial or unknown");
	if (t->severity == SEVERITY_UNKNOWN)
		return fail(rd, "'severity' must be low, medium, high or critical");
	return true;
}

static bool read_server(struct reading *rd, struct slice name, const struct json *v, struct known_server *s)
{
	const struct json *tools = json_gets(v, "tools");
	if (!(s->name = key_of(rd, name)))
		return false;
	if (!json_is(v, JSON_OBJECT) || (tools && !json_is(tools, JSON_OBJECT)))
		return fail(rd, "a server must be an object, and its 'tools', too");
	s->is_listed = tools != NULL;
	s->tools = array_of(rd, json_count(tools), sizeof *s->tools);
	if (!s->tools)
		return false;
	for (struct json_iter it = json_iter(tools); json_next(&it); s->tool_n++) {
		point(rd, "servers", name, "tools", it.key);
		if (!(s->tools[s->tool_n].name = key_of(rd, it.key)) || !read_tool(rd, it.value, &s->tools[s->tool_n]))
			return false;
	}
	return true;
}

static bool read_accepted(struct reading *rd, const struct json *v, struct accepted *x)
{
	x->severity = severity_read(json_string(json_gets(v, "severity")));
	x->rule = text_of(rd, v, "rule", true);
	x->file = x->rule ? text_of(rd, v, "file", false) : NULL;
	x->server = x->file ? text_of(rd, v, "server", false) : NULL;
	x->tool = x->server ? text_of(rd, v, "tool", false) : NULL;
	x->about = x->tool ? text_of(rd, v, "about", false) : NULL;
	x->fingerprint = x->about ? text_of(rd, v, "fingerprint", true) : NULL;
	x->reason = x->fingerprint ? text_of(rd, v, "reason", false) : NULL;
	if (!x->reason)
		return false;
	if (!x->reason[0])
		x->reason = NULL;
	if (strlen(x->fingerprint) != 32)
		return fail(rd, "'fingerprint' must have 32 hexadecimal digits");
	if (x->severity == SEVERITY_UNKNOWN)
		return fail(rd, "'severity' must be low, medium, high or critical");
	return true;
}

static bool read_all(struct reading *rd, const struct json *root, struct baseline *b)
{
	const struct json *servers = json_gets(root, "servers"), *accepted = json_gets(root, "accepted");
	int64_t version = 0;
	if (!json_is(root, JSON_OBJECT) || !json_int64(json_gets(root, "version"), &version))
		return fail(rd, "no baseline: a baseline is an object with 'version', 'servers' and 'accepted'");
	snprintf(rd->pointer, sizeof rd->pointer, "/version");
	if (version != VERSION)
		return fail(rd, "this program reads baselines of version 1 only: write it anew with --write-baseline");
	snprintf(rd->pointer, sizeof rd->pointer, "/servers");
	if (!json_is(servers, JSON_OBJECT) || !json_is(accepted, JSON_ARRAY))
		return fail(rd, "'servers' must be an object and 'accepted' an array");
	b->servers = array_of(rd, json_count(servers), sizeof *b->servers);
	b->accepted = array_of(rd, json_count(accepted), sizeof *b->accepted);
	if (!b->servers || !b->accepted)
		return false;
	for (struct json_iter it = json_iter(servers); json_next(&it); b->server_n++) {
		point(rd, "servers", it.key, NULL, slice_of(NULL, 0));
		if (!read_server(rd, it.key, it.value, &b->servers[b->server_n]))
			return false;
	}
	for (struct json_iter it = json_iter(accepted); json_next(&it); b->accepted_n++) {
		snprintf(rd->pointer, sizeof rd->pointer, "/accepted/%zu", b->accepted_n);
		if (!read_accepted(rd, it.value, &b->accepted[b->accepted_n]))
			return false;
	}
	return true;
}

const struct baseline *baseline_read(struct slice text, struct arena *a, struct err *e)
{
	struct reading rd = { .text = text, .a = a, .e = e };
	struct baseline *b = arena_zalloc(a, sizeof *b);
	const struct json *root = json_read(text, a, e);
	if (!b || !root)
		return NULL;
	char *copy = arena_strndup(a, text.p, text.n);
	if (!copy) {
		err_set(e, ERR_LIMIT, "the baseline is too large");
		return NULL;
	}
	b->text = slice_of(copy, text.n);
	return read_all(&rd, root, b) ? b : NULL;
}

static const struct known_server *find_server(const struct baseline *b, const char *name)
{
	for (size_t i = 0; i < b->server_n; i++)
		if (strcmp(b->servers[i].name, name) == 0)
			return &b->servers[i];
	return NULL;
}

static const struct report_server *find_seen(const struct report *r, const char *name)
{
	size_t at = (size_t)(uintptr_t)map_get(&r->by_server, slice_str(name));
	return at ? &r->servers[at - 1] : NULL;
}

/* Tools by server and name, "server\ntool". */
static struct slice tool_key(struct buf *b, const char *server, const char *tool)
{
	buf_clear(b);
	buf_adds(b, server);
	buf_addc(b, '\n');
	buf_adds(b, tool);
	return buf_slice(b);
}

static void tell_changed(struct report *r, const struct report_tool *t, const struct known_tool *k)
{
	struct buf b = BUF_INIT(4096);
	buf_adds(&b, "tool ");
	report_quote(&b, slice_str(t->name), 0);
	if (k->category != t->category || k->severity != t->severity)
		buf_addf(&b, " is not what it was: it was %s, %s, and is %s, %s", category_word(k->category),
			 severity_word(k->severity), category_word(t->category), severity_word(t->severity));
	else
		buf_addf(&b, " is not what it was: its definition changed, and it still is %s, %s", category_word(t->category),
			 severity_word(t->severity));
	report_add(r, &(struct report_finding){ .rule = RULE_TOOL_CHANGED,
						.severity = t->severity > SEVERITY_HIGH ? t->severity : SEVERITY_HIGH,
						.place = t->place,
						.server = t->server,
						.tool = t->name,
						.detail = t->pin,
						.message = buf_str(&b) });
	buf_release(&b);
}

static void tell_added(struct report *r, const struct report_tool *t)
{
	struct buf b = BUF_INIT(4096);
	buf_adds(&b, "tool ");
	report_quote(&b, slice_str(t->name), 0);
	buf_addf(&b, " is new on server ");
	report_quote(&b, slice_str(t->server), 0);
	buf_addf(&b, ": %s, %s", category_word(t->category), severity_word(t->severity));
	report_add(r, &(struct report_finding){
			      .rule = RULE_TOOL_ADDED,
			      .severity = t->category == CATEGORY_READ && t->severity <= SEVERITY_LOW ? SEVERITY_LOW : SEVERITY_MEDIUM,
			      .place = t->place,
			      .server = t->server,
			      .tool = t->name,
			      .message = buf_str(&b) });
	buf_release(&b);
}

static void tell_removed(const struct baseline *base, const char *file, struct report *r, const struct known_server *s,
			 const struct known_tool *k)
{
	struct buf b = BUF_INIT(4096), pointer = BUF_INIT(4096);
	struct report_place place = { .file = file };
	json_pointer_add(&pointer, SLICE_LIT("servers"));
	json_pointer_add(&pointer, slice_str(s->name));
	json_pointer_add(&pointer, SLICE_LIT("tools"));
	json_pointer_add(&pointer, slice_str(k->name));
	json_locate(base->text, buf_slice(&pointer), true, &place.line, &place.column);
	buf_adds(&b, "server ");
	report_quote(&b, slice_str(s->name), 0);
	buf_adds(&b, " does not list tool ");
	report_quote(&b, slice_str(k->name), 0);
	buf_adds(&b, " any more");
	report_add(r, &(struct report_finding){ .rule = RULE_TOOL_REMOVED,
						.severity = SEVERITY_LOW,
						.place = place,
						.server = s->name,
						.tool = k->name,
						.message = buf_str(&b) });
	buf_release(&pointer);
	buf_release(&b);
}

static void tell_server(struct report *r, const struct report_server *s)
{
	struct buf b = BUF_INIT(4096);
	buf_adds(&b, "server ");
	report_quote(&b, slice_str(s->name), 0);
	buf_adds(&b, " is not in the baseline");
	report_add(r, &(struct report_finding){ .rule = RULE_SERVER_ADDED,
						.severity = SEVERITY_MEDIUM,
						.place = s->place,
						.server = s->name,
						.message = buf_str(&b) });
	buf_release(&b);
}

static void compare_tools(const struct baseline *b, const char *file, struct report *r)
{
	struct map known, seen;
	struct buf key = BUF_INIT(1u << 20);
	map_init(&known);
	map_init(&seen);
	for (size_t i = 0; i < b->server_n; i++)
		for (size_t k = 0; k < b->servers[i].tool_n; k++)
			map_put(&known, tool_key(&key, b->servers[i].name, b->servers[i].tools[k].name), &b->servers[i].tools[k]);
	for (size_t i = 0; i < r->tool_n; i++) {
		const struct report_tool *t = &r->tools[i];
		const struct known_server *s = find_server(b, t->server);
		const struct known_tool *k = map_get(&known, tool_key(&key, t->server, t->name));
		bool is_first = !map_put(&seen, buf_slice(&key), r);
		if (k && strcmp(k->pin, t->pin) != 0)
			tell_changed(r, t, k);
		else if (!k && s && s->is_listed && is_first)
			tell_added(r, t);
	}
	for (size_t i = 0; i < b->server_n; i++) {
		const struct report_server *s = find_seen(r, b->servers[i].name);
		for (size_t k = 0; s && s->is_listed && k < b->servers[i].tool_n; k++)
			if (!map_get(&seen, tool_key(&key, b->servers[i].name, b->servers[i].tools[k].name)))
				tell_removed(b, file, r, &b->servers[i], &b->servers[i].tools[k]);
	}
	buf_release(&key);
	map_release(&known);
	map_release(&seen);
}

/* Servers that are configured still, and that nobody asked for their tools this time. */
static bool is_unasked(const struct report *r, const char *server)
{
	const struct report_server *s = find_seen(r, server);
	return s && !s->is_listed;
}

static void mark_known(const struct baseline *b, struct report *r)
{
	struct map accepted;
	map_init(&accepted);
	for (size_t i = 0; i < b->accepted_n; i++)
		map_put(&accepted, slice_str(b->accepted[i].fingerprint), &b->accepted[i]);
	for (size_t i = 0; i < r->finding_n; i++) {
		struct report_finding *f = &r->findings[i];
		const struct accepted *x = map_get(&accepted, slice_str(f->fingerprint));
		if (!x)
			continue;
		f->state = x->severity >= f->severity ? REPORT_KNOWN : REPORT_WORSE;
		f->reason = x->reason;
	}
	for (size_t i = 0; i < b->accepted_n; i++)
		r->gone += !map_get(&r->seen, slice_str(b->accepted[i].fingerprint)) &&
			   !(b->accepted[i].tool[0] && is_unasked(r, b->accepted[i].server));
	map_release(&accepted);
}

void baseline_compare(const struct baseline *b, const char *file, struct report *r)
{
	size_t server_n = r->server_n;
	r->has_baseline = true;
	mark_known(b, r);
	for (size_t i = 0; i < server_n; i++)
		if (!find_server(b, r->servers[i].name))
			tell_server(r, &r->servers[i]);
	compare_tools(b, file, r);
}

/* What only a comparison finds is no longer so once the baseline is written. */
static bool is_of_comparison(enum report_rule rule)
{
	return rule == RULE_TOOL_CHANGED || rule == RULE_TOOL_ADDED || rule == RULE_TOOL_REMOVED || rule == RULE_SERVER_ADDED;
}

struct tool_line {
	const char *server, *name, *pin;
	enum category category;
	enum severity severity;
};

static int compare_lines(const void *a, const void *b)
{
	const struct tool_line *x = a, *y = b;
	int c = strcmp(x->server, y->server);
	/* one without a name stands for a server of which no tools are known, or none are there */
	return c ? c : strcmp(x->name ? x->name : "", y->name ? y->name : "");
}

/* Lines of one server; those without a pin only say that its tools are known. */
static void write_tools(struct buf *out, const struct tool_line *v, size_t n)
{
	const char *last = NULL;
	buf_adds(out, "\n      \"tools\": {");
	for (size_t i = 0; i < n; i++) {
		if (!v[i].pin || (last && strcmp(last, v[i].name) == 0))
			continue;
		buf_adds(out, last ? ",\n        " : "\n        ");
		buf_add_json_string(out, slice_str(v[i].name));
		buf_addf(out, ": { \"category\": \"%s\", \"severity\": \"%s\", \"pin\": \"%s\" }", category_word(v[i].category),
			 severity_word(v[i].severity), v[i].pin);
		last = v[i].name;
	}
	buf_adds(out, last ? "\n      }\n    " : "}\n    ");
}

static void write_servers(struct buf *out, const struct tool_line *v, size_t n)
{
	buf_adds(out, "  \"servers\": {");
	for (size_t i = 0, end; i < n; i = end) {
		bool is_listed = false;
		for (end = i; end < n && strcmp(v[i].server, v[end].server) == 0; end++)
			is_listed |= v[end].name != NULL;
		buf_adds(out, i ? ",\n    " : "\n    ");
		buf_add_json_string(out, slice_str(v[i].server));
		buf_adds(out, ": {");
		if (is_listed)
			write_tools(out, v + i, end - i);
		buf_addc(out, '}');
	}
	buf_adds(out, n ? "\n  },\n" : "},\n");
}

static int compare_accepted(const void *a, const void *b)
{
	const struct accepted *x = a, *y = b;
	int c;
	if ((c = strcmp(x->server, y->server)) || (c = strcmp(x->tool, y->tool)) || (c = strcmp(x->rule, y->rule)) ||
	    (c = strcmp(x->file, y->file)))
		return c;
	return strcmp(x->fingerprint, y->fingerprint);
}

static void add_member(struct buf *out, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	buf_addf(out, ", \"%s\": ", key);
	buf_add_json_string(out, slice_str(value));
}

static void write_accepted(struct buf *out, struct accepted *v, size_t n)
{
	buf_adds(out, "  \"accepted\": [");
	for (size_t i = 0; i < n; i++) {
		buf_addf(out, "%s\n    { \"rule\": \"%s\", \"severity\": \"%s\"", i ? "," : "", v[i].rule, severity_word(v[i].severity));
		add_member(out, "file", v[i].file);
		add_member(out, "server", v[i].server);
		add_member(out, "tool", v[i].tool);
		add_member(out, "about", v[i].about);
		add_member(out, "reason", v[i].reason);
		add_member(out, "fingerprint", v[i].fingerprint);
		buf_adds(out, " }");
	}
	buf_adds(out, n ? "\n  ]\n}\n" : "]\n}\n");
}

static size_t gather_tools(const struct report *r, const struct baseline *old, struct tool_line *v)
{
	size_t n = 0;
	for (size_t i = 0; i < r->server_n; i++)
		v[n++] = (struct tool_line){ .server = r->servers[i].name, .name = r->servers[i].is_listed ? "" : NULL };
	for (size_t i = 0; i < r->tool_n; i++)
		v[n++] = (struct tool_line){ r->tools[i].server, r->tools[i].name, r->tools[i].pin, r->tools[i].category,
					     r->tools[i].severity };
	for (size_t i = 0; old && i < old->server_n; i++) {
		const struct known_server *s = &old->servers[i];
		if (!is_unasked(r, s->name) || !s->is_listed)
			continue;
		v[n++] = (struct tool_line){ .server = s->name, .name = "" };
		for (size_t k = 0; k < s->tool_n; k++)
			v[n++] = (struct tool_line){ s->name, s->tools[k].name, s->tools[k].pin, s->tools[k].category,
						     s->tools[k].severity };
	}
	return n;
}

static size_t gather_accepted(const struct report *r, const struct baseline *old, struct accepted *v)
{
	size_t n = 0;
	for (size_t i = 0; i < r->finding_n; i++) {
		const struct report_finding *f = &r->findings[i];
		if (is_of_comparison(f->rule))
			continue;
		v[n++] = (struct accepted){ report_rule_text(f->rule)->id, f->place.file ? f->place.file : "", f->server, f->tool,
					    f->detail, f->fingerprint, f->reason, f->severity };
	}
	for (size_t i = 0; old && i < old->accepted_n; i++) {
		const struct accepted *x = &old->accepted[i];
		if (x->tool[0] && is_unasked(r, x->server) && !map_get(&r->seen, slice_str(x->fingerprint)))
			v[n++] = *x;
	}
	return n;
}

void baseline_write(struct buf *out, const struct report *r, const struct baseline *old)
{
	size_t tools = r->server_n + r->tool_n, accepted = r->finding_n + (old ? old->accepted_n : 0);
	for (size_t i = 0; old && i < old->server_n; i++)
		tools += old->servers[i].tool_n + 1;
	struct tool_line *lines = mem_alloc((tools + 1) * sizeof *lines);
	struct accepted *kept = mem_alloc((accepted + 1) * sizeof *kept);
	size_t line_n = gather_tools(r, old, lines), kept_n = gather_accepted(r, old, kept);
	qsort(lines, line_n, sizeof *lines, compare_lines);
	qsort(kept, kept_n, sizeof *kept, compare_accepted);
	buf_addf(out, "{\n  \"version\": %d,\n", VERSION);
	write_servers(out, lines, line_n);
	write_accepted(out, kept, kept_n);
	free(lines);
	free(kept);
}
