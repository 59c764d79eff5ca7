/*
 * Calls in flight: each is a lease in the store, so that a gate that dies holds nothing for long.
 * While a call lasts its lease is renewed.
 */
#include "base/check.h"
#include "ledger/valkey.h"

#define BATCH 64

struct lease {
	struct quota_claim claim;
};

static struct slice key_of(const int64_t *number)
{
	return slice_of((const char *)number, sizeof *number);
}

static void on_renewal(void *ctx)
{
	struct valkey *v = ctx;
	v->renewal.v = 0;
	lease_renew_all(v);
}

static void plan(struct valkey *v)
{
	if (!v->renewal.v && v->leases.n)
		v->renewal = loop_after(v->loop, v->lease_ms / 3 + 1, on_renewal, v);
}

void lease_hold(struct valkey *v, const struct quota_claim *c)
{
	struct lease *it = mem_alloc(sizeof *it);
	it->claim = *c;
	BUG_ON(map_put(&v->leases, key_of(&it->claim.window_start_us), it) != NULL);
	plan(v);
}

void lease_drop(struct valkey *v, const struct quota_claim *c)
{
	free(map_del(&v->leases, key_of(&c->window_start_us)));
}

static void send_batch(struct valkey *v, const struct quota_claim *const *batch, size_t n)
{
	args_clear(&v->args);
	for (size_t i = 0; i < n; i++)
		wire_add_give_key(v, batch[i]);
	args_addf(&v->args, "%llu", (unsigned long long)v->lease_ms);
	for (size_t i = 0; i < n; i++)
		wire_add_member(v, batch[i]);
	/* When it cannot be sent the link is about to break, and all are renewed when it is back. */
	(void)!link_run(v->link, SCRIPT_RENEW, v->renews_whole, n, &v->args, TAG_RENEW, 0);
}

void lease_renew_all(struct valkey *v)
{
	const struct quota_claim *batch[BATCH];
	size_t at = 0, n = 0;
	struct slice key;
	void *it;
	while (map_next(&v->leases, &at, &key, &it)) {
		batch[n++] = &((struct lease *)it)->claim;
		if (n == BATCH) {
			send_batch(v, batch, n);
			n = 0;
		}
	}
	if (n)
		send_batch(v, batch, n);
	v->renews_whole = false;
	plan(v);
}

void lease_on_reply(struct valkey *v, const redisReply *r)
{
	if (valkey_error_of(v, r) != VALKEY_NO_SCRIPT)
		return;
	v->renews_whole = true;
	loop_cancel(v->loop, &v->renewal);
	v->renewal = loop_after(v->loop, 1, on_renewal, v);
}

void lease_release(struct valkey *v)
{
	size_t at = 0;
	struct slice key;
	void *it;
	loop_cancel(v->loop, &v->renewal);
	while (map_next(&v->leases, &at, &key, &it))
		free(it);
	map_release(&v->leases);
}
