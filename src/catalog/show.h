/*
 * Foreign text for people and for JSON: what cannot be seen, or turns the line around, stands as \u
 * escapes, so that nothing in a definition hides where it is shown.
 */
#ifndef CATALOG_SHOW_H
#define CATALOG_SHOW_H
#include "base/buf.h"

/* Plain text on one line; line ends become blanks, past max bytes "…" stands. */
void show_text(struct buf *b, struct slice s, size_t max);
/* A JSON string with its quotes. max 0: all of it. */
void show_json(struct buf *b, struct slice s, size_t max);

#endif
