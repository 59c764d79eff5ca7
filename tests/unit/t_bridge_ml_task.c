/* Tasks of a legacy server for clients of the tasks extension. */
#include "legacy_rig.h"
#include "bridge/ml_task.h"

#define CAN (MCP_CAN_TASKS | MCP_CAN_ELICITATION)
#define CALL(tool) "{\"name\":\"" tool "\",\"arguments\":{\"a\":1}," RIG_META "}"
#define ABOUT(id) "{\"taskId\":\"" id "\"," RIG_META "}"
#define TASK(status) \
	"{\"taskId\":\"t1\",\"status\":\"" status "\",\"createdAt\":\"c\",\"lastUpdatedAt\":\"l\",\"ttl\":60000,\"pollInterval\":5}"
#define RELATED "\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"t1\"}}"
#define FORM(id)                                                                                            \
	"{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"elicitation/create\",\"params\":{\"message\":\"who\"," \
	"\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}," RELATED "}}"
#define ACCEPT "{\"action\":\"accept\",\"content\":{\"n\":1}}"

static const char *status;
static const char *outcome; /* of tasks/result: the member and its value */
static int results;

static void serve_task(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char text[512];
	if (slice_is(m->method, "tasks/get")) {
		snprintf(text, sizeof text, TASK("%s"), status);
		rig_reply(r, q->id, id, text);
	} else if (slice_is(m->method, "tasks/cancel")) {
		rig_reply(r, q->id, id, TASK("cancelled"));
	} else if (strcmp(status, "input_required") == 0) {
		http_begin(r->back, q->id, 200, rig_sse, 1);
		rig_event(r, q->id, FORM("\"f1\""));
		rig_event(r, q->id, "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"roots/list\",\"params\":{" RELATED "}}");
		r->held[0] = q->id;
		snprintf(r->held_id[0], sizeof r->held_id[0], "%s", id);
		results++;
	} else {
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,%s}", id, outcome);
		http_respond(r->back, q->id, 200, rig_json, 1, slice_str(text));
		results++;
	}
}

static void serve(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	bool is_slow = slice_is(json_string(json_gets(m->params, "name")), "slow");
	if (slice_is(m->method, "tools/list")) {
		rig_reply(r, q->id, id, "{\"tools\":[{\"name\":\"listed\",\"execution\":{\"taskSupport\":\"required\"}},{\"name\":\"quick\"}]}");
	} else if (!slice_is(m->method, "tools/call")) {
		if (slice_is(json_string(json_gets(m->params, "taskId")), "t1"))
			serve_task(r, q, m, id);
		else
			rig_fail(r, q->id, 200, id, "{\"code\":-32602,\"message\":\"no such task\"}");
	} else if (is_slow && !json_gets(m->params, "task")) {
		rig_fail(r, q->id, 200, id, "{\"code\":-32601,\"message\":\"requires task augmentation\"}");
	} else if (is_slow || json_gets(m->params, "task")) {
		rig_reply(r, q->id, id, "{\"task\":" TASK("working") "}");
	} else {
		rig_reply(r, q->id, id, "{\"content\":[]}");
	}
}

static void begin(struct rig *r)
{
	rig_start(r, 0);
	r->on_call = serve;
	r->capabilities = "{\"tools\":{},\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}}";
	status = "working";
	results = 0;
}

