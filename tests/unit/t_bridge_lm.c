/* A legacy client before a server of the modern era: handshake, envelope, input that the server
 * asks for, streams, and what servers do that mean no good. */
#include "bridge_rig.h"
#include "bridge/lm.h"

#define SPEAKS                                                                                                     \
	"{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{"        \
	"\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{}},\"instructions\":\"be kind\","  \
	"\"ttlMs\":5,\"cacheScope\":\"public\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"s\"," \
	"\"version\":\"7\"}}}"
#define FORM                                                                                                       \
	"{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\",\"message\":\"who\","                    \
	"\"requestedSchema\":{\"type\":\"object\",\"properties\":{}}}}"
#define URL                                                                                                        \
	"{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"message\":\"go\",\"url\":\"https://a.example/\"}}"
#define SAMPLE "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[],\"maxTokens\":1}}"
#define ROOTS "{\"method\":\"roots/list\"}"
#define INPUT(requests) "{\"resultType\":\"input_required\",\"inputRequests\":{" requests "},\"requestState\":\"s\\\"1\"}"
#define DONE "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"done\"}]}"
#define ASK_ALL "ask-all"
#define ASK_MORE "ask-more"
#define ACCEPT "{\"action\":\"accept\",\"content\":{\"name\":\"eve\"}}"

static void listen_to(struct rig *r, const struct http_request *q, const char *id)
{
	char text[512];
	r->listens++;
	r->held = q->id;
	snprintf(r->held_id, sizeof r->held_id, "%s", id);
	http_begin(r->server, q->id, 200, rig_sse, 1);
	snprintf(text, sizeof text,
	         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":{"
	         "\"io.modelcontextprotocol/subscriptionId\":%s},\"notifications\":{\"toolsListChanged\":true}}}",
	         id);
	rig_event(r, q->id, text);
}

static void talk(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	char token[128], text[512];
	rig_print(json_gets(json_gets(m->params, "_meta"), "progressToken"), token, sizeof token);
	http_begin(r->server, q->id, 200, rig_sse, 1);
	snprintf(text, sizeof text,
	         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":%s,\"progress\":1}}",
	         token);
	rig_event(r, q->id, text);
	rig_event(r, q->id,
	          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"debug\",\"data\":1}}");
	rig_event(r, q->id,
	          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"data\":2}}");
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":" DONE "}", id);
	rig_event(r, q->id, text);
	http_end(r->server, q->id);
}

/* 0: done. */
static void ask_times(struct rig *r, const struct http_request *q, const char *id, int n)
{
	struct buf b = BUF_INIT(1u << 20);
	buf_adds(&b, "{\"resultType\":\"input_required\",\"inputRequests\":{");
	for (int i = 0; i < n; i++)
		buf_addf(&b, "%s\"k%d\":%s", i ? "," : "", i, FORM);
	buf_adds(&b, "}}");
	rig_result(r, q, id, n ? buf_str(&b) : DONE);
	buf_release(&b);
}

