/* What the files of this folder share. */
#ifndef INDEX_INSIDE_H
#define INDEX_INSIDE_H
#include "catalog/pin.h"
#include "index/index.h"
#include "store/db.h"

/* Statements that an import runs again and again: prepared once. */
enum index_sql {
	SQL_SERVER_FIND = 0,
	SQL_SERVER_NEW,
	SQL_SERVER_IDENTITY,
	SQL_SERVER_COUNTS,
	SQL_TOOLS_OF,
	SQL_TOOL_NEW,
	SQL_TOOL_SET,
	SQL_TOOL_GONE,
	SQL_CHANGE_NEW,
	SQL_ADDRESS_NEW,
	SQL_ADDRESS_CLEAR,
	SQL_SEGMENT_TOOL,
	SQL_SEGMENT_DOC,
	SQL_SEGMENT_TERM,
	SQL_FIND_TERM,
	SQL_FIND_PREFIX,
	SQL_FIND_RANK,
	SQL_FIND_TOOL,
	INDEX_SQLS,
};

struct segment_place {
	int64_t segment, doc;
};

struct index {
	struct db db;
	char *path;
	struct stmt sql[INDEX_SQLS];
	bool is_open; /* a transaction, by index_begin */
	int64_t *pending; /* tools that search must learn anew at the end of the transaction */
	size_t pending_n, pending_cap;
	struct segment_place *gone; /* documents that no longer count */
	size_t gone_n, gone_cap;
};

/* Reset, ready for its parameters. Not for a walk during which others call us. */
struct stmt *index_stmt(struct index *x, enum index_sql which);

/* One element of a list, judged. */
struct index_row {
	struct slice name, definition, refused;
	enum category category;
	enum severity severity;
	unsigned confidence; /* ten-thousandths */
	unsigned labels, signals;
	bool is_disputed;
	uint32_t tokens;
	unsigned char pin[PIN_SIZE];
};

struct index_list {
	struct index_row *v; /* in the order of the list; no name twice */
	size_t n;
};

/* put.c */
bool index_put_in(struct index *x, const struct index_server *s, const struct index_list *list, struct err *e) MUST_CHECK;

/* columns.c: rows as structs. The columns that each reads, in its order; `s` is servers, `t` tools. */
#define SERVER_COLUMNS                                                                                              \
	"s.id, s.source, s.has_list, s.added_us, s.seen_us, s.changed_us, s.tools, s.unknowns, s.reads, s.writes, "  \
	"s.executes, s.destroys, s.spends, s.low, s.medium, s.high, s.critical, s.refused, s.disputed, s.tokens, "   \
	"s.digest, s.title, s.version, s.package, s.remote, s.website, s.repository, s.status, s.place, "            \
	"s.description, s.document, "                                                                                \
	"(SELECT f.id FROM addresses a JOIN servers f ON f.number = a.server "                                       \
	"WHERE a.address IN (s.package, s.remote) AND a.address <> '' AND f.number <> s.number LIMIT 1)"
#define TOOL_COLUMNS                                                                                                \
	"s.id, t.name, t.category, t.severity, t.confidence, t.labels, t.signals, t.disputed, t.tokens, t.added_us, " \
	"t.changed_us, t.removed_us, t.pin, t.refused, t.definition"
/* Copies into the arena; false and *e when it is full. */
bool read_server(struct stmt *q, struct arena *a, struct index_server *out, struct err *e) MUST_CHECK;
bool read_tool(struct stmt *q, struct arena *a, struct index_tool *out, struct err *e) MUST_CHECK;
bool column_copy(struct stmt *q, int column, struct arena *a, struct slice *out, struct err *e) MUST_CHECK;
void column_pin(struct stmt *q, int column, char out[65]);

/* segment.c: takes in what is pending. */
bool segment_pend(struct index *x, int64_t tool, struct err *e) MUST_CHECK;
bool segment_forget(struct index *x, struct slice server, struct err *e) MUST_CHECK; /* all its tools */
bool segment_flush(struct index *x, struct err *e) MUST_CHECK;

/* The words of a text as search knows them: runs of letters and digits in lower case (ASCII), at most
 * LIMIT_INDEX_TERM bytes each; a character of a script without blanks is a word. of_name: also the parts
 * of camelCase. False from the callback ends it. */
struct word_sink {
	bool (*on_word)(void *ctx, struct slice word, bool is_prefix); /* false: no prefix can be meant */
	void *ctx;
};
void words_each(struct slice text, bool of_name, const struct word_sink *to);

/* The order of every answer: the most severe first, then by name without regard to case, then server. */
struct rank {
	int64_t severity;
	struct slice name, server;
};
int rank_compare(const struct rank *a, const struct rank *b);

/* What a tool is, as terms beside its words: a byte that no word has, a letter, a number. */
enum facet { FACET_CATEGORY = 'c', FACET_SEVERITY = 's', FACET_LABEL = 'l', FACET_SIGNAL = 'g', FACET_SERVER = 'v', FACET_REMOVED = 'r' };
#define FACET_SIZE 24
struct slice facet_term(enum facet f, int64_t n, char out[FACET_SIZE]);

#endif
