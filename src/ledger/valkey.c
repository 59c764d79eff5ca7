/* Questions about counters, and what the store says to them. */
#include "ledger/valkey.h"
#include "ledger/remember.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/digest.h"
#include "base/random.h"
#include "net/tls.h"

static struct slice text_of(const redisReply *r)
{
	return r->str ? slice_of(r->str, (size_t)r->len) : slice_of("", 0);
}

enum valkey_error valkey_error_of(struct valkey *v, const redisReply *r)
{
	if (!r)
		return VALKEY_FAILED;
	if (r->type != REDIS_REPLY_ERROR)
		return VALKEY_FINE;
	struct slice why = text_of(r);
	if (slice_starts(why, SLICE_LIT("NOSCRIPT")))
		return VALKEY_NO_SCRIPT;
	/* Another server may have become the one that takes writes: its name is looked up anew. */
	if (slice_starts(why, SLICE_LIT("READONLY")) || slice_starts(why, SLICE_LIT("-READONLY")) ||
	    slice_starts(why, SLICE_LIT("MASTERDOWN")) || slice_starts(why, SLICE_LIT("MOVED")) ||
	    slice_starts(why, SLICE_LIT("CLUSTERDOWN")) || slice_starts(why, SLICE_LIT("NOAUTH")) ||
	    slice_starts(why, SLICE_LIT("NOPERM")))
		link_restart(v->link, "it takes no writes, or not from this user");
	log_warn("counters", "the store cannot do as it was asked: %.*s", (int)(why.n < 200 ? why.n : 200), why.p);
	return VALKEY_FAILED;
}

static bool send_question(struct valkey *v, struct question *q)
{
	size_t keys = 0;
	args_clear(&v->args);
	for (size_t i = 0; i < q->n; i++) {
		wire_add_keys(v, &q->claims[i]);
		keys += wire_keys(&q->claims[i]);
	}
	args_add_str(&v->args, q->kind == QUESTION_TAKE ? "take" : q->kind == QUESTION_PEEK ? "peek" : "look");
	args_addf(&v->args, "%lld", (long long)q->now_us);
	args_addf(&v->args, "%llu", (unsigned long long)v->lease_ms);
	for (size_t i = 0; i < q->n; i++)
		wire_add_claim(v, &q->claims[i]);
	q->is_sent = link_run(v->link, SCRIPT_RESERVE, q->is_whole, keys, &v->args, TAG_QUESTION, q->id);
	return q->is_sent;
}

static struct question *prepare(struct valkey *v, enum question_kind kind, const struct quota_claim *claims, size_t n,
				int64_t now_us, uint64_t call_id)
{
	BUG_ON(n > QUOTA_CLAIMS_MAX || !call_id);
	if (link_state(v->link) == LINK_DOWN || v->questions.n >= LIMIT_LEDGER_WAITING)
		return NULL;
	struct question *q = question_new(v, kind, now_us, call_id);
	memcpy(q->claims, claims, n * sizeof *claims);
	q->n = n;
	for (size_t i = 0; i < n; i++)
		if (claims[i].kind == QUOTA_CONCURRENT)
			q->claims[i].window_start_us = (int64_t)++v->lease_number;
	if (link_state(v->link) == LINK_UP && !send_question(v, q)) {
		question_free(v, q);
		return NULL;
	}
	return q;
}

enum ledger_result valkey_ask(struct valkey *v, enum question_kind kind, const struct quota_claim *claims, size_t n,
			      int64_t now_us, uint64_t call_id)
{
	return prepare(v, kind, claims, n, now_us, call_id) ? LEDGER_WAIT : ledger_unreachable(claims, n);
}

/* No call has such an id: the lower half of theirs is a small number. */
enum ledger_result valkey_look(struct valkey *v, const struct quota_claim *claims, size_t n, int64_t now_us, ledger_used_fn done,
			       void *ctx)
{
	struct question *q = prepare(v, QUESTION_LOOK, claims, n, now_us, ++v->look_number << 32 | UINT32_MAX);
	if (!q)
		return LEDGER_UNREACHABLE;
	q->look = done;
	q->look_ctx = ctx;
	return LEDGER_WAIT;
}

