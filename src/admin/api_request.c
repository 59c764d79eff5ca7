/* What a call to the API asks for: its route, the segments of its path, its query, copied out of the request. */
#include "admin/api_inside.h"
#include "admin/form.h"
#include "base/limits.h"

/* The next segment of a path that starts with '/'; false at the end. */
static bool next_segment(struct slice *path, struct slice *out)
{
	if (!path->n || path->p[0] != '/')
		return false;
	const char *p = path->p + 1;
	size_t left = path->n - 1;
	const char *slash = left ? memchr(p, '/', left) : NULL;
	size_t n = slash ? (size_t)(slash - p) : left;
	*out = slice_of(p, n);
	*path = slice_of(p + n, left - n);
	return true;
}

/* A colon stands for any segment that is not empty; taken: the undecoded ones. */
static bool fits(const char *pattern, struct slice path, struct slice taken[API_SEGMENTS], size_t *n)
{
	struct slice want = slice_str(pattern), part, is;
	*n = 0;
	while (next_segment(&want, &part)) {
		if (!next_segment(&path, &is))
			return false;
		if (part.n && part.p[0] == ':') {
			if (!is.n || *n == API_SEGMENTS)
				return false;
			taken[(*n)++] = is;
		} else if (!slice_eq(part, is)) {
			return false;
		}
	}
	return path.n == 0;
}

/* How many segments the most exact pattern of a path takes: one with a word goes before one that takes any, and then
 * only its methods count: /policies/schema is no policy. */
static size_t fewest_taken(struct slice path)
{
	struct slice taken[API_SEGMENTS];
	size_t fewest = API_SEGMENTS + 1, n;
	for (size_t i = 0; i < api_route_count; i++)
		if (fits(api_routes[i].path, path, taken, &n) && n < fewest)
			fewest = n;
	return fewest;
}

const struct api_route *api_route_find(enum http_method method, struct slice path, struct slice taken[API_SEGMENTS], size_t *n,
				       struct buf *allow)
{
	const struct api_route *found = NULL;
	size_t fewest = fewest_taken(path);
	for (size_t i = 0; i < api_route_count && fewest <= API_SEGMENTS; i++) {
		const struct api_route *r = &api_routes[i];
		if (!fits(r->path, path, taken, n) || *n != fewest)
			continue;
		buf_adds(allow, allow->n ? ", " : "");
		buf_adds(allow, http_method_name(r->method));
		if (r->method == method) {
			found = r;
			break;
		}
	}
	return found;
}

static bool keep(struct api_call *c, struct slice s, struct slice *out)
{
	char *p = arena_strndup(&c->arena, s.n ? s.p : "", s.n);
	*out = slice_of(p, p ? s.n : 0);
	return p != NULL;
}

static bool keep_header(struct api_call *c, const struct http_request *r, const char *name, struct slice *out)
{
	struct slice v = http_header_get(r->headers, name);
	*out = slice_of(NULL, 0);
	return !v.p || keep(c, v, out);
}

/* RFC 6265, 5.4: pairs with "; " between. */
static struct slice cookie_of(struct http_headers headers, const char *name)
{
	struct slice all = http_header_get(headers, "cookie");
	size_t n = strlen(name);
	while (all.n) {
		const char *end = memchr(all.p, ';', all.n);
		struct slice one = slice_of(all.p, end ? (size_t)(end - all.p) : all.n);
		all = slice_of(all.p + one.n + (end != NULL), all.n - one.n - (end != NULL));
		one = slice_trim(one);
		if (one.n > n && memcmp(one.p, name, n) == 0 && one.p[n] == '=')
			return slice_of(one.p + n + 1, one.n - n - 1);
	}
	return slice_of(NULL, 0);
}

static bool keep_body(struct api_call *c, struct slice body)
{
	c->body_bytes = arena_strndup(&c->arena, body.n ? body.p : "", body.n);
	c->body = slice_of(c->body_bytes, c->body_bytes ? body.n : 0);
	return c->body_bytes != NULL;
}

