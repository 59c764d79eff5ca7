/* Requests of modern clients at legacy servers: sent by a held session, answered in the words of
 * the client's era. */
#include "bridge/ml_task.h"
#include "base/check.h"

#define CLIENT_INFO_MAX   4096
#define ANSWER_BYTES_MAX  (LIMIT_MESSAGE_BYTES + 65536)

static struct loop *loop_of(const struct errand *e)
{
	return e->bridge->o.loop;
}

enum mcp_log_level errand_log_level(const struct json *params)
{
	return mcp_log_level_of(json_string(json_gets(json_gets(params, "_meta"), MCP_META_LOG_LEVEL)));
}

/* From what a client can answer alone: whatever else it says of itself would tell apart sessions
 * that may be one, and it could open as many as it can think of. */
static void write_capabilities(struct buf *b, unsigned can)
{
	const char *comma = "";
	buf_addc(b, '{');
	if (can & MCP_CAN_ROOTS) {
		buf_adds(b, "\"roots\":{}");
		comma = ",";
	}
	if (can & MCP_CAN_SAMPLING) {
		buf_addf(b, "%s\"sampling\":%s", comma, can & MCP_CAN_SAMPLING_TOOLS ? "{\"tools\":{}}" : "{}");
		comma = ",";
	}
	if (can & (MCP_CAN_ELICITATION | MCP_CAN_ELICITATION_URL))
		buf_addf(b, "%s\"elicitation\":{%s%s%s}", comma, can & MCP_CAN_ELICITATION ? "\"form\":{}" : "",
		         (can & MCP_CAN_ELICITATION) && (can & MCP_CAN_ELICITATION_URL) ? "," : "",
		         can & MCP_CAN_ELICITATION_URL ? "\"url\":{}" : "");
	buf_addc(b, '}');
}

struct held_key errand_key(struct buf *caps, struct slice grant_id, unsigned client_caps, enum mcp_log_level level,
                           struct slice client_info)
{
	write_capabilities(caps, client_caps);
	return (struct held_key){
		.kind = HELD_MODERN,
		.grant_id = grant_id,
		.capabilities = buf_slice(caps),
		.client_caps = client_caps,
		.log_level = level,
		.client_info = client_info.n <= CLIENT_INFO_MAX ? client_info : slice_of(NULL, 0),
	};
}

static void write_error(struct buf *b, const struct json *error)
{
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":");
	mcp_error_to_modern(b, error);
	buf_addc(b, '}');
}

void errand_not_opened(struct crossing *x, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct upstream *u = x->behind->u;
	/* A server that was replaced by one of the modern era refuses the handshake. */
	if (upstream_speaks(u, MCP_ERA_LEGACY) == UPSTREAM_NO && x->modern == UPSTREAM_NOT_ASKED) {
		upstream_doubt(u, MCP_ERA_MODERN);
		crossing_route(x);
		return;
	}
	if (f == UPSTREAM_OK) {
		struct buf b = BUF_INIT(ANSWER_BYTES_MAX);
		write_error(&b, error->error);
		crossing_answer(x, buf_slice(&b), http_status);
		buf_release(&b);
		return;
	}
	/* The request itself has not left, whatever became of the handshake. */
	bool is_unsent = f == UPSTREAM_BROKEN || f == UPSTREAM_TIMEOUT || f == UPSTREAM_GONE_SESSION;
	crossing_done(x, is_unsent ? UPSTREAM_UNREACHED : f, NULL, why, http_status);
}

/* Its life */

static void free_now(void *ctx)
{
	struct errand *e = ctx;
	free(e->method);
	free(e->grant_id);
	free(e->why);
	buf_release(&e->params);
	buf_release(&e->client_info);
	buf_release(&e->answer);
	free(e);
}

void errand_free(struct errand *e)
{
	if (e->is_dead)
		return;
	BUG_ON(e->x || e->inner.v);
	e->is_dead = true;
	parked_forget(e);
	list_del(&e->link);
	list_del(&e->of_bridge);
	held_leave(&e->wait);
	behind_drop(e->behind);
	loop_defer(loop_of(e), free_now, e);
}

void errand_abort(struct errand *e, const char *reason)
{
	if (e->is_dead)
		return;
	struct exchange_id inner = e->inner;
	e->inner.v = 0;
	e->x = NULL;
	if (inner.v && !e->bridge->is_ending) {
		parked_refuse_asks(e, "the client has gone");
		upstream_cancel(e->behind->u, inner, reason);
	}
	errand_free(e);
}

void errand_forget(struct behind *s)
{
	list_each_safe(it, next, &s->bridge->errands)
	{
		struct errand *e = list_entry(it, struct errand, of_bridge);
		if (e->behind == s && e->is_parked)
			errand_abort(e, "the server has been removed");
	}
}

void errand_release(struct bridge *b)
{
	list_each_safe(it, next, &b->errands)
		errand_abort(list_entry(it, struct errand, of_bridge), "the gate stops");
}

static void on_leave(struct crossing *x, const char *reason)
{
	struct errand *e = x->state;
	x->state = NULL;
	if (e)
		errand_abort(e, reason);
}

