/* What the finders of this folder share. */
#ifndef SCAN_INSIDE_H
#define SCAN_INSIDE_H
#include "base/limits.h"
#include "scan/lexicon.h"
#include "scan/scan.h"
#include <stdint.h>

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

static inline bool is_one_of(const char *set, char c)
{
	for (; *set; set++)
		if (*set == c)
			return true;
	return false;
}

/* Behind a line break or tab as JSON, YAML and programs print it: "\\n" in a text is no letter n. */
static inline bool follows_escape(struct slice text, size_t at)
{
	return at >= 2 && text.p[at - 2] == '\\' && is_one_of("nrt", text.p[at - 1]);
}

/* secret.c: keys, tokens, passwords. out NULL: only whether there is one. */
bool secrets_find(struct slice text, struct scan_findings *out);
bool secret_begins(struct slice text); /* one stands at its front */
/* Does the name say that the value is a secret, and does the value look like one? */
bool secret_is_named(struct slice name, struct slice value);
/* token.c: the length of a token that begins at `at`, and what it is; 0: none does. */
size_t token_find(struct slice text, size_t at, const char **name);
/* personal.c: those of `kinds`. */
void personal_find(unsigned kinds, struct slice text, struct scan_findings *out);
bool luhn_holds(const char *digits, size_t n);
/* national.c: the length of a number of a person that begins at `at`; 0: none does. */
size_t national_find(struct slice text, size_t at, const char **name);
/* hidden.c */
void hidden_find(enum scan_source source, struct slice text, struct scan_findings *out);
/* injection.c: hidden characters, too */
void injection_find(const struct lexicon *l, enum scan_source source, struct slice text, struct scan_findings *out);

/* decode.c: what cannot be decoded is left out; *b is appended to. */
bool is_mostly_printable(struct slice s);
/* From its skip-th character on; other characters are passed over. */
void base64_decode(struct slice run, unsigned skip, struct buf *b);
int base64_value(char c);
bool percent_decode(struct slice text, struct buf *b); /* false: nothing was encoded */

#endif
