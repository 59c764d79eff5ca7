/* The answer to the client, and the outcome to the journal. The only place where a reason becomes what a client sees. */
#include "base/check.h"
#include "base/limits.h"
#include "gate/consent.h"
#include "gate/merge.h"
#include "gate/play.h"
#include "gate/task.h"

/* A scratch buffer that one large answer has grown is not kept. */
#define ANSWER_KEEP_BYTES 65536

/* As JSON text, in *b when it must be printed: LIMIT_RPC_ID bytes, each escaped at worst. */
static struct slice client_id(const struct call *c, struct buf *b)
{
	if (json_is(c->m.id, JSON_NUMBER))
		return json_number(c->m.id);
	json_write(b, c->m.id);
	BUG_ON(!buf_ok(b));
	return buf_slice(b);
}

/* policy.md 7: the text is for the model, _meta for programs. */
static void write_decision(struct buf *b, const struct call *c)
{
	buf_adds(b, "\"_meta\":{\"io.gatehouse/decision\":{\"rule\":");
	buf_add_json_string(b, slice_str(c->decision.rule));
	if (c->decision.pointer[0]) {
		buf_adds(b, ",\"pointer\":");
		buf_add_json_string(b, slice_str(c->decision.pointer));
	}
	if (c->decision.allowed[0]) {
		buf_adds(b, ",\"allowed\":");
		buf_add_json_string(b, slice_str(c->decision.allowed));
	}
	if (c->retry_after_us > 0)
		buf_addf(b, ",\"retryAfterSeconds\":%lld", (long long)((c->retry_after_us + 999999) / 1000000));
	if (c->consent && c->consent->id[0]) {
		struct buf url = BUF_INIT(4096);
		buf_addf(b, ",\"approvalId\":\"%s\"", c->consent->id);
		if (consent_url(c, &url)) {
			buf_adds(b, ",\"approvalUrl\":");
			buf_add_json_string(b, buf_slice(&url));
		}
		buf_release(&url);
	}
	buf_adds(b, ",\"decisionId\":");
	buf_add_json_string(b, slice_str(c->record_id));
	buf_adds(b, "}}");
}

/* The modern era wants it in each result (MCP 2026-07-28, schema, Result). */
static const char *result_type(const struct call *c)
{
	return c->in->is_modern ? "\"resultType\":\"complete\"," : "";
}

static void write_for_approval(struct buf *b, const struct call *c, struct slice id)
{
	struct buf text = BUF_INIT(16384), result = BUF_INIT(32768);
	if (c->consent->is_input_required) {
		consent_write_input_required(&result, c);
	} else {
		consent_write_text(&text, c);
		buf_adds(&result, "{\"content\":[{\"type\":\"text\",\"text\":");
		buf_add_json_string(&result, buf_slice(&text));
		buf_addf(&result, "}],\"isError\":true,%s", result_type(c));
		write_decision(&result, c);
		buf_addc(&result, '}');
	}
	mcp_write_result(b, id, buf_slice(&result));
	b->failed |= !buf_ok(&result) || !buf_ok(&text);
	buf_release(&text);
	buf_release(&result);
}

/* data of an error: what its code demands, else the decision. */
static void write_error_data(struct buf *b, const struct call *c)
{
	if (c->required) {
		mcp_refusal_data(b, &(struct mcp_refusal){ .code = c->error_code, .required = c->required });
		return;
	}
	buf_addc(b, '{');
	write_decision(b, c);
	buf_addc(b, '}');
}

