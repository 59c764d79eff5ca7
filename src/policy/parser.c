/* Places, complaints and the small readers that all parts of a document need. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"
#include <stdarg.h>

#define POINTER_MAX 4096

size_t parser_enter(struct parser *ps, struct slice token)
{
	size_t mark = ps->pointer.n;
	if (mark + 2 * token.n + 1 < POINTER_MAX)
		json_pointer_add(&ps->pointer, token);
	return mark;
}

size_t parser_enter_at(struct parser *ps, size_t index)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%zu", index);
	return parser_enter(ps, slice_of(text, (size_t)n));
}

void parser_leave(struct parser *ps, size_t mark)
{
	ps->pointer.n = mark;
}

static struct policy_problem *add_problem(struct parser *ps, bool is_warning)
{
	ps->errors += !is_warning;
	struct policy_problems *all = ps->problems;
	if (!all || all->n == POLICY_PROBLEMS_MAX)
		return NULL;
	if (!all->v)
		all->v = mem_zalloc(POLICY_PROBLEMS_MAX * sizeof *all->v);
	struct policy_problem *p = &all->v[all->n++];
	*p = (struct policy_problem){.line = 1, .column = 1, .is_warning = is_warning};
	return p;
}

PRINTF_LIKE(4, 0)
static void complain(struct parser *ps, bool is_warning, bool is_key, const char *fmt, va_list args)
{
	struct policy_problem *p = add_problem(ps, is_warning);
	if (!p)
		return;
	json_locate(ps->text, buf_slice(&ps->pointer), is_key, &p->line, &p->column);
	snprintf(p->pointer, sizeof p->pointer, "%.*s", (int)ps->pointer.n,
		 ps->pointer.n ? ps->pointer.p : "");
	vsnprintf(p->text, sizeof p->text, fmt, args);
}

bool parser_refuse(struct parser *ps, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	complain(ps, false, false, fmt, args);
	va_end(args);
	return false;
}

bool parser_warn(struct parser *ps, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	complain(ps, true, false, fmt, args);
	va_end(args);
	return false;
}

bool parser_refuse_key(struct parser *ps, struct slice key, const char *fmt, ...)
{
	va_list args;
	size_t mark = parser_enter(ps, key);
	va_start(args, fmt);
	complain(ps, false, true, fmt, args);
	va_end(args);
	parser_leave(ps, mark);
	return false;
}

void parser_refuse_text(struct parser *ps, struct err *e)
{
	struct policy_problem *p = add_problem(ps, false);
	int skip = 0;
	if (!p)
		return;
	if (sscanf(e->text, "line %d, column %d: %n", &p->line, &p->column, &skip) != 2)
		skip = 0;
	if (strstr(e->text, "duplicate key"))
		json_locate_duplicate(ps->text, &p->line, &p->column);
	snprintf(p->text, sizeof p->text, "%s", e->text + skip);
}

#define WORD_MAX 64

static size_t edit_distance(struct slice a, struct slice b)
{
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			char x = a.p[i - 1], y = b.p[j - 1];
			bool is_same = (x >= 'A' && x <= 'Z' ? x + 32 : x) ==
				       (y >= 'A' && y <= 'Z' ? y + 32 : y);
			size_t least = corner + !is_same;
			corner = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[b.n];
}

const char *nearest_name(struct slice word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t least = word.n < 2 ? 0 : word.n < 6 ? 1 : word.n / 3;
	if (word.n > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct slice name = slice_str(names[i]);
		bool is_start = word.n > 2 && slice_starts(name, word); /* cut short */
		size_t d = is_start ? 1 : name.n > WORD_MAX ? SIZE_MAX : edit_distance(word, name);
		if (d <= least && (!best || d < least)) {
			least = d;
			best = names[i];
		}
	}
	return best;
}

static struct slice shorten(struct slice s)
{
	return slice_of(s.p, s.n > 60 ? 60 : s.n);
}

