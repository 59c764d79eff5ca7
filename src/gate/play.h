/* The door for people: gate_play() of gate.h. Only files of this folder include it. */
#ifndef GATE_PLAY_H
#define GATE_PLAY_H
#include "gate/call.h"

struct play;

/* step_answer: the call is over, and this is what its client would be told. */
void play_take(struct play *p, const struct call *c, struct slice answer);
/* Its inbound ends: who plays is told on a later turn. */
void play_end(struct play **p);
/* The gate ends: nobody is told any more. */
void play_forget(struct play **p);
const char *play_person(const struct play *p); /* "played by NAME" */

#endif
