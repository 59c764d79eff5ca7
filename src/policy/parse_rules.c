/* The rules of a tool or of all tools: groups and limits. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

static const struct known_key rules_keys[] = {
	{"action", false},    {"reason", false},     {"require", false},
	{"deny_if", false},   {"limits", false},     {"rate_limit", false},
	{"validate", false},  {"timeout_ms", false}, {"max_result_bytes", false},
	{"approve_if", true}, {"schema", true},      {"expires", true},
	{"quorum", true},     {"hold", true},
};

static const struct known_key group_keys[] = {
	{"conditions", false}, {"on_deny", false}, {"any", false}};

static const struct known_key limit_keys[] = {
	{"counter", false},   {"window", false},         {"max", false},     {"scope", false},
	{"increment", false}, {"increment_from", false}, {"on_deny", false}, {"algorithm", false},
	{"concurrent", true}, {"repeat", true},          {"durable", true},
};

static const struct known_key rate_keys[] = {{"max", false}, {"window", false}};

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
	enum scope scope; /* SCOPE_NONE: not in this version */
} scopes[] = {
	{"grant", SCOPE_GRANT},  {"session", SCOPE_SESSION},   {"server", SCOPE_SERVER},
	{"subject", SCOPE_NONE}, {"organisation", SCOPE_NONE},
};

