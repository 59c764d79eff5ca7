/* One-shot timers in a binary heap, known by ids. No clock: the loop tells the time. */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H
#include "net/loop.h"

struct timers_slot;

struct timers {
	struct timers_slot *slots;
	uint32_t *heap; /* slot numbers; the earliest first */
	uint32_t cap, n, free_head;
	uint64_t started;
};

void timers_init(struct timers *t);
void timers_release(struct timers *t);
uint64_t timers_add(struct timers *t, uint64_t at_ms, loop_fn fn, void *ctx);
void timers_del(struct timers *t, uint64_t id); /* nothing when it has fired */
bool timers_first(const struct timers *t, uint64_t *at_ms); /* false: there is none */
/* Takes out the earliest one when it is due. */
bool timers_take(struct timers *t, uint64_t now_ms, loop_fn *fn, void **ctx);

#endif
