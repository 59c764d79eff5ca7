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

struct slice catalog_class(const struct catalog_hints *h)
{
	if (h->read_only == CATALOG_HINT_YES)
		return SLICE_LIT("read");
	return h->destructive == CATALOG_HINT_NO ? SLICE_LIT("write") : SLICE_LIT("destructive");
}
