/* Two lists, both newest first, are merged: rows of the database and what the journal still has. */
#include "store/records.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/hunt.h"
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
	"WHERE r.id BETWEEN ? AND ? ORDER BY r.id DESC"

struct walk {
	const struct audit_filter *filter;
	struct records_look *look;
	struct db *db;
	struct hunt hunt;
	struct stmt rows;
	struct tail tail;
	size_t tail_at;
	struct audit_entry row, call, outcome;
	enum stmt_result row_state;
	bool has_span, is_tired;
	unsigned char least[AUDIT_ID_SIZE], most[AUDIT_ID_SIZE]; /* of the whole search */
	unsigned char span_least[AUDIT_ID_SIZE], span_most[AUDIT_ID_SIZE];
	unsigned char at[AUDIT_ID_SIZE]; /* what is greater was looked at */
	size_t left, looked;
	records_fn *fn;
	void *ctx;
};

static bool read_bounds(const struct audit_filter *f, unsigned char least[AUDIT_ID_SIZE],
                        unsigned char most[AUDIT_ID_SIZE], struct err *e)
{
	unsigned char id[AUDIT_ID_SIZE];
	memset(least, 0, AUDIT_ID_SIZE);
	memset(most, 0xff, AUDIT_ID_SIZE);
	if (f->since_us)
		hunt_id(f->since_us - ID_SLACK_US, 0, least);
	if (f->until_us)
		hunt_id(f->until_us + ID_SLACK_US, 0xff, most);
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

static bool read_row(struct walk *w, struct err *e)
{
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

/* Goes on to the next span that the index names. */
static bool open_span(struct walk *w, struct err *e)
{
	size_t probes_max = w->look->max ? w->look->max : SIZE_MAX;
	enum hunt_found found = hunt_next(&w->hunt, probes_max, w->span_least, w->span_most, e);
	if (found == HUNT_TIRED) {
		w->is_tired = true;
		hunt_id((w->hunt.at_s + 1) * 1000000 - 1, 0xff, w->at);
	}
	if (found != HUNT_SPAN) {
		w->row_state = STMT_DONE;
		return found != HUNT_FAILED;
	}
	if (memcmp(w->span_least, w->least, AUDIT_ID_SIZE) < 0)
		memcpy(w->span_least, w->least, AUDIT_ID_SIZE);
	if (memcmp(w->span_most, w->most, AUDIT_ID_SIZE) > 0)
		memcpy(w->span_most, w->most, AUDIT_ID_SIZE);
	stmt_reset(&w->rows);
	stmt_blob(&w->rows, w->span_least, AUDIT_ID_SIZE);
	stmt_blob(&w->rows, w->span_most, AUDIT_ID_SIZE);
	w->has_span = true;
	return true;
}

static bool next_row(struct walk *w, struct err *e)
{
	for (;;) {
		if (!w->has_span && !open_span(w, e))
			return false;
		if (!w->has_span)
			return true;
		w->row_state = stmt_step(&w->rows, e);
		if (w->row_state == STMT_FAILED)
			return false;
		if (w->row_state == STMT_ROW)
			break;
		w->has_span = false;
	}
	if (w->look->max && w->looked >= w->look->max) {
		w->is_tired = true;
		w->row_state = STMT_DONE;
		return true;
	}
	w->looked++;
	if (!read_row(w, e))
		return false;
	struct slice id = stmt_col(&w->rows, 1);
	memcpy(w->at, id.p, AUDIT_ID_SIZE); /* its length was checked */
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
	if (!audit_matches(w->filter, r) || (w->look->sees && !w->look->sees(w->look->ctx, r->server)))
		return true;
	w->left--;
	return w->fn(w->ctx, r) && w->left > 0;
}

/* Where the search ended before its time, what is older in the journal waits for the next page. */
static bool is_behind(const struct walk *w, const struct tail_call *c)
{
	return w->is_tired && memcmp(c->id, w->at, AUDIT_ID_SIZE) <= 0;
}

static bool merge(struct walk *w, struct err *e)
{
	if (!next_row(w, e))
		return false;
	const struct tail_call *c = next_call(w);
	while (c || w->row_state == STMT_ROW) {
		bool is_call = c && (w->row_state != STMT_ROW || strcmp(w->call.record.id, w->row.record.id) > 0);
		if (is_call && is_behind(w, c))
			return true;
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

static void tell(const struct walk *w, struct records_look *look)
{
	look->is_tired = look->has_more = w->is_tired;
	if (!w->is_tired)
		return;
	audit_id_text(w->at, look->last);
	look->searched_us = hunt_id_us(w->at);
}

bool records_search(struct store *s, const struct audit_filter *f, struct records_look *look, records_fn *fn, void *ctx,
                    struct err *e)
{
	struct walk *w = mem_zalloc(sizeof *w);
	if (!read_bounds(f, w->least, w->most, e)) {
		free(w);
		return false;
	}
	w->filter = f;
	w->look = look;
	w->fn = fn;
	w->ctx = ctx;
	w->left = f->limit ? f->limit : PAGE_DEFAULT;
	if (w->left > LIMIT_RECORD_PAGE)
		w->left = LIMIT_RECORD_PAGE;
	memcpy(w->at, w->most, AUDIT_ID_SIZE);
	bool ok = tail_read(&w->tail, s, e) && db_exec(&s->db, "BEGIN", e);
	if (ok) {
		ok = tail_begin(&w->tail, s, e) && hunt_begin(&w->hunt, &s->db, f, w->least, w->most, e);
		w->rows = stmt_new(&s->db, QUERY);
		ok = ok && merge(w, e);
		stmt_release(&w->rows);
		hunt_end(&w->hunt);
		ok = db_end(&s->db, ok, e);
	}
	tail_release(&w->tail);
	tell(w, look);
	free(w);
	return ok;
}

bool records_query(struct store *s, const struct audit_filter *f, records_fn *fn, void *ctx, struct err *e)
{
	struct records_look all = { 0 };
	return records_search(s, f, &all, fn, ctx, e);
}
