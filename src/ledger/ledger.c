/* The front: each question goes to the backend that this ledger has. */
#include "base/check.h"
#include "ledger/inside.h"
#include "past/past.h"

struct ledger *ledger_new_memory(struct quota *q, struct past *p)
{
	struct ledger *l = mem_zalloc(sizeof *l);
	l->quota = q;
	l->past = p;
	return l;
}

void ledger_free(struct ledger **l)
{
	free(*l);
	*l = NULL;
}

void ledger_listen(struct ledger *l, ledger_answer_fn fn, void *ctx)
{
	l->on_answer = fn;
	l->ctx = ctx;
}

bool ledger_is_shared(const struct ledger *l)
{
	return l->valkey != NULL;
}

static enum ledger_result result_of(enum quota_result r)
{
	switch (r) {
	case QUOTA_RESERVED:
		return LEDGER_RESERVED;
	case QUOTA_FULL:
		return LEDGER_FULL;
	case QUOTA_REFUSED:
		break;
	}
	return LEDGER_REFUSED;
}

enum ledger_result ledger_reserve(struct ledger *l, struct quota_claim *claims, size_t n, int64_t now_us,
				  uint64_t call_id, size_t *at, int64_t *retry_after_us)
{
	(void)call_id;
	return result_of(quota_reserve(l->quota, claims, n, now_us, at, retry_after_us));
}

enum ledger_result ledger_peek(struct ledger *l, const struct quota_claim *claims, size_t n, int64_t now_us,
			       uint64_t call_id, size_t *at, int64_t *retry_after_us)
{
	(void)call_id;
	return result_of(quota_peek(l->quota, claims, n, now_us, at, retry_after_us));
}

void ledger_give_back(struct ledger *l, const struct quota_claim *claims, size_t n)
{
	quota_give_back(l->quota, claims, n);
}

void ledger_settle(struct ledger *l, const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (claims[i].kind == QUOTA_CONCURRENT)
			quota_give_back(l->quota, &claims[i], 1);
}

void ledger_abandon(struct ledger *l, uint64_t call_id)
{
	(void)l;
	(void)call_id;
}

/* A million counters are looked at within a quarter of an hour. */
#define EXPIRE_A_SECOND 1200

void ledger_tick(struct ledger *l, int64_t now_us)
{
	quota_expire(l->quota, now_us, EXPIRE_A_SECOND);
	past_expire(l->past, now_us, EXPIRE_A_SECOND);
}

const char *ledger_trouble(const struct ledger *l)
{
	(void)l;
	return NULL;
}
