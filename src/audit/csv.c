/* The columns of a record, in one order for the head and the lines. */
#include "audit/csv.h"
#include "audit/fields.h"
#include "base/clock.h"

static const char *const columns[] = {
	"id", "time", "decision", "outcome", "server", "method", "target", "grant_id", "grant_label", "user_id", "rule", "message",
	"policy", "policy_version", "client_name", "client_version", "client_address", "approval", "mode", "session", "trace_id",
	"argument_keys", "http_status", "duration_us", "upstream_us", "result_bytes", "redactions", "injection",
};

void audit_write_csv_head(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(columns); i++)
		buf_addf(out, "%s%s", i ? "," : "", columns[i]);
	buf_adds(out, "\r\n");
}

/* What clients choose must not run where the file is opened (OWASP, CSV injection). */
static bool is_formula(struct slice s)
{
	return s.n && memchr("=+-@\t\r", s.p[0], 6) != NULL;
}

static void add(struct buf *out, struct slice s)
{
	buf_adds(out, ",\"");
	if (is_formula(s))
		buf_addc(out, '\'');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, s.p[i] ? s.p[i] : ' ');
	}
	buf_addc(out, '"');
}

static void add_number(struct buf *out, bool is_known, uint64_t v)
{
	buf_addc(out, ',');
	if (is_known)
		buf_add_u64(out, v);
}

static void add_keys(struct buf *out, const struct audit_record *r)
{
	struct buf keys = BUF_INIT(65536);
	for (size_t i = 0; i < r->argument_key_n; i++) {
		buf_adds(&keys, i ? " " : "");
		buf_add_slice(&keys, r->argument_keys[i]);
	}
	add(out, buf_slice(&keys));
	buf_release(&keys);
}

void audit_write_csv(struct buf *out, const struct audit_record *r)
{
	char time[CLOCK_TEXT_SIZE];
	const struct slice first[] = { r->server, r->method, r->target, r->grant_id, r->grant_label, r->subject, r->rule, r->message, r->policy };
	const struct slice second[] = { r->client_name, r->client_version, r->client_ip, r->approval, r->mode, r->session, r->trace_id };
	bool is_over = r->outcome != AUDIT_PENDING;
	clock_text(r->time_us, time);
	buf_addf(out, "%s,%s,%s,%s", r->id, time, audit_decision_name(r->decision), audit_outcome_name(r->outcome));
	for (size_t i = 0; i < ARRAY_LEN(first); i++)
		add(out, first[i]);
	add_number(out, r->policy_version > 0, (uint64_t)r->policy_version);
	for (size_t i = 0; i < ARRAY_LEN(second); i++)
		add(out, second[i]);
	add_keys(out, r);
	add_number(out, r->http_status > 0, (uint64_t)r->http_status);
	add_number(out, is_over, r->duration_us);
	add_number(out, is_over, r->upstream_us);
	add_number(out, is_over, r->result_bytes);
	add(out, r->redactions);
	add(out, r->injection);
	buf_adds(out, "\r\n");
}
