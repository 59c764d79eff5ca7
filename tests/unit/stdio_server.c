/*
 * A server on stdio that behaves as its first argument says: "normal", and the ways in
 * which servers go wrong. See the table at the end; t_upstream_stdio.c drives it.
 */
#include "json/json.h"
#include "mcp/jsonrpc.h"
#include <signal.h>
#include <unistd.h>

static struct arena memory;
static unsigned long long calls; /* tools/call so far */

static void write_line(struct buf *b)
{
	buf_addc(b, '\n');
	fwrite(b->p, 1, b->n, stdout);
	fflush(stdout);
	buf_release(b);
}

static void say(const char *text)
{
	struct buf b = BUF_INIT(1u << 20);
	buf_adds(&b, text);
	write_line(&b);
}

static struct buf text_of(const struct json *v)
{
	struct buf b = BUF_INIT(1u << 20);
	json_write(&b, v);
	return b;
}

static void answer_with(const struct json *id, const char *result)
{
	struct buf i = text_of(id), b = BUF_INIT(1u << 20);
	mcp_write_result(&b, buf_slice(&i), slice_str(result));
	buf_release(&i);
	write_line(&b);
}

/* The answer tells what arrived: {"pid":…,"calls":…,"params":…}. */
static void answer(const struct json *id, const struct json *params)
{
	struct buf p = text_of(params), r = BUF_INIT(1u << 20);
	buf_addf(&r, "{\"pid\":%d,\"calls\":%llu,\"params\":%s}", (int)getpid(), calls, p.n ? buf_str(&p) : "null");
	answer_with(id, buf_str(&r));
	buf_release(&p);
	buf_release(&r);
}

static void greet(const struct json *id, const char *version)
{
	char r[256];
	snprintf(r, sizeof r, "{\"protocolVersion\":\"%s\",\"capabilities\":{},\"serverInfo\":{\"name\":\"t\",\"version\":\"%d\"}}",
	         version, (int)getpid());
	answer_with(id, r);
}

static void call_crash(const struct mcp_message *m)
{
	(void)m;
	_exit(3);
}

static void call_crash_second(const struct mcp_message *m)
{
	if (calls > 1)
		_exit(3);
	answer(m->id, m->params);
}

static void call_silent(const struct mcp_message *m)
{
	(void)m;
}

static void call_lie(const struct mcp_message *m)
{
	say("{\"jsonrpc\":\"2.0\",\"id\":987654,\"result\":{\"lie\":1}}");
	say("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":{\"lie\":2}}");
	say("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"lie\"}}");
	answer(m->id, m->params);
}

static void call_twice(const struct mcp_message *m)
{
	answer(m->id, m->params);
	answer_with(m->id, "{\"second\":true}");
}

static void call_invalid(const struct mcp_message *m)
{
	struct buf b = BUF_INIT(1024), i = text_of(m->id);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}", buf_str(&i));
	buf_release(&i);
	write_line(&b);
}

static void call_garbage(const struct mcp_message *m)
{
	say("Server started on port 3000");
	say("{\"jsonrpc\":\"2.0\"");
	say("[]");
	say("");
	answer(m->id, m->params);
}

static void call_huge(const struct mcp_message *m)
{
	char line[4096];
	(void)m;
	memset(line, 'x', sizeof line);
	for (int i = 0; i < 512; i++)
		fwrite(line, 1, sizeof line, stdout);
	say("");
}

static void call_flood(const struct mcp_message *m)
{
	for (int i = 0; i < 20000; i++)
		say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":\"x\"}}");
	answer(m->id, m->params);
}

/* "who" in the arguments comes back in the notifications, so that a test sees whose they are. */
static void call_notify(const struct mcp_message *m)
{
	const struct json *meta = json_gets(m->params, "_meta");
	struct buf token = text_of(json_gets(meta, "progressToken"));
	struct buf b = BUF_INIT(4096);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%s,\"progress\":1}}",
	         token.n ? buf_str(&token) : "\"none\"");
	buf_release(&token);
	write_line(&b);
	say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}");
	say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
	answer(m->id, m->params);
}

static char *asked_by; /* id of the call that asked, JSON text */

static void call_ask(const struct mcp_message *m)
{
	struct buf b = text_of(m->id);
	free(asked_by);
	asked_by = strdup(buf_str(&b));
	buf_release(&b);
	say("{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"sampling/createMessage\",\"params\":{\"_meta\":{\"progressToken\":\"st-1\"},\"messages\":[]}}");
	say("{\"jsonrpc\":\"2.0\",\"id\":\"srv-2\",\"method\":\"ping\"}");
}

static void call_ask_and_cancel(const struct mcp_message *m)
{
	call_ask(m);
	say("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"srv-1\"}}");
	answer(m->id, m->params);
}

static void answer_page(const struct mcp_message *m, const char *page)
{
	struct buf i = text_of(m->id), b = BUF_INIT(65536);
	mcp_write_result(&b, buf_slice(&i), slice_str(page));
	buf_release(&i);
	write_line(&b);
}

