/* The feeds of changes. */
#ifndef SITE_FEED_H
#define SITE_FEED_H
#include "site/inside.h"

#define FEED_ENTRIES 100

struct feed_entry {
	int64_t at_us;
	const char *verb;
	struct slice server, tool; /* visible; no tool: the server itself */
	enum category category;
	enum severity severity;
	char id[64], path[300];	   /* path: from the root of the site */
};

bool feeds_write(struct site *s, const struct feed_entry *v, size_t n) MUST_CHECK;

#endif
