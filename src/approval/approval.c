/* Requests for a person's yes as values: names, the binding, JSON. */
#include "approval/approval.h"
#include "base/clock.h"
#include "base/compiler.h"

static const char *const states[] = {
	[APPROVAL_NONE] = "none",       [APPROVAL_PENDING] = "pending", [APPROVAL_APPROVED] = "approved",
	[APPROVAL_DENIED] = "denied",   [APPROVAL_EXPIRED] = "expired", [APPROVAL_USED] = "used",
};

const char *approval_state_name(enum approval_state s)
{
	return states[s];
}

bool approval_state_of(struct slice name, enum approval_state *out)
{
	for (size_t i = APPROVAL_PENDING; i < ARRAY_LEN(states); i++) {
		if (slice_is(name, states[i])) {
			*out = (enum approval_state)i;
			return true;
		}
	}
	return false;
}

static void add_part(struct buf *b, struct slice part)
{
	uint64_t n = part.n;
	buf_add(b, &n, sizeof n);
	buf_add_slice(b, part);
}

void approval_binding_digest(const struct approval_binding *b, unsigned char out[DIGEST_SIZE])
{
	struct buf all = BUF_INIT(1u << 20);
	add_part(&all, b->grant_id);
	add_part(&all, b->server);
	add_part(&all, b->tool);
	add_part(&all, slice_of((const char *)b->arguments, DIGEST_SIZE));
	add_part(&all, b->policy);
	add_part(&all, b->pointer);
	digest_blake2b(buf_slice(&all), out);
	buf_release(&all);
}

static void add_text(struct buf *b, const char *key, const char *text)
{
	if (!text || !text[0])
		return;
	buf_addf(b, ",\"%s\":", key);
	buf_add_json_string(b, slice_str(text));
}

static void add_time(struct buf *b, const char *key, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	if (us <= 0)
		return;
	clock_text(us, time);
	buf_addf(b, ",\"%s\":\"%s\"", key, time);
}

static void add_votes(struct buf *b, const struct approval *a)
{
	buf_adds(b, ",\"votes\":[");
	for (size_t i = 0; i < a->vote_n; i++) {
		const struct approval_vote *v = &a->votes[i];
		buf_addf(b, "%s{\"yes\":%s", i ? "," : "", v->is_yes ? "true" : "false");
		add_text(b, "person", v->person);
		add_text(b, "subject", v->subject);
		add_time(b, "time", v->time_us);
		add_text(b, "note", v->note);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void add_notices(struct buf *b, const struct approval *a)
{
	buf_adds(b, ",\"webhooks\":[");
	for (size_t i = 0; i < a->notice_n; i++) {
		const struct approval_notice *n = &a->notices[i];
		buf_addf(b, "%s{\"event\":\"%s\",\"state\":\"%s\",\"attempts\":%lld", i ? "," : "", n->event, n->state,
		         (long long)n->attempts);
		add_time(b, "next", n->next_us);
		add_text(b, "error", n->error);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

void approval_write_json(struct buf *b, const struct approval *a, const char *base_url)
{
	char hex[DIGEST_SIZE * 2 + 1];
	digest_hex(a->digest, sizeof a->digest, hex);
	buf_addf(b, "{\"id\":\"%s\",\"state\":\"%s\"", a->id, approval_state_name(a->state));
	if (base_url && base_url[0]) {
		buf_adds(b, ",\"url\":\"");
		buf_addf(b, "%s/approve/%s\"", base_url, a->id);
	}
	add_text(b, "server", a->server);
	add_text(b, "tool", a->tool);
	add_text(b, "description", a->description);
	add_text(b, "class", a->tool_class);
	add_text(b, "severity", a->tool_severity);
	buf_adds(b, ",\"grant\":{");
	buf_addf(b, "\"id\":\"%s\"", a->grant_id);
	add_text(b, "label", a->grant_label);
	add_text(b, "subject", a->subject);
	buf_addc(b, '}');
	add_text(b, "session", a->session);
	add_text(b, "client", a->client_name);
	add_text(b, "policy", a->policy);
	add_text(b, "rule", a->rule);
	add_text(b, "pointer", a->pointer);
	add_text(b, "message", a->message);
	buf_addf(b, ",\"arguments_sha256\":\"%s\",\"arguments_bytes\":%llu", hex, (unsigned long long)a->argument_bytes);
	if (a->arguments)
		buf_addf(b, ",\"arguments\":%s", a->arguments);
	buf_addf(b, ",\"hints\":%s,\"recent\":%s", a->hints[0] ? a->hints : "[]", a->recent[0] ? a->recent : "[]");
	buf_addf(b, ",\"quorum\":%u,\"yes\":%u", a->quorum, a->yes);
	add_time(b, "created", a->created_us);
	add_time(b, "expires", a->expires_us);
	add_time(b, "decided", a->decided_us);
	add_time(b, "used", a->used_us);
	add_text(b, "record", a->record_id);
	add_votes(b, a);
	add_notices(b, a);
	buf_addc(b, '}');
}
