/*
 * Ids in place of pointers across waits. An id is a slot and a generation: when
 * its object is gone the id finds nothing, also after the slot was used again.
 * Zero is never an id.
 */
#ifndef BASE_IDTABLE_H
#define BASE_IDTABLE_H
#include <stddef.h>
#include <stdint.h>

struct idtable_slot;

struct idtable {
	struct idtable_slot *slots;
	uint32_t cap, free_head, n;
};

void idtable_init(struct idtable *t);
void idtable_release(struct idtable *t); /* does not free the objects */
uint64_t idtable_add(struct idtable *t, void *object);
void *idtable_get(const struct idtable *t, uint64_t id); /* NULL when gone */
void *idtable_del(struct idtable *t, uint64_t id);       /* the object, or NULL */
void *idtable_next(const struct idtable *t, uint32_t *at); /* *at starts at 0; NULL at the end */

#endif
