/* The values of "format" that can be asserted (2020-12 validation, 7.3). */
#ifndef SCHEMA_FORMAT_H
#define SCHEMA_FORMAT_H
#include "base/slice.h"

typedef bool format_check(struct slice s);

/* NULL for a format that is not known, which then says nothing. *name becomes the name as a
 * constant. */
format_check *format_find(struct slice name, const char **constant);

#endif
