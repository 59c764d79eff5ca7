/* Lists that work without a script: tools by risk and by category, and all servers. */
#include "base/html.h"
#include "site/inside.h"
#include <stdio.h>

#define TOOLS_A_PAGE   250
#define SERVERS_A_PAGE 250
#define ENDS	       3 /* pages linked at each end of the row of pages, and around the current one */

static void add_page_link(struct site *s, const char *name, size_t i, size_t page)
{
	buf_addf(&s->b, i ? "<li><a href=\"%s-%zu.html\"" : "<li><a href=\"%s.html\"", name, i + 1);
	buf_addf(&s->b, "%s>%zu</a>", i == page ? " aria-current=\"page\"" : "", i + 1);
}

void add_pages(struct site *s, const char *name, size_t page, size_t pages, const char *where)
{
	bool is_gap = false;
	if (pages < 2)
		return;
	buf_addf(&s->b, "<nav aria-label=\"Pages, %s\" class=\"pages\"><ul>", where);
	for (size_t i = 0; i < pages; i++) {
		bool is_near = i < ENDS || i + ENDS >= pages || (i + ENDS >= page && i <= page + ENDS);
		/* Every tenth, too: no page is far from any other. */
		if (!is_near && i % 10 != 9) {
			is_gap = true;
			continue;
		}
		buf_adds(&s->b, is_gap ? "<li aria-hidden=\"true\">…" : "");
		is_gap = false;
		add_page_link(s, name, i, page);
	}
	buf_adds(&s->b, "</ul></nav>");
}

/* Tools of one kind: the numbers of their rows. */
struct list {
	const char *folder, *word, *name, *means;
	const uint32_t *v;
	size_t n;
};

static bool write_list_page(struct site *s, const struct list *l, size_t page, size_t pages)
{
	char path[100], title[100];
	snprintf(path, sizeof path, page ? "%s/%s-%zu.html" : "%s/%s.html", l->folder, l->word, page + 1);
	if (page)
		snprintf(title, sizeof title, "%s, page %zu", l->name, page + 1);
	else
		snprintf(title, sizeof title, "%s", l->name);
	struct page p = { .path = path, .title = slice_str(title), .description = slice_str(l->means), .section = "risk" };
	page_begin(s, &p);
	buf_addf(&s->b, "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"%srisk/index.html\">Risk</a>"
			"<li aria-current=\"page\">%s</ol></nav><h1>%s</h1><p>%s. ", s->root, title, title, l->means);
	add_number(s, l->n);
	buf_addf(&s->b, " %s.</p>", count_of(l->n, "tool", "tools"));
	add_pages(s, l->word, page, pages, "above the list");
	if (l->n)
		add_tools_begin(s, "Tools, the most dangerous first", true);
	for (size_t i = page * TOOLS_A_PAGE; i < l->n && i < (page + 1) * TOOLS_A_PAGE; i++)
		add_tool(s, &s->tools[l->v[i]], true);
	if (l->n)
		add_tools_end(s);
	add_pages(s, l->word, page, pages, "below the list");
	return page_end(s);
}

static bool write_list(struct site *s, const struct list *l)
{
	size_t pages = l->n ? (l->n + TOOLS_A_PAGE - 1) / TOOLS_A_PAGE : 1;
	for (size_t i = 0; i < pages; i++)
		if (!write_list_page(s, l, i, pages))
			return false;
	return true;
}

static bool write_by(struct site *s, bool is_severity, unsigned which, uint32_t *v)
{
	static const char *const meanings[SEVERITIES] = {
		"Nothing is known of the risk",
		"Little can go wrong, and it stays small",
		"It changes something that can be put right",
		"It reaches far, or what it does depends on what it is given",
		"One call can do harm that stays",
	};
	char name[40];
	struct list l = { .v = v };
	for (size_t i = 0; i < s->rank_n; i++) {
		const struct tool_row *t = &s->tools[s->by_rank[i]];
		if ((is_severity ? t->severity : t->category) == which)
			v[l.n++] = s->by_rank[i];
	}
	if (is_severity) {
		snprintf(name, sizeof name, "%s risk", severity_name((enum severity)which));
		l.folder = "risk", l.word = severity_word((enum severity)which), l.means = meanings[which];
	} else {
		snprintf(name, sizeof name, "%s tools", category_name((enum category)which));
		l.folder = "category", l.word = category_word((enum category)which);
		l.means = category_means((enum category)which);
	}
	l.name = name;
	return write_list(s, &l);
}

