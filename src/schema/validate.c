/*
 * One value against the tree. The first pass only answers; a value that does not fit is
 * looked at again with a report, so that the plain path neither prints nor allocates. All
 * work is paid for from one budget, and a budget that is used up means that nothing fits.
 */
#include "base/limits.h"
#include "schema/check.h"
#include <stdarg.h>

bool check_pay(struct check *c, size_t steps)
{
	if (likely(steps <= c->steps)) {
		c->steps -= steps;
		return true;
	}
	c->steps = 0;
	c->is_exhausted = true;
	return false;
}

/* From the root down; what has no room is left out at the end. */
static void write_path(struct schema_report *r, const struct place *at)
{
	const struct place *steps[LIMIT_JSON_DEPTH + 1];
	struct buf path = BUF_INIT(1u << 20);
	size_t n = 0;
	for (; at && n < ARRAY_LEN(steps); at = at->up)
		steps[n++] = at;
	r->path[0] = '\0';
	while (n--) {
		char index[24];
		struct slice token = steps[n]->key;
		snprintf(index, sizeof index, "%zu", steps[n]->index);
		json_pointer_add(&path, token.p ? token : slice_str(index));
		if (!buf_ok(&path) || path.n >= sizeof r->path)
			break;
		memcpy(r->path, path.p, path.n);
		r->path[path.n] = '\0';
	}
	buf_release(&path);
}

bool check_fail(struct check *c, const char *fmt, ...)
{
	size_t depth = c->place ? c->place->depth : 0;
	va_list ap;
	if (!c->report || (c->report->reason[0] && depth <= c->report_depth))
		return false;
	write_path(c->report, c->place);
	c->report_depth = depth;
	va_start(ap, fmt);
	vsnprintf(c->report->reason, sizeof c->report->reason, fmt, ap);
	va_end(ap);
	return false;
}

bool check_mark(struct check *c, const struct json *v)
{
	if (!c->is_marking)
		return true;
	if (c->mark_n == c->mark_cap) {
		size_t cap = c->mark_cap ? c->mark_cap * 2 : 64;
		c->marks = arena_realloc(&c->scratch, c->marks, c->mark_cap * sizeof *c->marks,
		                         cap * sizeof *c->marks);
		c->mark_cap = c->marks ? cap : 0;
	}
	if (!c->marks) {
		c->mark_n = 0;
		return check_pay(c, SIZE_MAX);
	}
	c->marks[c->mark_n++] = v;
	return true;
}

bool check_regex(struct check *c, const struct regex *r, struct slice text, bool *is_match)
{
	*is_match = false;
	if (!check_pay(c, 8 + text.n / 64))
		return false;
	enum regex_result found = regex_match_within(r, text, &c->regex_steps);
	*is_match = found == REGEX_YES;
	return found != REGEX_LIMIT || check_pay(c, SIZE_MAX);
}

bool check_fail_type(struct check *c, unsigned types)
{
	static const struct {
		unsigned bits;
		const char *words;
	} names[] = {
		{ TYPE_BIT(JSON_STRING), "a string" }, { TYPE_BIT(JSON_NUMBER), "a number" },
		{ TYPE_INTEGER, "a whole number" },    { TYPE_BIT(JSON_BOOL), "true or false" },
		{ TYPE_BIT(JSON_OBJECT), "an object" }, { TYPE_BIT(JSON_ARRAY), "an array" },
		{ TYPE_BIT(JSON_NULL), "null" },
	};
	char text[120] = "";
	if (!c->report)
		return false;
	if (types & TYPE_BIT(JSON_NUMBER))
		types &= ~TYPE_INTEGER;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (types & names[i].bits) {
			size_t n = strlen(text);
			snprintf(text + n, sizeof text - n, "%s%s", n ? " or " : "", names[i].words);
		}
	return check_fail(c, "must be %s", text);
}

static bool check_string(struct check *c, const struct string_rules *r, const struct json *v)
{
	struct slice s = json_string(v);
	bool is_match = true;
	size_t n = 0;
	if (!check_pay(c, s.n / 64))
		return false;
	/* A code point has one byte that does not continue another. */
	if (r->min || r->max != SIZE_MAX)
		for (size_t i = 0; i < s.n; i++)
			n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	if (n < r->min)
		return check_fail(c, "must have at least %zu character%s", r->min, r->min == 1 ? "" : "s");
	if (n > r->max)
		return check_fail(c, "must have at most %zu character%s", r->max, r->max == 1 ? "" : "s");
	if (r->pattern && !check_regex(c, r->pattern, s, &is_match))
		return false;
	if (!is_match)
		return check_fail(c, "must match the pattern of the schema");
	if (r->format && !r->format(s))
		return check_fail(c, "must be of the format '%s'", r->format_name);
	return true;
}

