/*
 * What the catalogue says to whom asks: the documents of the API, and the gate's own MCP server for
 * agents that want to know before they call. Everything is synchronous, opens the file, reads, and
 * closes it: for worker threads, several at once. Where there is no file the catalogue is empty,
 * and a `hint` says how it is filled.
 *
 * Nothing of it decides anything: calls are judged by the policy and the live list alone.
 */
#ifndef ADVICE_ADVICE_H
#define ADVICE_ADVICE_H
#include "index/index.h"
#include "mcp/jsonrpc.h"

struct advice {
	const char *path; /* of catalog.db; NULL: the gate keeps none */
};

enum advice_end {
	ADVICE_FAILED = 0, /* the file cannot be read; *e says why, and that is for the operator */
	ADVICE_FOUND,	   /* the buffer has a JSON object */
	ADVICE_UNKNOWN,	   /* there is no such thing; *e names the nearest */
	ADVICE_WRONG,	   /* the question: *e says what to change */
};

struct advice_query {
	struct index_query find;    /* of tools */
	struct slice words;	    /* servers: part of an id, title or package, without case */
	struct slice server, name;  /* changes: of these alone */
	struct slice cursor;	    /* servers and changes; of tools it is in find */
	int64_t since_us;	    /* changes: not older */
	size_t limit;		    /* servers and changes: 1 to LIMIT_INDEX_PAGE */
};

enum advice_end advice_totals(const struct advice *a, struct buf *b, struct err *e) MUST_CHECK;
enum advice_end advice_servers(const struct advice *a, const struct advice_query *q, struct buf *b,
			       struct err *e) MUST_CHECK;
/* With the arithmetic of its grade, its most dangerous tools, what changed last and a whole policy. */
enum advice_end advice_server(const struct advice *a, struct slice id, struct buf *b, struct err *e) MUST_CHECK;
enum advice_end advice_policy(const struct advice *a, struct slice server, struct buf *b, struct err *e) MUST_CHECK;
/* With the patterns of abuse and their sources, and its history. */
enum advice_end advice_tool(const struct advice *a, struct slice server, struct slice name, struct buf *b,
			    struct err *e) MUST_CHECK;
/* Of one server (q->find.server, which must be known), or of all. */
enum advice_end advice_tools(const struct advice *a, const struct advice_query *q, struct buf *b,
			     struct err *e) MUST_CHECK;
enum advice_end advice_changes(const struct advice *a, const struct advice_query *q, struct buf *b,
			       struct err *e) MUST_CHECK;
enum advice_end advice_attacks(struct buf *b) MUST_CHECK;
enum advice_end advice_attack(struct slice id, struct buf *b, struct err *e) MUST_CHECK;
/* text: a tool, a list of tools, or {"tools": […], "server": "…"}; at most LIMIT_ADVICE_TOOLS. Needs no file. */
enum advice_end advice_classify(struct slice text, struct buf *b, struct err *e) MUST_CHECK;

/* key: "category", "severity", "label" or "signal"; *bits gets the bit of the word, as in index_query. */
bool advice_word(const char *key, struct slice word, unsigned *bits);

/* upstream_builtin.answer of the gate's own server; ctx is a struct advice. */
int advice_answer(void *advice, const struct mcp_message *m, struct arena *a, struct buf *result, struct err *why);

#endif
