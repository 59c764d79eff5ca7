/* Values to canonical text, for a buffer or straight into a digest. */
#include "json/canonical.h"
#include "base/check.h"
#include "base/digest.h"
#include "json/number.h"

/* One of the two is set. */
struct sink {
	struct buf *text;
	struct sha256 *digest;
	char held[256]; /* small pieces on their way into the digest */
	size_t n;
};

static void flush(struct sink *s)
{
	sha256_add(s->digest, slice_of(s->held, s->n));
	s->n = 0;
}

static void put(struct sink *s, const char *p, size_t n)
{
	if (s->text) {
		buf_add(s->text, p, n);
		return;
	}
	if (n > sizeof s->held - s->n)
		flush(s);
	if (n > sizeof s->held) {
		sha256_add(s->digest, slice_of(p, n));
		return;
	}
	if (n)
		memcpy(s->held + s->n, p, n);
	s->n += n;
}

static void put_text(struct sink *s, const char *text)
{
	put(s, text, strlen(text));
}

static void put_string(struct sink *s, struct slice text)
{
	static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
	size_t from = 0;
	put(s, "\"", 1);
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		char escape[8] = {'\\'};
		const char *at = c ? strchr(shorts, c) : NULL;
		if (at)
			escape[1] = letters[at - shorts];
		else
			snprintf(escape, sizeof escape, "\\u%04x", c);
		put(s, text.p + from, i - from);
		put_text(s, escape);
		from = i + 1;
	}
	put(s, text.p + from, text.n - from);
	put(s, "\"", 1);
}

static void put_zeros(struct sink *s, long long n)
{
	for (; n > 0; n--)
		put(s, "0", 1);
}

/* The digits from..to of both parts of a decimal as one row. */
static void put_digits(struct sink *s, const struct decimal *d, size_t from, size_t to)
{
	size_t whole = d->whole.n;
	if (from < whole)
		put(s, d->whole.p + from, (to < whole ? to : whole) - from);
	if (to > whole) {
		size_t skip = from > whole ? from - whole : 0;
		put(s, d->fraction.p + skip, to - whole - skip);
	}
}

static void put_number(struct sink *s, struct slice text)
{
	struct decimal d = decimal_read(text);
	size_t digits = d.whole.n + d.fraction.n;
	long long point = d.scale + (long long)digits; /* digits in front of the point */
	if (d.is_zero) {
		put(s, "0", 1);
		return;
	}
	if (d.is_negative)
		put(s, "-", 1);
	if (point > 0 && point <= 21) {
		size_t front = digits < (size_t)point ? digits : (size_t)point;
		put_digits(s, &d, 0, front);
		put_zeros(s, point - (long long)front);
		if (front < digits)
			put(s, ".", 1);
		put_digits(s, &d, front, digits);
	} else if (point > -6 && point <= 0) {
		put_text(s, "0.");
		put_zeros(s, -point);
		put_digits(s, &d, 0, digits);
	} else {
		char exponent[32];
		put_digits(s, &d, 0, 1);
		if (digits > 1)
			put(s, ".", 1);
		put_digits(s, &d, 1, digits);
		snprintf(exponent, sizeof exponent, "e%+lld", point - 1);
		put_text(s, exponent);
	}
}

struct member {
	struct slice key;
	const struct json *value;
};

/* By UTF-16 what UTF-8 writes in four bytes stands in front of U+E000 (0xee) and what follows. */
static int rank(char c)
{
	int b = (unsigned char)c;
	return b >= 0xf0 ? b - 2 : b >= 0xee ? b + 16 : b;
}

static int compare_keys(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	size_t n = a->key.n < b->key.n ? a->key.n : b->key.n;
	for (size_t i = 0; i < n; i++)
		if (a->key.p[i] != b->key.p[i])
			return rank(a->key.p[i]) < rank(b->key.p[i]) ? -1 : 1;
	return a->key.n < b->key.n ? -1 : a->key.n > b->key.n;
}

static void put_value(struct sink *s, const struct json *v);

static void insert(struct member *members, size_t n, struct member m)
{
	for (; n && compare_keys(&m, &members[n - 1]) < 0; n--)
		members[n] = members[n - 1];
	members[n] = m;
}

static void put_object(struct sink *s, const struct json *v)
{
	struct member room[64], *members = room;
	size_t n = json_count(v), i = 0;
	bool is_large = n > ARRAY_LEN(room);
	if (is_large)
		members = mem_alloc(n * sizeof *members);
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		struct member m = {it.key, it.value};
		if (is_large)
			members[i] = m;
		else
			insert(members, i, m);
	}
	if (is_large)
		qsort(members, n, sizeof *members, compare_keys);
	put(s, "{", 1);
	for (i = 0; i < n; i++) {
		if (i)
			put(s, ",", 1);
		put_string(s, members[i].key);
		put(s, ":", 1);
		put_value(s, members[i].value);
	}
	put(s, "}", 1);
	if (is_large)
		free(members);
}

static void put_array(struct sink *s, const struct json *v)
{
	bool is_first = true;
	put(s, "[", 1);
	for (struct json_iter it = json_iter(v); json_next(&it); is_first = false) {
		if (!is_first)
			put(s, ",", 1);
		put_value(s, it.value);
	}
	put(s, "]", 1);
}

static void put_value(struct sink *s, const struct json *v)
{
	switch (json_type(v)) {
	case JSON_NONE:
		return;
	case JSON_NULL:
		put_text(s, "null");
		return;
	case JSON_BOOL:
		put_text(s, json_true(v) ? "true" : "false");
		return;
	case JSON_NUMBER:
		put_number(s, json_number(v));
		return;
	case JSON_STRING:
		put_string(s, json_string(v));
		return;
	case JSON_ARRAY:
		put_array(s, v);
		return;
	case JSON_OBJECT:
		put_object(s, v);
		return;
	}
}

void json_canonical(struct buf *b, const struct json *v)
{
	put_value(&(struct sink){.text = b}, v);
}

void json_canonical_digest(const struct json *v, unsigned char out[32])
{
	struct sha256 digest;
	struct sink s = {.digest = &digest};
	sha256_init(&digest);
	if (v)
		put_value(&s, v);
	else
		put_text(&s, "{}");
	flush(&s);
	sha256_end(&digest, out);
}
