/*
 * The catalogue that is kept: servers, their tools as they listed them, what we found, and how both
 * changed. One SQLite file (catalog.db, in the data folder or where the operator says), sized for
 * 43,000 servers with 515,000 tools. Synchronous: for the command line, and for workers of the gate.
 *
 * A tool belongs to a server only because that server listed it: everything comes in by
 * index_put_server, one server and its whole list at a time.
 */
#ifndef INDEX_INDEX_H
#define INDEX_INDEX_H
#include "base/arena.h"
#include "base/err.h"
#include "catalog/profile.h"
#include <stdint.h>

struct index;

enum index_mode { INDEX_READ = 0, INDEX_WRITE };
/* WRITE creates and migrates. */
struct index *index_open(const char *path, enum index_mode mode, struct err *e) MUST_CHECK;
void index_close(struct index **x);

/* Where a definition comes from. */
enum index_source { INDEX_NO_SOURCE = 0, INDEX_LIVE, INDEX_FILE, INDEX_REGISTRY };
const char *index_source_word(enum index_source s); /* "live", "file", "registry" */

struct index_server {
	struct slice id;       /* key: "io.github.owner/name", "pkg:npm/x", or the operator's name; at most LIMIT_INDEX_ID bytes */
	struct slice title, description, version, website, repository; /* empty: not known */
	struct slice package;  /* "pkg:npm/@owner/name", "pkg:pypi/name", "pkg:oci/…"; the first of an entry's */
	struct slice remote;   /* where it answers, without credentials and query; the first of an entry's */
	struct slice status;   /* the registry's word: "active", "deprecated", "deleted"; else empty */
	struct slice document; /* the registry's server.json, compact; empty for others */
	enum index_source source;
	struct slice where;    /* the address, file or registry it was read from; no credentials */
	int64_t seen_us;       /* when it was last read; wall clock */
	/* set by the index */
	struct slice entry;    /* id of the registry entry with the same package or remote; empty: none known */
	bool has_list;	       /* false: nobody listed its tools yet (a registry entry) */
	char grade;	       /* 'A' … 'F'; '-': it has no tools */
	uint32_t tools, by_category[CATEGORIES], by_severity[SEVERITIES];
	uint32_t refused;      /* definitions that are no valid tools: kept, marked */
	uint32_t disputed;     /* whose annotations claim less than they can do */
	uint64_t tokens;       /* of all definitions */
	char digest[65];       /* SHA-256 over the pins of its tools, hex */
	int64_t changed_us, added_us;
};

/* A tool as it is kept; slices live in the arena given. */
struct index_tool {
	struct slice server, name;
	struct slice definition; /* JSON text as it was listed, compact; up to LIMIT_INDEX_DEFINITION, else cut and refused */
	struct slice profile;	 /* JSON, as profile_write has it: of index_tool alone, else empty */
	struct slice refused;	 /* why it is no valid tool; empty: it is one */
	enum category category;
	enum severity severity;
	double confidence;
	unsigned labels, signals; /* LABEL_BIT, SIGNAL_BIT */
	bool is_disputed;
	uint32_t tokens;
	char pin[65];		 /* hex; of the whole definition, also when it was cut */
	int64_t added_us, changed_us, removed_us; /* removed_us 0: it is listed now */
};

/* The whole list of one server: tools is the array of tools/list (all pages). What is new, changed
 * and gone becomes history; the first list of a server is one addition, that of the server (an
 * index_change without a name). NULL: the identity alone, the list stays as it is. What is empty
 * in s and known of before stays. One transaction, or within index_begin/index_end. */
bool index_put_server(struct index *x, const struct index_server *s, const struct json *tools, struct err *e) MUST_CHECK;
/* How a package and a remote are written in struct index_server: "pkg:npm/@owner/name", and the URL in
 * lower case to its path, without credentials, query and fragment. How many bytes; 0: it is none, or out
 * is too small. */
size_t index_package(struct slice type, struct slice identifier, char *out, size_t size);
size_t index_remote(struct slice url, char *out, size_t size);

/* Many servers in one transaction: what makes an import fast. */
bool index_begin(struct index *x, struct err *e) MUST_CHECK;
bool index_end(struct index *x, bool ok, struct err *e) MUST_CHECK;

/* index_put_server in two steps, so that a worker may judge what another thread writes. Everything
 * of the answer lives in the arena; NULL and *e when tools is no array or has too many elements. */
struct index_list;
struct index_list *index_judge(struct slice server, const struct json *tools, struct arena *a, struct err *e) MUST_CHECK;
bool index_put_list(struct index *x, const struct index_server *s, const struct index_list *list /* NULL: none */,
		    struct err *e) MUST_CHECK;

/* Why a tool whose name the list has twice is refused. */
#define INDEX_TWICE "two definitions have its name"

