/*
 * A growing byte buffer with a maximum that is given at birth.
 *
 * Appending past the maximum sets `failed` and empties the buffer; later appends
 * do nothing. So a writer may append freely and ask once, at the end, with
 * buf_ok(). `p` is never NULL-terminated unless buf_str() was called.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/compiler.h"
#include "base/slice.h"

struct buf {
	char *p;
	size_t n;   /* bytes used */
	size_t cap; /* bytes allocated */
	size_t max; /* more than this fails */
	bool failed;
};

#define BUF_INIT(maximum) ((struct buf){ .max = (maximum) })

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b); /* frees; may be used again; twice is fine */
void buf_clear(struct buf *b);   /* empties, keeps the memory, forgets `failed` */
bool buf_grow(struct buf *b, size_t more);    /* what buf_reserve does when it must */
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_add_u64(struct buf *b, unsigned long long v);
/* As a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buf_add_json_string(struct buf *b, struct slice s);
void buf_consume(struct buf *b, size_t n); /* drops n bytes at the front */
const char *buf_str(struct buf *b);        /* with a NUL behind; "" when failed */

/* Room for `more` bytes behind n. */
static inline bool buf_reserve(struct buf *b, size_t more)
{
	/* cap - n > more keeps a byte for buf_str's NUL. */
	if (likely(!b->failed && b->cap - b->n > more && more <= b->max - b->n))
		return true;
	return buf_grow(b, more);
}

static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0 || !buf_reserve(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

static inline void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void buf_addc(struct buf *b, char c)
{
	if (buf_reserve(b, 1))
		b->p[b->n++] = c;
}

static inline bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->p, b->n);
}

#endif
