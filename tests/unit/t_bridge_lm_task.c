/* Tasks of 2025-11-25 before a server of the tasks extension: asked for by the client, decided by
 * the server. */
#include "bridge_rig.h"
#include "bridge/lm.h"

#define SPEAKS                                                                                          \
	"{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}," \
	"\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}},\"ttlMs\":5,\"cacheScope\":\"public\"}"
#define DONE "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}"
#define RESULT "{\"content\":[{\"type\":\"text\",\"text\":\"late\"}],\"_meta\":{\"x\":1}}"
#define TASK(type, id, status)                                                                               \
	"{\"resultType\":\"" type "\",\"taskId\":\"" id "\",\"status\":\"" status "\",\"createdAt\":\"2026-01-01T00:00:00Z\"," \
	"\"lastUpdatedAt\":\"2026-01-01T00:00:00Z\",\"ttlMs\":60000,\"pollIntervalMs\":1"
#define FORM                                                                                                  \
	"{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\",\"message\":\"who\"," \
	"\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}"
#define ACCEPT "{\"action\":\"accept\",\"content\":{\"name\":\"eve\"}}"
#define INPUT_STATE TASK("complete", "t1", "input_required") ",\"inputRequests\":{\"k1\":" FORM "}}"

static bool has_extension(const struct mcp_message *m)
{
	const struct json *caps = json_gets(json_gets(m->params, "_meta"), "io.modelcontextprotocol/clientCapabilities");
	return json_gets(json_gets(caps, "extensions"), "io.modelcontextprotocol/tasks") != NULL;
}

static void call_tool(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	r->calls++;
	if (slice_is(json_string(json_gets(m->params, "name")), "quick"))
		rig_result(r, q, id, DONE);
	else if (has_extension(m))
		rig_result(r, q, id, TASK("task", "t1", "working") "}");
	else
		rig_respond(r, q->id, id, "error",
		            "{\"code\":-32021,\"message\":\"m\",\"data\":{\"requiredCapabilities\":{\"extensions\":{"
		            "\"io.modelcontextprotocol/tasks\":{}}}}}");
}

/* t1 works, wants input, still says so when it has it, and is done; r->step says how far it is. */
static void get_task(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	static const char *const states[] = {
		TASK("complete", "t1", "working") "}", INPUT_STATE, INPUT_STATE,
		TASK("complete", "t1", "completed") ",\"result\":" RESULT "}",
	};
	struct slice task = json_string(json_gets(m->params, "taskId"));
	r->polls++;
	if (slice_is(task, "t1"))
		rig_result(r, q, id, states[r->step < 3 ? r->step++ : 3]);
	else if (slice_is(task, "failed"))
		rig_result(r, q, id, TASK("complete", "failed", "failed") ",\"error\":{\"code\":-32050,\"message\":\"broke\"}}");
	else if (slice_is(task, "ended"))
		rig_result(r, q, id, TASK("complete", "ended", "cancelled") "}");
	else if (slice_is(task, "works"))
		rig_result(r, q, id, TASK("complete", "works", "working") "}");
	else if (slice_is(task, "odd"))
		rig_result(r, q, id, "{\"resultType\":\"complete\"}");
	else
		rig_respond(r, q->id, id, "error", "{\"code\":-32602,\"message\":\"no such task\"}");
}

static void serve(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	if (slice_is(m->method, "server/discover"))
		rig_result(r, q, id, SPEAKS);
	else if (slice_is(m->method, "tools/call"))
		call_tool(r, q, m, id);
	else if (slice_is(m->method, "tasks/get"))
		get_task(r, q, m, id);
	else if (slice_is(m->method, "tools/list"))
		rig_result(r, q, id, "{\"resultType\":\"complete\",\"tools\":[{\"name\":\"x\"}],\"ttlMs\":9,\"cacheScope\":\"private\"}");
	else if (slice_starts(m->method, SLICE_LIT("tasks/")))
		rig_result(r, q, id, "{\"resultType\":\"complete\"}");
	else
		rig_respond(r, q->id, id, "error", "{\"code\":-32601,\"message\":\"no\"}");
}

static void open_client(struct rig *r)
{
	struct seen s = { .rig = r, .is_open = true };
	r->t = (struct bridge_target){
		.to = { .grant_id = SLICE_LIT("g1"), .client_session = SLICE_LIT("c1"), .client_caps = UPSTREAM_CAN_ELICITATION },
		.client_version = MCP_2025_11_25,
	};
	(void)bridge_open(r->bridge, r->u, &r->t, NULL, NULL, &rig_events, &s);
	ok(rig_until(r, &s.done, 1) && s.failure == UPSTREAM_OK &&
	           has(s.answer, "\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}"),
	   "the extension is the capability of the client's revision");
	r->t.to.version = s.version;
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/list", "") && has(s.answer, "\"execution\":{\"taskSupport\":\"optional\"}"),
	   "and each tool says that it may run as a task");
}

