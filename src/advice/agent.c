/*
 * The answers of the gate's own tools. Whoever reads them acts by them, so words of servers stand only
 * as values, cut, and with what hides in them spelled out; what is ours never repeats them.
 */
#include "advice/inside.h"
#include "advice/agent.h"
#include "base/limits.h"
#include "catalog/attacks.h"
#include "catalog/show.h"

#define QUOTED_MAX 600
#define NAME_MAX_SHOWN 200
#define DANGEROUS_SHOWN 10
#define FOUND_DEFAULT 20
#define FOUND_MAX 50

static void add_quote(struct buf *b, const char *key, struct slice text, size_t max)
{
	struct buf shown = BUF_INIT(16 * max + 16);
	show_text(&shown, text, max);
	buf_addf(b, "\"%s\":", key);
	buf_add_json_string(b, buf_slice(&shown));
	buf_release(&shown);
}

/* Empty where it is absent; false: no string, or longer than the schema allows. */
static bool read_text(const struct json *arguments, const char *key, size_t max, struct slice *out, struct err *e)
{
	const struct json *v = json_gets(arguments, key);
	*out = json_string(v);
	if (v && (!json_is(v, JSON_STRING) || out->n > max))
		return err_set(e, ERR_INPUT, "'%s' must be text of at most %zu bytes", key, max);
	return true;
}

static const char *verdict_of(enum category c, enum severity s)
{
	switch (c) {
	case CATEGORY_READ: return s <= SEVERITY_MEDIUM ? "proceed" : "use_with_policy";
	case CATEGORY_WRITE: return s <= SEVERITY_HIGH ? "use_with_policy" : "ask_first";
	case CATEGORY_EXECUTE: return s <= SEVERITY_HIGH ? "use_with_policy" : "ask_first";
	case CATEGORY_UNKNOWN:
	case CATEGORY_DESTRUCTIVE:
	case CATEGORY_FINANCIAL:
	case CATEGORIES: break;
	}
	return "ask_first";
}

static const char *verdict_of_server(const struct index_server *s)
{
	if (!s->has_list || !s->tools || s->refused || s->by_category[CATEGORY_DESTRUCTIVE] ||
	    s->by_category[CATEGORY_FINANCIAL] || s->by_severity[SEVERITY_CRITICAL])
		return "ask_first";
	bool does_more = s->by_category[CATEGORY_READ] != s->tools || s->by_severity[SEVERITY_HIGH];
	return does_more ? "use_with_policy" : "proceed";
}

/* False: *e is for the agent. A file that cannot be read is told to the operator by its log, not here. */
static bool open_for_agent(const struct advice *a, struct index **x, struct err *e)
{
	struct err why = { 0 };
	if (advice_open(a, x, &why) != ADVICE_FOUND)
		return err_set(e, ERR_REMOTE, "the catalogue cannot be read now: ask a person before you use what you do not know");
	if (!*x)
		return err_set(e, ERR_INPUT, "%s; until then give a `definition`, or ask a person first", advice_hint(a));
	return true;
}

static bool find_server(struct index *x, struct slice id, struct arena *a, struct index_server *s, struct err *e)
{
	struct err why = { 0 };
	if (!id.n)
		return err_set(e, ERR_INPUT, "'server' is missing: the id or name of a server; search_tools finds ids");
	if (index_server(x, id, a, s, &why))
		return true;
	if (advice_no_server(x, id, a, &why) == ADVICE_UNKNOWN)
		return err_set(e, ERR_INPUT, "%s: nothing is known of it, so ask a person first", why.text);
	return err_set(e, ERR_REMOTE, "the catalogue cannot be read now: ask a person first");
}

static void add_dangerous(struct index *x, struct slice id, struct arena *arena, struct buf *b)
{
	struct index_query q = { .server = id, .limit = DANGEROUS_SHOWN };
	struct index_page page = { 0 };
	struct err ignored = { 0 };
	buf_adds(b, ",\"most_dangerous\":[");
	if (index_search(x, &q, arena, &page, &ignored))
		for (size_t i = 0; i < page.n; i++) {
			const struct index_tool *t = &page.tools[i];
			buf_adds(b, i ? ",{" : "{");
			add_quote(b, "tool", t->name, NAME_MAX_SHOWN);
			buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"verdict\":\"%s\"}", category_word(t->category),
				 severity_word(t->severity), verdict_of(t->category, t->severity));
		}
	buf_addc(b, ']');
}

