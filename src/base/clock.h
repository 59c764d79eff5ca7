/*
 * Time. Values are passed as numbers: the pure folders never ask for the time,
 * they are told. Monotonic for waiting, wall for records, windows and expiry.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/slice.h"
#include <stdint.h>

uint64_t clock_mono_us(void); /* microseconds since some start; never goes back */
int64_t clock_wall_us(void);  /* microseconds since 1970-01-01T00:00:00Z */

/* RFC 3339 in UTC with microseconds, "2026-11-21T12:00:00.000000Z", and a NUL. */
#define CLOCK_TEXT_SIZE 32
void clock_text(int64_t wall_us, char out[CLOCK_TEXT_SIZE]);
/* Reads RFC 3339 with any offset and fraction; false when it is not one (no leap
 * second folding: ":60" is refused). */
bool clock_parse(struct slice text, int64_t *wall_us);

#endif
