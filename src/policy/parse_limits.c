/* Limits: the counters of a tool's rules, in all their forms. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

static const char *const limit_keys[] = {
	"counter", "window", "max", "scope", "increment", "increment_from", "on_deny",
	"algorithm", "concurrent", "repeat", "durable", "on_unreachable",
};

static const char *const rate_keys[] = {"max", "window"};

static const struct {
	const char *name;
	enum window_kind kind;
	int64_t seconds;
} windows[] = {
	{"second", WINDOW_SECONDS, 1},  {"minute", WINDOW_SECONDS, 60},
	{"hour", WINDOW_SECONDS, 3600}, {"day", WINDOW_SECONDS, 86400},
	{"week", WINDOW_WEEK, 604800},  {"month", WINDOW_MONTH, 0},
};

#define WINDOW_MAX_S (366 * 86400)

static const struct {
	const char *name;
	enum scope scope;
} scopes[] = {
	{"grant", SCOPE_GRANT},     {"session", SCOPE_SESSION},           {"server", SCOPE_SERVER},
	{"subject", SCOPE_SUBJECT}, {"organisation", SCOPE_ORGANISATION},
};

static bool find_window(struct slice name, struct window *out)
{
	for (size_t i = 0; i < ARRAY_LEN(windows); i++)
		if (slice_is(name, windows[i].name)) {
			*out = (struct window){windows[i].kind, windows[i].seconds,
					       slice_str(windows[i].name)};
			return true;
		}
	return false;
}

bool parse_window(struct parser *ps, const struct json *object, struct window *out)
{
	const struct json *v = json_gets(object, "window");
	int64_t seconds;
	if (json_is(v, JSON_STRING) && find_window(json_string(v), out))
		return true;
	if (json_int64(v, &seconds) && seconds > 0 && seconds <= WINDOW_MAX_S) {
		*out = (struct window){WINDOW_SECONDS, seconds, SLICE_LIT("")};
		return true;
	}
	size_t mark = parser_enter(ps, SLICE_LIT("window"));
	parser_refuse(ps,
		      "'window' must be second, minute, hour, day, week, month or a number of "
		      "seconds up to %d",
		      WINDOW_MAX_S);
	parser_leave(ps, mark);
	return false;
}

static void require_window(struct parser *ps, const struct json *limit, struct window *out)
{
	if (json_gets(limit, "window"))
		parse_window(ps, limit, out);
	else
		parser_refuse(ps, "a limit must have a 'window', or \"concurrent\": true");
}

static void parse_scope(struct parser *ps, const struct json *limit, enum scope *out)
{
	struct slice name = SLICE_LIT("grant");
	*out = SCOPE_GRANT;
	if (!parser_text(ps, limit, "scope", &name))
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("scope"));
	size_t i = 0;
	while (i < ARRAY_LEN(scopes) && !slice_is(name, scopes[i].name))
		i++;
	if (i == ARRAY_LEN(scopes))
		parser_refuse(ps,
			      "'scope' must be grant, session, subject, server or organisation");
	else
		*out = scopes[i].scope;
	parser_leave(ps, mark);
}

static void parse_amount(struct parser *ps, const struct json *object, const char *key,
			 bool may_be_zero, quota_amount *out)
{
	const struct json *v = json_gets(object, key);
	if (v && json_is(v, JSON_NUMBER) && quota_amount_read(json_number(v), out) &&
	    (may_be_zero || *out > 0))
		return;
	if (!v && may_be_zero)
		return;
	if (!v) {
		parser_refuse(ps, "a limit must have a '%s' greater than 0", key);
		return;
	}
	size_t mark = parser_enter(ps, slice_str(key));
	parser_refuse(ps,
		      "'%s' must be a number %s, with at most 18 digits before and 9 behind the "
		      "decimal point",
		      key, may_be_zero ? "that is not negative" : "greater than 0");
	parser_leave(ps, mark);
}

static void parse_increment(struct parser *ps, const struct json *v, struct limit *out)
{
	struct slice text = {0};
	struct err e = {0};
	out->increment = QUOTA_ONE;
	parse_amount(ps, v, "increment", true, &out->increment);
	if (!json_gets(v, "increment_from") || !parser_text(ps, v, "increment_from", &text))
		return;
	if (json_gets(v, "increment"))
		parser_refuse_key(ps, SLICE_LIT("increment"),
				  "a limit has 'increment' or 'increment_from', not both");
	out->is_from_argument = true;
	size_t mark = parser_enter(ps, SLICE_LIT("increment_from"));
	if (!path_read(text, &ps->policy->arena, &out->increment_from, &e))
		parser_refuse(ps, "%s", e.text);
	else if (out->increment_from.root != ROOT_ARGS || out->increment_from.has_each)
		parser_refuse(ps, "'increment_from' must be a path to one number in the arguments");
	parser_leave(ps, mark);
}

/* One word of two: the second sets *out. */
static void parse_choice(struct parser *ps, const struct json *v, const char *key,
			 const char *const words[2], bool *out)
{
	struct slice word = slice_str(words[0]);
	if (!parser_text(ps, v, key, &word) || slice_is(word, words[0]))
		return;
	size_t mark = parser_enter(ps, slice_str(key));
	*out = slice_is(word, words[1]);
	if (!*out)
		parser_refuse(ps, "'%s' must be %s or %s", key, words[0], words[1]);
	parser_leave(ps, mark);
}

