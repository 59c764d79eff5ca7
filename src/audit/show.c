/* Records for people and programs: names, JSON, and which ones a filter asks for. */
#include "audit/fields.h"
#include "base/clock.h"

static const char *const decisions[] = {
	[AUDIT_DENY] = "deny",
	[AUDIT_APPROVE] = "approve",
	[AUDIT_ALLOW] = "allow",
};

static const char *const outcomes[] = {
	[AUDIT_PENDING] = "pending",
	[AUDIT_OK] = "ok",
	[AUDIT_TOOL_ERROR] = "tool_error",
	[AUDIT_RPC_ERROR] = "rpc_error",
	[AUDIT_UPSTREAM_ERROR] = "upstream_error",
	[AUDIT_TIMEOUT] = "timeout",
	[AUDIT_CANCELLED] = "cancelled",
	[AUDIT_REFUSED] = "refused",
};

const char *audit_decision_name(enum audit_decision d)
{
	return decisions[d];
}

const char *audit_outcome_name(enum audit_outcome o)
{
	return outcomes[o];
}

bool audit_decision_of(struct slice name, enum audit_decision *out)
{
	for (size_t i = 0; i < ARRAY_LEN(decisions); i++) {
		if (slice_is(name, decisions[i])) {
			*out = (enum audit_decision)i;
			return true;
		}
	}
	return false;
}

bool audit_outcome_of(struct slice name, enum audit_outcome *out)
{
	for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
		if (slice_is(name, outcomes[i])) {
			*out = (enum audit_outcome)i;
			return true;
		}
	}
	return false;
}

bool audit_is_of_tool(const struct audit_record *r)
{
	return slice_starts(r->method, SLICE_LIT("tools/")) || slice_starts(r->method, SLICE_LIT("approvals/"));
}

static void add_key(struct buf *out, const char *key)
{
	buf_addc(out, ',');
	buf_add_json_string(out, slice_str(key));
	buf_addc(out, ':');
}

static void add_text(struct buf *out, const char *key, struct slice text)
{
	if (!text.n)
		return;
	add_key(out, key);
	buf_add_json_string(out, text);
}

static void add_number(struct buf *out, const char *key, uint64_t v)
{
	if (!v)
		return;
	add_key(out, key);
	buf_add_u64(out, v);
}

/* OpenTelemetry names what a call is about by the kind of the call. */
static const char *target_name(struct slice method)
{
	if (slice_starts(method, SLICE_LIT("resources/")) || slice_starts(method, SLICE_LIT("subscriptions/")))
		return "mcp.resource.uri";
	if (slice_starts(method, SLICE_LIT("prompts/")))
		return "gen_ai.prompt.name";
	return "gen_ai.tool.name";
}

static void add_argument_keys(struct buf *out, const struct audit_record *r)
{
	if (!r->argument_key_n)
		return;
	add_key(out, "argument_keys");
	buf_addc(out, '[');
	for (size_t i = 0; i < r->argument_key_n; i++) {
		if (i)
			buf_addc(out, ',');
		buf_add_json_string(out, r->argument_keys[i]);
	}
	buf_addc(out, ']');
}

void audit_write_json(struct buf *out, const struct audit_record *r)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(r->time_us, time);
	buf_addf(out, "{\"id\":\"%s\",\"time\":\"%s\"", r->id, time);
	for (size_t i = 0; i < AUDIT_TEXTS; i++) {
		if (audit_texts[i].name)
			add_text(out, audit_texts[i].name, audit_text_of(r, i));
	}
	add_text(out, target_name(r->method), r->target);
	add_argument_keys(out, r);
	/* A string, also when the id was a number: OpenTelemetry's type for it. */
	struct slice rpc_id = r->rpc_id;
	if (rpc_id.n >= 2 && rpc_id.p[0] == '"' && rpc_id.p[rpc_id.n - 1] == '"')
		rpc_id = slice_of(rpc_id.p + 1, rpc_id.n - 2);
	add_text(out, "jsonrpc.request.id", rpc_id);
	if (r->policy_version > 0)
		add_number(out, "policy.version", (uint64_t)r->policy_version);
	add_text(out, "decision", slice_str(audit_decision_name(r->decision)));
	add_text(out, "outcome", slice_str(audit_outcome_name(r->outcome)));
	add_number(out, "http.response.status_code", (uint64_t)r->http_status);
	if (r->outcome != AUDIT_PENDING) {
		buf_addf(out, ",\"duration_us\":%llu,\"upstream_us\":%llu,\"result_bytes\":%llu",
		         (unsigned long long)r->duration_us, (unsigned long long)r->upstream_us,
		         (unsigned long long)r->result_bytes);
		add_text(out, "redactions", r->redactions);
		add_text(out, "injection", r->injection);
	}
	buf_addc(out, '}');
}

static bool fits(struct slice wanted, struct slice is)
{
	return !wanted.n || slice_eq(wanted, is);
}

/* Needle is not empty. */
static bool has(struct slice text, struct slice needle)
{
	for (size_t i = 0; i + needle.n <= text.n; i++)
		if (slice_ieq_bytes(text.p + i, needle.p, needle.n))
			return true;
	return false;
}

static bool has_words(const struct audit_filter *f, const struct audit_record *r)
{
	return !f->q.n || has(r->target, f->q) || has(r->rule, f->q) || has(r->message, f->q) || has(r->grant_label, f->q) ||
	       has(r->session, f->q) || has(r->subject, f->q);
}

bool audit_matches(const struct audit_filter *f, const struct audit_record *r)
{
	if (f->since_us && r->time_us < f->since_us)
		return false;
	if (f->until_us && r->time_us >= f->until_us)
		return false;
	if (f->before_id.n && strncmp(r->id, f->before_id.p, f->before_id.n) >= 0)
		return false;
	if (f->has_decision && r->decision != f->decision)
		return false;
	if (f->has_outcome && r->outcome != f->outcome)
		return false;
	if (f->tool.n && (!audit_is_of_tool(r) || !slice_eq(f->tool, r->target)))
		return false;
	if (!fits(f->rule, r->rule) || !has_words(f, r))
		return false;
	return fits(f->id, slice_str(r->id)) && fits(f->server, r->server) && fits(f->target, r->target) &&
	       fits(f->method, r->method) && fits(f->subject, r->subject) &&
	       (fits(f->grant, r->grant_id) || fits(f->grant, r->grant_label));
}
