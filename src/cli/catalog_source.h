/* What `catalog add` asks over the network: one server for its tools, a registry for its entries. */
#ifndef CLI_CATALOG_SOURCE_H
#define CLI_CATALOG_SOURCE_H
#include "cli/catalog_import.h"
#include "cli/cli.h"

/* Fills what is known of the server in *s, and its array of tools in *tools. Exactly one of url and
 * c->argv, or neither: then `name` is a server of this gate. CLI_OK, or the exit code of what was told. */
int source_ask(struct cli *c, const char *name, const char *url, struct buf *tools, struct index_server *s);

/* Every page of GET address, as /v0.1/servers answers. The result is in *m. */
int source_registry(const char *address, struct catalog_import *m);
/* Is it an address of a registry by its path? */
bool source_is_registry(const char *address);
#endif
