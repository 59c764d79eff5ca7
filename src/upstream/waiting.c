/* Messages that wait for a reader, and requests that wait for a first client. */
#include "upstream/waiting.h"
#include "base/check.h"
#include "base/limits.h"
#include "upstream/exchange.h"

void waiting_init(struct waiting *w)
{
	*w = (struct waiting){0};
	list_init(&w->messages);
}

bool waiting_put(struct waiting *w, struct upstream *u, const struct mcp_message *m, size_t max)
{
	upstream_clear_line(u);
	json_write(&u->line, m->root);
	struct slice text = buf_slice(&u->line);
	if (!buf_ok(&u->line) || w->n >= max || w->bytes + text.n > LIMIT_WAITING_BYTES)
		return false;
	struct held_message *h = mem_alloc(sizeof *h + text.n);
	h->n = text.n;
	memcpy(h->text, text.p, text.n);
	list_add_tail(&w->messages, &h->node);
	w->n++;
	w->bytes += text.n;
	return true;
}

struct held_message *waiting_take(struct waiting *w)
{
	if (list_empty(&w->messages))
		return NULL;
	struct held_message *h = list_entry(w->messages.next, struct held_message, node);
	list_del(&h->node);
	w->n--;
	w->bytes -= h->n;
	return h;
}

void waiting_drop(struct waiting *w)
{
	for (struct held_message *h; (h = waiting_take(w));)
		free(h);
}

void early_init(struct early *e, struct upstream *u,
		void (*take)(void *owner, const struct mcp_message *m), void *owner)
{
	*e = (struct early){.u = u, .take = take, .owner = owner};
	waiting_init(&e->waiting);
}

static void on_due(void *ctx)
{
	struct early *e = ctx;
	struct mcp_message m;
	struct err why;
	e->timer.v = 0;
	for (struct held_message *h; (h = waiting_take(&e->waiting));) {
		if (upstream_read(e->u, slice_of(h->text, h->n), &m, &why))
			e->take(e->owner, &m);
		free(h);
	}
}

bool early_keep(struct early *e, const struct mcp_message *m)
{
	if (!waiting_put(&e->waiting, e->u, m, LIMIT_EARLY_REQUESTS))
		return false;
	if (!e->timer.v)
		e->timer = loop_after(e->u->loop, LIMIT_EARLY_MS, on_due, e);
	return true;
}

void early_soon(struct early *e)
{
	if (!e->waiting.n)
		return;
	loop_cancel(e->u->loop, &e->timer);
	e->timer = loop_after(e->u->loop, 0, on_due, e);
}

void early_drop(struct early *e)
{
	loop_cancel(e->u->loop, &e->timer);
	waiting_drop(&e->waiting);
}
