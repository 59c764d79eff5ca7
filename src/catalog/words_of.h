/* The words by which the catalogue says what a tool can do. */
#ifndef CATALOG_WORDS_OF_H
#define CATALOG_WORDS_OF_H
#include "base/slice.h"

/* In order of severity: the most severe that applies. UNKNOWN is what is no valid tool. */
enum category {
	CATEGORY_UNKNOWN = 0,
	CATEGORY_READ,
	CATEGORY_WRITE,
	CATEGORY_EXECUTE,
	CATEGORY_DESTRUCTIVE,
	CATEGORY_FINANCIAL,
	CATEGORIES,
};
enum severity { SEVERITY_UNKNOWN = 0, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL, SEVERITIES };

/* The word of the contract ("read", "low"); "unknown" for zero. */
const char *category_word(enum category c);
const char *severity_word(enum severity s);
enum category category_read(struct slice word); /* UNKNOWN: no such word */
enum severity severity_read(struct slice word);

/* What the input schema lets an agent put in. */
enum signal {
	SIGNAL_COMMAND = 0, /* a command or a program's text that will run */
	SIGNAL_CODE,
	SIGNAL_QUERY,	    /* a statement for a database: SQL, Cypher, … */
	SIGNAL_PATH,
	SIGNAL_URL,	    /* a URL or a host */
	SIGNAL_BULK,	    /* many objects, a filter, a wildcard, "all" */
	SIGNAL_AMOUNT,	    /* money or a quantity that costs */
	SIGNAL_RECIPIENT,
	SIGNAL_HTML,
	SIGNAL_CREDENTIAL,
	SIGNAL_PERMISSION,  /* rights, roles, policies */
	SIGNAL_MANY,	    /* more than SIGNAL_MANY_PARAMETERS arguments */
	SIGNALS,
};
#define SIGNAL_MANY_PARAMETERS 15
#define SIGNAL_BIT(s)	       (1u << (s))
const char *signal_word(enum signal s); /* "command", "code", "query", "path", "url", "bulk", … */

/* For flows (docs/policy.md). */
enum label {
	LABEL_READS_PRIVATE = 0,
	LABEL_READS_UNTRUSTED,
	LABEL_SENDS_OUT,
	LABEL_DESTROYS,
	LABEL_SPENDS,
	LABELS,
};
#define LABEL_BIT(l) (1u << (l))
const char *label_word(enum label l); /* "reads_private", … */

#endif
