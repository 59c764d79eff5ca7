/* URIs of resources that a server would read otherwise than our patterns do. */
#include "policy/program.h"

static bool is_alnum(int c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Escapes that need not be (RFC 3986, 2.3), or that hide a separator. */
static bool has_odd_escape(struct slice uri)
{
	for (size_t i = 0; i < uri.n; i++) {
		if (uri.p[i] != '%')
			continue;
		int high = i + 2 < uri.n ? slice_hex_digit(uri.p[i + 1]) : -1;
		int low = i + 2 < uri.n ? slice_hex_digit(uri.p[i + 2]) : -1;
		int c = high * 16 + low;
		/* strchr finds the NUL, too */
		if (high < 0 || low < 0 || is_alnum(c) || strchr("-._~/\\", c))
			return true;
	}
	return false;
}

bool policy_uri_is_plain(struct slice uri)
{
	size_t from = 0;
	for (size_t i = 0; i < uri.n && uri.p[i] != ':' && uri.p[i] != '/'; i++)
		if (uri.p[i] >= 'A' && uri.p[i] <= 'Z')
			return false; /* a scheme has no case (RFC 3986, 3.1) */
	if ((uri.n && memchr(uri.p, '\\', uri.n)) || has_odd_escape(uri))
		return false;
	for (size_t i = 0; i <= uri.n; i++) {
		if (i < uri.n && !strchr("/?#", uri.p[i]))
			continue;
		struct slice segment = slice_of(uri.p + from, i - from);
		if (slice_is(segment, ".") || slice_is(segment, ".."))
			return false;
		from = i + 1;
	}
	return true;
}
