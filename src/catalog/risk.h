/*
 * What policies are told of a tool: our own finding, which the server's claims can make more severe and never
 * milder. Small enough to be kept with each tool.
 */
#ifndef CATALOG_RISK_H
#define CATALOG_RISK_H
#include "catalog/words_of.h"
#include <stddef.h>

struct profile; /* catalog/profile.h */

struct risk {
	enum category found;    /* by name, description and schema alone */
	enum category category; /* the same, or what the server claims when that is worse */
	enum severity severity;
	double confidence;      /* of `found` */
	unsigned labels, signals; /* LABEL_BIT, SIGNAL_BIT */
	struct slice label[LABELS]; /* the words of `labels` */
	size_t label_n;
	size_t tokens;          /* of the definition in a model's context */
	bool is_disputed;       /* the claims say otherwise than `found` */
};

/*
 * readOnlyHint true and destructiveHint false change nothing. readOnlyHint false makes at least "write" of
 * what was found to read; destructiveHint true (and not readOnlyHint true, beside which it means nothing: MCP
 * 2025-11-25, ToolAnnotations) at least "destructive", with the label `destroys`. What a claim raised has at
 * least medium severity as write, high as destructive.
 */
void risk_of(const struct profile *p, struct risk *out);
struct json;
/* The same of a definition: profile_make() and all. */
void risk_find(const struct json *definition, struct slice server, struct risk *out);
/* For policies: "read" to "financial". What is no valid tool counts as "destructive": it may not be called at all. */
struct slice risk_class(const struct risk *r);
struct slice risk_severity(const struct risk *r);

#endif