static void call_tool(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	struct slice name = json_string(json_gets(m->params, "name"));
	const struct json *responses = json_gets(m->params, "inputResponses");
	bool is_again = json_gets(m->params, "requestState") != NULL;
	r->calls++;
	if (slice_is(name, "ask"))
		rig_result(r, q, id, responses ? DONE : INPUT("\"who\":" FORM));
	else if (slice_is(name, "many"))
		rig_result(r, q, id, responses ? DONE : INPUT("\"a\":" FORM ",\"b\":" SAMPLE ",\"c\":" ROOTS));
	else if (slice_is(name, "url"))
		rig_result(r, q, id, responses ? DONE : INPUT("\"a\":" URL));
	else if (slice_is(name, "sample"))
		rig_result(r, q, id, responses ? DONE : INPUT("\"b\":" SAMPLE));
	else if (slice_starts(name, SLICE_LIT("ask-")))
		ask_times(r, q, id, responses ? 0 : slice_is(name, ASK_ALL) ? LIMIT_OPEN_ASKS : LIMIT_OPEN_ASKS + 1);
	else if (slice_is(name, "endless"))
		rig_result(r, q, id, INPUT("\"who\":" FORM));
	else if (slice_is(name, "patient"))
		rig_result(r, q, id, is_again ? DONE : "{\"resultType\":\"input_required\",\"requestState\":\"later\"}");
	else if (slice_is(name, "odd"))
		rig_result(r, q, id, "{\"resultType\":\"marvellous\"}");
	else if (slice_is(name, "empty"))
		rig_result(r, q, id, "{\"resultType\":\"input_required\"}");
	else if (slice_is(name, "old"))
		rig_result(r, q, id, "{\"content\":[]}");
	else if (slice_is(name, "talk"))
		talk(r, q, m, id);
	else if (slice_is(name, "hold"))
		r->held = q->id;
	else if (slice_is(name, "lacking"))
		rig_respond(r, q->id, id, "error",
		            "{\"code\":-32021,\"message\":\"m\",\"data\":{\"requiredCapabilities\":{\"sampling\":{}}}}");
	else
		rig_result(r, q, id, DONE);
}

static void serve(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	if (slice_is(m->method, "server/discover"))
		rig_result(r, q, id, SPEAKS);
	else if (slice_is(m->method, "tools/call"))
		call_tool(r, q, m, id);
	else if (slice_is(m->method, "subscriptions/listen"))
		listen_to(r, q, id);
	else if (slice_is(m->method, "tools/list"))
		rig_result(r, q, id,
		           "{\"resultType\":\"complete\",\"tools\":[{\"name\":\"x\",\"inputSchema\":{\"type\":\"object\"}}],"
		           "\"ttlMs\":9,\"cacheScope\":\"private\"}");
	else if (slice_is(m->method, "completion/complete"))
		rig_result(r, q, id, INPUT("\"who\":" FORM));
	else if (slice_is(m->method, "resources/read"))
		rig_respond(r, q->id, id, "error",
		            "{\"code\":-32602,\"message\":\"no\",\"data\":{\"uri\":\"file:///x\"}}");
	else
		rig_respond(r, q->id, id, "error", "{\"code\":-32601,\"message\":\"no\"}");
}

/* As a gate does when it is shown an initialize. */
static void open_client(struct rig *r, enum mcp_version v, const char *session)
{
	struct seen s = { .rig = r, .is_open = true };
	r->t = (struct bridge_target){
		.to = { .grant_id = SLICE_LIT("g1"), .client_session = slice_str(session),
		        .client_caps = UPSTREAM_CAN_ELICITATION | UPSTREAM_CAN_ELICITATION_URL | UPSTREAM_CAN_SAMPLING |
		                       UPSTREAM_CAN_ROOTS },
		.client_version = v,
	};
	(void)bridge_open(r->bridge, r->u, &r->t, NULL, NULL, &rig_events, &s);
	ok(rig_until(r, &s.done, 1) && s.failure == UPSTREAM_OK && s.version == MCP_2026_07_28 && !s.session[0],
	   "a client's handshake makes a session without a session of the server: %s", s.why);
	ok(has(s.answer, "\"protocolVersion\":\"") && has(s.answer, mcp_version_name(v)) &&
	           has(s.answer, "\"serverInfo\":{\"name\":\"s\"") && has(s.answer, "\"instructions\":\"be kind\"") &&
	           has(s.answer, "\"listChanged\":true") && !strstr(s.answer, "ttlMs"),
	   "it is answered from server/discover");
	r->t.to.version = s.version;
	r->t.client_info = SLICE_LIT("{\"name\":\"cli\",\"version\":\"3\"}");
}

