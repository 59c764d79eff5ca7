/* A call of the API as it comes: "METHOD target", header lines, an empty line. Found in the table, copied, its query read,
 * and its tags compared. */
#include "admin/api_inside.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdint.h>

#define HEADERS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_method method_of(struct slice s)
{
	static const enum http_method all[] = { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_HEAD };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (slice_is(s, http_method_name(all[i])))
			return all[i];
	return HTTP_GET;
}

static struct slice cut(struct slice *s, char at)
{
	const char *end = s->n ? memchr(s->p, at, s->n) : NULL;
	struct slice first = slice_of(s->p, end ? (size_t)(end - s->p) : s->n);
	*s = slice_of(s->p + first.n + (end != NULL), s->n - first.n - (end != NULL));
	return first;
}

static void read_query(struct api_call *c)
{
	size_t from = 0, limit = 0;
	int64_t at = 0;
	struct slice names = slice_str(c->route->query);
	bool is_known = api_query_check(c);
	BUG_ON(is_known != (c->error_n == 0) && c->status != 413);
	while (names.n) {
		char name[64];
		struct slice one = cut(&names, ' ');
		snprintf(name, sizeof name, "%.*s", SLICE_ARG(one));
		struct slice v = api_query(c, name);
		BUG_ON(v.n > c->query.n || memchr(v.p, 0, v.n));
	}
	if (api_page(c, &from, &limit))
		BUG_ON(!limit || limit > LIMIT_API_PAGE);
	api_time(c, "since", &at);
	BUG_ON(c->error_n > API_ERRORS_MAX);
}

/* With the tag of what is there a change goes on, and with none it never does. */
static void compare_tags(struct api_call *c)
{
	struct slice now = SLICE_LIT("{\"a\":1}"), header = c->if_match;
	char etag[35];
	bool fits = api_match(c, now, SLICE_LIT("{\"a\":2}"));
	BUG_ON(fits && !header.p);
	BUG_ON(!fits && c->status != 412 && c->status != 428);
	api_etag(now, etag);
	BUG_ON(fits && !slice_is(slice_trim(header), "*") && !memmem(header.p, header.n, etag, 34));
	c->if_none_match = slice_of(NULL, 0);
	c->if_match = slice_str(etag);
	BUG_ON(!api_match(c, now, SLICE_LIT("{}")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_header headers[HEADERS_MAX];
	struct slice left = slice_of((const char *)data, size), taken[API_SEGMENTS];
	struct slice line = cut(&left, '\n'), method = cut(&line, ' '), path = cut(&line, '?');
	struct http_request r = { .method = method_of(method), .path = path, .query = line, .headers = { headers, 0 }, .peer = SLICE_LIT("127.0.0.1") };
	struct buf allow = BUF_INIT(256);
	size_t n = 0, header_n = 0;
	while (left.n && header_n < HEADERS_MAX) {
		struct slice value = cut(&left, '\n');
		struct slice name = cut(&value, ':');
		if (!name.n)
			break;
		headers[header_n++] = (struct http_header){ name, slice_trim(value) };
	}
	r.headers.n = header_n;
	r.body = left;
	const struct api_route *route = api_route_find(r.method, path, taken, &n, &allow);
	BUG_ON(n > API_SEGMENTS || !buf_ok(&allow));
	if (route) {
		struct api_call c = { .route = route };
		arena_init(&c.arena, LIMIT_API_ARENA);
		if (api_request_copy(&c, &r, taken, n)) {
			for (size_t i = 0; i < n; i++)
				BUG_ON(!c.v[i].n || memchr(c.v[i].p, 0, c.v[i].n));
			read_query(&c);
			compare_tags(&c);
		}
		arena_release(&c.arena);
	}
	buf_release(&allow);
	return 0;
}
