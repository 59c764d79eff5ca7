/*
 * The search that needs no server: files of scripts, each of which a reader's page fetches only when
 * what is typed needs it.
 *
 *   search/start.js   the first word of each file of words, and how many tools and servers there are
 *   search/wN.js      words in order, each with the numbers of what has it
 *   search/dN.js      what stands behind the numbers: 64 a file
 *
 * Tools have the numbers from 0 in the order of their risk, servers those behind them. A number with
 * its lowest bit 1 has the word in its name. Scripts and not JSON, because a page that is opened from
 * the disk may load no other.
 */
#ifndef SITE_SEARCH_H
#define SITE_SEARCH_H
#include "base/err.h"
#include "base/map.h"
#include <stdint.h>

struct site;

struct search {
	struct map terms; /* word to its term */
	struct search_term **order;
	size_t term_n, term_cap;
	uint64_t *v;	  /* a term, a row, and whether it is in the name */
	size_t n, cap;
};

void search_init(struct search *x);
void search_release(struct search *x);
/* A tool that is listed: the number of its row. */
void search_add(struct search *x, uint32_t row, struct slice name, struct slice description);
bool search_write(struct site *s) MUST_CHECK;

#endif
