/*
 * The command line: one table of commands (cli.c), one struct cli_command each. What is
 * printed in --help and in docs/cli.md is these structs.
 *
 * Results go to standard output, everything else to standard error. With --json a result
 * is one JSON document, or one object a line where it is a stream.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* The exit codes; help.c describes them. Zero is success because shells say so. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1,      /* it was tried and did not work, or the answer is no */
	CLI_WRONG = 2,       /* wrong usage, configuration or policy: nothing was done */
	CLI_UNREACHABLE = 3, /* no gate runs there, or it does not answer */
};

struct cli_option {
	const char *name;  /* without dashes; NULL ends a table */
	const char *value; /* name of its value; NULL: a flag */
	const char *help;
	bool is_many;      /* may be given more than once */
};

struct cli;

struct cli_command {
	const char *name;    /* "policy check": noun and verb */
	const char *usage;   /* what stands behind the name and the options: "NAME FILE" */
	const char *summary; /* one line */
	const char *details; /* paragraphs, wrapped; NULL: none */
	const char *example; /* command lines, each with its end of line */
	const struct cli_option *options; /* beside --json, --help, --config, --data-dir; NULL: none */
	size_t args_min, args_max;
	bool takes_command;  /* words behind "--" are a program and its arguments */
	int (*run)(struct cli *c);
};

struct cli_given {
	const char *name;  /* of the table */
	const char *value; /* NULL for a flag */
};

/* One command line, parsed. */
struct cli {
	const struct cli_command *command;
	struct arena arena; /* for the command; released when it returns */
	const char *const *args;
	size_t arg_n;
	const char *const *argv; /* behind "--", NULL-terminated; NULL: none */
	struct cli_given *given;
	size_t given_n;
	bool is_json, wants_help;
	const char *config_file, *data_dir; /* NULL: not given */
};

int cli_main(int argc, char **argv);

/* The commands in the order of the help; NULL past the last. */
const struct cli_command *cli_command_at(size_t i);
const struct cli_command *cli_command_find(const char *name);

/* The last value given, or NULL; *at walks over all of them when it starts at 0. */
const char *cli_value(const struct cli *c, const char *option);
const char *cli_next_value(const struct cli *c, const char *option, size_t *at);
bool cli_has(const struct cli *c, const char *option);

/* One line on standard error, "gatehouse: …"; gives the exit code back. */
int cli_fail(enum cli_exit code, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for an error: input of the operator is CLI_WRONG, all else CLI_FAILED. */
int cli_fail_err(const struct err *e);
/* A word of advice on standard error. */
void cli_note(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Writes to standard output and releases b. A result that could not be written is CLI_FAILED. */
int cli_print(struct buf *b);

#endif
