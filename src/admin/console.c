/*
 * The console for browsers: its files, and its page for every path that is nobody else's. Files whose
 * names have their digest are kept by browsers for ever, the page is asked for each time (RFC 9110, 13).
 */
#include "admin/inside.h"
#include "base/compiler.h"
#include "console/console.h"

static const char csp[] = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
                          "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
                          "frame-ancestors 'none'";

/* Paths that are never the console's: what programs ask there must not be answered with a page. */
static const char *const others[] = { "/api", "/mcp", "/approve", "/.well-known", "/healthz", "/readyz", "/metrics", "/assets" };

static bool is_others(struct slice path)
{
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct slice s = slice_str(others[i]);
		if (slice_starts(path, s) && (path.n == s.n || path.p[s.n] == '/'))
			return true;
	}
	return false;
}

/* A list of a header with this word in it, weights aside: "gzip;q=1.0, br". A weight of zero refuses it. */
static bool has_word(struct slice list, const char *word)
{
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		struct slice one = slice_of(list.p, comma ? (size_t)(comma - list.p) : list.n);
		list = slice_of(list.p + one.n + (comma != NULL), list.n - one.n - (comma != NULL));
		one = slice_trim(one);
		const char *semicolon = memchr(one.p, ';', one.n);
		struct slice name = slice_trim(slice_of(one.p, semicolon ? (size_t)(semicolon - one.p) : one.n));
		if (slice_starts(name, SLICE_LIT("W/"))) /* a proxy that compressed it; weak comparison is meant here */
			name = slice_of(name.p + 2, name.n - 2);
		struct slice rest = slice_of(name.p + name.n, (size_t)(one.p + one.n - name.p) - name.n);
		if (slice_ieq(name, slice_str(word)))
			return !slice_ends(rest, SLICE_LIT("q=0")) && !slice_ends(rest, SLICE_LIT("q=0.0"));
	}
	return false;
}

/* A browser, or somebody who takes anything; not a client that wants events or JSON. */
static bool wants_page(const struct http_request *r)
{
	struct slice accept = http_header_get(r->headers, "accept");
	return !accept.p || has_word(accept, "text/html") || has_word(accept, "*/*");
}

static void send_asset(struct admin *a, const struct http_request *r, const struct console_asset *f)
{
	struct http_header h[10] = {
		{ SLICE_LIT("Content-Type"), slice_str(f->type) },
		{ SLICE_LIT("ETag"), slice_str(f->etag) },
		{ SLICE_LIT("Cache-Control"), f->is_hashed ? SLICE_LIT("public, max-age=31536000, immutable") : SLICE_LIT("no-cache") },
		{ SLICE_LIT("Vary"), SLICE_LIT("Accept-Encoding") },
		{ SLICE_LIT("X-Content-Type-Options"), SLICE_LIT("nosniff") },
		{ SLICE_LIT("Referrer-Policy"), SLICE_LIT("no-referrer") },
		{ SLICE_LIT("Cross-Origin-Opener-Policy"), SLICE_LIT("same-origin") },
		{ SLICE_LIT("Cross-Origin-Resource-Policy"), SLICE_LIT("same-origin") },
		{ SLICE_LIT("Content-Security-Policy"), slice_str(csp) },
	};
	size_t n = 9;
	struct slice seen = http_header_get(r->headers, "if-none-match");
	if (seen.p && has_word(seen, f->etag)) {
		http_respond(a->o.http, r->id, 304, h, n, slice_of(NULL, 0));
		return;
	}
	bool is_small = f->gzip.n && has_word(http_header_get(r->headers, "accept-encoding"), "gzip");
	if (is_small)
		h[n++] = (struct http_header){ SLICE_LIT("Content-Encoding"), SLICE_LIT("gzip") };
	http_respond(a->o.http, r->id, 200, h, n, is_small ? f->gzip : f->plain);
}

bool console_request(struct admin *a, const struct http_request *r)
{
	if (!a->o.has_console || r->is_unix || r->method != HTTP_GET)
		return false;
	const struct console_asset *f = console_find(r->path);
	if (!f && !is_others(r->path) && wants_page(r))
		f = console_find(SLICE_LIT("/index.html"));
	if (f)
		send_asset(a, r, f);
	return f != NULL;
}
