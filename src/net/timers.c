/* A binary heap of slots; each slot knows its place in the heap, so that cancelling is cheap. */
#include "net/timers.h"
#include "base/check.h"

struct timers_slot {
	uint64_t at_ms;
	uint64_t order; /* equal times fire in the order of their start */
	loop_fn fn;
	void *ctx;
	uint32_t generation;
	uint32_t place; /* in the heap, or the next free slot */
};

#define NO_SLOT UINT32_MAX

void timers_init(struct timers *t)
{
	*t = (struct timers){ .free_head = NO_SLOT };
}

void timers_release(struct timers *t)
{
	free(t->slots);
	free(t->heap);
	timers_init(t);
}

static bool is_before(const struct timers *t, uint32_t a, uint32_t b)
{
	const struct timers_slot *x = &t->slots[a], *y = &t->slots[b];
	return x->at_ms != y->at_ms ? x->at_ms < y->at_ms : x->order < y->order;
}

static void put(struct timers *t, uint32_t place, uint32_t slot)
{
	t->heap[place] = slot;
	t->slots[slot].place = place;
}

static void sift_up(struct timers *t, uint32_t place)
{
	uint32_t slot = t->heap[place];
	for (; place > 0 && is_before(t, slot, t->heap[(place - 1) / 2]); place = (place - 1) / 2)
		put(t, place, t->heap[(place - 1) / 2]);
	put(t, place, slot);
}

static void sift_down(struct timers *t, uint32_t place)
{
	uint32_t slot = t->heap[place];
	for (;;) {
		uint32_t child = 2 * place + 1;
		if (child >= t->n)
			break;
		if (child + 1 < t->n && is_before(t, t->heap[child + 1], t->heap[child]))
			child++;
		if (!is_before(t, t->heap[child], slot))
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, slot);
}

static void grow(struct timers *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	BUG_ON(cap <= t->cap);
	t->slots = mem_realloc(t->slots, cap * sizeof *t->slots);
	t->heap = mem_realloc(t->heap, cap * sizeof *t->heap);
	for (uint32_t i = cap; i-- > t->cap;) {
		t->slots[i] = (struct timers_slot){ .generation = 1, .place = t->free_head };
		t->free_head = i;
	}
	t->cap = cap;
}

uint64_t timers_add(struct timers *t, uint64_t at_ms, loop_fn fn, void *ctx)
{
	BUG_ON(!fn);
	if (t->free_head == NO_SLOT)
		grow(t);
	uint32_t slot = t->free_head;
	struct timers_slot *s = &t->slots[slot];
	t->free_head = s->place;
	s->at_ms = at_ms;
	s->order = t->started++;
	s->fn = fn;
	s->ctx = ctx;
	t->heap[t->n] = slot;
	sift_up(t, t->n++);
	return (uint64_t)s->generation << 32 | slot;
}

static void take_out(struct timers *t, uint32_t slot)
{
	struct timers_slot *s = &t->slots[slot];
	uint32_t place = s->place, last = t->heap[--t->n];
	if (last != slot) {
		put(t, place, last);
		sift_up(t, place);
		sift_down(t, t->slots[last].place);
	}
	s->generation = s->generation == UINT32_MAX ? 1 : s->generation + 1;
	s->fn = NULL;
	s->place = t->free_head;
	t->free_head = slot;
}

void timers_del(struct timers *t, uint64_t id)
{
	uint32_t slot = (uint32_t)id;
	if (slot < t->cap && t->slots[slot].fn && t->slots[slot].generation == (uint32_t)(id >> 32))
		take_out(t, slot);
}

bool timers_first(const struct timers *t, uint64_t *at_ms)
{
	if (t->n)
		*at_ms = t->slots[t->heap[0]].at_ms;
	return t->n > 0;
}

bool timers_take(struct timers *t, uint64_t now_ms, loop_fn *fn, void **ctx)
{
	if (!t->n || t->slots[t->heap[0]].at_ms > now_ms)
		return false;
	*fn = t->slots[t->heap[0]].fn;
	*ctx = t->slots[t->heap[0]].ctx;
	take_out(t, t->heap[0]);
	return true;
}
