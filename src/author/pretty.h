/* JSON as people write it: two spaces a level, and on one line what fits there. */
#ifndef AUTHOR_PRETTY_H
#define AUTHOR_PRETTY_H
#include "json/json.h"

/* Ends with a line end. Order of keys and spelling of numbers as read. */
void pretty_write(struct buf *b, const struct json *v);

#endif
