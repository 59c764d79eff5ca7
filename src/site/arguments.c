/* What an agent may put in, where one argument chooses the action, and what the server claims. */
#include "base/html.h"
#include "site/tool_parts.h"

#define ARGUMENTS_MAX 100
#define BRANCHES_MAX  60
#define WORDS_MAX     300

static const char *signal_means(enum signal k)
{
	static const char *const meanings[SIGNALS] = {
		[SIGNAL_COMMAND] = "a command that will run",
		[SIGNAL_CODE] = "code that will run",
		[SIGNAL_QUERY] = "a statement for a database",
		[SIGNAL_PATH] = "a path of files",
		[SIGNAL_URL] = "an address or a host",
		[SIGNAL_BULK] = "many objects at once",
		[SIGNAL_AMOUNT] = "an amount that costs",
		[SIGNAL_RECIPIENT] = "somebody who receives",
		[SIGNAL_HTML] = "raw HTML",
		[SIGNAL_CREDENTIAL] = "a secret",
		[SIGNAL_PERMISSION] = "rights or roles",
		[SIGNAL_MANY] = "many arguments",
	};
	return k < SIGNALS && meanings[k] ? meanings[k] : "";
}

static void add_cut(struct site *s, struct slice text, size_t max)
{
	if (html_add(&s->b, text, max))
		buf_adds(&s->b, "…");
}

static void add_type(struct site *s, const struct json *property)
{
	const struct json *type = json_gets(property, "type");
	bool is_first = true;
	if (json_is(type, JSON_STRING))
		add_cut(s, json_string(type), 40);
	for (struct json_iter it = json_iter(type); json_next(&it); is_first = false) {
		buf_adds(&s->b, is_first ? "" : " or ");
		add_cut(s, json_string(it.value), 40);
	}
	if (json_count(json_gets(property, "enum")))
		buf_addf(&s->b, " one of %zu", json_count(json_gets(property, "enum")));
}

static bool is_required(const struct json *schema, struct slice name)
{
	for (struct json_iter it = json_iter(json_gets(schema, "required")); json_next(&it);)
		if (json_is(it.value, JSON_STRING) && slice_eq(json_string(it.value), name))
			return true;
	return false;
}

/* Those of the property itself and of what is below it. */
static void add_signals_of(struct site *s, const struct profile *p, struct slice name)
{
	struct buf pointer = BUF_INIT(1u << 20);
	bool is_any = false;
	buf_adds(&pointer, "/inputSchema/properties");
	json_pointer_add(&pointer, name);
	for (size_t i = 0; i < p->signal_n; i++) {
		struct slice at = slice_str(p->signal[i].pointer);
		if (!at.p || !slice_starts(at, buf_slice(&pointer)) || (at.n > pointer.n && at.p[pointer.n] != '/'))
			continue;
		buf_addf(&s->b, "%s<span class=\"signal\">%s</span> %s", is_any ? "<br>" : "", signal_word(p->signal[i].kind),
			 signal_means(p->signal[i].kind));
		is_any = true;
	}
	buf_release(&pointer);
}

static void add_argument(struct site *s, const struct tool_facts *f, const struct json *schema, const struct json_iter *it)
{
	struct buf *b = &s->b;
	buf_adds(b, "<tr><th scope=\"row\"><code>");
	add_cut(s, it->key, 100);
	buf_addf(b, "</code>%s</th><td>", is_required(schema, it->key) ? " <span class=\"must\">required</span>" : "");
	add_type(s, it->value);
	buf_adds(b, "</td><td>");
	add_cut(s, json_string(json_gets(it->value, "description")), WORDS_MAX);
	buf_adds(b, "</td><td>");
	add_signals_of(s, f->p, it->key);
	buf_adds(b, "</td></tr>");
}

void tool_arguments(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b;
	const struct json *schema = json_gets(f->definition, "inputSchema"), *properties = json_gets(schema, "properties");
	size_t n = 0, all = json_is(properties, JSON_OBJECT) ? json_count(properties) : 0;
	tool_heading(s, f, "arguments", "Arguments", NULL);
	if (!all) {
		buf_adds(b, json_is(schema, JSON_OBJECT) ? "<p>Its schema names no arguments.</p></section>\n"
							 : "<p>No input schema is known of it.</p></section>\n");
		return;
	}
	buf_adds(b, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Arguments\"><table><caption>What an agent may put in, and "
		    "what that gives it</caption><thead><tr><th scope=\"col\">Argument</th><th scope=\"col\">Type</th>"
		    "<th scope=\"col\">The server says</th><th scope=\"col\">Signals</th></tr></thead><tbody>");
	for (struct json_iter it = json_iter(properties); n < ARGUMENTS_MAX && json_next(&it); n++)
		add_argument(s, f, schema, &it);
	buf_adds(b, "</tbody></table></div>");
	if (n < all)
		buf_addf(b, "<p class=\"note\">Shown are the first %zu of %zu.</p>", n, all);
	if (f->p->signals & SIGNAL_BIT(SIGNAL_MANY))
		buf_addf(b, "<p><span class=\"signal\">many</span> It takes more than %d arguments: much that can go wrong, and much "
			    "for a reviewer to read.</p>", SIGNAL_MANY_PARAMETERS);
	buf_adds(b, "</section>\n");
}

