/* The value of sql_only: kinds of statements, and what else may be called. */
#include "base/nearest.h"
#include "policy/parse.h"
#include "policy/sql.h"

#define SHOWN(s) SLICE_ARG(slice_of((s).p, (s).n > 60 ? 60 : (s).n))

static const char *const other_dialects[] = {
	"mysql", "mariadb", "sqlite", "tsql", "mssql", "oracle", "bigquery", "snowflake", "duckdb",
	"clickhouse",
};

static bool check_dialect(struct parser *ps, struct slice name)
{
	static const char *const known[] = {"postgresql"};
	if (slice_is(name, "postgresql"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(other_dialects); i++)
		if (slice_is(name, other_dialects[i]))
			return parser_refuse(ps, "no parser for '%s' is built in, only one for "
						 "'postgresql'", other_dialects[i]);
	const char *near = nearest_name(name, known, 1);
	return parser_refuse(ps, "unknown dialect '%.*s'%s", SHOWN(name),
			     near ? " (did you mean 'postgresql'?)" : "; there is 'postgresql'");
}

bool parse_dialect(struct parser *ps, const struct json *object)
{
	struct slice name = {0};
	if (!json_gets(object, "dialect"))
		return true;
	if (!parser_text(ps, object, "dialect", &name))
		return false;
	size_t mark = parser_enter(ps, SLICE_LIT("dialect"));
	bool is_good = check_dialect(ps, name);
	parser_leave(ps, mark);
	return is_good;
}

static bool parse_kind(struct parser *ps, const struct json *v, struct sql_rule *out)
{
	const char *known[32];
	size_t n = 0;
	struct slice word = json_string(v);
	uint32_t kind = sql_kind_of_word(word);
	out->kinds |= kind;
	if (kind)
		return true;
	for (; n < ARRAY_LEN(known) && sql_kind_word(n); n++)
		known[n] = sql_kind_word(n);
	if (!json_is(v, JSON_STRING))
		return parser_refuse(ps, "must be a kind of statement such as 'select'");
	const char *near = nearest_name(word, known, n);
	if (near)
		return parser_refuse(ps, "unknown kind of statement '%.*s' (did you mean '%s'?)",
				     SHOWN(word), near);
	return parser_refuse(ps, "unknown kind of statement '%.*s'", SHOWN(word));
}

static bool parse_kinds(struct parser *ps, const struct json *v, struct sql_rule *out)
{
	size_t i = 0;
	bool is_good = true;
	if (json_is(v, JSON_STRING))
		return parse_kind(ps, v, out);
	if (!json_is(v, JSON_ARRAY) || !json_count(v))
		return parser_refuse(ps, "'sql_only' wants a kind of statement such as 'select', or a "
					 "list of kinds that is not empty");
	for (struct json_iter it = json_iter(v); json_next(&it); i++) {
		size_t mark = parser_enter_at(ps, i);
		is_good = parse_kind(ps, it.value, out) && is_good;
		parser_leave(ps, mark);
	}
	return is_good;
}

bool parse_sql(struct parser *ps, const struct json *v, struct operand *out)
{
	static const char *const keys[] = {"kinds", "functions", "dialect"};
	struct sql_rule *rule = parser_take(ps, 1, sizeof *rule);
	struct names functions = {0};
	out->sql = rule;
	if (!json_is(v, JSON_OBJECT))
		return parse_kinds(ps, v, rule);
	bool is_good = parser_check_keys(ps, v, keys, ARRAY_LEN(keys));
	if (!json_gets(v, "kinds"))
		return parser_refuse(ps, "'sql_only' wants the 'kinds' of statements");
	size_t mark = parser_enter(ps, SLICE_LIT("kinds"));
	is_good = parse_kinds(ps, json_gets(v, "kinds"), rule) && is_good;
	parser_leave(ps, mark);
	is_good = parser_names(ps, v, "functions", &functions) && is_good;
	rule->functions = functions.v;
	rule->function_n = functions.n;
	return parse_dialect(ps, v) && is_good;
}
