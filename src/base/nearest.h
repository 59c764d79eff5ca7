/* The known word that was most likely meant by an unknown one. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H
#include "base/slice.h"

/* Edits of one character (change, insert, drop, swap of neighbours) from a to b. Words beyond
 * 64 bytes count as far away. */
size_t nearest_distance(struct slice a, struct slice b);
/* known: NULL-terminated; NULL when nothing is close enough to be meant. */
const char *nearest_word(struct slice word, const char *const *known);

#endif
