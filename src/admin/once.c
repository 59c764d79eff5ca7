/*
 * Idempotency keys: the first answer to a POST, for whoever makes it again. In memory: a client that
 * retries does so within seconds. The key is a digest, so that neither keys nor who used them are kept.
 */
#include "admin/api_inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/list.h"
#include "base/map.h"

#define AGE_US (24ull * 3600 * 1000000)

struct kept {
	struct list node; /* oldest first */
	unsigned char key[DIGEST_SIZE], body[DIGEST_SIZE];
	uint64_t at_us;
	bool is_done;
	int status;
	char *out, *location, *detail;
	size_t n;
	char etag[35];
};

struct once {
	struct map keys;
	struct list kept;
	size_t n, bytes;
};

struct once *once_new(void)
{
	struct once *o = mem_zalloc(sizeof *o);
	map_init(&o->keys);
	list_init(&o->kept);
	return o;
}

static void drop(struct once *o, struct kept *k)
{
	map_del(&o->keys, slice_of((const char *)k->key, DIGEST_SIZE));
	list_del(&k->node);
	o->n--;
	o->bytes -= k->n;
	if (k->out)
		digest_wipe(k->out, k->n); /* it may have a token */
	free(k->out);
	free(k->location);
	free(k->detail);
	free(k);
}

void once_free(struct once **o)
{
	if (!*o)
		return;
	while (!list_empty(&(*o)->kept))
		drop(*o, list_entry((*o)->kept.next, struct kept, node));
	map_release(&(*o)->keys);
	free(*o);
	*o = NULL;
}

static void add_part(struct buf *b, struct slice s)
{
	buf_add_u64(b, s.n);
	buf_addc(b, ':');
	buf_add_slice(b, s);
}

static void key_of(const struct api_call *c, unsigned char out[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(1u << 20);
	add_part(&b, slice_str(principal_kind_name(c->who.kind)));
	add_part(&b, slice_str(c->who.id));
	add_part(&b, c->method_name);
	add_part(&b, c->path);
	add_part(&b, c->idempotency_key);
	digest_blake2b(buf_slice(&b), out);
	buf_release(&b);
}

/* Makes room for so many more. Those under way stay: they are fewer than LIMIT_API_CALLS, and who asks again must
 * hear of them. */
static void forget_old(struct once *o, uint64_t now_us, size_t keys, size_t bytes)
{
	for (struct list *at = o->kept.next, *next; at != &o->kept; at = next) {
		struct kept *k = list_entry(at, struct kept, node);
		bool is_old = now_us - k->at_us > AGE_US;
		next = at->next;
		if (!is_old && o->n + keys <= LIMIT_IDEMPOTENCY_KEYS && o->bytes + bytes <= LIMIT_IDEMPOTENCY_BYTES)
			return;
		if (k->is_done)
			drop(o, k);
	}
}

static enum once_end again(const struct kept *k, struct api_call *c)
{
	c->status = k->status;
	c->is_replayed = true;
	memcpy(c->etag, k->etag, sizeof c->etag);
	c->location = k->location ? arena_strndup(&c->arena, k->location, strlen(k->location)) : NULL;
	buf_clear(&c->out);
	buf_add(&c->out, k->out, k->n);
	return ONCE_AGAIN;
}

enum once_end once_begin(struct once *o, struct api_call *c, uint64_t now_us)
{
	unsigned char key[DIGEST_SIZE], body[DIGEST_SIZE];
	struct slice name = slice_of((const char *)key, DIGEST_SIZE);
	key_of(c, key);
	digest_blake2b(c->body, body);
	forget_old(o, now_us, 0, 0);
	struct kept *k = map_get(&o->keys, name);
	if (k && memcmp(k->body, body, sizeof body) != 0)
		return ONCE_OTHER;
	if (k)
		return k->is_done ? again(k, c) : ONCE_BUSY;
	forget_old(o, now_us, 1, 0);
	k = mem_zalloc(sizeof *k);
	memcpy(k->key, key, sizeof key);
	memcpy(k->body, body, sizeof body);
	k->at_us = now_us;
	map_put(&o->keys, name, k);
	list_add_tail(&o->kept, &k->node);
	o->n++;
	return ONCE_GO;
}

/* Failures are not kept: what was wrong may be mended, and then the same key means the same wish. Nor is an answer that
 * alone is more than all of them may be. */
void once_done(struct once *o, struct api_call *c, uint64_t now_us)
{
	unsigned char key[DIGEST_SIZE];
	key_of(c, key);
	struct kept *k = map_get(&o->keys, slice_of((const char *)key, DIGEST_SIZE));
	if (!k)
		return;
	if (c->status >= 300 || !buf_ok(&c->out) || c->is_streaming || c->out.n > LIMIT_IDEMPOTENCY_BYTES) {
		drop(o, k);
		return;
	}
	forget_old(o, now_us, 0, c->out.n);
	k->is_done = true;
	k->status = c->status;
	k->out = mem_strndup(c->out.n ? c->out.p : "", c->out.n);
	k->n = c->out.n;
	k->location = c->location ? mem_strdup(c->location) : NULL;
	memcpy(k->etag, c->etag, sizeof k->etag);
	o->bytes += k->n;
}