static void test_requests(struct rig *r)
{
	struct seen s = { 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"x\",\"arguments\":{\"n\":1.50},\"_meta\":{\"traceparent\":\"t\"}}") &&
	           has(s.answer, "done") && !strstr(s.answer, "resultType"),
	   "a call is answered without what the client does not know");
	ok(has(r->last, "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"") && has(r->last, "\"name\":\"cli\"") &&
	           has(r->last, "\"sampling\":{}") && has(r->last, "\"url\":{}") && has(r->last, "\"n\":1.50") &&
	           has(r->last, "\"traceparent\":\"t\"") && !strstr(r->last, "io.modelcontextprotocol/tasks"),
	   "it went with the envelope of its client and its arguments as they were");
	ok(!strcmp(r->name, "x"), "and with Mcp-Name");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/list", "") && !strstr(s.answer, "ttlMs") && !strstr(s.answer, "cacheScope") &&
	           !strstr(s.answer, "execution"),
	   "a list loses its cache hints");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "resources/read", "{\"uri\":\"file:///x\"}") && s.kind == MCP_ERROR && has(s.answer, "-32002"),
	   "a resource that is not there has the code of the client's revision");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"lacking\"}") && has(s.answer, "-32603") && has(s.answer, "sampling"),
	   "what the client lacks is named in an error that its revision has");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"old\"}") && s.kind == MCP_RESULT, "a result without its type is complete");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"odd\"}") && s.kind == MCP_ERROR && has(s.answer, "-32603"),
	   "a kind of result that nobody knows is an error");
}

static void test_levels(struct rig *r)
{
	struct seen s = { 0 };
	const char *talk_params = "{\"name\":\"talk\",\"_meta\":{\"progressToken\":\"p\"}}";
	ok(rig_ask(r, &s, "tools/call", talk_params) && s.messages == 2 && has(r->last, "\"io.modelcontextprotocol/logLevel\":\"info\""),
	   "progress and logs pass, those below what was asked for do not (%d)", s.messages);
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "logging/setLevel", "{\"level\":\"debug\"}") && s.kind == MCP_RESULT && !r->log[0],
	   "a level is set without the server");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", talk_params) && s.messages == 3 && has(r->last, "\"debug\""), "and holds");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "logging/setLevel", "{\"level\":\"loud\"}") && s.kind == MCP_ERROR && has(s.answer, "-32602"),
	   "a level that is none is refused");
	bridge_close(r->bridge, r->u, &r->t);
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", talk_params) && s.messages == 2, "an ended session has no level");
}

/* Runs a call until it has asked n times. */
static struct seen ask_for(struct rig *r, struct seen *s, const char *name, int n)
{
	char params[64];
	s->rig = r;
	r->log[0] = '\0';
	snprintf(params, sizeof params, "{\"name\":\"%s\"}", name);
	(void)rig_send(r, s, "tools/call", params);
	ok(rig_until(r, &s->asked, n), "'%s' asks its client %d times", name, n);
	return (struct seen){ 0 };
}

static void test_input(struct rig *r)
{
	struct seen s = { 0 }, note = ask_for(r, &s, "ask", 1), other = { 0 };
	ok(has(s.last, "\"method\":\"elicitation/create\"") && has(s.last, "\"message\":\"who\"") && s.done == 0,
	   "input is asked for by a request of the server");
	struct bridge_target mine = r->t;
	r->t.to.client_session = SLICE_LIT("other");
	rig_reply(r, &s, 0, &other, "result", ACCEPT);
	ok(rig_until(r, &other.done, 1) && other.failure == UPSTREAM_REFUSED, "another session's answer is refused");
	r->t = mine;
	r->t.to.grant_id = SLICE_LIT("g2");
	other = (struct seen){ 0 };
	rig_reply(r, &s, 0, &other, "result", ACCEPT);
	ok(rig_until(r, &other.done, 1) && other.failure == UPSTREAM_REFUSED, "and that of another grant");
	r->t = mine;
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &s.done, 1) && note.done == 1 && note.failure == UPSTREAM_OK && has(s.answer, "done"),
	   "the client's answer ends the call");
	ok(has(r->last, "\"inputResponses\":{\"who\":" ACCEPT "}") && has(r->last, "\"requestState\":\"s\\\"1\""),
	   "it went with the same state as the server gave");
	note = (struct seen){ 0 };
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &note.done, 1) && note.failure == UPSTREAM_REFUSED, "an answer that comes twice is refused");
	note = (struct seen){ 0 };
	rig_note(r, &note, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
	ok(rig_until(r, &note.done, 1) && note.failure == UPSTREAM_REFUSED, "so is one to nothing");
	note = (struct seen){ 0 };
	rig_note(r, &note, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/roots/list_changed\"}");
	ok(rig_until(r, &note.done, 1) && note.failure == UPSTREAM_OK && !strstr(r->log, "roots"),
	   "a notification that the server would not know is dropped");
}

