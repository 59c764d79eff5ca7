/*
 * The tasks of legacy servers that modern clients use. A task belongs to the session that made it
 * and is asked for there. While it wants input its tasks/result is open at the server, which is
 * where the server asks (2025-11-25, basic/utilities/tasks, Input Required Status).
 */
#include "bridge/ml_task.h"
#include "base/check.h"
#include "mcp/task.h"

#define TEXT_MAX (LIMIT_MESSAGE_BYTES + 65536)

struct ml_task {
	struct list node;           /* of bridge->tasks, the longest unused first */
	struct bridge *bridge;
	struct held_wait wait;      /* the session that made it */
	char *grant_id, *id;
	uint64_t used_us;
	struct exchange_id result;  /* tasks/result under way */
	struct list asks;           /* of struct errand_ask */
	size_t ask_n, ask_bytes;
	unsigned ask_last;
};

/* One request of a client about a task. */
struct inquiry {
	struct crossing *x;
	struct held_wait wait;
	char *id;
	struct buf task;            /* of tasks/get, while its result is fetched */
};

static struct loop *loop_of(const struct ml_task *t)
{
	return t->bridge->o.loop;
}

/* What the server asks for a task */

static void answer_server(const struct ml_task *t, struct slice text)
{
	const struct held *h = t->wait.held;
	if (!t->bridge->is_ending && !h->is_lost)
		(void)upstream_notify(h->behind->u, &h->to, text, NULL, NULL);
}

static void refuse_id(const struct ml_task *t, struct slice id, const char *text)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 8 + 512);
	mcp_write_error(&b, id, MCP_METHOD_NOT_FOUND, text, slice_of(NULL, 0));
	answer_server(t, buf_slice(&b));
	buf_release(&b);
}

static void free_ask(struct ml_task *t, struct errand_ask *a)
{
	list_del(&a->node);
	t->ask_n--;
	t->ask_bytes -= a->params.n;
	free(a->id);
	free(a->method);
	buf_release(&a->params);
	free(a);
}

static void task_free(struct ml_task *t)
{
	struct exchange_id result = t->result;
	t->result.v = 0;
	while (!list_empty(&t->asks)) {
		struct errand_ask *a = list_entry(t->asks.next, struct errand_ask, node);
		refuse_id(t, slice_str(a->id), "nobody waits for this task any more");
		free_ask(t, a);
	}
	if (result.v && !t->bridge->is_ending)
		upstream_cancel(t->wait.held->behind->u, result, "nobody waits for it any more");
	list_del(&t->node);
	t->bridge->task_n--;
	held_leave(&t->wait);
	free(t->grant_id);
	free(t->id);
	free(t);
}

static void keep_ask(struct ml_task *t, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 8);
	struct errand_ask *a = mem_zalloc(sizeof *a);
	unsigned needs = mcp_input_needs(m->method, m->params);
	json_write(&id, m->id);
	a->params = BUF_INIT(LIMIT_WAITING_BYTES - t->ask_bytes);
	list_init(&a->node);
	if (m->params)
		mcp_input_to_modern(&a->params, m->params);
	if (!needs || (t->wait.held->to.client_caps & needs) != needs || t->ask_n >= LIMIT_OPEN_ASKS ||
	    !buf_ok(&a->params)) {
		refuse_id(t, buf_slice(&id), "the client cannot be asked this");
		buf_release(&a->params);
		free(a);
	} else {
		snprintf(a->key, sizeof a->key, "ask-%u", ++t->ask_last);
		a->id = mem_strndup(id.p, id.n);
		a->method = mem_strndup(m->method.p, m->method.n);
		t->ask_n++;
		t->ask_bytes += a->params.n;
		list_add_tail(&t->asks, &a->node);
	}
	buf_release(&id);
}

static struct ml_task *find(const struct bridge *b, const struct behind *s, struct slice grant_id, struct slice id)
{
	for (struct list *it = b->tasks.prev; it != &b->tasks; it = it->prev) {
		struct ml_task *t = list_entry(it, struct ml_task, node);
		if (t->wait.held->behind == s && slice_is(id, t->id) && slice_is(grant_id, t->grant_id))
			return t;
	}
	return NULL;
}

