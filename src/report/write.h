/* What the writers share. For this folder only. */
#ifndef REPORT_WRITE_H
#define REPORT_WRITE_H
#include "report/report.h"

/* "file:3:7", or the server's name. */
void report_write_where(struct buf *b, const struct report_finding *f);
/* "3 new findings: 1 critical, 2 high; 4 known, …", without a line end. */
void report_write_totals(struct buf *b, const struct report *r);
/* "fails" or "passes"; NULL: nothing can fail. */
const char *report_verdict(const struct report *r, const struct report_about *about);
const char *report_state_word(enum report_state s); /* "new", "updated", "unchanged": SARIF's */
/* ,"key":"value" — nothing for an empty value. */
void report_add_member(struct buf *b, const char *key, const char *value);
void report_add_message(struct buf *b, const char *message); /* as a JSON string */

#endif