static void test_many_inputs(struct rig *r)
{
	struct seen s = { 0 }, note = ask_for(r, &s, "many", 3);
	rig_reply(r, &s, 2, &note, "result", "{\"roots\":[]}");
	rig_reply(r, &s, 0, &note, "error", "{\"code\":-1,\"message\":\"no\"}");
	ok(rig_until(r, &note.done, 2) && s.done == 0, "a call waits for all its answers");
	rig_reply(r, &s, 1, &note, "result", "{\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"x\"},\"model\":\"m\"}");
	ok(rig_until(r, &s.done, 1) && has(r->last, "\"a\":{\"action\":\"cancel\"}") && has(r->last, "\"c\":{\"roots\":[]}") &&
	           has(r->last, "\"model\":\"m\""),
	   "and says each; a form that was answered by an error was cancelled");
	s = (struct seen){ 0 };
	note = ask_for(r, &s, "sample", 1);
	rig_reply(r, &s, 0, &note, "error", "{\"code\":-1,\"message\":\"user said no\"}");
	ok(rig_until(r, &s.done, 1) && s.kind == MCP_ERROR && has(s.answer, "user said no") && r->calls,
	   "sampling that was answered by an error ends the call");
	s = (struct seen){ 0 };
	note = ask_for(r, &s, "sample", 1);
	rig_reply(r, &s, 0, &note, "result", "{\"role\":1}");
	ok(rig_until(r, &s.done, 1) && s.kind == MCP_ERROR, "so does an answer that is none");
	s = (struct seen){ 0 };
	note = ask_for(r, &s, "url", 1);
	ok(has(s.last, "\"mode\":\"url\"") && has(s.last, "\"elicitationId\":\"gh-"), "a URL is asked for as the client knows it");
	rig_reply(r, &s, 0, &note, "result", "{\"action\":\"accept\"}");
	ok(rig_until(r, &s.done, 1) && s.kind == MCP_RESULT, "and may be accepted");
}

static void answer_at_once(struct seen *s, const struct mcp_message *m)
{
	char text[256];
	(void)m;
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":" ACCEPT "}", s->ask_ids[s->asked - 1]);
	(void)bridge_notify(s->rig->bridge, s->rig->u, &s->rig->t, slice_str(text), NULL, NULL);
}

static void cancel_at_once(struct seen *s, const struct mcp_message *m)
{
	(void)m;
	bridge_cancel(s->rig->bridge, s->rig->u, s->id, "gone");
}

