/*
 * Written as one schema for each dialect: that the standard cuts its own into vocabularies
 * changes nothing for a value. Their formats are left out, as they only describe.
 */
#include "schema/metaschema.h"
#include "base/compiler.h"

/* Read as JSON with these; SELF is how a dialect refers to itself. */
#define TYPED(t) "{\"type\":\"" t "\"}"
#define STRINGS "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"uniqueItems\":true}"
#define COUNT "{\"type\":\"integer\",\"minimum\":0}"
#define MAP_OF(x) "{\"type\":\"object\",\"additionalProperties\":" x "}"
#define LIST_OF(x) "{\"type\":\"array\",\"minItems\":1,\"items\":" x "}"
#define NAME "{\"type\":\"string\",\"pattern\":\"^[A-Za-z_][-A-Za-z0-9._]*$\"}"
#define TYPES                                                                                      \
	"{\"enum\":[\"array\",\"boolean\",\"integer\",\"null\",\"number\",\"object\",\"string\"]}"

#define COMMON(SELF)                                                                               \
	"\"$schema\":" TYPED("string") ",\"$ref\":" TYPED("string") ",\"$comment\":" TYPED("string") \
	",\"title\":" TYPED("string") ",\"description\":" TYPED("string") ",\"default\":true"        \
	",\"readOnly\":" TYPED("boolean") ",\"writeOnly\":" TYPED("boolean") ",\"examples\":" TYPED("array") \
	",\"multipleOf\":{\"type\":\"number\",\"exclusiveMinimum\":0}"                              \
	",\"maximum\":" TYPED("number") ",\"exclusiveMaximum\":" TYPED("number")                   \
	",\"minimum\":" TYPED("number") ",\"exclusiveMinimum\":" TYPED("number")                   \
	",\"maxLength\":" COUNT ",\"minLength\":" COUNT ",\"pattern\":" TYPED("string")            \
	",\"maxItems\":" COUNT ",\"minItems\":" COUNT ",\"uniqueItems\":" TYPED("boolean")         \
	",\"maxProperties\":" COUNT ",\"minProperties\":" COUNT ",\"required\":" STRINGS           \
	",\"const\":true,\"enum\":{\"type\":\"array\",\"items\":true}"                              \
	",\"type\":{\"anyOf\":[" TYPES ",{\"type\":\"array\",\"items\":" TYPES                     \
	",\"minItems\":1,\"uniqueItems\":true}]}"                                                   \
	",\"format\":" TYPED("string") ",\"contentMediaType\":" TYPED("string")                    \
	",\"contentEncoding\":" TYPED("string") ",\"contains\":" SELF ",\"additionalProperties\":" SELF \
	",\"definitions\":" MAP_OF(SELF) ",\"properties\":" MAP_OF(SELF) ",\"patternProperties\":" \
	MAP_OF(SELF) ",\"propertyNames\":" SELF ",\"if\":" SELF ",\"then\":" SELF ",\"else\":" SELF \
	",\"allOf\":" LIST_OF(SELF) ",\"anyOf\":" LIST_OF(SELF) ",\"oneOf\":" LIST_OF(SELF)        \
	",\"not\":" SELF ",\"dependencies\":" MAP_OF("{\"anyOf\":[" SELF "," STRINGS "]}")

#define SINCE_2019(SELF)                                                                           \
	",\"$id\":{\"type\":\"string\",\"pattern\":\"^[^#]*#?$\"},\"$anchor\":" NAME ",\"$defs\":"     \
	MAP_OF(SELF) ",\"$vocabulary\":" MAP_OF(TYPED("boolean")) ",\"deprecated\":" TYPED("boolean") \
	",\"maxContains\":" COUNT ",\"minContains\":" COUNT ",\"dependentRequired\":" MAP_OF(STRINGS) \
	",\"dependentSchemas\":" MAP_OF(SELF) ",\"unevaluatedItems\":" SELF                        \
	",\"unevaluatedProperties\":" SELF ",\"contentSchema\":" SELF

#define ITEMS_OR_LIST(SELF)                                                                        \
	",\"additionalItems\":" SELF ",\"items\":{\"anyOf\":[" SELF "," LIST_OF(SELF) "]}"

#define SELF_7 "{\"$ref\":\"#\"}"
#define SELF_2019 "{\"$recursiveRef\":\"#\"}"
#define SELF_2020 "{\"$dynamicRef\":\"#meta\"}"

#define URI_7 "http://json-schema.org/draft-07/schema"
#define URI_2019 "https://json-schema.org/draft/2019-09/schema"
#define URI_2020 "https://json-schema.org/draft/2020-12/schema"

static const struct {
	const char *uri, *text;
} metaschemas[] = {
	{ URI_2020,
	  "{\"$schema\":\"" URI_2020 "\",\"$id\":\"" URI_2020 "\",\"$dynamicAnchor\":\"meta\","
	  "\"type\":[\"object\",\"boolean\"],\"properties\":{" COMMON(SELF_2020) SINCE_2019(SELF_2020)
	  ",\"$dynamicRef\":" TYPED("string") ",\"$dynamicAnchor\":" NAME ",\"prefixItems\":" LIST_OF(SELF_2020)
	  ",\"items\":" SELF_2020 "}}" },
	{ URI_2019,
	  "{\"$schema\":\"" URI_2019 "\",\"$id\":\"" URI_2019 "\",\"$recursiveAnchor\":true,"
	  "\"type\":[\"object\",\"boolean\"],\"properties\":{" COMMON(SELF_2019) SINCE_2019(SELF_2019)
	  ITEMS_OR_LIST(SELF_2019) ",\"$recursiveRef\":" TYPED("string")
	  ",\"$recursiveAnchor\":" TYPED("boolean") "}}" },
	{ URI_7,
	  "{\"$schema\":\"" URI_7 "#\",\"$id\":\"" URI_7 "#\",\"type\":[\"object\",\"boolean\"],"
	  "\"properties\":{" COMMON(SELF_7) ITEMS_OR_LIST(SELF_7) ",\"$id\":" TYPED("string") "}}" },
};

struct slice metaschema_find(struct slice uri)
{
	for (size_t i = 0; i < ARRAY_LEN(metaschemas); i++)
		if (slice_is(uri, metaschemas[i].uri))
			return slice_str(metaschemas[i].text);
	return slice_of(NULL, 0);
}
