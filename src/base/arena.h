/*
 * Memory for one request, released in one piece. Nothing in it is freed by hand.
 * The maximum given at birth bounds what a peer can make us hold: past it,
 * arena_alloc returns NULL and the request is refused as ERR_LIMIT.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/compiler.h"
#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first */
	char *at, *end;             /* free bytes of the newest block */
	size_t used, max;
};

void arena_init(struct arena *a, size_t max);
/* The same, for what lasts and is little: its first block has just `first` bytes. */
void arena_init_small(struct arena *a, size_t max, size_t first);
void arena_release(struct arena *a); /* frees all; ready for init; twice is fine */
void arena_reset(struct arena *a);   /* forgets all, keeps one block for the next request */
void *arena_alloc(struct arena *a, size_t n) MUST_CHECK; /* 16-byte aligned, not zeroed */
void *arena_zalloc(struct arena *a, size_t n) MUST_CHECK;
/* Grows in place when p was the last allocation, else copies. p NULL allocates. */
void *arena_realloc(struct arena *a, void *p, size_t old_n, size_t n) MUST_CHECK;
char *arena_strndup(struct arena *a, const char *s, size_t n) MUST_CHECK; /* with a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

#endif
