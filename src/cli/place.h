/* Where a command works: which configuration, which data folder, and its store. */
#ifndef CLI_PLACE_H
#define CLI_PLACE_H
#include "cli/cli.h"
#include "config/config.h"
#include "store/store.h"

struct place {
	struct config *config; /* with its mistakes told, NULL is never here */
	struct store *store;   /* NULL until place_open */
};

/* --config, else $GATEHOUSE_CONFIG, else ./gatehouse.yaml when there is one, else NULL. */
const char *place_config_file(const struct cli *c);
/* Reads the configuration. CLI_OK, or the exit code of what was told. With --data-dir alone, a
 * file that merely lies around and has mistakes is left aside. */
int place_find(struct cli *c, struct place *p);
/* place_find, then the store. may_create: else there must be a data folder already. */
int place_open(struct cli *c, struct place *p, bool may_create);
void place_close(struct place *p);

/* Is the name the file's? Then the command may not change it: tells, and CLI_WRONG. */
int place_check_server(const struct place *p, const char *name);
int place_check_policy(const struct place *p, const char *name);

/* "NAME" or "NAME@3"; *version 0 when it stands alone. CLI_OK, or CLI_WRONG after telling. */
int place_policy_version(struct cli *c, const char *word, const char **name, int64_t *version);

#endif
