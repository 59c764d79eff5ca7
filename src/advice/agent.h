/* The tools of the gate's own server: each reads its arguments, and writes its structured content or an
 * error that says what to do. */
#ifndef ADVICE_AGENT_H
#define ADVICE_AGENT_H
#include "advice/advice.h"

typedef bool agent_fn(const struct advice *a, const struct json *arguments, struct arena *arena, struct buf *b, struct err *e);
agent_fn agent_check_server, agent_check_tool, agent_search_tools, agent_recommend_policy;

struct agent_tool {
	const char *name, *title, *description;
	const char *input, *output; /* JSON Schemas */
	agent_fn *answer;
};
extern const struct agent_tool agent_tools[];
extern const size_t agent_tool_count;

#endif