static bool keep_segments(struct api_call *c, const struct slice *taken, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *p = arena_alloc(&c->arena, taken[i].n + 1);
		if (!p || !slice_percent_decode(taken[i], false, p, taken[i].n + 1) || !*p)
			return false;
		c->v[i] = slice_str(p);
	}
	return true;
}

bool api_request_copy(struct api_call *c, const struct http_request *r, const struct slice *taken, size_t taken_n)
{
	struct slice cookie = cookie_of(r->headers, API_COOKIE), method = slice_str(http_method_name(r->method));
	c->request = r->id;
	c->is_unix = r->is_unix;
	c->is_tls = r->is_tls;
	c->peer_uid = r->peer_uid;
	c->method_name = method;
	struct slice bearer = admin_bearer(r);
	return keep(c, r->peer, &c->address) && keep(c, r->path, &c->path) && keep(c, r->query, &c->query) &&
	       keep_body(c, r->body) && (!bearer.p || keep(c, bearer, &c->bearer)) &&
	       (!cookie.p || keep(c, cookie, &c->cookie)) && keep_header(c, r, "x-csrf-token", &c->csrf) &&
	       keep_header(c, r, "if-match", &c->if_match) && keep_header(c, r, "if-none-match", &c->if_none_match) &&
	       keep_header(c, r, "idempotency-key", &c->idempotency_key) && keep_header(c, r, "host", &c->host) &&
	       keep_header(c, r, "origin", &c->origin) && keep_header(c, r, "x-forwarded-proto", &c->forwarded_proto) &&
	       keep_header(c, r, "sec-fetch-site", &c->fetch_site) && keep_header(c, r, "cookie", &c->cookies) && keep_header(c, r, "last-event-id", &c->last_event_id) &&
	       keep_header(c, r, "content-type", &c->body_type) && keep_segments(c, taken, taken_n);
}

static bool is_among(struct slice name, struct slice words)
{
	while (words.n) {
		const char *end = memchr(words.p, ' ', words.n);
		size_t n = end ? (size_t)(end - words.p) : words.n;
		if (slice_eq(name, slice_of(words.p, n)))
			return true;
		words = slice_of(words.p + n + (end != NULL), words.n - n - (end != NULL));
	}
	return false;
}

bool api_query_check(struct api_call *c)
{
	struct slice left = c->query, known = slice_str(c->route->query);
	while (left.n && !slice_is(known, "*")) {
		const char *end = memchr(left.p, '&', left.n);
		struct slice one = slice_of(left.p, end ? (size_t)(end - left.p) : left.n);
		left = slice_of(left.p + one.n + (end != NULL), left.n - one.n - (end != NULL));
		const char *is = one.n ? memchr(one.p, '=', one.n) : NULL;
		struct slice name = slice_of(one.p, is ? (size_t)(is - one.p) : one.n), again;
		char *value = arena_alloc(&c->arena, one.n + 1);
		if (!one.n)
			continue;
		const char *kept = arena_strndup(&c->arena, name.p, slice_printable(name) < 40 ? slice_printable(name) : 40);
		if (!value || !kept)
			return api_fail(c, 413, "the query is too long");
		if (!is_among(name, known))
			api_parameter(c, kept, "is not known here; docs/openapi.yaml lists what is");
		else if (!is || !slice_percent_decode(slice_of(is + 1, one.n - name.n - 1), true, value, one.n + 1))
			api_parameter(c, kept, "is not encoded as in a URL");
		again = left;
		while (again.n > name.n) {
			if (memcmp(again.p, name.p, name.n) == 0 && again.p[name.n] == '=') {
				api_parameter(c, kept, "is given twice");
				break;
			}
			const char *and = memchr(again.p, '&', again.n);
			if (!and)
				break;
			again = slice_of(and + 1, again.n - (size_t)(and + 1 - again.p));
		}
	}
	return c->error_n == 0;
}

struct slice api_query(struct api_call *c, const char *name)
{
	char *out = arena_alloc(&c->arena, c->query.n + 1);
	if (!out || !form_value(c->query, name, out, c->query.n + 1))
		return slice_of("", 0);
	return slice_str(out);
}
