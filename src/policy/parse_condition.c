/* One condition: path, operator and the value that the operator wants. */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "policy/host.h"
#include "policy/parse.h"

static const char *const condition_keys[] = {"path", "op", "value", "schemes", "dialect"};

static size_t find_place(struct parser *ps, struct slice path)
{
	size_t end = ps->place_first + PATH_PLACES / 2;
	for (size_t i = ps->place_first; i < ps->place_n; i++)
		if (slice_eq(ps->places[i], path))
			return i;
	if (ps->place_n == end)
		return PATH_PLACES;
	ps->places[ps->place_n] = path;
	return ps->place_n++;
}

static bool parse_path(struct parser *ps, const struct json *v, struct path *out)
{
	struct err e = {0};
	struct slice text = {0};
	if (!json_gets(v, "path"))
		return parser_refuse(ps, "a condition must have a 'path'");
	if (!parser_text(ps, v, "path", &text))
		return false;
	if (path_read(text, &ps->policy->arena, out, &e)) {
		out->place = out->has_each ? PATH_PLACES : find_place(ps, out->text);
		return true;
	}
	size_t mark = parser_enter(ps, SLICE_LIT("path"));
	parser_refuse(ps, "%s", e.text);
	parser_leave(ps, mark);
	return false;
}

static bool refuse_operator(struct parser *ps, struct slice name)
{
	const char *names[32];
	size_t n = 0;
	for (; operator_at(n) && n < ARRAY_LEN(names); n++)
		names[n] = operator_at(n)->name;
	const char *near = nearest_name(name, names, n);
	if (near)
		return parser_refuse(ps, "unknown operator '%.*s' (did you mean '%s'?)",
				     SLICE_ARG(slice_of(name.p, name.n > 60 ? 60 : name.n)), near);
	return parser_refuse(ps, "unknown operator '%.*s'",
			     SLICE_ARG(slice_of(name.p, name.n > 60 ? 60 : name.n)));
}

static const struct operator* parse_operator(struct parser *ps, const struct json *v)
{
	struct slice name = {0};
	if (!json_gets(v, "op")) {
		parser_refuse(ps, "a condition must have an 'op'");
		return NULL;
	}
	if (!parser_text(ps, v, "op", &name))
		return NULL;
	const struct operator* op = operator_find(name);
	if (!op) {
		size_t mark = parser_enter(ps, SLICE_LIT("op"));
		refuse_operator(ps, name);
		parser_leave(ps, mark);
	}
	return op;
}

const struct regex *parser_regex(struct parser *ps, struct slice pattern)
{
	struct policy *p = ps->policy;
	struct err e = {0};
	struct regex *r = regex_new(pattern, REGEX_PCRE, &e);
	if (!r) {
		parser_refuse(ps, "%s", e.text);
		return NULL;
	}
	if (p->regex_n == p->regex_cap) {
		p->regex_cap = p->regex_cap ? p->regex_cap * 2 : 16;
		p->regexes = mem_realloc(p->regexes, p->regex_cap * sizeof *p->regexes);
	}
	return p->regexes[p->regex_n++] = r;
}

static bool parse_regex(struct parser *ps, const struct json *v, struct operand *out)
{
	if (!json_is(v, JSON_STRING))
		return parser_refuse(ps, "'regex' wants a pattern as a string");
	out->regex = parser_regex(ps, json_string(v));
	return out->regex != NULL;
}

static bool parse_order(struct parser *ps, const struct json *v, const char *op,
			struct operand *out)
{
	if (json_is(v, JSON_NUMBER))
		return true;
	out->is_time = json_is(v, JSON_STRING) && clock_parse(json_string(v), &out->time_us);
	return out->is_time ||
	       parser_refuse(ps, "'%s' wants a number or a time as in 2026-01-31T12:00:00Z", op);
}

