/*
 * The canonical text of a value: RFC 8785, but for numbers, which stay exact. RFC 8785 prints
 * doubles, so that 9007199254740993 and 9007199254740992 would be one text. Here two numbers have
 * one text exactly when json_equal says that they are equal: 1, 1.0 and 10e-1 are "1", -0 is "0".
 * They are laid out as RFC 8785 does (ECMA-262, Number::toString): without an exponent from 1e-6
 * to below 1e21, else as 1.5e+300. A number of at most 15 significant digits that a double can
 * hold has the very text of RFC 8785.
 *
 * Members are sorted by the UTF-16 code units of their keys; strings have only the escapes that
 * they need. Equal values have equal texts, and only they do.
 */
#ifndef JSON_CANONICAL_H
#define JSON_CANONICAL_H
#include "json/json.h"

void json_canonical(struct buf *b, const struct json *v); /* NULL (absent) appends nothing */
/* SHA-256 of the text. NULL counts as {}: a call without arguments. Allocates only for objects
 * of more than 64 members. */
void json_canonical_digest(const struct json *v, unsigned char out[32]);

#endif