static void write_refusal(struct buf *b, const struct call *c, struct slice id)
{
	if (c->refusal == REFUSE_FOR_APPROVAL) {
		write_for_approval(b, c, id);
		return;
	}
	bool is_policy = c->refusal == REFUSE_BY_POLICY || c->is_ask_refused || c->is_withheld;
	if (is_policy && c->method->kind == METHOD_TOOL) {
		buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":");
		buf_add_slice(b, id);
		buf_adds(b, ",\"result\":{\"content\":[{\"type\":\"text\",\"text\":");
		char text[640];
		snprintf(text, sizeof text, "[POLICY DENIED] %s", c->decision.message);
		buf_add_json_string(b, slice_str(text));
		/* What would pass, where the author's own words do not say it. */
		if (c->decision.allowed[0] && !strstr(c->decision.message, c->decision.allowed)) {
			buf_adds(b, "},{\"type\":\"text\",\"text\":");
			snprintf(text, sizeof text, "Allowed: %s", c->decision.allowed);
			buf_add_json_string(b, slice_str(text));
		}
		buf_addf(b, "}],\"isError\":true,%s", result_type(c));
		write_decision(b, c);
		buf_adds(b, "}}");
		return;
	}
	struct buf data = BUF_INIT(1 << 14);
	write_error_data(&data, c);
	char text[640];
	snprintf(text, sizeof text, "%s%s", is_policy ? "[POLICY DENIED] " : "", c->decision.message);
	/* A resource that may not be read is, for this client, one that is not there: the modern era has
	 * no code of its own for that (MCP 2026-07-28, Resources, Error Handling). */
	bool is_gone = is_policy && c->method->kind == METHOD_RESOURCE && !c->in->is_modern;
	int code = !is_policy ? c->error_code : is_gone ? MCP_RESOURCE_NOT_FOUND : MCP_INVALID_PARAMS;
	mcp_write_error(b, id, code, text, buf_slice(&data));
	buf_release(&data);
}

static void write_failure(struct buf *b, const struct call *c, struct slice id)
{
	static const char *const words[] = {
		[UPSTREAM_OK] = "",
		[UPSTREAM_UNREACHED] = "cannot be reached",
		[UPSTREAM_BROKEN] = "did not answer properly; the call may have run",
		[UPSTREAM_TIMEOUT] = "did not answer in time; the call may have run",
		[UPSTREAM_GONE_SESSION] = "has ended the session",
		[UPSTREAM_REFUSED] = "refused the gate",
		[UPSTREAM_BUSY] = "has too many calls waiting; try again later",
	};
	char text[256];
	snprintf(text, sizeof text, "the server '%s' %s (record %s)", c->server, words[c->failure], c->record_id);
	mcp_write_error(b, id, MCP_INTERNAL_ERROR, text, slice_of(NULL, 0));
}

static void write_too_large(struct buf *b, const struct call *c, struct slice id)
{
	buf_clear(b);
	buf_adds(b, "{\"jsonrpc\":\"2.0\",\"id\":");
	buf_add_slice(b, id);
	if (c->method->kind != METHOD_TOOL) {
		buf_clear(b);
		mcp_write_error(b, id, MCP_INVALID_PARAMS, "[POLICY DENIED] the answer is larger than what the policy lets through",
		                slice_of(NULL, 0));
		return;
	}
	buf_addf(b,
	         ",\"result\":{%s\"content\":[{\"type\":\"text\",\"text\":\"[POLICY DENIED] the tool ran, but its "
	         "result is larger than the %llu bytes that the policy lets through\"}],\"isError\":true}}",
	         result_type(c), (unsigned long long)c->decision.max_result_bytes);
}

/* What depends on the grant: no cache may hand it to others (MCP 2026-07-28, Caching). */
static void write_private(struct buf *b, struct call *c, struct slice id)
{
	struct member private = { SLICE_LIT("cacheScope"), SLICE_LIT("\"private\"") };
	struct buf result = BUF_INIT(b->max);
	if (c->method->kind == METHOD_DISCOVER)
		modern_write_discover(&result, c);
	else
		members_write(&result, c->answer->result, &private, 1);
	if (buf_ok(&result))
		mcp_write_result(b, id, buf_slice(&result));
	else
		b->failed = true;
	buf_release(&result);
}

/* Errors that we find are told by the status, too; those of a server's handler are not, but for
 * the two that the specification gives a status (MCP 2026-07-28, Streamable HTTP). */
static int status_of(const struct call *c)
{
	int64_t code = 0;
	if (!c->in->is_modern)
		return 200;
	if (c->refusal)
		return c->error_status ? c->error_status : 200;
	if (c->failure || !c->answer || c->answer->kind != MCP_ERROR || c->is_ask_refused || c->is_withheld ||
	    !json_int64(json_gets(c->answer->error, "code"), &code) || code < INT32_MIN || code > INT32_MAX)
		return 200;
	return mcp_error_status((int)code, code == MCP_METHOD_NOT_FOUND);
}