static void add_branching(struct site *s, const struct branching *v)
{
	struct buf *b = &s->b;
	if (v->is_statement) {
		buf_adds(b, "<p>The text of <code>");
		add_cut(s, v->argument, 200);
		buf_adds(b, "</code> chooses: a statement may read, change or delete. A rule has to look into it.</p>");
		return;
	}
	buf_adds(b, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Branches\"><table><caption><code>");
	add_cut(s, v->argument, 200);
	buf_adds(b, "</code> chooses the action</caption><thead><tr><th scope=\"col\">Value</th><th scope=\"col\">Category</th>"
		    "</tr></thead><tbody>");
	for (size_t i = 0; i < v->n && i < BRANCHES_MAX; i++) {
		buf_adds(b, "<tr><th scope=\"row\"><code>");
		add_cut(s, v->v[i].value, 100);
		buf_addf(b, "</code></th><td>%s</td></tr>", category_name(v->v[i].category));
	}
	buf_adds(b, "</tbody></table></div>");
	if (v->n > BRANCHES_MAX)
		buf_addf(b, "<p class=\"note\">Shown are the first %d of %zu.</p>", BRANCHES_MAX, v->n);
}

void tool_branches(struct site *s, const struct tool_facts *f)
{
	tool_heading(s, f, "branches", "Branches", NULL);
	if (!f->p->branching_n)
		buf_adds(&s->b, "<p>No argument was found that chooses between actions of different kinds.</p>");
	for (size_t i = 0; i < f->p->branching_n; i++)
		add_branching(s, &f->p->branching[i]);
	buf_adds(&s->b, "</section>\n");
}

static void add_claim(struct site *s, const char *name, enum catalog_hint claim, bool is_odd)
{
	static const char *const words[] = { "not said", "no", "yes" };
	buf_addf(&s->b, "<tr%s><th scope=\"row\"><code>%s</code></th><td>%s%s</td></tr>", is_odd ? " class=\"odd-one\"" : "", name,
		 words[claim], is_odd ? " <strong class=\"odds\">our finding differs</strong>" : "");
}

void tool_claims(struct site *s, const struct tool_facts *f)
{
	const struct catalog_hints *c = &f->p->claims;
	enum category found = f->t->category;
	bool is_read = found == CATEGORY_READ, is_hard = found == CATEGORY_DESTRUCTIVE || found == CATEGORY_FINANCIAL;
	tool_heading(s, f, "claims", "What the server claims", NULL);
	if (!c->read_only && !c->destructive && !c->idempotent && !c->open_world) {
		buf_adds(&s->b, "<p>Nothing: it gives no annotations.</p></section>\n");
		return;
	}
	buf_addf(&s->b,
		 "<p>Annotations are the server's own word. They are shown beside our finding (<strong>%s</strong>) and never "
		 "trusted.</p><div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Claims\"><table><caption>Annotations</caption><thead>"
		 "<tr><th scope=\"col\">Annotation</th><th scope=\"col\">Claimed</th></tr></thead><tbody>",
		 category_name(found));
	add_claim(s, "readOnlyHint", c->read_only,
		  found && ((c->read_only == CATALOG_HINT_YES && !is_read) || (c->read_only == CATALOG_HINT_NO && is_read)));
	add_claim(s, "destructiveHint", c->destructive,
		  found && ((c->destructive == CATALOG_HINT_NO && is_hard) ||
			    (c->destructive == CATALOG_HINT_YES && c->read_only != CATALOG_HINT_YES && is_read)));
	add_claim(s, "idempotentHint", c->idempotent, false);
	add_claim(s, "openWorldHint", c->open_world, false);
	buf_adds(&s->b, "</tbody></table></div>");
	if (f->p->is_disputed)
		buf_adds(&s->b, "<p class=\"note\"><strong>They disagree with our finding.</strong> A client that trusts them would treat this "
				"tool otherwise.</p>");
	buf_adds(&s->b, "</section>\n");
}
