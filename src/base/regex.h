/*
 * Regular expressions on PCRE2, UTF, unanchored, with limits on matching and depth:
 * a pattern that a peer's text makes explode ends as REGEX_LIMIT, and the caller must
 * treat that as the refusing outcome. The only file that includes pcre2.h is regex.c.
 */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H
#include "base/err.h"
#include "base/slice.h"

struct regex;

enum regex_result { REGEX_LIMIT = 0, REGEX_NO, REGEX_YES };

enum regex_dialect {
	REGEX_PCRE = 0,  /* policies */
	REGEX_ECMA,      /* JSON Schema: ECMA-262 with the u flag, as far as PCRE2 can */
};

/* NULL and *e for a pattern that does not compile, or that is longer than LIMIT_REGEX_BYTES. */
struct regex *regex_new(struct slice pattern, enum regex_dialect d, struct err *e) MUST_CHECK;
void regex_free(struct regex **r);
size_t regex_size(const struct regex *r); /* bytes it takes, which can be far more than its text */
/* Texts that are longer than LIMIT_REGEX_TEXT or not UTF-8 end as REGEX_LIMIT. */
enum regex_result regex_match(const struct regex *r, struct slice text) MUST_CHECK;
/* The same for a caller with a budget of its own; *steps becomes what is left of it. */
enum regex_result regex_match_within(const struct regex *r, struct slice text, size_t *steps) MUST_CHECK;
/* The first match that begins at or behind `from`, a bound of characters that the text is known to
 * be valid up to: where it is. A match may be empty. */
enum regex_result regex_find(const struct regex *r, struct slice text, size_t from, size_t *steps, size_t *start,
                             size_t *end) MUST_CHECK;

#endif