static void write_result(struct buf *b, const struct call *c, struct slice id)
{
	struct buf result = BUF_INIT(b->max);
	json_write(&result, c->answer->result);
	mcp_write_result(b, id, buf_slice(&result));
	b->failed |= !buf_ok(&result);
	buf_release(&result);
}

static void write_answer(struct buf *b, struct call *c, struct slice id)
{
	if (c->refusal || c->is_ask_refused || c->is_withheld) {
		write_refusal(b, c, id);
	} else if (c->method->kind == METHOD_PING) {
		mcp_write_result(b, id, SLICE_LIT("{}"));
	} else if (c->merge) {
		merge_answer(b, c, id);
	} else if (c->failure || !c->answer) {
		write_failure(b, c, id);
	} else if (c->answer->kind == MCP_RESULT && c->method->kind == METHOD_OPEN) {
		open_answer(b, c);
	} else if (c->answer->kind == MCP_RESULT && c->method->kind == METHOD_LIST) {
		list_write(b, c);
	} else if (c->answer->kind == MCP_RESULT && c->in->is_modern &&
	           (c->method->kind == METHOD_DISCOVER || (c->method->kind == METHOD_RESOURCE && !c->own_name.p))) {
		write_private(b, c, id);
	} else {
		if (c->own_name.p && c->answer->kind == MCP_RESULT)
			merge_write_result(b, c, c->answer, id);
		else if (task_write_result(b, c, id))
			;
		else if (c->is_answer_ours && c->answer->kind == MCP_ERROR)
			inspect_write_error(b, c, id);
		else if (c->is_answer_ours)
			write_result(b, c, id);
		else
			mcp_write_with_id(b, c->answer, id);
		c->result_bytes = b->n;
		if (c->decision.max_result_bytes && b->n > c->decision.max_result_bytes)
			write_too_large(b, c, id);
	}
	if (!buf_ok(b)) {
		buf_clear(b);
		mcp_write_error(b, id, MCP_INTERNAL_ERROR, "the answer of the server is larger than the gate carries",
		                slice_of(NULL, 0));
	}
	c->result_bytes = b->n;
}

static void count(struct call *c)
{
	if (c->refusal)
		c->gate->counts.refused++;
	else if (c->failure)
		c->gate->counts.failed++;
	else
		c->gate->counts.allowed++;
}

static void answer(struct call *c, struct slice id)
{
	struct inbound *in = c->in;
	/* The status can no longer be said where a stream has begun. */
	bool is_gone = c->failure == UPSTREAM_GONE_SESSION && !in->is_modern && !in->is_batch && !in->is_streaming;
	int status = status_of(c);
	struct buf *b = &c->gate->answer;
	buf_clear(b);
	if (!is_gone)
		write_answer(b, c, id);
	if (c->is_recorded)
		record_outcome(c);
	if (in->play)
		play_take(in->play, c, buf_slice(b));
	c->in = NULL;
	if (is_gone)
		inbound_fail(in, 404, MCP_INVALID_REQUEST, id,
		             "the session has ended at the server: initialize again");
	else
		inbound_answer(in, status, buf_slice(b));
	if (b->cap > ANSWER_KEEP_BYTES)
		buf_release(b);
}

enum step_result step_answer(struct call *c)
{
	struct inbound *in = c->in;
	ask_check(c);
	links_hide(c);
	count(c);
	if (c->is_cancelled) {
		/* MCP, Cancellation: the receiver sends no answer to a cancelled request. */
		if (c->is_recorded)
			record_outcome(c);
		inbound_drop_call(in);
		c->in = NULL;
		return STEP_NEXT;
	}
	if (c->method && c->method->kind == METHOD_LISTEN && !c->refusal && !c->failure && !c->answer) {
		if (c->is_recorded)
			record_outcome(c);
		c->in = NULL;
		in->waiting = 0;
		subscription_open(in);
		return STEP_NEXT;
	}
	struct buf id = BUF_INIT(LIMIT_RPC_ID * 6 + 8);
	answer(c, client_id(c, &id));
	buf_release(&id);
	return STEP_NEXT;
}
