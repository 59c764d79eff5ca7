/* The rules of a tool, of a class or of all tools: groups, approvals, the author's schema. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

static const char *const rules_keys[] = {
	"action", "reason", "require", "deny_if", "limits", "rate_limit", "validate",
	"timeout_ms", "max_result_bytes", "approve_if", "schema", "expires", "quorum", "hold",
};

static const char *const group_keys[] = {"conditions", "on_deny", "any"};

void parse_conditions(struct parser *ps, const struct json *list, struct group *out)
{
	size_t i = 0;
	if (json_count(list) > LIMIT_POLICY_CONDITIONS) {
		parser_refuse(ps, "a group has more than %d conditions", LIMIT_POLICY_CONDITIONS);
		return;
	}
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
}

static void parse_group(struct parser *ps, const struct json *v, struct group *out)
{
	if (!parser_check_keys(ps, v, group_keys, ARRAY_LEN(group_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return;
	const struct json *list = json_gets(v, "conditions");
	parser_message(ps, v, "on_deny", &out->on_deny);
	parser_bool(ps, v, "any", &out->is_any);
	if (json_is(list, JSON_ARRAY))
		parse_conditions(ps, list, out);
	else
		parser_refuse(
			ps, "a group must have 'conditions', a list; an empty one always holds");
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
		*out = ACTION_APPROVE;
	else
		parser_refuse(ps, "'action' must be allow, deny, hide or require_approval");
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

/* "50s", "30m", "2h", "7d": seconds. */
static bool read_duration(struct slice s, uint64_t *out)
{
	static const struct {
		char unit;
		unsigned seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	unsigned long long n;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (s.n > 1 && s.n < 10 && s.p[s.n - 1] == units[i].unit &&
		    slice_u64(slice_of(s.p, s.n - 1), &n)) {
			*out = n * units[i].seconds;
			return true;
		}
	return false;
}

static void parse_duration(struct parser *ps, const struct json *object, const char *key,
			   uint32_t min, uint32_t max, uint32_t *out)
{
	const struct json *v = json_gets(object, key);
	uint64_t seconds = 0;
	if (!v)
		return;
	size_t mark = parser_enter(ps, slice_str(key));
	if (!json_is(v, JSON_STRING) || !read_duration(json_string(v), &seconds) || seconds < min ||
	    seconds > max)
		parser_refuse(ps,
			      "'%s' must be a time such as \"50s\", \"30m\", \"2h\" or \"7d\", "
			      "from %us to %us",
			      key, min, max);
	else
		*out = (uint32_t)seconds;
	parser_leave(ps, mark);
}

void parse_ask(struct parser *ps, const struct json *v, struct policy_ask *out)
{
	uint64_t quorum = out->quorum;
	parse_duration(ps, v, "expires", 1, LIMIT_APPROVAL_EXPIRES_S, &out->expires_s);
	parse_duration(ps, v, "hold", 0, LIMIT_APPROVAL_HOLD_S, &out->hold_s);
	parser_count(ps, v, "quorum", LIMIT_APPROVAL_QUORUM, &quorum);
	out->quorum = (uint32_t)quorum;
}

/* How a person is asked means nothing where nobody is. */
static void parse_rules_ask(struct parser *ps, const struct json *v, struct rules *out)
{
	static const char *const keys[] = {"expires", "hold", "quorum"};
	out->ask = ps->policy->ask;
	parse_ask(ps, v, &out->ask);
	if (out->action == ACTION_APPROVE || json_gets(v, "approve_if"))
		return;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (json_gets(v, keys[i]))
			parser_refuse_key(ps, slice_str(keys[i]),
					  "'%s' is for \"action\": \"require_approval\" and for "
					  "'approve_if', and here is neither",
					  keys[i]);
}

static void parse_schema(struct parser *ps, const struct json *v, struct rules *out)
{
	const struct schema_opts opts = {.check_format = true};
	const struct json *definition = json_gets(v, "schema");
	struct policy *p = ps->policy;
	struct err e = {0};
	if (!definition)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("schema"));
	struct schema *s = schema_new(definition, &opts, &e);
	if (!s)
		parser_refuse(ps, "%s", e.text);
	parser_leave(ps, mark);
	if (!s)
		return;
	if (p->schema_n == p->schema_cap) {
		p->schema_cap = p->schema_cap ? p->schema_cap * 2 : 4;
		p->schemas = mem_realloc(p->schemas, p->schema_cap * sizeof *p->schemas);
	}
	out->schema = p->schemas[p->schema_n++] = s;
}

void parse_rules(struct parser *ps, const struct json *v, struct rules *out)
{
	uint64_t timeout = 0;
	ps->place_first = ps->place_n = out->kind == RULES_ALL ? PATH_PLACES / 2 : 0;
	if (!parser_check_keys(ps, v, rules_keys, ARRAY_LEN(rules_keys)) &&
	    !json_is(v, JSON_OBJECT))
		return;
	parse_action(ps, v, &out->action);
	parser_message(ps, v, "reason", &out->reason);
	parse_rules_ask(ps, v, out);
	parse_groups(ps, v, "require", &out->require);
	parse_groups(ps, v, "deny_if", &out->deny_if);
	parse_groups(ps, v, "approve_if", &out->approve_if);
	parse_schema(ps, v, out);
	parse_limits(ps, v, out);
	parse_validate(ps, v, out);
	parser_count(ps, v, "timeout_ms", 86400000, &timeout);
	out->timeout_ms = (uint32_t)timeout;
	parser_count(ps, v, "max_result_bytes", (uint64_t)1 << 40, &out->max_result_bytes);
}
