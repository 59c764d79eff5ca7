/* Addresses of servers: "http://host:port/path?query", read strictly. */
#include "base/check.h"
#include "http/pool.h"

#define HOST_MAX 255
#define URL_MAX 8192

static bool is_host(struct slice s, bool is_v6)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_plain && c != '.' && !(is_v6 ? c == ':' : c == '-' || c == '_'))
			return false;
	}
	return s.n > 0 && s.n <= HOST_MAX;
}

static bool is_target(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '#')
			return false;
	return true;
}

/* Splits "host:port" or "[v6]:port"; port stays when there is none. */
static bool split_authority(struct slice a, struct slice *host, int *port)
{
	unsigned long long number;
	bool is_v6 = a.n && a.p[0] == '[';
	const char *end = is_v6 ? memchr(a.p, ']', a.n) : memchr(a.p, ':', a.n);
	if (is_v6 && !end)
		return false;
	*host = is_v6 ? slice_of(a.p + 1, (size_t)(end - a.p) - 1) : slice_of(a.p, end ? (size_t)(end - a.p) : a.n);
	const char *rest = is_v6 ? end + 1 : end ? end : a.p + a.n;
	size_t rest_n = a.n - (size_t)(rest - a.p);
	if (rest_n) {
		if (*rest != ':' || !slice_u64(slice_of(rest + 1, rest_n - 1), &number) || !number || number > 65535)
			return false;
		*port = (int)number;
	}
	return is_host(*host, is_v6);
}

static bool read_url(struct http_origin *o, struct slice url, struct slice *authority, struct slice *target,
                     struct err *e)
{
	if (slice_starts(url, SLICE_LIT("https://"))) {
		o->is_tls = true;
		o->port = 443;
	} else if (slice_starts(url, SLICE_LIT("http://"))) {
		o->port = 80;
	} else {
		return err_set(e, ERR_INPUT, "the address must start with http:// or https://");
	}
	size_t skip = o->is_tls ? 8 : 7, n = 0;
	struct slice rest = slice_of(url.p + skip, url.n - skip);
	while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
		n++;
	*authority = slice_of(rest.p, n);
	*target = slice_of(rest.p + n, rest.n - n);
	/* The text is not shown: it may hold a password, or characters that forge a log line. */
	if (n && memchr(rest.p, '@', n))
		return err_set(e, ERR_INPUT, "the address has user info; give credentials as a header");
	if (!split_authority(*authority, &o->host, &o->port))
		return err_set(e, ERR_INPUT, "the address has no valid host and port, as in http://host:80/path");
	if (!is_target(*target))
		return err_set(e, ERR_INPUT, "the path of the address has a fragment, a space or a character that must be escaped");
	return true;
}

struct http_origin *http_origin_new(const char *url, struct err *e)
{
	struct slice u = slice_str(url), authority = { 0 }, target = { 0 };
	struct http_origin *o = mem_zalloc(sizeof *o);
	BUG_ON(!url);
	if (u.n > URL_MAX || !read_url(o, u, &authority, &target, e)) {
		if (u.n > URL_MAX)
			err_set(e, ERR_INPUT, "the address has more than %d bytes", URL_MAX);
		free(o);
		return NULL;
	}
	bool has_slash = target.n && target.p[0] == '/';
	o->text = mem_alloc(authority.n + target.n + 2);
	memcpy(o->text, authority.p, authority.n);
	o->text[authority.n] = '/';
	memcpy(o->text + authority.n + !has_slash, target.p, target.n);
	o->host_header = slice_of(o->text, authority.n);
	o->target = slice_of(o->text + authority.n, target.n + !has_slash);
	o->host = slice_of(o->text + (o->host.p - authority.p), o->host.n);
	o->refs = 1;
	list_init(&o->pools);
	return o;
}

