/* Records as comma-separated values (RFC 4180), for spreadsheets. */
#ifndef AUDIT_CSV_H
#define AUDIT_CSV_H
#include "audit/audit.h"

/* One line each, with CR LF. A text that a spreadsheet would take for a formula begins with an apostrophe. */
void audit_write_csv_head(struct buf *out);
void audit_write_csv(struct buf *out, const struct audit_record *r);

#endif
