/*
 * Decides calls from files, with no server running: what `gatehouse policy decide`,
 * `check` and `explain` print. Tools and counters are those it is given and keeps itself.
 */
#ifndef GATE_JUDGE_H
#define GATE_JUDGE_H
#include "policy/policy.h"

struct judge;

/*
 * tools: a tools/list result ({"tools": […]}, or the JSON-RPC answer around it), an array
 * of tool definitions, or one definition or bare name a line. The arguments of a tool that
 * has only a name are not validated. tools.p NULL: none are known. A call to a tool that is
 * not known is refused where it would have to be validated. Beside what MCP has, a definition may
 * have "class", "severity" and "labels", which go before what the catalogue finds of it; of a name alone it finds nothing. NULL and *e when the tools cannot
 * be read or the policy does not load; problems says why it does not, and holds its
 * warnings when it does. Free problems with policy_problems_release in both cases.
 */
struct judge *judge_new(struct slice policy, struct slice tools, struct policy_problems *problems,
			struct err *e) MUST_CHECK;
void judge_free(struct judge **j);

/*
 * line: {"tool": "x", "arguments": {…}, "session": "s", "at": "2026-01-01T00:00:00Z"};
 * arguments, session and at may be left out, at then is now_us; "grant" may name one, "subject",
 * "client" and "client_ip" say who calls, "tags" is the list of the grant's. Appends one line with its end:
 * {"decision":"allow"|"deny"|"approve","rule":"…","message":"…","pointer":"…","allowed":"…","shadow":true},
 * the last three where there is something to say. A line that is no such
 * object is refused as the gate refuses it: decision "deny", rule "(invalid call)".
 * Counters run over the lines, and so does the past of each session, or of each grant where no
 * session is named: a call that is allowed counts as one whose result was delivered, and
 * "result", a text or any JSON (also an MCP result), is what it said. "delivered": true says so
 * of a call that was not allowed (a person said yes), false denies it of one that was. What the
 * policy's `results` withhold or take out was not delivered.
 */
void judge_line(struct judge *j, struct slice line, int64_t now_us, struct buf *out);

/*
 * One call, rule by rule, as {"decision","rule","pointer","message","step","steps":[{"pointer",
 * "rule","saw","says","refuses"}…]} and a line end; step: which of the steps decided, from 0; absent when
 * none did. Takes nothing from the counters. False and *e when the line is not a call.
 */
bool judge_explain(struct judge *j, struct slice line, int64_t now_us, struct buf *out,
		   struct err *e) MUST_CHECK;

/* Each tool that was given, in order: its definition, or the string that is its name. */
void judge_each_tool(const struct judge *j,
		     void (*on_tool)(void *ctx, struct slice name, const struct json *definition), void *ctx);
/* What the policy says of each tool that was given before any arguments are known (policy_word). */
struct judged_tool {
	struct slice name, tool_class, severity; /* empty: not known */
	const struct policy_decision *decision;
};
void judge_each_decision(const struct judge *j, int64_t now_us, void (*on_tool)(void *ctx, const struct judged_tool *t),
			 void *ctx);
/* Calls on_tool for each tool that was given and that `default` alone decides. */
void judge_each_unnamed(const struct judge *j, void (*on_tool)(void *ctx, struct slice tool), void *ctx);
/* Adds the warnings of policy_check, for the tools that were given, if any were. */
void judge_check(const struct judge *j, struct policy_problems *problems);

#endif
