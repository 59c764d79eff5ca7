/*
 * What the session did before, for policies that look at it; and this call is counted. Where it
 * cannot be known the policy is asked without, and refuses.
 */
#include "base/check.h"
#include "gate/past.h"

/* Those that the rules of one call look up: far more than any has. */
#define ASKED_MAX 4096

static void on_recalled(struct call *c, const struct ledger_answer *a)
{
	c->past = a->result == LEDGER_RESERVED ? a->past : NULL;
}

struct asked {
	const unsigned char *secret;
	const struct past_key *key;
	uint64_t *v;
	size_t n;
};

static void on_identifier(void *ctx, struct slice identifier)
{
	struct asked *a = ctx;
	if (a->n < ASKED_MAX) /* what is not asked for is unsure */
		a->v[a->n++] = past_identifier_of(a->secret, a->key, identifier);
}

/* A store elsewhere is told which identifiers matter; memory has them all. */
static void ask_identifiers(struct call *c, struct asked *a)
{
	struct policy_facts f = call_facts(c);
	if (!ledger_is_shared(c->gate->o.ledger))
		return;
	a->v = arena_alloc(&c->in->arena, ASKED_MAX * sizeof *a->v);
	if (a->v)
		policy_each_identifier(c->binding->policy, &f, on_identifier, a);
}

enum step_result step_recall(struct call *c)
{
	c->past = NULL;
	if (c->method->kind != METHOD_TOOL || !c->binding || !past_is_wanted(c->in))
		return STEP_NEXT;
	struct ledger *l = c->gate->o.ledger;
	struct past_unit u = past_unit_of(c->in);
	u.is_again = c->is_counted;
	struct policy_past *past = arena_zalloc(&c->in->arena, sizeof *past);
	struct asked a = { .secret = ledger_past_secret(l), .key = &u.key };
	if (!past)
		return STEP_NEXT;
	ask_identifiers(c, &a);
	c->is_counted = true;
	switch (ledger_recall(l, &u, a.v, a.n, loop_wall_us(c->gate->o.loop), c->id, &c->in->arena, past)) {
	case LEDGER_WAIT: c->on_ledger = on_recalled; return STEP_WAIT;
	case LEDGER_RESERVED: c->past = u.is_again || past_keep(c->gate) ? past : NULL; break;
	case LEDGER_REFUSED:
	case LEDGER_FULL:
	case LEDGER_UNREACHABLE:
	case LEDGER_UNCOUNTED: break;
	}
	return STEP_NEXT;
}
