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
