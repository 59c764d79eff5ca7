/* Reads an entry of the registry. What is not understood in it stays in the document and is not judged. */
#include "index/registry.h"
#include "base/limits.h"

#define OFFICIAL "io.modelcontextprotocol.registry/official"

static const struct json *inner(const struct json *v)
{
	const struct json *s = json_gets(v, "server");
	return json_is(s, JSON_OBJECT) ? s : v;
}

static const struct json *official(const struct json *v)
{
	const struct json *meta = json_gets(json_gets(v, "_meta"), OFFICIAL);
	return meta ? meta : json_gets(json_gets(inner(v), "_meta"), OFFICIAL);
}

bool registry_is_older(const struct json *v)
{
	const struct json *latest = json_gets(official(v), "isLatest");
	return json_is(latest, JSON_BOOL) && !json_true(latest);
}

bool registry_is_entry(const struct json *v)
{
	const struct json *s = inner(v);
	return json_is(s, JSON_OBJECT) && json_gets(s, "name") && !json_gets(s, "tools") && !json_gets(s, "inputSchema") &&
	       (s != v || json_gets(s, "$schema") || json_gets(s, "packages") || json_gets(s, "remotes") || json_gets(s, "version"));
}

static bool is_of(struct slice s, const char *more)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_fine && (!c || !strchr(more, c)))
			return false;
	}
	return s.n != 0;
}

/* "^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$", 3 to 200 characters. */
static bool is_name(struct slice name)
{
	const char *slash = name.n ? memchr(name.p, '/', name.n) : NULL;
	if (!slash || name.n > 200)
		return false;
	size_t n = (size_t)(slash - name.p);
	return is_of(slice_of(name.p, n), ".-") && is_of(slice_of(slash + 1, name.n - n - 1), "._-");
}

static bool is_web(struct slice url)
{
	return slice_printable(url) == url.n && (slice_starts(url, SLICE_LIT("https://")) || slice_starts(url, SLICE_LIT("http://")));
}

/* Shown as a link: an address of the web, or nothing. */
static struct slice web_of(const struct json *v)
{
	struct slice url = json_string(v);
	return url.n && url.n <= LIMIT_INDEX_WORD && is_web(url) ? url : slice_of("", 0);
}

static bool set_first(struct arena *a, struct slice *out, const char *address, size_t n, struct err *e)
{
	if (out->n)
		return true;
	char *p = arena_strndup(a, address, n);
	*out = slice_of(p ? p : "", p ? n : 0);
	return p || err_set(e, ERR_LIMIT, "an entry of the registry takes too much memory");
}

static bool read_packages(const struct json *v, struct arena *a, struct index_server *out, struct err *e)
{
	char address[LIMIT_INDEX_WORD + 1];
	if (v && !json_is(v, JSON_ARRAY))
		return err_set(e, ERR_INPUT, "'packages' is no array");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		const struct json *type = json_gets(it.value, "registryType");
		struct slice identifier = json_string(json_gets(it.value, "identifier"));
		size_t n = index_package(json_string(type), identifier, address, sizeof address);
		if (!n)
			return err_set(e, ERR_INPUT, "a package without a 'registryType' and an 'identifier' of printable characters");
		if (!set_first(a, &out->package, address, n, e))
			return false;
	}
	return true;
}

static bool read_remotes(const struct json *v, struct arena *a, struct index_server *out, struct err *e)
{
	char address[LIMIT_INDEX_WORD + 1];
	if (v && !json_is(v, JSON_ARRAY))
		return err_set(e, ERR_INPUT, "'remotes' is no array");
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		size_t n = index_remote(json_string(json_gets(it.value, "url")), address, sizeof address);
		if (!n)
			return err_set(e, ERR_INPUT, "a remote without an http or https 'url'");
		if (!set_first(a, &out->remote, address, n, e))
			return false;
	}
	return true;
}

static bool read_document(const struct json *s, struct arena *a, struct index_server *out, struct err *e)
{
	struct buf text = BUF_INIT(LIMIT_INDEX_DOCUMENT);
	json_write(&text, s);
	bool is_fine = buf_ok(&text);
	char *p = is_fine ? arena_strndup(a, text.p, text.n) : NULL;
	out->document = slice_of(p ? p : "", p ? text.n : 0);
	buf_release(&text);
	if (!is_fine)
		return err_set(e, ERR_INPUT, "it has more than %u bytes", LIMIT_INDEX_DOCUMENT);
	return p || err_set(e, ERR_LIMIT, "an entry of the registry takes too much memory");
}

/* The registry's own word stands in _meta; documents before 2025-09-29 had it themselves. */
static struct slice status_of(const struct json *v)
{
	const struct json *status = json_gets(official(v), "status");
	if (!status)
		status = json_gets(inner(v), "status");
	if (!status)
		return slice_of("", 0);
	static const char *const known[] = { "active", "deprecated", "deleted" };
	for (size_t i = 0; i < 3; i++)
		if (slice_is(json_string(status), known[i]))
			return slice_str(known[i]);
	return SLICE_LIT("unknown");
}

bool registry_read(const struct json *v, struct arena *a, struct index_server *out, struct err *e)
{
	const struct json *s = inner(v), *repository = json_gets(s, "repository");
	*out = (struct index_server){ .source = INDEX_REGISTRY };
	if (!json_is(s, JSON_OBJECT))
		return err_set(e, ERR_INPUT, "an entry that is no object");
	out->id = json_string(json_gets(s, "name"));
	if (!is_name(out->id))
		return err_set(e, ERR_INPUT, "its 'name' is not of the form 'namespace/name'");
	out->version = json_string(json_gets(s, "version"));
	if (!out->version.n || out->version.n > 255)
		return err_set(e, ERR_INPUT, "it has no 'version' of 1 to 255 characters");
	if (!json_is(json_gets(s, "description"), JSON_STRING))
		return err_set(e, ERR_INPUT, "it has no 'description'");
	out->description = json_string(json_gets(s, "description"));
	out->title = json_string(json_gets(s, "title"));
	out->website = web_of(json_gets(s, "websiteUrl"));
	out->repository = web_of(json_gets(repository, "url"));
	out->status = status_of(v);
	return read_packages(json_gets(s, "packages"), a, out, e) && read_remotes(json_gets(s, "remotes"), a, out, e) &&
	       read_document(s, a, out, e);
}
