/*
 * path_within: does a path stay inside a folder, as a string? Whoever opens it later may
 * read more into it than we do, so everything that some program expands, decodes or takes
 * for another system's path is outside.
 */
#include "base/check.h"
#include "policy/operator.h"

#define PARTS_MAX 256

struct parts {
	struct slice v[PARTS_MAX];
	size_t n;
	bool is_absolute;
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_plain(struct slice s)
{
	if (!s.n || memchr(s.p, '\0', s.n) || memchr(s.p, '\\', s.n))
		return false;
	if (s.n >= 5 && slice_ieq(slice_of(s.p, 5), SLICE_LIT("file:")))
		return false;
	if (s.n >= 2 && is_letter(s.p[0]) && s.p[1] == ':')
		return false; /* a drive */
	if (s.n >= 2 && s.p[0] == '/' && s.p[1] == '/' && (s.n == 2 || s.p[2] != '/'))
		return false; /* a share: //server/share */
	for (size_t i = 0; i + 2 < s.n; i++)
		if (s.p[i] == '%' && is_hex(s.p[i + 1]) && is_hex(s.p[i + 2]))
			return false;
	return true;
}

static bool split(struct slice s, struct parts *out)
{
	if (!is_plain(s))
		return false;
	out->n = 0;
	out->is_absolute = s.p[0] == '/';
	for (size_t at = 0; at < s.n;) {
		size_t from = at;
		while (at < s.n && s.p[at] != '/')
			at++;
		struct slice part = slice_of(s.p + from, at - from);
		at++;
		if (part.n == 0 || slice_is(part, "."))
			continue;
		if (part.p[0] == '~')
			return false;
		if (slice_is(part, "..")) {
			if (out->n)
				out->n--;
			else if (!out->is_absolute)
				return false; /* above where it starts */
			continue;
		}
		if (out->n == PARTS_MAX)
			return false;
		out->v[out->n++] = part;
	}
	return true;
}

bool folder_read(struct slice text, struct arena *a, struct slice *out)
{
	struct parts parts;
	size_t n = 0;
	if (!split(text, &parts))
		return false;
	char *p = arena_alloc(a, text.n + 2);
	BUG_ON(!p);
	if (parts.is_absolute)
		p[n++] = '/';
	for (size_t i = 0; i < parts.n; i++) {
		memcpy(p + n, parts.v[i].p, parts.v[i].n);
		n += parts.v[i].n;
		p[n++] = '/';
	}
	*out = slice_of(p, n); /* "/a/b/", "a/b/", "/" or "" */
	return true;
}

static bool is_within(const struct parts *path, struct slice folder)
{
	bool is_absolute = folder.n && folder.p[0] == '/';
	size_t part = 0;
	if (is_absolute != path->is_absolute)
		return false;
	for (size_t at = is_absolute; at < folder.n; part++) {
		size_t from = at;
		while (folder.p[at] != '/')
			at++;
		if (part == path->n ||
		    !slice_eq(path->v[part], slice_of(folder.p + from, at - from)))
			return false;
		at++;
	}
	return true;
}

enum holds test_path_within(const struct operand *o, const struct value *v)
{
	struct parts path;
	if (v->type != JSON_STRING || !split(v->text, &path))
		return HOLDS_NO;
	for (size_t i = 0; i < o->text_n; i++)
		if (is_within(&path, o->texts[i]))
			return HOLDS_YES;
	return HOLDS_NO;
}
