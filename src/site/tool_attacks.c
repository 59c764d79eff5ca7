/* Documented abuse of the kind of access that a tool gives, with where it is documented. */
#include "site/tool_parts.h"

static void add_sources(struct site *s, const struct attack_pattern *a)
{
	buf_adds(&s->b, "<ul class=\"sources\">");
	for (const struct attack_source *v = a->sources; v && v->url; v++) {
		buf_adds(&s->b, "<li>");
		add_outward(s, slice_str(v->url), slice_str(v->what));
		buf_addf(&s->b, " (%s)", v->kind);
	}
	buf_adds(&s->b, "</ul>");
}

void tool_attacks(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b;
	tool_heading(s, f, "attacks", "Attack patterns", NULL);
	if (!f->p->attack_n)
		buf_adds(b, "<p>None of the documented patterns is tied to this kind of access. Those that abuse any server's "
			    "definitions still apply; they stand on the server's page.</p>");
	else
		buf_adds(b, "<p>Documented patterns that abuse exactly the kind of access that this tool gives an agent. They say "
			    "nothing against this server.</p><dl class=\"attacks\">");
	for (size_t i = 0; i < f->p->attack_n; i++) {
		const struct attack_pattern *a = f->p->attack[i];
		buf_addf(b, "<dt><a href=\"%sattack/%s.html\">", s->root, a->id);
		add_text(s, slice_str(a->name));
		buf_adds(b, "</a></dt><dd><p>");
		add_text(s, slice_str(a->mechanism));
		buf_adds(b, "</p>");
		add_sources(s, a);
		buf_adds(b, "</dd>");
	}
	buf_adds(b, f->p->attack_n ? "</dl></section>\n" : "</section>\n");
}