/* Of {2, used, ...}: an amount in three limbs. */
static bool read_used(struct question *q, const redisReply *r)
{
	if (r->elements != 1 + q->n)
		return false;
	for (size_t i = 0; i < q->n; i++) {
		const redisReply *v = r->element[1 + i];
		unsigned long long limb[3];
		if (v->type != REDIS_REPLY_STRING || sscanf(v->str, "%llu %llu %llu", &limb[0], &limb[1], &limb[2]) != 3)
			return false;
		q->claims[i].amount = ((quota_amount)limb[0] * QUOTA_ONE + limb[1]) * QUOTA_ONE + limb[2];
	}
	return true;
}

void valkey_give_back(struct valkey *v, const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (claims[i].kind == QUOTA_CONCURRENT)
			lease_drop(v, &claims[i]);
	outbox_add(v, claims, n);
}

void valkey_abandon(struct valkey *v, uint64_t call_id)
{
	struct question *q = map_get(&v->by_call, slice_of((const char *)&call_id, sizeof call_id));
	if (!q)
		return;
	question_close(v, q);
	if (!q->is_sent)
		question_free(v, q);
}

/* Of {1, start, end, ...}: where each was taken. */
static bool read_taken(struct question *q, const redisReply *r)
{
	if (r->elements != 1 + 2 * q->n)
		return false;
	for (size_t i = 0; i < q->n; i++) {
		const redisReply *start = r->element[1 + 2 * i], *end = r->element[2 + 2 * i];
		if (start->type != REDIS_REPLY_INTEGER || end->type != REDIS_REPLY_INTEGER)
			return false;
		if (q->claims[i].kind == QUOTA_CONCURRENT)
			continue;
		q->claims[i].window_start_us = start->integer;
		q->claims[i].window_end_us = end->integer;
	}
	return true;
}

/* The connection broke, or the server failed: leases are known by their names and can be given back
 * whether they were taken or not; what may have been counted stays counted. */
static void give_up(struct valkey *v, struct question *q)
{
	struct ledger_answer a = {.result = ledger_unreachable(q->claims, q->n)};
	for (size_t i = 0; i < q->n && q->kind == QUESTION_TAKE; i++)
		if (q->claims[i].kind == QUOTA_CONCURRENT)
			outbox_add(v, &q->claims[i], 1);
	question_answer(v, q, &a);
	question_free(v, q);
}

static void take_done(struct valkey *v, struct question *q)
{
	struct ledger_answer a = {.result = LEDGER_RESERVED, .claims = q->claims, .claim_n = q->n};
	if (q->kind == QUESTION_TAKE && !q->call_id) {
		outbox_add(v, q->claims, q->n); /* whoever asked has gone */
	} else if (q->kind == QUESTION_TAKE) {
		for (size_t i = 0; i < q->n; i++)
			if (q->claims[i].kind == QUOTA_CONCURRENT)
				lease_hold(v, &q->claims[i]);
	}
	question_answer(v, q, &a);
	question_free(v, q);
}

static void take_refusal(struct valkey *v, struct question *q, size_t at, int64_t wait)
{
	struct ledger_answer a = {.result = LEDGER_REFUSED, .at = at, .retry_after_us = wait};
	question_answer(v, q, &a);
	question_free(v, q);
}

static bool is_integer(const redisReply *r, size_t i)
{
	return r->elements > i && r->element[i]->type == REDIS_REPLY_INTEGER;
}

static void on_counted(struct valkey *v, struct question *q, const redisReply *r)
{
	enum valkey_error error = valkey_error_of(v, r);
	if (error == VALKEY_NO_SCRIPT && !q->is_whole) {
		q->is_whole = true;
		if (q->call_id && send_question(v, q))
			return;
	}
	if (error != VALKEY_FINE || r->type != REDIS_REPLY_ARRAY || !is_integer(r, 0))
		give_up(v, q);
	else if (q->kind == QUESTION_LOOK)
		r->element[0]->integer == 2 && read_used(q, r) ? take_done(v, q) : give_up(v, q);
	else if (r->element[0]->integer == 1 && (q->kind == QUESTION_PEEK || read_taken(q, r)))
		take_done(v, q);
	else if (r->element[0]->integer == 0 && is_integer(r, 1) && is_integer(r, 2) &&
		 (unsigned long long)r->element[1]->integer < q->n)
		take_refusal(v, q, (size_t)r->element[1]->integer, r->element[2]->integer);
	else
		give_up(v, q);
}

