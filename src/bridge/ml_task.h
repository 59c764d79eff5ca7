/*
 * Tasks of legacy servers (2025-11-25, basic/utilities/tasks) for clients of the tasks extension:
 * a tool that runs as a task only is called so; what the task asks its client stands in the
 * answer to tasks/get, and tasks/update brings the answers. Not for other folders.
 */
#ifndef BRIDGE_ML_TASK_H
#define BRIDGE_ML_TASK_H
#include "bridge/errand.h"

/* tasks/… of a modern client. */
void ml_task_begin(struct crossing *x, const struct json *params);
/* Which tools run as a task only (Tool-Level Negotiation): from a tools/list of the server. */
void ml_task_learn(struct behind *s, const struct json *list);
/* Does this tools/call run as a task only? */
bool ml_task_is_demanded(const struct crossing *x, const struct json *params);
/* Did the server refuse a tools/call because it is no task? */
bool ml_task_is_refusal(const struct held *h, struct slice method, const struct json *error);
bool ml_task_has_tasks(const struct held *h); /* the server's capability */
/* The error for a client that has not declared the extension: a whole message. */
void ml_task_write_lacking(struct buf *b);
/* The server made this task: it is known, and its session is kept, for as long as it may be used. */
void ml_task_made(struct held *h, const char *grant_id, const struct json *task);
/* A request of the server: true when it belongs to a task and was dealt with. */
bool ml_task_hear(struct held *h, const struct mcp_message *m);
void ml_task_forget(struct behind *s);
void ml_task_release(struct bridge *b);

#endif
