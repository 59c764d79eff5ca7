/* The front: each question goes to the backend that this ledger has. */
#include "base/check.h"
#include "base/digest.h"
#include "ledger/inside.h"
#include "ledger/valkey.h"
#include "past/past.h"

struct ledger *ledger_new_memory(struct quota *q, struct past *p)
{
	struct ledger *l = mem_zalloc(sizeof *l);
	l->quota = q;
	l->past = p;
	return l;
}

bool ledger_url_wants_tls(const char *url)
{
	struct place p;
	return place_parse(slice_str(url), &p, NULL) && p.is_tls;
}

static bool check_prefix(struct slice s, struct err *e)
{
	bool ok = s.n > 0 && s.n <= 64;
	for (size_t i = 0; i < s.n && ok; i++)
		ok = (s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z') ||
		     (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_' || s.p[i] == '-' || s.p[i] == '.';
	return ok || err_set(e, ERR_INPUT, "the prefix of the counters must be 1 to 64 of [A-Za-z0-9_.-]");
}

struct ledger *ledger_new_shared(const struct ledger_shared *o, struct err *e)
{
	struct place p;
	if (!check_prefix(slice_str(o->prefix), e) || !place_parse(slice_str(o->url), &p, e))
		return NULL;
	struct ledger *l = mem_zalloc(sizeof *l);
	l->past = o->past;
	l->valkey = valkey_new(l, o, &p);
	digest_wipe(&p, sizeof p);
	return l;
}

enum ledger_result ledger_unreachable(const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!claims[i].passes_unreachable)
			return LEDGER_UNREACHABLE;
	return n ? LEDGER_UNCOUNTED : LEDGER_UNREACHABLE;
}

void ledger_free(struct ledger **l)
{
	if (*l && (*l)->valkey)
		valkey_free(&(*l)->valkey);
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

quota_amount ledger_left(const struct ledger *l, const struct quota_claim *c)
{
	return l->valkey ? -1 : c->max - quota_used(l->quota, c);
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
	if (l->valkey)
		return valkey_ask(l->valkey, QUESTION_TAKE, claims, n, now_us, call_id);
	return result_of(quota_reserve(l->quota, claims, n, now_us, at, retry_after_us));
}

enum ledger_result ledger_peek(struct ledger *l, const struct quota_claim *claims, size_t n, int64_t now_us,
			       uint64_t call_id, size_t *at, int64_t *retry_after_us)
{
	if (l->valkey)
		return valkey_ask(l->valkey, QUESTION_PEEK, claims, n, now_us, call_id);
	return result_of(quota_peek(l->quota, claims, n, now_us, at, retry_after_us));
}

enum ledger_result ledger_used(struct ledger *l, struct quota_claim *claims, size_t n, int64_t now_us, ledger_used_fn done,
			       void *ctx)
{
	if (l->valkey)
		return valkey_look(l->valkey, claims, n, now_us, done, ctx);
	for (size_t i = 0; i < n; i++)
		claims[i].amount = quota_used(l->quota, &claims[i]);
	return LEDGER_RESERVED;
}

void ledger_give_back(struct ledger *l, const struct quota_claim *claims, size_t n)
{
	if (l->valkey)
		valkey_give_back(l->valkey, claims, n);
	else
		quota_give_back(l->quota, claims, n);
}

void ledger_settle(struct ledger *l, const struct quota_claim *claims, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (claims[i].kind == QUOTA_CONCURRENT)
			ledger_give_back(l, &claims[i], 1);
}

void ledger_abandon(struct ledger *l, uint64_t call_id)
{
	if (l->valkey)
		valkey_abandon(l->valkey, call_id);
}

/* A million counters are looked at within a quarter of an hour. */
#define EXPIRE_A_SECOND 1200

void ledger_tick(struct ledger *l, int64_t now_us)
{
	if (l->valkey)
		return;
	quota_expire(l->quota, now_us, EXPIRE_A_SECOND);
	past_expire(l->past, now_us, EXPIRE_A_SECOND);
}

const char *ledger_trouble(const struct ledger *l)
{
	return l->valkey ? link_trouble(l->valkey->link) : NULL;
}
