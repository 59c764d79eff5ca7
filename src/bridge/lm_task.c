/*
 * Tasks of a legacy client (2025-11-25, basic/utilities/tasks), which asks for them and fetches
 * their results, with a server that has the extension (io.modelcontextprotocol/tasks), which
 * decides itself and is polled. A call that was answered at once although a task was asked for is
 * a completed task, whose result is kept here.
 */
#include "base/check.h"
#include "base/clock.h"
#include "bridge/lm.h"

#define TEXT_MAX (LIMIT_MESSAGE_BYTES + 65536)

static void ask_state(struct lm_call *c);
static void on_polled(struct lm_call *c, const struct mcp_message *m);

/* Results that are kept */

void lm_kept_free(struct lm_client *k, struct lm_kept *t)
{
	k->lm->kept_bytes -= t->result_n;
	k->kept_n--;
	list_del(&t->node);
	free(t->result);
	free(t);
}

static int64_t wall_us(const struct lm_client *k)
{
	return loop_wall_us(k->lm->bridge->o.loop);
}

static void drop_expired(struct lm_client *k)
{
	list_each_safe(it, next, &k->kept)
	{
		struct lm_kept *t = list_entry(it, struct lm_kept, node);
		if (wall_us(k) - t->created_wall_us > (int64_t)t->ttl_ms * 1000)
			lm_kept_free(k, t);
	}
}

/* Of the clients that were longest unused first. */
static void make_room(struct lm *lm, size_t n)
{
	struct list *const lists[] = { &lm->idle, &lm->busy };
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		list_each_safe(it, next, lists[i])
		{
			struct lm_client *k = list_entry(it, struct lm_client, node);
			while (lm->kept_bytes + n > LIMIT_KEPT_TASK_BYTES && k->kept_n)
				lm_kept_free(k, list_entry(k->kept.next, struct lm_kept, node));
		}
	}
}

static struct lm_kept *keep(struct lm_call *c, struct slice result)
{
	struct lm_client *k = lm_client_get(c->x);
	if (!k)
		return NULL;
	drop_expired(k);
	if (k->kept_n >= LIMIT_KEPT_TASKS)
		lm_kept_free(k, list_entry(k->kept.next, struct lm_kept, node));
	make_room(k->lm, result.n);
	struct lm_kept *t = mem_zalloc(sizeof *t);
	lm_random_id(t->id);
	t->result = mem_strndup(result.p, result.n);
	t->result_n = result.n;
	t->created_wall_us = wall_us(k);
	t->ttl_ms = c->ttl_ms;
	list_add_tail(&k->kept, &t->node);
	k->kept_n++;
	k->lm->kept_bytes += t->result_n;
	return t;
}

static struct lm_kept *find_kept(const struct crossing *x, struct slice id)
{
	struct lm_client *k = lm_client_find(x);
	if (!k)
		return NULL;
	drop_expired(k);
	list_each_safe(it, next, &k->kept)
	{
		struct lm_kept *t = list_entry(it, struct lm_kept, node);
		if (slice_is(id, t->id))
			return t;
	}
	return NULL;
}

static void write_kept(struct buf *b, const struct lm_kept *t, const char *status)
{
	char created[CLOCK_TEXT_SIZE];
	clock_text(t->created_wall_us, created);
	buf_addf(b,
	         "{\"taskId\":\"%s\",\"status\":\"%s\",\"createdAt\":\"%s\",\"lastUpdatedAt\":\"%s\","
	         "\"ttl\":%llu,\"pollInterval\":%d}",
	         t->id, status, created, created, (unsigned long long)t->ttl_ms, LIMIT_POLL_MIN_MS);
}

uint64_t lm_task_ttl(const struct json *task)
{
	int64_t ms;
	if (!json_int64(json_gets(task, "ttl"), &ms) || ms <= 0)
		return LIMIT_KEPT_TASK_MS;
	return ms < LIMIT_KEPT_TASK_MAX_MS ? (uint64_t)ms : LIMIT_KEPT_TASK_MAX_MS;
}

/* "Tasks MUST begin in the working status" (Task Status Lifecycle), also one that is done. */
static void answer_kept(struct lm_call *c, const struct json *result)
{
	struct buf text = BUF_INIT(TEXT_MAX), b = BUF_INIT(4096);
	mcp_result_to_legacy(&text, SLICE_LIT("tools/call"), result, c->x->t.client_version);
	struct lm_kept *t = buf_ok(&text) ? keep(c, buf_slice(&text)) : NULL;
	if (t) {
		buf_adds(&b, "{\"task\":");
		write_kept(&b, t, "working");
		buf_addc(&b, '}');
		lm_call_result(c, buf_slice(&b));
	} else {
		lm_call_refuse(c, MCP_INTERNAL_ERROR,
		               "the tool ran, but the gate keeps the tasks of as many clients as it may");
	}
	buf_release(&text);
	buf_release(&b);
}

