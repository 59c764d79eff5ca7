/* What webhooks are told: form, signature, pauses. */
#include "approval/webhook.h"
#include "base/limits.h"
#include "json/json.h"
#include "tap.h"

static const struct approval sample = {
	.id = "018bcfe5-687b-7463-8000-000000000001",
	.state = APPROVAL_PENDING,
	.grant_id = "g", .grant_label = "agent <x>", .subject = "alice", .session = "", .client_name = "",
	.server = "shop", .tool = "buy", .policy = "p", .pointer = "", .rule = "r", .message = "needs *a* yes & more",
	.description = "", .tool_class = "", .tool_severity = "", .arguments = "{\"card\":\"4111\"}",
	.hints = "[]", .recent = "[]", .created_us = 1, .expires_us = 2, .quorum = 1, .record_id = "",
};

static void check_body(bool has_arguments)
{
	struct webhook w = { .url = "http://x/secret", .secret = "s", .base_url = "https://gate", .has_arguments = has_arguments };
	struct buf b = BUF_INIT(1u << 20);
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, 1u << 20);
	webhook_write_body(&b, &w, "created", &sample);
	const struct json *v = json_read(buf_slice(&b), &a, &e);
	struct slice text = json_string(json_gets(v, "text"));
	ok(v && text.n, "it is JSON %s", e.text);
	ok(memmem(text.p, text.n, "agent &lt;x&gt;", 15) && !memmem(text.p, text.n, "<x>", 3), "what an agent is called is no markup");
	ok(memmem(text.p, text.n, "<https://gate/approve/018b", 26) != NULL, "with a link");
	ok(slice_eq(text, json_string(json_gets(json_gets(json_at(json_gets(v, "blocks"), 0), "text"), "text"))),
	   "the block says the same");
	ok((json_gets(json_gets(v, "approval"), "arguments") != NULL) == has_arguments &&
	   (strstr(buf_str(&b), "4111") != NULL) == has_arguments, "values only where the operator wants it");
	ok(!strstr(buf_str(&b), "secret"), "the webhook's own address is not in it");
	arena_release(&a);
	buf_release(&b);
}

int main(void)
{
	char signature[WEBHOOK_SIGNATURE_SIZE];
	check_body(false);
	check_body(true);
	/* printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac sesame */
	webhook_sign("sesame", 1700000000, SLICE_LIT("{\"a\":1}"), signature);
	ok(strcmp(signature, "t=1700000000,v1=961ee441db69fca5ccc174d9488a77f3c0397cd3ce633bd80dbc6e3320242468") == 0, "the signature is HMAC-SHA256: %s", signature);
	bool grows = true;
	for (int64_t i = 1; i < LIMIT_WEBHOOK_ATTEMPTS; i++) {
		int64_t whole = (int64_t)LIMIT_WEBHOOK_AGAIN_MS * 1000 << (i - 1);
		grows = grows && webhook_pause_us(i, 0) == whole / 2 && webhook_pause_us(i, (uint64_t)whole / 2) == whole;
	}
	ok(grows, "pauses double, half of each by chance");
	ok(webhook_pause_us(LIMIT_WEBHOOK_ATTEMPTS - 1, 0) > 0 && webhook_pause_us(LIMIT_WEBHOOK_ATTEMPTS, 0) == 0,
	   "after the last attempt it is given up");
	return tap_done();
}
