/* The whole site, in the order in which its parts need each other. */
#include "site/site.h"
#include "base/check.h"
#include "site/inside.h"
#include <stdlib.h>

/* 515,000 rows take some 200 MiB. */
#define ROWS_MAX ((size_t)8 << 30)
#define PAGE_MAX (64u << 20)

static bool is_web_address(const char *url)
{
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static bool check_address(const char *option, const char *url, struct err *e)
{
	if (!url)
		return true;
	if (!is_web_address(url) || strlen(url) > 1000)
		return err_set(e, ERR_INPUT, "the %s '%.100s' is no address with http or https", option, url);
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"<>\\^`|'", *p))
			return err_set(e, ERR_INPUT, "the %s '%.100s' has a character that an address must escape", option, url);
	return true;
}

/* Addresses of pages are put behind it. */
static char *with_slash(const char *url)
{
	size_t n = url ? strlen(url) : 0;
	char *copy = url ? mem_alloc(n + 2) : NULL;
	if (!copy)
		return NULL;
	memcpy(copy, url, n + 1);
	if (copy[n - 1] != '/')
		memcpy(copy + n, "/", 2);
	return copy;
}

static bool write_all(struct site *s)
{
	return site_rows_read(s) && servers_write(s) && lists_write(s) && attacks_write(s) && search_write(s) && site_changes_write(s) &&
	       start_write(s) && maps_write(s);
}

bool site_write(struct index *x, const struct site_opts *o, struct site_done *done, struct err *e)
{
	struct site_opts opts = *o;
	struct site s = { .o = &opts, .x = x, .b = BUF_INIT(PAGE_MAX), .e = e };
	*done = (struct site_done){ 0 };
	*e = (struct err){ 0 };
	if (!check_address("base address", o->base_url, e) || !check_address("gate's address", o->gate_url, e) ||
	    !out_open(&s.out, o->dir, e)) {
		out_close(&s.out);
		return false;
	}
	char *base = with_slash(o->base_url);
	opts.base_url = base;
	arena_init(&s.arena, ROWS_MAX);
	search_init(&s.search);
	bool is_good = write_all(&s);
	*done = (struct site_done){ .servers = s.server_n, .tools = s.rank_n, .pages = s.pages, .written = s.out.written,
				    .kept = s.out.kept, .deleted = s.out.deleted };
	search_release(&s.search);
	out_close(&s.out);
	buf_release(&s.b);
	arena_release(&s.arena);
	free(base);
	return is_good;
}
