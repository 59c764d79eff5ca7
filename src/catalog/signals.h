/*
 * What the arguments let an agent put in. Judged by the head of each name ("output_path" is a path, "page_size"
 * is nothing), its type, format and description, and what the tool is about; never by the name alone where
 * names mislead ("code", "token", "to", "query").
 */
#ifndef CATALOG_SIGNALS_H
#define CATALOG_SIGNALS_H
#include "base/arena.h"
#include "catalog/arguments.h"
#include "catalog/meaning.h"
#include "catalog/profile.h"

/* What a tool is about, as far as its arguments are read by it. */
struct signals_context {
	enum category category;
	struct slice server, name;
	bool is_sql, is_database, is_crypto, is_message, is_rights;
};
void signals_context(struct signals_context *c, const struct profile *p, struct slice server, const struct meaning *m);

/* SIGNAL_BIT of all that this argument is. Pure: of one argument alone. */
unsigned signals_of(const struct signals_context *c, const struct argument *a);
/* A free statement of SQL, so that the rule for it fits. */
bool signals_is_sql(const struct signals_context *c, const struct argument *a);
/* A path in a repository or a store, not on the server's disk. */
bool signals_is_remote(const struct signals_context *c, const struct argument *a);
/* Whether a text has the word in any case, within its first bytes. */
bool mentions(struct slice text, const char *word);
bool mentions_any(struct slice text, const char *const *words); /* ends with NULL */

#endif