/* The three methods for a task that is completed: inside a function of bridge.h. */
static void ask_kept(struct lm_call *c, const struct lm_kept *t)
{
	struct buf result = BUF_INIT(TEXT_MAX), b = BUF_INIT(TEXT_MAX);
	if (slice_is(c->x->method, "tasks/cancel")) {
		lm_call_refuse(c, MCP_INVALID_PARAMS, "the task is completed already");
		return;
	}
	if (slice_is(c->x->method, "tasks/get")) {
		write_kept(&result, t, "completed");
	} else {
		buf_add(&result, t->result, t->result_n);
		lm_add_related_task(&result, slice_str(t->id));
	}
	mcp_write_result(&b, SLICE_LIT("0"), buf_slice(&result));
	if (buf_ok(&result) && buf_ok(&b))
		crossing_answer_soon(c->x, buf_slice(&b));
	else
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the result is larger than the gate carries");
	buf_release(&result);
	buf_release(&b);
}

/* Tasks of the server */

static struct slice task_of(const struct lm_call *c)
{
	return slice_str(c->task_id);
}

static bool set_task(struct lm_call *c, const struct json *id)
{
	struct slice s = json_string(id);
	if (!s.n || s.n > LIMIT_RPC_ID || memchr(s.p, '\0', s.n))
		return false;
	free(c->task_id);
	c->task_id = mem_strndup(s.p, s.n);
	return true;
}

static void set_params(struct lm_call *c, const struct json *meta)
{
	struct buf caps = BUF_INIT(4096), own = BUF_INIT(TEXT_MAX);
	struct arena a;
	struct err e;
	struct mcp_speaker s = lm_speaker(c->x, MCP_LOG_NONE, true, &caps);
	buf_adds(&own, "{\"taskId\":");
	buf_add_json_string(&own, task_of(c));
	if (json_is(meta, JSON_OBJECT)) {
		buf_adds(&own, ",\"_meta\":");
		json_write(&own, meta);
	}
	buf_addc(&own, '}');
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_clear(&c->params);
	mcp_params_to_modern(&c->params, json_read(buf_slice(&own), &a, &e), &s);
	c->params.failed |= own.failed;
	arena_release(&a);
	buf_release(&caps);
	buf_release(&own);
}

static void send(struct lm_call *c, struct slice method, void (*next)(struct lm_call *c, const struct mcp_message *m))
{
	c->next = next;
	if (buf_ok(&c->params))
		lm_call_send(c, method, buf_slice(&c->params));
	else
		crossing_fail_soon(c->x, UPSTREAM_UNREACHED, "the message grew over its limit");
}

static void ask_state(struct lm_call *c)
{
	send(c, SLICE_LIT("tasks/get"), on_polled);
}

static void poll_later(struct lm_call *c, const struct json *task)
{
	int64_t ms;
	if (!json_int64(json_gets(task, "pollIntervalMs"), &ms))
		ms = LIMIT_POLL_MS;
	if (ms < LIMIT_POLL_MIN_MS)
		ms = LIMIT_POLL_MIN_MS;
	lm_call_wait(c, ms < LIMIT_POLL_MAX_MS ? (uint64_t)ms : LIMIT_POLL_MAX_MS, ask_state);
}

static void on_updated(struct lm_call *c, const struct mcp_message *m)
{
	if (m->kind == MCP_ERROR)
		lm_call_error(c, m->error);
	else
		ask_state(c);
}

static void send_update(struct lm_call *c)
{
	struct buf responses = BUF_INIT(LIMIT_MESSAGE_BYTES), b = BUF_INIT(TEXT_MAX);
	lm_ask_responses(c, &responses);
	mcp_params_retry(&b, buf_slice(&c->params), buf_slice(&responses), slice_of(NULL, 0));
	for (size_t i = 0; i < c->ask_n; i++)
		map_put(&c->told, slice_of(c->asks[i].key, c->asks[i].key_n), c);
	lm_ask_drop(c);
	c->next = on_updated;
	if (buf_ok(&responses) && buf_ok(&b))
		lm_call_send(c, SLICE_LIT("tasks/update"), buf_slice(&b));
	else
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the answers to server '%s' are larger than the gate carries",
		               c->x->behind->name);
	buf_release(&responses);
	buf_release(&b);
}

