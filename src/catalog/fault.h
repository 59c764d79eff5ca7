/* Why a definition is no valid tool: one list of reasons for calls and for the catalogue. */
#ifndef CATALOG_FAULT_H
#define CATALOG_FAULT_H
#include "json/json.h"

/* NULL when the tool can be judged. MCP 2025-11-25, Tools: inputSchema is a schema object whose type
 * is "object". */
const char *fault_of(const struct json *definition);
/* Of the name alone. */
const char *fault_of_name(const struct json *definition);

#endif
