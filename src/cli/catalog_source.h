/* What `catalog add` asks over the network: one server for its tools, a registry for its entries. */
#ifndef CLI_CATALOG_SOURCE_H
#define CLI_CATALOG_SOURCE_H
#include "app/ask_tools.h"
#include "cli/catalog_import.h"
#include "cli/cli.h"

/* How a server is asked: by its url, by the command of c->argv, or, with neither, as the server `name` of this
 * gate. CLI_OK, or the exit code of what was told. */
int source_find(struct cli *c, const char *name, const char *url, struct ask_tools_opts *o);
/* Fills what is known of it in *s, and its array of tools in *tools. The same. */
int source_ask(struct cli *c, const struct ask_tools_opts *o, struct buf *tools, struct index_server *s);

/* Every page of GET address, as /v0.1/servers answers. The result is in *m. */
int source_registry(const char *address, struct catalog_import *m);
/* Is it an address of a registry by its path? */
bool source_is_registry(const char *address);
#endif
