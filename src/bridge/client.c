/*
 * Sessions with legacy servers for one legacy client of many servers (the door to all of them).
 * Both sides are of one era, so messages pass as they are, but for the ids of what servers ask:
 * those of several servers would collide, and their answers must find the way back.
 */
#include "base/check.h"
#include "base/random.h"
#include "bridge/held.h"

/* What one server asked the client of a held session. */
struct client_ask {
	struct list node;   /* of held->asks */
	struct held *held;
	char id[24];        /* as the client sees it */
	char *server_id;    /* JSON text */
	char *token;        /* progressToken, JSON text; NULL: none */
};

/* One crossing's use of its session. */
struct visit {
	struct held_wait wait;
	struct crossing *x;
	bool did_repeat;
};

static char *print(const struct json *v)
{
	struct buf b = BUF_INIT(LIMIT_RPC_ID * 8);
	json_write(&b, v);
	char *s = v && buf_ok(&b) ? mem_strndup(b.p, b.n) : NULL;
	buf_release(&b);
	return s;
}

static bool is_text(const struct json *v, const char *text)
{
	char *s = print(v);
	bool is_same = s && text && strcmp(s, text) == 0;
	free(s);
	return is_same;
}

/* What servers ask */

static void free_ask(struct client_ask *a)
{
	struct held *h = a->held;
	map_del(&h->behind->bridge->client_asks, slice_str(a->id));
	list_del(&a->node);
	h->ask_n--;
	free(a->server_id);
	free(a->token);
	free(a);
}

void client_forget_asks(struct held *h)
{
	list_each_safe(it, next, &h->asks)
		free_ask(list_entry(it, struct client_ask, node));
}

/* The oldest makes room: its client has not answered sixty-three later ones either. */
static struct client_ask *keep_ask(struct held *h, const struct mcp_message *m)
{
	struct client_ask *a = mem_zalloc(sizeof *a);
	const struct json *token = json_gets(json_gets(m->params, "_meta"), "progressToken");
	if (h->ask_n >= LIMIT_OPEN_ASKS)
		free_ask(list_entry(h->asks.next, struct client_ask, node));
	a->held = h;
	snprintf(a->id, sizeof a->id, "ask-%016llx", (unsigned long long)random_u64());
	a->server_id = print(m->id);
	a->token = print(token);
	list_add_tail(&h->asks, &a->node);
	h->ask_n++;
	map_put(&h->behind->bridge->client_asks, slice_str(a->id), a);
	return a;
}

static void show_ask(struct crossing *x, struct held *h, const struct mcp_message *m)
{
	struct buf id = BUF_INIT(64), b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
	buf_add_json_string(&id, slice_str(keep_ask(h, m)->id));
	mcp_write_with_id(&b, m, buf_slice(&id));
	if (buf_ok(&b))
		crossing_show_text(x, buf_slice(&b));
	buf_release(&id);
	buf_release(&b);
}

/* The server gives up what it asked, and knows it by its own id. */
static void show_cancelled(struct crossing *x, struct held *h, const struct mcp_message *m)
{
	const struct json *said = json_gets(m->params, "requestId");
	list_each_safe(it, next, &h->asks)
	{
		struct client_ask *a = list_entry(it, struct client_ask, node);
		struct buf id = BUF_INIT(64), params = BUF_INIT(LIMIT_MESSAGE_BYTES), b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
		if (!is_text(said, a->server_id))
			continue;
		buf_add_json_string(&id, slice_str(a->id));
		json_write_with(&params, m->params, SLICE_LIT("requestId"), buf_slice(&id));
		mcp_write_request(&b, slice_of(NULL, 0), m->method, buf_slice(&params));
		free_ask(a);
		if (buf_ok(&params) && buf_ok(&b))
			crossing_show_text(x, buf_slice(&b));
		buf_release(&id);
		buf_release(&params);
		buf_release(&b);
		return;
	}
}

static void on_message(struct crossing *x, const struct mcp_message *m)
{
	const struct visit *v = x->state;
	if (m->kind == MCP_REQUEST)
		show_ask(x, v->wait.held, m);
	else if (slice_is(m->method, "notifications/cancelled"))
		show_cancelled(x, v->wait.held, m);
	else
		crossing_show(x, m);
}

/* Exchanges */

static void join(struct visit *v);

static void on_leave(struct crossing *x, const char *reason)
{
	struct visit *v = x->state;
	(void)reason;
	x->state = NULL;
	if (!v)
		return;
	held_leave(&v->wait);
	free(v);
}

static void on_done(struct crossing *x, enum upstream_failure f, const struct mcp_message *m, const char *why,
                    int http_status)
{
	struct visit *v = x->state;
	struct held *h = v->wait.held;
	if (held_is_lost(h, f, http_status)) {
		held_lost(h);
		if (!v->did_repeat && x->kind == CROSSING_REQUEST) {
			/* It never ran: the server refused the session. */
			v->did_repeat = true;
			held_leave(&v->wait);
			join(v);
			return;
		}
		f = UPSTREAM_UNREACHED; /* the client's own session is not gone */
	}
	crossing_done(x, f, m, why, http_status);
}

static bool on_opened(const struct crossing *x, struct slice *session, enum mcp_version *version)
{
	const struct visit *v = x->state;
	if (!v || !v->wait.held)
		return false;
	*session = slice_of(NULL, 0);
	*version = v->wait.held->to.version;
	return true;
}

