/* What a piece of text looks like: one identifier or another, or none. All lower case. */
#ifndef POLICY_IDENT_FORM_H
#define POLICY_IDENT_FORM_H
#include "policy/ident.h"

#define IDENT_MIN 8 /* letters of what has no form of its own */

static inline bool ident_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool ident_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static inline bool ident_is_alnum(char c)
{
	return ident_is_digit(c) || ident_is_letter(c);
}

size_t ident_count_points(struct slice s);
/* Without any of these characters in front and at the end. */
struct slice ident_trim(struct slice s, const char *front, const char *back);
struct slice ident_trim_part(struct slice s);
/* Dates and times: everybody names the same ones, and none of them leads anywhere. */
bool ident_is_time(struct slice s);
bool ident_is_ip4(struct slice s);
bool ident_is_host(struct slice s); /* two labels or more, the last of letters; or an address */
bool ident_is_word(struct slice s);
enum ident_kind ident_kind_of_part(struct slice part);
/* Digits and codes that people write in groups: does an IBAN begin so, is it one such group? */
bool ident_begins_account(struct slice run);
bool ident_is_group(struct slice run, bool has_letters);
/* Does a key say who wrote what it is with? */
bool ident_names_writer(struct slice key);

#endif
