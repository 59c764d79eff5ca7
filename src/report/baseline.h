/*
 * gatehouse.baseline.json: what a repository knows already. Each server with its tools, their category,
 * severity and pin; and the findings that people accepted, with a reason if they gave one. Sorted,
 * a tool or a finding a line, the same bytes for the same state: made to be committed and reviewed.
 */
#ifndef REPORT_BASELINE_H
#define REPORT_BASELINE_H
#include "report/report.h"

#define BASELINE_FILE "gatehouse.baseline.json"

struct baseline;

/* Lives in the arena. NULL and *e ("line L, column C: …") for what is no baseline of ours. */
const struct baseline *baseline_read(struct slice text, struct arena *a, struct err *e) MUST_CHECK;

/*
 * Marks what is known, and adds what only a comparison shows: servers and tools that are new, tools
 * that changed or are gone. file: the baseline's, for tools that are gone. A server whose tools were
 * not looked at this time is not compared.
 */
void baseline_compare(const struct baseline *b, const char *file, struct report *r);

/* What the next run shall know: all of this report. Of the old one (NULL: none) it keeps the reasons,
 * and what it says of servers that are still there and whose tools were not looked at. */
void baseline_write(struct buf *out, const struct report *r, const struct baseline *old);

#endif
