/*
 * What a server's bytes can do over HTTP: on the stream of a call or a subscription of either era,
 * as the body of a refusal, in answer to a probe or a handshake, on the one stream of a session of
 * HTTP+SSE. Each exchange ends once; nobody is shown what its era does not know.
 */
#include "base/check.h"
#include "base/log.h"
#include "upstream/pushed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct watch {
	enum exchange_kind kind;
	bool is_modern, is_open;
	int done;
};

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct watch *w = ctx;
	(void)id;
	BUG_ON(w->done || (m->kind != MCP_REQUEST && m->kind != MCP_NOTIFICATION));
	BUG_ON(w->is_modern && m->kind == MCP_REQUEST);
	BUG_ON(w->kind == EXCHANGE_SUBSCRIBE && !w->is_open);
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int status)
{
	struct watch *w = ctx;
	(void)id, (void)status;
	BUG_ON(w->done++ || !why || (f != UPSTREAM_OK && m));
	BUG_ON(m && m->kind != MCP_RESULT && m->kind != MCP_ERROR);
	BUG_ON(w->kind == EXCHANGE_PROBE && m && !json_is(json_gets(m->result, "supportedVersions"), JSON_ARRAY));
}

static void on_open(void *ctx, struct exchange_id id)
{
	struct watch *w = ctx;
	(void)id;
	BUG_ON(w->done || (w->is_open && w->kind != EXCHANGE_REQUEST));
	w->is_open = true;
}

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

static struct exchange *make(struct upstream *u, enum exchange_kind kind, bool is_modern, struct watch *w)
{
	static const struct upstream_events events = { on_message, on_done, on_open };
	struct upstream_target t = {
		.version = is_modern ? MCP_2026_07_28 : MCP_2025_03_26,
		.client_session = SLICE_LIT("a"),
		.client_caps = UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ROOTS,
		.progress_id = 7,
	};
	*w = (struct watch){ .kind = kind, .is_modern = is_modern };
	struct exchange *x = exchange_new(u, kind, &t, &events, w);
	buf_init(&x->remote.text, u->o.message_bytes_max);
	if (is_modern)
		x->method = mem_strdup("m");
	return x;
}

static void feed(struct exchange *x, struct slice bytes)
{
	sse_init(&x->remote.reader, x->u->o.message_bytes_max);
	x->remote.has_reader = true;
	x->remote.body = REMOTE_STREAM;
	x->remote.status = 200;
	if (!sse_feed(&x->remote.reader, bytes, heard_event, x))
		exchange_fail(x, UPSTREAM_BROKEN, 200, "too large");
}

static void push(struct upstream *u, struct slice bytes, struct watch w[3])
{
	struct exchange *opener = make(u, EXCHANGE_OPEN, false, &w[0]);
	push_open(opener, 405);
	struct push *p = list_entry(u->pushes.next, struct push, node);
	p->endpoint = mem_strdup("/m");
	for (int i = 1; i < 3; i++) {
		struct exchange *x = make(u, i == 1 ? EXCHANGE_REQUEST : EXCHANGE_LISTEN, false, &w[i]);
		x->push = p;
		list_add_tail(&p->exchanges, &x->of_process);
	}
	while (bytes.n && !p->is_over) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
		pushed_text(p, slice_of(bytes.p, n));
		bytes = slice_of(bytes.p + n + (end != NULL), bytes.n - n - (end != NULL));
	}
}

static void run(struct upstream *u, unsigned mode, struct slice bytes, struct watch w[3])
{
	static const int statuses[] = { 400, 404, 405, 422, 500 };
	static const enum exchange_kind kinds[] = { EXCHANGE_REQUEST, EXCHANGE_REQUEST, EXCHANGE_SUBSCRIBE, EXCHANGE_PROBE,
		                                    EXCHANGE_OPEN, EXCHANGE_LISTEN };
	unsigned kind = mode % 7;
	if (kind == 6) {
		push(u, bytes, w);
		return;
	}
	struct exchange *x = make(u, kinds[kind], kind >= 1 && kind <= 3, &w[0]);
	if (mode / 7 % 2) {
		x->remote.status = statuses[mode / 14 % 5];
		heard_refusal(x, bytes);
	} else {
		feed(x, bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_client_opts co = http_client_defaults();
	struct upstream_opts o = upstream_defaults();
	struct watch w[3] = { 0 };
	struct err e;
	if (!size)
		return 0;
	log_set_level(LOG_ERROR);
	struct loop *l = loop_new();
	struct http_client *client = http_client_new(l, &co);
	o.name = "fuzz";
	o.url = "http://127.0.0.1:1/mcp";
	o.message_bytes_max = 65536;
	struct upstream *u = upstream_new(l, client, &o, &e);
	BUG_ON(!u);
	u->wire_last = 0; /* ids that a seed can name */
	run(u, data[0], slice_of((const char *)data + 1, size - 1), w);
	push_stop(u);
	while (!list_empty(&u->exchanges))
		exchange_drop(list_entry(u->exchanges.next, struct exchange, of_server));
	while (!list_empty(&u->lingering))
		remote_end_linger(list_entry(u->lingering.next, struct exchange, of_server));
	http_client_free(&client);
	loop_defer(l, stop_loop, l);
	loop_run(l);
	upstream_free(&u);
	loop_free(&l);
	return 0;
}
