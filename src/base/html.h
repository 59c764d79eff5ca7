/* Text of anywhere in a page: nothing of it is markup, and nothing of it is invisible. */
#ifndef BASE_HTML_H
#define BASE_HTML_H
#include "base/buf.h"
#include <stdint.h>

/* Escapes what HTML gives a meaning, in text and in quoted attributes. Control characters but tab
 * and line end, and what turns or hides text (bidirectional controls, zero width, tags), are shown
 * by their number; but not the one selector that asks for a picture behind a sign that has one. At most `max` bytes of it (0: all), cut at a character; true when it was cut. */
bool html_add(struct buf *b, struct slice text, size_t max);
/* The same where no element may stand (titles, attributes, XML): the number is "[U+202E]", and tabs
 * and line ends are spaces. */
bool html_add_plain(struct buf *b, struct slice text, size_t max);
/* The same, with nothing escaped: for what another writer escapes. */
bool html_add_visible(struct buf *b, struct slice text, size_t max);

/* The code point at the front of a text that is not empty, and its bytes; 1 byte and U+FFFD where
 * it is no UTF-8. */
uint32_t html_code_point(struct slice s, size_t *n);

#endif
