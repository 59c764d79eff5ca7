/*
 * The identifiers of what a call said and of what came back, as hashes, to be remembered: of
 * every text and value that a model could read. Values of structured data, of text that is JSON
 * or YAML as programs print it, are told from free text.
 */
#ifndef GATE_HARVEST_H
#define GATE_HARVEST_H
#include "json/json.h"
#include "past/past.h"

struct harvest {
	unsigned kinds;              /* of ident.h */
	const unsigned char *secret; /* borrowed, as is the next */
	const struct past_key *key;
	struct arena *arena;         /* for text that is read as JSON or YAML */
	enum past_place place;       /* of what is being added */
	struct past_found *v;        /* owned */
	size_t n, cap;
	bool is_cut;                 /* there was more than LIMIT_PAST_IDENTIFIERS_OF_UNIT */
};
void harvest_init(struct harvest *h, unsigned kinds, const unsigned char *secret, const struct past_key *key,
                  struct arena *a);
void harvest_release(struct harvest *h);

void harvest_arguments(struct harvest *h, const struct json *arguments);
void harvest_text(struct harvest *h, struct slice text);
/* Of MCP: of a tool, resource, prompt or task, or the params of a notification or request. Any
 * other value is structured data. */
void harvest_result(struct harvest *h, const struct json *result);

#endif
