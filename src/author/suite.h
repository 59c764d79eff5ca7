/*
 * Tests of policies: a file of cases beside the policy, each a call or a session of calls
 * with what is expected of their decisions. What `gatehouse policy test` runs.
 *
 * The file is YAML or JSON; docs/policy.md, "Testing a policy", is its contract. Every case
 * begins with empty counters and no past. Times are those of the file, never of the clock.
 */
#ifndef AUTHOR_SUITE_H
#define AUTHOR_SUITE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct suite_case {
	const char *name;
	size_t calls;    /* that were decided, up to the one that failed */
	const char *why; /* lines, each with its end; NULL: it passed */
};

/* What came of one file; in the arena that suite_run was given. */
struct suite_report {
	const char *file;
	const char *error; /* lines: the file or its policy cannot be used, and nothing was run; NULL */
	const struct suite_case *v;
	size_t n, failed;
};

/* policy, tools: files in place of those that the test names; NULL: its own. */
void suite_run(const char *file, const char *policy, const char *tools, struct arena *a,
	       struct suite_report *out);

enum suite_format { SUITE_TEXT = 0, SUITE_JSON, SUITE_TAP, SUITE_JUNIT };

/* False for a word that is none of "text", "json", "tap", "junit". */
bool suite_format_read(const char *word, enum suite_format *out) MUST_CHECK;
/* All reports as one document. */
void suite_write(struct buf *b, enum suite_format format, const struct suite_report *v, size_t n);

#endif
