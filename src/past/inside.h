/* What the files of this folder share: one unit, its parts and their memory. */
#ifndef PAST_INSIDE_H
#define PAST_INSIDE_H
#include "base/map.h"
#include "past/past.h"

/* A label has the place of its bit. */
struct held_label {
	struct slice name; /* kept by the whole past; empty: the place is free */
	int64_t first_us, last_us;
};

/* Open addressing; a hash is its own place, 0 stands for a free one. */
struct seen_table {
	struct past_identifier *v;
	size_t n, cap; /* cap: 0 or a power of two */
};

struct unit {
	struct past_key key;
	int64_t until_us, keep_us, full_us; /* as in past_change */
	struct held_label *labels;
	struct past_calls *calls;
	struct past_mark *marks;
	struct seen_table seen;
	size_t label_n, call_n, mark_n, mark_cap;
};

struct past {
	struct past_opts o;
	struct unit **table; /* by key; open addressing with linear probing */
	size_t n, cap, hand; /* cap: a power of two */
	size_t identifiers;  /* of all units */
	struct map names;    /* of labels: to struct held_name */
	struct past_change last;
	struct past_identifier *fresh; /* scratch: of the last change */
	size_t fresh_n, fresh_cap;
	size_t bytes;
};

/* Of what can be of another size than now: counts the bytes. */
void *past_resize(struct past *p, void *v, size_t old_bytes, size_t bytes);

/* unit.c */
void unit_release(struct past *p, struct unit *u);
bool unit_is_live(const struct unit *u, unsigned bit, int64_t now_us); /* the label of this bit */
uint64_t unit_live(const struct unit *u, int64_t now_us);              /* bits of labels */
int64_t unit_slack_us(const struct unit *u);                           /* beyond keep_us, so that not each use is news */
void unit_touch(struct unit *u, const struct past_unit *who, int64_t keep_us, int64_t now_us);
void unit_count_call(struct past *p, struct unit *u, int64_t now_us);
uint64_t unit_calls(const struct unit *u, int64_t now_us);
/* *bits: those of the lesson's labels; PAST_FULL when one has no place. */
enum past_result unit_set_labels(struct past *p, struct unit *u, const struct policy_lesson *l, int64_t now_us,
                                 uint64_t *bits) MUST_CHECK;
/* was_live: before this lesson. True when something changed. */
bool unit_set_marks(struct past *p, struct unit *u, const struct policy_lesson *l, uint64_t was_live);
void unit_restore(struct past *p, struct unit *u, const struct past_change *c);
void unit_describe(const struct unit *u, struct past_change *out);

/* seen.c */
const struct past_identifier *seen_find(const struct unit *u, uint64_t hash, int64_t now_us);
/* Puts what is new or was renewed into p->fresh. True when something changed. */
bool seen_add(struct past *p, struct unit *u, uint64_t hash, uint64_t labels, int64_t now_us);
bool seen_is_full(const struct unit *u, int64_t now_us);
bool seen_set_full(struct unit *u, int64_t now_us);
void seen_restore(struct past *p, struct unit *u, const struct past_identifier *i, int64_t now_us);

#endif