/* In place of a window: what is in flight. Nothing of it is left when the gate is. */
static void parse_concurrent(struct parser *ps, const struct json *v, struct limit *out)
{
	static const char *const others[] = {"window", "algorithm", "repeat", "durable"};
	out->kind = QUOTA_CONCURRENT;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (json_gets(v, others[i]))
			parser_refuse_key(
				ps, slice_str(others[i]),
				"a limit with 'concurrent' counts calls in flight and has no '%s'",
				others[i]);
}

static void parse_kind(struct parser *ps, const struct json *v, struct limit *out)
{
	static const char *const algorithms[2] = {"fixed", "sliding"};
	bool is_concurrent = false, is_sliding = false;
	parser_bool(ps, v, "concurrent", &is_concurrent);
	parser_bool(ps, v, "repeat", &out->is_repeat);
	parser_bool(ps, v, "durable", &out->is_durable);
	if (is_concurrent) {
		parse_concurrent(ps, v, out);
		return;
	}
	require_window(ps, v, &out->window);
	parse_choice(ps, v, "algorithm", algorithms, &is_sliding);
	out->kind = is_sliding ? QUOTA_SLIDING : QUOTA_FIXED;
	if (is_sliding && out->window.kind == WINDOW_MONTH)
		parser_refuse_key(ps, SLICE_LIT("algorithm"),
				  "a sliding window has one length: write 2592000 (30 days) in place "
				  "of month");
	if (out->is_repeat && json_gets(v, "increment_from"))
		parser_refuse_key(ps, SLICE_LIT("increment_from"),
				  "a limit with 'repeat' counts calls: it has no 'increment_from'");
}

/* Two counters with one name and window would stand under one rule. */
static bool is_twice(const struct limit *limits, size_t n, const struct limit *l)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(limits[i].counter, l->counter) && limits[i].scope == l->scope &&
		    limits[i].kind == l->kind && limits[i].is_repeat == l->is_repeat &&
		    limits[i].window.kind == l->window.kind &&
		    limits[i].window.seconds == l->window.seconds)
			return true;
	return false;
}