static void test_task(struct rig *r)
{
	struct seen s = { 0 }, note = { 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"slow\",\"task\":{\"ttl\":1}}") &&
	           has(s.answer, "{\"task\":{\"taskId\":\"t1\",\"status\":\"working\"") && has(s.answer, "\"ttl\":60000") &&
	           !strstr(r->last, "\"task\":"),
	   "a call that asks for a task gets the server's");
	s = (struct seen){ 0 };
	r->step = 0;
	ok(rig_ask(r, &s, "tasks/get", "{\"taskId\":\"t1\"}") && has(s.answer, "{\"taskId\":\"t1\",\"status\":\"working\"") &&
	           !strcmp(r->name, "t1"),
	   "its state is the server's, asked for with Mcp-Name");
	s = (struct seen){ 0 };
	r->log[0] = '\0';
	r->step = 0;
	(void)rig_send(r, &s, "tasks/result", "{\"taskId\":\"t1\"}");
	ok(rig_until(r, &s.asked, 1) && has(s.last, "\"io.modelcontextprotocol/related-task\":{\"taskId\":\"t1\"}"),
	   "input that the task wants is asked for, with the task it is for");
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &s.done, 1) && s.asked == 1 && has(s.answer, "late") &&
	           has(s.answer, "\"_meta\":{\"x\":1,\"io.modelcontextprotocol/related-task\":{\"taskId\":\"t1\"}}"),
	   "its result comes when it is done");
	ok(!strcmp(r->log, "tasks/get tasks/get tasks/update tasks/get tasks/get "), "the answer went once: %s", r->log);
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/list", "{}") && has(s.answer, "-32601"), "the extension has no list");
}

static void test_ends(struct rig *r)
{
	struct seen s = { 0 };
	ok(rig_ask(r, &s, "tasks/result", "{\"taskId\":\"failed\"}") && s.kind == MCP_ERROR && has(s.answer, "broke"),
	   "a task that failed answers with its error");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/result", "{\"taskId\":\"ended\"}") && s.kind == MCP_ERROR, "one that was cancelled with one");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/result", "{\"taskId\":\"odd\"}") && s.failure == UPSTREAM_BROKEN, "one without a state breaks");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/result", "{\"taskId\":\"none\"}") && has(s.answer, "-32602"), "one that is not there is not there");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/get", "{}") && has(s.answer, "-32602"), "an id must be named");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/cancel", "{\"taskId\":\"ended\"}") && has(s.answer, "-32602"), "what has ended is not cancelled");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/cancel", "{\"taskId\":\"works\"}") && s.kind == MCP_RESULT &&
	           has(s.answer, "\"status\":\"working\"") && !strcmp(r->log, "tasks/get tasks/cancel tasks/get "),
	   "what works is, and its state is told as it is");
	s = (struct seen){ .rig = r };
	(void)bridge_request(r->bridge, r->u, &r->t, SLICE_LIT("tasks/result"), SLICE_LIT("{\"taskId\":\"works\"}"), 50,
	                     &rig_events, &s);
	ok(rig_until(r, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT, "a result that does not come is waited for until the deadline");
}

/* The id in {"task":{"taskId":"…" of an answer. */
static void id_of(const struct seen *s, char out[64])
{
	const char *at = strstr(s->answer, "\"taskId\":\"");
	snprintf(out, 64, "%.35s", at ? at + 10 : "");
}

static bool ask_about(struct rig *r, struct seen *s, const char *method, const char *id)
{
	char params[128];
	*s = (struct seen){ 0 };
	snprintf(params, sizeof params, "{\"taskId\":\"%s\"}", id);
	return rig_ask(r, s, method, params);
}

