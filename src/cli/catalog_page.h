/* The page of a tool and that of a server as text, in the order of docs/catalog.md. */
#ifndef CLI_CATALOG_PAGE_H
#define CLI_CATALOG_PAGE_H
#include "cli/cli.h"
#include "index/index.h"

/* related: tools of the same server and category; may hold the tool itself. */
void page_tool(struct buf *b, const struct index_server *s, const struct index_tool *t, const struct profile *p,
	       const struct index_page *related);
/* tools: all that it lists, the most severe first. policy: what is recommended for all of it. */
void page_server(struct buf *b, struct arena *a, const struct index_server *s, const struct index_tool *const *tools, size_t n,
		 struct slice policy);
#endif
