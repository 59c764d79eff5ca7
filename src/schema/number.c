/* Numbers of any length, digit by digit. */
#include "schema/number.h"
#include "json/number.h"

bool number_is_integer(struct slice s)
{
	size_t i = s.n && s.p[0] == '-';
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (i == s.n)
		return true;
	struct decimal d = decimal_read(s);
	return d.is_zero || d.scale >= 0;
}

uint64_t number_hash(struct slice s)
{
	struct decimal d = decimal_read(s);
	uint64_t h = 14695981039346656037u;
	if (d.is_zero)
		return h;
	for (size_t i = 0; i < d.whole.n; i++)
		h = (h ^ (unsigned char)d.whole.p[i]) * 1099511628211u;
	for (size_t i = 0; i < d.fraction.n; i++)
		h = (h ^ (unsigned char)d.fraction.p[i]) * 1099511628211u;
	return (h ^ (uint64_t)d.scale ^ ((uint64_t)d.is_negative << 63)) * 1099511628211u;
}

bool number_count(struct slice s, size_t *out)
{
	struct decimal d = decimal_read(s);
	*out = 0;
	if (!s.n || (d.is_negative && !d.is_zero) || (!d.is_zero && d.scale < 0))
		return false;
	if (d.is_zero)
		return true;
	struct slice runs[] = { d.whole, d.fraction };
	for (size_t r = 0; r < 2; r++)
		for (size_t i = 0; i < runs[r].n; i++)
			if (__builtin_mul_overflow(*out, 10, out) ||
			    __builtin_add_overflow(*out, (size_t)(runs[r].p[i] - '0'), out)) {
				*out = SIZE_MAX;
				return true;
			}
	for (long long i = 0; i < d.scale; i++)
		if (__builtin_mul_overflow(*out, 10, out)) {
			*out = SIZE_MAX;
			return true;
		}
	return true;
}

bool divisor_read(struct divisor *d, struct slice s)
{
	struct decimal v = decimal_read(s);
	if (!s.n || v.is_zero || v.is_negative || v.whole.n + v.fraction.n > 18)
		return false;
	*d = (struct divisor){ .scale = v.scale };
	for (size_t i = 0; i < v.whole.n; i++)
		d->digits = d->digits * 10 + (uint64_t)(v.whole.p[i] - '0');
	for (size_t i = 0; i < v.fraction.n; i++)
		d->digits = d->digits * 10 + (uint64_t)(v.fraction.p[i] - '0');
	return true;
}

static uint64_t multiply(uint64_t a, uint64_t b, uint64_t modulus)
{
	return (uint64_t)((__extension__(unsigned __int128)a * b) % modulus);
}

static uint64_t reduce(uint64_t rest, struct slice digits, uint64_t modulus)
{
	/* The modulus is below 10^18, so that one digit more fits 64 bits. */
	for (size_t i = 0; i < digits.n; i++)
		rest = (rest * 10 + (uint64_t)(digits.p[i] - '0')) % modulus;
	return rest;
}

bool divisor_divides(const struct divisor *d, struct slice s)
{
	struct decimal v = decimal_read(s);
	long long k = v.scale - d->scale;
	if (v.is_zero)
		return true;
	if (k < 0)
		return false; /* the divisor is a multiple of 10^-k, and the digits are not of 10 */
	uint64_t rest = reduce(reduce(0, v.whole, d->digits), v.fraction, d->digits);
	for (uint64_t ten = 10 % d->digits; k && rest; k >>= 1, ten = multiply(ten, ten, d->digits))
		if (k & 1)
			rest = multiply(rest, ten, d->digits);
	return rest == 0;
}
