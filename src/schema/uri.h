/* References between schemas: RFC 3986, 5.2, as far as identities need it. */
#ifndef SCHEMA_URI_H
#define SCHEMA_URI_H
#include "base/arena.h"

/* s at its first "#": what stands before it, and the fragment behind it (p NULL when there is none). */
void uri_split(struct slice s, struct slice *uri, struct slice *fragment);
/* The reference, which has no fragment, against a base. p NULL when the arena is full. */
struct slice uri_resolve(struct arena *a, struct slice base, struct slice reference) MUST_CHECK;
/* Without %XX. p NULL when the arena is full or an escape is broken. */
struct slice uri_unescape(struct arena *a, struct slice s) MUST_CHECK;

#endif