bool ml_task_hear(struct held *h, const struct mcp_message *m)
{
	struct slice id = json_string(json_gets(json_gets(json_gets(m->params, "_meta"), MCP_META_RELATED_TASK), "taskId"));
	struct ml_task *t = id.n && m->kind == MCP_REQUEST ? find(h->behind->bridge, h->behind, h->to.grant_id, id) : NULL;
	if (!t || t->wait.held != h)
		return false;
	keep_ask(t, m);
	return true;
}

static void on_result_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct ml_task *t = ctx;
	if (t->result.v == id.v && m->kind == MCP_REQUEST)
		keep_ask(t, m);
}

/* What it is, tasks/get tells when it is asked next. */
static void on_result_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                           const char *why, int http_status)
{
	struct ml_task *t = ctx;
	(void)f;
	(void)m;
	(void)why;
	(void)http_status;
	if (t->result.v != id.v)
		return;
	t->result.v = 0;
	while (!list_empty(&t->asks))
		free_ask(t, list_entry(t->asks.next, struct errand_ask, node));
}

static const struct upstream_events result_events = { .on_message = on_result_message, .on_done = on_result_done };

static void write_params(struct buf *b, const char *id)
{
	buf_adds(b, "{\"taskId\":");
	buf_add_json_string(b, slice_str(id));
	buf_addc(b, '}');
}

static void open_result(struct ml_task *t)
{
	struct held *h = t->wait.held;
	struct buf params = BUF_INIT(TEXT_MAX);
	if (t->result.v || h->is_lost)
		return;
	write_params(&params, t->id);
	t->result = upstream_request(h->behind->u, &h->to, SLICE_LIT("tasks/result"), buf_slice(&params),
	                             t->bridge->o.parked_ms, &result_events, t);
	buf_release(&params);
}

/* Which tasks are known */

static void on_sweep(void *ctx)
{
	struct bridge *b = ctx;
	uint64_t now = loop_now_us(b->o.loop);
	b->task_sweep.v = 0;
	list_each_safe(it, next, &b->tasks)
	{
		struct ml_task *t = list_entry(it, struct ml_task, node);
		if (t->wait.held->is_lost || now - t->used_us >= LIMIT_HELD_TASK_IDLE_MS * 1000ull)
			task_free(t);
	}
	if (b->task_n)
		b->task_sweep = loop_after(b->o.loop, LIMIT_HELD_TASK_IDLE_MS / 4, on_sweep, b);
}

/* Past a limit the one that was longest unused is not known any more. */
static void make_room(struct bridge *b, const char *grant_id)
{
	struct ml_task *oldest = NULL;
	size_t of_grant = 0;
	list_each_safe(it, next, &b->tasks)
	{
		struct ml_task *t = list_entry(it, struct ml_task, node);
		if (strcmp(t->grant_id, grant_id) == 0 && !of_grant++)
			oldest = t;
	}
	if (of_grant < LIMIT_HELD_TASKS_OF_GRANT && b->task_n < LIMIT_HELD_TASKS)
		return;
	if (of_grant < LIMIT_HELD_TASKS_OF_GRANT || !oldest)
		oldest = list_entry(b->tasks.next, struct ml_task, node);
	task_free(oldest);
}

static void touch(struct ml_task *t)
{
	t->used_us = loop_now_us(loop_of(t));
	list_del(&t->node);
	list_add_tail(&t->bridge->tasks, &t->node);
}

