/*
 * What may come back: a policy's `results`, applied to what a server says, before anybody hears of
 * it. Answers of calls (step_inspect.c), and messages and requests before them (relay.c).
 */
#ifndef GATE_INSPECT_H
#define GATE_INSPECT_H
#include "gate/call.h"
#include "policy/results.h"

enum inspect_verdict {
	INSPECT_WITHHOLD = 0, /* it is not passed on; why is in the sum */
	INSPECT_SAME,
	INSPECT_CHANGED,
};

/*
 * A result, the params of a message, or an error. *changed is another value in the arena when the
 * verdict says so; has_meta: with what was found told in its _meta. What is found adds to *sum. In mode
 * shadow it is found and nothing else.
 */
enum inspect_verdict inspect(const struct policy *p, const struct json *v, bool has_meta, struct inspect_sum *sum,
                             struct arena *a, size_t max, const struct json **changed);

void inspect_add(struct inspect_sum *to, const struct inspect_sum *more);

/* A whole notification or request of a server. c may be NULL: it belongs to no call. */
enum inspect_verdict inspect_message(struct inbound *in, const struct policy *p, struct call *c, const struct mcp_message *m,
                                     struct arena *a, struct mcp_message *changed);

/* "email=2 secret=1", as records have it; "" for nothing. */
#define INSPECT_TEXT_SIZE 256
void inspect_redactions(const struct inspect_sum *s, char out[INSPECT_TEXT_SIZE]);
void inspect_injection(const struct inspect_sum *s, char out[INSPECT_TEXT_SIZE]);

#endif
