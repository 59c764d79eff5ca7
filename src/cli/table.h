/*
 * Tables for people: columns as wide as their widest cell, a heading, two spaces between.
 * Text of servers and agents may hold anything: what could move a terminal's cursor or turn
 * the direction of writing is shown as '?'.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H
#include "base/arena.h"
#include "base/buf.h"

#define TABLE_COLUMNS 12

struct table {
	struct arena *arena;
	const char *const *headings; /* column_n of them */
	size_t column_n;
	const char **cells; /* row by row */
	size_t n, cap;
};

/* headings: NULL-terminated, at most TABLE_COLUMNS; NULL cells of rows are shown as "-". */
void table_init(struct table *t, struct arena *a, const char *const *headings);
void table_add(struct table *t, const char *const *cells);
/* columns_max: the last column is cut to fit; 0: not at all. Prints nothing but the heading
 * when there are no rows. */
void table_write(struct buf *b, const struct table *t, size_t columns_max);
/* The width of the terminal on standard output; 0 when it is none. */
size_t table_terminal_columns(void);

/* As one line, at most `max` characters (0: all), cut with "…". */
void table_add_safe(struct buf *b, struct slice text, size_t max);
char *table_safe(struct arena *a, struct slice text);

#endif
