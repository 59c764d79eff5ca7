/*
 * What one tool can do, how dangerous that is, why we say so, and what to do about it: the row of the
 * catalogue. Pure and deterministic: a definition in, a profile out, no model, no network.
 *
 * Every claim has its evidence: the words or the schema member that decided, with its place. What the
 * server claims by annotations is kept beside it and never believed.
 */
#ifndef CATALOG_PROFILE_H
#define CATALOG_PROFILE_H
#include "base/arena.h"
#include "base/buf.h"
#include "catalog/catalog.h"
#include "catalog/words_of.h"
#include "json/json.h"

/* Words that decided. */
struct evidence {
	const char *pointer;  /* JSON Pointer (RFC 6901) into the definition: "/name", "/inputSchema/properties/sql" */
	struct slice quote;   /* as it stands there; escape before showing */
	size_t at;	      /* byte of the string at `pointer` where the quote begins */
	const char *speaks_for; /* a category's, severity's, signal's or label's word */
	int weight;	      /* how much, relative to the others; the greatest first */
};

struct profile_signal {
	enum signal kind;
	const char *pointer; /* of the property; of the schema for MANY */
	struct slice argument; /* "a.b[].c" as in args.…; empty for MANY */
	const char *path;      /* the same as a policy writes it: "args.a.b[*].c"; NULL for MANY */
	bool is_required;      /* every call has it: all on the way to it is required */
	bool is_text;	       /* it is a string, or may be one for all that the schema says */
	bool is_list;	       /* it is a list: of texts, where is_text is set */
	bool is_number;	       /* it is a number, and nothing else */
	bool is_remote;	       /* of a path: in a repository or a store, not on the server's disk */
};

/* One argument that chooses the action. */
struct branch {
	struct slice value;
	enum category category;
};
struct branching {
	const char *pointer;   /* of the property */
	struct slice argument; /* "action" */
	struct branch *v;      /* empty for a free statement (is_statement) */
	size_t n;
	bool is_statement;     /* SQL or the like: the branch is in the text */
	bool is_sql;	       /* … and it is SQL */
	bool is_http;	       /* the values are methods of HTTP: what is called with them is not known */
	bool is_closed;	       /* the schema lists the values: others do not pass */
	bool is_required;
	const char *path;      /* "args.action" */
	struct slice preset;   /* the default; empty: none is said */
};

struct attack_pattern; /* catalog/attacks.h */

#define PROFILE_EVIDENCE_MAX 12
#define PROFILE_SIGNALS_MAX  32
#define PROFILE_BRANCHINGS_MAX 4
#define PROFILE_ATTACKS_MAX  8

struct profile {
	struct slice name;
	enum category category;
	enum severity severity;
	double confidence;     /* 0–1: of those with 0.9, nine in ten are right */
	unsigned labels;       /* LABEL_BIT */
	unsigned signals;      /* SIGNAL_BIT */
	unsigned traits;       /* TRAIT_BIT, catalog/traits.h */
	bool is_branched;      /* it is so severe only by some values of its branches, and milder by others */
	bool is_cut;	       /* some of its schema was not looked at: what arguments it has is not all known */
	bool is_schemaless;    /* the source gives no input schema: nothing is known of the arguments */
	bool is_undescribed;   /* the description is empty: judged by the name and the schema alone */
	struct catalog_hints claims;
	bool is_disputed;      /* the claims say otherwise than the category */
	struct slice refused;  /* why it is no valid tool; p NULL when it is one */
	struct evidence evidence[PROFILE_EVIDENCE_MAX];
	size_t evidence_n;
	struct profile_signal signal[PROFILE_SIGNALS_MAX];
	size_t signal_n;
	struct branching branching[PROFILE_BRANCHINGS_MAX];
	size_t branching_n;
	const struct attack_pattern *attack[PROFILE_ATTACKS_MAX]; /* the best first */
	size_t attack_n;
	size_t tokens;	       /* of the definition in a model's context, an estimate (o200k) */
	unsigned char pin[32]; /* catalog/pin.h */
};

/*
 * Everything lives in the arena, or in `definition`, which must outlive it. server: its name or
 * identity, one of the features ("postgres" makes a query of `query`); may be empty. `category`, `class`
 * and the annotations in the definition are not looked at but as claims. Never fails: what is no
 * valid tool has category UNKNOWN, severity CRITICAL and the reason; where the inputSchema only lacks its
 * "type" there is the reason beside the finding. No inputSchema at all (or null) is no fault here: lists of
 * registries have none. Bounded by
 * LIMIT_PROFILE_TEXT bytes of text and LIMIT_PROFILE_PROPERTIES properties that are looked at.
 */
void profile_make(const struct json *definition, struct slice server, struct arena *a, struct profile *out);
/* The same, as if the classifier had found `as`, unless that is UNKNOWN: for measuring what follows from it. */
void profile_make_as(const struct json *definition, struct slice server, enum category as, struct arena *a,
		     struct profile *out);

/* The same as JSON, as docs/classifier.md has it: an object without a line end. With recommended. */
void profile_write(struct buf *b, const struct profile *p);
/* JSON arrays of the words of these bits: ["reads_private"]. */
void labels_write(struct buf *b, unsigned labels);
void signals_write(struct buf *b, unsigned signals);

/* The rule of this tool: the value of tools.<name> in a policy; `is_hidden`: it belongs into hide. */
void recommend_rule(struct buf *b, const struct profile *p, bool *is_hidden);
/* A whole policy for these, "default": "deny"; loads, and passes `policy check` against their schemas. */
void recommend_policy(struct buf *b, const struct profile *const *v, size_t n);
/* What both write where a folder belongs that only the operator knows, as the value and to who is refused. */
#define RECOMMEND_FOLDER	"/srv/agent"
#define RECOMMEND_FOLDER_DENIED "only paths within " RECOMMEND_FOLDER ": name the folder of this agent there"
/* Why it needs a policy, in one or two sentences with the evidence quoted; plain text. */
void profile_explain(struct buf *b, const struct profile *p);
#endif