static const struct crossing_ops visit_ops = {
	.on_message = on_message, .on_done = on_done, .leave = on_leave, .opened = on_opened
};

static void go(struct visit *v)
{
	struct crossing *x = v->x;
	struct upstream *u = x->behind->u;
	struct upstream_target to = v->wait.held->to;
	to.client_caps = x->t.to.client_caps;
	to.progress_id = x->t.to.progress_id;
	if (x->kind == CROSSING_REQUEST) {
		crossing_set_inner(x, upstream_request(u, &to, x->method, x->text, crossing_left_ms(x), &crossing_events, x));
	} else if (x->kind == CROSSING_LISTEN) {
		/* Last-Event-ID is of a stream of the gate's, not of this server's. */
		crossing_set_inner(x, upstream_listen(u, &to, slice_of(NULL, 0), &crossing_events, x));
	} else {
		struct buf b = BUF_INIT(LIMIT_HELD_GREETING + 256);
		mcp_write_result(&b, SLICE_LIT("0"), buf_slice(&v->wait.held->greeting));
		crossing_answer_soon(x, buf_slice(&b));
		buf_release(&b);
	}
}

static void on_session(struct held_wait *w, enum upstream_failure f, const struct mcp_message *error, const char *why,
                       int http_status)
{
	struct visit *v = container_of(w, struct visit, wait);
	struct crossing *x = v->x;
	if (w->held) {
		go(v);
		return;
	}
	if (upstream_speaks(x->behind->u, MCP_ERA_LEGACY) == UPSTREAM_NO && x->modern != UPSTREAM_NO) {
		on_leave(x, why);
		crossing_route(x);
		return;
	}
	bool is_unsent = f == UPSTREAM_BROKEN || f == UPSTREAM_TIMEOUT || f == UPSTREAM_GONE_SESSION;
	crossing_done(x, is_unsent ? UPSTREAM_UNREACHED : f, error, why, http_status);
}

static struct held_key key_of(const struct bridge_target *t)
{
	return (struct held_key){
		.kind = HELD_CLIENT,
		.grant_id = t->to.grant_id,
		.client_session = t->to.client_session,
		.capabilities = t->client_capabilities,
		.client_caps = t->to.client_caps,
		.client_info = t->client_info,
	};
}

static void join(struct visit *v)
{
	struct crossing *x = v->x;
	struct held_key k = key_of(&x->t);
	switch (held_join(&v->wait, x->behind, &k)) {
	case HELD_IS_READY:
		go(v);
		break;
	case HELD_NO_ROOM:
		held_no_room(x);
		break;
	case HELD_WAITS:
		break;
	}
}

/* What the client says */

static bool is_of(const struct client_ask *a, const struct bridge_target *t)
{
	const struct upstream_target *to = &a->held->to;
	return slice_eq(to->client_session, t->to.client_session) && slice_eq(to->grant_id, t->to.grant_id);
}

static bool take_answer(struct crossing *x, const struct mcp_message *m)
{
	struct client_ask *a = map_get(&x->bridge->client_asks, json_string(m->id));
	if (!json_is(m->id, JSON_STRING) || !a || !is_of(a, &x->t))
		return false;
	struct held *h = a->held;
	struct buf b = BUF_INIT(LIMIT_MESSAGE_BYTES + 4096);
	mcp_write_with_id(&b, m, slice_str(a->server_id));
	free_ask(a);
	if (buf_ok(&b))
		(void)upstream_notify(h->behind->u, &h->to, buf_slice(&b), NULL, NULL);
	buf_release(&b);
	crossing_end_soon(x);
	return true;
}

static bool has_token(struct held *h, const struct json *token)
{
	list_each_safe(it, next, &h->asks)
	{
		if (is_text(token, list_entry(it, struct client_ask, node)->token))
			return true;
	}
	return false;
}

/* To a session that is there: none is opened to be told something. */
static void take_notification(struct crossing *x, const struct mcp_message *m)
{
	struct held_key k = key_of(&x->t);
	struct held *h = x->behind ? held_find(x->behind, &k) : NULL;
	bool is_progress = slice_is(m->method, "notifications/progress");
	if (h && h->is_ready && (!is_progress || has_token(h, json_gets(m->params, "progressToken"))))
		(void)upstream_notify(h->behind->u, &h->to, x->text, NULL, NULL);
	crossing_end_soon(x);
}

static void take_note(struct crossing *x)
{
	struct arena a;
	struct mcp_message m;
	struct err e;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *root = json_read(x->text, &a, &e);
	if (!root || !mcp_message_read(root, &m, &e))
		crossing_fail_soon(x, UPSTREAM_REFUSED, "the message cannot be read");
	else if (m.kind == MCP_NOTIFICATION)
		take_notification(x, &m);
	else if (!take_answer(x, &m))
		lm_begin(x); /* a server of the other era may have asked it */
	arena_release(&a);
}

void held_begin(struct crossing *x)
{
	if (x->kind == CROSSING_NOTIFY) {
		take_note(x);
		return;
	}
	struct visit *v = mem_zalloc(sizeof *v);
	v->x = x;
	v->wait.fn = on_session;
	x->state = v;
	x->ops = &visit_ops;
	join(v);
}

void held_close(struct bridge *b, struct upstream *u, const struct bridge_target *t)
{
	struct held_key k = key_of(t);
	struct held *h = held_find(behind_of(b, u), &k);
	if (h)
		held_end(h);
}
