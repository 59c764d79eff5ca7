/* The order of the text columns is that of audit_texts. */
#include "store/row.h"
#include "base/check.h"
#include "base/limits.h"

#define FIRST_TEXT 3
#define KEYS (FIRST_TEXT + AUDIT_TEXTS)

static void bind_id(struct stmt *s, const struct audit_record *r, struct row_bytes *b)
{
	bool ok = audit_id_read(slice_str(r->id), b->id);
	BUG_ON(!ok);
	stmt_blob(s, b->id, sizeof b->id);
}

static void bind_outcome_fields(struct stmt *s, const struct audit_record *r)
{
	stmt_int(s, r->outcome);
	stmt_int(s, r->http_status);
	stmt_int(s, (int64_t)r->duration_us);
	stmt_int(s, (int64_t)r->upstream_us);
	stmt_int(s, (int64_t)r->result_bytes);
	stmt_slice(s, r->redactions);
	stmt_slice(s, r->injection);
}

void row_bind_record(struct stmt *s, const struct audit_record *r, struct row_bytes *b)
{
	bind_id(s, r, b);
	stmt_int(s, r->time_us);
	for (size_t i = 0; i < AUDIT_TEXTS; i++)
		stmt_slice(s, audit_text_of(r, i));
	buf_clear(&b->keys);
	for (size_t i = 0; i < r->argument_key_n; i++) {
		buf_add_slice(&b->keys, r->argument_keys[i]);
		buf_addc(&b->keys, '\n');
	}
	stmt_slice(s, buf_slice(&b->keys));
	stmt_int(s, r->policy_version);
	stmt_int(s, r->decision);
	bind_outcome_fields(s, r);
}

void row_bind_outcome(struct stmt *s, const struct audit_record *r, struct row_bytes *b)
{
	bind_id(s, r, b);
	bind_outcome_fields(s, r);
}

static bool read_id(struct stmt *s, struct audit_record *out)
{
	struct slice id = stmt_col(s, 1);
	if (id.n != AUDIT_ID_SIZE)
		return false;
	audit_id_text((const unsigned char *)id.p, out->id);
	return true;
}

bool row_read_outcome(struct stmt *s, struct audit_record *out, int first)
{
	int64_t outcome = stmt_col_int(s, first), status = stmt_col_int(s, first + 1);
	if (outcome < 0 || outcome > AUDIT_REFUSED || status < 0 || status > 65535)
		return false;
	out->outcome = (enum audit_outcome)outcome;
	out->http_status = (int)status;
	out->duration_us = (uint64_t)stmt_col_int(s, first + 2);
	out->upstream_us = (uint64_t)stmt_col_int(s, first + 3);
	out->result_bytes = (uint64_t)stmt_col_int(s, first + 4);
	out->redactions = stmt_col(s, first + 5);
	out->injection = stmt_col(s, first + 6);
	return out->redactions.n <= LIMIT_RECORD_TEXT && out->injection.n <= LIMIT_RECORD_TEXT;
}

static bool read_keys(struct slice text, struct audit_entry *out)
{
	size_t n = 0;
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		if (!end || n == LIMIT_RECORD_KEYS)
			return false;
		size_t length = (size_t)(end - text.p);
		if (length > LIMIT_RECORD_KEY_BYTES)
			return false;
		out->keys[n++] = slice_of(text.p, length);
		text.p += length + 1;
		text.n -= length + 1;
	}
	out->record.argument_keys = out->keys;
	out->record.argument_key_n = n;
	return true;
}

bool row_read_record(struct stmt *s, struct audit_entry *out)
{
	struct audit_record *r = &out->record;
	out->part = AUDIT_PART_WHOLE;
	out->claim_n = 0;
	memset(r, 0, sizeof *r);
	int64_t decision = stmt_col_int(s, KEYS + 2);
	if (!read_id(s, r) || decision < 0 || decision > AUDIT_ALLOW)
		return false;
	r->time_us = stmt_col_int(s, 2);
	for (size_t i = 0; i < AUDIT_TEXTS; i++) {
		struct slice text = stmt_col(s, FIRST_TEXT + (int)i);
		/* Encoding would cut it, and so hide what was put behind. */
		if (text.n > LIMIT_RECORD_TEXT)
			return false;
		*audit_text(r, i) = text;
	}
	r->policy_version = stmt_col_int(s, KEYS + 1);
	r->decision = (enum audit_decision)decision;
	return read_keys(stmt_col(s, KEYS), out) && row_read_outcome(s, r, KEYS + 3);
}
