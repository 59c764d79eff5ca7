/*
 * What calls gave back, in order and numbered, until the store has confirmed it. After a break it
 * is said again, and the store knows by the numbers what it has done already: nothing is given back
 * twice, and nothing is forgotten.
 */
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "ledger/valkey.h"

#define AGAIN_MS 1000

static struct give *give_at(const struct outbox *o, size_t i)
{
	return &o->ring[(o->first + i) % LIMIT_LEDGER_OUTBOX];
}

static bool send_one(struct valkey *v, const struct give *g, uint64_t number)
{
	struct outbox *o = &v->outbox;
	args_clear(&v->args);
	args_addf(&v->args, "%s:g:%s", v->prefix, v->instance);
	for (size_t i = 0; i < g->n; i++)
		wire_add_give_key(v, &g->claims[i]);
	args_addf(&v->args, "%llu", (unsigned long long)number);
	args_addf(&v->args, "%llu", (unsigned long long)o->number);
	for (size_t i = 0; i < g->n; i++)
		wire_add_give(v, &g->claims[i]);
	return link_run(v->link, SCRIPT_GIVE, o->is_whole, 1 + g->n, &v->args, TAG_GIVE, number);
}

void outbox_send(struct valkey *v)
{
	struct outbox *o = &v->outbox;
	if (o->must_repeat || !v->link)
		return;
	while (o->sent < o->n && send_one(v, give_at(o, o->sent), o->number + o->sent)) {
		o->is_whole = false;
		o->sent++;
	}
}

void outbox_add(struct valkey *v, const struct quota_claim *claims, size_t n)
{
	struct outbox *o = &v->outbox;
	if (!n)
		return;
	if (o->n == LIMIT_LEDGER_OUTBOX) {
		if (!o->is_full)
			log_warn("counters", "too much waits for the store: what calls give back stays counted");
		o->is_full = true;
		return;
	}
	if (!o->ring) {
		o->ring = mem_alloc(LIMIT_LEDGER_OUTBOX * sizeof *o->ring);
		o->number = 1;
	}
	struct give *g = give_at(o, o->n++);
	g->n = n;
	g->claims = mem_alloc(n * sizeof *claims);
	memcpy(g->claims, claims, n * sizeof *claims);
	outbox_send(v);
}

static void on_again(void *ctx)
{
	struct valkey *v = ctx;
	v->outbox.timer.v = 0;
	v->outbox.must_repeat = false;
	outbox_send(v);
}

void outbox_on_reply(struct valkey *v, const redisReply *r)
{
	struct outbox *o = &v->outbox;
	enum valkey_error error = valkey_error_of(v, r);
	BUG_ON(!o->sent);
	o->sent--;
	if (!o->must_repeat && error == VALKEY_FINE && r->type == REDIS_REPLY_INTEGER && r->integer == 1) {
		free(give_at(o, 0)->claims);
		o->first = (o->first + 1) % LIMIT_LEDGER_OUTBOX;
		o->n--;
		o->number++;
		o->is_full = false;
	} else {
		o->must_repeat = true;
		o->is_whole |= error == VALKEY_NO_SCRIPT;
	}
	/* Only when nothing is under way any more, or the order would be lost. */
	if (o->must_repeat && !o->sent) {
		loop_cancel(v->loop, &o->timer);
		o->timer = loop_after(v->loop, o->is_whole ? 1 : AGAIN_MS, on_again, v);
	} else if (!o->must_repeat) {
		outbox_send(v);
	}
}

void outbox_on_down(struct valkey *v)
{
	loop_cancel(v->loop, &v->outbox.timer);
	v->outbox.sent = 0;
	v->outbox.must_repeat = false;
}

void outbox_release(struct valkey *v)
{
	struct outbox *o = &v->outbox;
	loop_cancel(v->loop, &o->timer);
	for (size_t i = 0; i < o->n; i++)
		free(give_at(o, i)->claims);
	free(o->ring);
}