static void test_states(void)
{
	struct rig r;
	struct seen s;
	begin(&r);
	ok(rig_asked(&r, &s, "g", CAN, "server/discover", "{" RIG_META "}") &&
	           has(s.answer, "\"io.modelcontextprotocol/tasks\":{}"),
	   "the capability of the older revision is the extension: %s", s.answer);
	ok(rig_asked(&r, &s, "g", CAN, "tools/call", CALL("quick")) && has(s.answer, "\"resultType\":\"complete\"") &&
	           !has(r.last_call, "\"task\":"),
	   "a tool that needs no task is called without one");
	ok(rig_asked(&r, &s, "g", CAN, "tools/call", CALL("slow")) && has(s.answer, "\"resultType\":\"task\"") &&
	           has(s.answer, "\"taskId\":\"t1\"") && has(s.answer, "\"ttlMs\":60000") && has(s.answer, "\"pollIntervalMs\":5") &&
	           has(r.last_call, "\"arguments\":{\"a\":1}"),
	   "one that needs one is answered by a task: %s", s.answer);
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"working\"") && !results,
	   "which works");
	status = "completed";
	outcome = "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"late\"}]," RELATED "}";
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"completed\"") &&
	           has(s.answer, "\"result\":{") && has(s.answer, "late") && !has(s.answer, "related-task"),
	   "and is completed with its result: %s", s.answer);
	status = "failed";
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"completed\""),
	   "a failure that has a result is completed");
	outcome = "\"error\":{\"code\":-32603,\"message\":\"broke\"}";
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"failed\"") &&
	           has(s.answer, "\"error\":{") && has(s.answer, "broke"),
	   "one that has none has failed: %s", s.answer);
	ok(rig_asked(&r, &s, "g", CAN, "tasks/cancel", ABOUT("t1")) && has(s.answer, "\"resultType\":\"complete\"") &&
	           !has(s.answer, "taskId"),
	   "its cancellation is acknowledged");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("none")) && has(s.answer, "-32602"), "what is no task is none");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/result", ABOUT("t1")) && has(s.answer, "-32601"), "there is no tasks/result");
	ok(rig_asked(&r, &s, "g", 0, "tools/call", CALL("slow")) && has(s.answer, "-32021") &&
	           has(s.answer, "\"io.modelcontextprotocol/tasks\":{}"),
	   "who has not declared the extension is told: %s", s.answer);
	rig_stop(&r);
}

static void test_input(void)
{
	struct rig r;
	struct seen s;
	begin(&r);
	(void)rig_asked(&r, &s, "g", CAN, "tools/call", CALL("slow"));
	status = "input_required";
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"working\""),
	   "a task that wants input works until it is known which");
	ok(run_until(r.loop, &results, 1) && run_until(r.loop, &r.answers, 1) && has(r.last_answer, "\"error\"") &&
	           has(r.last_answer, "\"x\""),
	   "what the client cannot answer the server is told so");
	rig_settle(&r);
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"input_required\"") &&
	           has(s.answer, "\"inputRequests\":{\"ask-1\":{\"method\":\"elicitation/create\"") &&
	           !has(s.answer, "related-task") && results == 1,
	   "then it says it: %s", s.answer);
	ok(rig_asked(&r, &s, "other", CAN, "tasks/update", "{\"taskId\":\"t1\",\"inputResponses\":{\"ask-1\":" ACCEPT "}," RIG_META "}") &&
	           r.answers == 1,
	   "another grant's answer goes nowhere");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/update", "{\"taskId\":\"t1\",\"inputResponses\":{\"ask-1\":{\"action\":\"?\"}}," RIG_META "}") &&
	           has(s.answer, "-32602") && r.answers == 1,
	   "nor does one that is none");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/update",
	             "{\"taskId\":\"t1\",\"inputResponses\":{\"ask-1\":" ACCEPT ",\"else\":" ACCEPT "}," RIG_META "}") &&
	           has(s.answer, "\"resultType\":\"complete\"") && run_until(r.loop, &r.answers, 2) &&
	           has(r.last_answer, "\"id\":\"f1\",\"result\":" ACCEPT),
	   "the client's reaches the server: %s", r.last_answer);
	status = "completed";
	outcome = "\"result\":{\"content\":[]}";
	rig_end(&r, r.held[0], r.held_id[0], "{\"content\":[]}");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "\"status\":\"completed\""), "and it ends");
	ok(rig_asked(&r, &s, "g", CAN, "tasks/update", "{\"taskId\":\"none\",\"inputResponses\":{}," RIG_META "}") &&
	           has(s.answer, "-32602"),
	   "there is nothing to answer where there is no task");
	rig_stop(&r);
}

