/* What waits for a review, for a person: the difference, line by line, with nothing hidden in it. */
#ifndef CLI_PIN_SHOW_H
#define CLI_PIN_SHOW_H
#include "cli/cli.h"
#include "store/pins.h"

/* Text, with the command that accepts it. */
void pin_show(struct buf *b, struct cli *c, const struct store_pin *p);
/* Digits that bind a word to what was shown: of one tool, or of all that waits of a server. */
#define PIN_SHOWN 12
void pin_digits(const struct store_pin *const *v, size_t n, char out[PIN_SHOWN + 1]);

#endif