static void on_pause(struct crossing *x)
{
	const struct errand *e = x->state;
	if (e && e->inner.v)
		upstream_pause(e->behind->u, e->inner, x->is_paused);
}

static const struct crossing_ops errand_ops = { .leave = on_leave, .pause = on_pause };

struct crossing *errand_detach(struct errand *e)
{
	struct crossing *x = e->x;
	e->x = NULL;
	x->state = NULL;
	if (x->is_paused && e->inner.v)
		upstream_pause(e->behind->u, e->inner, false);
	return x;
}

void errand_attach(struct errand *e, struct crossing *x, const struct json *params)
{
	BUG_ON(e->x);
	e->x = x;
	x->state = e;
	x->ops = &errand_ops;
	e->can = x->t.to.client_caps;
	e->log_level = errand_log_level(params);
	if (e->inner.v)
		upstream_pause(e->behind->u, e->inner, x->is_paused);
}

/* Its end */

static void write_answer(struct errand *e, const struct mcp_message *m, struct buf *b)
{
	if (m->kind == MCP_ERROR) {
		if (e->wait.held && !e->is_task && ml_task_is_refusal(e->wait.held, slice_str(e->method), m->error))
			ml_task_write_lacking(b);
		else if (!parked_by_url(e, m->error, b))
			write_error(b, m->error);
		return;
	}
	if (strcmp(e->method, "tools/list") == 0)
		ml_task_learn(e->behind, m->result);
	if (e->is_task && e->wait.held)
		ml_task_made(e->wait.held, e->grant_id, json_gets(m->result, "task"));
	struct slice info = e->wait.held ? buf_slice(&e->wait.held->server_info) : slice_of(NULL, 0);
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":");
	mcp_result_to_modern(b, slice_str(e->method), m->result, info);
	buf_addc(b, '}');
}

static void finish(struct errand *e, enum upstream_failure f, const struct mcp_message *m, const char *why, int status)
{
	struct buf b = BUF_INIT(ANSWER_BYTES_MAX);
	if (f == UPSTREAM_OK && m)
		write_answer(e, m, &b);
	if (!buf_ok(&b)) {
		f = UPSTREAM_BROKEN;
		why = "the answer is too large";
	}
	if (e->x) {
		struct crossing *x = errand_detach(e);
		errand_free(e);
		if (f == UPSTREAM_OK)
			crossing_answer(x, buf_slice(&b), status);
		else
			crossing_done(x, f, NULL, why, status);
	} else {
		e->has_ended = true;
		e->failure = f;
		e->why = mem_strdup(why ? why : "");
		e->http_status = status;
		if (f == UPSTREAM_OK)
			buf_add_slice(&e->answer, buf_slice(&b));
		parked_keep(e);
	}
	buf_release(&b);
}

/* What the server says */

static void hear(struct errand *e, const struct mcp_message *m)
{
	if (m->kind == MCP_REQUEST) {
		if (!e->wait.held || !ml_task_hear(e->wait.held, m))
			parked_ask(e, m);
	} else if (slice_is(m->method, "notifications/cancelled")) {
		parked_drop_ask(e, json_gets(m->params, "requestId"));
	} else if (e->x && slice_is(m->method, "notifications/progress")) {
		crossing_show(e->x, m);
	} else if (e->x && slice_is(m->method, "notifications/message") && mcp_log_passes(m, e->log_level)) {
		crossing_show(e->x, m);
	}
	/* Nothing else stands on the stream of a request (MCP 2026-07-28, Streamable HTTP). */
}

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct errand *e = ctx;
	if (e->inner.v == id.v)
		hear(e, m);
}

static bool has_progress_token(const struct errand *e, const struct mcp_message *m)
{
	struct buf token = BUF_INIT(64), said = BUF_INIT(4096);
	upstream_progress_token(&token, e->progress_id);
	json_write(&said, json_gets(m->params, "progressToken"));
	bool is_same = e->progress_id && buf_ok(&said) && slice_eq(buf_slice(&token), buf_slice(&said));
	buf_release(&token);
	buf_release(&said);
	return is_same;
}

/* The stream of a session does not say whose call it is about. All of one session are of one
 * client's grant, and the newest is the likeliest to have made the server ask. */
void errand_hear(struct held *h, const struct mcp_message *m)
{
	bool is_progress = slice_is(m->method, "notifications/progress");
	bool is_cancelled = slice_is(m->method, "notifications/cancelled");
	if (ml_task_hear(h, m))
		return;
	for (struct list *it = h->errands.prev; it != &h->errands; it = it->prev) {
		struct errand *e = list_entry(it, struct errand, link);
		if (is_cancelled)
			parked_drop_ask(e, json_gets(m->params, "requestId"));
		else if (is_progress ? has_progress_token(e, m) : m->kind == MCP_REQUEST ? e->may_ask : e->x != NULL) {
			hear(e, m);
			return;
		}
	}
	if (m->kind == MCP_REQUEST)
		held_refuse(h, m);
}

/* Its way to the server */

static void join(struct errand *e);
static void send(struct errand *e);

