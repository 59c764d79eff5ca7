/* A wheel of lists by time; what lies further ahead than one turn of it waits another round. */
#include "net/deadline.h"
#include "base/check.h"
#include "net/turn.h"

void wheel_init(struct wheel *w)
{
	*w = (struct wheel){ 0 };
	for (size_t i = 0; i < DEADLINE_SLOTS; i++)
		list_init(&w->slots[i]);
}

void deadline_init(struct deadline *d, loop_fn fn, void *ctx)
{
	*d = (struct deadline){ .fn = fn, .ctx = ctx };
	list_init(&d->node);
}

void deadline_clear(struct loop *l, struct deadline *d)
{
	if (!d->at_ms)
		return;
	list_del(&d->node);
	d->at_ms = 0;
	l->wheel.n--;
}

void deadline_set(struct loop *l, struct deadline *d, uint64_t delay_ms)
{
	deadline_clear(l, d);
	if (!delay_ms)
		return;
	struct wheel *w = &l->wheel;
	uint64_t now_ms = loop_now_us(l) / 1000;
	if (!w->n++) {
		w->swept_tick = now_ms / DEADLINE_TICK_MS;
		loop_tick(l, DEADLINE_TICK_MS);
	}
	d->at_ms = now_ms + delay_ms;
	/* Rounded up: the sweep of that tick finds it due. */
	uint64_t tick = (d->at_ms + DEADLINE_TICK_MS - 1) / DEADLINE_TICK_MS;
	if (tick <= w->swept_tick)
		tick = w->swept_tick + 1;
	list_add_tail(&w->slots[tick % DEADLINE_SLOTS], &d->node);
}

static void sweep_slot(struct wheel *w, struct list *slot, uint64_t now_ms)
{
	/* A function may set and clear any deadline, so each one is taken from the front
	 * of a list of our own; what it adds to this slot is of a later round. */
	struct list due;
	list_init(&due);
	if (list_empty(slot))
		return;
	due = *slot;
	due.next->prev = due.prev->next = &due;
	list_init(slot);
	while (!list_empty(&due)) {
		struct deadline *d = list_entry(due.next, struct deadline, node);
		list_del(&d->node);
		if (d->at_ms > now_ms) {
			list_add_tail(slot, &d->node);
			continue;
		}
		d->at_ms = 0;
		w->n--;
		d->fn(d->ctx);
	}
}

void wheel_sweep(struct wheel *w, uint64_t now_ms)
{
	uint64_t now_tick = now_ms / DEADLINE_TICK_MS;
	uint64_t from = w->swept_tick + 1;
	if (now_tick >= DEADLINE_SLOTS && from < now_tick - DEADLINE_SLOTS + 1)
		from = now_tick - DEADLINE_SLOTS + 1;
	w->swept_tick = now_tick > w->swept_tick ? now_tick : w->swept_tick;
	for (uint64_t tick = from; tick <= now_tick; tick++)
		sweep_slot(w, &w->slots[tick % DEADLINE_SLOTS], now_ms);
}
