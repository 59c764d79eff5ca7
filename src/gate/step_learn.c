/*
 * What the answer leaves behind is remembered before it leaves: later calls of the session are
 * judged by it. What cannot be remembered is not delivered.
 */
#include "gate/past.h"

static void withhold(struct call *c)
{
	c->is_withheld = true;
	snprintf(c->decision.rule, sizeof c->decision.rule, "(past full)");
	snprintf(c->decision.message, sizeof c->decision.message,
	         "the call ran, but what it returned cannot be remembered, as the policy asks, and is held back");
}

/* Also when it took too long: this gate goes on trying, and lets nothing of the session pass before. */
static void on_synced(struct call *c, const struct ledger_answer *a)
{
	(void)c;
	(void)a;
}

/* Where gates share what sessions did, all of them know before the client does. */
static enum step_result wait_for_all(struct call *c)
{
	struct ledger *l = c->gate->o.ledger;
	if (!ledger_is_shared(l) || !c->in->grant || !past_is_wanted(c->in))
		return STEP_NEXT;
	struct past_unit u = past_unit_of(c->in);
	if (ledger_sync(l, &u, loop_wall_us(c->gate->o.loop), c->id) != LEDGER_WAIT)
		return STEP_NEXT;
	if (c->answer && !call_keep_answer(c)) {
		ledger_abandon(l, c->id);
		withhold(c);
		return STEP_NEXT;
	}
	c->on_ledger = on_synced;
	return STEP_WAIT;
}

enum step_result step_learn(struct call *c)
{
	if (past_learn_answer(c))
		return wait_for_all(c);
	withhold(c);
	return STEP_NEXT;
}
