/*
 * Names of files made from names of servers and tools. A name of small letters, digits, "_" and "-"
 * that no file system reserves stands as it is; any other becomes such a name, cut, and "~" with a
 * hash of all its bytes. So two names never share a file, not even where case is folded, and the
 * same name has the same address for ever.
 */
#ifndef SITE_NAME_H
#define SITE_NAME_H
#include "base/slice.h"

#define SITE_NAME_SIZE 96

void site_name(struct slice name, char out[SITE_NAME_SIZE]);

#endif
