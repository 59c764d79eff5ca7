/* The tools that a command is given: of --tools FILE, or what --server NAME lists. */
#ifndef CLI_TOOLS_H
#define CLI_TOOLS_H
#include "cli/cli.h"

/* Reads them into text; out->p NULL when neither option is given. CLI_OK, or the exit code of what
 * was told. */
int tools_read(struct cli *c, struct buf *text, struct slice *out);

#endif