/* What was answered already may still be shown for a while (ext-tasks, Task Update Requests). */
static void on_input_required(struct lm_call *c, const struct json *task)
{
	struct mcp_input inputs[LIMIT_OPEN_ASKS];
	struct slice state;
	struct err e = { 0 };
	size_t n = 0, open = 0;
	if (!mcp_inputs_read(task, inputs, LIMIT_OPEN_ASKS, &n, &state, &e)) {
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the server '%s' asked for input in a way that MCP does not have: %s",
		               c->x->behind->name, e.text);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!map_get(&c->told, inputs[i].key))
			inputs[open++] = inputs[i];
	if (!open)
		poll_later(c, task);
	else if (lm_call_round(c))
		lm_ask(c, inputs, open, c->is_polled ? slice_of(NULL, 0) : task_of(c), send_update);
}

static void answer_result(struct lm_call *c, const struct json *result)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	c->is_settled = true;
	mcp_result_to_legacy(&b, SLICE_LIT("tools/call"), result, c->x->t.client_version);
	if (!c->is_polled)
		lm_add_related_task(&b, task_of(c));
	if (buf_ok(&b))
		lm_call_result(c, buf_slice(&b));
	else
		crossing_fail(c->x, UPSTREAM_BROKEN, 0, "the result is larger than the gate carries");
	buf_release(&b);
}

static void on_polled(struct lm_call *c, const struct mcp_message *m)
{
	const struct json *task = m->result;
	if (m->kind == MCP_ERROR) {
		c->is_settled = true;
		lm_call_error(c, m->error);
		return;
	}
	switch (mcp_task_status_of(task)) {
	case MCP_TASK_COMPLETED:
		if (json_is(json_gets(task, "result"), JSON_OBJECT))
			answer_result(c, json_gets(task, "result"));
		else
			crossing_fail(c->x, UPSTREAM_BROKEN, 0, "server '%s' completed a task without a result",
			              c->x->behind->name);
		break;
	case MCP_TASK_FAILED:
		c->is_settled = true;
		lm_call_error(c, json_gets(task, "error"));
		break;
	case MCP_TASK_CANCELLED:
		c->is_settled = true;
		lm_call_refuse(c, MCP_INTERNAL_ERROR, "the task was cancelled");
		break;
	case MCP_TASK_INPUT_REQUIRED: on_input_required(c, task); break;
	case MCP_TASK_WORKING: poll_later(c, task); break;
	case MCP_TASK_NONE:
		crossing_fail(c->x, UPSTREAM_BROKEN, 0, "server '%s' told of a task without its status",
		              c->x->behind->name);
		break;
	}
}

static void on_state(struct lm_call *c, const struct mcp_message *m)
{
	struct buf b = BUF_INIT(TEXT_MAX);
	if (m->kind == MCP_ERROR) {
		lm_call_error(c, m->error);
		return;
	}
	mcp_task_to_legacy(&b, m->result);
	lm_call_result(c, buf_slice(&b));
	buf_release(&b);
}

static void on_cancelled(struct lm_call *c, const struct mcp_message *m)
{
	if (m->kind == MCP_ERROR)
		lm_call_error(c, m->error);
	else
		send(c, SLICE_LIT("tasks/get"), on_state);
}

/* 2025-11-25, Task Cancellation: what has ended cannot be cancelled; the extension acknowledges it. */
static void on_cancelling(struct lm_call *c, const struct mcp_message *m)
{
	enum mcp_task_status status = mcp_task_status_of(m->result);
	if (m->kind == MCP_ERROR)
		lm_call_error(c, m->error);
	else if (status == MCP_TASK_COMPLETED || status == MCP_TASK_FAILED || status == MCP_TASK_CANCELLED)
		lm_call_refuse(c, MCP_INVALID_PARAMS, "the task has ended already");
	else
		send(c, SLICE_LIT("tasks/cancel"), on_cancelled);
}

