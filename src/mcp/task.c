/* Tasks of both eras: the same states, other names, and results that stand elsewhere. */
#include "mcp/task.h"
#include "base/compiler.h"
#include "mcp/inside.h"

static const char *const statuses[] = {
	[MCP_TASK_NONE] = "",
	[MCP_TASK_WORKING] = "working",
	[MCP_TASK_INPUT_REQUIRED] = "input_required",
	[MCP_TASK_COMPLETED] = "completed",
	[MCP_TASK_FAILED] = "failed",
	[MCP_TASK_CANCELLED] = "cancelled",
};

enum mcp_task_status mcp_task_status_of(const struct json *task)
{
	struct slice status = json_string(json_gets(task, "status"));
	for (size_t i = 1; i < ARRAY_LEN(statuses); i++)
		if (slice_is(status, statuses[i]))
			return (enum mcp_task_status)i;
	return MCP_TASK_NONE;
}

/* What both eras call the same. */
static void add_common(struct buf *b, const struct json *task, enum mcp_task_status status)
{
	static const char *const same[] = { "statusMessage", "createdAt", "lastUpdatedAt" };
	add_string(b, "taskId", json_string(json_gets(task, "taskId")));
	add_string(b, "status", slice_str(statuses[status]));
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (json_gets(task, same[i]))
			add_value(b, slice_str(same[i]), json_gets(task, same[i]));
}

/* Whole milliseconds; null where the era has it and the other side said none. */
static void add_times(struct buf *b, const struct json *ttl, const char *ttl_name, const struct json *poll,
		      const char *poll_name)
{
	int64_t ms;
	if (json_int64(ttl, &ms) && ms >= 0)
		add_value(b, slice_str(ttl_name), ttl);
	else
		add_text(b, ttl_name, SLICE_LIT("null"));
	if (json_int64(poll, &ms) && ms >= 0)
		add_value(b, slice_str(poll_name), poll);
}

static enum mcp_task_status modern_status(enum mcp_task_status status, const struct mcp_outcome *o)
{
	switch (status) {
	case MCP_TASK_COMPLETED:
	case MCP_TASK_FAILED:
		if (o->result.n)
			return MCP_TASK_COMPLETED;
		return status == MCP_TASK_FAILED || o->error.n ? MCP_TASK_FAILED : MCP_TASK_WORKING;
	case MCP_TASK_INPUT_REQUIRED: return o->inputs.n ? status : MCP_TASK_WORKING;
	case MCP_TASK_NONE:
	case MCP_TASK_WORKING: return MCP_TASK_WORKING;
	case MCP_TASK_CANCELLED: break;
	}
	return status;
}

static void add_failure(struct buf *b, const struct json *task, const struct mcp_outcome *o)
{
	struct slice why = json_string(json_gets(task, "statusMessage"));
	if (o->error.n) {
		add_text(b, "error", o->error);
		return;
	}
	add_key(b, SLICE_LIT("error"));
	buf_addf(b, "{\"code\":%d", MCP_INTERNAL_ERROR);
	add_string(b, "message", why.n ? why : SLICE_LIT("the task failed"));
	buf_addc(b, '}');
}

void mcp_task_add_modern(struct buf *b, const struct json *task, const char *result_type,
			 const struct mcp_outcome *outcome)
{
	static const struct mcp_outcome none = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	const struct mcp_outcome *o = outcome ? outcome : &none;
	bool is_seed = result_type && strcmp(result_type, "task") == 0;
	/* The handle carries a status and nothing more (ext-tasks, CreateTaskResult). */
	enum mcp_task_status status = is_seed ? mcp_task_status_of(task) : modern_status(mcp_task_status_of(task), o);
	if (result_type)
		add_string(b, "resultType", slice_str(result_type));
	add_common(b, task, status ? status : MCP_TASK_WORKING);
	add_times(b, json_gets(task, "ttl"), "ttlMs", json_gets(task, "pollInterval"), "pollIntervalMs");
	if (is_seed)
		return;
	if (status == MCP_TASK_COMPLETED)
		add_text(b, "result", o->result);
	else if (status == MCP_TASK_FAILED)
		add_failure(b, task, o);
	else if (status == MCP_TASK_INPUT_REQUIRED)
		add_text(b, "inputRequests", o->inputs);
}

void mcp_task_to_modern(struct buf *b, const struct json *task, const char *result_type,
			const struct mcp_outcome *o)
{
	buf_addc(b, '{');
	mcp_task_add_modern(b, task, result_type, o);
	buf_addc(b, '}');
}

void mcp_task_add_legacy(struct buf *b, const struct json *task)
{
	enum mcp_task_status status = mcp_task_status_of(task);
	add_common(b, task, status ? status : MCP_TASK_WORKING);
	add_times(b, json_gets(task, "ttlMs"), "ttl", json_gets(task, "pollIntervalMs"), "pollInterval");
}

void mcp_task_to_legacy(struct buf *b, const struct json *task)
{
	buf_addc(b, '{');
	mcp_task_add_legacy(b, task);
	buf_addc(b, '}');
}