static void make_task(struct errand *e)
{
	struct arena a;
	struct err why;
	struct buf params = BUF_INIT(ANSWER_BYTES_MAX);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	mcp_params_to_legacy(&params, json_read(buf_slice(&e->params), &a, &why), true);
	buf_release(&e->params);
	e->params = params;
	e->is_task = true;
	arena_release(&a);
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int http_status)
{
	struct errand *e = ctx;
	if (e->inner.v != id.v)
		return;
	e->inner.v = 0;
	list_del(&e->link);
	if (held_is_lost(e->wait.held, f, http_status)) {
		held_lost(e->wait.held);
		if (e->x && !e->did_repeat && !e->ask_last) {
			/* The server refused the session before it looked at the request. */
			e->did_repeat = true;
			held_leave(&e->wait);
			join(e);
			return;
		}
		f = f == UPSTREAM_GONE_SESSION ? UPSTREAM_UNREACHED : f;
	}
	if (f == UPSTREAM_OK && m && m->kind == MCP_ERROR && e->x && !e->is_task && (e->client_caps & MCP_CAN_TASKS) &&
	    ml_task_is_refusal(e->wait.held, slice_str(e->method), m->error)) {
		/* The server has refused it unrun. */
		make_task(e);
		send(e);
		return;
	}
	finish(e, f, m, why, http_status);
}

static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };

static void send(struct errand *e)
{
	struct held *h = e->wait.held;
	struct upstream_target to = h->to;
	uint64_t ms = crossing_left_ms(e->x);
	if (e->wants_task && !e->is_task && ml_task_has_tasks(h))
		make_task(e);
	to.progress_id = e->progress_id;
	if (e->may_ask)
		ms += e->bridge->o.parked_ms * LIMIT_PARKED_ROUNDS;
	else
		to.client_caps = 0;
	list_add_tail(&h->errands, &e->link);
	e->inner = upstream_request(e->behind->u, &to, slice_str(e->method), buf_slice(&e->params), ms, &events, e);
	if (e->x->is_paused)
		upstream_pause(e->behind->u, e->inner, true);
}

static void on_session(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct errand *e = container_of(w, struct errand, wait);
	if (w->held) {
		send(e);
		return;
	}
	struct crossing *x = errand_detach(e);
	errand_free(e);
	errand_not_opened(x, f, error, why, http_status);
}

static void join(struct errand *e)
{
	struct buf caps = BUF_INIT(256);
	struct held_key k = errand_key(&caps, slice_str(e->grant_id), e->client_caps, e->session_level,
	                               buf_slice(&e->client_info));
	enum held_joined joined = held_join(&e->wait, e->behind, &k);
	buf_release(&caps);
	if (joined == HELD_IS_READY) {
		send(e);
	} else if (joined == HELD_NO_ROOM) {
		struct crossing *x = errand_detach(e);
		errand_free(e);
		held_no_room(x);
	}
}

static bool may_ask(struct slice method)
{
	/* MCP 2026-07-28, Multi Round-Trip Requests, Supported Requests. */
	return slice_is(method, "tools/call") || slice_is(method, "prompts/get") || slice_is(method, "resources/read");
}

void errand_begin(struct crossing *x, const struct json *params)
{
	bool is_task = ml_task_is_demanded(x, params);
	if (is_task && !(x->t.to.client_caps & MCP_CAN_TASKS)) {
		struct buf b = BUF_INIT(1024);
		ml_task_write_lacking(&b);
		crossing_answer_soon(x, buf_slice(&b));
		buf_release(&b);
		return;
	}
	struct errand *e = mem_zalloc(sizeof *e);
	e->bridge = x->bridge;
	e->behind = x->behind;
	behind_use(e->behind);
	list_init(&e->link);
	list_init(&e->asks);
	list_init(&e->wait.node);
	list_add_tail(&e->bridge->errands, &e->of_bridge);
	e->wait.fn = on_session;
	e->method = mem_strndup(x->method.p, x->method.n);
	e->grant_id = mem_strndup(x->t.to.grant_id.n ? x->t.to.grant_id.p : "", x->t.to.grant_id.n);
	e->params = BUF_INIT(ANSWER_BYTES_MAX);
	e->client_info = BUF_INIT(CLIENT_INFO_MAX);
	e->answer = BUF_INIT(ANSWER_BYTES_MAX);
	e->client_caps = x->t.to.client_caps;
	e->session_level = errand_log_level(params);
	e->progress_id = x->t.to.progress_id;
	e->may_ask = may_ask(x->method) && e->client_caps;
	if (x->t.client_info.n <= CLIENT_INFO_MAX)
		buf_add_slice(&e->client_info, x->t.client_info);
	parked_digest(params, e->digest);
	mcp_params_to_legacy(&e->params, params, false);
	e->wants_task = is_task;
	errand_attach(e, x, params);
	if (buf_ok(&e->params)) {
		join(e);
		return;
	}
	errand_detach(e);
	errand_free(e);
	crossing_fail_soon(x, UPSTREAM_UNREACHED, "the message grew over its limit");
}
