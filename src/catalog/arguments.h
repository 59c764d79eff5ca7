/*
 * The arguments that an input schema declares, each once, with where it stands: properties of properties,
 * elements of lists, what $ref and the branches of anyOf, oneOf and allOf lead to, as deep and as many as
 * the limits of a profile say.
 */
#ifndef CATALOG_ARGUMENTS_H
#define CATALOG_ARGUMENTS_H
#include "base/buf.h"
#include "json/json.h"

#define ARGUMENT_TOKENS 6

/* A name in small letters, split at case, signs and digits: "baseURL" is "base", "url". */
struct tokens {
	char text[64];
	unsigned char at[ARGUMENT_TOKENS + 1]; /* where each begins; they end with NUL */
	size_t n;
};
void tokens_split(struct tokens *t, struct slice name);
/* "" when there is none. */
static inline const char *tokens_last(const struct tokens *t)
{
	return t->n ? t->text + t->at[t->n - 1] : "";
}
static inline const char *tokens_at(const struct tokens *t, size_t i)
{
	return i < t->n ? t->text + t->at[i] : "";
}
bool tokens_have(const struct tokens *t, const char *word);

#define TYPE_STRING  1u
#define TYPE_NUMBER  2u /* or integer */
#define TYPE_BOOLEAN 4u
#define TYPE_OBJECT  8u
#define TYPE_ARRAY   16u

struct argument {
	struct slice key, description, format;
	const struct json *siblings; /* the properties it is one of */
	const struct json *list;     /* enum; NULL: none */
	struct tokens words;
	unsigned types;	  /* 0: the schema does not say */
	unsigned items;	  /* of an array: the types of its elements */
	bool is_list;	  /* its value is a list: what is said of it is said of the elements */
	bool is_required; /* and all that it stands in */
	bool is_inner;	  /* a property of a property */
	bool has_pattern; /* pattern, const, or a short maxLength: it is not free */
	bool has_default; /* which one is in `preset` */
	struct slice preset;
};

/* Called for each; where it stands is written into bufs that live until the call ends. */
struct arguments_visitor {
	void (*on_argument)(void *ctx, const struct argument *a);
	void *ctx;
	struct buf pointer;  /* "/inputSchema/properties/a" */
	struct buf argument; /* "a.b[].c" */
	struct buf path;     /* "args.a.b[*].c" */
	size_t count, top;   /* of all looked at; of the first level, all there are */
	size_t parts;	     /* elements and alternatives gone into */
	bool is_cut;	     /* some were not looked at */
};

/* schema: the inputSchema of the definition; NULL: there are no arguments. */
void arguments_visit(struct arguments_visitor *v, const struct json *schema);
void arguments_release(struct arguments_visitor *v);

#endif
