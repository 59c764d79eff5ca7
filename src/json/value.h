/* A struct json is a value of yyjson. For this folder only. */
#ifndef JSON_VALUE_H
#define JSON_VALUE_H
#include "json/json.h"
#include <yyjson.h>

static inline const yyjson_val *val(const struct json *v)
{
	return (const yyjson_val *)(const void *)v;
}

static inline const struct json *wrap(const yyjson_val *v)
{
	return (const struct json *)(const void *)v;
}

/* yyjson's getters take pointers to non-const, but do not write. */
static inline yyjson_val *raw(const struct json *v)
{
	return (yyjson_val *)(uintptr_t)v;
}

#endif
