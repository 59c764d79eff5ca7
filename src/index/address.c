/* One spelling for a package and for a remote, so that a live list finds its registry entry. */
#include "index/index.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_plain(struct slice s)
{
	return s.n && slice_printable(s) == s.n && !memchr(s.p, ' ', s.n);
}

/* PyPI takes My_Pkg, my.pkg and my-pkg for one name (PEP 503); npm has lower case alone. */
static char package_char(bool is_pypi, char c)
{
	return is_pypi && (c == '_' || c == '.') ? '-' : is_pypi ? lower(c) : c;
}

size_t index_package(struct slice type, struct slice identifier, char *out, size_t size)
{
	bool is_pypi = slice_is(type, "pypi");
	size_t n = 0;
	if (!is_plain(type) || !is_plain(identifier) || type.n + identifier.n + 6 > size)
		return 0;
	memcpy(out, "pkg:", 4);
	n = 4;
	for (size_t i = 0; i < type.n; i++)
		out[n++] = lower(type.p[i]);
	out[n++] = '/';
	for (size_t i = 0; i < identifier.n; i++)
		out[n++] = package_char(is_pypi, identifier.p[i]);
	out[n] = '\0';
	return n;
}

size_t index_remote(struct slice url, char *out, size_t size)
{
	bool is_https = slice_starts(url, SLICE_LIT("https://"));
	size_t scheme = is_https ? 8 : 7, n = 0, host = 0;
	if (!is_plain(url) || (!is_https && !slice_starts(url, SLICE_LIT("http://"))) || url.n + 1 > size)
		return 0;
	memcpy(out, url.p, scheme);
	n = scheme;
	for (host = scheme; host < url.n && !strchr("/?#", url.p[host]); host++)
		if (url.p[host] == '@')
			n = scheme; /* what stood before it were credentials */
		else
			out[n++] = lower(url.p[host]);
	for (size_t i = host; i < url.n && url.p[i] != '?' && url.p[i] != '#'; i++)
		out[n++] = url.p[i];
	while (n > scheme && out[n - 1] == '/')
		n--;
	out[n] = '\0';
	return n > scheme ? n : 0;
}
