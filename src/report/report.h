/*
 * What `gatehouse scan` found, and how it is told: as text for a terminal, as Markdown for a pull
 * request, as SARIF 2.1.0 for code scanning, as JSON; and the baseline, the committed file that says
 * what is known already. Pure: findings in, text out. The contract for people is docs/scan.md.
 *
 * All text of strangers (names of tools, descriptions) comes in by report_quote, which makes it
 * harmless: one line, nothing invisible, no secret.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H
#include "base/map.h"
#include "catalog/profile.h"

/* In the order of docs/scan.md. The words are in rules.c; ids never change. */
enum report_rule {
	RULE_NONE = 0,
	RULE_TOOL_FINANCIAL,
	RULE_TOOL_DESTRUCTIVE,
	RULE_TOOL_EXECUTE,
	RULE_TOOL_WRITE,
	RULE_TOOL_READ,
	RULE_TOOL_INVALID,
	RULE_TOOL_CLAIM,
	RULE_DEFINITION_ORDERS,
	RULE_DEFINITION_HIDDEN,
	RULE_DEFINITION_SHADOWS,
	RULE_DEFINITION_LOOK_ALIKE,
	RULE_DEFINITION_CONTEXT,
	RULE_TOOL_CHANGED,
	RULE_TOOL_ADDED,
	RULE_TOOL_REMOVED,
	RULE_SERVER_ADDED,
	RULE_SERVER_UNPINNED,
	RULE_SERVER_WITHOUT_TLS,
	RULE_SECRET_IN_CLEAR,
	RULE_POLICY_INVALID,
	RULE_POLICY_WARNING,
	RULE_POLICY_ALLOWS,
	RULE_POLICY_UNDECIDED,
	RULE_FILE_INVALID,
	RULES,
};

struct report_rule_text {
	const char *id;
	const char *title;  /* a line without a full stop */
	const char *why;    /* a sentence or two */
	const char *advice; /* what to do, the same */
	const char *policy; /* what a policy says to such a tool; NULL: nothing */
	enum severity severity; /* the usual one; a finding has its own */
};
const struct report_rule_text *report_rule_text(enum report_rule r);
enum report_rule report_rule_find(struct slice id); /* NONE: no such rule */

/* Lines and columns from 1, columns in characters; the end is behind the last character. 0: not known. */
struct report_place {
	const char *file; /* relative to the root of the repository, with '/'; NULL: none */
	int line, column, end_line, end_column;
};

enum report_state {
	REPORT_NEW = 0,
	REPORT_WORSE, /* the baseline accepts it, but as less severe */
	REPORT_KNOWN, /* the baseline has it */
};

struct report_finding {
	enum report_rule rule;
	enum severity severity;
	struct report_place place;
	const char *server, *tool; /* as they are called, harmless; "": none */
	/* What tells it from another of this rule, place, server and tool, wherever it stands: a JSON
	 * Pointer, the name of a variable. Made harmless when it is kept. */
	const char *detail;
	const char *message; /* one sentence; what strangers wrote stands between REPORT_OPEN and _CLOSE */
	const char *policy;  /* JSON: the value of tools.<tool> in a policy; NULL: none */
	/* set by report_add, and by the baseline */
	char fingerprint[33];
	enum report_state state;
	const char *reason; /* why the baseline accepts it; NULL: it does not say */
};

/* A tool that was seen, whether or not anything is wrong with it. */
struct report_tool {
	const char *server, *name;
	enum category category;
	enum severity severity;
	char pin[65];
	struct report_place place;
};

struct report_server {
	const char *name;
	struct report_place place;
	bool is_listed; /* its tools are known */
};

struct report {
	struct arena arena; /* all text; LIMIT_REPORT_BYTES */
	struct report_finding *findings;
	struct report_tool *tools;
	struct report_server *servers;
	const char **notes; /* what was not looked at, one sentence each */
	size_t finding_n, finding_cap, tool_n, tool_cap, server_n, server_cap, note_n, note_cap;
	struct map seen;      /* by fingerprint */
	struct map by_server; /* index + 1 */
	size_t file_n;        /* files that were read */
	size_t gone;          /* accepted findings that are no more */
	bool has_baseline;
	bool is_cut;          /* more than LIMIT_REPORT_FINDINGS, or out of memory */
};

void report_init(struct report *r);
void report_release(struct report *r);

/* Around text of strangers in a message: the writers put their own quotes there. */
#define REPORT_OPEN  '\x01'
#define REPORT_CLOSE '\x02'
/* Appends it, harmless, at most max bytes (0: all), between the two. A text that has a secret in it is
 * replaced as a whole. */
void report_quote(struct buf *b, struct slice text, size_t max);
/* The same without the two, in the arena. */
const char *report_name(struct report *r, struct slice text);
const char *report_printf(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Copies all of it. The same thing found twice gets two fingerprints. */
void report_add(struct report *r, const struct report_finding *f);
/* One server of each name; is_listed is kept once it was said. */
void report_add_server(struct report *r, const struct report_server *s);
void report_add_tool(struct report *r, const struct report_tool *t);
void report_note(struct report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Once all is in: what is new first, then by severity, file, line, rule. */
void report_sort(struct report *r);

struct report_counts {
	size_t fresh[SEVERITIES]; /* new and worse ones */
	size_t fresh_n, known;
	size_t tools[CATEGORIES];
};
struct report_counts report_count(const struct report *r);
/* Is there a new finding at least so severe? */
bool report_fails(const struct report *r, enum severity from);

/* What the writers are told about the run. */
struct report_about {
	const char *version;    /* of the program */
	const char *help;       /* where docs/scan.md is to be read, without a fragment */
	enum severity fail_on;  /* UNKNOWN: nothing fails */
};
void report_write_text(struct buf *b, const struct report *r, const struct report_about *about);
void report_write_json(struct buf *b, const struct report *r, const struct report_about *about);
void report_write_sarif(struct buf *b, const struct report *r, const struct report_about *about);
/* At most LIMIT_REPORT_MARKDOWN characters. */
void report_write_markdown(struct buf *b, const struct report *r, const struct report_about *about);
/* A message with the quotes of that format: '…' in text. */
void report_write_message(struct buf *b, const char *message);

#endif
