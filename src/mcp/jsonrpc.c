/* Checks and builds JSON-RPC messages. An id is bytes, not a number. */
#include "mcp/jsonrpc.h"
#include "base/limits.h"

enum member { MEMBER_JSONRPC = 0, MEMBER_ID, MEMBER_METHOD, MEMBER_PARAMS, MEMBER_RESULT, MEMBER_ERROR, MEMBERS };

/* False when a member differs from one of ours only in case. */
static bool find_members(const struct json *root, const struct json *v[MEMBERS])
{
	static const struct slice names[MEMBERS] = {
		{ "jsonrpc", 7 }, { "id", 2 }, { "method", 6 }, { "params", 6 }, { "result", 6 }, { "error", 5 },
	};
	bool has_twin = false;
	for (struct json_iter it = json_iter(root); json_next(&it);) {
		for (size_t i = 0; i < MEMBERS; i++) {
			if (slice_eq(it.key, names[i]))
				v[i] = it.value;
			else
				has_twin |= slice_ieq(it.key, names[i]);
		}
	}
	return !has_twin;
}

static bool check_id(const struct json *id, struct err *e)
{
	enum json_type t = json_type(id);
	int64_t ignored;
	if (t == JSON_STRING && json_string(id).n <= LIMIT_RPC_ID)
		return true;
	if (t == JSON_NUMBER && json_int64(id, &ignored))
		return true;
	return err_set(e, ERR_INPUT, "'id' must be a string of at most %d bytes or an integer", LIMIT_RPC_ID);
}

static bool check_answer(struct mcp_message *m, struct err *e)
{
	if (!m->result == !m->error)
		return err_set(e, ERR_INPUT, "neither a method nor exactly one of 'result' and 'error'");
	if (m->error) {
		int64_t code;
		if (!json_is(m->error, JSON_OBJECT) || !json_int64(json_gets(m->error, "code"), &code))
			return err_set(e, ERR_INPUT, "'error' must be an object with an integer 'code'");
		if (json_is(m->id, JSON_NULL))
			m->id = NULL;
		m->kind = MCP_ERROR;
		return !m->id || check_id(m->id, e);
	}
	if (!json_is(m->result, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'result' must be an object");
	m->kind = MCP_RESULT;
	return check_id(m->id, e);
}

bool mcp_message_read(const struct json *root, struct mcp_message *m, struct err *e)
{
	*m = (struct mcp_message){ .root = root };
	if (!json_is(root, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "a message must be a JSON object");
	const struct json *v[MEMBERS] = { 0 };
	bool has_twin = !find_members(root, v);
	m->id = v[MEMBER_ID];
	if (!slice_is(json_string(v[MEMBER_JSONRPC]), "2.0"))
		return err_set(e, ERR_INPUT, "'jsonrpc' must be \"2.0\"");
	if (has_twin)
		return err_set(e, ERR_INPUT, "a member differs from a JSON-RPC member only in case");
	m->params = v[MEMBER_PARAMS];
	m->result = v[MEMBER_RESULT];
	m->error = v[MEMBER_ERROR];
	const struct json *method = v[MEMBER_METHOD];
	if (!method)
		return check_answer(m, e);
	m->method = json_string(method);
	if (!json_is(method, JSON_STRING) || !m->method.n || m->method.n > LIMIT_RPC_METHOD)
		return err_set(e, ERR_INPUT, "'method' must be a string of 1 to %d bytes", LIMIT_RPC_METHOD);
	if (m->result || m->error)
		return err_set(e, ERR_INPUT, "a message has both a method and an answer");
	if (m->params && !json_is(m->params, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "'params' must be an object");
	if (m->id && !check_id(m->id, e))
		return false;
	m->kind = m->id ? MCP_REQUEST : MCP_NOTIFICATION;
	return true;
}

static void begin(struct buf *b, struct slice id)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\"");
	if (id.n) {
		buf_adds(b, ",\"id\":");
		buf_add_slice(b, id);
	}
}

void mcp_write_request(struct buf *b, struct slice id, struct slice method, struct slice params)
{
	begin(b, id);
	buf_adds(b, ",\"method\":");
	buf_add_json_string(b, method);
	if (params.n) {
		buf_adds(b, ",\"params\":");
		buf_add_slice(b, params);
	}
	buf_addc(b, '}');
}

void mcp_write_result(struct buf *b, struct slice id, struct slice result)
{
	begin(b, id);
	buf_adds(b, ",\"result\":");
	buf_add_slice(b, result);
	buf_addc(b, '}');
}

void mcp_write_error(struct buf *b, struct slice id, int code, const char *text, struct slice data)
{
	begin(b, id.n ? id : SLICE_LIT("null"));
	buf_addf(b, ",\"error\":{\"code\":%d,\"message\":", code);
	buf_add_json_string(b, slice_str(text));
	if (data.n) {
		buf_adds(b, ",\"data\":");
		buf_add_slice(b, data);
	}
	buf_adds(b, "}}");
}

void mcp_write_with_id(struct buf *b, const struct mcp_message *m, struct slice id)
{
	json_write_with(b, m->root, SLICE_LIT("id"), id);
}
