/*
 * Tasks: of the core in 2025-11-25 (basic/utilities/tasks), where the client asks for one and
 * fetches its result by tasks/result; an extension for 2026-07-28 (io.modelcontextprotocol/tasks,
 * SEP-2663), where the server decides and tasks/get carries result, error or the input it needs.
 */
#ifndef MCP_TASK_H
#define MCP_TASK_H
#include "mcp/translate.h"

enum mcp_task_status {
	MCP_TASK_NONE = 0, /* no task, or a status that neither revision has */
	MCP_TASK_WORKING,
	MCP_TASK_INPUT_REQUIRED,
	MCP_TASK_COMPLETED,
	MCP_TASK_FAILED,
	MCP_TASK_CANCELLED,
};
enum mcp_task_status mcp_task_status_of(const struct json *task); /* of either era */

/* How a legacy task ended, or what it waits for: JSON texts, empty what is not so. */
struct mcp_outcome {
	struct slice result; /* of tasks/result */
	struct slice error;  /* the error object that tasks/result was answered with */
	struct slice inputs; /* {"key":{"method","params"},…} */
};

/*
 * A legacy Task as a modern DetailedTask: ttl and pollInterval get their new names, and the member
 * that the status demands comes from o (may be NULL). A task is "failed" only with an error: one
 * that has a result is "completed" (a result with isError included, as the extension says), and
 * one that says failed with neither gets an error of its statusMessage. "completed" and
 * "input_required" without what belongs to them print as "working": the client asks again.
 * result_type is "task" for a CreateTaskResult, "complete" for tasks/get, NULL in a notification.
 */
void mcp_task_to_modern(struct buf *b, const struct json *task, const char *result_type,
			const struct mcp_outcome *o);
/* The same without its braces, to stand beside other members. */
void mcp_task_add_modern(struct buf *b, const struct json *task, const char *result_type,
			 const struct mcp_outcome *o);
/* The Task object of 2025-11-25: the answer to tasks/get and tasks/cancel, and params of
 * notifications/tasks/status. What only the modern one carries goes. */
void mcp_task_to_legacy(struct buf *b, const struct json *task);
void mcp_task_add_legacy(struct buf *b, const struct json *task);

#endif
