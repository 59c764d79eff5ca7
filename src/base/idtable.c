/* Slots with generations; freed slots form a list. */
#include "base/idtable.h"
#include "base/check.h"

struct idtable_slot {
	void *object;
	uint32_t generation; /* starts at 1, so that no id is 0 */
	uint32_t next_free;
};

#define NO_SLOT UINT32_MAX

void idtable_init(struct idtable *t)
{
	*t = (struct idtable){ .free_head = NO_SLOT };
}

void idtable_release(struct idtable *t)
{
	free(t->slots);
	idtable_init(t);
}

static void grow(struct idtable *t)
{
	uint32_t cap = t->cap ? t->cap * 2 : 64;
	BUG_ON(cap <= t->cap);
	t->slots = mem_realloc(t->slots, cap * sizeof *t->slots);
	for (uint32_t i = cap; i-- > t->cap;) {
		t->slots[i] = (struct idtable_slot){ NULL, 1, t->free_head };
		t->free_head = i;
	}
	t->cap = cap;
}

uint64_t idtable_add(struct idtable *t, void *object)
{
	BUG_ON(!object);
	if (t->free_head == NO_SLOT)
		grow(t);
	uint32_t at = t->free_head;
	struct idtable_slot *s = &t->slots[at];
	t->free_head = s->next_free;
	s->object = object;
	t->n++;
	return (uint64_t)s->generation << 32 | at;
}

void *idtable_get(const struct idtable *t, uint64_t id)
{
	uint32_t at = (uint32_t)id;
	if (at >= t->cap || t->slots[at].generation != (uint32_t)(id >> 32))
		return NULL;
	return t->slots[at].object;
}

void *idtable_del(struct idtable *t, uint64_t id)
{
	void *object = idtable_get(t, id);
	if (!object)
		return NULL;
	uint32_t at = (uint32_t)id;
	struct idtable_slot *s = &t->slots[at];
	s->object = NULL;
	s->generation = s->generation == UINT32_MAX ? 1 : s->generation + 1;
	s->next_free = t->free_head;
	t->free_head = at;
	t->n--;
	return object;
}

void *idtable_next(const struct idtable *t, uint32_t *at)
{
	while (*at < t->cap) {
		void *object = t->slots[(*at)++].object;
		if (object)
			return object;
	}
	return NULL;
}
