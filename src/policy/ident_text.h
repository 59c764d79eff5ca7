/*
 * A text as the code points that identifiers are made of: lower case, width folded, without
 * what is not seen, everything that ends an identifier as a space; with its escapes decoded as
 * often as asked for. For ident.c and urls.c.
 */
#ifndef POLICY_IDENT_TEXT_H
#define POLICY_IDENT_TEXT_H
#include "base/slice.h"
#include <stdint.h>

/* How deep escapes may stand in each other: a URL in HTML in a JSON string. */
#define IDENT_LEVELS 3

struct ident_level {
	unsigned char look[24]; /* bytes of the level below, read ahead */
	unsigned look_n;
	unsigned char out[4]; /* one decoded code point, from out_at on */
	unsigned out_n, out_at;
	bool is_decoded; /* the byte that was given last */
	bool has_decoded;
};

struct ident_text {
	struct slice rest;
	unsigned level;
	int held;      /* a byte that was read too far; -1: none */
	uint32_t last; /* what the last point was before it was folded */
	bool is_decoded; /* it, or anything dropped before it, was written as an escape */
	struct ident_level levels[IDENT_LEVELS];
};

/* level 0: the text as it stands. */
void ident_text_init(struct ident_text *t, struct slice text, unsigned level);
uint32_t ident_text_next(struct ident_text *t); /* 0 at the end */
/* The same without folding: what the point is. Not to be mixed with the other. */
uint32_t ident_text_plain(struct ident_text *t);
/* Was there anything to decode at its level so far? When not, the next level says nothing new. */
bool ident_text_has_decoded(const struct ident_text *t);

/* As UTF-8; what is no character becomes a space. Returns the number of bytes. */
unsigned ident_put_utf8(uint32_t c, unsigned char out[4]);

/* Scripts that are written without spaces: a run ends where one begins or ends. */
bool ident_point_is_dense(uint32_t c);

#endif