static void write_server(struct index *x, const struct index_server *s, struct arena *arena, struct buf *b)
{
	struct buf why = BUF_INIT(4096);
	uint64_t categories[CATEGORIES], severities[SEVERITIES];
	char grade = index_grade(s, &why);
	for (size_t i = 0; i < CATEGORIES; i++)
		categories[i] = s->by_category[i];
	for (size_t i = 0; i < SEVERITIES; i++)
		severities[i] = s->by_severity[i];
	buf_addc(b, '{');
	add_quote(b, "server", s->id, LIMIT_INDEX_ID);
	buf_addf(b, ",\"verdict\":\"%s\",\"grade\":\"%c\",\"grade_because\":", verdict_of_server(s), grade);
	buf_add_json_string(b, buf_slice(&why));
	buf_addf(b, ",\"tools\":%u", s->tools);
	row_add_counts(b, "by_category", categories, CATEGORIES, false);
	row_add_counts(b, "by_severity", severities, SEVERITIES, true);
	buf_addf(b, ",\"refused\":%u,\"disputed\":%u,\"tokens\":%llu,\"source\":\"%s\"", s->refused, s->disputed,
		 (unsigned long long)s->tokens, index_source_word(s->source));
	row_add_time(b, "seen", s->seen_us);
	add_dangerous(x, s->id, arena, b);
	buf_adds(b, ",\"quoted\":{");
	add_quote(b, "title", s->title, NAME_MAX_SHOWN);
	buf_addc(b, ',');
	add_quote(b, "description", s->description, QUOTED_MAX);
	buf_adds(b, "}}");
	buf_release(&why);
}

bool agent_check_server(const struct advice *a, const struct json *arguments, struct arena *arena, struct buf *b,
			struct err *e)
{
	struct index_server s;
	struct index *x;
	struct slice id;
	if (!read_text(arguments, "server", LIMIT_INDEX_ID, &id, e) || !open_for_agent(a, &x, e))
		return false;
	bool is_found = find_server(x, id, arena, &s, e);
	if (is_found)
		write_server(x, &s, arena, b);
	index_close(&x);
	return is_found;
}

static void add_branches(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"branches\":[");
	for (size_t i = 0; i < p->branching_n; i++) {
		const struct branching *g = &p->branching[i];
		buf_adds(b, i ? ",{" : "{");
		add_quote(b, "argument", g->argument, NAME_MAX_SHOWN);
		buf_adds(b, ",\"values\":[");
		for (size_t k = 0; k < g->n && k < FOUND_MAX; k++) {
			buf_adds(b, k ? ",{" : "{");
			add_quote(b, "value", g->v[k].value, NAME_MAX_SHOWN);
			buf_addf(b, ",\"category\":\"%s\"}", category_word(g->v[k].category));
		}
		buf_adds(b, "]}");
	}
	buf_addc(b, ']');
}

static void add_evidence(struct buf *b, const struct profile *p)
{
	buf_adds(b, ",\"evidence\":[");
	for (size_t i = 0; i < p->evidence_n; i++) {
		const struct evidence *v = &p->evidence[i];
		buf_adds(b, i ? ",{" : "{");
		add_quote(b, "pointer", slice_str(v->pointer), NAME_MAX_SHOWN);
		buf_addc(b, ',');
		add_quote(b, "quote", v->quote, NAME_MAX_SHOWN);
		buf_addf(b, ",\"speaks_for\":\"%s\"}", v->speaks_for);
	}
	buf_addc(b, ']');
}

