/*
 * YAML as programs print it: the results of many servers are that, and not JSON. It is read
 * to know what is a field of a record and what is free text inside one, so any doubt is "no":
 * the root must be a block mapping or sequence, keys are scalars and unique, anchors, aliases
 * and second documents are refused. Tags are passed over; every scalar is a string as it
 * stands. Not for what people write: that is yaml.h.
 */
#ifndef JSON_PRINTED_H
#define JSON_PRINTED_H
#include "json/json.h"

/* NULL: the text is not that, or longer than LIMIT_PRINTED_YAML. Memory is of the arena. */
const struct json *yaml_printed(struct slice text, struct arena *a) MUST_CHECK;

#endif
