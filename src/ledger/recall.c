/* The past of sessions: in the memory of this process, or in the shared store. */
#include "base/check.h"
#include "ledger/inside.h"
#include "ledger/remember.h"

enum ledger_result ledger_recall(struct ledger *l, const struct past_unit *u, const uint64_t *identifiers, size_t n,
				 int64_t now_us, uint64_t call_id, struct arena *a, struct policy_past *out)
{
	if (l->valkey)
		return remember_recall(l->valkey, u, identifiers, n, now_us, call_id);
	if ((!u->is_again && past_count_call(l->past, u, now_us) == PAST_FULL) ||
	    !past_find(l->past, u, now_us, a, out))
		return LEDGER_FULL;
	out->calls -= out->calls > 0; /* the one at hand is none before it */
	return LEDGER_RESERVED;
}

enum ledger_result ledger_learn(struct ledger *l, const struct past_unit *u, const struct policy_lesson *lesson,
				const struct past_found *found, size_t n, bool is_cut, int64_t now_us,
				uint64_t call_id)
{
	(void)call_id;
	if (l->valkey)
		return remember_learn(l->valkey, u, lesson, found, n, is_cut, now_us);
	if (past_learn(l->past, u, now_us, lesson, found, n, is_cut) == PAST_FULL)
		return LEDGER_FULL;
	return LEDGER_RESERVED;
}

enum ledger_result ledger_sync(struct ledger *l, const struct past_unit *u, int64_t now_us, uint64_t call_id)
{
	return l->valkey ? remember_sync(l->valkey, u, now_us, call_id) : LEDGER_RESERVED;
}

void ledger_end(struct ledger *l, const struct past_unit *u, int64_t now_us)
{
	if (l->valkey)
		return; /* the store forgets it in its time */
	(void)!past_end(l->past, u, now_us);
}

const unsigned char *ledger_past_secret(const struct ledger *l)
{
	return past_secret(l->past);
}

const struct past_change *ledger_past_change(const struct ledger *l)
{
	if (l->valkey)
		return NULL;
	const struct past_change *c = past_last(l->past);
	return c->until_us ? c : NULL;
}
