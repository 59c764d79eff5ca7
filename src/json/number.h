/* A JSON number as it was written, taken apart: exact, of any length. */
#ifndef JSON_NUMBER_H
#define JSON_NUMBER_H
#include "base/slice.h"

/* The digits of `whole`, then those of `fraction`, times 10^scale. No zeros at either end. */
struct decimal {
	bool is_negative, is_zero;
	struct slice whole, fraction; /* borrowed from the text */
	long long scale; /* of an exponent beyond any text's length only the sign counts */
};

/* s must be a number of JSON: json_number() of one. */
struct decimal decimal_read(struct slice s);

#endif