static void test_kept(struct rig *r)
{
	struct seen s = { 0 };
	char id[64], first[64];
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}") &&
	           has(s.answer, "\"status\":\"working\"") && !strstr(s.answer, "done"),
	   "a call that was answered at once is a task all the same");
	id_of(&s, first);
	ok(ask_about(r, &s, "tasks/get", first) && has(s.answer, "\"status\":\"completed\"") && !r->log[0],
	   "which is done, as the server need not be asked");
	ok(ask_about(r, &s, "tasks/result", first) && has(s.answer, "done") && has(s.answer, first), "and has its result");
	ok(ask_about(r, &s, "tasks/cancel", first) && has(s.answer, "-32602"), "and cannot be cancelled");
	struct bridge_target mine = r->t;
	r->t.to.grant_id = SLICE_LIT("g2");
	ok(ask_about(r, &s, "tasks/result", first) && s.kind == MCP_ERROR, "another grant does not get it");
	r->t = mine;
	r->t.to.client_session = SLICE_LIT("c2");
	ok(ask_about(r, &s, "tasks/result", first) && s.kind == MCP_ERROR, "nor does another session");
	r->t = mine;
	for (int i = 1; i < LIMIT_KEPT_TASKS; i++) {
		s = (struct seen){ 0 };
		(void)rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}");
	}
	id_of(&s, id);
	ok(ask_about(r, &s, "tasks/get", first) && s.kind == MCP_RESULT, "%d are kept", LIMIT_KEPT_TASKS);
	s = (struct seen){ 0 };
	(void)rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}");
	ok(ask_about(r, &s, "tasks/get", first) && s.kind == MCP_ERROR, "one more forgets the first");
	ok(ask_about(r, &s, "tasks/get", id) && s.kind == MCP_RESULT, "and no other");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{\"ttl\":1}}"), "a task may be kept for a moment");
	id_of(&s, id);
	rig_settle(r);
	ok(ask_about(r, &s, "tasks/get", id) && s.kind == MCP_ERROR, "and is then forgotten");
	bridge_close(r->bridge, r->u, &r->t);
	ok(ask_about(r, &s, "tasks/get", first) && s.kind == MCP_ERROR, "as all are when the session ends");
}

static void test_kept_bytes(struct rig *r)
{
	struct seen s = { 0 };
	char first[64], second[64];
	struct arena a;
	struct err e;
	(void)rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}");
	id_of(&s, first);
	struct lm *lm = lm_of(r->bridge);
	size_t n = lm->kept_bytes, others = LIMIT_KEPT_TASK_BYTES - 2 * n;
	lm->kept_bytes += others; /* as if another client had them */
	s = (struct seen){ 0 };
	(void)rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}");
	id_of(&s, second);
	ok(ask_about(r, &s, "tasks/get", first) && s.kind == MCP_RESULT, "%u bytes of results are kept", LIMIT_KEPT_TASK_BYTES);
	lm->kept_bytes++;
	s = (struct seen){ 0 };
	(void)rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}");
	ok(ask_about(r, &s, "tasks/get", first) && s.kind == MCP_ERROR, "one more forgets the oldest");
	lm->kept_bytes -= others + 1;
	bridge_close(r->bridge, r->u, &r->t);
	ok(lm->kept_bytes == 0, "all is given back");
	arena_init(&a, 65536);
	ok(lm_task_ttl(json_read(SLICE_LIT("{\"ttl\":3600000}"), &a, &e)) == LIMIT_KEPT_TASK_MAX_MS &&
	           lm_task_ttl(json_read(SLICE_LIT("{\"ttl\":3600001}"), &a, &e)) == LIMIT_KEPT_TASK_MAX_MS &&
	           lm_task_ttl(json_read(SLICE_LIT("{\"ttl\":3599999}"), &a, &e)) == LIMIT_KEPT_TASK_MAX_MS - 1 &&
	           lm_task_ttl(NULL) == LIMIT_KEPT_TASK_MS,
	   "none is kept for longer than an hour");
	arena_release(&a);
}

/* A tool that only runs as a task, for a client that asked for none. */
static void test_polled(struct rig *r)
{
	struct seen s = { 0 }, note = { 0 };
	r->step = r->calls = 0;
	r->log[0] = '\0';
	(void)rig_send(r, &s, "tools/call", "{\"name\":\"slow\"}");
	ok(rig_until(r, &s.asked, 1) && r->calls == 2 && !strstr(s.last, "related-task"), "the gate runs it as a task, which asks");
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &s.done, 1) && has(s.answer, "late") && !strstr(s.answer, "related-task") &&
	           !strstr(r->log, "tasks/cancel"),
	   "and answers with its result");
	s = (struct seen){ 0 };
	r->step = r->calls = 0;
	r->log[0] = '\0';
	struct exchange_id id = rig_send(r, &s, "tools/call", "{\"name\":\"slow\"}");
	ok(rig_until(r, &s.asked, 1), "it runs again");
	int before = r->requests;
	bridge_cancel(r->bridge, r->u, id, "enough");
	ok(rig_until(r, &r->requests, before + 1) && strstr(r->log, "tasks/cancel"), "and is cancelled with its call");
}

static void test_old_client(struct rig *r)
{
	struct seen s = { 0 };
	r->t.client_version = MCP_2025_06_18;
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"quick\",\"task\":{}}") && has(s.answer, "done") &&
	           !strstr(r->last, "\"task\":") && !strstr(r->last, "extensions"),
	   "to a revision without tasks `task` means nothing");
}

int main(void)
{
	struct rig r = { .serve = serve };
	if (!rig_begin(&r))
		return 1;
	open_client(&r);
	test_task(&r);
	test_ends(&r);
	test_kept(&r);
	test_kept_bytes(&r);
	test_polled(&r);
	test_old_client(&r);
	rig_end(&r);
	return tap_done();
}
