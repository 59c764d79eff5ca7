/* What the finders of this folder share. */
#ifndef SCAN_INSIDE_H
#define SCAN_INSIDE_H
#include "base/limits.h"
#include "scan/scan.h"

/* Adds one. False: there are too many, and the text need not be looked at further. */
bool findings_add(struct scan_findings *f, struct scan_finding one);

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool is_letter(char c)
{
	return ((unsigned char)c | 32) >= 'a' && ((unsigned char)c | 32) <= 'z';
}

static inline bool is_alnum(char c)
{
	return is_digit(c) || is_letter(c);
}

/* secret.c: keys, tokens, passwords. out NULL: only whether there is one. */
bool secrets_find(struct slice text, struct scan_findings *out);
/* personal.c: those of `kinds`. */
void personal_find(unsigned kinds, struct slice text, struct scan_findings *out);
/* injection.c */
void injection_find(enum scan_source source, struct slice text, struct scan_findings *out);

#endif
