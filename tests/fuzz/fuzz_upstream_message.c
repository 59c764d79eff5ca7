/* What a child's bytes can do: lines to a server with two calls and a listener under way. */
#include "upstream/process.h"
#include "base/check.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	(void)id;
	int *n = ctx;
	BUG_ON(m->kind != MCP_REQUEST && m->kind != MCP_NOTIFICATION);
	++*n;
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int status)
{
	(void)ctx, (void)id, (void)status;
	BUG_ON(!why || (f == UPSTREAM_OK) != (m != NULL));
	BUG_ON(m && m->kind != MCP_RESULT && m->kind != MCP_ERROR);
}

static void add(struct process *p, enum exchange_kind kind, const char *who, uint64_t progress_id, int *n)
{
	static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };
	struct upstream_target t = {
		.client_session = slice_str(who),
		.client_caps = UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ROOTS,
		.progress_id = progress_id,
	};
	struct exchange *x = exchange_new(p->u, kind, &t, &events, n);
	x->process = p;
	x->is_sent = true;
	x->is_paused = kind == EXCHANGE_LISTEN;
	list_add_tail(&p->exchanges, &x->of_process);
}

static void stop_loop(void *ctx)
{
	loop_stop(ctx);
}

static void take_lines(struct process *p, const char *s, size_t n)
{
	while (n) {
		const char *end = memchr(s, '\n', n);
		size_t line = end ? (size_t)(end - s) : n;
		stdio_take_line(p, slice_of(s, line));
		s += line + (end != NULL);
		n -= line + (end != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const argv[] = { "none", NULL };
	static const struct upstream_target nobody;
	struct loop *l = loop_new();
	struct upstream_opts o = upstream_defaults();
	struct err e;
	int shown = 0;
	log_set_level(LOG_ERROR);
	o.name = "fuzz";
	o.argv = argv;
	o.message_bytes_max = 65536;
	o.child_idle_ms = 0;
	struct upstream *u = upstream_new(l, NULL, &o, &e);
	BUG_ON(!u);
	struct process *p = process_of(u, &nobody);
	p->state = PROCESS_READY;
	p->version = size % 2 ? MCP_2025_03_26 : MCP_2025_11_25;
	p->client_caps = UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ROOTS;
	add(p, EXCHANGE_REQUEST, "a", 7, &shown);
	if (size % 3 == 0)
		add(p, EXCHANGE_REQUEST, "b", 8, &shown);
	add(p, EXCHANGE_LISTEN, "a", 0, &shown);
	take_lines(p, (const char *)data, size);
	while (!list_empty(&u->exchanges))
		exchange_drop(list_entry(u->exchanges.next, struct exchange, of_server));
	p->state = PROCESS_ASLEEP;
	p->failures = 0;
	process_look(p);
	loop_defer(l, stop_loop, l);
	loop_run(l);
	upstream_free(&u);
	loop_free(&l);
	return 0;
}
