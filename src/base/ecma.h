/*
 * ECMA-262 patterns (22.2.1, with the u flag) in the spelling of PCRE2: what both
 * understand differently is written out, what only PCRE2 understands is refused.
 * Widened by what JSON schemas in the wild use: escapes of punctuation, `{` and `]`
 * as themselves, the inline flags i, m and s, and (?P<name>…).
 */
#ifndef BASE_ECMA_H
#define BASE_ECMA_H
#include "base/buf.h"
#include "base/err.h"

/* Appends the translated pattern, which must be valid UTF-8. */
bool ecma_translate(struct slice pattern, struct buf *out, struct err *e) MUST_CHECK;

#endif
