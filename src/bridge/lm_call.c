/*
 * One request of a legacy client at a server of the modern era: it gets the envelope of that era;
 * an answer that asks for input is shown to the client as requests of the server, and the request
 * is sent again with what it said (2026-07-28, basic/patterns/mrtr).
 */
#include "base/check.h"
#include "base/log.h"
#include "bridge/lm.h"
#include "mcp/mirror.h"
#include <stdarg.h>

#define TEXT_MAX (LIMIT_MESSAGE_BYTES + 65536)

static void on_message(struct crossing *x, const struct mcp_message *m)
{
	struct lm_call *c = x->state;
	/* The server must not say more than it was asked for; see SubscriptionFilter and logLevel. */
	if (slice_is(m->method, "notifications/message") &&
	    !mcp_log_passes(m, lm_client_level(lm_client_find(c->x))))
		return;
	lm_show(x, m);
}

/* Only an answer of the modern era speaks for it. */
static bool is_doubtful(enum upstream_failure f, const struct mcp_message *m)
{
	int64_t code = 0;
	if (f == UPSTREAM_OK && m && m->kind == MCP_ERROR)
		return json_int64(json_gets(m->error, "code"), &code) && code == MCP_UNSUPPORTED_VERSION;
	return f == UPSTREAM_REFUSED;
}

static void on_done(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                    int http_status)
{
	struct lm_call *c = x->state;
	if (is_doubtful(f, m))
		upstream_doubt(x->behind->u, MCP_ERA_MODERN);
	if (f != UPSTREAM_OK || !m)
		crossing_done(x, f, NULL, why, http_status);
	else
		c->next(c, m);
}

static void on_leave(struct crossing *x, const char *reason)
{
	struct lm_call *c = x->state;
	(void)reason;
	loop_cancel(x->bridge->o.loop, &c->timer);
	lm_task_abandon(c);
	lm_ask_drop(c);
	map_release(&c->told);
	buf_release(&c->params);
	buf_release(&c->state);
	free(c->task_id);
	free(c);
	x->state = NULL;
}

static const struct crossing_ops call_ops = { .on_message = on_message, .on_done = on_done, .leave = on_leave };

static void on_time(void *ctx)
{
	struct lm_call *c = ctx;
	c->timer.v = 0;
	c->timed(c);
}

void lm_call_wait(struct lm_call *c, uint64_t ms, void (*timed)(struct lm_call *c))
{
	BUG_ON(c->timer.v || c->x->inner.v);
	c->timed = timed;
	c->timer = loop_after(c->x->bridge->o.loop, ms, on_time, c);
}

void lm_call_send(struct lm_call *c, struct slice method, struct slice params)
{
	struct crossing *x = c->x;
	struct upstream_target to = x->t.to;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	struct mcp_message m = { .kind = MCP_REQUEST, .method = method, .params = json_read(params, &a, &e) };
	to.session = slice_of(NULL, 0);
	to.version = MCP_MODERN_LATEST;
	to.name = mcp_name_of(&m);
	if (!slice_eq(method, x->method))
		to.header_n = 0; /* they repeat the arguments of the call */
	if (m.params)
		crossing_set_inner(x, upstream_request(x->behind->u, &to, method, params, crossing_left_ms(x),
		                                       &crossing_events, x));
	else
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "the request cannot be said in %s: %s",
		                   mcp_version_name(MCP_MODERN_LATEST), e.text);
	arena_release(&a);
}

/* Ends */

static void answer(struct lm_call *c, const char *member, const struct buf *text)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"%s\":", member);
	buf_add_slice(&b, buf_slice(text));
	buf_addc(&b, '}');
	if (buf_ok(text) && buf_ok(&b))
		crossing_answer(c->x, buf_slice(&b), 0);
	else
		crossing_fail(c->x, UPSTREAM_BROKEN, 0, "the answer of server '%s' is larger than the gate carries",
		              c->x->behind->name);
	buf_release(&b);
}

void lm_call_result(struct lm_call *c, struct slice result)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	buf_add_slice(&b, result);
	answer(c, "result", &b);
	buf_release(&b);
}

