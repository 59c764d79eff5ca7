/*
 * Name patterns: `*` any run, `?` one character, `**` any run across the separator.
 * Nothing else is special. Matching takes time in the product of both lengths at worst
 * and no memory.
 */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H
#include "base/slice.h"

/* separator: the character that `*` and `?` do not cross ('/' for paths), 0 for none.
 * The pattern "*" alone matches everything, whatever the separator is. */
bool glob_match(struct slice pattern, struct slice text, char separator);
bool glob_is_pattern(struct slice s);      /* has it any wildcard? */
size_t glob_literal(struct slice pattern); /* bytes that are no wildcards */

#endif
