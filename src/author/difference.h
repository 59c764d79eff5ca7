/*
 * What two JSON documents differ in, by JSON Pointer. Elements of lists are matched where they
 * are equal, so that one that was put in front does not change all the others.
 */
#ifndef AUTHOR_DIFFERENCE_H
#define AUTHOR_DIFFERENCE_H
#include "json/json.h"

struct difference {
	struct slice pointer;	      /* in the document that has it; of both, that of the new one */
	const struct json *from, *to; /* NULL: it is only in the other */
};

struct differences {
	struct difference *v; /* in the arena */
	size_t n;
};

/* At most LIMIT_DIFFERENCES. False when there are more, or no memory; what was found stands there. */
bool differences_find(const struct json *from, const struct json *to, struct arena *a,
		      struct differences *out) MUST_CHECK;
/* "+ /tools/x: {…}", "- /tools/y: …", "~ /default: "deny" -> "allow"", a line each. */
void differences_write(struct buf *b, const struct differences *d);
/* [{"pointer", "from", "to"}…] */
void differences_write_json(struct buf *b, const struct differences *d);

#endif
