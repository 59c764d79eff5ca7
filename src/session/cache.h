/*
 * Sessions that were opened a moment ago. Opening a sealed id costs more than all other
 * checks of a request together, and a client sends the same one with each of them. What
 * comes from here was opened by session_open with the same key; its age is asked again.
 */
#ifndef SESSION_CACHE_H
#define SESSION_CACHE_H
#include "session/session.h"

/* One place for each hash: a full table forgets, and is never wrong. Places are filled on use:
 * a gate with ten clients holds ten. */
#define SESSION_CACHE_PLACES 256

struct session_cache_entry;

struct session_cache {
	struct session_cache_entry *v[SESSION_CACHE_PLACES];
};

/* As session_open. */
bool session_cache_open(struct session_cache *c, struct slice token, const unsigned char key[SEAL_KEY_SIZE],
                        int64_t now_us, int64_t age_max_us, struct session *s) MUST_CHECK;
void session_cache_release(struct session_cache *c);

#endif