static bool check_number(struct check *c, const struct number_rules *r, const struct json *v)
{
	struct slice s = json_number(v);
	if (!check_pay(c, s.n / 64))
		return false;
	if (r->minimum.p && json_number_compare(s, r->minimum) < 0)
		return check_fail(c, "must be at least %.*s", SLICE_ARG(r->minimum));
	if (r->maximum.p && json_number_compare(s, r->maximum) > 0)
		return check_fail(c, "must be at most %.*s", SLICE_ARG(r->maximum));
	if (r->above.p && json_number_compare(s, r->above) <= 0)
		return check_fail(c, "must be more than %.*s", SLICE_ARG(r->above));
	if (r->below.p && json_number_compare(s, r->below) >= 0)
		return check_fail(c, "must be less than %.*s", SLICE_ARG(r->below));
	if (r->divisor.digits && !divisor_divides(&r->divisor, s)) {
		if (r->divisor.scale)
			return check_fail(c, "must be a multiple of %llue%lld", (unsigned long long)r->divisor.digits,
			                  r->divisor.scale);
		return check_fail(c, "must be a multiple of %llu", (unsigned long long)r->divisor.digits);
	}
	return true;
}

static bool check_type(struct check *c, const struct node *n, const struct json *v, enum json_type t)
{
	if (likely(n->types & TYPE_BIT(t)))
		return true;
	if (t == JSON_NUMBER && (n->types & TYPE_INTEGER) && number_is_integer(json_number(v)))
		return check_pay(c, json_number(v).n / 64);
	return check_fail_type(c, n->types);
}

static bool check_rules(struct check *c, const struct node *n, const struct json *v)
{
	enum json_type t = json_type(v);
	size_t start = c->mark_n;
	if (n->is_false)
		return check_fail(c, "is not allowed");
	if (!check_type(c, n, v, t))
		return false;
	if (n->logic && !check_logic(c, n, v))
		return false;
	switch (t) {
	case JSON_STRING: return !n->string || check_string(c, n->string, v);
	case JSON_NUMBER: return !n->number || check_number(c, n->number, v);
	case JSON_OBJECT: return !n->object || (check_object(c, n->object, v) && check_unevaluated(c, n, v, start));
	case JSON_ARRAY: return !n->array || (check_array(c, n->array, v) && check_unevaluated(c, n, v, start));
	case JSON_NONE:
	case JSON_NULL:
	case JSON_BOOL: break;
	}
	return true;
}

bool check_node(struct check *c, const struct node *n, const struct json *v)
{
	if (!check_pay(c, 1))
		return false;
	if (c->depth >= LIMIT_SCHEMA_DEPTH)
		return check_pay(c, SIZE_MAX);
	struct scope inner = { c->scope, n->resource };
	const struct scope *outer = c->scope;
	size_t start = c->mark_n;
	if (c->s->has_dynamic && (!outer || outer->resource != n->resource))
		c->scope = &inner;
	c->depth++;
	bool fits = check_rules(c, n, v);
	c->depth--;
	c->scope = outer;
	if (!fits && c->mark_n > start)
		c->mark_n = start;
	return fits;
}

bool check_child(struct check *c, const struct node *n, const struct json *v, struct slice key, size_t index)
{
	const struct place *up = c->place;
	struct place here = { up, key, index, up ? up->depth + 1 : 1 };
	c->place = &here;
	bool fits = check_node(c, n, v);
	c->place = up;
	return fits;
}

bool check_quietly(struct check *c, const struct node *n, const struct json *v)
{
	struct schema_report *r = c->report;
	c->report = NULL;
	bool fits = check_node(c, n, v);
	c->report = r;
	return fits;
}

static bool run(const struct schema *s, const struct json *v, enum schema_mode mode, struct schema_report *r)
{
	struct check c = {
		.s = s,
		.steps = LIMIT_SCHEMA_STEPS,
		.regex_steps = LIMIT_SCHEMA_REGEX_STEPS,
		.is_marking = mode == SCHEMA_STRICT || s->has_unevaluated,
		.report = r,
	};
	arena_init(&c.scratch, LIMIT_REQUEST_ARENA);
	bool fits = v && check_node(&c, s->root, v) && (mode != SCHEMA_STRICT || check_strictly(&c, v));
	arena_release(&c.scratch);
	/* What was found on the way may only look like a failure: an alternative was left. */
	if (c.is_exhausted && r) {
		r->path[0] = '\0';
		snprintf(r->reason, sizeof r->reason, "takes more work to check than is allowed");
	} else if (!fits && r && !r->reason[0]) {
		snprintf(r->reason, sizeof r->reason, v ? "does not fit the schema" : "is missing");
	}
	return fits && !c.is_exhausted;
}

bool schema_check(const struct schema *s, const struct json *value, enum schema_mode mode,
                  struct schema_report *r)
{
	if (run(s, value, mode, NULL))
		return true;
	if (r) {
		*r = (struct schema_report){ .path = "" };
		/* The same work again cannot end otherwise; were it to, we would still refuse. */
		(void)!run(s, value, mode, r);
	}
	return false;
}
