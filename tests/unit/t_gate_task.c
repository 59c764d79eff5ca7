/* Ids of tasks: each client knows those that its grant was given, and no other. */
#include "gate_rig.h"

#define TASK(id) "{\"taskId\":\"" id "\",\"status\":\"working\",\"createdAt\":\"c\",\"lastUpdatedAt\":\"l\",\"ttl\":null}"
#define TASK_CALL \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"free\",\"arguments\":{},\"task\":{}}}"

static void stream(struct rig *r, struct http_request_id to, const char *id, const char *result)
{
	char text[1024];
	http_begin(r->back, to, 200, rig_sse, 1);
	rig_event(r, to,
	          "{\"jsonrpc\":\"2.0\",\"id\":\"ask\",\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[],\"_meta\":{"
	          "\"io.modelcontextprotocol/related-task\":{\"taskId\":\"job~1\"}}}}");
	rig_event(r, to,
	          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks/status\",\"params\":" TASK("job~1") "}");
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}", id, result);
	rig_event(r, to, text);
	http_end(r->back, to);
}

static void serve(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	if (slice_is(m->method, "tools/call"))
		rig_reply(r, q->id, id, "{\"task\":" TASK("job~1") ",\"_meta\":{\"x\":1}}");
	else if (slice_is(m->method, "tasks/list"))
		rig_reply(r, q->id, id, "{\"tasks\":[" TASK("job~1") "," TASK("job2") "],\"nextCursor\":\"n\"}");
	else if (slice_is(m->method, "tasks/result"))
		stream(r, q->id, id,
		       "{\"content\":[],\"taskId\":\"own\",\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"job~1\"}}}");
	else
		rig_reply(r, q->id, id, TASK("job~1"));
}

/* The last "taskId" of an answer. */
static void id_of(struct asked *a, char out[128])
{
	const char *at = strstr(buf_str(&a->got), "\"taskId\":\"");
	snprintf(out, 128, "%.*s", at ? (int)strcspn(at + 10, "\"") : 0, at ? at + 10 : "");
}

static bool ask_about(struct rig *r, struct asked *a, const char *session, const char *method, const char *id)
{
	char body[512];
	snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":{\"taskId\":\"%s\"}}", method, id);
	return ask_wait(r, a, session, body);
}

static void refused(struct rig *r, const char *session, const char *id, const char *what)
{
	struct asked a;
	int calls = r->calls;
	ok(ask_about(r, &a, session, "tasks/get", id) && asked_has(&a, "-32602") && r->calls == calls, "%s is refused unsent", what);
	asked_release(&a);
}

static void test_ids(struct rig *r, const char *session, char id[128])
{
	struct asked a;
	char shown[160];
	ok(ask_wait(r, &a, session, TASK_CALL) && asked_has(&a, "\"_meta\":{\"x\":1}"), "a task is made");
	id_of(&a, id);
	ok(strncmp(id, "job~1~", 6) == 0 && strlen(id) == 6 + 22, "its id is bound: %s", id);
	asked_release(&a);
	snprintf(shown, sizeof shown, "\"taskId\":\"%s\"", id);
	ok(ask_about(r, &a, session, "tasks/get", id) && asked_has(&a, shown) && strstr(r->last_call, "\"taskId\":\"job~1\""),
	   "the server is asked for its own");
	asked_release(&a);
	ok(ask_wait(r, &a, session, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tasks/list\"}") && asked_has(&a, shown) &&
	           asked_has(&a, "\"taskId\":\"job2~") && asked_has(&a, "nextCursor"),
	   "a list has bound ids");
	asked_release(&a);
	ok(ask_about(r, &a, session, "tasks/result", id) && asked_has(&a, "\"taskId\":\"own\""), "a result's own members stay");
	const char *text = buf_str(&a.got);
	int n = 0;
	for (const char *at = text; (at = strstr(at, shown)); at++)
		n++;
	ok(n == 3 && !strstr(text, "\"job~1\""), "what is related to the task says it by the client's id (%d)", n);
	asked_release(&a);
	refused(r, session, "job~1", "a server's own id");
	refused(r, session, "", "no id");
	id[10] ^= 1;
	refused(r, session, id, "a changed id");
	id[10] ^= 1;
	refused(r, session, id + 1, "the code of another id");
}

static void test_answer(struct rig *r, const char *session, const char *id)
{
	struct asked a;
	char body[512];
	int answers = r->answers;
	snprintf(body, sizeof body,
	         "{\"jsonrpc\":\"2.0\",\"id\":\"ask\",\"result\":{\"role\":\"assistant\",\"_meta\":{"
	         "\"io.modelcontextprotocol/related-task\":{\"taskId\":\"%s\"}}}}",
	         id);
	ok(ask_wait(r, &a, session, body) && a.status == 202 && rig_until(r, &r->answers, answers + 1) &&
	           strstr(r->last_answer, "{\"taskId\":\"job~1\"}"),
	   "an answer names the task as the server knows it");
	asked_release(&a);
}

static void test_other_grant(struct rig *r, const char *id)
{
	static const struct store_binding bindings[] = { { "s", "p" } };
	struct store_grant other = { .label = "h", .subject = "", .bindings = bindings, .binding_n = 1 };
	struct err e = { 0 };
	char session[2048];
	token_new(r->token, other.token_hash);
	rig_must(store_grant_add(r->store, &other, &e), &e);
	rig_load_grants(r);
	rig_session(r, RIG_INIT("2025-11-25"), session);
	refused(r, session, id, "another grant's id");
}

int main(void)
{
	struct rig r;
	char session[2048], id[128];
	log_set_level(LOG_ERROR);
	rig_start(&r, NULL);
	r.on_call = serve;
	rig_session(&r, RIG_INIT("2025-11-25"), session);
	test_ids(&r, session, id);
	test_answer(&r, session, id);
	test_other_grant(&r, id);
	rig_stop(&r);
	return tap_done();
}