void lm_task_begin(struct lm_call *c, const struct json *params)
{
	struct slice method = c->x->method;
	bool is_get = slice_is(method, "tasks/get"), is_result = slice_is(method, "tasks/result");
	/* The extension has no list of tasks, and older revisions have no tasks. */
	if ((!is_get && !is_result && !slice_is(method, "tasks/cancel")) || c->x->t.client_version != MCP_2025_11_25) {
		lm_call_refuse(c, MCP_METHOD_NOT_FOUND, "server '%s' has no '%.*s'", c->x->behind->name,
		               (int)(method.n < 64 ? method.n : 64), method.p);
		return;
	}
	if (!set_task(c, json_gets(params, "taskId"))) {
		lm_call_refuse(c, MCP_INVALID_PARAMS, "'params.taskId' must be a string of 1 to %d bytes", LIMIT_RPC_ID);
		return;
	}
	const struct lm_kept *kept = find_kept(c->x, task_of(c));
	if (kept) {
		ask_kept(c, kept);
		return;
	}
	set_params(c, json_gets(params, "_meta"));
	send(c, SLICE_LIT("tasks/get"), is_get ? on_state : is_result ? on_polled : on_cancelling);
}

/* Calls that turn into tasks */

static bool needs_task(const struct json *error)
{
	int64_t code;
	const struct json *needed = json_gets(json_gets(json_gets(error, "data"), "requiredCapabilities"), "extensions");
	return json_int64(json_gets(error, "code"), &code) && code == MCP_MISSING_CAPABILITY &&
	       json_count(needed) == 1 && json_gets(needed, MCP_EXTENSION_TASKS);
}

/* A tool that can only run as a task, for a client that knows of none: the task is ours. */
static void send_as_task(struct lm_call *c)
{
	struct buf caps = BUF_INIT(4096);
	struct arena a;
	struct err e;
	struct mcp_speaker s = lm_speaker(c->x, lm_client_level(lm_client_find(c->x)), true, &caps);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_clear(&c->params);
	mcp_params_to_modern(&c->params, json_read(c->x->text, &a, &e), &s);
	c->is_polled = true;
	send(c, c->x->method, c->next);
	arena_release(&a);
	buf_release(&caps);
}

bool lm_task_answer(struct lm_call *c, const struct mcp_message *m)
{
	struct slice type = json_string(json_gets(m->result, "resultType"));
	if (m->kind == MCP_ERROR) {
		if (c->is_task || c->is_polled || c->rounds || !needs_task(m->error) ||
		    !slice_is(c->x->method, "tools/call"))
			return false;
		send_as_task(c);
		return true;
	}
	if (c->is_task && (!type.n || slice_is(type, "complete"))) {
		answer_kept(c, m->result);
		return true;
	}
	if (!slice_is(type, "task") || !(c->is_task || c->is_polled) || !set_task(c, json_gets(m->result, "taskId")))
		return false;
	if (c->is_task) {
		lm_call_complete(c, m->result);
		return true;
	}
	set_params(c, NULL);
	poll_later(c, m->result);
	return true;
}

void lm_task_abandon(struct lm_call *c)
{
	struct crossing *x = c->x;
	struct upstream_target to = x->t.to;
	if (!c->is_polled || !c->task_id || c->is_settled || x->bridge->is_ending || x->behind->is_forgotten ||
	    !buf_ok(&c->params))
		return;
	to.session = slice_of(NULL, 0);
	to.version = MCP_MODERN_LATEST;
	to.name = task_of(c);
	(void)upstream_request(x->behind->u, &to, SLICE_LIT("tasks/cancel"), buf_slice(&c->params), 0, NULL, NULL);
}

static void mark_tool(struct buf *b, const struct json *tool)
{
	if (json_is(tool, JSON_OBJECT) && !json_gets(tool, "execution"))
		json_write_with(b, tool, SLICE_LIT("execution"), SLICE_LIT("{\"taskSupport\":\"optional\"}"));
	else
		json_write(b, tool);
}

/* 2025-11-25, Tool-Level Negotiation: without it no client may ask. */
void lm_task_mark_tools(struct buf *b, const struct json *result)
{
	struct buf text = BUF_INIT(TEXT_MAX), tools = BUF_INIT(TEXT_MAX);
	struct arena a;
	struct err e;
	mcp_result_to_legacy(&text, SLICE_LIT("tools/list"), result, MCP_2025_11_25);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *legacy = buf_ok(&text) ? json_read(buf_slice(&text), &a, &e) : NULL;
	for (struct json_iter it = json_iter(json_gets(legacy, "tools")); json_next(&it);) {
		buf_addc(&tools, tools.n ? ',' : '[');
		mark_tool(&tools, it.value);
	}
	buf_adds(&tools, tools.n ? "]" : "[]");
	if (json_is(json_gets(legacy, "tools"), JSON_ARRAY))
		json_write_with(b, legacy, SLICE_LIT("tools"), buf_slice(&tools));
	else
		buf_add_slice(b, buf_slice(&text));
	b->failed |= text.failed || tools.failed;
	buf_release(&text);
	buf_release(&tools);
	arena_release(&a);
}
