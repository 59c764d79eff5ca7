/* Which calls two policies decide differently: calls that are given, or made up at their boundaries. */
#ifndef AUTHOR_COMPARE_H
#define AUTHOR_COMPARE_H
#include "gate/judge.h"
#include "json/json.h"

struct compared_call {
	const char *tool, *call; /* the name; the arguments, or the whole line that was given */
	const char *from, *from_rule, *to, *to_rule; /* decisions: "allow", "deny", "approve" */
};

struct compared_tool {
	const char *name;
	size_t tried, different;
};

/* In the arena. */
struct comparison {
	struct compared_tool *tools;
	size_t tool_n, tried, different;
	struct compared_call *calls; /* the first LIMIT_COMPARED_CALLS that differ */
	size_t call_n;
};

struct compare_opts {
	struct slice documents[2]; /* policies that load */
	struct slice tools;	   /* as judge_new takes them; p NULL: the names in the documents */
	struct slice calls;	   /* lines of judge_line, which then count; p NULL: made up, and nothing counts */
	int64_t now_us;		   /* of lines that name no time */
	struct arena *arena;
};

bool compare_policies(const struct compare_opts *o, struct comparison *out, struct err *e) MUST_CHECK;
/* Members of an object: "tools":[{"name","tried","different"}…],"calls":[{"tool","call","from","from_rule","to",
 * "to_rule"}…],"tried","different". */
void comparison_write_json(struct buf *b, const struct comparison *m);

#endif
