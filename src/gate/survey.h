/* Asks a server for its tools, page by page, and teaches them to the catalogue. */
#ifndef GATE_SURVEY_H
#define GATE_SURVEY_H
#include "bridge/bridge.h"
#include "gate/gate.h"

/* How it went, on a later turn. is_own: it was asked with the session of this call. */
typedef void (*survey_fn)(struct gate *g, uint64_t call_id, enum upstream_failure f, bool is_own);

/*
 * For one call, with its session, or together with the survey of this server that is under way.
 * False when it was asked, or failed, so shortly ago that asking again would only help somebody
 * flood the server.
 */
bool survey_for_call(struct gate *g, struct upstream *u, const struct bridge_target *t, uint64_t call_id,
                     survey_fn done) MUST_CHECK;
/* The server has no part in a call to all. Asks it in the background, as often as a call may; true
 * when it does, which is also when it is worth a line in the log. may_come_back: clients are told
 * when it answers. */
bool survey_left_out(struct gate *g, struct slice server, bool may_come_back);
/* Every second, while anybody listens: asks those that were left out, until they are back. */
void survey_look_for_missing(struct gate *g);
void survey_forget(struct gate *g, struct slice server); /* another has its name: it may be asked at once */
void survey_release_all(struct gate *g); /* nothing runs any more */

#endif
