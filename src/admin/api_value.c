/* Failing, and reading members of a body: what every handler does in the same way. */
#include "admin/api.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdarg.h>
#include <stdio.h>

#define PAGE_DEFAULT 50

bool api_fail(struct api_call *c, int status, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	c->status = status;
	vsnprintf(c->err.text, sizeof c->err.text, fmt, ap);
	va_end(ap);
	return false;
}

bool api_fail_err(struct api_call *c, const struct err *e, int input_status)
{
	int status = e->kind == ERR_INPUT ? (input_status ? input_status : 400) : e->kind == ERR_LIMIT ? 422 : 503;
	return api_fail(c, status, "%s", e->text);
}

PRINTF_LIKE(4, 0) static void add_error(struct api_call *c, int status, struct api_error one, const char *fmt, va_list ap)
{
	char text[256];
	vsnprintf(text, sizeof text, fmt, ap);
	one.detail = arena_strndup(&c->arena, text, strlen(text));
	if (c->error_n == 0 || status > c->status)
		c->status = status;
	if (c->error_n < API_ERRORS_MAX && one.detail)
		c->errors[c->error_n++] = one;
	if (!c->err.text[0] || c->error_n > 1)
		snprintf(c->err.text, sizeof c->err.text, c->error_n > 1 ? "%.200s, and %zu more" : "%.200s",
			 c->errors[0].detail ? c->errors[0].detail : "it cannot be used", c->error_n - 1);
}

bool api_field(struct api_call *c, const char *pointer, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_error(c, 422, (struct api_error){ .pointer = arena_strndup(&c->arena, pointer, strlen(pointer)) }, fmt, ap);
	va_end(ap);
	return false;
}

bool api_parameter(struct api_call *c, const char *name, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_error(c, 400, (struct api_error){ .name = name }, fmt, ap);
	va_end(ap);
	return false;
}

bool api_header(struct api_call *c, const char *name, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	add_error(c, 400, (struct api_error){ .name = name, .is_header = true }, fmt, ap);
	va_end(ap);
	return false;
}

bool api_query_text(struct api_call *c, const char *name, size_t max, struct slice *out)
{
	struct slice text = api_query(c, name), left = c->query;
	size_t n = strlen(name);
	bool is_there = text.n > 0;
	while (!is_there && left.n > n) {
		const char *end = memchr(left.p, '&', left.n);
		is_there = memcmp(left.p, name, n) == 0 && left.p[n] == '=';
		left = end ? slice_of(end + 1, left.n - (size_t)(end + 1 - left.p)) : slice_of(NULL, 0);
	}
	if (!is_there)
		return true;
	*out = text;
	return (text.n && text.n <= max) || api_parameter(c, name, "%s is 1 to %zu bytes", name, max);
}

bool api_cursor(struct api_call *c, struct slice *out)
{
	*out = api_query(c, "cursor");
	return out->n <= LIMIT_API_CURSOR || api_parameter(c, "cursor", "cursor is the next of the page before");
}

bool api_limit(struct api_call *c, size_t *out)
{
	struct slice text = api_query(c, "limit");
	unsigned long long n = PAGE_DEFAULT;
	if (text.n && (!slice_u64(text, &n) || !n || n > LIMIT_API_PAGE))
		return api_parameter(c, "limit", "limit is 1 to %d", LIMIT_API_PAGE);
	*out = (size_t)n;
	return true;
}

bool api_time(struct api_call *c, const char *name, int64_t *out_us)
{
	struct slice text = api_query(c, name);
	*out_us = 0;
	if (text.n && !clock_parse(text, out_us))
		return api_parameter(c, name, "%s is a time, as 2030-01-01T00:00:00Z", name);
	return true;
}

static bool wrong(struct api_call *c, const char *name, const char *wanted)
{
	char pointer[80];
	snprintf(pointer, sizeof pointer, "/%s", name);
	return api_field(c, pointer, "'%s' must be %s", name, wanted);
}

bool api_text(struct api_call *c, const char *name, size_t max, struct slice *out)
{
	const struct json *v = json_gets(c->json, name);
	struct slice s = json_string(v);
	char wanted[80];
	if (!v)
		return true;
	snprintf(wanted, sizeof wanted, "a text of at most %zu bytes without NUL", max);
	if (!json_is(v, JSON_STRING) || s.n > max || (s.n && memchr(s.p, 0, s.n)))
		return wrong(c, name, wanted);
	char *p = arena_strndup(&c->arena, s.n ? s.p : "", s.n);
	*out = slice_of(p, p ? s.n : 0);
	return p || api_fail(c, 413, "the body is too large");
}

bool api_flag(struct api_call *c, const char *name, bool *out)
{
	const struct json *v = json_gets(c->json, name);
	if (v && !json_is(v, JSON_BOOL))
		return wrong(c, name, "true or false");
	if (v)
		*out = json_true(v);
	return true;
}

bool api_count(struct api_call *c, const char *name, uint64_t max, uint64_t *out)
{
	const struct json *v = json_gets(c->json, name);
	int64_t n = 0;
	char wanted[80];
	if (!v)
		return true;
	snprintf(wanted, sizeof wanted, "a whole number from 0 to %llu", (unsigned long long)max);
	if (!json_int64(v, &n) || n < 0 || (uint64_t)n > max)
		return wrong(c, name, wanted);
	*out = (uint64_t)n;
	return true;
}

bool api_only(struct api_call *c, const char *const *names)
{
	size_t before = c->error_n;
	struct buf pointer = BUF_INIT(4096);
	for (struct json_iter it = json_iter(c->json); json_next(&it);) {
		if (slice_is_among(it.key, names))
			continue;
		buf_clear(&pointer);
		json_pointer_add(&pointer, it.key);
		api_field(c, buf_ok(&pointer) ? buf_str(&pointer) : "", "there is no such member");
	}
	buf_release(&pointer);
	return c->error_n == before;
}

void api_changed(struct api_call *c, const char *action, const char *type, struct slice id, struct slice before,
		 struct slice after)
{
	struct change *h = &c->change;
	char *kept_id = arena_strndup(&c->arena, id.n ? id.p : "", id.n);
	char *was = arena_strndup(&c->arena, before.n ? before.p : "", before.n);
	char *is = arena_strndup(&c->arena, after.n ? after.p : "", after.n);
	h->action = action;
	h->object_type = type;
	h->object_id = kept_id ? kept_id : "";
	h->before = slice_of(was, was ? before.n : 0);
	h->after = slice_of(is, is ? after.n : 0);
}
