/* Pages of a registry, one after the other, by libcurl. */
#include "base/curl.h"
#include "base/check.h"
#include "base/limits.h"
#include "cli/catalog_source.h"
#include "json/json.h"

struct registry {
	struct curl curl;
	CURL *h;
	struct curl_slist *headers;
	struct catalog_import *m;
	struct buf page;
	char cursor[4096]; /* of the page that comes next */
};

bool source_is_registry(const char *address)
{
	const char *path = strstr(address, "://");
	path = path ? strchr(path + 3, '/') : NULL;
	return path && (strstr(path, "/v0.1/servers") || strstr(path, "/v0/servers"));
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct buf *out = ctx;
	buf_add(out, p, size * n);
	return buf_ok(out) ? size * n : 0;
}

static void add_escaped(struct buf *b, const char *text)
{
	for (; *text; text++) {
		char c = *text;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
		if (is_plain)
			buf_addc(b, c);
		else
			buf_addf(b, "%%%02X", (unsigned)(unsigned char)c);
	}
}

/* What the operator asked for, and the place to go on. Where nothing is asked for, the latest version
 * of each, a hundred a page. */
static const char *page_url(const char *address, const char *cursor, struct buf *out)
{
	const char *fragment = strchr(address, '#');
	buf_clear(out);
	buf_add(out, address, fragment ? (size_t)(fragment - address) : strlen(address));
	if (!memchr(out->p, '?', out->n))
		buf_adds(out, "?version=latest&limit=100");
	if (cursor[0]) {
		buf_adds(out, "&cursor=");
		add_escaped(out, cursor);
	}
	return buf_str(out);
}

static bool set_up(struct registry *r, const char *url)
{
	const struct curl *c = &r->curl;
	return c->set(r->h, CURLOPT_URL, url) == CURLE_OK && c->set(r->h, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       c->set(r->h, CURLOPT_HTTPHEADER, r->headers) == CURLE_OK &&
	       c->set(r->h, CURLOPT_USERAGENT, "gatehouse/" GATEHOUSE_VERSION) == CURLE_OK &&
	       c->set(r->h, CURLOPT_CONNECTTIMEOUT_MS, 10000L) == CURLE_OK &&
	       c->set(r->h, CURLOPT_TIMEOUT_MS, (long)LIMIT_REGISTRY_MS) == CURLE_OK &&
	       c->set(r->h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && c->set(r->h, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
	       c->set(r->h, CURLOPT_WRITEDATA, &r->page) == CURLE_OK;
}

static bool get_page(struct registry *r, const char *url, struct err *e)
{
	long status = 0;
	buf_clear(&r->page);
	if (!set_up(r, url))
		return err_set(e, ERR_INPUT, "'%s' is no address that can be asked", r->m->where);
	CURLcode code = r->curl.perform(r->h);
	if (code == CURLE_OK)
		r->curl.get(r->h, CURLINFO_RESPONSE_CODE, &status);
	if (!buf_ok(&r->page))
		return err_set(e, ERR_LIMIT, "a page of the registry '%s' has more than %u bytes", r->m->where, LIMIT_REGISTRY_PAGE_BYTES);
	if (code != CURLE_OK)
		return err_set(e, ERR_REMOTE, "the registry '%s' does not answer: %s", r->m->where, r->curl.error_text(code));
	return status == 200 || err_set(e, ERR_REMOTE, "the registry '%s' answered with status %ld", r->m->where, status);
}

/* It must be a page: an error page that happens to be JSON has no servers. */
static bool check_page(struct registry *r, char *cursor, size_t size, struct err *e)
{
	struct arena a;
	struct err why = { 0 };
	arena_init(&a, LIMIT_REQUEST_ARENA);
	const struct json *v = json_read(buf_slice(&r->page), &a, &why);
	struct slice next = json_string(json_gets(json_gets(v, "metadata"), "nextCursor"));
	bool ok = true;
	if (!v)
		ok = err_set(e, ERR_REMOTE, "the registry '%s' answered what is no JSON: %.100s", r->m->where, why.text);
	else if (!json_is(json_gets(v, "servers"), JSON_ARRAY))
		ok = err_set(e, ERR_REMOTE, "the registry '%s' answered without an array 'servers'", r->m->where);
	else if (next.n >= size || memchr(next.n ? next.p : "", '\0', next.n))
		ok = err_set(e, ERR_REMOTE, "the registry '%s' gave a cursor that cannot be used", r->m->where);
	if (ok) {
		memcpy(cursor, next.n ? next.p : "", next.n);
		cursor[next.n] = '\0';
	}
	arena_release(&a);
	return ok;
}

static bool read_pages(struct registry *r, const char *address, struct err *e)
{
	struct buf url = BUF_INIT(1u << 16);
	char next[sizeof r->cursor];
	bool ok = true, is_last = false;
	for (size_t pages = 0; ok && !is_last; pages++) {
		ok = pages < LIMIT_REGISTRY_PAGES ||
		     err_set(e, ERR_LIMIT, "the registry '%s' has more than %d pages", r->m->where, LIMIT_REGISTRY_PAGES);
		ok = ok && get_page(r, page_url(address, r->cursor, &url), e) && check_page(r, next, sizeof next, e) &&
		     catalog_import_text(r->m, buf_slice(&r->page), e);
		if (ok && r->m->entries > LIMIT_REGISTRY_ENTRIES)
			ok = err_set(e, ERR_LIMIT, "the registry '%s' has more than %d entries", r->m->where, LIMIT_REGISTRY_ENTRIES);
		is_last = !next[0];
		if (ok && !is_last && !strcmp(next, r->cursor))
			ok = err_set(e, ERR_REMOTE, "the registry '%s' gives the same cursor again", r->m->where);
		if (ok)
			memcpy(r->cursor, next, sizeof next);
	}
	buf_release(&url);
	return ok;
}

int source_registry(const char *address, struct catalog_import *m)
{
	struct registry r = { .m = m, .page = BUF_INIT(LIMIT_REGISTRY_PAGE_BYTES) };
	struct err e = { 0 };
	if (!curl_load(&r.curl, &e))
		return cli_fail(CLI_FAILED, "%s", e.text);
	r.h = r.curl.init();
	BUG_ON(!r.h);
	r.headers = r.curl.append(NULL, "Accept: application/json");
	bool ok = read_pages(&r, address, &e);
	r.curl.free_all(r.headers);
	r.curl.cleanup(r.h);
	buf_release(&r.page);
	return ok ? CLI_OK : cli_fail(CLI_FAILED, "%s", e.text);
}