static void write_profile(struct buf *b, const struct profile *p, struct slice server, struct slice description)
{
	struct buf rule = BUF_INIT(65536);
	bool is_hidden;
	recommend_rule(&rule, p, &is_hidden);
	buf_addc(b, '{');
	add_quote(b, "server", server, LIMIT_INDEX_ID);
	buf_addc(b, ',');
	add_quote(b, "tool", p->name, NAME_MAX_SHOWN);
	buf_addf(b, ",\"verdict\":\"%s\",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.3f",
		 p->refused.p ? "ask_first" : verdict_of(p->category, p->severity), category_word(p->category),
		 severity_word(p->severity), p->confidence);
	row_add_labels(b, p->labels);
	row_add_signals(b, p->signals);
	buf_addf(b, ",\"disputed\":%s,\"valid\":%s,\"hide\":%s,\"rule\":%.*s,\"attacks\":[", p->is_disputed ? "true" : "false",
		 p->refused.p ? "false" : "true", is_hidden ? "true" : "false", SLICE_ARG(buf_slice(&rule)));
	for (size_t i = 0; i < p->attack_n; i++)
		buf_addf(b, "%s{\"id\":\"%s\",\"name\":\"%s\"}", i ? "," : "", p->attack[i]->id, p->attack[i]->name);
	buf_addc(b, ']');
	add_branches(b, p);
	buf_adds(b, ",\"quoted\":{");
	add_quote(b, "description", description, QUOTED_MAX);
	add_evidence(b, p);
	buf_adds(b, "}}");
	b->failed |= !buf_ok(&rule);
	buf_release(&rule);
}

