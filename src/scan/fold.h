/* Characters that are read as a letter of ASCII. */
#ifndef SCAN_FOLD_H
#define SCAN_FOLD_H
#include "base/slice.h"
#include <stdint.h>

/* The character at a place of valid UTF-8, and its bytes; of other bytes one. */
uint32_t utf8_read(struct slice text, size_t at, size_t *n);
/* 0: none. *is_alike: of another script, and only looks so. */
char fold(uint32_t c, bool *is_alike);
bool is_invisible(uint32_t c);

#endif
