/* What makes a definition unusable, in the words that are shown. */
#include "catalog/fault.h"
#include "base/limits.h"

const char *fault_of_name(const struct json *definition)
{
	struct slice name = json_string(json_gets(definition, "name"));
	if (!name.n)
		return "the definition has no name";
	if (name.n > LIMIT_TOOL_NAME)
		return "the name is longer than 128 bytes";
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return "the name has a control character";
	return NULL;
}

const char *fault_of(const struct json *definition)
{
	const struct json *schema = json_gets(definition, "inputSchema");
	const char *fault = fault_of_name(definition);
	if (fault)
		return fault;
	if (!json_is(schema, JSON_OBJECT))
		return "the definition has no inputSchema object";
	if (!slice_is(json_string(json_gets(schema, "type")), "object"))
		return "the inputSchema is not of type 'object'";
	return NULL;
}
