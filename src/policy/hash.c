/* A hash of a value that does not depend on how it was written. Takes no memory. */
#include "base/limits.h"
#include "json/number.h"
#include "policy/program.h"

/* A chain of blocks: the state, then what was added since. */
struct chain {
	unsigned char block[DIGEST_SIZE + 96];
	size_t n; /* of the block that is used */
};

static void fold(struct chain *c)
{
	unsigned char out[DIGEST_SIZE];
	digest_blake2b(slice_of((const char *)c->block, c->n), out);
	memcpy(c->block, out, sizeof out);
	c->n = sizeof out;
}

static void add(struct chain *c, const void *data, size_t n)
{
	const unsigned char *p = data;
	while (n) {
		size_t room = sizeof c->block - c->n, take = n < room ? n : room;
		memcpy(c->block + c->n, p, take);
		c->n += take;
		p += take;
		n -= take;
		if (c->n == sizeof c->block)
			fold(c);
	}
}

/* With the length in front, so that no two lists of texts look alike. */
static void add_text(struct chain *c, struct slice s)
{
	uint64_t n = s.n;
	unsigned char whole[DIGEST_SIZE];
	add(c, &n, sizeof n);
	if (s.n <= DIGEST_SIZE) {
		add(c, s.p, s.n);
		return;
	}
	digest_blake2b(s, whole);
	add(c, whole, sizeof whole);
}

static void add_number(struct chain *c, struct slice text)
{
	struct decimal d = decimal_read(text);
	uint64_t n = d.is_zero ? 0 : d.whole.n + d.fraction.n;
	int64_t scale = d.is_zero ? 0 : d.scale;
	unsigned char sign = d.is_negative && !d.is_zero;
	add(c, &n, sizeof n);
	add(c, &scale, sizeof scale);
	add(c, &sign, 1);
	if (n) {
		add(c, d.whole.p, d.whole.n);
		add(c, d.fraction.p, d.fraction.n);
	}
}

static int order_of(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

/* The member whose key is the next behind *last; NULL: the first. */
static const struct json *next_member(const struct json *object, const struct slice *last,
				      struct slice *key)
{
	const struct json *found = NULL;
	for (struct json_iter it = json_iter(object); json_next(&it);)
		if ((!last || order_of(it.key, *last) > 0) &&
		    (!found || order_of(it.key, *key) < 0)) {
			*key = it.key;
			found = it.value;
		}
	return found;
}

static bool add_value(struct chain *c, const struct json *v);

static bool add_object(struct chain *c, const struct json *v)
{
	struct slice key = {0}, last;
	bool is_first = true;
	if (json_count(v) > LIMIT_POLICY_KEYS)
		return false;
	for (const struct json *member;
	     (member = next_member(v, is_first ? NULL : &last, &key)); is_first = false) {
		add_text(c, key);
		if (!add_value(c, member))
			return false;
		last = key;
	}
	return true;
}

static bool add_value(struct chain *c, const struct json *v)
{
	unsigned char type = (unsigned char)json_type(v), truth = json_true(v);
	uint64_t n = json_count(v);
	bool is_told = true;
	add(c, &type, 1);
	switch (json_type(v)) {
	case JSON_NONE:
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		add(c, &truth, 1);
		return true;
	case JSON_NUMBER:
		add_number(c, json_number(v));
		return true;
	case JSON_STRING:
		add_text(c, json_string(v));
		return true;
	case JSON_ARRAY:
		add(c, &n, sizeof n);
		for (struct json_iter it = json_iter(v); is_told && json_next(&it);)
			is_told = add_value(c, it.value);
		return is_told;
	case JSON_OBJECT:
		add(c, &n, sizeof n);
		return add_object(c, v);
	}
	return false;
}

bool json_digest(const struct json *v, struct slice salt, unsigned char out[DIGEST_SIZE])
{
	struct chain c = {.n = 0};
	add_text(&c, salt);
	bool is_told = add_value(&c, v);
	if (!is_told) {
		c.n = 0;
		add_text(&c, salt);
	}
	fold(&c);
	memcpy(out, c.block, DIGEST_SIZE);
	return is_told;
}