static void refuse_key(struct parser *ps, struct slice key, const char *const *keys, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(key, keys[i]))
			return;
	const char *near = nearest_name(key, keys, n);
	if (near)
		parser_refuse_key(ps, key, "unknown key '%.*s' (did you mean '%s'?)",
				  SLICE_ARG(shorten(key)), near);
	else
		parser_refuse_key(ps, key, "unknown key '%.*s'", SLICE_ARG(shorten(key)));
}

bool parser_check_keys(struct parser *ps, const struct json *object, const char *const *keys,
		       size_t n)
{
	size_t before = ps->errors;
	if (!json_is(object, JSON_OBJECT))
		return parser_refuse(ps, "must be an object");
	for (struct json_iter it = json_iter(object); json_next(&it);)
		refuse_key(ps, it.key, keys, n);
	return ps->errors == before;
}

void *parser_take(struct parser *ps, size_t count, size_t size)
{
	/* The arena's maximum is a multiple of the longest text: it cannot be reached. */
	void *p = arena_zalloc(&ps->policy->arena, (count + 1) * size);
	BUG_ON(!p);
	return p;
}

bool parser_text(struct parser *ps, const struct json *object, const char *key, struct slice *out)
{
	const struct json *v = json_gets(object, key);
	if (!v)
		return true;
	if (!json_is(v, JSON_STRING)) {
		size_t mark = parser_enter(ps, slice_str(key));
		parser_refuse(ps, "'%s' must be a string", key);
		parser_leave(ps, mark);
		return false;
	}
	*out = json_string(v);
	return true;
}

bool parser_bool(struct parser *ps, const struct json *object, const char *key, bool *out)
{
	const struct json *v = json_gets(object, key);
	if (v && !json_is(v, JSON_BOOL)) {
		size_t mark = parser_enter(ps, slice_str(key));
		parser_refuse(ps, "'%s' must be true or false", key);
		parser_leave(ps, mark);
		return false;
	}
	if (v)
		*out = json_true(v);
	return true;
}

bool parser_count(struct parser *ps, const struct json *object, const char *key, uint64_t max,
		  uint64_t *out)
{
	const struct json *v = json_gets(object, key);
	int64_t n;
	if (!v)
		return true;
	if (!json_int64(v, &n) || n < 1 || (uint64_t)n > max) {
		size_t mark = parser_enter(ps, slice_str(key));
		parser_refuse(ps, "'%s' must be a whole number from 1 to %llu", key,
			      (unsigned long long)max);
		parser_leave(ps, mark);
		return false;
	}
	*out = (uint64_t)n;
	return true;
}

bool parser_message(struct parser *ps, const struct json *object, const char *key,
		    struct slice *out)
{
	struct slice s = {0};
	if (!parser_text(ps, object, key, &s))
		return false;
	if (s.n > LIMIT_POLICY_TEXT) {
		size_t mark = parser_enter(ps, slice_str(key));
		parser_warn(ps, "'%s' is cut to %d bytes", key, LIMIT_POLICY_TEXT);
		parser_leave(ps, mark);
		s.n = LIMIT_POLICY_TEXT;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n--; /* between two characters */
	}
	*out = s;
	return true;
}

bool parser_names(struct parser *ps, const struct json *object, const char *key, struct names *out)
{
	const struct json *v = json_gets(object, key);
	size_t before = ps->errors, n = 0;
	if (!v)
		return true;
	size_t mark = parser_enter(ps, slice_str(key));
	struct slice *names = parser_take(ps, json_count(v), sizeof *names);
	if (!json_is(v, JSON_ARRAY))
		parser_refuse(ps, "'%s' must be a list of names or patterns", key);
	for (struct json_iter it = json_iter(v); json_is(v, JSON_ARRAY) && json_next(&it); n++) {
		size_t inner = parser_enter_at(ps, n);
		names[n] = json_string(it.value);
		if (!names[n].n)
			parser_refuse(ps,
				      "must be a name or a pattern, as a string that is not empty");
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
	*out = (struct names){names, n};
	return ps->errors == before;
}
