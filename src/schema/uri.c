/* Nothing here is fetched or checked for form: a reference that names nothing resolves nothing. */
#include "schema/uri.h"

struct uri {
	struct slice scheme; /* with its ':' */
	struct slice authority; /* with its "//" */
	struct slice path, query; /* the query with its '?' */
};

void uri_split(struct slice s, struct slice *uri, struct slice *fragment)
{
	const char *hash = s.n ? memchr(s.p, '#', s.n) : NULL;
	*uri = hash ? slice_of(s.p, (size_t)(hash - s.p)) : s;
	*fragment = hash ? slice_of(hash + 1, s.n - uri->n - 1) : slice_of(NULL, 0);
}

static struct slice cut(struct slice *s, size_t n)
{
	struct slice head = slice_of(s->p, n);
	s->p += n;
	s->n -= n;
	return head;
}

static size_t find(struct slice s, const char *any, size_t from)
{
	while (from < s.n && !strchr(any, s.p[from]))
		from++;
	return from;
}

static struct uri parse(struct slice s)
{
	struct uri u = { 0 };
	size_t colon = find(s, ":/?", 0);
	if (colon < s.n && colon > 0 && s.p[colon] == ':')
		u.scheme = cut(&s, colon + 1);
	if (slice_starts(s, SLICE_LIT("//")))
		u.authority = cut(&s, find(s, "/?", 2));
	u.path = cut(&s, find(s, "?", 0));
	u.query = s;
	return u;
}

/* RFC 3986, 5.2.4, in place. */
static size_t remove_dots(char *p, size_t n)
{
	size_t in = 0, out = 0;
	while (in < n) {
		size_t end = in + (p[in] == '/');
		while (end < n && p[end] != '/')
			end++;
		struct slice segment = slice_of(p + in, end - in);
		bool is_last = end == n;
		if (slice_is(segment, "/.") || slice_is(segment, "/..")) {
			if (segment.n == 3)
				while (out && p[--out] != '/')
					;
			if (is_last)
				p[out++] = '/';
		} else {
			memmove(p + out, p + in, segment.n);
			out += segment.n;
		}
		in = end;
	}
	return out;
}

static size_t add(char *to, size_t at, struct slice s)
{
	if (s.n)
		memcpy(to + at, s.p, s.n);
	return at + s.n;
}

struct slice uri_resolve(struct arena *a, struct slice base, struct slice reference)
{
	struct uri b = parse(base), r = parse(reference);
	char *out = arena_alloc(a, base.n + reference.n + 2);
	if (!out)
		return slice_of(NULL, 0);
	if (r.scheme.n || (!b.scheme.n && !b.authority.n && !b.path.n))
		return slice_of(out, add(out, 0, reference));
	size_t n = add(out, 0, b.scheme);
	n = add(out, n, r.authority.n ? r.authority : b.authority);
	size_t start = n;
	if (!r.authority.n && !r.path.n) {
		n = add(out, n, b.path);
		return slice_of(out, add(out, n, r.query.n ? r.query : b.query));
	}
	if (!r.authority.n && r.path.n && r.path.p[0] != '/') {
		size_t dir = b.path.n;
		while (dir && b.path.p[dir - 1] != '/')
			dir--;
		n = add(out, n, slice_of(b.path.p, dir));
		if (b.authority.n && !dir)
			out[n++] = '/';
	}
	n = add(out, n, r.path);
	n = start + remove_dots(out + start, n - start);
	return slice_of(out, add(out, n, r.query));
}

struct slice uri_unescape(struct arena *a, struct slice s)
{
	char *out = arena_alloc(a, s.n + 1);
	size_t n = 0;
	if (!out)
		return slice_of(NULL, 0);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			out[n++] = s.p[i];
			continue;
		}
		if (s.n - i < 3 || slice_hex_digit(s.p[i + 1]) < 0 || slice_hex_digit(s.p[i + 2]) < 0)
			return slice_of(NULL, 0);
		out[n++] = (char)(slice_hex_digit(s.p[i + 1]) * 16 + slice_hex_digit(s.p[i + 2]));
		i += 2;
	}
	return slice_of(out, n);
}
