/*
 * Paths and queries of the catalogue. An id of a server may have slashes: it is one segment of the path,
 * percent-encoded (RFC 3986, 2.1), as is the name of a tool, and is decoded after the path was split.
 */
#include "admin/catalog.h"
#include "admin/form.h"
#include "base/clock.h"
#include "base/limits.h"
#include <stdio.h>

#define PAGE_DEFAULT 50
#define SEGMENTS_MAX 4
#define VALUE_MAX 2048

static bool decode(struct slice s, struct arena *a, struct slice *out)
{
	char *p = arena_alloc(a, s.n + 1);
	if (!p || !slice_percent_decode(s, false, p, s.n + 1))
		return false;
	*out = slice_str(p);
	return out->n > 0;
}

/* The number of segments; 0 with *is_bad for one that cannot be decoded. A slash at the end is none. */
static size_t split(struct slice path, struct arena *a, struct slice v[SEGMENTS_MAX], bool *is_bad)
{
	size_t n = 0;
	while (path.n > 1 && n < SEGMENTS_MAX) {
		path = slice_of(path.p + 1, path.n - 1);
		const char *slash = memchr(path.p, '/', path.n);
		size_t used = slash ? (size_t)(slash - path.p) : path.n;
		if (!decode(slice_of(path.p, used), a, &v[n++])) {
			*is_bad = true;
			return 0;
		}
		path = slice_of(path.p + used, path.n - used);
	}
	*is_bad = path.n > 1;
	return n;
}

/* False and a reason: it cannot be decoded, or is too long. */
static bool take(const struct http_request *r, struct ask *k, const char *name, struct slice *out, char *why, size_t size)
{
	char text[VALUE_MAX];
	size_t n = strlen(name);
	*out = slice_of(NULL, 0);
	if (!form_value(r->query, name, text, sizeof text)) {
		for (size_t i = 0; i + n < r->query.n; i++)
			if ((!i || r->query.p[i - 1] == '&') && memcmp(r->query.p + i, name, n) == 0 && r->query.p[i + n] == '=') {
				snprintf(why, size, "the value of '%s' is too long, or is not encoded as in a URL", name);
				return false;
			}
		return true;
	}
	char *kept = arena_strndup(&k->arena, text, strlen(text));
	*out = slice_of(kept, kept ? strlen(text) : 0);
	return kept != NULL;
}

/* Words with commas between: any of them. */
static bool take_words(const struct http_request *r, struct ask *k, const char *name, unsigned *bits, char *why, size_t size)
{
	struct slice list;
	if (!take(r, k, name, &list, why, size))
		return false;
	while (list.n) {
		const char *comma = memchr(list.p, ',', list.n);
		struct slice word = slice_of(list.p, comma ? (size_t)(comma - list.p) : list.n);
		unsigned bit = 0;
		if (!advice_word(name, word, &bit)) {
			snprintf(why, size, "there is no %s '%.*s': docs/openapi.yaml lists the words", name,
			         (int)slice_printable(slice_of(word.p, word.n < 40 ? word.n : 40)), word.p);
			return false;
		}
		*bits |= bit;
		list = slice_of(list.p + word.n + (comma != NULL), list.n - word.n - (comma != NULL));
	}
	return true;
}

static bool take_limit(const struct http_request *r, struct ask *k, size_t *out, char *why, size_t size)
{
	struct slice text;
	unsigned long long n = PAGE_DEFAULT;
	if (!take(r, k, "limit", &text, why, size))
		return false;
	if (text.n && (!slice_u64(text, &n) || !n || n > LIMIT_INDEX_PAGE)) {
		snprintf(why, size, "limit is 1 to %d", LIMIT_INDEX_PAGE);
		return false;
	}
	*out = (size_t)n;
	return true;
}

static bool take_since(const struct http_request *r, struct ask *k, int64_t *out, char *why, size_t size)
{
	struct slice text;
	if (!take(r, k, "since", &text, why, size))
		return false;
	if (text.n && !clock_parse(text, out)) {
		snprintf(why, size, "since is a time, as 2030-01-01T00:00:00Z");
		return false;
	}
	return true;
}

