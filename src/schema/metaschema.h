/* The schemas of schemas, for definitions that refer to them. */
#ifndef SCHEMA_METASCHEMA_H
#define SCHEMA_METASCHEMA_H
#include "base/slice.h"

/* The text for an identity, without fragment; p NULL when it is not one of ours. */
struct slice metaschema_find(struct slice uri);

#endif
