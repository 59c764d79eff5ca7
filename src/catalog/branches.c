/* Values that are verbs: each is judged as the name of a tool would be. */
#include "catalog/branches.h"
#include "catalog/classify.h"

#define VALUE_BYTES_MAX 48

static const char *const choosers[] = { "action",    "actions", "operation", "operations", "op",	  "method",  "mode",
					"command",   "cmd",	"subcommand", "verb",	   "task",	  "function", "intent",
					"type",	     "tool",	"activity",  "event",	   "instruction", NULL };

/* "type" and "mode" choose an action only when their values say so. */
static bool is_weak(const char *head)
{
	return strcmp(head, "type") == 0 || strcmp(head, "mode") == 0 || strcmp(head, "event") == 0 ||
	       strcmp(head, "function") == 0 || strcmp(head, "tool") == 0 || strcmp(head, "task") == 0;
}

static bool is_chooser(const struct argument *a)
{
	for (const char *const *w = choosers; *w; w++)
		if (strcmp(tokens_last(&a->words), *w) == 0)
			return true;
	return false;
}

/* RFC 9110, 9.3: what a request of this method does by its definition. */
static enum category of_method(struct slice value)
{
	static const struct {
		const char *method;
		enum category category;
	} methods[] = {
		{ "get", CATEGORY_READ },   { "head", CATEGORY_READ }, { "options", CATEGORY_READ },	 { "post", CATEGORY_WRITE },
		{ "put", CATEGORY_WRITE },  { "patch", CATEGORY_WRITE }, { "delete", CATEGORY_DESTRUCTIVE },
	};
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (slice_ieq(value, slice_str(methods[i].method)))
			return methods[i].category;
	return CATEGORY_UNKNOWN;
}

static enum category of_value(const struct argument *a, struct slice value)
{
	enum category c = strcmp(tokens_last(&a->words), "method") == 0 ? of_method(value) : CATEGORY_UNKNOWN;
	return c ? c : classify_word(value);
}

static void add(struct branching *g, const struct argument *a, struct slice value)
{
	if (!value.n || value.n > VALUE_BYTES_MAX || g->n == BRANCH_VALUES_MAX)
		return;
	for (size_t i = 0; i < g->n; i++)
		if (slice_eq(g->v[i].value, value))
			return;
	g->v[g->n++] = (struct branch){ value, of_value(a, value) };
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* 'create', "create" or `create`: as people list values in prose. */
static void take_quoted(struct branching *g, const struct argument *a, struct slice text)
{
	for (size_t i = 0; i + 2 < text.n; i++) {
		char quote = text.p[i];
		if ((quote != '\'' && quote != '"' && quote != '`') || (i && is_word(text.p[i - 1])))
			continue;
		size_t n = 0;
		while (i + 1 + n < text.n && is_word(text.p[i + 1 + n]))
			n++;
		if (n > 1 && i + 1 + n < text.n && text.p[i + 1 + n] == quote)
			add(g, a, slice_of(text.p + i + 1, n));
		i += n;
	}
}

/* create|read|update, create, read or update: behind a colon or in brackets. */
static void take_listed(struct branching *g, const struct argument *a, struct slice text)
{
	const char *start = memchr(text.p, ':', text.n);
	const char *bracket = memchr(text.p, '(', text.n);
	if (bracket && (!start || bracket < start))
		start = bracket;
	size_t i = start ? (size_t)(start - text.p) + 1 : 0;
	if (!start && !memchr(text.p, '|', text.n) && !memchr(text.p, '/', text.n))
		return;
	while (i < text.n) {
		while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '-' || text.p[i] == '*'))
			i++;
		size_t n = 0;
		while (i + n < text.n && is_word(text.p[i + n]))
			n++;
		struct slice word = slice_of(text.p + i, n);
		i += n;
		if (n < 2)
			return;
		if (!slice_is(word, "or") && !slice_is(word, "and"))
			add(g, a, word);
		while (i < text.n && text.p[i] == ' ')
			i++;
		/* Prose, not a list, unless a separator or a conjunction follows. */
		bool is_more = i < text.n && (text.p[i] == ',' || text.p[i] == '|' || text.p[i] == '/');
		if (is_more)
			i++;
		else if (!slice_is(word, "or") && !slice_is(word, "and") &&
			 !(i + 2 < text.n && (memcmp(text.p + i, "or", 2) == 0 || memcmp(text.p + i, "and", 3) == 0)))
			return;
	}
}

/* What "add" puts back, "remove" does not end. */
static void pair(struct branching *g)
{
	bool has_add = false;
	for (size_t i = 0; i < g->n; i++)
		has_add |= slice_ieq(g->v[i].value, SLICE_LIT("add"));
	for (size_t i = 0; i < g->n; i++)
		if (has_add && slice_ieq(g->v[i].value, SLICE_LIT("remove")))
			g->v[i].category = CATEGORY_WRITE;
}

static bool are_methods(const struct branching *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->n; i++)
		n += of_method(g->v[i].value) != CATEGORY_UNKNOWN;
	return n == g->n;
}

static bool chooses(const struct branching *g, bool is_weak_name)
{
	size_t known = 0, acting = 0;
	for (size_t i = 0; i < g->n; i++) {
		known += g->v[i].category != CATEGORY_UNKNOWN;
		acting += g->v[i].category > CATEGORY_READ;
	}
	if (g->n < 2 || !acting)
		return false;
	return is_weak_name ? known * 4 >= g->n * 3 : known * 2 >= g->n;
}

static bool is_statement(const struct signals_context *c, const struct argument *a, unsigned signals, struct branching *out)
{
	const char *head = tokens_last(&a->words);
	if (!(signals & SIGNAL_BIT(SIGNAL_QUERY)) || strcmp(head, "promql") == 0 || strcmp(head, "logql") == 0 ||
	    strcmp(head, "jql") == 0 || strcmp(head, "kql") == 0 || strcmp(head, "cql") == 0)
		return false;
	if (mentions_any(a->description, (const char *const[]){ "promql", "logql", "jql", "kql", "kusto", "lucene", "gaql", NULL }))
		return false;
	out->is_statement = true;
	out->is_sql = signals_is_sql(c, a);
	return true;
}

bool branching_of(const struct signals_context *c, const struct argument *a, unsigned signals, struct arena *mem,
		  struct branching *out)
{
	*out = (struct branching){ .is_required = a->is_required, .preset = a->preset };
	if (is_statement(c, a, signals, out))
		return true;
	if (!is_chooser(a) || a->is_list || !(out->v = arena_alloc(mem, BRANCH_VALUES_MAX * sizeof *out->v)))
		return false;
	if (a->list) {
		out->is_closed = true;
		for (struct json_iter it = json_iter(a->list); json_next(&it);)
			add(out, a, json_string(it.value));
	} else if (!a->types || (a->types & TYPE_STRING)) {
		struct slice text = slice_of(a->description.p, a->description.n < 2000 ? a->description.n : 2000);
		take_quoted(out, a, text);
		if (out->n < 2) {
			out->n = 0;
			if (text.n)
				take_listed(out, a, text);
		}
	}
	pair(out);
	out->is_http = are_methods(out) && strcmp(tokens_last(&a->words), "method") == 0;
	if (chooses(out, is_weak(tokens_last(&a->words))))
		return true;
	out->n = 0;
	return false;
}

enum category branching_worst(const struct branching *g)
{
	enum category worst = CATEGORY_UNKNOWN;
	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].category > worst)
			worst = g->v[i].category;
	return worst;
}
