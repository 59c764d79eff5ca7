/* Splits a command line into options, arguments and the program behind "--". */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H
#include "cli/cli.h"

/* Options that every command has. A NULL name ends them. */
extern const struct cli_option cli_common_options[];

/*
 * words: those behind the command's name. c->command and c->arena are set. Options may stand
 * anywhere before "--"; --name VALUE and --name=VALUE. With --help nothing else is checked.
 */
bool options_parse(struct cli *c, char *const *words, size_t n, struct err *e) MUST_CHECK;

#endif
