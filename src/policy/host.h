/*
 * Hosts and addresses as URLs spell them. Two readings: a strict one for lists of what is
 * allowed, where any doubt is a refusal, and a generous one for what is forbidden, where
 * any reading that leads inside counts.
 */
#ifndef POLICY_HOST_H
#define POLICY_HOST_H
#include "policy/operator.h"

#define HOST_MAX 256

/* A host of a list: "example.com", "*.example.com", "10.0.0.1", "[::1]", any case, any
 * script. out has room for HOST_MAX + 2; false when it is none. */
bool host_read(struct slice text, char *out, size_t *n) MUST_CHECK;

enum holds test_host_in(const struct operand *o, const struct value *v);
/* urls.c */
enum holds test_urls_in_hosts(const struct operand *o, const struct value *v);
/* What stands between the slashes of a URL, read strictly: is its host in the operand's list? */
enum holds host_judge(struct slice authority, const struct operand *o);
bool host_has_scheme(struct slice scheme, const struct operand *o);
enum holds test_host_private(const struct operand *o, const struct value *v);

/* ip.c: IPv4 in every spelling that resolvers take (decimal, octal, hexadecimal, one to four
 * parts). A leading zero is read both ways. Returns the number of readings, 0: none; *is_numeric
 * says that it looks like one all the same. */
size_t ip4_read(struct slice s, uint32_t out[2], bool *is_numeric);
bool ip4_is_private(uint32_t address);
bool ip6_read(struct slice s, unsigned char out[16]) MUST_CHECK; /* without brackets or zone */
bool ip6_is_private(const unsigned char address[16]);

/* idna.c: lower case, width and dots folded, labels in other scripts as xn--. */
enum host_fold { FOLD_BAD = 0, FOLD_UNSURE, FOLD_OK };
enum host_fold host_fold(struct slice s, char *out, size_t *n);
/* One code point: case and width; those that are dropped. */
uint32_t point_fold(uint32_t c);
bool point_is_ignored(uint32_t c);

#endif
