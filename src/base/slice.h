/* A pointer and a length: bytes that somebody else owns. Not NUL-terminated. */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* For printf("%.*s", SLICE_ARG(s)). */
#define SLICE_ARG(s) (int)(s).n, (s).p
#define SLICE_LIT(lit) ((struct slice){ "" lit, sizeof(lit) - 1 })

static inline struct slice slice_of(const char *p, size_t n)
{
	return (struct slice){ p, n };
}

static inline struct slice slice_str(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

bool slice_ieq_bytes(const char *a, const char *b, size_t n);

/* ASCII case only, as HTTP header names and schemes need it. */
static inline bool slice_ieq(struct slice a, struct slice b)
{
	return a.n == b.n && slice_ieq_bytes(a.p, b.p, a.n);
}

bool slice_starts(struct slice a, struct slice prefix);
bool slice_ends(struct slice a, struct slice suffix);
/* Without spaces and tabs at both ends (OWS of RFC 9110, 5.6.3). */
static inline struct slice slice_trim(struct slice a)
{
	while (a.n && (a.p[0] == ' ' || a.p[0] == '\t'))
		a.p++, a.n--;
	while (a.n && (a.p[a.n - 1] == ' ' || a.p[a.n - 1] == '\t'))
		a.n--;
	return a;
}
/* Is it one of these? words ends with NULL. */
static inline bool slice_is_among(struct slice a, const char *const *words)
{
	while (*words && !(strlen(*words) == a.n && (a.n == 0 || memcmp(a.p, *words, a.n) == 0)))
		words++;
	return *words != NULL;
}
/* How many bytes at the front are printable ASCII, 0x20 to 0x7e. */
size_t slice_printable(struct slice a);
/* The next line without its end, and without blanks around it; *text goes on behind it. False at the end. */
bool slice_next_line(struct slice *text, struct slice *line);
/* 0 to 15; -1: not a hexadecimal digit. */
static inline int slice_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
/* Percent-decoded (RFC 3986, 2.1) with a NUL behind it; a form's plus is a blank. False: an escape is broken, the
 * text has a NUL, or it does not fit. */
bool slice_percent_decode(struct slice a, bool is_form, char *out, size_t size);
/* Decimal digits only, no sign, no spaces; false on anything else or overflow. */
bool slice_u64(struct slice a, unsigned long long *out);

#endif
