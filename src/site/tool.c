/*
 * The page of a tool, in the order in which a person decides: how dangerous, what it does in its own
 * words, why we say so, what to do about it; then what may happen, and what all of it rests on.
 */
#include "base/html.h"
#include "site/inside.h"
#include "site/tool_parts.h"
#include <stdio.h>

#define NAME_MAX_SHOWN 200
#define DESCRIPTION_MAX 4000
#define QUOTE_MAX 300

void tool_name(struct site *s, const struct tool_facts *f)
{
	buf_adds(&s->b, "<code>");
	if (!f->t->name.n)
		buf_adds(&s->b, "(no name)");
	if (html_add(&s->b, f->t->name, NAME_MAX_SHOWN))
		buf_adds(&s->b, "…");
	buf_adds(&s->b, "</code>");
}

void tool_heading(struct site *s, const struct tool_facts *f, const char *id, const char *before, const char *after)
{
	buf_addf(&s->b, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s", id, id, before);
	if (after) {
		tool_name(s, f);
		buf_adds(&s->b, after);
	}
	buf_adds(&s->b, "</h2>");
}

static void add_top(struct site *s, const struct tool_facts *f)
{
	const struct server_row *r = server_of(s, f->row);
	struct buf *b = &s->b;
	buf_addf(b, "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"%sservers/index.html\">Servers</a><li>",
		 s->root);
	add_server_link(s, r);
	buf_adds(b, "<li aria-current=\"page\">");
	tool_name(s, f);
	buf_adds(b, "</ol></nav><p class=\"badges\">");
	add_severity(s, f->t->severity);
	add_category(s, f->t->category);
	buf_addf(b, "<span class=\"sure\">confidence %u %%</span>", f->row->percent);
	buf_adds(b, "</p><h1>");
	tool_name(s, f);
	buf_adds(b, "</h1><p class=\"of\">a tool of ");
	add_server_link(s, r);
	buf_adds(b, "</p>");
	if (f->t->removed_us) {
		buf_adds(b, "<p class=\"note\" role=\"note\"><strong>No longer listed.</strong> The server did not list this tool any more on ");
		add_day(s, f->t->removed_us);
		buf_adds(b, ". What stands here is the last that was known of it.</p>");
	}
	if (f->t->refused.n) {
		buf_adds(b, "<p class=\"note bad\" role=\"note\"><strong>Not fit for use.</strong> The definition is no valid tool: ");
		add_text(s, f->t->refused);
		buf_adds(b, ". A gate refuses its calls.</p>");
	}
}

static void add_what(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b;
	struct slice text = json_string(json_gets(f->definition, "description"));
	tool_heading(s, f, "what", "What ", " does");
	if (text.n) {
		buf_adds(b, "<p>In the words of its server:</p><blockquote class=\"says\">");
		if (html_add(b, text, DESCRIPTION_MAX)) {
			buf_adds(b, "…</blockquote><p class=\"note\">Only the beginning is shown: the description has ");
			add_number(s, text.n);
			buf_adds(b, " bytes, and an agent reads all of them.</p>");
		} else {
			buf_adds(b, "</blockquote>");
		}
	} else {
		buf_adds(b, "<p class=\"note\">Its description is empty: nothing is said of what it does. What stands below "
			    "rests on the name and the schema alone.</p>");
	}
	buf_addf(b, "<p>We place it under <a href=\"%scategory/%s.html\">%s</a>: it %s.</p></section>\n", s->root,
		 category_word(f->t->category), category_name(f->t->category), category_means(f->t->category));
}

static void add_evidence(struct site *s, const struct tool_facts *f)
{
	struct buf *b = &s->b;
	if (!f->p->evidence_n) {
		buf_adds(b, "<p>No single word of the definition decided.</p>");
		return;
	}
	buf_adds(b, "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Evidence\"><table><caption>From the definition, the "
		    "heaviest first</caption><thead><tr><th scope=\"col\">It says</th><th scope=\"col\">Speaks for</th>"
		    "<th scope=\"col\">Where</th></tr></thead><tbody>");
	for (size_t i = 0; i < f->p->evidence_n; i++) {
		const struct evidence *v = &f->p->evidence[i];
		buf_adds(b, "<tr><td><q>");
		if (html_add(b, v->quote, QUOTE_MAX))
			buf_adds(b, "…");
		buf_addf(b, "</q></td><td>%s</td><td><code>", v->speaks_for ? v->speaks_for : "");
		if (html_add(b, slice_str(v->pointer), QUOTE_MAX))
			buf_adds(b, "…");
		buf_adds(b, "</code></td></tr>");
	}
	buf_adds(b, "</tbody></table></div>");
}

static void add_why(struct site *s, const struct tool_facts *f)
{
	struct buf why = BUF_INIT(1u << 16);
	tool_heading(s, f, "why", "Why ", " needs a policy");
	profile_explain(&why, f->p);
	buf_adds(&s->b, "<p>");
	html_add(&s->b, buf_slice(&why), 4000);
	buf_adds(&s->b, "</p>");
	buf_release(&why);
	add_evidence(s, f);
	buf_adds(&s->b, "</section>\n");
}

bool tool_page(struct site *s, const struct tool_facts *f)
{
	char file[SITE_NAME_SIZE], path[300];
	struct buf title = BUF_INIT(1024);
	const struct server_row *r = server_of(s, f->row);
	site_name(f->t->name, file);
	snprintf(path, sizeof path, "server/%s/%s.html", r->file, file);
	html_add_visible(&title, f->t->name.n ? f->t->name : SLICE_LIT("(no name)"), 100);
	buf_adds(&title, " · ");
	html_add_visible(&title, server_title(r), 100);
	struct page page = { .path = path, .title = buf_slice(&title), .description = f->row->summary,
			     .section = "servers", .is_unlisted = f->t->removed_us != 0 };
	page_begin(s, &page);
	buf_release(&title);
	buf_adds(&s->b, "<article>");
	add_top(s, f);
	add_what(s, f);
	add_why(s, f);
	tool_control(s, f);
	tool_attacks(s, f);
	tool_arguments(s, f);
	tool_branches(s, f);
	tool_claims(s, f);
	tool_related(s, f);
	tool_questions(s, f);
	tool_provenance(s, f);
	buf_adds(&s->b, "</article>");
	return page_end(s);
}