static bool parse_group(struct parser *ps, const struct json *v, struct group *out)
{
	size_t before = ps->errors, i = 0;
	if (!parser_check_keys(ps, v, group_keys, ARRAY_LEN(group_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return false;
	const struct json *list = json_gets(v, "conditions");
	parser_message(ps, v, "on_deny", &out->on_deny);
	parser_bool(ps, v, "any", &out->is_any);
	if (!json_is(list, JSON_ARRAY))
		return parser_refuse(
			ps, "a group must have 'conditions', a list; an empty one always holds");
	if (json_count(list) > LIMIT_POLICY_CONDITIONS)
		return parser_refuse(ps, "a group has more than %d conditions",
				     LIMIT_POLICY_CONDITIONS);
	struct condition *conditions = parser_take(ps, json_count(list), sizeof *conditions);
	size_t mark = parser_enter(ps, SLICE_LIT("conditions"));
	for (struct json_iter it = json_iter(list); json_next(&it); i++) {
		size_t inner = parser_enter_at(ps, i);
		parse_condition(ps, it.value, &conditions[i]);
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
	out->conditions = conditions;
	out->n = i;
	return ps->errors == before;
}

static void parse_groups(struct parser *ps, const struct json *rules, const char *key,
			 struct group_list *out)
{
	const struct json *list = json_gets(rules, key);
	size_t i = 0;
	if (!list)
		return;
	size_t mark = parser_enter(ps, slice_str(key));
	struct group *groups = parser_take(ps, json_count(list), sizeof *groups);
	if (!json_is(list, JSON_ARRAY))
		parser_refuse(ps, "'%s' must be a list of groups", key);
	else if (json_count(list) > LIMIT_POLICY_GROUPS)
		parser_refuse(ps, "'%s' has more than %d groups", key, LIMIT_POLICY_GROUPS);
	for (struct json_iter it = json_iter(list); json_is(list, JSON_ARRAY) && json_next(&it);
	     i++) {
		size_t inner = parser_enter_at(ps, i);
		parse_group(ps, it.value, &groups[i]);
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
	*out = (struct group_list){groups, i};
}

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

static void parse_window(struct parser *ps, const struct json *limit, struct window *out)
{
	const struct json *v = json_gets(limit, "window");
	int64_t seconds;
	if (!v) {
		parser_refuse(ps, "a limit must have a 'window'");
		return;
	}
	if (json_is(v, JSON_STRING) && find_window(json_string(v), out))
		return;
	if (json_int64(v, &seconds) && seconds > 0 && seconds <= WINDOW_MAX_S) {
		*out = (struct window){WINDOW_SECONDS, seconds, SLICE_LIT("")};
		return;
	}
	size_t mark = parser_enter(ps, SLICE_LIT("window"));
	parser_refuse(ps,
		      "'window' must be second, minute, hour, day, week, month or a number of "
		      "seconds up to %d",
		      WINDOW_MAX_S);
	parser_leave(ps, mark);
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
		parser_refuse(ps, "'scope' must be grant, session or server");
	else if (scopes[i].scope == SCOPE_NONE)
		parser_refuse(ps, "scope '%s' is not supported by this version", scopes[i].name);
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

static void parse_algorithm(struct parser *ps, const struct json *v)
{
	struct slice name = SLICE_LIT("fixed");
	if (!parser_text(ps, v, "algorithm", &name) || slice_is(name, "fixed"))
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("algorithm"));
	if (slice_is(name, "sliding"))
		parser_refuse(ps, "algorithm 'sliding' is not supported by this version");
	else
		parser_refuse(ps, "'algorithm' must be fixed");
	parser_leave(ps, mark);
}

/* Two counters with one name and window would stand under one rule. */
static bool is_twice(const struct limit *limits, size_t n, const struct limit *l)
{
	for (size_t i = 0; i < n; i++)
		if (slice_eq(limits[i].counter, l->counter) && limits[i].scope == l->scope &&
		    limits[i].window.kind == l->window.kind &&
		    limits[i].window.seconds == l->window.seconds)
			return true;
	return false;
}

static void parse_limit(struct parser *ps, const struct json *v, struct limit *out)
{
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
	if (!json_gets(v, "concurrent"))
		parse_window(ps, v, &out->window);
	parse_amount(ps, v, "max", false, &out->max);
	parse_scope(ps, v, &out->scope);
	parse_increment(ps, v, out);
	parse_algorithm(ps, v);
	parser_message(ps, v, "on_deny", &out->on_deny);
}

static struct slice rate_counter(struct parser *ps, const struct rules *r)
{
	struct slice name = r->is_all_tools ? SLICE_LIT("all_tools") : r->name;
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
		parse_window(ps, v, &out->window);
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

static void parse_limits(struct parser *ps, const struct json *v, struct rules *out)
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

static void parse_action(struct parser *ps, const struct json *v, enum action *out)
{
	struct slice name = SLICE_LIT("allow");
	if (!parser_text(ps, v, "action", &name) || slice_is(name, "allow"))
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("action"));
	if (slice_is(name, "deny"))
		*out = ACTION_DENY;
	else if (slice_is(name, "hide"))
		*out = ACTION_HIDE;
	else if (slice_is(name, "require_approval"))
		parser_refuse(ps, "action 'require_approval' is not supported by this version");
	else
		parser_refuse(ps, "'action' must be allow, deny or hide");
	parser_leave(ps, mark);
}

static void parse_validate(struct parser *ps, const struct json *v, struct rules *out)
{
	static const char *const names[] = {"schema", "strict",
					    "off"}; /* by enum policy_validate */
	struct slice name = {0};
	out->has_validate = json_gets(v, "validate") != NULL;
	if (!parser_text(ps, v, "validate", &name) || !out->has_validate)
		return;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (slice_is(name, names[i])) {
			out->validate = (enum policy_validate)i;
			return;
		}
	size_t mark = parser_enter(ps, SLICE_LIT("validate"));
	parser_refuse(ps, "'validate' must be schema, strict or off");
	parser_leave(ps, mark);
}

void parse_rules(struct parser *ps, const struct json *v, struct rules *out)
{
	uint64_t timeout = 0;
	ps->place_first = ps->place_n = out->is_all_tools ? PATH_PLACES / 2 : 0;
	if (!parser_check_keys(ps, v, rules_keys, ARRAY_LEN(rules_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return;
	parse_action(ps, v, &out->action);
	parser_message(ps, v, "reason", &out->reason);
	parse_groups(ps, v, "require", &out->require);
	parse_groups(ps, v, "deny_if", &out->deny_if);
	parse_limits(ps, v, out);
	parse_validate(ps, v, out);
	parser_count(ps, v, "timeout_ms", 86400000, &timeout);
	out->timeout_ms = (uint32_t)timeout;
	parser_count(ps, v, "max_result_bytes", (uint64_t)1 << 40, &out->max_result_bytes);
}