struct index_list_size {
	size_t tools, refused;
};
struct index_list_size index_list_size(const struct index_list *list /* may be NULL */);

/* What profile_make says of a kept definition; of one that was cut or refused by its list, that. */
bool index_profile(const struct index_tool *t, struct arena *a, struct profile *out, struct err *e) MUST_CHECK;
bool index_remove_server(struct index *x, struct slice id, struct err *e) MUST_CHECK;

/* False with e->kind ERR_NONE: there is none. */
bool index_server(struct index *x, struct slice id, struct arena *a, struct index_server *out, struct err *e) MUST_CHECK;
bool index_tool(struct index *x, struct slice server, struct slice name, struct arena *a, struct index_tool *out,
		struct err *e) MUST_CHECK;

/* What was most likely meant by an id or name that is not there; empty: nothing is close. */
bool index_nearest_server(struct index *x, struct slice id, struct arena *a, struct slice *out, struct err *e) MUST_CHECK;
bool index_nearest_tool(struct index *x, struct slice server, struct slice name, struct arena *a, struct slice *out,
			struct err *e) MUST_CHECK;

/* What is looked for. All of it empty: everything, by severity, then name. */
struct index_query {
	struct slice words;  /* full text over name, description, server; each word a prefix */
	struct slice server; /* only this one's */
	unsigned categories, severities, labels, signals; /* bits; 0: any */
	bool only_changed;   /* since `since_us` */
	int64_t since_us;
	bool with_removed;
	size_t limit;	     /* 1 to LIMIT_INDEX_PAGE */
	struct slice cursor; /* from the last answer; empty: from the start */
};
struct index_page {
	struct index_tool *tools;
	size_t n;
	size_t total;	     /* of all pages, as of now; tools that changed since may count twice */
	struct slice cursor; /* of the next page; empty: this is the last */
};
bool index_search(struct index *x, const struct index_query *q, struct arena *a, struct index_page *out,
		  struct err *e) MUST_CHECK;

/* Each in order of its id; the callback returns false to stop. The arena is reset between rows. */
bool index_each_server(struct index *x, bool (*on_server)(void *ctx, const struct index_server *s), void *ctx,
		       struct err *e) MUST_CHECK;
/* Those whose id stands behind `after`. */
bool index_each_server_after(struct index *x, struct slice after,
			     bool (*on_server)(void *ctx, const struct index_server *s), void *ctx, struct err *e) MUST_CHECK;
bool index_each_tool(struct index *x, struct slice server /* empty: all, by server, then name */,
		     bool (*on_tool)(void *ctx, const struct index_tool *t), void *ctx, struct err *e) MUST_CHECK;
/* Also those that are gone (removed_us). */
bool index_each_tool_ever(struct index *x, struct slice server, bool (*on_tool)(void *ctx, const struct index_tool *t),
			  void *ctx, struct err *e) MUST_CHECK;

/* What changed, newest first. */
enum index_change_kind { INDEX_NO_CHANGE = 0, INDEX_ADDED, INDEX_CHANGED, INDEX_REMOVED };
struct index_change {
	int64_t number; /* grows */
	enum index_change_kind kind;
	struct slice server, name;
	int64_t at_us;
	char from_pin[65], to_pin[65]; /* empty for none */
	enum category from_category, to_category;
	enum severity from_severity, to_severity;
	struct slice from_definition, to_definition; /* empty for none */
};
bool index_each_change(struct index *x, struct slice server /* empty: all */, int64_t since_us, size_t limit,
		       bool (*on_change)(void *ctx, const struct index_change *c), void *ctx, struct err *e) MUST_CHECK;

/* The same of one tool (name empty: of all), before a number (0: from the newest). */
bool index_each_change_of(struct index *x, struct slice server, struct slice name, int64_t since_us, int64_t before,
			  size_t limit, bool (*on_change)(void *ctx, const struct index_change *c), void *ctx,
			  struct err *e) MUST_CHECK;

struct index_totals {
	uint64_t servers, listed /* servers with a list */, tools, by_category[CATEGORIES], by_severity[SEVERITIES], disputed,
		refused, tokens;
};
bool index_totals(struct index *x, struct index_totals *out, struct err *e) MUST_CHECK;

/* The grade's arithmetic, as the page shows it: docs/catalog.md. out: "B: 3 of 10 tools …". */
char index_grade(const struct index_server *s, struct buf *explanation);
/* As JSON objects, the shape of the API and of `catalog show --json`. */
void index_write_server(struct buf *b, const struct index_server *s);
void index_write_row(struct buf *b, const struct index_tool *t); /* for lists: without these */
void index_write_tool(struct buf *b, const struct index_tool *t); /* with profile and definition */
#endif
