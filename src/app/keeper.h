/*
 * Writes the lists of the gate's servers into the kept catalogue as they are learnt: on workers, one at
 * a time, the newest of each server. Nothing waits for it, and its failures are lines in the log.
 */
#ifndef APP_KEEPER_H
#define APP_KEEPER_H
#include "net/loop.h"
#include "upstream/registry.h"

struct keeper;

/* path is borrowed until the keeper is gone; the registry tells where a server is. */
struct keeper *keeper_new(struct loop *l, const char *path, struct registry *r);
/* catalog_watch's. */
void keeper_take(void *keeper, struct slice server, struct slice tools);
/* What waits is dropped: it is learnt again after the next start. A list that is being written ends by
 * itself, and the memory with it. */
void keeper_free(struct keeper **k);

#endif