static struct ml_task *know(struct held *h, const char *grant_id, struct slice id)
{
	struct bridge *b = h->behind->bridge;
	struct ml_task *t = find(b, h->behind, slice_str(grant_id), id);
	if (t) {
		touch(t);
		return t;
	}
	if (!id.n || id.n > LIMIT_URI || memchr(id.p, '\0', id.n) || h->is_lost || h->behind->is_forgotten)
		return NULL;
	make_room(b, grant_id);
	t = mem_zalloc(sizeof *t);
	t->bridge = b;
	t->grant_id = mem_strdup(grant_id);
	t->id = mem_strndup(id.p, id.n);
	list_init(&t->asks);
	list_init(&t->node);
	held_share(&t->wait, h);
	b->task_n++;
	touch(t);
	if (!b->task_sweep.v)
		b->task_sweep = loop_after(b->o.loop, LIMIT_HELD_TASK_IDLE_MS / 4, on_sweep, b);
	return t;
}

void ml_task_made(struct held *h, const char *grant_id, const struct json *task)
{
	(void)know(h, grant_id, json_string(json_gets(task, "taskId")));
}

void ml_task_forget(struct behind *s)
{
	list_each_safe(it, next, &s->bridge->tasks)
	{
		struct ml_task *t = list_entry(it, struct ml_task, node);
		if (t->wait.held->behind == s)
			task_free(t);
	}
}

void ml_task_release(struct bridge *b)
{
	loop_cancel(b->o.loop, &b->task_sweep);
	while (!list_empty(&b->tasks))
		task_free(list_entry(b->tasks.next, struct ml_task, node));
}

/* tools/call */

bool ml_task_has_tasks(const struct held *h)
{
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *caps = json_gets(json_read(buf_slice(&h->greeting), &a, &e), "capabilities");
	const struct json *requests = json_gets(json_gets(caps, "tasks"), "requests");
	bool has_tasks = json_gets(json_gets(requests, "tools"), "call") != NULL;
	arena_release(&a);
	return has_tasks;
}

void ml_task_learn(struct behind *s, const struct json *list)
{
	for (struct json_iter it = json_iter(json_gets(list, "tools")); json_next(&it);) {
		struct slice name = json_string(json_gets(it.value, "name"));
		struct slice support = json_string(json_gets(json_gets(it.value, "execution"), "taskSupport"));
		if (!slice_is(support, "required"))
			(void)map_del(&s->task_tools, name);
		else if (name.n && name.n <= LIMIT_TOOL_NAME && s->task_tools.n < LIMIT_TOOLS_PER_SERVER)
			map_put(&s->task_tools, name, s);
	}
}

bool ml_task_is_demanded(const struct crossing *x, const struct json *params)
{
	return slice_is(x->method, "tools/call") &&
	       (x->t.is_task_only || map_get(&x->behind->task_tools, json_string(json_gets(params, "name"))));
}

bool ml_task_is_refusal(const struct held *h, struct slice method, const struct json *error)
{
	int64_t code;
	return slice_is(method, "tools/call") && json_int64(json_gets(error, "code"), &code) &&
	       (code == MCP_METHOD_NOT_FOUND || code == MCP_INVALID_REQUEST) && ml_task_has_tasks(h);
}

void ml_task_write_lacking(struct buf *b)
{
	mcp_write_error(b, SLICE_LIT("0"), MCP_MISSING_CAPABILITY, "this tool runs as a task only",
	                SLICE_LIT("{\"requiredCapabilities\":{\"extensions\":{\"" MCP_EXTENSION_TASKS "\":{}}}}"));
}

/* What clients ask about tasks */

static void inquiry_free(struct inquiry *q)
{
	held_leave(&q->wait);
	buf_release(&q->task);
	free(q->id);
	free(q);
}

static void on_leave(struct crossing *x, const char *reason)
{
	struct inquiry *q = x->state;
	(void)reason;
	x->state = NULL;
	if (q)
		inquiry_free(q);
}

static void on_inquired(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                        int http_status);
static const struct crossing_ops inquiry_ops = { .on_done = on_inquired, .leave = on_leave };

static void answer(struct inquiry *q, const char *member, const struct buf *text, int status)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	buf_addf(&b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"%s\":", member);
	buf_add_slice(&b, buf_slice(text));
	buf_addc(&b, '}');
	if (buf_ok(text) && buf_ok(&b))
		crossing_answer(q->x, buf_slice(&b), status);
	else
		crossing_fail(q->x, UPSTREAM_BROKEN, status, "the answer is too large");
	buf_release(&b);
}

