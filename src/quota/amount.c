/* Amounts: JSON numbers to integers of 10^-9 and back, without ever being a double. */
#include "quota/quota.h"

#define INTEGER_DIGITS  18
#define FRACTION_DIGITS 9
#define DIGITS          (INTEGER_DIGITS + FRACTION_DIGITS)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads the exponent behind e or E; false when it is none. Far past every digit that
 * counts it stands still: zero stays zero, all else is refused. */
static bool read_exponent(struct slice s, long *out)
{
	bool is_negative = s.n && s.p[0] == '-';
	long v = 0;
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s.p++, s.n--;
	if (!s.n)
		return false;
	for (; s.n && is_digit(s.p[0]); s.p++, s.n--)
		v = v < 100000000 ? v * 10 + (s.p[0] - '0') : v;
	*out = is_negative ? -v : v;
	return s.n == 0;
}

bool quota_amount_read(struct slice s, quota_amount *out)
{
	size_t end = 0, point = SIZE_MAX;
	long exponent = 0, left = 0;
	bool has_digit = false;
	quota_amount v = 0;
	for (; end < s.n && (is_digit(s.p[end]) || (s.p[end] == '.' && point == SIZE_MAX)); end++)
		if (s.p[end] == '.')
			point = end;
	if (end == 0 || !is_digit(s.p[0]) || !is_digit(s.p[end - 1]))
		return false;
	if (end < s.n && ((s.p[end] != 'e' && s.p[end] != 'E') ||
			  !read_exponent(slice_of(s.p + end + 1, s.n - end - 1), &exponent)))
		return false;
	/* place: the power of ten of the digit at hand, counted from 10^-9. */
	long place = (long)(point == SIZE_MAX ? end : point) - 1 + exponent + FRACTION_DIGITS;
	for (size_t i = 0; i < end; i++) {
		if (s.p[i] == '.')
			continue;
		if (s.p[i] != '0' && (place < 0 || place >= DIGITS))
			return false;
		has_digit = has_digit || s.p[i] != '0';
		if (has_digit && place >= 0) {
			v = v * 10 + (s.p[i] - '0');
			left = place;
		}
		place--;
	}
	for (; v && left > 0; left--)
		v *= 10;
	*out = v;
	return true;
}

void quota_amount_text(quota_amount a, char *out)
{
	char digits[48];
	size_t n = 0, at = 0;
	bool is_negative = a < 0;
	for (quota_amount v = is_negative ? -a : a; v || n <= FRACTION_DIGITS; v /= 10)
		digits[n++] = (char)('0' + (int)(v % 10));
	if (is_negative)
		out[at++] = '-';
	while (n > FRACTION_DIGITS)
		out[at++] = digits[--n];
	size_t zeros = 0;
	while (zeros < n && digits[zeros] == '0')
		zeros++;
	if (zeros < n)
		out[at++] = '.';
	while (n > zeros)
		out[at++] = digits[--n];
	out[at] = '\0';
}
