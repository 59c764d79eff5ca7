/* One page an attack pattern: how it works, where it is documented, what stops it, which tools invite it. */
#include "site/inside.h"
#include <stdio.h>

#define TOOLS_SHOWN 250

static void add_controls(struct site *s, const char *title, const char *const *v)
{
	if (!v || !v[0])
		return;
	buf_addf(&s->b, "<h3>%s</h3><ul>", title);
	for (; *v; v++) {
		buf_adds(&s->b, "<li>");
		add_text(s, slice_str(*v));
	}
	buf_adds(&s->b, "</ul>");
}

static void add_sources(struct site *s, const struct attack_pattern *a)
{
	buf_adds(&s->b, "<section aria-labelledby=\"sources\"><h2 id=\"sources\">Where it is documented</h2><ul class=\"sources\">");
	for (const struct attack_source *v = a->sources; v && v->url; v++) {
		buf_adds(&s->b, "<li>");
		add_outward(s, slice_str(v->url), slice_str(v->what));
		buf_addf(&s->b, " (%s)", v->kind);
	}
	buf_adds(&s->b, "</ul>");
	if (a->maps && a->maps[0]) {
		buf_adds(&s->b, "<p>In other lists: ");
		add_text(s, slice_str(a->maps));
		buf_adds(&s->b, ".</p>");
	}
	buf_adds(&s->b, "</section>\n");
}

static void add_invited(struct site *s, const struct attack_pattern *a, unsigned bit)
{
	size_t all = 0;
	buf_adds(&s->b, "<section aria-labelledby=\"tools\"><h2 id=\"tools\">Tools that give this kind of access</h2>");
	if (a->is_of_server || a->is_of_protocol) {
		buf_addf(&s->b, "<p>It attaches to no single tool: it abuses %s.</p></section>\n",
			 a->is_of_server ? "what a server may send or claim" : "how clients, gates and servers talk");
		return;
	}
	for (size_t i = 0; i < s->rank_n; i++)
		all += bit < 64 && s->tools[s->by_rank[i]].attacks >> bit & 1;
	buf_adds(&s->b, "<p>");
	add_number(s, all);
	buf_addf(&s->b, " %s%s. That says nothing against them or their servers.</p>", count_of(all, "tool", "tools"),
		 all > TOOLS_SHOWN ? "; shown are the most dangerous" : "");
	if (all)
		add_tools_begin(s, "Tools, the most dangerous first", true);
	for (size_t i = 0, shown = 0; i < s->rank_n && shown < TOOLS_SHOWN; i++)
		if (bit < 64 && s->tools[s->by_rank[i]].attacks >> bit & 1) {
			add_tool(s, &s->tools[s->by_rank[i]], true);
			shown++;
		}
	if (all)
		add_tools_end(s);
	buf_adds(&s->b, "</section>\n");
}

static bool write_pattern(struct site *s, const struct attack_pattern *a, unsigned bit)
{
	char path[100];
	snprintf(path, sizeof path, "attack/%s.html", a->id);
	struct page p = { .path = path, .title = slice_str(a->name), .description = slice_str(a->mechanism), .section = "attack" };
	page_begin(s, &p);
	buf_addf(&s->b, "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"%sattack/index.html\">Attacks</a>"
			"<li aria-current=\"page\">", s->root);
	add_text(s, slice_str(a->name));
	buf_adds(&s->b, "</ol></nav><h1>");
	add_text(s, slice_str(a->name));
	buf_adds(&s->b, "</h1><p class=\"lead\">");
	add_text(s, slice_str(a->mechanism));
	buf_adds(&s->b, "</p><section aria-labelledby=\"controls\"><h2 id=\"controls\">What to do about it</h2>");
	add_controls(s, "With this in place it cannot have its effect", a->stops);
	add_controls(s, "This makes it rarer, smaller or visible", a->limits);
	buf_adds(&s->b, "</section>\n");
	add_sources(s, a);
	add_invited(s, a, bit);
	return page_end(s);
}

bool attacks_write(struct site *s)
{
	const struct attack_pattern *a;
	unsigned bit = 0;
	for (size_t at = 0; (a = attack_next(&at)); bit++)
		if (!write_pattern(s, a, bit))
			return false;
	struct page p = { .path = "attack/index.html", .title = SLICE_LIT("Attack patterns"),
			  .description = SLICE_LIT("Documented patterns of abuse of MCP and of agents' tools"), .section = "attack" };
	page_begin(s, &p);
	buf_addf(&s->b, "<h1>Attack patterns</h1><p>%u documented patterns of abuse of MCP and of agents' tools, with their sources. A "
			"demonstration is no incident: each source says of what kind it is.</p><dl class=\"attacks\">", bit);
	for (size_t at = 0; (a = attack_next(&at));) {
		buf_addf(&s->b, "<dt><a href=\"%sattack/%s.html\">", s->root, a->id);
		add_text(s, slice_str(a->name));
		buf_adds(&s->b, "</a></dt><dd>");
		add_text(s, slice_str(a->mechanism));
		buf_adds(&s->b, "</dd>");
	}
	buf_adds(&s->b, "</dl>");
	return page_end(s) && out_sweep(&s->out, "attack", s->e);
}
