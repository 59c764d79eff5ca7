/* Two lists, both newest first, are merged: rows of the database and what the journal still has. */
#include "store/records.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/row.h"
#include "store/tail.h"

#define PAGE_DEFAULT 100
/* The time in an id may differ from that of the record by what a call waited in between. */
#define ID_SLACK_US (60 * (int64_t)1000000)

#define QUERY                                                                                      \
	"SELECT r.seq, r.id, r.time_us, r.grant_id, r.grant_label, r.subject, r.session, r.server, "   \
	"r.method, r.target, r.rule, r.pointer, r.message, r.policy, r.client_name, "                  \
	"r.client_version, r.client_ip, r.rpc_id, r.trace_id, r.approval, r.mode, r.session_labels, r.argument_keys, r.policy_version, "     \
	"r.decision, r.outcome, r.http_status, r.duration_us, r.upstream_us, r.result_bytes, r.redactions, r.injection, r.chain, " \
	"o.outcome, o.http_status, o.duration_us, o.upstream_us, o.result_bytes, o.redactions, o.injection "                      \
	"FROM records r LEFT JOIN outcomes o ON r.outcome = 0 AND o.id = r.id "                        \
	"WHERE r.id BETWEEN ? AND ? AND (?3 = '' OR r.grant_id = ?3 OR r.grant_label = ?3) "           \
	"AND (?4 = '' OR r.server = ?4) AND (?5 = '' OR r.target = ?5) "                               \
	"AND (?6 = '' OR r.method = ?6) AND (?7 = '' OR r.subject = ?7) "                              \
	"AND (?8 < 0 OR r.decision = ?8) ORDER BY r.id DESC"

struct walk {
	const struct audit_filter *filter;
	struct stmt rows;
	struct tail tail;
	size_t tail_at;
	struct audit_entry row, call, outcome;
	enum stmt_result row_state;
	size_t left;
	records_fn *fn;
	void *ctx;
};

/* The first or last id of that millisecond. */
static void id_of_time(int64_t us, unsigned char fill, unsigned char out[AUDIT_ID_SIZE])
{
	uint64_t ms = us < 0 ? 0 : (uint64_t)(us / 1000);
	memset(out, fill, AUDIT_ID_SIZE);
	for (int i = 0; i < 6; i++)
		out[i] = (unsigned char)(ms >> (40 - 8 * i));
}

static bool read_bounds(const struct audit_filter *f, unsigned char least[AUDIT_ID_SIZE],
                        unsigned char most[AUDIT_ID_SIZE], struct err *e)
{
	unsigned char id[AUDIT_ID_SIZE];
	memset(least, 0, AUDIT_ID_SIZE);
	memset(most, 0xff, AUDIT_ID_SIZE);
	if (f->since_us)
		id_of_time(f->since_us - ID_SLACK_US, 0, least);
	if (f->until_us)
		id_of_time(f->until_us + ID_SLACK_US, 0xff, most);
	if (f->before_id.n) {
		if (!audit_id_read(f->before_id, id))
			return err_set(e, ERR_INPUT, "'%.*s' is not the id of a record",
			               (int)(f->before_id.n < 80 ? f->before_id.n : 80), f->before_id.p);
		if (memcmp(id, most, sizeof id) < 0)
			memcpy(most, id, sizeof id);
	}
	if (f->id.n) {
		if (!audit_id_read(f->id, id))
			return err_set(e, ERR_INPUT, "'%.*s' is not the id of a record",
			               (int)(f->id.n < 80 ? f->id.n : 80), f->id.p);
		memcpy(least, id, sizeof id);
		memcpy(most, id, sizeof id);
	}
	return true;
}

static bool apply_outcome(struct walk *w, struct slice entry, struct audit_record *r)
{
	if (!entry.n || r->outcome != AUDIT_PENDING || !audit_decode(entry, &w->outcome))
		return false;
	const struct audit_record *o = &w->outcome.record;
	r->outcome = o->outcome;
	r->http_status = o->http_status;
	r->duration_us = o->duration_us;
	r->upstream_us = o->upstream_us;
	r->result_bytes = o->result_bytes;
	r->redactions = o->redactions;
	r->injection = o->injection;
	return true;
}