static bool write_risk_index(struct site *s)
{
	struct page p = { .path = "risk/index.html", .title = SLICE_LIT("Risk"),
			  .description = SLICE_LIT("Tools by risk level and by category"), .section = "risk" };
	page_begin(s, &p);
	buf_adds(&s->b, "<h1>Tools by risk</h1><section aria-labelledby=\"levels\"><h2 id=\"levels\">Levels</h2><ul class=\"cards\">");
	for (unsigned i = SEVERITIES; i-- > 0;) {
		if (!s->totals.by_severity[i] && i == 0)
			continue;
		buf_adds(&s->b, "<li>");
		add_severity(s, (enum severity)i);
		buf_adds(&s->b, " <strong>");
		add_number(s, s->totals.by_severity[i]);
		buf_addf(&s->b, "</strong> %s", count_of(s->totals.by_severity[i], "tool", "tools"));
	}
	buf_adds(&s->b, "</ul></section><section aria-labelledby=\"kinds\"><h2 id=\"kinds\">Categories</h2><dl class=\"facts\">");
	for (unsigned i = CATEGORIES; i-- > 0;) {
		buf_addf(&s->b, "<dt><a href=\"%scategory/%s.html\">%s</a></dt><dd>It %s: ", s->root, category_word((enum category)i),
			 category_name((enum category)i), category_means((enum category)i));
		add_number(s, s->totals.by_category[i]);
		buf_addf(&s->b, " %s</dd>", count_of(s->totals.by_category[i], "tool", "tools"));
	}
	buf_adds(&s->b, "</dl></section>");
	return page_end(s);
}

static void add_server_row(struct site *s, const struct server_row *r)
{
	buf_adds(&s->b, "<tr><th scope=\"row\">");
	add_server_link(s, r);
	buf_addf(&s->b, "</th><td><span class=\"letter g%c\">%c</span></td><td class=\"number\">",
		 r->s.grade >= 'A' && r->s.grade <= 'F' ? r->s.grade : 'X', r->s.grade ? r->s.grade : '-');
	add_number(s, r->s.tools);
	buf_adds(&s->b, "</td><td class=\"number\">");
	add_number(s, r->s.by_severity[SEVERITY_CRITICAL]);
	buf_adds(&s->b, "</td><td class=\"number\">");
	add_number(s, r->s.by_severity[SEVERITY_HIGH]);
	buf_adds(&s->b, "</td><td>");
	if (html_add(&s->b, r->s.description, 140))
		buf_adds(&s->b, "…");
	buf_adds(&s->b, "</td></tr>\n");
}

static bool write_server_list(struct site *s)
{
	size_t pages = s->server_n ? (s->server_n + SERVERS_A_PAGE - 1) / SERVERS_A_PAGE : 1;
	for (size_t page = 0; page < pages; page++) {
		char path[100], title[60];
		snprintf(path, sizeof path, page ? "servers/index-%zu.html" : "servers/index.html", page + 1);
		snprintf(title, sizeof title, page ? "Servers, page %zu" : "Servers", page + 1);
		struct page p = { .path = path, .title = slice_str(title), .section = "servers" };
		page_begin(s, &p);
		buf_addf(&s->b, "<h1>%s</h1><p>", title);
		add_number(s, s->server_n);
		buf_addf(&s->b, " %s, by identity.</p>", count_of(s->server_n, "server", "servers"));
		add_pages(s, "index", page, pages, "above the list");
		buf_adds(&s->b, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Servers\"><table><caption>Servers and what their "
				"tools can do</caption><thead><tr><th scope=\"col\">Server</th><th scope=\"col\">Grade</th>"
				"<th scope=\"col\">Tools</th><th scope=\"col\">Critical</th><th scope=\"col\">High</th>"
				"<th scope=\"col\">What it says of itself</th></tr></thead><tbody>\n");
		for (size_t i = page * SERVERS_A_PAGE; i < s->server_n && i < (page + 1) * SERVERS_A_PAGE; i++)
			add_server_row(s, &s->servers[i]);
		buf_adds(&s->b, "</tbody></table></div>");
		add_pages(s, "index", page, pages, "below the list");
		if (!page_end(s))
			return false;
	}
	return out_sweep(&s->out, "servers", s->e);
}

bool lists_write(struct site *s)
{
	uint32_t *v = arena_alloc(&s->arena, (s->rank_n ? s->rank_n : 1) * sizeof *v);
	if (!v)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece");
	for (unsigned i = 0; i < SEVERITIES; i++)
		if (!write_by(s, true, i, v))
			return false;
	if (!write_risk_index(s) || !out_sweep(&s->out, "risk", s->e))
		return false;
	for (unsigned i = 0; i < CATEGORIES; i++)
		if (!write_by(s, false, i, v))
			return false;
	return out_sweep(&s->out, "category", s->e) && write_server_list(s);
}
