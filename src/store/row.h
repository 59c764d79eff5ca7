/* Records as rows of the tables records and outcomes. */
#ifndef STORE_ROW_H
#define STORE_ROW_H
#include "audit/fields.h"
#include "store/db.h"

/* Column 0 is seq, the last one chain. */
#define ROW_RECORD_COLUMNS                                                                         \
	"seq, id, time_us, grant_id, grant_label, subject, session, server, method, target, rule, "    \
	"pointer, message, policy, client_name, client_version, client_ip, rpc_id, trace_id, "         \
	"approval, mode, session_labels, "                                                             \
	"argument_keys, policy_version, decision, outcome, http_status, duration_us, upstream_us, "    \
	"result_bytes, redactions, injection, chain"
#define ROW_RECORD_CHAIN 32
#define ROW_OUTCOME_COLUMNS                                                                        \
	"seq, id, outcome, http_status, duration_us, upstream_us, result_bytes, "       \
	"redactions, injection, chain"
#define ROW_OUTCOME_CHAIN 9

struct row_bytes {
	unsigned char id[AUDIT_ID_SIZE];
	struct buf keys; /* init with BUF_INIT; what is bound stands here until the step */
};

/* Bind everything behind seq and before chain. */
void row_bind_record(struct stmt *s, const struct audit_record *r, struct row_bytes *b);
void row_bind_outcome(struct stmt *s, const struct audit_record *r, struct row_bytes *b);
/* The current row; slices are borrowed until the next step. False when it cannot be one of ours. */
bool row_read_record(struct stmt *s, struct audit_entry *out) MUST_CHECK;
bool row_read_outcome(struct stmt *s, struct audit_record *out, int first) MUST_CHECK;

#endif