static void answer_task(struct inquiry *q, const struct json *task, const struct mcp_outcome *o)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	mcp_task_to_modern(&b, task, "complete", o);
	answer(q, "result", &b, 200);
	buf_release(&b);
}

static void answer_waiting(struct inquiry *q, const struct json *task)
{
	struct ml_task *t = know(q->wait.held, q->wait.held->grant_id, slice_str(q->id));
	struct mcp_ask asks[LIMIT_OPEN_ASKS];
	struct buf inputs = BUF_INIT(TEXT_MAX);
	size_t n = 0;
	if (t)
		open_result(t);
	if (t)
		list_each_safe(it, next, &t->asks)
		{
			const struct errand_ask *a = list_entry(it, struct errand_ask, node);
			asks[n++] = (struct mcp_ask){ slice_str(a->key), slice_str(a->method), buf_slice(&a->params) };
		}
	if (n)
		mcp_input_requests_write(&inputs, asks, n);
	answer_task(q, task, &(struct mcp_outcome){ .inputs = buf_slice(&inputs) });
	buf_release(&inputs);
}

static void send(struct inquiry *q, struct slice method)
{
	struct held *h = q->wait.held;
	struct buf params = BUF_INIT(TEXT_MAX);
	struct upstream_target to = h->to;
	to.client_caps = 0;
	write_params(&params, q->id);
	crossing_set_inner(q->x, upstream_request(h->behind->u, &to, method, buf_slice(&params), crossing_left_ms(q->x),
	                                          &crossing_events, q->x));
	buf_release(&params);
}

static void take_state(struct inquiry *q, const struct json *task)
{
	switch (mcp_task_status_of(task)) {
	case MCP_TASK_COMPLETED:
	case MCP_TASK_FAILED:
		json_write(&q->task, task);
		send(q, SLICE_LIT("tasks/result"));
		break;
	case MCP_TASK_INPUT_REQUIRED: answer_waiting(q, task); break;
	case MCP_TASK_NONE:
	case MCP_TASK_WORKING:
	case MCP_TASK_CANCELLED: answer_task(q, task, NULL); break;
	}
}

static void take_result(struct inquiry *q, const struct mcp_message *m)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	struct arena a;
	struct err e;
	struct mcp_outcome o = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	/* As the answer to the call would have been. */
	if (m->kind == MCP_ERROR)
		mcp_error_to_modern(&b, m->error);
	else
		mcp_result_to_modern(&b, SLICE_LIT("tools/call"), m->result, slice_of(NULL, 0));
	if (m->kind == MCP_ERROR)
		o.error = buf_slice(&b);
	else
		o.result = buf_slice(&b);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *task = buf_ok(&b) && buf_ok(&q->task) ? json_read(buf_slice(&q->task), &a, &e) : NULL;
	if (task)
		answer_task(q, task, &o);
	else
		crossing_fail(q->x, UPSTREAM_BROKEN, 0, "the result is too large");
	arena_release(&a);
	buf_release(&b);
}

static void on_inquired(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                        int http_status)
{
	struct inquiry *q = x->state;
	struct buf b = BUF_INIT(TEXT_MAX);
	bool is_get = slice_is(x->method, "tasks/get");
	if (f != UPSTREAM_OK || !m) {
		if (f == UPSTREAM_GONE_SESSION)
			held_lost(q->wait.held);
		crossing_done(x, f == UPSTREAM_GONE_SESSION ? UPSTREAM_UNREACHED : f, NULL, why, http_status);
	} else if (q->task.n) {
		take_result(q, m);
	} else if (m->kind == MCP_ERROR) {
		mcp_error_to_modern(&b, m->error);
		answer(q, "error", &b, http_status);
	} else if (is_get) {
		take_state(q, m->result);
	} else {
		buf_adds(&b, "{\"resultType\":\"complete\"}");
		answer(q, "result", &b, http_status);
	}
	buf_release(&b);
}

