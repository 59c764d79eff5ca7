/* Why a call is decided as it is: every rule that concerns it, not only the first refusal. */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H
#include "policy/policy.h"

struct policy_step {
	char rule
		[POLICY_RULE_MAX]; /* as in a decision; "(default deny)", "/tools/x/require/args.a-eq" */
	char pointer[POLICY_RULE_MAX]; /* JSON Pointer into the document */
	char saw[256];                 /* the value it looked at, as JSON, cut; "absent" */
	char says[256]; /* "holds", "does not hold: refuses", "counts 1 of 10 per minute" */
	bool refuses;
};

/*
 * Calls on_step for each rule in the order of deciding, then fills *d as policy_decide
 * does. The steps show values of arguments: they are for the author, never for a record.
 */
void policy_explain(const struct policy *p, const struct policy_facts *f, struct policy_decision *d,
		    void (*on_step)(void *ctx, const struct policy_step *step), void *ctx);

#endif
