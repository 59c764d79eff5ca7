/* Open addressing with linear probing; grows at 70 %, tombstones go when it does. */
#include "base/map.h"
#include "base/check.h"
#include "base/random.h"
#include <sodium.h>

struct map_slot {
	char *key; /* NULL: never used; tombstone: key_gone */
	size_t key_n;
	uint64_t hash;
	void *value; /* NULL in a tombstone */
};

static char key_gone[1];

static const unsigned char *seed(void)
{
	static unsigned char bytes[crypto_shorthash_KEYBYTES];
	static bool is_set;
	if (!is_set) {
		random_bytes(bytes, sizeof bytes);
		is_set = true;
	}
	return bytes;
}

uint64_t map_hash(struct slice key)
{
	uint64_t h;
	crypto_shorthash((unsigned char *)&h, (const unsigned char *)(key.n ? key.p : ""), key.n, seed());
	return h;
}

void map_init(struct map *m)
{
	*m = (struct map){ 0 };
}

void map_release(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].value)
			free(m->slots[i].key);
	free(m->slots);
	map_init(m);
}

static struct map_slot *find(const struct map *m, struct slice key, uint64_t h)
{
	if (!m->cap)
		return NULL;
	for (size_t i = h & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];
		if (!s->key)
			return NULL;
		if (s->value && s->hash == h && slice_eq(slice_of(s->key, s->key_n), key))
			return s;
	}
}

void *map_get(const struct map *m, struct slice key)
{
	struct map_slot *s = m->n ? find(m, key, map_hash(key)) : NULL;
	return s ? s->value : NULL;
}

static void place(struct map *m, struct map_slot entry)
{
	size_t i = entry.hash & (m->cap - 1);
	while (m->slots[i].key)
		i = (i + 1) & (m->cap - 1);
	m->slots[i] = entry;
	m->used++;
	m->n++;
}

static void grow(struct map *m)
{
	struct map_slot *old = m->slots;
	size_t old_cap = m->cap;
	m->cap = m->n * 2 < 8 ? 16 : old_cap;
	while (m->cap < m->n * 2 + 8)
		m->cap *= 2;
	m->slots = mem_zalloc(m->cap * sizeof *m->slots);
	m->n = m->used = 0;
	for (size_t i = 0; i < old_cap; i++)
		if (old[i].value)
			place(m, old[i]);
	free(old);
}

void *map_put(struct map *m, struct slice key, void *value)
{
	BUG_ON(!value);
	uint64_t h = map_hash(key);
	struct map_slot *s = find(m, key, h);
	if (s) {
		void *before = s->value;
		s->value = value;
		return before;
	}
	if ((m->used + 1) * 10 > m->cap * 7)
		grow(m);
	place(m, (struct map_slot){ mem_strndup(key.n ? key.p : "", key.n), key.n, h, value });
	return NULL;
}

void *map_del(struct map *m, struct slice key)
{
	struct map_slot *s = m->n ? find(m, key, map_hash(key)) : NULL;
	if (!s)
		return NULL;
	void *before = s->value;
	free(s->key);
	s->key = key_gone;
	s->value = NULL;
	m->n--;
	return before;
}

bool map_next(const struct map *m, size_t *at, struct slice *key, void **value)
{
	for (; *at < m->cap; (*at)++) {
		struct map_slot *s = &m->slots[*at];
		if (!s->value)
			continue;
		if (key)
			*key = slice_of(s->key, s->key_n);
		if (value)
			*value = s->value;
		(*at)++;
		return true;
	}
	return false;
}
