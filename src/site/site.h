/*
 * The kept catalogue as static pages, fit to be published: one a tool, one a server, one a risk
 * level, a category and an attack pattern, what changed, and a search that needs no server.
 *
 * Every link is relative, so that the folder works from any path and from the disk; nothing is
 * fetched from elsewhere. Whatever comes from a server is text, never markup (base/html.h).
 */
#ifndef SITE_SITE_H
#define SITE_SITE_H
#include "index/index.h"

struct site_opts {
	const char *dir;      /* made when it is not there; else empty, or a site that this wrote before */
	const char *title;    /* NULL: "MCP tool catalogue" */
	const char *base_url; /* http(s), where it will stand; for sitemaps, feeds and 404.html; NULL: unknown */
	/* Where a reader applies a rule at their own gate: http(s); "{server}" and "{tool}" in it are
	 * replaced by the escaped names. NULL: pages show only the command. */
	const char *gate_url;
};

struct site_done {
	uint64_t servers, tools, pages; /* pages: all files */
	uint64_t written, kept, deleted; /* of the files: new or other than before, as before, gone */
};

/* Writes what is new or different; deletes pages of servers that are no longer in the catalogue. A
 * tool that its server no longer lists keeps its page, which says so. The same catalogue and options
 * give the same bytes. */
bool site_write(struct index *x, const struct site_opts *o, struct site_done *done, struct err *e) MUST_CHECK;

#endif