static bool parse_folder(struct parser *ps, const struct json *v, struct slice *out)
{
	if (json_is(v, JSON_STRING) && folder_read(json_string(v), &ps->policy->arena, out))
		return true;
	return parser_refuse(ps, "must be a plain folder such as '/srv/data', without '~', '%%xx', "
				 "a drive or a backslash");
}

static bool parse_host(struct parser *ps, const struct json *v, struct slice *out)
{
	char host[HOST_MAX + 8], *copy;
	size_t n = 0;
	if (!json_is(v, JSON_STRING) || json_string(v).n > HOST_MAX - 8 ||
	    !host_read(json_string(v), host, &n))
		return parser_refuse(
			ps, "must be a host such as 'example.com', '*.example.com' or '192.0.2.1', "
			    "without scheme, port or path");
	copy = parser_take(ps, n, 1);
	memcpy(copy, host, n);
	*out = slice_of(copy, n);
	return true;
}

/* A string, or a list of strings that is not empty. */
static bool parse_texts(struct parser *ps, const struct json *v, const char *op,
			bool (*parse)(struct parser *ps, const struct json *v, struct slice *out),
			struct operand *out)
{
	bool is_list = json_is(v, JSON_ARRAY), is_good = true;
	size_t n = is_list ? json_count(v) : 1, i = 0;
	if (n == 0 || (!is_list && !json_is(v, JSON_STRING)))
		return parser_refuse(
			ps, "'%s' wants a string, or a list of strings that is not empty", op);
	struct slice *texts = parser_take(ps, n, sizeof *texts);
	if (!is_list)
		is_good = parse(ps, v, &texts[0]);
	for (struct json_iter it = json_iter(v); is_list && json_next(&it); i++) {
		size_t mark = parser_enter_at(ps, i);
		is_good = parse(ps, it.value, &texts[i]) && is_good;
		parser_leave(ps, mark);
	}
	out->texts = texts;
	out->text_n = n;
	return is_good;
}

static bool parse_list(struct parser *ps, const struct json *v, const char *op, struct operand *out)
{
	if (!json_is(v, JSON_ARRAY))
		return parser_refuse(ps, "'%s' wants a list", op);
	struct slice *texts = parser_take(ps, json_count(v), sizeof *texts);
	size_t n = 0;
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (!json_is(it.value, JSON_STRING))
			return true; /* compared one by one */
		texts[n++] = json_string(it.value);
	}
	out->texts = texts;
	out->text_n = n;
	return true;
}

static bool parse_operand(struct parser *ps, const struct operator* op, const struct json *v,
			  struct operand *out)
{
	int64_t n;
	out->json = v;
	out->type = json_type(v);
	out->is_true = json_true(v);
	out->text = out->type == JSON_NUMBER ? json_number(v) : json_string(v);
	if (out->type == JSON_NUMBER)
		out->number = short_number_read(out->text);
	switch (op->kind) {
	case OPERAND_ANY:
		return true;
	case OPERAND_ORDER:
		return parse_order(ps, v, op->name, out);
	case OPERAND_LIST:
		return parse_list(ps, v, op->name, out);
	case OPERAND_BOOL:
		return json_is(v, JSON_BOOL) ||
		       parser_refuse(ps, "'%s' wants true or false", op->name);
	case OPERAND_TEXT:
		return json_is(v, JSON_STRING) ||
		       parser_refuse(ps, "'%s' wants a string", op->name);
	case OPERAND_REGEX:
		return parse_regex(ps, v, out);
	case OPERAND_FOLDERS:
		return parse_texts(ps, v, op->name, parse_folder, out);
	case OPERAND_HOSTS:
		return parse_texts(ps, v, op->name, parse_host, out);
	case OPERAND_COUNT:
		if (!json_int64(v, &n) || n < 0)
			return parser_refuse(ps, "'%s' wants a whole number that is not negative",
					     op->name);
		out->count = (uint64_t)n;
		return true;
	case OPERAND_SEEN:
		return parse_seen(ps, v, out);
	case OPERAND_SQL:
		return parse_sql(ps, v, out);
	case OPERAND_NONE:
		break;
	}
	BUG_ON(true);
	return false;
}

