/* What the commands of the kept catalogue share. */
#ifndef CLI_CATALOG_FILE_H
#define CLI_CATALOG_FILE_H
#include "cli/cli.h"
#include "index/index.h"

#define CATALOG_OPTION_DB { "db", "FILE", "the catalogue; default: catalog.db in the data folder", false }

/* Opens --db, else the catalogue of the configuration, else that of the data folder. CLI_OK, or the exit
 * code of what was told. */
int catalog_open(struct cli *c, enum index_mode mode, struct index **out);
/* The path it has. */
int catalog_path(struct cli *c, const char **out);

/* The server; or tells that there is none, and which was likely meant. */
int catalog_find_server(struct cli *c, struct index *x, const char *id, struct index_server *out);
/* "SERVER/TOOL" or "SERVER" and "TOOL": both. *tool empty: the server alone is meant. */
int catalog_find(struct cli *c, struct index *x, struct index_server *server, struct slice *tool);
#endif
