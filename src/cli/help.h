/* What people read: overview, help of one command, the manual page docs/cli.md. */
#ifndef CLI_HELP_H
#define CLI_HELP_H
#include "cli/cli.h"

void help_write_overview(struct buf *b);
void help_write_command(struct buf *b, const struct cli_command *m);
/* The commands of a noun ("policy"); false when there are none. */
bool help_write_noun(struct buf *b, const char *noun);
void help_write_exit_codes(struct buf *b);
void help_write_manual(struct buf *b);
/* The nearest known command or NULL. */
const char *help_nearest(const char *words);

#endif
