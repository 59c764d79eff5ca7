/* robots.txt, and sitemaps (sitemaps.org 0.9): 50,000 addresses a file, when the site knows its own. */
#include "base/html.h"
#include "site/inside.h"
#include <stdio.h>

#define ADDRESSES_A_FILE 50000

struct maps {
	struct site *s;
	size_t n, files;
};

static bool end_file(struct maps *m)
{
	char path[40];
	if (!m->n)
		return true;
	buf_adds(&m->s->b, "</urlset>\n");
	snprintf(path, sizeof path, "sitemaps/%zu.xml", ++m->files);
	m->n = 0;
	return page_put(m->s, path, buf_slice(&m->s->b));
}

/* Addresses have no character that XML gives a meaning, but for the base. */
static bool add_address(struct maps *m, const char *folder, const char *file)
{
	struct buf *b = &m->s->b;
	if (m->n == ADDRESSES_A_FILE && !end_file(m))
		return false;
	if (!m->n++) {
		buf_clear(b);
		buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	}
	buf_adds(b, "<url><loc>");
	html_add_plain(b, slice_str(m->s->o->base_url), 0);
	buf_addf(b, "%s%s.html</loc></url>\n", folder, file);
	return true;
}

static bool add_all(struct maps *m)
{
	struct site *s = m->s;
	char folder[SITE_NAME_SIZE + 16], file[SITE_NAME_SIZE];
	const struct attack_pattern *a;
	bool is_good = add_address(m, "", "index") && add_address(m, "servers/", "index") && add_address(m, "risk/", "index") &&
		       add_address(m, "attack/", "index") && add_address(m, "changes/", "index") && add_address(m, "about/", "index");
	for (unsigned i = 1; is_good && i < SEVERITIES; i++)
		is_good = add_address(m, "risk/", severity_word((enum severity)i));
	for (unsigned i = 1; is_good && i < CATEGORIES; i++)
		is_good = add_address(m, "category/", category_word((enum category)i));
	for (size_t at = 0; is_good && (a = attack_next(&at));)
		is_good = add_address(m, "attack/", a->id);
	for (size_t i = 0; is_good && i < s->server_n; i++) {
		const struct server_row *r = &s->servers[i];
		snprintf(folder, sizeof folder, "server/%s/", r->file);
		is_good = add_address(m, folder, "index");
		for (size_t k = r->first; is_good && k < r->first + r->n; k++) {
			site_name(s->tools[k].name, file);
			is_good = s->tools[k].is_gone || add_address(m, folder, file);
		}
	}
	return is_good && end_file(m);
}

static bool write_list(const struct maps *m)
{
	struct buf *b = &m->s->b;
	buf_clear(b);
	buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
	for (size_t i = 1; i <= m->files; i++) {
		buf_adds(b, "<sitemap><loc>");
		html_add_plain(b, slice_str(m->s->o->base_url), 0);
		buf_addf(b, "sitemaps/%zu.xml</loc></sitemap>\n", i);
	}
	buf_adds(b, "</sitemapindex>\n");
	return page_put(m->s, "sitemap.xml", buf_slice(b));
}

bool maps_write(struct site *s)
{
	struct maps m = { .s = s };
	struct buf robots = BUF_INIT(8192);
	buf_adds(&robots, "User-agent: *\nAllow: /\n");
	if (s->o->base_url)
		buf_addf(&robots, "Sitemap: %ssitemap.xml\n", s->o->base_url);
	bool is_good = page_put(s, "robots.txt", buf_slice(&robots));
	buf_release(&robots);
	if (s->o->base_url)
		is_good = is_good && add_all(&m) && write_list(&m);
	return is_good && out_sweep(&s->out, "sitemaps", s->e);
}