void lm_call_error(struct lm_call *c, const struct json *error)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	int64_t code = 0;
	/* About our side of the connection: whoever runs the gate should hear of it. */
	if (json_int64(json_gets(error, "code"), &code) &&
	    (code == MCP_HEADER_MISMATCH || code == MCP_UNSUPPORTED_VERSION))
		log_warn(c->x->behind->name, "it refused what the gate made of '%.*s' (%lld)",
		         SLICE_ARG(c->x->method), (long long)code);
	mcp_error_to_legacy(&b, c->x->method, error);
	answer(c, "error", &b);
	buf_release(&b);
}

void lm_call_refuse(struct lm_call *c, int code, const char *fmt, ...)
{
	char text[256];
	struct buf b = BUF_INIT(4096);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	mcp_write_error(&b, SLICE_LIT("0"), code, text, slice_of(NULL, 0));
	lm_ask_drop(c);
	crossing_answer_soon(c->x, buf_slice(&b));
	buf_release(&b);
}

bool lm_call_round(struct lm_call *c)
{
	if (c->rounds++ < LIMIT_INPUT_ROUNDS)
		return true;
	log_warn(c->x->behind->name, "'%.*s' asked for input more than %d times", SLICE_ARG(c->x->method),
	         LIMIT_INPUT_ROUNDS);
	lm_call_refuse(c, MCP_INTERNAL_ERROR, "the server '%s' asked for input more than %d times", c->x->behind->name,
	               LIMIT_INPUT_ROUNDS);
	return false;
}

/* Input */

static void send_again(struct lm_call *c)
{
	struct buf responses = BUF_INIT(LIMIT_MESSAGE_BYTES), b = BUF_INIT(TEXT_MAX);
	if (c->ask_n)
		lm_ask_responses(c, &responses);
	mcp_params_retry(&b, buf_slice(&c->params), buf_slice(&responses),
	                 c->has_state ? buf_slice(&c->state) : slice_of(NULL, 0));
	lm_ask_drop(c);
	if (buf_ok(&responses) && buf_ok(&b))
		lm_call_send(c, c->x->method, buf_slice(&b));
	else
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the answers to server '%s' are larger than the gate carries",
		               c->x->behind->name);
	buf_release(&responses);
	buf_release(&b);
}

/* Load shedding: "the client may retry immediately", which would not help a busy server. */
static void wait_for_server(struct lm_call *c)
{
	uint64_t ms = LIMIT_PATIENCE_MS;
	for (unsigned i = 1; i < c->rounds && ms < LIMIT_PATIENCE_MAX_MS; i++)
		ms *= 2;
	lm_call_wait(c, ms < LIMIT_PATIENCE_MAX_MS ? ms : LIMIT_PATIENCE_MAX_MS, send_again);
}

static void on_input_required(struct lm_call *c, const struct json *result)
{
	struct mcp_input inputs[LIMIT_OPEN_ASKS];
	struct slice state, method = c->x->method;
	size_t n = 0;
	struct err e = { 0 };
	bool may = slice_is(method, "tools/call") || slice_is(method, "prompts/get") ||
	           slice_is(method, "resources/read");
	if (!may || !mcp_inputs_read(result, inputs, LIMIT_OPEN_ASKS, &n, &state, &e)) {
		log_warn(c->x->behind->name, "it asks for input wrongly: %s",
		         may ? e.text : "this method has none");
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the server '%s' asked for input in a way that MCP does not have",
		               c->x->behind->name);
		return;
	}
	if (!lm_call_round(c))
		return;
	buf_clear(&c->state);
	buf_add_slice(&c->state, state);
	c->has_state = state.p != NULL;
	if (n)
		lm_ask(c, inputs, n, slice_of(NULL, 0), send_again);
	else
		wait_for_server(c);
}

void lm_call_complete(struct lm_call *c, const struct json *result)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct slice method = c->x->method;
	if (c->x->behind->has_tasks && slice_is(method, "tools/list") && c->x->t.client_version == MCP_2025_11_25)
		lm_task_mark_tools(&b, result);
	else
		mcp_result_to_legacy(&b, method, result, c->x->t.client_version);
	answer(c, "result", &b);
	buf_release(&b);
}

