/* Numbers as exact decimals of any length. */
#include "json/json.h"
#include "json/number.h"

/* An exponent beyond this decides by its sign alone: no text of ours is as long. */
#define EXPONENT_MAX 1000000000000LL

static struct slice take_digits(struct slice *s)
{
	struct slice d = { s->p, 0 };
	while (s->n && s->p[0] >= '0' && s->p[0] <= '9')
		s->p++, s->n--, d.n++;
	return d;
}

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

struct decimal decimal_read(struct slice s)
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
	if (s.n && (s.p[0] == 'e' || s.p[0] == 'E'))
		d.scale = read_exponent(slice_of(s.p + 1, s.n - 1));
	while (d.fraction.n && d.fraction.p[d.fraction.n - 1] == '0')
		d.fraction.n--;
	d.scale -= (long long)d.fraction.n;
	while (!d.fraction.n && d.whole.n && d.whole.p[d.whole.n - 1] == '0')
		d.whole.n--, d.scale++;
	while (d.whole.n && d.whole.p[0] == '0')
		d.whole.p++, d.whole.n--;
	while (!d.whole.n && d.fraction.n && d.fraction.p[0] == '0')
		d.fraction.p++, d.fraction.n--;
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
	size_t n = a->whole.n + a->fraction.n, m = b->whole.n + b->fraction.n;
	long long place = a->scale + (long long)n, other = b->scale + (long long)m;
	if (place != other)
		return place < other ? -1 : 1;
	for (size_t i = 0; i < (n > m ? n : m); i++) {
		char x = digit_at(a, i), y = digit_at(b, i);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

int json_number_compare(struct slice a, struct slice b)
{
	struct decimal x = decimal_read(a), y = decimal_read(b);
	int sx = x.is_zero ? 0 : x.is_negative ? -1 : 1;
	int sy = y.is_zero ? 0 : y.is_negative ? -1 : 1;
	if (sx != sy)
		return sx < sy ? -1 : 1;
	if (sx == 0)
		return 0;
	return sx * compare_size(&x, &y);
}
