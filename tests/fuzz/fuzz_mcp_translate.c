/*
 * One value as whatever may be translated between the eras: what comes out is JSON that our own
 * reader takes (no key twice), without what the other era does not know.
 */
#include "base/check.h"
#include "base/limits.h"
#include "mcp/input.h"
#include "mcp/listen.h"
#include "mcp/task.h"
#include "mcp/trace.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const methods[] = { "tools/call", "tools/list",   "prompts/get", "resources/read",
				       "tasks/get",  "tasks/cancel", "roots/list" };
static const enum mcp_version versions[] = { MCP_2024_11_05, MCP_2025_03_26, MCP_2025_06_18, MCP_2025_11_25 };

/* Reads what was printed, and empties the buffer. NULL when our own wrapping made it too deep or too large. */
static const struct json *read_back(struct buf *b, struct arena *a)
{
	struct err e = { 0 };
	BUG_ON(!buf_ok(b));
	const struct json *v = json_read(buf_slice(b), a, &e);
	BUG_ON(!v && e.kind != ERR_LIMIT && !strstr(e.text, "deep") && !strstr(e.text, "keys"));
	BUG_ON(v && !json_is(v, JSON_OBJECT));
	buf_clear(b);
	return v;
}

static void check_results(struct buf *b, const struct json *v, struct slice method, struct arena *a)
{
	mcp_result_to_modern(b, method, v, SLICE_LIT("{\"name\":\"s\",\"version\":\"1\"}"));
	const struct json *modern = read_back(b, a);
	BUG_ON(modern && !json_is(json_gets(modern, "resultType"), JSON_STRING));
	BUG_ON(modern && mcp_is_cacheable(method) && !json_gets(modern, "ttlMs"));
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		mcp_result_to_legacy(b, method, v, versions[i]);
		const struct json *legacy = read_back(b, a);
		BUG_ON(legacy && (json_gets(legacy, "resultType") ||
				  json_gets(json_gets(legacy, "_meta"), MCP_META_SERVER_INFO)));
	}
	mcp_error_to_legacy(b, method, v);
	read_back(b, a);
}

static void check_params(struct buf *b, const struct json *v, struct arena *a)
{
	struct mcp_speaker s = { .version = MCP_MODERN_LATEST, .info = SLICE_LIT("{\"name\":\"c\",\"version\":\"1\"}") };
	struct buf retry = BUF_INIT(64u << 20);
	mcp_params_to_modern(b, v, &s);
	mcp_params_retry(&retry, buf_slice(b), SLICE_LIT("{\"k\":{}}"), SLICE_LIT("state"));
	const struct json *modern = read_back(b, a), *again = read_back(&retry, a);
	BUG_ON(again && !slice_is(json_string(json_gets(again, "requestState")), "state"));
	BUG_ON(modern && !slice_is(json_string(json_gets(json_gets(modern, "_meta"), MCP_META_VERSION)), "2026-07-28"));
	mcp_params_to_legacy(b, modern ? modern : v, true);
	const struct json *legacy = read_back(b, a);
	BUG_ON(legacy && (json_gets(json_gets(legacy, "_meta"), MCP_META_VERSION) || json_gets(legacy, "requestState")));
	mcp_trace_stamp(b, v, SLICE_LIT("parent"), SLICE_LIT("a=1"));
	read_back(b, a);
	buf_release(&retry);
}

static void check_capabilities(struct buf *b, const struct json *v, struct arena *a)
{
	mcp_server_caps_to_modern(b, v);
	const struct json *server = read_back(b, a);
	BUG_ON(server && json_gets(server, "tasks"));
	mcp_client_caps_to_modern(b, v);
	read_back(b, a);
	mcp_initialize_to_discover(b, v);
	read_back(b, a);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		mcp_server_caps_to_legacy(b, v, versions[i]);
		read_back(b, a);
		mcp_client_caps_to_legacy(b, v, versions[i]);
		const struct json *client = read_back(b, a);
		BUG_ON(client && versions[i] < MCP_2025_06_18 && json_gets(client, "elicitation"));
		mcp_discover_to_initialize(b, v, versions[i], SLICE_LIT("{\"name\":\"f\",\"version\":\"1\"}"));
		read_back(b, a);
	}
}

static void check_input(struct buf *b, const struct json *v, struct arena *a)
{
	struct mcp_input in[LIMIT_OPEN_ASKS];
	struct mcp_retry retry;
	struct mcp_filter filter;
	struct slice state;
	struct err e = { 0 };
	struct buf keys = BUF_INIT(4096);
	size_t n = 0;
	bool is_read = mcp_inputs_read(v, in, LIMIT_OPEN_ASKS, &n, &state, &e) ||
		       mcp_url_error_read(v, &keys, in, LIMIT_OPEN_ASKS, &n, &e);
	for (size_t i = 0; is_read && i < n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(versions); k++)
			if (mcp_input_to_legacy(b, &in[i], versions[k], SLICE_LIT("e"), &e))
				read_back(b, a);
		BUG_ON(b->n);
	}
	BUG_ON(!is_read && !e.text[0]);
	mcp_input_to_modern(b, v);
	read_back(b, a);
	if (mcp_filter_read(v, &filter, &e)) {
		mcp_acknowledged_write(b, &filter, SLICE_LIT("1"));
		read_back(b, a);
	}
	if (mcp_retry_read(v, &retry, &e))
		for (struct json_iter it = json_iter(retry.responses); json_next(&it);)
			if (mcp_response_check(SLICE_LIT("elicitation/create"), it.value, &e))
				mcp_response_to_legacy(b, it.value), read_back(b, a);
	buf_release(&keys);
}

static void check_message(struct buf *b, const struct json *v, struct arena *a)
{
	struct mcp_message m;
	struct err e;
	if (!mcp_message_read(v, &m, &e) || m.kind != MCP_NOTIFICATION)
		return;
	mcp_notification_write(b, &m, SLICE_LIT("\"l\""));
	const struct json *stamped = read_back(b, a);
	const struct json *meta = json_gets(json_gets(stamped, "params"), "_meta");
	BUG_ON(stamped && !slice_is(json_string(json_gets(meta, MCP_META_SUBSCRIPTION)), "l"));
	mcp_notification_write(b, &m, (struct slice){ NULL, 0 });
	read_back(b, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct err e;
	struct buf b = BUF_INIT(64u << 20);
	static const struct mcp_outcome o = { { "{}", 2 }, { "{}", 2 }, { "{}", 2 } };
	arena_init(&a, 256u << 20);
	const struct json *v = json_read(slice_of((const char *)data, size), &a, &e);
	if (v) {
		for (size_t i = 0; i < ARRAY_LEN(methods); i++)
			check_results(&b, v, slice_str(methods[i]), &a);
		check_params(&b, v, &a);
		check_capabilities(&b, v, &a);
		check_input(&b, v, &a);
		check_message(&b, v, &a);
		mcp_error_to_modern(&b, v);
		read_back(&b, &a);
		mcp_task_to_modern(&b, v, "complete", &o);
		read_back(&b, &a);
		mcp_task_to_modern(&b, v, NULL, NULL);
		read_back(&b, &a);
		mcp_task_to_legacy(&b, v);
		read_back(&b, &a);
	}
	buf_release(&b);
	arena_release(&a);
	return 0;
}
