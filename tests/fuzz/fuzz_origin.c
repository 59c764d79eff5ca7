/*
 * Addresses of servers, what servers say is relative to them, and ids of sessions: an address that
 * is taken goes into a request line and a Host header, so it may hold nothing that ends a line; no
 * bytes that anybody makes up open as a session.
 */
#include "base/check.h"
#include "http/client.h"
#include "session/session.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_safe(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 127)
			return false;
	return s.n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[SEAL_KEY_SIZE] = { 1 };
	static char url[8192];
	struct session s;
	struct err e = { 0 };

	if (size >= sizeof url)
		return 0;
	memcpy(url, data, size);
	url[size] = '\0';
	struct http_origin *o = http_origin_new(url, &e);
	if (o) {
		BUG_ON(!is_safe(http_origin_target(o)) || http_origin_target(o).p[0] != '/');
		BUG_ON(!is_safe(http_origin_host(o)) || memchr(http_origin_host(o).p, '@', http_origin_host(o).n));
	} else {
		BUG_ON(!e.text[0]);
	}
	http_origin_free(&o);
	static const char *const bases[] = { "http://h/a/b?c", "https://[::1]:8443" };
	for (size_t i = 0; i < 2; i++) {
		struct buf target = BUF_INIT(2048);
		o = http_origin_new(bases[i], &e);
		e.text[0] = '\0';
		if (http_origin_resolve(o, slice_str(url), &target, &e))
			BUG_ON(!is_safe(buf_slice(&target)) || target.p[0] != '/' || target.n > 2048);
		else
			BUG_ON(!e.text[0]);
		buf_release(&target);
		http_origin_free(&o);
	}
	BUG_ON(session_open(slice_of((const char *)data, size), key, 0, 1, &s));
	return 0;
}
