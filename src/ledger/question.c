/* Who waits for what, and until when. */
#include "base/check.h"
#include "ledger/valkey.h"

#define IDLE_MAX 256

static struct slice key_of(const uint64_t *call_id)
{
	return slice_of((const char *)call_id, sizeof *call_id);
}

struct question *question_new(struct valkey *v, enum question_kind kind, int64_t now_us, uint64_t call_id)
{
	struct question *q;
	if (list_empty(&v->idle)) {
		q = mem_alloc(sizeof *q);
		list_init(&q->open);
		list_init(&q->lessons);
	} else {
		q = list_entry(v->idle.next, struct question, open);
		list_del(&q->open);
	}
	q->id = idtable_add(&v->questions, q);
	q->call_id = call_id;
	q->kind = kind;
	q->now_us = now_us;
	q->deadline_us = loop_now_us(v->loop) + v->timeout_us;
	q->is_sent = q->is_whole = false;
	q->memory = NULL;
	q->n = 0;
	if (call_id) {
		BUG_ON(map_put(&v->by_call, key_of(&call_id), q) != NULL);
		list_add_tail(&v->open, &q->open);
		question_watch(v);
	}
	return q;
}

bool question_close(struct valkey *v, struct question *q)
{
	if (!q->call_id)
		return false;
	map_del(&v->by_call, key_of(&q->call_id));
	list_del(&q->open);
	q->call_id = 0;
	return true;
}

void question_free(struct valkey *v, struct question *q)
{
	question_close(v, q);
	idtable_del(&v->questions, q->id);
	list_del(&q->lessons);
	memory_free(&q->memory);
	if (v->questions.n > IDLE_MAX)
		free(q);
	else
		list_add_head(&v->idle, &q->open);
}

void question_answer(struct valkey *v, struct question *q, const struct ledger_answer *a)
{
	uint64_t call_id = q->call_id;
	if (!question_close(v, q))
		return;
	if (q->kind == QUESTION_LOOK)
		q->look(q->look_ctx, a->result == LEDGER_RESERVED ? q->claims : NULL, q->n);
	else
		v->ledger->on_answer(v->ledger->ctx, call_id, a);
}

static void on_deadline(void *ctx)
{
	static const struct ledger_answer late = {.result = LEDGER_UNREACHABLE};
	struct valkey *v = ctx;
	v->deadline.v = 0;
	while (!list_empty(&v->open)) {
		struct question *q = list_entry(v->open.next, struct question, open);
		if (q->deadline_us > loop_now_us(v->loop))
			break;
		bool is_sent = q->is_sent;
		struct ledger_answer a = late;
		if (q->kind == QUESTION_TAKE || q->kind == QUESTION_PEEK)
			a.result = ledger_unreachable(q->claims, q->n);
		question_answer(v, q, &a);
		if (!is_sent)
			question_free(v, q);
	}
	question_watch(v);
}

void question_watch(struct valkey *v)
{
	if (v->deadline.v || list_empty(&v->open))
		return;
	const struct question *q = list_entry(v->open.next, struct question, open);
	uint64_t now = loop_now_us(v->loop);
	v->deadline = loop_after(v->loop, q->deadline_us > now ? (q->deadline_us - now + 999) / 1000 : 0, on_deadline, v);
}
