/*
 * The past of the unit that a call belongs to: its session, or its grant where the client has no
 * sessions. Asked of the ledger, and kept in the journal.
 */
#ifndef GATE_PAST_H
#define GATE_PAST_H
#include "gate/call.h"
#include "past/past.h"

struct past_unit past_unit_of(const struct inbound *in);
/* Does any policy of the grant look at the past? A session may go over several servers. */
bool past_is_wanted(const struct inbound *in);
/* The names of its labels, in words: "a b". */
struct slice past_labels(const struct policy_past *past, struct arena *a);
/* Writes into the journal what the ledger says is news. False: it cannot be written. */
bool past_keep(struct gate *g) MUST_CHECK;

/* What the answer, or a message before it, leaves behind. False: it cannot be remembered, and must
 * not be delivered. */
bool past_learn_answer(struct call *c) MUST_CHECK;
/* c NULL: the server says it by itself. */
bool past_learn_message(struct inbound *in, const char *server, struct call *c, const struct mcp_message *m) MUST_CHECK;
/* The client ended its session: nothing of it is needed any more. */
void past_end_session(struct gate *g, const struct session *s);

#endif
