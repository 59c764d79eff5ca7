/*
 * A walk over the parse tree. Every statement counts, wherever it stands: in WITH, in a
 * cursor, a prepared statement, a view. Functions must be known to be harmless.
 */
#include "policy/sql.h"
#include "base/check.h"
#include "base/limits.h"
#include <pg_query.h>

struct walk {
	const struct sql_rule *rule;
	bool is_bad, is_deep;
};

static void note(struct walk *w, uint32_t kinds)
{
	w->is_bad = w->is_bad || (kinds & ~w->rule->kinds);
}

/* A part of a name: {"String": {"sval": "x"}}, with "str" in place of "sval" before PostgreSQL 15. */
static struct slice name_part(const struct json *names, size_t i)
{
	const struct json *s = json_gets(json_at(names, i), "String");
	const struct json *text = json_gets(s, "sval");
	return json_string(text ? text : json_gets(s, "str"));
}

static bool is_named(const struct sql_rule *rule, struct slice schema, struct slice name)
{
	for (size_t i = 0; i < rule->function_n; i++) {
		struct slice f = rule->functions[i];
		if (!schema.n && slice_eq(f, name))
			return true;
		if (schema.n && f.n == schema.n + 1 + name.n && slice_starts(f, schema) &&
		    f.p[schema.n] == '.' && slice_ends(f, name))
			return true;
	}
	return false;
}

/* A name without a schema is taken for the builtin of that name: who could put another in front of
 * it could do worse. */
static void check_function(struct walk *w, const struct json *names)
{
	size_t n = json_count(names);
	struct slice schema = {0}, name = name_part(names, n ? n - 1 : 0);
	if (n == 2)
		schema = name_part(names, 0);
	bool is_builtin = n == 1 || (n == 2 && slice_is(schema, "pg_catalog"));
	bool is_good = (is_builtin && sql_function_is_harmless(name)) ||
		       ((n == 1 || n == 2) && is_named(w->rule, schema, name));
	if (!is_good)
		note(w, SQL_EXECUTE);
}

/* Operators of other schemas are functions by another name. */
static void check_operator(struct walk *w, const struct json *names)
{
	if (json_is(names, JSON_ARRAY) && json_count(names) > 1 &&
	    !slice_is(name_part(names, 0), "pg_catalog"))
		note(w, SQL_EXECUTE);
}

static void check_copy(struct walk *w, const struct json *v)
{
	if (json_gets(v, "filename") || json_gets(v, "is_program"))
		note(w, SQL_EXECUTE);
	note(w, json_true(json_gets(v, "is_from")) ? SQL_INSERT : SQL_SELECT);
}

/* Options are those of EXPLAIN (ANALYZE off). What is not plainly off counts as on. */
static bool runs_what_it_explains(const struct json *v)
{
	bool runs = false;
	for (struct json_iter it = json_iter(json_gets(v, "options")); json_next(&it);) {
		const struct json *def = json_gets(it.value, "DefElem");
		const struct json *arg = json_gets(def, "arg");
		struct slice off = json_string(json_gets(json_gets(arg, "String"), "sval"));
		if (slice_is(json_string(json_gets(def, "defname")), "analyze"))
			runs = runs || (!slice_is(off, "off") && !slice_is(off, "false"));
	}
	return runs;
}

/* runs: false in EXPLAIN without ANALYZE, where only functions may run (for planning). */
static void look_at_member(struct walk *w, struct slice key, const struct json *v, bool runs)
{
	uint32_t kinds;
	sql_node_kinds(key, &kinds);
	if (runs || (kinds & (SQL_UNKNOWN | SQL_EXPLAIN | SQL_EXECUTE)))
		note(w, kinds);
	if (slice_is(key, "FuncCall") || slice_is(key, "funccall"))
		check_function(w, json_gets(v, "funcname"));
	else if (slice_is(key, "A_Expr"))
		check_operator(w, json_gets(v, "name"));
	else if (slice_is(key, "operName") || slice_is(key, "useOp"))
		check_operator(w, v);
	else if (slice_is(key, "CopyStmt"))
		check_copy(w, v);
	else if (slice_is(key, "intoClause") && runs)
		note(w, SQL_DDL);
	else if (slice_is(key, "lockingClause") && runs)
		note(w, SQL_LOCK);
	else if (slice_is(key, "onConflictClause") && runs &&
		 !slice_is(json_string(json_gets(v, "action")), "ONCONFLICT_NOTHING"))
		note(w, SQL_UPDATE);
}

static void walk(struct walk *w, const struct json *v, bool runs, int left)
{
	if (!json_is(v, JSON_OBJECT) && !json_is(v, JSON_ARRAY))
		return;
	if (left == 0) {
		w->is_deep = true;
		return;
	}
	for (struct json_iter it = json_iter(v); !w->is_bad && json_next(&it);) {
		if (it.is_object)
			look_at_member(w, it.key, it.value, runs);
		bool is_explain = it.is_object && slice_is(it.key, "ExplainStmt");
		walk(w, it.value, runs && (!is_explain || runs_what_it_explains(it.value)), left - 1);
	}
}

static enum holds judge_tree(const char *tree, const struct sql_rule *rule)
{
	struct walk w = {.rule = rule};
	struct arena a;
	struct err e = {0};
	uint32_t ignored;
	arena_init(&a, 64u << 20);
	const struct json *root = json_read_deep(slice_str(tree), LIMIT_SQL_DEPTH, &a, &e);
	const struct json *statements = json_gets(root, "stmts");
	for (struct json_iter it = json_iter(statements); json_next(&it);)
		for (struct json_iter s = json_iter(json_gets(it.value, "stmt")); json_next(&s);)
			if (!sql_node_kinds(s.key, &ignored))
				note(&w, SQL_UNKNOWN);
	walk(&w, statements, true, LIMIT_SQL_DEPTH);
	enum holds h = w.is_bad ? HOLDS_NO : !root || w.is_deep ? HOLDS_UNSURE
			      : json_count(statements)	     ? HOLDS_YES
							     : HOLDS_NO;
	arena_release(&a);
	return h;
}

enum holds sql_judge(struct slice text, const struct sql_rule *rule)
{
	char copy[LIMIT_SQL_BYTES + 1];
	enum holds h = HOLDS_NO;
	if (text.n > LIMIT_SQL_BYTES)
		return HOLDS_UNSURE;
	if (text.n == 0 || memchr(text.p, '\0', text.n))
		return HOLDS_NO;
	/* Servers with standard_conforming_strings off, which SET can do, see another end of
	 * that string. */
	if (memmem(text.p, text.n, "\\'", 2))
		return HOLDS_UNSURE;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	PgQueryParseResult r = pg_query_parse(copy);
	if (!r.error && r.parse_tree)
		h = judge_tree(r.parse_tree, rule);
	pg_query_free_parse_result(r);
	return h;
}

enum holds test_sql_only(const struct operand *o, const struct value *v)
{
	return v->type == JSON_STRING ? sql_judge(v->text, o->sql) : HOLDS_NO;
}