static void test_hostile(struct rig *r)
{
	struct seen s = { .on_message = answer_at_once };
	r->calls = 0;
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"endless\"}") && s.kind == MCP_ERROR && s.asked == LIMIT_INPUT_ROUNDS &&
	           r->calls == LIMIT_INPUT_ROUNDS + 1,
	   "a server that asks for ever is asked no more (%d times)", s.asked);
	s = (struct seen){ 0 };
	r->calls = 0;
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"patient\"}") && s.kind == MCP_RESULT && r->calls == 2 &&
	           has(r->last, "\"requestState\":\"later\"") && !strstr(r->last, "inputResponses"),
	   "one that wants patience is asked again with its state");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"empty\"}") && s.kind == MCP_ERROR && s.asked == 0,
	   "input that names nothing is an error");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "completion/complete", "{}") && s.kind == MCP_ERROR && s.asked == 0,
	   "so is input for a method that has none");
	r->t.to.client_caps = UPSTREAM_CAN_ELICITATION | UPSTREAM_CAN_ROOTS;
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"many\"}") && s.kind == MCP_ERROR && s.asked == 0,
	   "nothing is asked when one thing was not declared");
	ok(!strstr(r->last, "sampling") && !strstr(r->last, "url"), "nor was it declared to the server");
	r->t.to.client_caps |= UPSTREAM_CAN_ELICITATION_URL | UPSTREAM_CAN_SAMPLING;
	/* The client goes while it is shown the first of three. */
	s = (struct seen){ .on_message = cancel_at_once };
	(void)rig_send(r, &s, "tools/call", "{\"name\":\"many\"}");
	ok(rig_until(r, &s.asked, 1), "a client may go");
	rig_settle(r);
	ok(s.asked == 1 && s.done == 0, "and hears no more");
}

static void test_limits(struct rig *r)
{
	struct seen s = { .on_message = answer_at_once };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"" ASK_ALL "\"}") && s.kind == MCP_RESULT && s.asked == LIMIT_OPEN_ASKS, "%d things may be asked at once",
	   LIMIT_OPEN_ASKS);
	s = (struct seen){ .on_message = answer_at_once };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"" ASK_MORE "\"}") && s.kind == MCP_ERROR && !s.asked, "one more and none is");
	/* Sessions that something is kept of. */
	struct crossing x = { .bridge = r->bridge, .behind = behind_of(r->bridge, r->u) };
	struct lm *lm = lm_of(r->bridge);
	struct lm_client *first = NULL;
	char name[32];
	for (size_t i = lm->client_n; i < LIMIT_KEPT_CLIENTS; i++) {
		snprintf(name, sizeof name, "n%zu", i);
		x.t.to.client_session = slice_str(name);
		struct lm_client *k = lm_client_get(&x);
		first = first ? first : k;
	}
	x.t.to.client_session = slice_of(first->key + sizeof x.behind + 1, first->key_n - sizeof x.behind - 1);
	ok(lm->client_n == LIMIT_KEPT_CLIENTS && lm_client_find(&x) == first, "of %d sessions something is kept", LIMIT_KEPT_CLIENTS);
	(void)lm_client_get(&x);
	struct lm_client *second = list_entry(lm->idle.next, struct lm_client, node);
	x.t.to.client_session = SLICE_LIT("one more");
	char gone[64];
	snprintf(gone, sizeof gone, "%.*s", (int)(second->key_n - sizeof x.behind - 1), second->key + sizeof x.behind + 1);
	ok(lm_client_get(&x) && lm->client_n == LIMIT_KEPT_CLIENTS, "one more forgets another");
	x.t.to.client_session = slice_str(gone);
	ok(!lm_client_find(&x), "that which was longest unused");
}

static void test_cancel(struct rig *r)
{
	struct seen s = { 0 }, note = { 0 };
	r->calls = r->gone = 0;
	struct exchange_id id = rig_send(r, &s, "tools/call", "{\"name\":\"hold\"}");
	ok(rig_until(r, &r->calls, 1), "a call is at the server");
	bridge_cancel(r->bridge, r->u, id, "enough");
	ok(rig_until(r, &r->gone, 1) && s.done == 0, "its cancellation closes the response");
	s = (struct seen){ .rig = r };
	id = rig_send(r, &s, "tools/call", "{\"name\":\"ask\"}");
	ok(rig_until(r, &s.asked, 1), "a call waits for its client");
	bridge_cancel(r->bridge, r->u, id, "enough");
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &note.done, 1) && note.failure == UPSTREAM_REFUSED, "what is cancelled is not answered any more");
	s = (struct seen){ 0 };
	s.rig = r;
	(void)bridge_request(r->bridge, r->u, &r->t, SLICE_LIT("tools/call"), SLICE_LIT("{\"name\":\"ask\"}"), 50,
	                     &rig_events, &s);
	ok(rig_until(r, &s.done, 1) && s.failure == UPSTREAM_TIMEOUT && s.asked == 1, "a client that does not answer is not waited for");
}

