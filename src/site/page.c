/* What stands around every page: head, navigation, search, foot. */
#include "base/html.h"
#include "site/inside.h"
#include <stdio.h>

/* Nothing may be fetched from elsewhere, and no script but the two of the site's own. */
#define CSP                                                                                                            \
	"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'"

static const char *site_title(const struct site *s)
{
	return s->o->title ? s->o->title : "MCP tool catalogue";
}

static void set_root(struct site *s, const char *path)
{
	size_t n = 0;
	for (const char *p = path; (p = strchr(p, '/')); p++)
		if (n + 4 < sizeof s->root) {
			memcpy(s->root + n, "../", 3);
			n += 3;
		}
	s->root[n] = '\0';
}

static void add_navigation(struct site *s, const char *section)
{
	static const char *const entries[][2] = { { "servers", "Servers" }, { "risk", "Risk" },	   { "attack", "Attacks" },
						  { "changes", "Changes" }, { "about", "Method" } };
	buf_adds(&s->b, "<nav aria-label=\"Main\"><ul>");
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		buf_addf(&s->b, "<li><a href=\"%s%s/index.html\"%s>%s</a>", s->root, entries[i][0],
			 section && strcmp(section, entries[i][0]) == 0 ? " aria-current=\"true\"" : "", entries[i][1]);
	buf_adds(&s->b, "</ul></nav>");
}

static void add_head(struct site *s, const struct page *p)
{
	struct buf *b = &s->b;
	buf_adds(b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" "
		    "content=\"" CSP "\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		    "<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"color-scheme\" content=\"light dark\">");
	if (p->is_unlisted)
		buf_adds(b, "<meta name=\"robots\" content=\"noindex\">");
	buf_adds(b, "<title>");
	html_add_plain(b, p->title, 200);
	buf_adds(b, p->title.n ? " · " : "");
	html_add_plain(b, slice_str(site_title(s)), 100);
	buf_adds(b, "</title>");
	if (p->description.n) {
		buf_adds(b, "<meta name=\"description\" content=\"");
		html_add_plain(b, p->description, 200);
		buf_adds(b, "\">");
	}
	buf_addf(b,
		 "<link rel=\"icon\" href=\"%sassets/icon.svg\"><link rel=\"stylesheet\" href=\"%sassets/site.css\">"
		 "<script src=\"%sassets/site.js\"></script>"
		 "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Changes\" href=\"%schanges/atom.xml\">",
		 s->root, s->root, s->root, s->root);
	if (s->o->base_url && !p->is_unlisted) {
		buf_adds(b, "<link rel=\"canonical\" href=\"");
		html_add_plain(b, slice_str(s->o->base_url), 0);
		buf_addf(b, "%s\">", p->path);
	}
	buf_adds(b, "</head>");
}

void page_begin(struct site *s, const struct page *p)
{
	struct buf *b = &s->b;
	buf_clear(b);
	s->path = p->path;
	set_root(s, p->path);
	add_head(s, p);
	buf_addf(b,
		 "\n<body data-root=\"%s\"><a class=\"skip\" href=\"#main\">Skip to the content</a><header class=\"top\">"
		 "<a class=\"brand\" href=\"%sindex.html\">",
		 s->root, s->root);
	html_add(b, slice_str(site_title(s)), 100);
	buf_adds(b, "</a>");
	add_navigation(s, p->section);
	buf_addf(b,
		 "<form class=\"find\" role=\"search\" action=\"%sindex.html\"><label for=\"q\" class=\"hidden\">Search tools and "
		 "servers</label><input id=\"q\" name=\"q\" type=\"search\" placeholder=\"Search tools and servers\" "
		 "autocomplete=\"off\" spellcheck=\"false\"><button>Search</button></form>"
		 "<button id=\"theme\" type=\"button\" hidden>Theme</button></header>\n<main id=\"main\" tabindex=\"-1\">",
		 s->root);
}

bool page_put(struct site *s, const char *path, struct slice text)
{
	s->pages++;
	return out_put(&s->out, path, text, s->e);
}

bool page_end(struct site *s)
{
	buf_addf(&s->b,
		 "</main>\n<footer><p>Every finding is a judgement of what a server says of its tools, with the words that decided. "
		 "It is no test of what they do: <a href=\"%sabout/index.html\">method and limits</a>. "
		 "<a href=\"%schanges/atom.xml\">Feed of changes</a>.</p></footer></body></html>\n",
		 s->root, s->root);
	if (!buf_ok(&s->b))
		return err_set(s->e, ERR_LIMIT, "the page '%.150s' is longer than %zu bytes", s->path, s->b.max);
	return page_put(s, s->path, buf_slice(&s->b));
}