static bool check_given(const struct json *definition, struct slice server, struct arena *arena, struct buf *b, struct err *e)
{
	struct judged j;
	if (!json_is(definition, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'definition' must be one tool of tools/list: an object with name, description and inputSchema");
	if (judge_text(definition, server, arena, &j, e) != ADVICE_FOUND)
		return false;
	write_profile(b, j.v[0], server, json_string(json_gets(definition, "description")));
	return true;
}

static bool check_kept(struct index *x, struct slice server, struct slice name, struct arena *arena, struct buf *b,
		       struct err *e)
{
	struct err why = { 0 };
	struct index_tool t;
	struct profile *p = arena_zalloc(arena, sizeof *p);
	if (!index_tool(x, server, name, arena, &t, &why)) {
		if (advice_no_tool(x, server, name, arena, &why) != ADVICE_UNKNOWN)
			return err_set(e, ERR_REMOTE, "the catalogue cannot be read now: ask a person first");
		return err_set(e, ERR_INPUT, "%s: give its `definition` as tools/list has it, or ask a person first", why.text);
	}
	if (!p || !index_profile(&t, arena, p, e))
		return err_set(e, ERR_LIMIT, "the tool cannot be judged: ask a person first");
	struct slice text = json_string(json_gets(json_read(t.definition, arena, &why), "description"));
	write_profile(b, p, server, text);
	return true;
}

bool agent_check_tool(const struct advice *a, const struct json *arguments, struct arena *arena, struct buf *b, struct err *e)
{
	const struct json *definition = json_gets(arguments, "definition");
	struct slice server, name;
	struct index *x;
	if (!read_text(arguments, "server", LIMIT_INDEX_ID, &server, e) ||
	    !read_text(arguments, "tool", LIMIT_INDEX_NAME, &name, e))
		return false;
	if (definition)
		return check_given(definition, server, arena, b, e);
	if (!server.n || !name.n)
		return err_set(e, ERR_INPUT, "name the 'server' and the 'tool', or give the tool's 'definition'");
	if (!open_for_agent(a, &x, e))
		return false;
	bool is_found = check_kept(x, server, name, arena, b, e);
	index_close(&x);
	return is_found;
}

static bool read_word(const struct json *arguments, const char *key, unsigned *bits, struct err *e)
{
	struct slice word;
	if (!read_text(arguments, key, 32, &word, e))
		return false;
	return !word.n || advice_word(key, word, bits) ||
	       err_set(e, ERR_INPUT, "'%s' is none of the words in the schema of this tool", key);
}

static bool read_search(const struct json *arguments, struct index_query *q, struct err *e)
{
	const struct json *limit = json_gets(arguments, "limit");
	int64_t n = FOUND_DEFAULT;
	if (limit && (!json_int64(limit, &n) || n < 1 || n > FOUND_MAX))
		return err_set(e, ERR_INPUT, "'limit' must be a whole number from 1 to %d", FOUND_MAX);
	q->limit = (size_t)n;
	return read_text(arguments, "query", 1024, &q->words, e) && read_text(arguments, "server", LIMIT_INDEX_ID, &q->server, e) &&
	       read_text(arguments, "cursor", 1024, &q->cursor, e) && read_word(arguments, "category", &q->categories, e) &&
	       read_word(arguments, "severity", &q->severities, e) && read_word(arguments, "label", &q->labels, e) &&
	       read_word(arguments, "signal", &q->signals, e);
}

static void write_found(const struct index_page *page, struct arena *arena, struct buf *b)
{
	buf_adds(b, "{\"tools\":[");
	for (size_t i = 0; i < page->n; i++) {
		const struct index_tool *t = &page->tools[i];
		buf_adds(b, i ? ",{" : "{");
		add_quote(b, "server", t->server, LIMIT_INDEX_ID);
		buf_addc(b, ',');
		add_quote(b, "tool", t->name, NAME_MAX_SHOWN);
		buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.3f,\"verdict\":\"%s\"", category_word(t->category),
			 severity_word(t->severity), t->confidence, verdict_of(t->category, t->severity));
		row_add_labels(b, t->labels);
		row_add_signals(b, t->signals);
		buf_adds(b, ",\"quoted\":{\"description\":");
		buf_add_json_string(b, row_description(t, arena));
		buf_adds(b, "}}");
	}
	buf_addf(b, "],\"total\":%zu", page->total);
	row_add_text(b, "next", page->cursor);
	buf_addc(b, '}');
}

bool agent_search_tools(const struct advice *a, const struct json *arguments, struct arena *arena, struct buf *b, struct err *e)
{
	struct index_query q = { 0 };
	struct index_page page = { 0 };
	struct index_server s;
	struct err why = { 0 };
	struct index *x;
	if (!read_search(arguments, &q, e) || !open_for_agent(a, &x, e))
		return false;
	bool is_good = !q.server.n || find_server(x, q.server, arena, &s, e);
	if (is_good && !index_search(x, &q, arena, &page, &why))
		is_good = err_set(e, why.kind, "%s", why.kind == ERR_REMOTE ? "the catalogue cannot be read now" : why.text);
	if (is_good)
		write_found(&page, arena, b);
	index_close(&x);
	return is_good;
}

static void write_policy(const struct judged *j, struct buf *b)
{
	size_t hidden = 0;
	struct buf rule = BUF_INIT(1u << 20);
	for (size_t i = 0; i < j->n; i++) {
		bool is_hidden;
		buf_clear(&rule);
		recommend_rule(&rule, j->v[i], &is_hidden);
		hidden += is_hidden;
	}
	buf_release(&rule);
	buf_addf(b, "{\"tools\":%zu,\"hidden\":%zu,\"policy\":", j->n, hidden);
	judged_write_policy(b, j);
	buf_addc(b, '}');
}

bool agent_recommend_policy(const struct advice *a, const struct json *arguments, struct arena *arena, struct buf *b,
			    struct err *e)
{
	const struct json *tools = json_gets(arguments, "tools");
	struct judged j;
	struct index_server s;
	struct index *x;
	struct slice server;
	if (!read_text(arguments, "server", LIMIT_INDEX_ID, &server, e))
		return false;
	if (tools) {
		if (!json_is(tools, JSON_ARRAY) || judge_text(tools, server, arena, &j, e) != ADVICE_FOUND)
			return err_set(e, ERR_INPUT, "'tools' must be a list of 1 to %d definitions as tools/list has them",
				       LIMIT_ADVICE_TOOLS);
		write_policy(&j, b);
		return true;
	}
	if (!server.n)
		return err_set(e, ERR_INPUT, "name the 'server', or give the 'tools' as tools/list has them");
	if (!open_for_agent(a, &x, e))
		return false;
	bool is_good = find_server(x, server, arena, &s, e) && judge_server(x, server, arena, &j, e);
	if (is_good)
		write_policy(&j, b);
	index_close(&x);
	return is_good;
}
