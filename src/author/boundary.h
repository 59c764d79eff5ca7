/*
 * Calls at the boundaries of policies: for each condition on an argument a value on either side, the
 * argument left out, and all of that around calls that a policy lets through. They find what two
 * documents decide differently, without anybody having to think of the call.
 */
#ifndef AUTHOR_BOUNDARY_H
#define AUTHOR_BOUNDARY_H
#include "gate/judge.h"
#include "json/json.h"

struct boundary_opts {
	const struct json *documents[2]; /* policies that load */
	struct judge *judges[2];	 /* of the same */
	struct slice name;		 /* of the tool */
	const struct json *tool;	 /* its definition, or its name alone */
	struct arena *arena;
	/* The call, as a line of judge_line, and its arguments. */
	void (*on_call)(void *ctx, struct slice line, struct slice arguments);
	void *ctx;
};

/* At most LIMIT_BOUNDARY_CALLS, each once. */
void boundary_each(const struct boundary_opts *o);

#endif