static bool take_find(const struct http_request *r, struct ask *k, char *why, size_t size)
{
	struct index_query *q = &k->query.find;
	struct slice since;
	return take(r, k, "q", &q->words, why, size) && (k->server.n || take(r, k, "server", &q->server, why, size)) &&
	       take_words(r, k, "category", &q->categories, why, size) && take_words(r, k, "severity", &q->severities, why, size) &&
	       take_words(r, k, "label", &q->labels, why, size) && take_words(r, k, "signal", &q->signals, why, size) &&
	       take_limit(r, k, &q->limit, why, size) && take(r, k, "cursor", &q->cursor, why, size) &&
	       take(r, k, "since", &since, why, size) && take_since(r, k, &q->since_us, why, size) &&
	       (q->only_changed = since.n != 0, true);
}

static bool take_query(const struct http_request *r, struct ask *k, char *why, size_t size)
{
	struct advice_query *q = &k->query;
	if (k->kind == ASK_TOOLS) {
		q->find.server = k->server;
		return take_find(r, k, why, size);
	}
	if (k->kind == ASK_SERVERS)
		return take(r, k, "q", &q->words, why, size) && take(r, k, "cursor", &q->cursor, why, size) &&
		       take_limit(r, k, &q->limit, why, size);
	if (k->kind == ASK_CHANGES)
		return take(r, k, "server", &q->server, why, size) && take(r, k, "name", &q->name, why, size) &&
		       take(r, k, "cursor", &q->cursor, why, size) && take_since(r, k, &q->since_us, why, size) &&
		       take_limit(r, k, &q->limit, why, size);
	return true;
}

/* A colon stands for what the segment names. */
static const struct route {
	enum http_method method;
	const char *v[SEGMENTS_MAX];
	enum ask_kind kind;
} routes[] = {
	{ HTTP_GET, { NULL }, ASK_TOTALS },
	{ HTTP_GET, { "servers" }, ASK_SERVERS },
	{ HTTP_GET, { "servers", ":server" }, ASK_SERVER },
	{ HTTP_GET, { "servers", ":server", "policy" }, ASK_POLICY },
	{ HTTP_POST, { "servers", ":server", "refresh" }, ASK_REFRESH },
	{ HTTP_GET, { "servers", ":server", "tools" }, ASK_TOOLS },
	{ HTTP_GET, { "servers", ":server", "tools", ":name" }, ASK_TOOL },
	{ HTTP_GET, { "search" }, ASK_TOOLS },
	{ HTTP_GET, { "changes" }, ASK_CHANGES },
	{ HTTP_GET, { "attacks" }, ASK_ATTACKS },
	{ HTTP_GET, { "attacks", ":name" }, ASK_ATTACK },
	{ HTTP_POST, { "classify" }, ASK_CLASSIFY },
};

static bool fits(const struct route *t, const struct slice *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!t->v[i] || (t->v[i][0] != ':' && !slice_is(v[i], t->v[i])))
			return false;
	return n == SEGMENTS_MAX || !t->v[n];
}

static void take_names(const struct route *t, const struct slice *v, size_t n, struct ask *k)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(t->v[i], ":server") == 0)
			k->server = v[i];
		else if (strcmp(t->v[i], ":name") == 0)
			k->name = v[i];
	}
}

static int take_body(const struct http_request *r, struct ask *k, char *why, size_t size)
{
	struct slice type = http_header_get(r->headers, "content-type");
	if (k->kind != ASK_CLASSIFY)
		return 200;
	if (type.p && !slice_starts(type, SLICE_LIT("application/json"))) {
		snprintf(why, size, "the Content-Type must be application/json");
		return 415;
	}
	char *text = arena_strndup(&k->arena, r->body.n ? r->body.p : "", r->body.n);
	k->body = slice_of(text, text ? r->body.n : 0);
	return 200;
}

int route_read(const struct http_request *r, struct slice path, struct ask *k, char *why, size_t size)
{
	struct slice v[SEGMENTS_MAX];
	bool is_bad = false, is_path = false;
	size_t n = split(path, &k->arena, v, &is_bad);
	for (size_t i = 0; !is_bad && i < ARRAY_LEN(routes); i++) {
		if (!fits(&routes[i], v, n))
			continue;
		is_path = true;
		if (routes[i].method != r->method)
			continue;
		k->kind = routes[i].kind;
		take_names(&routes[i], v, n, k);
		if (!take_query(r, k, why, size))
			return 400;
		return take_body(r, k, why, size);
	}
	snprintf(why, size, is_path ? "this path has another method; see docs/openapi.yaml"
	                            : "there is nothing here; an id with slashes is one segment of the path: write %%2F for each");
	return is_path ? 405 : 404;
}
