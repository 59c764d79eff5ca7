/* Asks a server for its tools, page by page, and teaches them to the catalogue. */
#ifndef GATE_SURVEY_H
#define GATE_SURVEY_H
#include "gate/gate.h"

/*
 * With a session that exists, for a call, which is told by done(gate, call id, how it went) on
 * a later turn; calls that need the list of the same server wait for one survey. False when a survey failed so
 * shortly ago that asking again would only help somebody flood the server.
 */
bool survey_for_call(struct gate *g, struct upstream *u, const struct upstream_target *t, uint64_t call_id,
                     void (*done)(void *ctx, uint64_t call_id, enum upstream_failure f)) MUST_CHECK;

#endif
