/* Typed equality, and numbers as exact decimals of any length. */
#include "base/check.h"
#include "json/json.h"

/* A JSON number in the form 0.DIGITS * 10^point, without zeros at either end. */
struct decimal {
	bool is_negative, is_zero;
	long long point;
	struct slice whole, fraction; /* digits in the text, leading and trailing zeros cut */
};

static struct slice take_digits(struct slice *s)
{
	struct slice d = { s->p, 0 };
	while (s->n && s->p[0] >= '0' && s->p[0] <= '9')
		s->p++, s->n--, d.n++;
	return d;
}

/* An exponent beyond this compares by its sign alone: no text of ours is as long. */
#define EXPONENT_MAX 1000000000000LL

static long long read_exponent(struct slice s)
{
	bool is_negative = s.n && s.p[0] == '-';
	unsigned long long v = 0;
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s.p++, s.n--;
	if (!slice_u64(s, &v) || v > EXPONENT_MAX)
		v = EXPONENT_MAX;
	return is_negative ? -(long long)v : (long long)v;
}

static struct decimal parse(struct slice s)
{
	struct decimal d = { 0 };
	if (s.n && s.p[0] == '-') {
		d.is_negative = true;
		s.p++, s.n--;
	}
	d.whole = take_digits(&s);
	if (s.n && s.p[0] == '.') {
		s.p++, s.n--;
		d.fraction = take_digits(&s);
	}
	long long exponent = s.n && (s.p[0] == 'e' || s.p[0] == 'E')
	                         ? read_exponent(slice_of(s.p + 1, s.n - 1))
	                         : 0;
	while (d.whole.n && d.whole.p[0] == '0')
		d.whole.p++, d.whole.n--;
	d.point = (long long)d.whole.n + exponent;
	if (!d.whole.n)
		while (d.fraction.n && d.fraction.p[0] == '0')
			d.fraction.p++, d.fraction.n--, d.point--;
	while (d.fraction.n && d.fraction.p[d.fraction.n - 1] == '0')
		d.fraction.n--;
	if (!d.fraction.n)
		while (d.whole.n && d.whole.p[d.whole.n - 1] == '0')
			d.whole.n--;
	d.is_zero = !d.whole.n && !d.fraction.n;
	return d;
}

static char digit_at(const struct decimal *d, size_t i)
{
	if (i < d->whole.n)
		return d->whole.p[i];
	i -= d->whole.n;
	return i < d->fraction.n ? d->fraction.p[i] : '0';
}

static int compare_size(const struct decimal *a, const struct decimal *b)
{
	if (a->point != b->point)
		return a->point < b->point ? -1 : 1;
	size_t n = a->whole.n + a->fraction.n, m = b->whole.n + b->fraction.n;
	for (size_t i = 0; i < (n > m ? n : m); i++) {
		char x = digit_at(a, i), y = digit_at(b, i);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int json_number_compare(struct slice a, struct slice b)
{
	struct decimal x = parse(a), y = parse(b);
	int sx = x.is_zero ? 0 : x.is_negative ? -1 : 1;
	int sy = y.is_zero ? 0 : y.is_negative ? -1 : 1;
	if (sx != sy)
		return sx < sy ? -1 : 1;
	if (sx == 0)
		return 0;
	return sx * compare_size(&x, &y);
}

bool json_equal(const struct json *a, const struct json *b)
{
	enum json_type t = json_type(a);
	if (t != json_type(b))
		return false;
	switch (t) {
	case JSON_NONE:
	case JSON_NULL: return true;
	case JSON_BOOL: return json_true(a) == json_true(b);
	case JSON_NUMBER: return json_number_compare(json_number(a), json_number(b)) == 0;
	case JSON_STRING: return slice_eq(json_string(a), json_string(b));
	case JSON_ARRAY:
	case JSON_OBJECT: break;
	}
	if (json_count(a) != json_count(b))
		return false;
	struct json_iter ia = json_iter(a), ib = json_iter(b);
	while (json_next(&ia)) {
		const struct json *other;
		if (t == JSON_OBJECT)
			other = json_get(b, ia.key);
		else
			other = json_next(&ib) ? ib.value : NULL;
		if (!other || !json_equal(ia.value, other))
			return false;
	}
	return true;
}