/* RFC 3986, 5.2.4, of a path that begins with '/'. */
static void add_without_dots(struct buf *out, struct slice path)
{
	size_t start = out->n;
	for (size_t i = 0, end; i < path.n; i = end) {
		for (end = i + 1; end < path.n && path.p[end] != '/';)
			end++;
		struct slice segment = slice_of(path.p + i + 1, end - i - 1);
		bool is_up = slice_is(segment, "..");
		if (!is_up && !slice_is(segment, ".")) {
			buf_addc(out, '/');
			buf_add_slice(out, segment);
			continue;
		}
		while (is_up && out->n > start && out->p[--out->n] != '/')
			;
		if (end == path.n)
			buf_addc(out, '/');
	}
	if (out->n == start)
		buf_addc(out, '/');
}

static size_t path_length(struct slice target)
{
	const char *query = target.n ? memchr(target.p, '?', target.n) : NULL;
	return query ? (size_t)(query - target.p) : target.n;
}

static void add_target(struct buf *out, struct slice target)
{
	size_t n = path_length(target);
	add_without_dots(out, slice_of(target.p, n));
	buf_add_slice(out, slice_of(target.p + n, target.n - n));
}

/* The base is merged with a reference that has neither a scheme nor a host (5.2.2, 5.2.3). */
static void add_relative(struct buf *out, struct slice base, struct slice ref)
{
	size_t n = path_length(base);
	struct buf merged = BUF_INIT(URL_MAX * 2);
	if (ref.p[0] != '/' && ref.p[0] != '?')
		while (n && base.p[n - 1] != '/')
			n--;
	if (ref.p[0] != '/')
		buf_add(&merged, base.p, n);
	buf_add_slice(&merged, ref);
	add_target(out, buf_slice(&merged));
	buf_release(&merged);
}

static bool is_same_place(const struct http_origin *a, const struct http_origin *b)
{
	return a->is_tls == b->is_tls && a->port == b->port && slice_ieq(a->host, b->host);
}

/* 3.1: letters first, and a colon before any of the delimiters. */
static bool has_scheme(struct slice ref)
{
	size_t n = 0;
	while (n < ref.n && !memchr(":/?", ref.p[n], 3))
		n++;
	return n && n < ref.n && ref.p[n] == ':';
}

bool http_origin_resolve(const struct http_origin *o, struct slice ref, struct buf *target, struct err *e)
{
	struct http_origin other = { 0 };
	struct slice authority = { 0 }, rest = { 0 };
	struct buf url = BUF_INIT(URL_MAX);
	bool is_full = has_scheme(ref), is_fit = true;
	/* A backslash is a slash to browsers and none to us. */
	if (!ref.n || ref.n > URL_MAX || !is_target(ref) || memchr(ref.p, '\\', ref.n))
		return err_set(e, ERR_REMOTE, "it is empty, too long, or has a character that must be escaped");
	if (is_full || slice_starts(ref, SLICE_LIT("//"))) {
		buf_adds(&url, is_full ? "" : o->is_tls ? "https:" : "http:");
		buf_add_slice(&url, ref);
		is_fit = buf_ok(&url) && read_url(&other, buf_slice(&url), &authority, &rest, e);
		if (is_fit && !is_same_place(o, &other))
			is_fit = err_set(e, ERR_REMOTE, "it is on another server");
		if (is_fit && (!rest.n || rest.p[0] != '/'))
			buf_addc(target, '/');
		if (is_fit && rest.n && rest.p[0] == '/')
			add_target(target, rest);
		else if (is_fit)
			buf_add_slice(target, rest);
	} else {
		add_relative(target, o->target, ref);
	}
	if (is_fit && !buf_ok(target))
		is_fit = err_set(e, ERR_LIMIT, "it is too long");
	buf_release(&url);
	return is_fit;
}

void origin_unref(struct http_origin *o)
{
	BUG_ON(!o->refs);
	if (--o->refs)
		return;
	free(o->text);
	free(o);
}

void http_origin_free(struct http_origin **op)
{
	struct http_origin *o = *op;
	if (!o)
		return;
	*op = NULL;
	while (!list_empty(&o->pools))
		pool_orphan(list_entry(o->pools.next, struct http_pool, of_origin));
	origin_unref(o);
}

struct slice http_origin_target(const struct http_origin *o)
{
	return o->target;
}

struct slice http_origin_host(const struct http_origin *o)
{
	return o->host_header;
}
