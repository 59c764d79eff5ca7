/*
 * Reads files of servers and tools into the kept catalogue: what tools/list answered, {"server", "tools"}
 * or a tool a line, entries of the registry. A file of any length is read line by line: two threads read
 * and judge, the caller writes, in the order of the file.
 */
#ifndef CLI_CATALOG_IMPORT_H
#define CLI_CATALOG_IMPORT_H
#include "index/index.h"

struct catalog_import {
	struct index *index;   /* within index_begin/index_end */
	const char *as;	       /* whose tools they are, where the file does not say it */
	const char *where;     /* the file, or the address without credentials */
	struct slice package, version; /* for `as`; empty: not known */
	bool is_lines;	       /* one document a line, whatever the first looks like */
	bool is_quiet;	       /* bad rows are counted and not told */
	/* the result */
	size_t servers, tools, refused, entries, older, bad;
	struct slice cursor; /* of a page of the registry; in `arena` */
	struct arena *arena;
};

/* False and *e: the file cannot be read, or nothing can be written. A bad row is told on standard
 * error, counted, and left out. */
bool catalog_import_file(struct catalog_import *m, const char *path, struct err *e) MUST_CHECK;
/* One document, a page of the registry for one. */
bool catalog_import_text(struct catalog_import *m, struct slice text, struct err *e) MUST_CHECK;
/* One list that was asked for. */
bool catalog_import_list(struct catalog_import *m, const struct index_server *s, const struct json *tools, struct err *e) MUST_CHECK;
#endif