static void start(struct inquiry *q)
{
	/* An update that no known task takes still learns whether there is such a task. */
	send(q, slice_is(q->x->method, "tasks/cancel") ? SLICE_LIT("tasks/cancel") : SLICE_LIT("tasks/get"));
}

static void on_session(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct inquiry *q = container_of(w, struct inquiry, wait);
	static const struct crossing_ops none;
	struct crossing *x = q->x;
	if (w->held) {
		start(q);
		return;
	}
	x->ops = &none;
	x->state = NULL;
	inquiry_free(q);
	errand_not_opened(x, f, error, why, http_status);
}

static void refuse(struct crossing *x, int code, const char *text)
{
	struct buf b = BUF_INIT(1024);
	mcp_write_error(&b, SLICE_LIT("0"), code, text, slice_of(NULL, 0));
	crossing_answer_soon(x, buf_slice(&b));
	buf_release(&b);
}

/* Keys that are not open are ignored (ext-tasks, Task Update Requests). */
static void update(struct ml_task *t, struct crossing *x, const struct json *responses)
{
	struct err e = { 0 };
	list_each_safe(it, next, &t->asks)
	{
		struct errand_ask *a = list_entry(it, struct errand_ask, node);
		const struct json *response = json_gets(responses, a->key);
		if (response && !mcp_response_check(slice_str(a->method), response, &e)) {
			refuse(x, MCP_INVALID_PARAMS, e.text);
			return;
		}
		if (!response)
			continue;
		struct buf result = BUF_INIT(LIMIT_MESSAGE_BYTES), b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
		mcp_response_to_legacy(&result, response);
		mcp_write_result(&b, slice_str(a->id), buf_slice(&result));
		if (buf_ok(&result) && buf_ok(&b))
			answer_server(t, buf_slice(&b));
		else
			refuse_id(t, slice_str(a->id), "the client's answer is too large");
		buf_release(&result);
		buf_release(&b);
		free_ask(t, a);
	}
	crossing_answer_soon(x, SLICE_LIT("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"resultType\":\"complete\"}}"));
}

static void join(struct inquiry *q, struct ml_task *t)
{
	struct crossing *x = q->x;
	struct buf caps = BUF_INIT(256);
	if (t) {
		held_share(&q->wait, t->wait.held);
		start(q);
		return;
	}
	struct held_key k = errand_key(&caps, x->t.to.grant_id, x->t.to.client_caps, MCP_LOG_NONE, x->t.client_info);
	enum held_joined joined = held_join(&q->wait, x->behind, &k);
	if (joined == HELD_IS_READY)
		start(q);
	else if (joined == HELD_NO_ROOM)
		held_no_room(x);
	buf_release(&caps);
}

void ml_task_begin(struct crossing *x, const struct json *params)
{
	struct slice id = json_string(json_gets(params, "taskId"));
	bool is_update = slice_is(x->method, "tasks/update");
	if (!is_update && !slice_is(x->method, "tasks/get") && !slice_is(x->method, "tasks/cancel")) {
		refuse(x, MCP_METHOD_NOT_FOUND, "this revision has no such method");
		return;
	}
	if (!id.n || id.n > LIMIT_URI || memchr(id.p, '\0', id.n)) {
		refuse(x, MCP_INVALID_PARAMS, "'params.taskId' must name a task");
		return;
	}
	struct ml_task *t = find(x->bridge, x->behind, x->t.to.grant_id, id);
	if (t && t->wait.held->is_lost) {
		task_free(t);
		t = NULL;
	}
	if (t)
		touch(t);
	if (t && is_update) {
		update(t, x, json_gets(params, "inputResponses"));
		return;
	}
	struct inquiry *q = mem_zalloc(sizeof *q);
	q->x = x;
	q->id = mem_strndup(id.p, id.n);
	q->wait.fn = on_session;
	list_init(&q->wait.node);
	buf_init(&q->task, TEXT_MAX);
	x->state = q;
	x->ops = &inquiry_ops;
	join(q, t);
}
