/* What stays the same while a tool is the one that was reviewed. */
#include "catalog/pin.h"
#include "base/digest.h"
#include "json/canonical.h"

/* In the order of RFC 8785, so that the text is that of an object with these members alone. */
static const char *const pinned[] = { "annotations", "description", "inputSchema", "name", "outputSchema", "title" };

void pin_of(const struct json *definition, unsigned char out[PIN_SIZE])
{
	/* The canonical text is no longer than six times the text that was read, which has its own limit. */
	struct buf text = BUF_INIT((size_t)1 << 30);
	const char *comma = "{";
	if (!json_is(definition, JSON_OBJECT))
		json_canonical(&text, definition);
	for (size_t i = 0; i < sizeof pinned / sizeof pinned[0]; i++) {
		const struct json *v = json_gets(definition, pinned[i]);
		if (!v)
			continue;
		buf_addf(&text, "%s\"%s\":", comma, pinned[i]);
		json_canonical(&text, v);
		comma = ",";
	}
	if (json_is(definition, JSON_OBJECT))
		buf_adds(&text, *comma == '{' ? "{}" : "}");
	digest_sha256(buf_slice(&text), out);
	buf_release(&text);
}