static bool parse_schemes(struct parser *ps, const struct operator* op, const struct json *v,
			  struct operand *out)
{
	struct names schemes = {0};
	if (!json_gets(v, "schemes"))
		return true;
	if (op->kind != OPERAND_HOSTS)
		return parser_refuse_key(ps, SLICE_LIT("schemes"),
					 "'schemes' belongs to 'host_in' and 'urls_in_hosts' only");
	if (!parser_names(ps, v, "schemes", &schemes))
		return false;
	if (!schemes.n)
		return parser_refuse_key(ps, SLICE_LIT("schemes"), "'schemes' must not be empty");
	out->schemes = schemes.v;
	out->scheme_n = schemes.n;
	return true;
}

/* Deciding allocates nothing, so what it will say is made here. */
static void make_words(struct parser *ps, struct condition *c)
{
	struct buf value = BUF_INIT(1 << 21);
	char text[LIMIT_POLICY_TEXT];
	bool is_opposite = c->op->is_negative;
	if (c->op->kind == OPERAND_BOOL)
		is_opposite = c->operand.json && !json_true(c->operand.json);
	else if (json_count(c->operand.json) != 1)
		json_write(&value, c->operand.json);
	else /* one of one: without the brackets */
		json_write(&value, json_is(c->operand.json, JSON_ARRAY)
					   ? json_at(c->operand.json, 0)
					   : c->operand.json);
	bool is_cut = value.n > 200;
	for (int turn = 0; turn < 2; turn++) {
		size_t shown = is_cut ? 200 : value.n;
		while (is_cut && shown && ((unsigned char)value.p[shown] & 0xc0) == 0x80)
			shown--;
		struct slice path =
			slice_of(c->path.text.p, c->path.text.n > 100 ? 100 : c->path.text.n);
		int n = snprintf(text, sizeof text, "'%.*s' must %s%s%s%.*s%s", SLICE_ARG(path),
				 is_opposite == (turn == 0) ? "not " : "", c->op->words,
				 shown ? " " : "", (int)shown, shown ? value.p : "",
				 is_cut ? "…" : "");
		char *copy = parser_take(ps, (size_t)n, 1);
		memcpy(copy, text, (size_t)n);
		*(turn ? &c->forbids : &c->requires) = slice_of(copy, (size_t)n);
	}
	buf_release(&value);
}

bool parse_condition(struct parser *ps, const struct json *v, struct condition *out)
{
	size_t before = ps->errors;
	if (!parser_check_keys(ps, v, condition_keys, ARRAY_LEN(condition_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return false;
	parse_path(ps, v, &out->path);
	out->op = parse_operator(ps, v);
	if (!out->op)
		return false;
	ps->policy->wants_past = ps->policy->wants_past || out->op->kind == OPERAND_SEEN ||
				 out->path.root == ROOT_SESSION_CALLS ||
				 out->path.root == ROOT_SESSION_LABELS;
	parse_schemes(ps, out->op, v, &out->operand);
	if (out->op->kind == OPERAND_SQL)
		parse_dialect(ps, v);
	else if (json_gets(v, "dialect"))
		parser_refuse_key(ps, SLICE_LIT("dialect"), "'dialect' belongs to 'sql_only' only");
	const struct json *value = json_gets(v, "value");
	/* host_private without a value asks whether it is. */
	if (value || out->op->test != test_host_private) {
		size_t mark = parser_enter(ps, SLICE_LIT("value"));
		if (value)
			parse_operand(ps, out->op, value, &out->operand);
		parser_leave(ps, mark);
		if (!value)
			parser_refuse(ps, "a condition must have a 'value'");
	}
	if (ps->errors == before && out->op->kind == OPERAND_SEEN)
		parser_want_seen(ps, out);
	if (ps->errors == before)
		make_words(ps, out);
	return ps->errors == before;
}
