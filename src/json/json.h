/*
 * Strict JSON: the only way by which foreign text becomes values.
 *
 * What json_read lets through has: valid UTF-8, no duplicate keys in any object
 * (compared after unescaping), at most LIMIT_JSON_DEPTH levels, LIMIT_JSON_KEYS
 * keys an object and LIMIT_JSON_VALUES values, nothing behind the value. Numbers
 * are kept as they were written: no double ever stands between two sides.
 *
 * Values are read-only and live in the arena that json_read was given.
 */
#ifndef JSON_JSON_H
#define JSON_JSON_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include <stdint.h>

struct json; /* one value; its fields belong to json.c */

enum json_type {
	JSON_NONE = 0, /* the type of a NULL pointer: an absent value */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/*
 * Reads one value. NULL and *e on failure: ERR_INPUT with "line L, column C: …",
 * ERR_LIMIT when a limit or the arena's maximum was reached. The text is copied.
 */
const struct json *json_read(struct slice text, struct arena *a, struct err *e) MUST_CHECK;
/* With another limit of levels: for text that our own libraries wrote. Only what counts its levels
 * itself may walk such a value (json_equal, json_write and others recurse). */
const struct json *json_read_deep(struct slice text, int depth, struct arena *a,
				  struct err *e) MUST_CHECK;

/* All of these accept NULL as "absent" and answer for another type as for nothing:
 * empty slice, false, 0, NULL. */
enum json_type json_type(const struct json *v);
static inline bool json_is(const struct json *v, enum json_type t)
{
	return json_type(v) == t;
}
bool json_true(const struct json *v);                /* is the value `true` */
struct slice json_string(const struct json *v);      /* unescaped UTF-8; may hold NUL */
struct slice json_number(const struct json *v);      /* as it was written */
bool json_int64(const struct json *v, int64_t *out); /* exact integers only: 5, not 5.0 or 5e0 */
size_t json_count(const struct json *v);             /* elements, or keys */
const struct json *json_get(const struct json *object, struct slice key); /* case matters */
static inline const struct json *json_gets(const struct json *object, const char *key)
{
	return json_get(object, slice_str(key));
}
const struct json *json_at(const struct json *array, size_t i); /* walks: use json_next in loops */

/*
 * for (struct json_iter it = json_iter(v); json_next(&it);) … it.key, it.value
 * For arrays key is {NULL, 0}. For other types there are no turns.
 */
struct json_iter {
	const struct json *next;
	size_t left;
	bool is_object;
	struct slice key;
	const struct json *name; /* the key as a value; NULL in arrays */
	const struct json *value;
};
struct json_iter json_iter(const struct json *v);
bool json_next(struct json_iter *it);

/* Typed equality (JSON Schema 2020-12, 4.2.2): numbers as exact decimals, so that
 * 1.0 equals 1; objects without order; strings by code points. */
bool json_equal(const struct json *a, const struct json *b);
/* Compares two JSON numbers as written, exactly: -1, 0, 1. */
int json_number_compare(struct slice a, struct slice b);

/* Prints compactly: order of keys and spelling of numbers as read. */
void json_write(struct buf *b, const struct json *v);
/* Prints an object with one member replaced, in place where it stands (at the end
 * when it is absent): `raw` is JSON text. raw.p NULL drops the member. */
void json_write_with(struct buf *b, const struct json *object, struct slice key, struct slice raw);

/*
 * Where a JSON Pointer (RFC 6901) stands in a text that json_read accepted: line
 * and column from 1, of the value or, with key true, of its key. When the pointer
 * names nothing, the innermost value that exists.
 */
void json_locate(struct slice text, struct slice pointer, bool key, int *line, int *column);
/* Where the first key stands that its object has already: for a text that json_read refused
 * for it. False when there is none. */
bool json_locate_duplicate(struct slice text, int *line, int *column);
/* Appends "/" and the escaped token (~0, ~1) to a pointer. */
void json_pointer_add(struct buf *pointer, struct slice token);

#endif
