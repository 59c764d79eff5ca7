/* SQL at its limits: long, deep, and words in order. What statements do is in tests/cases/policy/sql.json. */
#include "base/limits.h"
#include "policy/sql.h"
#include "tap.h"

static const struct sql_rule selects = {.kinds = SQL_SELECT};

/* front, then `middle` n times, then `end`. */
static enum holds judge(const char *front, const char *middle, size_t n, const char *end)
{
	struct buf b = BUF_INIT(1 << 24);
	buf_adds(&b, front);
	for (size_t i = 0; i < n; i++)
		buf_adds(&b, middle);
	buf_adds(&b, end);
	enum holds h = sql_judge(buf_slice(&b), &selects);
	buf_release(&b);
	return h;
}

static void test_length(void)
{
	ok(judge("select 1", " ", LIMIT_SQL_BYTES - 8, "") == HOLDS_YES, "the longest SQL");
	ok(judge("select 1", " ", LIMIT_SQL_BYTES - 7, "") == HOLDS_UNSURE, "one character more");
}

/* Two levels of the tree to each, and those around it. */
static void test_depth(void)
{
	size_t deepest = 0;
	for (size_t n = 1; judge("select ", "1+", n, "1") == HOLDS_YES; n++)
		deepest = n;
	ok(deepest > 200 && deepest < LIMIT_SQL_DEPTH / 2, "a chain of %zu operators is read", deepest);
	ok(judge("select ", "1+", deepest + 1, "1") == HOLDS_UNSURE, "and one more is not");
}

static void test_nests(void)
{
	static const char *const parts[][3] = {
		{"select ", "(", "1"},	      {"select ", "1+", "1"},
		{"select ", "- ", "1"},	      {"select ", "not ", "true"},
		{"select ", "case when ", "1"}, {"select ", "array[", "1"},
		{"select ", "lower(", "1"},   {"", "(select ", "1"},
		{"select 1", " union select 1", ""}, {"select 1", "::int", ""},
		{"select 1", " is null", ""}, {"select * from t", " join t on true", ""},
		{"select a", ".a", ""},	      {"select a", "[1]", ""},
		{"with x as (", "with x as (", "select 1"}, {"select * from ", "(select * from ", "t"},
		{"select 1", ",1", ""},	      {"select 1 where true", " and true", ""},
		{"explain ", "explain ", "select 1"}, {"select 1", ";select 1", ""},
		{"/*", "/*", "*/select 1"},   {"select 1", " collate \"C\"", ""},
		{"select 1 in ", "(select 1 in ", "(1)"}, {"create schema s", " create schema s", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		size_t room = LIMIT_SQL_BYTES - strlen(parts[i][0]) - strlen(parts[i][2]);
		judge(parts[i][0], parts[i][1], room / strlen(parts[i][1]), parts[i][2]);
		judge(parts[i][0], parts[i][1], 100000, parts[i][2]);
		ok(true, "'%s' as often as it fits, and 100,000 times", parts[i][1]);
	}
	ok(judge("select ", "(", 100000, "1") == HOLDS_UNSURE, "100,000 parentheses do not hold");
}

int main(void)
{
	ok(sql_words_are_sorted(), "the words are in order");
	test_length();
	test_depth();
	test_nests();
	return tap_done();
}
