/* What a child's bytes can do: lines to a server with calls and a stream under way, of the one era
 * or the other, or to one that is being asked which it speaks. */
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

/* A probe may prove by its end alone that the server is of the old era. */
static void on_probed(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                      const char *why, int status)
{
	(void)ctx, (void)id, (void)status;
	BUG_ON(!why || (m && (f != UPSTREAM_OK || m->kind != MCP_RESULT)));
}

static void on_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                    const char *why, int status)
{
	(void)ctx, (void)id, (void)status;
	BUG_ON(!why || (f == UPSTREAM_OK) != (m != NULL));
	BUG_ON(m && m->kind != MCP_RESULT && m->kind != MCP_ERROR);
}

static struct process *add(struct upstream *u, enum exchange_kind kind, enum mcp_version version, const char *who,
                           uint64_t progress_id, int *n)
{
	static const struct upstream_events events = { .on_message = on_message, .on_done = on_done };
	static const struct upstream_events probe_events = { .on_message = on_message, .on_done = on_probed };
	struct upstream_target t = {
		.version = version,
		.client_session = slice_str(who),
		.client_caps = UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ROOTS,
		.progress_id = progress_id,
	};
	struct exchange *x = exchange_new(u, kind, &t, kind == EXCHANGE_PROBE ? &probe_events : &events, n);
	struct process *p = kind == EXCHANGE_PROBE ? process_for_probe(u)
	                                           : process_of(u, &t, mcp_version_era(version));
	p->state = PROCESS_READY;
	p->version = version;
	p->client_caps = UPSTREAM_CAN_SAMPLING | UPSTREAM_CAN_ROOTS;
	x->process = p;
	x->is_sent = true;
	x->has_level = true;
	list_add_tail(&p->exchanges, &x->of_process);
	upstream_pause(u, x->id, exchange_is_stream(x));
	return p;
}

static struct process *add_all(struct upstream *u, size_t size, int *n)
{
	enum mcp_version version = size % 5 == 0 ? MCP_2026_07_28 : size % 2 ? MCP_2025_03_26 : MCP_2025_11_25;
	if (size % 7 == 0) {
		add(u, EXCHANGE_PROBE, MCP_2026_07_28, "", 0, n);
		return add(u, EXCHANGE_PROBE, MCP_2026_07_28, "", 0, n);
	}
	add(u, EXCHANGE_REQUEST, version, "a", 7, n);
	if (size % 3 == 0)
		add(u, EXCHANGE_REQUEST, version, "b", 8, n);
	return add(u, version == MCP_2026_07_28 ? EXCHANGE_SUBSCRIBE : EXCHANGE_LISTEN, version, "a", 0, n);
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
	struct process *p = add_all(u, size, &shown);
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
