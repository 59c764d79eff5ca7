/*
 * What a head must look like beyond its grammar, so that nobody before or behind us can
 * read it in another way (RFC 9112, 2.2, 3.2, 5.1, 6.1-6.3, 11.2).
 */
#ifndef HTTP_STRICT_H
#define HTTP_STRICT_H
#include "http/parse.h"

/* Checks a head that was just read and fills in its length, coding and target; false
 * with status and why set. */
bool strict_check(struct http_parse *p) MUST_CHECK;
/* Sets status and why, unless they are set; false. */
bool strict_fail(struct http_parse *p, int status, const char *why);

#endif
