/* Bump allocation in blocks; a block doubles until 64 KiB, large pieces get their own. */
#include "base/arena.h"
#include "base/check.h"
#include <stdarg.h>
#include <stdint.h>

struct arena_block {
	struct arena_block *next;
	size_t size; /* bytes behind this head */
	_Alignas(16) char bytes[];
};

#define FIRST_BLOCK 4096
#define LAST_BLOCK 65536

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){ .max = max };
}

void arena_release(struct arena *a)
{
	for (struct arena_block *b = a->blocks; b;) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	*a = (struct arena){ .max = a->max };
}

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->blocks;
	if (!keep)
		return;
	for (struct arena_block *b = keep->next; b;) {
		struct arena_block *next = b->next;
		free(b);
		b = next;
	}
	keep->next = NULL;
	if (keep->size > LAST_BLOCK) {
		free(keep);
		*a = (struct arena){ .max = a->max };
		return;
	}
	a->at = keep->bytes;
	a->end = keep->bytes + keep->size;
	a->used = keep->size;
}

static bool add_block_of(struct arena *a, size_t n, size_t size)
{
	if (size > LAST_BLOCK)
		size = LAST_BLOCK;
	if (size < n)
		size = n;
	if (size > a->max || a->used > a->max - size)
		size = n; /* near the maximum: just what is asked for */
	if (size > a->max || a->used > a->max - size || size > SIZE_MAX - sizeof(struct arena_block))
		return false;
	struct arena_block *b = malloc(sizeof *b + size);
	if (!b)
		return false;
	b->next = a->blocks;
	b->size = size;
	a->blocks = b;
	a->at = b->bytes;
	a->end = b->bytes + size;
	a->used += size;
	return true;
}

static bool add_block(struct arena *a, size_t n)
{
	return add_block_of(a, n, a->blocks ? a->blocks->size * 2 : FIRST_BLOCK);
}

void arena_init_small(struct arena *a, size_t max, size_t first)
{
	arena_init(a, max);
	(void)add_block_of(a, 0, first);
}

void *arena_alloc(struct arena *a, size_t n)
{
	if (n > SIZE_MAX - 15)
		return NULL;
	n = (n + 15) & ~(size_t)15;
	if (n == 0)
		n = 16;
	if ((size_t)(a->end - a->at) < n && !add_block(a, n))
		return NULL;
	void *p = a->at;
	a->at += n;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);
	if (p)
		memset(p, 0, n);
	return p;
}

void *arena_realloc(struct arena *a, void *p, size_t old_n, size_t n)
{
	if (!p)
		return arena_alloc(a, n);
	size_t old_size = (old_n + 15) & ~(size_t)15;
	if (n <= old_size)
		return p;
	if ((char *)p + old_size == a->at && n < SIZE_MAX - 15 &&
	    ((n + 15) & ~(size_t)15) - old_size <= (size_t)(a->end - a->at)) {
		a->at += ((n + 15) & ~(size_t)15) - old_size;
		return p;
	}
	void *q = arena_alloc(a, n);
	if (q)
		memcpy(q, p, old_n);
	return q;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	BUG_ON(n < 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}