/* tools/list of two pages. */
static void call_list(const struct mcp_message *m)
{
	bool is_second = slice_is(json_string(json_gets(m->params, "cursor")), "2");
	answer_page(m, is_second ? "{\"tools\":[{\"name\":\"b\",\"outputSchema\":{}}]}"
				 : "{\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"2\"}");
}

static void call_list_endless(const struct mcp_message *m)
{
	answer_page(m, "{\"tools\":[],\"nextCursor\":\"again\"}");
}

static const struct mode {
	const char *name;
	const char *version; /* NULL: silent at the handshake */
	void (*on_call)(const struct mcp_message *m); /* NULL: answers */
	bool ignores_end;
	bool is_deaf;
	bool asks_early;
} modes[] = {
	{ "normal", "2025-06-18", NULL, false, false, false },
	{ "slow", "2025-11-25", call_silent, false, false, false },
	{ "crash", "2025-11-25", call_crash, false, false, false },
	{ "crash-second", "2025-11-25", call_crash_second, false, false, false },
	{ "crash-at-start", "crash", NULL, false, false, false },
	{ "mute", NULL, NULL, false, false, false },
	{ "refuse", "refuse", NULL, false, false, false },
	{ "old", "2024-10-07", NULL, false, false, false },
	{ "lie", "2025-11-25", call_lie, false, false, false },
	{ "twice", "2025-11-25", call_twice, false, false, false },
	{ "invalid", "2025-11-25", call_invalid, false, false, false },
	{ "garbage", "2025-11-25", call_garbage, false, false, false },
	{ "huge", "2025-11-25", call_huge, false, false, false },
	{ "flood", "2025-11-25", call_flood, false, false, false },
	{ "notify", "2025-11-25", call_notify, false, false, false },
	{ "ask", "2025-11-25", call_ask, false, false, false },
	{ "ask-and-cancel", "2025-11-25", call_ask_and_cancel, false, false, false },
	{ "ignore-end", "2025-11-25", NULL, true, false, false },
	{ "deaf", "2025-11-25", NULL, false, true, false },
	{ "list", "2025-06-18", call_list, false, false, false },
	{ "list-endless", "2025-06-18", call_list_endless, false, false, false },
	{ "ask-early", "2025-11-25", NULL, false, false, true },
};

/* What came as the answer to "srv-1" ends the call that asked. */
static void take_answer(const struct mcp_message *m)
{
	if (!asked_by || !slice_is(json_string(m->id), "srv-1"))
		return;
	struct buf v = text_of(m->result ? m->result : m->error), b = BUF_INIT(65536), r = BUF_INIT(65536);
	buf_addf(&r, "{\"got\":%s}", buf_str(&v));
	mcp_write_result(&b, slice_str(asked_by), buf_slice(&r));
	buf_release(&v);
	buf_release(&r);
	write_line(&b);
}

static void greet_as(const struct mode *mode, const struct mcp_message *m)
{
	if (!mode->version)
		return;
	if (strcmp(mode->version, "crash") == 0)
		_exit(4);
	if (strcmp(mode->version, "refuse") == 0) {
		struct buf i = text_of(m->id), b = BUF_INIT(1024);
		mcp_write_error(&b, buf_slice(&i), -32000, "not today", slice_of(NULL, 0));
		buf_release(&i);
		write_line(&b);
		return;
	}
	greet(m->id, mode->version);
	while (mode->is_deaf)
		pause();
}

static void take(const struct mode *mode, const struct mcp_message *m)
{
	if (m->kind == MCP_RESULT || m->kind == MCP_ERROR) {
		take_answer(m);
	} else if (m->kind == MCP_REQUEST && slice_is(m->method, "initialize")) {
		greet_as(mode, m);
	} else if (m->kind == MCP_REQUEST) {
		calls++;
		if (mode->on_call)
			mode->on_call(m);
		else
			answer(m->id, m->params);
	} else if (mode->asks_early && slice_is(m->method, "notifications/initialized")) {
		say("{\"jsonrpc\":\"2.0\",\"id\":\"srv-1\",\"method\":\"roots/list\"}");
	} else if (slice_is(m->method, "notifications/cancelled")) {
		/* The next answer shows it: a cancelled call counts for a thousand. */
		calls += 1000;
	}
}

int main(int argc, char **argv)
{
	const struct mode *mode = NULL;
	char *line = NULL;
	size_t cap = 0;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (argc > 1 && strcmp(argv[1], modes[i].name) == 0)
			mode = &modes[i];
	if (!mode)
		return 2;
	if (mode->ignores_end)
		signal(SIGTERM, SIG_IGN);
	for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
		struct mcp_message m;
		struct err e;
		arena_init(&memory, 64u << 20);
		const struct json *root = json_read(slice_of(line, (size_t)n - 1), &memory, &e);
		if (!root || !mcp_message_read(root, &m, &e))
			return 5;
		take(mode, &m);
		arena_release(&memory);
	}
	free(line);
	free(asked_by);
	while (mode->ignores_end)
		pause();
	return 0;
}
