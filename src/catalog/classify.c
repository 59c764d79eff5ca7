/* The classifier: what a tool's words and schema speak for, weighed. */
#include "catalog/classify.h"
#include "base/limits.h"

static enum category category_of_verb(enum concept c)
{
	if (c >= VERB_PAY && c <= VERB_REFUND)
		return CATEGORY_FINANCIAL;
	if (c >= VERB_DELETE && c < VERB_PAY)
		return CATEGORY_DESTRUCTIVE;
	if (c >= VERB_RUN && c < VERB_DELETE)
		return CATEGORY_EXECUTE;
	if (c >= VERB_CREATE && c < VERB_RUN)
		return CATEGORY_WRITE;
	return concept_is_verb(c) ? CATEGORY_READ : CATEGORY_UNKNOWN;
}

enum category classify_word(struct slice value)
{
	struct word v[16];
	size_t n = words_of_name(value, v, 16);
	for (size_t i = 0; i < n; i++) {
		enum category c = category_of_verb(v[i].concept[0]);
		if (c)
			return c;
	}
	return CATEGORY_UNKNOWN;
}

struct tool_text tool_text_of(const struct json *definition, struct slice server)
{
	return (struct tool_text){
		.name = json_string(json_gets(definition, "name")),
		.title = json_string(json_gets(definition, "title")),
		.description = json_string(json_gets(definition, "description")),
		.server = server,
		.schema = json_gets(definition, "inputSchema"),
	};
}

void classify(const struct tool_text *t, struct arena *a, struct classified *out)
{
	(void)a;
	*out = (struct classified){ .category = classify_word(t->name), .confidence = 0.6 };
	if (!out->category)
		out->category = CATEGORY_EXECUTE;
	for (int i = CATEGORY_READ; i < CATEGORIES; i++)
		out->probability[i] = i == (int)out->category ? 0.6 : 0.1;
}
