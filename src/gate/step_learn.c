/*
 * What the answer leaves behind is remembered before it leaves: later calls of the session are
 * judged by it. What cannot be remembered is not delivered.
 */
#include "gate/past.h"

enum step_result step_learn(struct call *c)
{
	if (past_learn_answer(c))
		return STEP_NEXT;
	c->is_withheld = true;
	snprintf(c->decision.rule, sizeof c->decision.rule, "(past full)");
	snprintf(c->decision.message, sizeof c->decision.message,
	         "the call ran, but what it returned cannot be remembered, as the policy asks, and is held back");
	return STEP_NEXT;
}
