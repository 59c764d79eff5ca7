/* Equality and uniqueness that are paid for: both are easily made quadratic. */
#include "schema/check.h"

static bool members_are_equal(struct check *c, const struct json *a, const struct json *b)
{
	bool is_object = json_is(a, JSON_OBJECT);
	struct json_iter ia = json_iter(a), ib = json_iter(b);
	while (json_next(&ia)) {
		const struct json *other = json_next(&ib) ? ib.value : NULL;
		/* Members mostly stand in the same order. */
		if (is_object && other && !slice_eq(ia.key, ib.key)) {
			if (!check_pay(c, 1 + json_count(b) / 8))
				return false;
			other = json_get(b, ia.key);
		}
		if (!other || !check_equal(c, ia.value, other))
			return false;
	}
	return true;
}

bool check_equal(struct check *c, const struct json *a, const struct json *b)
{
	enum json_type t = json_type(a);
	if (!check_pay(c, 1) || t != json_type(b))
		return false;
	if (t == JSON_STRING)
		return json_string(a).n == json_string(b).n && check_pay(c, json_string(a).n / 256) &&
		       slice_eq(json_string(a), json_string(b));
	if (t == JSON_NUMBER)
		return check_pay(c, (json_number(a).n + json_number(b).n) / 64) && json_equal(a, b);
	if (t != JSON_ARRAY && t != JSON_OBJECT)
		return json_equal(a, b);
	return json_count(a) == json_count(b) && members_are_equal(c, a, b);
}

#define FNV_START 14695981039346656037u

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	return h ^ (h >> 29);
}

static uint64_t hash_bytes(uint64_t h, struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 1099511628211u;
	return h;
}

/* Equal values have equal hashes. It has no seed: values made to collide cost what they
 * cost, and that is paid for. */
static uint64_t hash(struct check *c, const struct json *v)
{
	enum json_type t = json_type(v);
	uint64_t h = mix(FNV_START, (uint64_t)t), sum = 0;
	struct slice text = t == JSON_NUMBER ? json_number(v) : json_string(v);
	if (!check_pay(c, 1 + text.n / 64))
		return 0;
	if (t == JSON_BOOL)
		return mix(h, json_true(v));
	if (t == JSON_STRING)
		return hash_bytes(h, text);
	if (t == JSON_NUMBER)
		return mix(h, number_hash(text));
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		uint64_t one = mix(hash_bytes(FNV_START, it.key), hash(c, it.value));
		/* The order of members does not count. */
		sum = t == JSON_OBJECT ? sum + one : mix(sum, one);
	}
	return mix(h, sum);
}

struct hashed {
	uint64_t hash;
	const struct json *value;
};

static int by_hash(const void *a, const void *b)
{
	const struct hashed *x = a, *y = b;
	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

bool check_unique(struct check *c, const struct json *array)
{
	struct hashed small[32], *all = small;
	size_t n = json_count(array), i = 0;
	if (n > ARRAY_LEN(small))
		all = arena_alloc(&c->scratch, n * sizeof *all);
	if (!all || !check_pay(c, 4 * n)) {
		(void)!check_pay(c, SIZE_MAX);
		return false;
	}
	for (struct json_iter it = json_iter(array); json_next(&it); i++)
		all[i] = (struct hashed){ hash(c, it.value), it.value };
	qsort(all, n, sizeof *all, by_hash);
	for (i = 0; i < n; i++)
		for (size_t j = i + 1; j < n && all[i].hash == all[j].hash; j++)
			if (check_equal(c, all[i].value, all[j].value) || c->is_exhausted)
				return false;
	return true;
}
