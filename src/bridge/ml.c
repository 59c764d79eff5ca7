/* A modern client and a legacy server: what each of its requests becomes. */
#include "bridge/ml_task.h"
#include "base/check.h"

/* server/discover: what the server said when the session was opened. */
struct discovery {
	struct held_wait wait;
	struct crossing *x;
};

static void on_leave(struct crossing *x, const char *reason)
{
	struct discovery *d = x->state;
	(void)reason;
	held_leave(&d->wait);
	x->state = NULL;
	free(d);
}

static const struct crossing_ops discovery_ops = { .leave = on_leave };
static const struct crossing_ops no_ops;

static void write_discovery(const struct held *h, struct buf *b)
{
	struct arena a;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":");
	mcp_initialize_to_discover(b, json_read(buf_slice(&h->greeting), &a, &e));
	buf_addc(b, '}');
	arena_release(&a);
}

static void on_session(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct discovery *d = container_of(w, struct discovery, wait);
	struct crossing *x = d->x;
	if (!w->held) {
		on_leave(x, why);
		x->ops = &no_ops;
		errand_not_opened(x, f, error, why, http_status);
		return;
	}
	struct buf b = BUF_INIT(LIMIT_HELD_GREETING + 4096);
	write_discovery(w->held, &b);
	crossing_answer(x, buf_slice(&b), 200);
	buf_release(&b);
}

static void discover(struct crossing *x)
{
	struct buf caps = BUF_INIT(256), b = BUF_INIT(LIMIT_HELD_GREETING + 4096);
	struct held_key k = errand_key(&caps, x->t.to.grant_id, x->t.to.client_caps, MCP_LOG_NONE, x->t.client_info);
	struct discovery *d = mem_zalloc(sizeof *d);
	d->x = x;
	d->wait.fn = on_session;
	x->state = d;
	x->ops = &discovery_ops;
	switch (held_join(&d->wait, x->behind, &k)) {
	case HELD_IS_READY:
		write_discovery(d->wait.held, &b);
		crossing_answer_soon(x, buf_slice(&b));
		break;
	case HELD_NO_ROOM:
		held_no_room(x);
		break;
	case HELD_WAITS:
		break;
	}
	buf_release(&caps);
	buf_release(&b);
}

static void begin_request(struct crossing *x, const struct json *params)
{
	struct mcp_retry retry;
	struct err e;
	if (slice_is(x->method, "server/discover")) {
		discover(x);
	} else if (slice_starts(x->method, SLICE_LIT("tasks/"))) {
		ml_task_begin(x, params);
	} else if (!mcp_retry_read(params, &retry, &e)) {
		struct buf b = BUF_INIT(1024);
		mcp_write_error(&b, SLICE_LIT("0"), MCP_INVALID_PARAMS, e.text, slice_of(NULL, 0));
		crossing_answer_soon(x, buf_slice(&b));
		buf_release(&b);
	} else if (json_gets(params, "requestState")) {
		parked_resume(x, params, &retry);
	} else {
		errand_begin(x, params);
	}
}

void ml_begin(struct crossing *x)
{
	struct arena a;
	struct err e;
	if (x->kind == CROSSING_SUBSCRIBE) {
		hub_begin(x, false);
		return;
	}
	BUG_ON(x->kind != CROSSING_REQUEST);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *params = x->text.n ? json_read(x->text, &a, &e) : NULL;
	if (x->text.n && !params)
		crossing_fail_soon(x, UPSTREAM_UNREACHED, "%s", e.text);
	else
		begin_request(x, params);
	arena_release(&a);
}