static void parse_limit(struct parser *ps, const struct json *v, struct limit *out)
{
	static const char *const unreachable[2] = {"deny", "allow"};
	if (!parser_check_keys(ps, v, limit_keys, ARRAY_LEN(limit_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return;
	parser_text(ps, v, "counter", &out->counter);
	if (!json_gets(v, "counter"))
		parser_refuse(ps, "a limit must have a 'counter', its name");
	else if (json_is(json_gets(v, "counter"), JSON_STRING) &&
		 (!out->counter.n || out->counter.n > LIMIT_COUNTER_NAME))
		parser_refuse_key(ps, SLICE_LIT("counter"),
				  "'counter' must be a name of 1 to %d bytes", LIMIT_COUNTER_NAME);
	parse_kind(ps, v, out);
	parse_choice(ps, v, "on_unreachable", unreachable, &out->passes_unreachable);
	parse_amount(ps, v, "max", false, &out->max);
	parse_scope(ps, v, &out->scope);
	parse_increment(ps, v, out);
	parser_message(ps, v, "on_deny", &out->on_deny);
}

static struct slice rate_counter(struct parser *ps, const struct rules *r)
{
	struct slice name = r->kind == RULES_ALL ? SLICE_LIT("all_tools") : r->name;
	size_t n = name.n > LIMIT_COUNTER_NAME - 5 ? LIMIT_COUNTER_NAME - 5 : name.n;
	char *p = parser_take(ps, n + 5, 1);
	memcpy(p, name.p, n);
	memcpy(p + n, "_rate", 5);
	return slice_of(p, n + 5);
}

/* "10/minute" */
static bool read_rate(struct slice text, struct limit *out)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	if (!slash)
		return false;
	struct slice number = slice_of(text.p, (size_t)(slash - text.p));
	struct slice window = slice_of(slash + 1, text.n - number.n - 1);
	return quota_amount_read(number, &out->max) && out->max > 0 &&
	       find_window(window, &out->window);
}

static void parse_rate_limit(struct parser *ps, const struct json *v, struct limit *out)
{
	size_t mark = parser_enter(ps, SLICE_LIT("rate_limit"));
	out->is_short = true;
	out->counter = rate_counter(ps, out->rules);
	out->increment = QUOTA_ONE;
	if (json_is(v, JSON_OBJECT)) {
		parser_check_keys(ps, v, rate_keys, ARRAY_LEN(rate_keys));
		out->scope = SCOPE_SESSION;
		parse_amount(ps, v, "max", false, &out->max);
		require_window(ps, v, &out->window);
	} else {
		out->scope = SCOPE_GRANT;
		if (!json_is(v, JSON_STRING) || !read_rate(json_string(v), out))
			parser_refuse(ps, "'rate_limit' must be as in \"10/minute\" or {\"max\": "
					  "10, \"window\": 60}");
	}
	parser_leave(ps, mark);
}

static void keep_limit(struct parser *ps, struct limit *l, uint32_t place)
{
	struct policy *p = ps->policy;
	if (p->limit_n == p->limit_cap) {
		p->limit_cap = p->limit_cap ? p->limit_cap * 2 : 16;
		p->limits = mem_realloc(p->limits, p->limit_cap * sizeof *p->limits);
	}
	l->place = place;
	l->index = (uint32_t)p->limit_n;
	p->limits[p->limit_n++] = l;
}

void parse_limits(struct parser *ps, const struct json *v, struct rules *out)
{
	const struct json *list = json_gets(v, "limits"), *rate = json_gets(v, "rate_limit");
	size_t mark = parser_enter(ps, SLICE_LIT("limits")), n = 0;
	bool is_list = json_is(list, JSON_ARRAY);
	struct limit *limits = parser_take(ps, json_count(list) + 1, sizeof *limits);
	if (list && !is_list)
		parser_refuse(ps, "'limits' must be a list");
	if (json_count(list) + (rate != NULL) > LIMIT_POLICY_LIMITS)
		parser_refuse(ps, "more than %d limits", LIMIT_POLICY_LIMITS);
	for (struct json_iter it = json_iter(list); is_list && json_next(&it); n++) {
		size_t inner = parser_enter_at(ps, n);
		limits[n].rules = out;
		parse_limit(ps, it.value, &limits[n]);
		if (limits[n].counter.n && is_twice(limits, n, &limits[n]))
			parser_refuse(ps,
				      "counter '%.*s' stands twice with the same window and scope",
				      SLICE_ARG(limits[n].counter));
		keep_limit(ps, &limits[n], (uint32_t)n);
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
	if (rate) {
		limits[n].rules = out;
		parse_rate_limit(ps, rate, &limits[n]);
		keep_limit(ps, &limits[n], 0);
		n++;
	}
	out->limits = limits;
	out->limit_n = n;
}

