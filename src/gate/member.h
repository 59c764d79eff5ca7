/* Prints an object with several members changed; json_write_with is for one. */
#ifndef GATE_MEMBER_H
#define GATE_MEMBER_H
#include "json/json.h"

struct member {
	struct slice key, raw; /* raw is JSON text; p NULL drops the member */
};

/* In place where they stand, at the end where they are absent. Something that is no object prints
 * as one that has nothing but the changes. */
void members_write(struct buf *b, const struct json *object, const struct member *changes, size_t n);

#endif
