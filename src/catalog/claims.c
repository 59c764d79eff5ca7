/* What a server's annotations claim of a tool. */
#include "catalog/catalog.h"

static enum catalog_hint read_hint(const struct json *annotations, const char *key)
{
	const struct json *v = json_gets(annotations, key);
	if (!json_is(v, JSON_BOOL))
		return CATALOG_HINT_NONE;
	return json_true(v) ? CATALOG_HINT_YES : CATALOG_HINT_NO;
}

struct catalog_hints catalog_hints(const struct json *definition)
{
	const struct json *annotations = json_gets(definition, "annotations");
	return (struct catalog_hints){
		.read_only = read_hint(annotations, "readOnlyHint"),
		.destructive = read_hint(annotations, "destructiveHint"),
		.idempotent = read_hint(annotations, "idempotentHint"),
		.open_world = read_hint(annotations, "openWorldHint"),
	};
}
