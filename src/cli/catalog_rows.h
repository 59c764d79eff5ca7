/* What a document of a file is: lists of servers, single tools, entries of the registry, or nothing known. */
#ifndef CLI_CATALOG_ROWS_H
#define CLI_CATALOG_ROWS_H
#include "index/index.h"

enum row_kind {
	ROW_BAD = 0, /* why */
	ROW_LIST,
	ROW_ENTRY, /* of the registry */
	ROW_OLDER, /* the same, and a newer version is there */
	ROW_TOOL,  /* one of its server's */
};

struct row {
	struct row *next;
	enum row_kind kind;
	struct index_server server;
	const struct index_list *list;
	struct slice tool; /* its definition as JSON text */
	const char *why;
	size_t line; /* 0: of a document */
};

/* What rows are made of; everything lives in the arena. */
struct rows {
	struct arena *arena;
	const char *as, *where;
	struct slice package, version;
	struct row *first, **end;
	struct slice cursor; /* of a page of the registry */
};

/* Appends the rows of one document; none for an empty page of a registry. */
void rows_read(struct rows *r, struct slice text, size_t line);
#endif
