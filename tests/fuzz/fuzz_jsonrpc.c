/*
 * JSON-RPC messages: one that is taken has the members of its kind, and with another id it
 * is the same kind with the same method and parameters; one that is refused has a reason.
 */
#include "base/check.h"
#include "mcp/jsonrpc.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_kind(const struct mcp_message *m)
{
	bool has_method = json_gets(m->root, "method"), has_id = json_gets(m->root, "id");
	bool is_call = m->kind == MCP_REQUEST || m->kind == MCP_NOTIFICATION;
	BUG_ON(m->kind == MCP_INVALID || is_call != has_method);
	BUG_ON(m->kind != MCP_ERROR && (m->kind == MCP_NOTIFICATION) == has_id); /* an error may lack one */
	BUG_ON((m->kind == MCP_RESULT) != (json_gets(m->root, "result") != NULL));
	BUG_ON((m->kind == MCP_ERROR) != (json_gets(m->root, "error") != NULL));
	BUG_ON(is_call && m->params && !json_is(m->params, JSON_OBJECT));
}

static void check_other_id(const struct mcp_message *m, struct arena *a)
{
	struct mcp_message other;
	struct err e;
	struct buf b = BUF_INIT(32u << 20);
	mcp_write_with_id(&b, m, SLICE_LIT("\"other\""));
	const struct json *root = json_read(buf_slice(&b), a, &e);
	BUG_ON(!root || !mcp_message_read(root, &other, &e));
	BUG_ON(other.kind != m->kind || !slice_eq(other.method, m->method));
	BUG_ON(!slice_is(json_string(other.id), "other"));
	BUG_ON(m->params && !json_equal(m->params, other.params));
	BUG_ON(m->result && !json_equal(m->result, other.result));
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct mcp_message m = { 0 };
	struct err e = { 0 };

	arena_init(&a, 64u << 20);
	const struct json *root = json_read(slice_of((const char *)data, size), &a, &e);
	if (root && mcp_message_read(root, &m, &e)) {
		check_kind(&m);
		if (m.kind != MCP_NOTIFICATION)
			check_other_id(&m, &a);
	} else {
		BUG_ON(e.kind == ERR_NONE || !e.text[0]);
	}
	arena_release(&a);
	return 0;
}
