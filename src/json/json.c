/* Reading and looking at JSON, on yyjson. */
#include "base/check.h"
#include "base/limits.h"
#include "json/value.h"

static void *alc_malloc(void *ctx, size_t n)
{
	return arena_alloc(ctx, n);
}

static void *alc_realloc(void *ctx, void *p, size_t old_n, size_t n)
{
	return arena_realloc(ctx, p, old_n, n);
}

static void alc_free(void *ctx, void *p)
{
	(void)ctx;
	(void)p; /* the arena goes in one piece */
}

static void line_column(struct slice text, size_t at, int *line, int *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < at && i < text.n; i++) {
		if (text.p[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text.p[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static int by_key(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->n ? memcmp(x->p, y->p, x->n) : 0;
}

static bool duplicate(struct slice key, struct err *e)
{
	struct buf shown = BUF_INIT(200);
	buf_add_json_string(&shown, slice_of(key.p, key.n > 24 ? 24 : key.n));
	err_set(e, ERR_INPUT, "duplicate key %s in an object", buf_str(&shown));
	buf_release(&shown);
	return false;
}

/* Two parsers that disagree on which duplicate counts see different calls. */
static bool keys_are_unique(yyjson_val *object, struct arena *a, struct err *e)
{
	size_t n = unsafe_yyjson_get_len(object);
	struct slice small[16], *keys = small;
	if (n > LIMIT_JSON_KEYS)
		return err_set(e, ERR_LIMIT, "an object has more than %d keys", LIMIT_JSON_KEYS);
	if (n > ARRAY_LEN(small)) {
		keys = arena_alloc(a, n * sizeof *keys);
		if (!keys)
			return err_set(e, ERR_LIMIT, "the message needs too much memory");
	}
	yyjson_val *key = unsafe_yyjson_get_first(object);
	for (size_t i = 0; i < n; i++, key = unsafe_yyjson_get_next(key + 1)) {
		keys[i] = slice_of(unsafe_yyjson_get_str(key), unsafe_yyjson_get_len(key));
		for (size_t j = 0; keys == small && j < i; j++)
			if (slice_eq(keys[j], keys[i]))
				return duplicate(keys[i], e);
	}
	if (keys == small)
		return true;
	qsort(keys, n, sizeof *keys, by_key);
	for (size_t i = 1; i < n; i++)
		if (slice_eq(keys[i - 1], keys[i]))
			return duplicate(keys[i], e);
	return true;
}

/* left: levels that may still follow, of depth. */
static bool check_container(yyjson_val *container, int left, int depth, struct arena *a, struct err *e)
{
	bool is_object = unsafe_yyjson_is_obj(container);
	if (left == 0)
		return err_set(e, ERR_LIMIT, "nested deeper than %d levels", depth);
	if (is_object && !keys_are_unique(container, a, e))
		return false;
	yyjson_val *v = unsafe_yyjson_get_first(container);
	for (size_t n = unsafe_yyjson_get_len(container); n; n--, v = unsafe_yyjson_get_next(v)) {
		v += is_object; /* a value stands right behind its key */
		if (unsafe_yyjson_is_ctn(v) && !check_container(v, left - 1, depth, a, e))
			return false;
	}
	return true;
}

const struct json *json_read(struct slice text, struct arena *a, struct err *e)
{
	return json_read_deep(text, LIMIT_JSON_DEPTH, a, e);
}

const struct json *json_read_deep(struct slice text, int depth, struct arena *a, struct err *e)
{
	yyjson_alc alc = { alc_malloc, alc_realloc, alc_free, a };
	yyjson_read_err re = { 0 };
	if (text.n == 0) {
		err_set(e, ERR_INPUT, "empty text where JSON is expected");
		return NULL;
	}
	/* yyjson does not write to the text without YYJSON_READ_INSITU. */
	yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.p, text.n,
	                                   YYJSON_READ_NUMBER_AS_RAW, &alc, &re);
	if (!doc) {
		int line, column;
		line_column(text, re.pos, &line, &column);
		if (re.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
			err_set(e, ERR_LIMIT, "the message needs too much memory");
		else
			err_set(e, ERR_INPUT, "line %d, column %d: %s", line, column, re.msg);
		return NULL;
	}
	if (yyjson_doc_get_val_count(doc) > LIMIT_JSON_VALUES) {
		err_set(e, ERR_LIMIT, "more than %d values in one message", LIMIT_JSON_VALUES);
		return NULL;
	}
	yyjson_val *root = yyjson_doc_get_root(doc);
	bool is_fine = !yyjson_is_ctn(root) || check_container(root, depth, depth, a, e);
	return is_fine ? wrap(root) : NULL;
}

enum json_type json_type(const struct json *v)
{
	switch (yyjson_get_type(raw(v))) {
	case YYJSON_TYPE_NULL: return JSON_NULL;
	case YYJSON_TYPE_BOOL: return JSON_BOOL;
	case YYJSON_TYPE_RAW: return JSON_NUMBER;
	case YYJSON_TYPE_STR: return JSON_STRING;
	case YYJSON_TYPE_ARR: return JSON_ARRAY;
	case YYJSON_TYPE_OBJ: return JSON_OBJECT;
	default: return JSON_NONE;
	}
}

bool json_true(const struct json *v)
{
	return yyjson_is_true(raw(v));
}

struct slice json_string(const struct json *v)
{
	if (!yyjson_is_str(raw(v)))
		return (struct slice){ "", 0 };
	return slice_of(yyjson_get_str(raw(v)), yyjson_get_len(raw(v)));
}

struct slice json_number(const struct json *v)
{
	if (!yyjson_is_raw(raw(v)))
		return (struct slice){ "", 0 };
	return slice_of(yyjson_get_raw(raw(v)), yyjson_get_len(raw(v)));
}

bool json_int64(const struct json *v, int64_t *out)
{
	struct slice s = json_number(v);
	bool is_negative = s.n && s.p[0] == '-';
	unsigned long long u;
	if (is_negative)
		s.p++, s.n--;
	if (!slice_u64(s, &u) || u > (unsigned long long)INT64_MAX)
		return false;
	*out = is_negative ? -(int64_t)u : (int64_t)u;
	return true;
}

size_t json_count(const struct json *v)
{
	return yyjson_is_ctn(raw(v)) ? yyjson_get_len(raw(v)) : 0;
}

const struct json *json_get(const struct json *object, struct slice key)
{
	return wrap(yyjson_obj_getn(raw(object), key.p, key.n));
}

const struct json *json_at(const struct json *array, size_t i)
{
	return wrap(yyjson_arr_get(raw(array), i));
}

struct json_iter json_iter(const struct json *v)
{
	struct json_iter it = { .left = json_count(v), .is_object = json_is(v, JSON_OBJECT) };
	if (it.left)
		it.next = wrap(unsafe_yyjson_get_first(raw(v)));
	return it;
}

bool json_next(struct json_iter *it)
{
	if (!it->left)
		return false;
	const struct json *v = it->next;
	it->key = slice_of(NULL, 0);
	it->name = it->is_object ? v : NULL;
	if (it->is_object) {
		it->key = json_string(v);
		v = wrap(val(v) + 1); /* a value stands right behind its key */
	}
	it->value = v;
	if (--it->left)
		it->next = wrap(unsafe_yyjson_get_next(raw(v)));
	return true;
}
