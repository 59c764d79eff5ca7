/*
 * What each operator means. A test sees a value that is there, but for `exists`, and an
 * operand that parse.c has checked. Types never mix: "5" is not 5.
 */
#include "policy/operator.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/glob.h"
#include "policy/host.h"
#include "policy/sql.h"

static enum holds holds_if(bool b)
{
	return b ? HOLDS_YES : HOLDS_NO;
}

static bool is_equal(const struct value *v, const struct json *other)
{
	if (v->json)
		return json_equal(v->json, other);
	if (v->type != json_type(other))
		return false;
	switch (v->type) {
	case JSON_STRING:
		return slice_eq(v->text, json_string(other));
	case JSON_NUMBER:
		return json_number_compare(v->text, json_number(other)) == 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	case JSON_NONE:
	case JSON_NULL:
	case JSON_BOOL:
		return false;
	}
	if (json_count(other) != v->list_n)
		return false;
	for (size_t i = 0; i < v->list_n; i++)
		if (!slice_eq(v->list[i], json_string(json_at(other, i))))
			return false;
	return true;
}

static int compare_numbers(const struct operand *o, const struct value *v)
{
	if (o->number.is_short && v->number.is_short)
		return (v->number.v > o->number.v) - (v->number.v < o->number.v);
	return json_number_compare(v->text, o->text);
}

