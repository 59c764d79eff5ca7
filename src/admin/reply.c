/* The answer to a call of the API: its tag, its problem, its headers. */
#include "admin/api_inside.h"
#include "author/difference.h"
#include "base/limits.h"
#include <stdio.h>

#define HEADERS_MAX 12

void api_etag(struct slice representation, char out[35])
{
	unsigned char hash[DIGEST_SIZE];
	digest_blake2b(representation, hash);
	out[0] = '"';
	digest_hex(hash, 16, out + 1);
	out[33] = '"';
	out[34] = '\0';
}

/* RFC 9110, 13.1: a list of tags, or "*". Weak ones count for If-None-Match only. */
static bool has_tag(struct slice header, const char *etag, bool is_weak_fine)
{
	struct slice left = header, tag = slice_str(etag);
	if (slice_is(slice_trim(header), "*"))
		return true;
	while (left.n) {
		const char *end = memchr(left.p, ',', left.n);
		struct slice one = slice_of(left.p, end ? (size_t)(end - left.p) : left.n);
		left = slice_of(left.p + one.n + (end != NULL), left.n - one.n - (end != NULL));
		one = slice_trim(one);
		if (is_weak_fine && slice_starts(one, SLICE_LIT("W/")))
			one = slice_of(one.p + 2, one.n - 2);
		if (slice_eq(one, tag))
			return true;
	}
	return false;
}

static void add_difference(struct api_call *c, struct buf *b, struct slice now, struct slice wanted)
{
	struct err e = { 0 };
	struct differences d;
	const struct json *from = json_read(now, &c->arena, &e), *to = wanted.n ? json_read(wanted, &c->arena, &e) : NULL;
	if (!from || !to)
		return;
	bool is_whole = differences_find(from, to, &c->arena, &d);
	(void)is_whole; /* what fits is told; `current` has all of it */
	buf_adds(b, ",\"difference\":");
	differences_write_json(b, &d);
}

static bool stale(struct api_call *c, struct slice now, struct slice wanted, const char *etag)
{
	struct buf b = BUF_INIT(LIMIT_API_ANSWER);
	buf_adds(&b, "\"current\":");
	buf_add_slice(&b, now);
	buf_adds(&b, ",\"current_etag\":");
	buf_add_json_string(&b, slice_str(etag));
	add_difference(c, &b, now, wanted);
	char *kept = buf_ok(&b) ? arena_strndup(&c->arena, b.p, b.n) : NULL;
	c->extra = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
	return api_fail(c, 412, "it was changed since you read it: 'current' is how it is now, 'difference' what you would change of that");
}

bool api_match(struct api_call *c, struct slice now, struct slice wanted)
{
	char etag[35];
	api_etag(now, etag);
	if (!now.n)
		return !c->if_match.p || api_fail(c, 412, "it is not there any more: without If-Match it is made anew");
	if (c->if_none_match.p && has_tag(c->if_none_match, etag, true))
		return stale(c, now, wanted, etag);
	if (!c->if_match.p) {
		api_header(c, "If-Match", "send the ETag of what you read as If-Match, or * to overwrite what is there");
		c->status = 428;
		return false;
	}
	return has_tag(c->if_match, etag, false) || stale(c, now, wanted, etag);
}

static void add_errors(struct buf *b, const struct api_call *c)
{
	buf_adds(b, ",\"errors\":[");
	for (size_t i = 0; i < c->error_n; i++) {
		const struct api_error *e = &c->errors[i];
		buf_adds(b, i ? ",{" : "{");
		buf_adds(b, e->pointer ? "\"pointer\":" : e->is_header ? "\"header\":" : "\"parameter\":");
		buf_add_json_string(b, slice_str(e->pointer ? e->pointer : e->name ? e->name : ""));
		buf_adds(b, ",\"detail\":");
		buf_add_json_string(b, slice_str(e->detail));
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void write_problem(struct api_call *c)
{
	struct buf *b = &c->out;
	buf_clear(b);
	buf_addf(b, "{\"type\":\"about:blank\",\"status\":%d,\"title\":", c->status);
	buf_add_json_string(b, slice_str(http_reason(c->status)));
	buf_adds(b, ",\"detail\":");
	buf_add_json_string(b, slice_str(c->err.text));
	if (c->error_n)
		add_errors(b, c);
	if (c->extra.n) {
		buf_addc(b, ',');
		buf_add_slice(b, c->extra);
	}
	buf_addc(b, '}');
}

static void add(struct http_header *h, size_t *n, const char *name, struct slice value)
{
	if (*n < HEADERS_MAX)
		h[(*n)++] = (struct http_header){ slice_str(name), value };
}

/* A tag where the answer is what a GET gives, or what a change left. */
static bool is_tagged(const struct api_call *c)
{
	return c->etag[0] || (c->route && c->route->method == HTTP_GET && c->status == 200 && !c->content_type);
}

void api_send(struct api_call *c)
{
	struct http_header h[HEADERS_MAX];
	size_t n = 0;
	char retry[24];
	bool is_problem = c->status >= 400;
	if (!is_problem && !buf_ok(&c->out))
		is_problem = !api_fail(c, 500, "the answer is too long: ask for less with limit=");
	if (is_problem)
		write_problem(c);
	if (!is_problem && is_tagged(c)) {
		if (!c->etag[0])
			api_etag(buf_slice(&c->out), c->etag);
		add(h, &n, "ETag", slice_str(c->etag));
		if (c->route->method == HTTP_GET && c->if_none_match.p && has_tag(c->if_none_match, c->etag, true)) {
			c->status = 304;
			buf_clear(&c->out);
		}
	}
	add(h, &n, "Cache-Control", is_tagged(c) && !is_problem ? SLICE_LIT("private, no-cache") : SLICE_LIT("no-store"));
	if (c->status != 204 && c->status != 304)
		add(h, &n, "Content-Type", slice_str(is_problem      ? "application/problem+json" :
						     c->content_type ? c->content_type :
								       "application/json"));
	add(h, &n, "X-Content-Type-Options", SLICE_LIT("nosniff"));
	if (c->location)
		add(h, &n, "Location", slice_str(c->location));
	if (c->set_cookie)
		add(h, &n, "Set-Cookie", slice_str(c->set_cookie));
	if (c->set_cookie_too)
		add(h, &n, "Set-Cookie", slice_str(c->set_cookie_too));
	if (c->is_replayed)
		add(h, &n, "Idempotency-Replayed", SLICE_LIT("true"));
	if (c->status == 401)
		add(h, &n, "WWW-Authenticate", SLICE_LIT("Bearer realm=\"gatehouse\""));
	if (c->retry_s) {
		snprintf(retry, sizeof retry, "%llu", (unsigned long long)c->retry_s);
		add(h, &n, "Retry-After", slice_str(retry));
	}
	http_respond(c->admin->o.http, c->request, c->status, h, n, buf_slice(&c->out));
}
