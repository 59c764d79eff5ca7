/* A direct-mapped table, by a keyed hash: a client cannot choose whose place it takes. */
#include "session/cache.h"
#include "base/check.h"
#include "base/map.h"

/* Longer ids are opened each time. */
#define TOKEN_MAX 512
/* A sealed token starts with its nonce: this much of it tells tokens apart. */
#define HASHED 32

struct session_cache_entry {
	uint64_t hash;
	size_t token_n;
	char token[TOKEN_MAX];
	struct session session;
};

bool session_cache_open(struct session_cache *c, struct slice token, const unsigned char key[SEAL_KEY_SIZE],
                        int64_t now_us, int64_t age_max_us, struct session *s)
{
	uint64_t hash = map_hash(slice_of(token.p, token.n < HASHED ? token.n : HASHED));
	struct session_cache_entry **place = &c->v[hash % SESSION_CACHE_PLACES], *e = *place;
	if (e && e->hash == hash && slice_eq(slice_of(e->token, e->token_n), token)) {
		*s = e->session;
		return now_us - s->created_us <= age_max_us;
	}
	if (!session_open(token, key, now_us, age_max_us, s))
		return false;
	if (token.n > TOKEN_MAX)
		return true;
	if (!e)
		e = *place = mem_alloc(sizeof *e);
	e->hash = hash;
	e->token_n = token.n;
	memcpy(e->token, token.p, token.n);
	e->session = *s;
	return true;
}

void session_cache_release(struct session_cache *c)
{
	for (size_t i = 0; i < SESSION_CACHE_PLACES; i++) {
		free(c->v[i]);
		c->v[i] = NULL;
	}
}
