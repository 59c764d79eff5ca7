/* What the files of this folder share: the catalogue in rows, and the page that is being written. */
#ifndef SITE_INSIDE_H
#define SITE_INSIDE_H
#include "base/arena.h"
#include "catalog/attacks.h"
#include "site/name.h"
#include "site/out.h"
#include "site/search.h"
#include "site/site.h"

/* A tool as lists show it. */
struct tool_row {
	struct slice name;
	struct slice summary; /* the beginning of its description, visible */
	uint32_t server;      /* in site.servers */
	unsigned char category, severity, percent; /* percent: the confidence */
	bool is_gone, is_disputed;
	uint64_t attacks;     /* bits, in the order of attack_next */
};

struct server_row {
	struct index_server s;
	const char *file; /* site_name of its id */
	uint32_t first, n; /* its tools: a run of site.tools, those that are gone too */
};

struct site {
	const struct site_opts *o;
	struct index *x;
	struct out out;
	struct arena arena; /* what lasts: the rows and their texts */
	struct server_row *servers;
	size_t server_n, server_cap;
	struct tool_row *tools;
	size_t tool_n, tool_cap;
	uint32_t *by_rank; /* tools that are listed now: the most severe first, then by name */
	size_t rank_n;
	uint32_t *by_name; /* the same by category, then name: neighbours are alike */
	uint32_t *place;   /* of a tool in by_name */
	struct index_totals totals;
	int64_t newest_us; /* when anything was read or changed last */
	struct search search;
	struct buf b;	   /* the page */
	const char *path;  /* its path, and the way back to the root */
	char root[16];
	uint64_t pages;
	struct err *e;
};

/* rows.c: reads the catalogue into rows. */
bool site_rows_read(struct site *s) MUST_CHECK;
bool site_rows_grow(struct site *s, void **v, size_t *cap, size_t n, size_t size) MUST_CHECK;
static inline const struct server_row *server_of(const struct site *s, const struct tool_row *t)
{
	return &s->servers[t->server];
}

/* page.c: what stands around every page. */
struct page {
	const char *path;    /* "server/x/y.html"; lives until page_end */
	struct slice title;  /* of the site: empty */
	struct slice description;
	const char *section; /* of the navigation; NULL: none */
	bool is_unlisted;    /* search engines need not keep it */
};
void page_begin(struct site *s, const struct page *p);
bool page_end(struct site *s) MUST_CHECK;
/* A file that is no page. */
bool page_put(struct site *s, const char *path, struct slice text) MUST_CHECK;

/* parts.c: small pieces; each appends to s->b. */
void add_text(struct site *s, struct slice text);
void add_number(struct site *s, uint64_t n); /* 515,000 */
void add_day(struct site *s, int64_t us);
void add_severity(struct site *s, enum severity v); /* a badge */
void add_category(struct site *s, enum category c);
/* A link when it is http or https of plain characters, else the text alone. text empty: the address. */
void add_outward(struct site *s, struct slice url, struct slice text);
void add_server_link(struct site *s, const struct server_row *r);
void add_tool_link(struct site *s, const struct tool_row *t);
struct slice server_title(const struct server_row *r);
/* A block that can be copied; id: of the element. */
void add_code(struct site *s, const char *id, const char *what, struct slice text);
/* A table of tools, with the server's column or without. */
void add_tools_begin(struct site *s, const char *caption, bool with_server);
void add_tool(struct site *s, const struct tool_row *t, bool with_server);
void add_tools_end(struct site *s);
void add_split(struct site *s, const uint64_t by_category[CATEGORIES], uint64_t total);
const char *category_means(enum category c); /* "observes only" */
const char *severity_name(enum severity v);  /* "Critical" */
const char *category_name(enum category c);
const char *count_of(uint64_t n, const char *one, const char *many); /* one of the two */

/* Links to pages of a list: "name.html" is the first, "name-2.html" the second. */
void add_pages(struct site *s, const char *name, size_t page, size_t pages, const char *where);
/* changes.c: one change in words, without the element around it. */
void add_change(struct site *s, const struct index_change *c, bool with_server);
/* rows.c: NULL: there is none. */
const struct server_row *row_find_server(const struct site *s, struct slice id);

/* json_text.c: JSON for people: two spaces a level, everything invisible escaped. */
void json_pretty(struct buf *b, const struct json *v);

/* Each writes its pages. */
bool servers_write(struct site *s) MUST_CHECK;	      /* server.c: servers with their tools */
bool server_page(struct site *s, const struct server_row *r, struct slice policy) MUST_CHECK;
struct tool_facts {
	const struct tool_row *row;
	const struct index_tool *t;
	const struct json *definition; /* NULL: it cannot be read */
	const struct profile *p;
};
/* What lists, patterns and the search need of it beside the row. */
void row_describe(struct site *s, struct tool_row *row, const struct tool_facts *f);
int row_compare_rank(const void *a, const void *b, void *site); /* for qsort_r over numbers of rows */
bool tool_page(struct site *s, const struct tool_facts *f) MUST_CHECK;
bool lists_write(struct site *s) MUST_CHECK;   /* lists.c: by risk, by category, all servers */
bool attacks_write(struct site *s) MUST_CHECK; /* patterns.c */
bool site_changes_write(struct site *s) MUST_CHECK; /* changes.c, with the feeds of feed.c */
bool start_write(struct site *s) MUST_CHECK;   /* start.c: index.html, the method, 404.html, assets */
bool maps_write(struct site *s) MUST_CHECK;    /* maps.c: robots.txt and sitemaps */

#endif