/* A task belongs to the session that made it. */
static void test_session(void)
{
	struct rig r;
	struct seen s;
	begin(&r);
	(void)rig_asked(&r, &s, "g", CAN, "tools/call", CALL("slow"));
	(void)rig_asked(&r, &s, "g", MCP_CAN_TASKS, "tools/call", CALL("quick"));
	ok(r.opened == 2, "a client that can less has another session");
	ok(rig_asked(&r, &s, "g", MCP_CAN_TASKS, "tasks/get", ABOUT("t1")) && !strcmp(r.last_session, "sess-1"),
	   "and asks for the task where it was made");
	status = "input_required";
	(void)rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1"));
	ok(run_until(r.loop, &results, 1), "a task waits for its client");
	rig_stop(&r);
}

/* Servers of the official SDK say in a tool's result that it must be a task. */
static void test_known(void)
{
	struct rig r;
	struct seen s;
	begin(&r);
	ok(rig_asked(&r, &s, "g", CAN, "tools/call", CALL("listed")) && has(s.answer, "\"complete\""), "a tool of which nothing is known is called");
	struct bridge_target t = rig_target("g", CAN);
	t.is_task_only = true;
	s = (struct seen){ 0 };
	(void)bridge_request(r.bridge, r.u, &t, SLICE_LIT("tools/call"), SLICE_LIT(CALL("listed")), 15000, &seen_events, &s);
	ok(run_until(r.loop, &s.done, 1) && has(s.answer, "\"resultType\":\"task\""), "as a task, where the caller knows it");
	ok(rig_asked(&r, &s, "g", CAN, "tools/list", "{" RIG_META "}") && !has(s.answer, "execution"), "a list says it");
	ok(rig_asked(&r, &s, "g", CAN, "tools/call", CALL("listed")) && has(s.answer, "\"resultType\":\"task\""), "and then it is known");
	ok(rig_asked(&r, &s, "g", CAN, "tools/call", CALL("quick")) && has(s.answer, "\"complete\""), "of that tool alone");
	int calls = r.calls;
	ok(rig_asked(&r, &s, "g", 0, "tools/call", CALL("listed")) && has(s.answer, "-32021") && r.calls == calls,
	   "who has not declared the extension is told before the server hears of it");
	rig_stop(&r);
}

static void test_limit(void)
{
	struct rig r;
	struct seen s;
	char id[32];
	begin(&r);
	(void)rig_asked(&r, &s, "g", CAN, "tools/call", CALL("slow"));
	struct held *h = list_entry(r.bridge->held_by_use.next, struct held, by_use);
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	for (int i = 1; i <= LIMIT_HELD_TASKS_OF_GRANT; i++) {
		snprintf(id, sizeof id, "{\"taskId\":\"%d\"}", i);
		ml_task_made(h, "g", json_read(slice_str(id), &a, &e));
		if (i == LIMIT_HELD_TASKS_OF_GRANT - 1)
			ok(r.bridge->task_n == LIMIT_HELD_TASKS_OF_GRANT, "%d tasks of a grant are known", LIMIT_HELD_TASKS_OF_GRANT);
	}
	ok(r.bridge->task_n == LIMIT_HELD_TASKS_OF_GRANT, "and not one more");
	const struct json *x = json_read(SLICE_LIT("{\"taskId\":\"x\"}"), &a, &e);
	for (int i = LIMIT_HELD_TASKS_OF_GRANT; i <= LIMIT_HELD_TASKS; i++) {
		snprintf(id, sizeof id, "g%d", i);
		ml_task_made(h, id, x);
		if (i == LIMIT_HELD_TASKS - 1)
			ok(r.bridge->task_n == LIMIT_HELD_TASKS, "of all grants %d", LIMIT_HELD_TASKS);
	}
	ok(r.bridge->task_n == LIMIT_HELD_TASKS, "and not one more");
	arena_release(&a);
	ok(rig_asked(&r, &s, "g", CAN, "tasks/get", ABOUT("t1")) && has(s.answer, "working"), "one that is not known is asked for all the same");
	rig_stop(&r);
}

int main(void)
{
	test_states();
	test_input();
	test_session();
	test_known();
	test_limit();
	return tap_done();
}
