/* Tools that are like this one, and what the page rests on. */
#include "base/html.h"
#include "site/tool_parts.h"

#define SAME_SERVER_MAX 8
#define ELSEWHERE_MAX	6
#define LOOKED_AT_MAX	64
#define DEFINITION_MAX	16384

static void add_item(struct site *s, const struct tool_row *t, bool with_server)
{
	buf_addf(&s->b, "<li><span class=\"badge s%u\">%s</span> ", t->severity, severity_name((enum severity)t->severity));
	add_tool_link(s, t);
	if (with_server) {
		buf_adds(&s->b, " of ");
		add_server_link(s, server_of(s, t));
	}
}

/* From this tool on and around: those of the same category first, then the more dangerous. */
static void add_same_server(struct site *s, const struct tool_facts *f)
{
	const struct server_row *r = server_of(s, f->row);
	size_t shown = 0, own = (size_t)(f->row - s->tools) - r->first;
	for (int turn = 0; turn < 2; turn++)
		for (size_t i = 1; i < r->n && i <= 4 * LOOKED_AT_MAX && shown < SAME_SERVER_MAX; i++) {
			const struct tool_row *t = &s->tools[r->first + (own + i) % r->n];
			if (t->is_gone || (t->category == f->row->category) != (turn == 0))
				continue;
			if (!shown++)
				buf_adds(&s->b, "<h3>On the same server</h3><ul class=\"list\">");
			add_item(s, t, false);
		}
	buf_adds(&s->b, shown ? "</ul>" : "<p>No other tool of this server is listed.</p>");
}

static bool is_alike(const struct tool_row *a, const struct tool_row *b)
{
	size_t n = 0;
	while (n < a->name.n && n < b->name.n && (a->name.p[n] | 0x20) == (b->name.p[n] | 0x20))
		n++;
	return n >= 3 || (n && n == a->name.n && n == b->name.n);
}

/* Neighbours in the order of category and name, in both directions, one of each server. */
static void add_elsewhere(struct site *s, const struct tool_facts *f)
{
	uint32_t servers[ELSEWHERE_MAX];
	size_t shown = 0;
	size_t at = f->row->is_gone ? 0 : s->place[f->row - s->tools];
	for (size_t step = 2; !f->row->is_gone && step < 2 * LOOKED_AT_MAX && shown < ELSEWHERE_MAX; step++) {
		size_t far = step / 2, to = step % 2 ? at - far : at + far;
		if ((step % 2 && far > at) || to >= s->rank_n)
			continue;
		const struct tool_row *t = &s->tools[s->by_name[to]];
		bool is_new = t->server != f->row->server && t->category == f->row->category && is_alike(t, f->row);
		for (size_t i = 0; i < shown; i++)
			is_new = is_new && servers[i] != t->server;
		if (!is_new)
			continue;
		if (!shown)
			buf_adds(&s->b, "<h3>Of the same category on other servers</h3><ul class=\"list\">");
		servers[shown++] = t->server;
		add_item(s, t, true);
	}
	if (shown)
		buf_adds(&s->b, "</ul>");
}

void tool_related(struct site *s, const struct tool_facts *f)
{
	tool_heading(s, f, "related", "Related tools", NULL);
	add_same_server(s, f);
	add_elsewhere(s, f);
	buf_addf(&s->b, "<p><a href=\"%scategory/%s.html\">All tools of the category %s</a></p></section>\n", s->root,
		 category_word(f->t->category), category_name(f->t->category));
}

static void add_definition(struct site *s, const struct tool_facts *f)
{
	struct buf text = BUF_INIT(8u << 20);
	if (f->definition)
		json_pretty(&text, f->definition);
	else
		buf_add_slice(&text, f->t->definition);
	buf_adds(&s->b, "<details><summary>The definition, as it was listed</summary><pre tabindex=\"0\" role=\"group\" aria-label=\"Definition\"><code>");
	if (!buf_ok(&text))
		buf_adds(&s->b, "It is too long to be shown.");
	else if (html_add(&s->b, buf_slice(&text), DEFINITION_MAX))
		buf_adds(&s->b, "\n… it goes on");
	buf_adds(&s->b, "</code></pre></details>");
	buf_release(&text);
}

void tool_provenance(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b;
	const struct server_row *r = server_of(s, f->row);
	tool_heading(s, f, "provenance", "Provenance", NULL);
	buf_adds(b, "<dl class=\"facts\"><dt>Listed by</dt><dd>");
	add_server_link(s, r);
	buf_adds(b, " (<code>");
	html_add(b, r->s.id, 300);
	buf_adds(b, "</code>)</dd>");
	if (r->s.version.n) {
		buf_adds(b, "<dt>Its version</dt><dd>");
		html_add(b, r->s.version, 100);
		buf_adds(b, "</dd>");
	}
	buf_adds(b, "<dt>First seen</dt><dd>");
	add_day(s, f->t->added_us);
	buf_adds(b, "</dd><dt>Last change</dt><dd>");
	add_day(s, f->t->changed_us > f->t->added_us ? f->t->changed_us : f->t->added_us);
	buf_addf(b, "</dd><dt>Pin (SHA-256)</dt><dd><code class=\"hash\">%s</code></dd><dt>Weight in a context</dt><dd>about ",
		 f->t->pin);
	add_number(s, f->t->tokens);
	buf_addf(b, " %s, an estimate (o200k)</dd></dl>", count_of(f->t->tokens, "token", "tokens"));
	add_definition(s, f);
	buf_adds(b, "</section>\n");
}
