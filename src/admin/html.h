/* Text of anywhere in a page: nothing of it is markup, and nothing of it is invisible. */
#ifndef ADMIN_HTML_H
#define ADMIN_HTML_H
#include "base/buf.h"

/* Escapes what HTML gives a meaning, in text and in quoted attributes. Control characters but tab
 * and line end, and what turns or hides text (bidirectional controls, zero width, tags), are shown
 * by their number. At most `max` bytes of it (0: all), cut at a character; true when it was cut. */
bool html_add(struct buf *b, struct slice text, size_t max);

/* application/x-www-form-urlencoded: the value of a name, decoded, with a NUL. False: it is not
 * there, has a NUL, or does not fit; out is "" then. */
bool form_value(struct slice body, const char *name, char *out, size_t size);

#endif