static void on_answer(struct lm_call *c, const struct mcp_message *m)
{
	struct slice type = json_string(json_gets(m->result, "resultType"));
	if (lm_task_answer(c, m))
		return;
	if (m->kind == MCP_ERROR) {
		lm_call_error(c, m->error);
	} else if (slice_is(type, "input_required")) {
		on_input_required(c, m->result);
	} else if (!type.n || slice_is(type, "complete")) {
		lm_call_complete(c, m->result);
	} else {
		/* 2026-07-28, schema, ResultType: what is not known is no valid response. */
		log_warn(c->x->behind->name, "it answered '%.*s' with a result of type '%.*s'", SLICE_ARG(c->x->method),
		         (int)(type.n < 64 ? type.n : 64), type.p);
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the server '%s' answered with a kind of result that this client has not",
		               c->x->behind->name);
	}
}

/* What the server has no word for is answered here. */

static void set_level(struct lm_call *c, const struct json *params)
{
	enum mcp_log_level level = mcp_log_level_of(json_string(json_gets(params, "level")));
	struct lm_client *k = level ? lm_client_get(c->x) : NULL;
	if (k)
		k->log_level = level;
	else if (level)
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the gate keeps the levels of as many clients as it may");
	else
		lm_call_refuse(c, MCP_INVALID_PARAMS, "'params.level' is no level of logs");
	if (k)
		crossing_answer_soon(c->x, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}"));
}

static void subscribe(struct lm_call *c, const struct json *params, bool is_on)
{
	struct slice uri = json_string(json_gets(params, "uri"));
	struct lm_client *k = is_on ? lm_client_get(c->x) : lm_client_find(c->x);
	if (!uri.n || uri.n > LIMIT_URI) {
		lm_call_refuse(c, MCP_INVALID_PARAMS, "'params.uri' must be a URI of at most %d bytes", LIMIT_URI);
		return;
	}
	if (is_on && (!k || !lm_client_subscribe(k, uri))) {
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the gate keeps as many subscriptions as it may");
		return;
	}
	if (!is_on && k)
		lm_client_unsubscribe(k, uri);
	crossing_answer_soon(c->x, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}"));
}

static void forward(struct lm_call *c, const struct json *params)
{
	struct buf caps = BUF_INIT(4096);
	bool is_call = slice_is(c->x->method, "tools/call");
	c->is_task = is_call && c->x->t.client_version == MCP_2025_11_25 &&
	             json_is(json_gets(params, "task"), JSON_OBJECT);
	if (c->is_task)
		c->ttl_ms = lm_task_ttl(json_gets(params, "task"));
	struct mcp_speaker s = lm_speaker(c->x, lm_client_level(lm_client_find(c->x)), c->is_task, &caps);
	mcp_params_to_modern(&c->params, params, &s);
	c->next = on_answer;
	if (buf_ok(&c->params))
		lm_call_send(c, c->x->method, buf_slice(&c->params));
	else
		crossing_fail_soon(c->x, UPSTREAM_UNREACHED, "the message grew over its limit");
	buf_release(&caps);
}

static void dispatch(struct lm_call *c, const struct json *params)
{
	struct slice method = c->x->method;
	if (slice_is(method, "logging/setLevel"))
		set_level(c, params);
	else if (slice_is(method, "resources/subscribe"))
		subscribe(c, params, true);
	else if (slice_is(method, "resources/unsubscribe"))
		subscribe(c, params, false);
	else if (slice_starts(method, SLICE_LIT("tasks/")))
		lm_task_begin(c, params);
	else
		forward(c, params);
}

void lm_call_begin(struct crossing *x)
{
	struct lm_call *c = mem_zalloc(sizeof *c);
	struct arena a;
	struct err e = { 0 };
	x->ops = &call_ops;
	x->state = c;
	c->x = x;
	buf_init(&c->params, TEXT_MAX);
	buf_init(&c->state, LIMIT_MESSAGE_BYTES);
	map_init(&c->told);
	list_add_tail(&x->behind->modern, &x->of_state);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *params = x->text.n ? json_read(x->text, &a, &e) : NULL;
	if (x->text.n && !params)
		lm_call_refuse(c, MCP_INVALID_PARAMS, "%s", e.text);
	else
		dispatch(c, params);
	arena_release(&a);
}
