/*
 * Identifiers in texts: what an instruction needs to be carried out, an address, a host, a URL, an
 * account, a path, an id. The same one comes out of YAML, Markdown, HTML, JSON in a string and of
 * an argument: escapes (\n, \u0040, &#64;, %40, up to three deep) are read both as they stand and
 * decoded; case, width and characters that are not seen are folded; punctuation around is dropped.
 * Nothing here allocates. Times are linear in the text.
 */
#ifndef POLICY_IDENT_H
#define POLICY_IDENT_H
#include "json/json.h"

/* Bytes of one identifier. A longer run is read in pieces of that size. */
#define IDENT_MAX 512

/* Calls on(ctx, identifier) for each; the same one may come again. Valid during the call only.
 * False when there were more than LIMIT_IDENTIFIERS: the rest was not looked at, so nobody can be
 * sure of what is absent. */
bool ident_each(struct slice text, void (*on)(void *ctx, struct slice identifier), void *ctx) MUST_CHECK;
/* Of all strings and numbers of a value (not of its keys), as a result that is to be remembered. */
bool ident_each_in(const struct json *v, void (*on)(void *ctx, struct slice identifier),
		   void *ctx) MUST_CHECK;
/* What to look up for an argument, or a string of one. Fewer than ident_each has: a mere word is
 * one only where it is the whole string, for people and models use the same words by themselves. */
bool ident_each_asked(const struct json *v, void (*on)(void *ctx, struct slice identifier),
		      void *ctx) MUST_CHECK;

#endif
