/*
 * What of a tool is weighed: concepts (words.h) by where they stand, verbs together with other verbs
 * and with objects, and a few facts of shape. Each feature is there or not, and knows its place, so
 * that it can be shown as evidence. For classify.c and the trainer only.
 */
#ifndef CATALOG_FEATURES_H
#define CATALOG_FEATURES_H
#include "base/limits.h"
#include "catalog/classify.h"

/* Where a concept stands. */
enum place {
	PLACE_NAME_FIRST = 0,
	PLACE_NAME_VERB,     /* the verb that seems to be the tool's */
	PLACE_NAME,
	PLACE_LEAD_VERB,     /* the first verb of the first sentence */
	PLACE_LEAD_VERBS,    /* another one of it */
	PLACE_LEAD,
	PLACE_LEAD_DONE,     /* "deleted", "created" */
	PLACE_LINE_VERB,     /* a verb that begins a later sentence */
	PLACE_REST,
	PLACE_DENIED,	     /* behind "not", "without" */
	PLACE_ARGUMENTS,
	PLACE_RETURNS,
	PLACE_PROPERTY,
	PLACE_REQUIRED,
	PLACE_PROPERTY_TEXT,
	PLACE_ENUM,
	PLACE_SERVER,
	PLACES,
};

enum fact {
	FACT_ALWAYS = 0,
	FACT_UNDESCRIBED,
	FACT_SHORT,	 /* a description below 40 bytes */
	FACT_LONG,	 /* above 600 */
	FACT_NO_ARGUMENTS,
	FACT_ONE_ARGUMENT,
	FACT_MANY_ARGUMENTS, /* 8 and more */
	FACT_NONE_REQUIRED,
	FACT_BRANCHES,	 /* an enum with verbs of several kinds */
	FACT_NESTED,	 /* objects or arrays of objects among the arguments */
	FACT_NO_VERB,	 /* neither in the name nor in the first sentence */
	FACT_AGREES,	 /* name and description have the same verb */
	FACTS,
};

#define VERB_N	 ((int)CONCEPT_VERBS)			      /* 0: none */
#define OBJECT_N ((int)CONCEPT_OBJECTS - (int)CONCEPT_VERBS) /* 0: none */
#define FEATURE_VERBS	((int)PLACES * (int)CONCEPTS)	    /* name's verb with the first sentence's */
#define FEATURE_NAME	(FEATURE_VERBS + VERB_N * VERB_N)   /* name's verb with its object */
#define FEATURE_LEAD	(FEATURE_NAME + VERB_N * OBJECT_N)  /* first sentence's verb with its object */
#define FEATURE_FACTS	(FEATURE_LEAD + VERB_N * OBJECT_N)
/* Kinds of verbs, for what single verbs are too rare for: the name's, the first sentence's and the
 * weightiest of the rest together; the name's with that of an enum; the first sentence's with it. */
#define FEATURE_KINDS	(FEATURE_FACTS + (int)FACTS)
#define FEATURE_ENUM	(FEATURE_KINDS + KINDS * KINDS * KINDS)
#define FEATURE_CHOICE	(FEATURE_ENUM + KINDS * KINDS)
/* The name's kind with marks of the description, and with objects of properties, server and name. */
#define FEATURE_MARKS	 (FEATURE_CHOICE + KINDS * KINDS)
#define FEATURE_PROPERTY (FEATURE_MARKS + KINDS * (int)CONCEPTS)
#define FEATURE_SERVER	 (FEATURE_PROPERTY + KINDS * (int)CONCEPTS)
#define FEATURE_OBJECT	 (FEATURE_SERVER + KINDS * (int)CONCEPTS)
/* Single words of the name, and the first sentence's verb: where one of a concept is unlike the others. */
#define FEATURE_WORD	  (FEATURE_OBJECT + KINDS * (int)CONCEPTS)
#define FEATURE_LEAD_WORD (FEATURE_WORD + WORDS_MAX)
/* Words and pairs of words of the name and of the first sentence, also those that no list has, by their
 * hash: what the concepts leave out. Two that share a number share its weight. */
#define FEATURE_HASHED	  (FEATURE_LEAD_WORD + WORDS_MAX)
#define HASHED_BITS	  15
#define FEATURES	  (FEATURE_HASHED + (1 << HASHED_BITS))

/* In order of weight. */
enum kind { KIND_NONE = 0, KIND_VAGUE, KIND_SEES, KIND_MAKES, KIND_RUNS, KIND_ENDS, KIND_PAYS };
#define KINDS 7
enum kind kind_of(enum concept c);

enum origin { ORIGIN_NONE = 0, ORIGIN_NAME, ORIGIN_TITLE, ORIGIN_DESCRIPTION, ORIGIN_PROPERTY, ORIGIN_PROPERTY_TEXT, ORIGIN_ENUM };

struct feature {
	uint32_t id;
	uint8_t origin;	   /* enum origin */
	uint8_t item;	   /* of an enum */
	uint16_t property; /* struct properties */
	uint32_t at, n;	   /* the words, in the text of the origin */
};

/* The properties that were looked at, each with the one that it stands in. */
struct property {
	struct slice name;
	const struct json *schema;
	int parent;   /* -1: of the input schema itself */
	bool is_item; /* of the elements of the parent, an array */
};

#define FEATURES_MAX 1024

struct features {
	struct feature v[FEATURES_MAX];
	size_t n;
	struct property property[LIMIT_PROFILE_PROPERTIES];
	size_t property_n;
	uint64_t seen[FEATURES / 64 + 1];
};

void features_find(const struct tool_text *t, struct features *f);
#endif
