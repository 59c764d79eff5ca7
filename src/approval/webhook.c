/* Webhooks: body, signature, one delivery by libcurl. */
#include "approval/webhook.h"
#include "base/curl.h"
#include "base/limits.h"

#define TEXT_MAX 2000

/* Slack's mrkdwn: these three are its only markup that a text can break out by. */
static void add_plain(struct buf *b, const char *text, size_t max)
{
	for (size_t i = 0; text[i] && i < max; i++) {
		switch (text[i]) {
		case '&': buf_adds(b, "&amp;"); break;
		case '<': buf_adds(b, "&lt;"); break;
		case '>': buf_adds(b, "&gt;"); break;
		case '`':
		case '*': buf_addc(b, '\''); break;
		default: buf_addc(b, text[i]);
		}
	}
}

static void write_text(struct buf *b, const struct webhook *w, const char *event, const struct approval *a)
{
	if (strcmp(event, "created") == 0)
		buf_adds(b, "*Approval needed:* ");
	else
		buf_addf(b, "*Approval %s:* ", event);
	add_plain(b, a->grant_label, 100);
	buf_adds(b, " wants to call ");
	add_plain(b, a->tool, 200);
	buf_adds(b, " on ");
	add_plain(b, a->server, 100);
	if (a->message[0]) {
		buf_adds(b, "\n");
		add_plain(b, a->message, 600);
	}
	for (size_t i = 0; i < a->vote_n; i++) {
		buf_adds(b, a->votes[i].is_yes ? "\nyes: " : "\nno: ");
		add_plain(b, a->votes[i].person, 100);
		if (a->votes[i].note[0]) {
			buf_adds(b, ": ");
			add_plain(b, a->votes[i].note, 300);
		}
	}
	if (strcmp(event, "created") == 0 && w->base_url[0])
		buf_addf(b, "\n<%s/approve/%s|Look and decide>", w->base_url, a->id);
	buf_addf(b, "\n%s", a->id);
}

void webhook_write_body(struct buf *b, const struct webhook *w, const char *event, const struct approval *a)
{
	struct buf text = BUF_INIT(4 * TEXT_MAX);
	struct approval shown = *a;
	if (!w->has_arguments)
		shown.arguments = NULL;
	shown.notice_n = 0;
	write_text(&text, w, event, a);
	buf_adds(b, "{\"text\":");
	buf_add_json_string(b, buf_slice(&text));
	buf_adds(b, ",\"blocks\":[{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":");
	buf_add_json_string(b, buf_slice(&text));
	buf_addf(b, "}}],\"event\":\"approval.%s\",\"approval\":", event);
	approval_write_json(b, &shown, w->base_url);
	buf_addc(b, '}');
	buf_release(&text);
}

void webhook_sign(const char *secret, int64_t now_s, struct slice body, char out[WEBHOOK_SIGNATURE_SIZE])
{
	unsigned char mac[DIGEST_SIZE];
	char hex[DIGEST_SIZE * 2 + 1];
	struct buf b = BUF_INIT(body.n + 32);
	buf_addf(&b, "%lld.", (long long)now_s);
	buf_add_slice(&b, body);
	digest_hmac_sha256(slice_str(secret), buf_slice(&b), mac);
	digest_hex(mac, sizeof mac, hex);
	snprintf(out, WEBHOOK_SIGNATURE_SIZE, "t=%lld,v1=%s", (long long)now_s, hex);
	buf_release(&b);
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n; /* what it says is of no use to us */
}

static bool set_up(const struct curl *c, CURL *h, const struct webhook *w, struct slice body, struct curl_slist *headers)
{
	return c->set(h, CURLOPT_URL, w->url) == CURLE_OK &&
	       c->set(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       c->set(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n) == CURLE_OK &&
	       c->set(h, CURLOPT_POSTFIELDS, body.p) == CURLE_OK && c->set(h, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
	       c->set(h, CURLOPT_TIMEOUT_MS, (long)LIMIT_WEBHOOK_MS) == CURLE_OK &&
	       c->set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && c->set(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK;
}

/* NULL when one could not be added; nothing is left behind then. */
static struct curl_slist *make_headers(const struct curl *c, const char *event, int64_t delivery, const char *signature)
{
	char lines[5][160];
	struct curl_slist *all = NULL;
	snprintf(lines[0], sizeof lines[0], "Content-Type: application/json");
	snprintf(lines[1], sizeof lines[1], "User-Agent: gatehouse/%s", GATEHOUSE_VERSION);
	snprintf(lines[2], sizeof lines[2], "Gatehouse-Event: approval.%s", event);
	snprintf(lines[3], sizeof lines[3], "Gatehouse-Delivery: %lld", (long long)delivery);
	snprintf(lines[4], sizeof lines[4], "Gatehouse-Signature: %s", signature);
	for (size_t i = 0; i < ARRAY_LEN(lines) - !signature[0]; i++) {
		struct curl_slist *more = c->append(all, lines[i]);
		if (!more) {
			c->free_all(all);
			return NULL;
		}
		all = more;
	}
	return all;
}

static bool post(const struct curl *c, const struct webhook *w, struct slice body, struct curl_slist *headers,
                 struct err *e)
{
	long status = 0;
	CURL *h = c->init();
	CURLcode r = h && set_up(c, h, w, body, headers) ? c->perform(h) : CURLE_FAILED_INIT;
	if (r == CURLE_OK)
		c->get(h, CURLINFO_RESPONSE_CODE, &status);
	c->cleanup(h);
	if (r != CURLE_OK)
		return err_set(e, ERR_REMOTE, "the webhook cannot be reached: %s", c->error_text(r));
	return (status >= 200 && status < 300) || err_set(e, ERR_REMOTE, "the webhook answered with status %ld", status);
}

bool webhook_send(const struct webhook *w, const char *event, int64_t delivery, const struct approval *a, int64_t now_us,
                  struct err *e)
{
	char signature[WEBHOOK_SIGNATURE_SIZE] = "";
	struct buf body = BUF_INIT(4u << 20);
	struct curl c;
	if (!curl_load(&c, e))
		return false;
	webhook_write_body(&body, w, event, a);
	if (w->secret[0])
		webhook_sign(w->secret, now_us / 1000000, buf_slice(&body), signature);
	struct curl_slist *headers = buf_ok(&body) ? make_headers(&c, event, delivery, signature) : NULL;
	bool is_sent = headers ? post(&c, w, buf_slice(&body), headers, e)
	                       : err_set(e, ERR_LIMIT, "what the webhook is to be told is too long");
	if (headers)
		c.free_all(headers);
	buf_release(&body);
	return is_sent;
}

int64_t webhook_pause_us(int64_t attempts, uint64_t chance)
{
	if (attempts >= LIMIT_WEBHOOK_ATTEMPTS)
		return 0;
	int64_t pause = (int64_t)LIMIT_WEBHOOK_AGAIN_MS * 1000 << (attempts > 0 ? attempts - 1 : 0);
	return pause / 2 + (int64_t)(chance % (uint64_t)(pause / 2 + 1));
}
