/* Printing objects member by member, for this folder. */
#ifndef MCP_INSIDE_H
#define MCP_INSIDE_H
#include "json/json.h"

/* A comma unless the object was just opened, the key and its colon. */
static inline void add_key(struct buf *b, struct slice key)
{
	if (b->n && b->p[b->n - 1] != '{')
		buf_addc(b, ',');
	buf_add_json_string(b, key);
	buf_addc(b, ':');
}

static inline void add_text(struct buf *b, const char *key, struct slice text)
{
	add_key(b, slice_str(key));
	buf_add_slice(b, text);
}

static inline void add_string(struct buf *b, const char *key, struct slice value)
{
	add_key(b, slice_str(key));
	buf_add_json_string(b, value);
}

static inline void add_value(struct buf *b, struct slice key, const struct json *v)
{
	add_key(b, key);
	json_write(b, v);
}

/* NULL ends the list. */
static inline bool is_one_of(struct slice key, const char *const *names)
{
	for (; names && *names; names++)
		if (slice_is(key, *names))
			return true;
	return false;
}

/* All members but those. */
static inline void add_members(struct buf *b, const struct json *object, const char *const *without)
{
	for (struct json_iter it = json_iter(object); it.is_object && json_next(&it);)
		if (!is_one_of(it.key, without))
			add_value(b, it.key, it.value);
}

/* Would add_members add one? */
static inline bool has_members(const struct json *object, const char *const *without)
{
	for (struct json_iter it = json_iter(object); it.is_object && json_next(&it);)
		if (!is_one_of(it.key, without))
			return true;
	return false;
}

#endif
