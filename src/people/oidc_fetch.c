/* Requests to an identity provider, by libcurl. */
#include "base/curl.h"
#include "base/limits.h"
#include "people/oidc_inside.h"

#define URL_MAX 4096

static bool is_loopback(struct slice host)
{
	return slice_is(host, "localhost") || slice_is(host, "[::1]") || slice_starts(host, SLICE_LIT("127."));
}

bool oidc_is_address(struct slice url)
{
	bool is_tls = slice_starts(url, SLICE_LIT("https://"));
	size_t start = is_tls ? 8 : 7, end = start;
	if ((!is_tls && !slice_starts(url, SLICE_LIT("http://"))) || url.n > URL_MAX)
		return false;
	for (size_t i = 0; i < url.n; i++)
		if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f || strchr("#\\\"<>", url.p[i]))
			return false;
	while (end < url.n && url.p[end] != '/' && url.p[end] != '?')
		end++;
	struct slice host = slice_of(url.p + start, end - start);
	if (!host.n || memchr(host.p, '@', host.n))
		return false;
	const char *colon = host.p[0] == '[' ? memchr(host.p, ']', host.n) : memchr(host.p, ':', host.n);
	if (colon)
		host.n = (size_t)(colon - host.p) + (host.p[0] == '[');
	/* A name such as 127.evil.example is none of this machine. */
	bool is_number = host.n && host.p[host.n - 1] >= '0' && host.p[host.n - 1] <= '9';
	return is_tls || (is_loopback(host) && (is_number || host.p[0] == 'l' || host.p[0] == '['));
}

void oidc_add_escaped(struct buf *b, struct slice s)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-._~", c));
		if (is_plain) {
			buf_addc(b, (char)c);
		} else {
			buf_addc(b, '%');
			buf_addc(b, hex[c >> 4]);
			buf_addc(b, hex[c & 15]);
		}
	}
}

static size_t on_bytes(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *b = ctx;
	buf_add(b, p, size * n);
	return buf_ok(b) ? size * n : 0; /* 0 ends the transfer */
}

static bool is_https(const char *url)
{
	return slice_starts(slice_str(url), SLICE_LIT("https://"));
}

static bool set_up(const struct curl *c, CURL *h, const struct oidc_request *r, struct curl_slist *headers, struct buf *body)
{
	bool is_good = c->set(h, CURLOPT_URL, r->url) == CURLE_OK && c->set(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
		       c->set(h, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
		       c->set(h, CURLOPT_TIMEOUT_MS, (long)LIMIT_OIDC_MS) == CURLE_OK &&
		       c->set(h, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_OIDC_MS / 2) == CURLE_OK &&
		       c->set(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && c->set(h, CURLOPT_WRITEFUNCTION, on_bytes) == CURLE_OK &&
		       c->set(h, CURLOPT_WRITEDATA, body) == CURLE_OK;
	/* A proxy of the environment is for what is outside. */
	if (is_good && !is_https(r->url))
		is_good = c->set(h, CURLOPT_PROXY, "") == CURLE_OK;
	if (is_good && r->ca_file)
		is_good = c->set(h, CURLOPT_CAINFO, r->ca_file) == CURLE_OK;
	if (is_good && r->form.p)
		is_good = c->set(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->form.n) == CURLE_OK &&
			  c->set(h, CURLOPT_POSTFIELDS, r->form.p) == CURLE_OK;
	return is_good;
}

/* NULL when one could not be added. */
static struct curl_slist *make_headers(const struct curl *c, const char *authorization)
{
	char line[4096];
	struct curl_slist *all = c->append(NULL, "Accept: application/json"), *more;
	more = all ? c->append(all, "User-Agent: gatehouse/" GATEHOUSE_VERSION) : NULL;
	if (more && authorization) {
		snprintf(line, sizeof line, "Authorization: %s", authorization);
		more = c->append(all, line);
		digest_wipe(line, sizeof line);
	}
	if (all && !more)
		c->free_all(all);
	return more ? all : NULL;
}

static bool perform(const struct curl *c, const struct oidc_request *r, struct curl_slist *headers, struct buf *body, long *status,
		    struct err *e)
{
	CURL *h = c->init();
	CURLcode end = h && set_up(c, h, r, headers, body) ? c->perform(h) : CURLE_FAILED_INIT;
	if (end == CURLE_OK)
		c->get(h, CURLINFO_RESPONSE_CODE, status);
	if (h)
		c->cleanup(h);
	if (end == CURLE_OK)
		return true;
	if (!buf_ok(body))
		return err_set(e, ERR_REMOTE, "the identity provider's answer is larger than %d bytes", LIMIT_OIDC_BYTES);
	return err_set(e, ERR_REMOTE, "the identity provider cannot be reached: %s", c->error_text(end));
}

bool oidc_fetch(const struct oidc_request *r, struct arena *a, long *status, const struct json **body, struct err *e)
{
	struct curl c;
	struct buf text = BUF_INIT(LIMIT_OIDC_BYTES);
	struct err why = { 0 };
	if (!oidc_is_address(slice_str(r->url)))
		return err_set(e, ERR_REMOTE, "the identity provider names an address that is not https");
	if (!curl_load(&c, e))
		return false;
	struct curl_slist *headers = make_headers(&c, r->authorization);
	bool is_done = headers ? perform(&c, r, headers, &text, status, e) : err_set(e, ERR_LIMIT, "there is no memory for a request");
	if (headers)
		c.free_all(headers);
	*body = is_done ? json_read(buf_slice(&text), a, &why) : NULL;
	if (is_done && !json_is(*body, JSON_OBJECT))
		is_done = err_set(e, ERR_REMOTE, "the identity provider's answer (status %ld) is no JSON object", *status);
	if (text.p)
		digest_wipe(text.p, text.cap); /* tokens */
	buf_release(&text);
	return is_done;
}