static void on_reply(void *ctx, unsigned tag, uint64_t id, const redisReply *r)
{
	struct valkey *v = ctx;
	struct question *q;
	switch ((enum reply_tag)tag) {
	case TAG_QUESTION:
		q = idtable_get(&v->questions, id);
		BUG_ON(!q);
		on_counted(v, q, r);
		break;
	case TAG_GIVE:
		if (r)
			outbox_on_reply(v, r);
		break;
	case TAG_FIND:
	case TAG_KEEP:
		q = idtable_get(&v->questions, id);
		BUG_ON(!q);
		remember_on_reply(v, q, tag == TAG_FIND, r);
		break;
	case TAG_RENEW:
		if (r)
			lease_on_reply(v, r);
		break;
	}
}

void valkey_send_waiting(struct valkey *v)
{
	static const struct ledger_answer done = {.result = LEDGER_RESERVED};
	struct list *at = v->open.next;
	if (link_state(v->link) != LINK_UP)
		return;
	while (at != &v->open) {
		struct question *q = list_entry(at, struct question, open);
		if (q->kind == QUESTION_SYNC && remember_is_ready(v, q)) {
			question_answer(v, q, &done);
			question_free(v, q);
			at = v->open.next; /* whoever heard it may have asked or given up others */
			continue;
		}
		at = at->next;
		if (q->is_sent || q->kind == QUESTION_SYNC)
			continue;
		if (!(q->kind == QUESTION_RECALL ? remember_send(v, q) : send_question(v, q)))
			break;
	}
}

#define LESSONS_AGAIN_MS 500

static void on_lessons(void *ctx)
{
	struct valkey *v = ctx;
	v->lesson_timer.v = 0;
	if (link_state(v->link) == LINK_UP)
		remember_send_lessons(v);
}

void valkey_try_lessons_later(struct valkey *v)
{
	if (!v->lesson_timer.v)
		v->lesson_timer = loop_after(v->loop, LESSONS_AGAIN_MS, on_lessons, v);
}

/* First what is in flight, what was given back and learned, then those who wait. */
static void on_up(void *ctx)
{
	struct valkey *v = ctx;
	lease_renew_all(v);
	outbox_send(v);
	remember_send_lessons(v);
	valkey_send_waiting(v);
}

/* Those that were not sent wait on, until their deadline. */
static void on_down(void *ctx)
{
	outbox_on_down(ctx);
}

struct valkey *valkey_new(struct ledger *l, const struct ledger_shared *o, const struct place *p)
{
	static const struct link_events events = {.on_up = on_up, .on_reply = on_reply, .on_down = on_down};
	struct valkey *v = mem_zalloc(sizeof *v);
	unsigned char id[16];
	v->ledger = l;
	v->loop = o->loop;
	v->tls = o->tls;
	v->timeout_us = o->timeout_ms * 1000;
	v->lease_ms = o->lease_ms;
	snprintf(v->prefix, sizeof v->prefix, "{%s}", o->prefix);
	random_bytes(id, sizeof id);
	digest_hex(id, sizeof id, v->instance);
	list_init(&v->open);
	list_init(&v->idle);
	list_init(&v->lessons);
	idtable_init(&v->questions);
	map_init(&v->by_call);
	map_init(&v->leases);
	args_init(&v->args);
	v->link = link_new(o->loop, p, o->tls, &events, v);
	return v;
}

void valkey_free(struct valkey **it)
{
	struct valkey *v = *it;
	uint32_t at = 0;
	struct question *q;
	*it = NULL;
	link_free(&v->link);
	while ((q = idtable_next(&v->questions, &at))) {
		memory_free(&q->memory);
		free(q);
	}
	list_each_safe(node, next, &v->idle)
		free(list_entry(node, struct question, open));
	loop_cancel(v->loop, &v->deadline);
	loop_cancel(v->loop, &v->lesson_timer);
	outbox_release(v);
	lease_release(v);
	idtable_release(&v->questions);
	map_release(&v->by_call);
	args_release(&v->args);
	free(v);
}