static void test_listen(struct rig *r)
{
	struct seen s = { .rig = r }, note = { 0 };
	char text[512];
	r->listens = r->gone = 0;
	struct exchange_id id = bridge_listen(r->bridge, r->u, &r->t, slice_of(NULL, 0), &rig_events, &s);
	ok(rig_until(r, &s.opened, 1) && r->listens == 1, "a stream is a subscription");
	ok(has(r->last, "\"toolsListChanged\":true") && !strstr(r->last, "resourceSubscriptions"), "to the lists");
	snprintf(text, sizeof text,
	         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{"
	         "\"io.modelcontextprotocol/subscriptionId\":%s}}}",
	         r->held_id);
	rig_event(r, r->held, text);
	ok(rig_until(r, &s.messages, 1) && has(s.last, "list_changed") && !strstr(s.last, "subscriptionId"),
	   "what changes is told without the subscription's id");
	ok(rig_ask(r, &note, "resources/subscribe", "{\"uri\":\"file:///a\"}") && note.kind == MCP_RESULT &&
	           rig_until(r, &r->listens, 2),
	   "a resource is subscribed to by another subscription");
	ok(rig_until(r, &r->gone, 1), "which replaces the first");
	note = (struct seen){ 0 };
	ok(rig_ask(r, &note, "resources/unsubscribe", "{\"uri\":\"file:///a\"}") && note.kind == MCP_RESULT && r->listens == 2,
	   "and given up without one: nobody is told of it any more");
	struct seen second = { .rig = r };
	struct exchange_id later = bridge_listen(r->bridge, r->u, &r->t, slice_of(NULL, 0), &rig_events, &second);
	ok(rig_until(r, &second.opened, 1) && r->listens == 2, "a second stream of a session needs none of its own");
	snprintf(text, sizeof text,
	         "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{"
	         "\"io.modelcontextprotocol/subscriptionId\":%s}}}",
	         r->held_id);
	rig_event(r, r->held, text);
	ok(rig_until(r, &second.messages, 1) && s.messages == 1, "and is told in place of the first");
	bridge_cancel(r->bridge, r->u, later, "gone");
	rig_event(r, r->held, text);
	ok(rig_until(r, &s.messages, 2), "which is told when that has gone");
	bridge_cancel(r->bridge, r->u, id, "gone");
	ok(rig_until(r, &r->gone, 2), "the last stream ends the subscription");
}

/* A client of many servers, whose session at this one is the bridge's affair. */
static void test_held(struct rig *r)
{
	struct bridge_target mine = r->t;
	struct seen s = { 0 }, note = { 0 };
	char text[256];
	r->t.is_held = true;
	r->t.to.version = MCP_VERSION_NONE;
	note = ask_for(r, &s, "ask", 1);
	note.rig = r;
	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":" ACCEPT "}", s.ask_ids[0]);
	(void)bridge_notify(r->bridge, NULL, &r->t, slice_str(text), &rig_events, &note);
	ok(rig_until(r, &s.done, 1) && s.kind == MCP_RESULT && note.failure == UPSTREAM_OK,
	   "a client of many servers answers to none by name");
	note = (struct seen){ .rig = r };
	(void)bridge_notify(r->bridge, NULL, &r->t, slice_str(text), &rig_events, &note);
	ok(rig_until(r, &note.done, 1) && note.failure == UPSTREAM_REFUSED, "and once");
	r->t = mine;
}

