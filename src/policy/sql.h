/*
 * SQL by PostgreSQL's own parser (libpg_query): what a text would do, statement by statement.
 * The parser keeps its memory per thread and frees it after each text; any thread may call.
 */
#ifndef POLICY_SQL_H
#define POLICY_SQL_H
#include "policy/operator.h"

/* What a statement does, for the value of sql_only. The names are in sql_words.c. */
enum sql_kind {
	SQL_SELECT = 1 << 0,
	SQL_INSERT = 1 << 1,
	SQL_UPDATE = 1 << 2,
	SQL_DELETE = 1 << 3,
	SQL_MERGE = 1 << 4,
	SQL_TRUNCATE = 1 << 5,
	SQL_LOCK = 1 << 6, /* LOCK, SELECT … FOR UPDATE or SHARE */
	SQL_EXPLAIN = 1 << 7,
	SQL_SHOW = 1 << 8,
	SQL_SET = 1 << 9, /* what changes the session: SET, RESET, DISCARD, DEALLOCATE, CLOSE */
	SQL_TRANSACTION = 1 << 10,
	SQL_DDL = 1 << 11,
	SQL_GRANT = 1 << 12, /* roles, privileges, row security */
	SQL_MAINTENANCE = 1 << 13,
	SQL_NOTIFY = 1 << 14,
	SQL_EXECUTE = 1 << 15, /* code and files of the server: with it any function may be called */
	SQL_UNKNOWN = 1 << 16, /* never allowed */
};

struct sql_rule {
	uint32_t kinds;
	const struct slice *functions; /* beside those of sql_words.c: "name" or "schema.name" */
	size_t function_n;
};

/* sql_words.c */
uint32_t sql_kind_of_word(struct slice word); /* 0: none */
const char *sql_kind_word(size_t i);	      /* NULL at the end */
/* What a node of the parse tree does: SQL_UNKNOWN for a statement that is not known, 0 for what is
 * no statement. Both are false. */
bool sql_node_kinds(struct slice name, uint32_t *kinds);
bool sql_function_is_harmless(struct slice name); /* of pg_catalog */
/* For the test that the tables are in order. */
bool sql_words_are_sorted(void);

/* Is all of it allowed? HOLDS_UNSURE: too long or too deep to tell. */
enum holds sql_judge(struct slice text, const struct sql_rule *rule);
enum holds test_sql_only(const struct operand *o, const struct value *v);

#endif
