/* HTTP over the Unix socket, by libcurl. */
#include "cli/admin_client.h"
#include "base/limits.h"
#include "base/curl.h"
#include "json/json.h"

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *out = ctx;
	buf_add(out, p, size * n);
	return buf_ok(out) ? size * n : 0;
}

static bool set_up(const struct curl *c, CURL *h, const char *socket, const char *method,
		   const char *url, const char *body, long timeout_s, struct buf *out)
{
	return c->set(h, CURLOPT_UNIX_SOCKET_PATH, socket) == CURLE_OK &&
	       c->set(h, CURLOPT_URL, url) == CURLE_OK &&
	       c->set(h, CURLOPT_PROXY, "") == CURLE_OK &&
	       c->set(h, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK &&
	       (method[0] != 'P' || c->set(h, CURLOPT_POSTFIELDS, body) == CURLE_OK) &&
	       c->set(h, CURLOPT_CONNECTTIMEOUT_MS, 2000L) == CURLE_OK &&
	       c->set(h, CURLOPT_TIMEOUT, timeout_s) == CURLE_OK &&
	       c->set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       c->set(h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       c->set(h, CURLOPT_WRITEDATA, out) == CURLE_OK;
}

/* The `detail` of an RFC 9457 problem. */
static void read_problem(struct slice body, long status, struct err *e)
{
	struct arena a;
	arena_init(&a, 1u << 20);
	struct slice detail = json_string(json_gets(json_read(body, &a, NULL), "detail"));
	if (detail.n)
		err_set(e, ERR_INPUT, "%.*s", SLICE_ARG(detail));
	else
		err_set(e, ERR_REMOTE, "the gate answered with status %ld", status);
	arena_release(&a);
}

enum admin_answer admin_ask(const char *data_dir, const char *method, const char *path,
			    long timeout_s, struct buf *out, struct err *e)
{
	return admin_send(data_dir, method, path, "", timeout_s, out, e);
}

enum admin_answer admin_send(const char *data_dir, const char *method, const char *path,
			     const char *text, long timeout_s, struct buf *out, struct err *e)
{
	char socket[4096], url[256];
	long status = 0;
	struct buf body = BUF_INIT(LIMIT_ADMIN_BYTES);
	enum admin_answer answer = ADMIN_UNREACHABLE;
	struct curl c;
	if (!curl_load(&c, e))
		return answer;
	CURL *h = c.init();
	snprintf(socket, sizeof socket, "%s/admin.sock", data_dir);
	snprintf(url, sizeof url, "http://gatehouse%s", path);
	CURLcode r = h && set_up(&c, h, socket, method, url, text, timeout_s, &body) ? c.perform(h)
									       : CURLE_FAILED_INIT;
	if (r == CURLE_OK)
		c.get(h, CURLINFO_RESPONSE_CODE, &status);
	if (r == CURLE_COULDNT_CONNECT) {
		err_set(e, ERR_REMOTE,
			"no gate runs on the data folder '%.150s': start one with 'gatehouse up'",
			data_dir);
	} else if (r != CURLE_OK) {
		err_set(e, ERR_REMOTE, "the gate of '%.120s' does not answer: %s", data_dir,
			c.error_text(r));
	} else if (status >= 200 && status < 300) {
		buf_add_slice(out, buf_slice(&body));
		answer = ADMIN_DONE;
	} else {
		read_problem(buf_slice(&body), status, e);
		answer = ADMIN_REFUSED;
	}
	buf_release(&body);
	c.cleanup(h);
	return answer;
}

int admin_reload(const char *data_dir, bool *is_running)
{
	struct buf out = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct err e = { 0 };
	enum admin_answer answer = admin_ask(data_dir, "POST", "/api/v1/reload", 30, &out, &e);
	buf_release(&out);
	*is_running = answer != ADMIN_UNREACHABLE;
	if (answer == ADMIN_REFUSED)
		return cli_fail(CLI_FAILED,
				"it is stored, but the running gate keeps what it had: %s", e.text);
	if (answer == ADMIN_UNREACHABLE && !strstr(e.text, "no gate runs"))
		return cli_fail(CLI_UNREACHABLE, "it is stored, but %s", e.text);
	return CLI_OK;
}

const char *admin_reloaded_text(bool is_running)
{
	return is_running
		       ? "in force"
		       : "stored; no gate runs on this data folder, so it takes effect when one starts";
}

char *admin_base_url(struct cli *c, const char *data_dir, const char *listen)
{
	struct buf b = BUF_INIT(16u << 20);
	struct err e = { 0 };
	struct slice of_gate = slice_of(NULL, 0);
	if (admin_ask(data_dir, "GET", "/api/v1/status", 5, &b, &e) == ADMIN_DONE)
		of_gate = json_string(json_gets(json_read(buf_slice(&b), &c->arena, NULL), "listen"));
	buf_release(&b);
	if (!of_gate.n)
		of_gate = slice_str(listen);
	/* Every address is none that a client can name. */
	if (slice_starts(of_gate, SLICE_LIT("0.0.0.0:")))
		return arena_printf(&c->arena, "http://127.0.0.1%.*s", (int)of_gate.n - 7, of_gate.p + 7);
	if (slice_starts(of_gate, SLICE_LIT("[::]:")))
		return arena_printf(&c->arena, "http://[::1]%.*s", (int)of_gate.n - 4, of_gate.p + 4);
	return arena_printf(&c->arena, "http://%.*s", SLICE_ARG(of_gate));
}
