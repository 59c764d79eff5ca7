/* Whole files, for what people write: configuration, policies, lists of tools. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/buf.h"
#include "base/err.h"

/* Appends all of it; "-" is standard input. ERR_LIMIT past out's maximum. */
bool file_read(const char *path, struct buf *out, struct err *e) MUST_CHECK;
/* Creates a file that must not exist; whole, or not at all. */
bool file_create(const char *path, unsigned mode, struct slice text, struct err *e) MUST_CHECK;
/* Writes a file anew, whole or not at all: beside the old one, which is then replaced and whose mode
 * and owner stay (of a new one: mode). "-" is standard output. A symbolic link is replaced, not followed. */
bool file_replace(const char *path, unsigned mode, struct slice text, struct err *e) MUST_CHECK;

#endif