static bool is_operand(const struct operand *o, const struct value *v)
{
	if (v->type != o->type)
		return false;
	switch (v->type) {
	case JSON_STRING:
		return slice_eq(v->text, o->text);
	case JSON_NUMBER:
		return compare_numbers(o, v) == 0;
	case JSON_BOOL:
		return json_true(v->json) == o->is_true;
	case JSON_NONE:
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return is_equal(v, o->json);
}

static enum holds test_eq(const struct operand *o, const struct value *v)
{
	return holds_if(is_operand(o, v));
}

static enum holds test_neq(const struct operand *o, const struct value *v)
{
	return holds_if(!is_operand(o, v));
}

/* Sets *order; false when the two have none. */
static bool compare(const struct operand *o, const struct value *v, int *order)
{
	int64_t time_us;
	if (!o->is_time) {
		*order = v->type == JSON_NUMBER ? compare_numbers(o, v) : 0;
		return v->type == JSON_NUMBER;
	}
	if (v->type != JSON_STRING || !clock_parse(v->text, &time_us))
		return false;
	*order = time_us < o->time_us ? -1 : time_us > o->time_us;
	return true;
}

static enum holds test_lt(const struct operand *o, const struct value *v)
{
	int order;
	return holds_if(compare(o, v, &order) && order < 0);
}

static enum holds test_lte(const struct operand *o, const struct value *v)
{
	int order;
	return holds_if(compare(o, v, &order) && order <= 0);
}

static enum holds test_gt(const struct operand *o, const struct value *v)
{
	int order;
	return holds_if(compare(o, v, &order) && order > 0);
}

static enum holds test_gte(const struct operand *o, const struct value *v)
{
	int order;
	return holds_if(compare(o, v, &order) && order >= 0);
}

static bool is_in(const struct operand *o, const struct value *v)
{
	if (o->texts) {
		for (size_t i = 0; i < o->text_n && v->type == JSON_STRING; i++)
			if (slice_eq(v->text, o->texts[i]))
				return true;
		return false;
	}
	for (struct json_iter it = json_iter(o->json); json_next(&it);)
		if (is_equal(v, it.value))
			return true;
	return false;
}

static enum holds test_in(const struct operand *o, const struct value *v)
{
	return holds_if(is_in(o, v));
}

static enum holds test_not_in(const struct operand *o, const struct value *v)
{
	return holds_if(!is_in(o, v));
}

static enum holds test_exists(const struct operand *o, const struct value *v)
{
	bool is_there = v->type != JSON_NONE && v->type != JSON_NULL;
	return holds_if(is_there == o->is_true);
}

static enum holds test_regex(const struct operand *o, const struct value *v)
{
	if (v->type != JSON_STRING)
		return HOLDS_NO;
	switch (regex_match(o->regex, v->text)) {
	case REGEX_YES:
		return HOLDS_YES;
	case REGEX_NO:
		return HOLDS_NO;
	case REGEX_LIMIT:
		break;
	}
	return HOLDS_UNSURE;
}

static enum holds test_contains(const struct operand *o, const struct value *v)
{
	if (v->type == JSON_STRING) {
		struct slice part = json_string(o->json);
		if (!json_is(o->json, JSON_STRING))
			return HOLDS_NO;
		return holds_if(part.n == 0 ||
				(v->text.n && memmem(v->text.p, v->text.n, part.p, part.n)));
	}
	for (size_t i = 0; i < v->list_n; i++)
		if (json_is(o->json, JSON_STRING) && slice_eq(v->list[i], json_string(o->json)))
			return HOLDS_YES;
	if (!json_is(v->json, JSON_ARRAY))
		return HOLDS_NO;
	for (struct json_iter it = json_iter(v->json); json_next(&it);)
		if (json_equal(it.value, o->json))
			return HOLDS_YES;
	return HOLDS_NO;
}

static enum holds test_starts_with(const struct operand *o, const struct value *v)
{
	return holds_if(v->type == JSON_STRING && slice_starts(v->text, o->text));
}

static enum holds test_ends_with(const struct operand *o, const struct value *v)
{
	return holds_if(v->type == JSON_STRING && slice_ends(v->text, o->text));
}

static enum holds test_glob(const struct operand *o, const struct value *v)
{
	struct slice pattern = json_string(o->json);
	if (v->type != JSON_STRING)
		return HOLDS_NO;
	if (slice_is(pattern, "*")) /* for values a star alone stays in its folder, too */
		return holds_if(!v->text.n || !memchr(v->text.p, '/', v->text.n));
	return holds_if(glob_match(pattern, v->text, '/'));
}

static bool length_of(const struct value *v, uint64_t *out)
{
	*out = v->json ? json_count(v->json) : v->list_n;
	if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
		return true;
	if (v->type != JSON_STRING)
		return false;
	*out = 0;
	for (size_t i = 0; i < v->text.n; i++)
		*out += ((unsigned char)v->text.p[i] & 0xc0) != 0x80;
	return true;
}

static enum holds test_length_lte(const struct operand *o, const struct value *v)
{
	uint64_t n;
	return holds_if(length_of(v, &n) && n <= o->count);
}

static enum holds test_length_gte(const struct operand *o, const struct value *v)
{
	uint64_t n;
	return holds_if(length_of(v, &n) && n >= o->count);
}

static const struct operator operators[] = {
	{"eq", OPERAND_ANY, test_eq, NULL, "be", false, false},
	{"neq", OPERAND_ANY, test_neq, NULL, "be", true, false},
	{"lt", OPERAND_ORDER, test_lt, NULL, "be less than", false, false},
	{"lte", OPERAND_ORDER, test_lte, NULL, "be at most", false, false},
	{"gt", OPERAND_ORDER, test_gt, NULL, "be greater than", false, false},
	{"gte", OPERAND_ORDER, test_gte, NULL, "be at least", false, false},
	{"in", OPERAND_LIST, test_in, NULL, "be one of", false, false},
	{"not_in", OPERAND_LIST, test_not_in, NULL, "be one of", true, false},
	{"exists", OPERAND_BOOL, test_exists, NULL, "be given", false, true},
	{"regex", OPERAND_REGEX, test_regex, NULL, "match the pattern", false, false},
	{"contains", OPERAND_ANY, test_contains, NULL, "contain", false, false},
	{"starts_with", OPERAND_TEXT, test_starts_with, NULL, "start with", false, false},
	{"ends_with", OPERAND_TEXT, test_ends_with, NULL, "end with", false, false},
	{"glob", OPERAND_TEXT, test_glob, NULL, "look like", false, false},
	{"path_within", OPERAND_FOLDERS, test_path_within, NULL, "be a path within", false, false},
	{"host_in", OPERAND_HOSTS, test_host_in, NULL, "be a URL with a host in", false, false},
	{"host_private", OPERAND_BOOL, test_host_private, NULL, "lead to a private address", false,
	 false},
	{"urls_in_hosts", OPERAND_HOSTS, test_urls_in_hosts, NULL,
	 "have no URL but with a host in", false, false},
	{"contains_secret", OPERAND_BOOL, NULL, test_contains_secret, "contain a secret", false, false},
	{"sql_only", OPERAND_SQL, test_sql_only, NULL, "be SQL of nothing but", false, false},
	{"length_lte", OPERAND_COUNT, test_length_lte, NULL, "have a length of at most", false, false},
	{"seen_in", OPERAND_SEEN, NULL, test_seen_in, "come from results labelled", false, false},
	{"length_gte", OPERAND_COUNT, test_length_gte, NULL, "have a length of at least", false, false},
};

const struct operator* operator_at(size_t i)
{
	return i < ARRAY_LEN(operators) ? &operators[i] : NULL;
}

const struct operator* operator_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (slice_is(name, operators[i].name))
			return &operators[i];
	return NULL;
}
