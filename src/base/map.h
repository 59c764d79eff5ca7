/*
 * Hash table from byte strings to pointers, SipHash-2-4 with a random seed for
 * each process: a peer that chooses the keys cannot choose the collisions.
 * Keys are copied. Values are borrowed: the table never frees them.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "base/slice.h"
#include <stdint.h>

struct map_slot;

struct map {
	struct map_slot *slots;
	size_t n, used, cap; /* entries; entries and tombstones; slots (a power of two) */
};

void map_init(struct map *m);
void map_release(struct map *m);
void *map_get(const struct map *m, struct slice key); /* NULL when absent */
/* Returns the value that was there before, or NULL. value must not be NULL. */
void *map_put(struct map *m, struct slice key, void *value);
void *map_del(struct map *m, struct slice key); /* the value that was there, or NULL */
/* Walks in no order: *at starts at 0; false at the end. The current entry may be deleted. */
bool map_next(const struct map *m, size_t *at, struct slice *key, void **value);
uint64_t map_hash(struct slice key); /* keyed by the same seed */

#endif
