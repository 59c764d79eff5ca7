/* Lengths of time as people write them: "30s", "5m", "2h", "7d", "2w". */
#ifndef AUTHOR_SPAN_H
#define AUTHOR_SPAN_H
#include "base/compiler.h"
#include "base/slice.h"
#include <stdint.h>

/* In microseconds; false for anything else, and beyond a hundred years. */
bool span_read(struct slice text, int64_t *out_us) MUST_CHECK;

#endif