static void subscribe_many(struct rig *r)
{
	char params[64];
	struct seen s = { 0 };
	int refused = 0;
	for (int i = 0; i <= LIMIT_SUBSCRIPTIONS; i++) {
		s = (struct seen){ 0 };
		snprintf(params, sizeof params, "{\"uri\":\"file:///%d\"}", i);
		if (!rig_ask(r, &s, "resources/subscribe", params) || s.kind != MCP_RESULT)
			refused++;
		if (i == LIMIT_SUBSCRIPTIONS - 1)
			ok(!refused, "%d resources may be subscribed to", LIMIT_SUBSCRIPTIONS);
	}
	ok(refused == 1, "and not one more");
	bridge_close(r->bridge, r->u, &r->t);
}

static void test_old_client(struct rig *r)
{
	struct seen s = { 0 };
	open_client(r, MCP_2025_06_18, "old");
	struct seen note = ask_for(r, &s, "ask", 1);
	ok(!strstr(s.last, "\"mode\""), "a client of 2025-06-18 is asked without a mode");
	rig_reply(r, &s, 0, &note, "result", ACCEPT);
	ok(rig_until(r, &s.done, 1) && s.kind == MCP_RESULT, "and answers");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"url\"}") && s.kind == MCP_ERROR && !s.asked,
	   "it is not asked to open a URL");
	open_client(r, MCP_2025_03_26, "older");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"ask\"}") && s.kind == MCP_ERROR && !s.asked,
	   "one of 2025-03-26 is not asked at all");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tasks/get", "{\"taskId\":\"t\"}") && has(s.answer, "-32601"), "and has no tasks");
}

static void serve_older(struct rig *r, const struct http_request *q, const struct mcp_message *m, const char *id)
{
	(void)m;
	(void)id;
	http_respond(r->server, q->id, 404, NULL, 0, slice_of(NULL, 0));
}

/* The server is replaced by one of the older era, to which the session means nothing. */
static void test_replaced(struct rig *r)
{
	struct seen s = { 0 };
	open_client(r, MCP_2025_11_25, "replaced");
	r->serve = serve_older;
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"x\"}") && s.failure == UPSTREAM_REFUSED, "a server may refuse all of a sudden");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"x\"}") && s.failure == UPSTREAM_GONE_SESSION && has(r->log, "server/discover"),
	   "it is asked what it is, and the session ends");
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"x\"}") && s.failure == UPSTREAM_GONE_SESSION && !r->log[0],
	   "for the next request, too, without asking");
	r->serve = serve;
	upstream_doubt(r->u, MCP_ERA_MODERN);
	s = (struct seen){ 0 };
	ok(rig_ask(r, &s, "tools/call", "{\"name\":\"x\"}") && s.kind == MCP_RESULT && has(r->log, "server/discover"),
	   "a doubt alone costs a question");
}

static void test_removed(struct rig *r)
{
	static struct seen waits, streams;
	open_client(r, MCP_2025_11_25, "last");
	(void)ask_for(r, &waits, "ask", 1);
	streams.rig = r;
	(void)bridge_listen(r->bridge, r->u, &r->t, slice_of(NULL, 0), &rig_events, &streams);
	ok(rig_until(r, &streams.opened, 1), "a stream is open");
	rig_end(r);
	ok(waits.done == 1 && waits.failure == UPSTREAM_BROKEN && streams.done == 1,
	   "what waits for its client ends with the server, as its streams do");
}

int main(void)
{
	struct rig r = { .serve = serve };
	if (!rig_begin(&r))
		return 1;
	open_client(&r, MCP_2025_11_25, "c1");
	test_requests(&r);
	test_levels(&r);
	test_input(&r);
	test_many_inputs(&r);
	test_hostile(&r);
	test_limits(&r);
	test_cancel(&r);
	test_listen(&r);
	test_held(&r);
	subscribe_many(&r);
	test_old_client(&r);
	test_replaced(&r);
	test_removed(&r);
	return tap_done();
}
