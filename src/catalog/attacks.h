/* Documented patterns of abuse, with their sources: which of them a kind of access invites. */
#ifndef CATALOG_ATTACKS_H
#define CATALOG_ATTACKS_H
#include "base/slice.h"
#include <stddef.h>

struct attack_source {
	const char *what, *url;
	const char *kind; /* "incident", "vulnerability", "demonstration", "paper", "test set", "guidance" */
};

struct attack_pattern {
	const char *id, *name, *mechanism;
	unsigned categories; /* bits, 1u << enum category */
	unsigned core;	     /* those for which it is the first to think of */
	unsigned labels;     /* LABEL_BIT */
	unsigned traits, primary_traits; /* bits of enum trait, catalog/traits.h */
	bool is_of_server, is_of_protocol; /* it does not attach to one tool */
	const struct attack_source *sources; /* ends with one without a url */
	const char *const *stops, *const *limits; /* controls; end with NULL */
	const char *maps; /* "OWASP MCP03; OWASP LLM01; ATLAS AML.T0051; …" */
};

const struct attack_pattern *attack_next(size_t *at); /* *at starts at 0; NULL at the end */
const struct attack_pattern *attack_find(struct slice id);
#endif
