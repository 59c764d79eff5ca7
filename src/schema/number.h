/* Exact arithmetic on JSON numbers as written: no double is ever made of one. */
#ifndef SCHEMA_NUMBER_H
#define SCHEMA_NUMBER_H
#include "base/slice.h"
#include <stdint.h>

/* digits * 10^scale, digits not divisible by 10; digits 0 for none. */
struct divisor {
	uint64_t digits;
	long long scale;
};

bool number_is_integer(struct slice s); /* 1.0 and 1e3 are, as the drafts since 06 say */
uint64_t number_hash(struct slice s);   /* the same for all spellings of a number */
/* A whole number from 0 on; what does not fit saturates at SIZE_MAX. */
bool number_count(struct slice s, size_t *out);
/* False when s is not above 0 or has more than 18 digits that count. */
bool divisor_read(struct divisor *d, struct slice s);
bool divisor_divides(const struct divisor *d, struct slice s);

#endif