static bool next_row(struct walk *w, struct err *e)
{
	w->row_state = stmt_step(&w->rows, e);
	if (w->row_state == STMT_FAILED)
		return false;
	if (w->row_state == STMT_DONE)
		return true;
	if (!row_read_record(&w->rows, &w->row))
		return err_set(e, ERR_REMOTE, "a record in '%s' is damaged; run gatehouse audit verify",
		               w->rows.db->path);
	if (!stmt_col_is_null(&w->rows, ROW_RECORD_CHAIN + 1))
		return row_read_outcome(&w->rows, &w->row.record, ROW_RECORD_CHAIN + 1) ||
		       err_set(e, ERR_REMOTE, "an outcome in '%s' is damaged; run gatehouse audit verify",
		               w->rows.db->path);
	const struct tail_call *c = tail_find(&w->tail, stmt_col(&w->rows, 1));
	if (c)
		apply_outcome(w, c->outcome, &w->row.record);
	return true;
}

/* The next call whose decision stands in the journal. */
static const struct tail_call *next_call(struct walk *w)
{
	for (; w->tail_at < w->tail.n; w->tail_at++) {
		const struct tail_call *c = &w->tail.v[w->tail_at];
		if (c->decision.n && audit_decode(c->decision, &w->call)) {
			apply_outcome(w, c->outcome, &w->call.record);
			return c;
		}
	}
	return NULL;
}

static bool show(struct walk *w, const struct audit_record *r)
{
	if (!audit_matches(w->filter, r))
		return true;
	w->left--;
	return w->fn(w->ctx, r) && w->left > 0;
}

static bool merge(struct walk *w, struct err *e)
{
	if (!next_row(w, e))
		return false;
	const struct tail_call *c = next_call(w);
	while (c || w->row_state == STMT_ROW) {
		bool is_call = c && (w->row_state != STMT_ROW || strcmp(w->call.record.id, w->row.record.id) > 0);
		if (!show(w, is_call ? &w->call.record : &w->row.record))
			return true;
		if (is_call) {
			w->tail_at++;
			c = next_call(w);
		} else if (!next_row(w, e)) {
			return false;
		}
	}
	return true;
}

static void bind_filter(struct stmt *q, const struct audit_filter *f, const unsigned char *least,
                        const unsigned char *most)
{
	stmt_blob(q, least, AUDIT_ID_SIZE);
	stmt_blob(q, most, AUDIT_ID_SIZE);
	stmt_slice(q, f->grant);
	stmt_slice(q, f->server);
	stmt_slice(q, f->target);
	stmt_slice(q, f->method);
	stmt_slice(q, f->subject);
	stmt_int(q, f->has_decision ? (int64_t)f->decision : -1);
}

bool records_query(struct store *s, const struct audit_filter *f, records_fn *fn, void *ctx, struct err *e)
{
	unsigned char least[AUDIT_ID_SIZE], most[AUDIT_ID_SIZE];
	if (!read_bounds(f, least, most, e))
		return false;
	struct walk *w = mem_zalloc(sizeof *w);
	w->filter = f;
	w->fn = fn;
	w->ctx = ctx;
	w->left = f->limit ? f->limit : PAGE_DEFAULT;
	if (w->left > LIMIT_RECORD_PAGE)
		w->left = LIMIT_RECORD_PAGE;
	bool ok = tail_read(&w->tail, s, e) && db_exec(&s->db, "BEGIN", e);
	if (ok) {
		ok = tail_begin(&w->tail, s, e);
		w->rows = stmt_new(&s->db, QUERY);
		bind_filter(&w->rows, f, least, most);
		ok = ok && merge(w, e);
		stmt_release(&w->rows);
		ok = db_end(&s->db, ok, e);
	}
	tail_release(&w->tail);
	free(w);
	return ok;
}
