/* Settings of one server: what is valid, copies, fingerprints. Values of headers and
 * of the environment are secrets: no error here shows them. */
#include "upstream/settings.h"
#include "base/check.h"
#include "base/limits.h"
#include <stdarg.h>
#include <stdio.h>

struct upstream_opts upstream_defaults(void)
{
	return (struct upstream_opts){
		.children_max = 64,
		.child_stop_ms = 2000,
		.child_idle_ms = 600000,
		.call_timeout_ms = 300000,
		.start_timeout_ms = 60000,
		.message_bytes_max = LIMIT_MESSAGE_BYTES,
		.calls_max = 1024,
		.listens_max = 256,
	};
}

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_name(const char *s)
{
	size_t n = s ? strlen(s) : 0;
	for (size_t i = 0; i < n; i++)
		if (!is_token_char(s[i]) || strchr("!#$%&'*+^`|~", s[i]))
			return false;
	return n >= 1 && n <= LIMIT_NAME;
}

/* These are the gate's own: a second one would be read in two ways. */
bool settings_reserves(struct slice name)
{
	static const char *const reserved[] = {
		"host",
		"content-length",
		"transfer-encoding",
		"connection",
		"upgrade",
		"te",
		"trailer",
		"content-type",
		"accept",
		"accept-encoding",
		"mcp-session-id",
		"mcp-protocol-version",
		"last-event-id",
		"mcp-method",
		"mcp-name",
	};
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (slice_ieq(name, slice_str(reserved[i])))
			return true;
	return false;
}

struct checking {
	upstream_fault_fn *tell;
	void *ctx;
	bool is_good;
};

static void fault(struct checking *k, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void fault(struct checking *k, const char *pointer, const char *fmt, ...)
{
	char text[200];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	k->is_good = false;
	k->tell(k->ctx, pointer, text);
}

static void check_header(struct checking *k, size_t i, const struct http_header *h)
{
	char pointer[40];
	bool is_token = h->name.n > 0, has_control = false;
	for (size_t j = 0; j < h->name.n; j++)
		is_token &= is_token_char(h->name.p[j]);
	snprintf(pointer, sizeof pointer, "/headers/%zu/name", i);
	if (!is_token)
		fault(k, pointer, "a header name has a character that HTTP forbids");
	else if (settings_reserves(h->name))
		fault(k, pointer, "header '%.*s' is set by the gate itself", SLICE_ARG(h->name));
	for (size_t j = 0; j < h->value.n; j++)
		has_control |= ((unsigned char)h->value.p[j] < 0x20 && h->value.p[j] != '\t') || h->value.p[j] == 0x7f;
	snprintf(pointer, sizeof pointer, "/headers/%zu/value", i);
	if (has_control && is_token)
		fault(k, pointer, "the value of header '%.*s' has a control character", SLICE_ARG(h->name));
}

static void check_url(struct checking *k, const char *url)
{
	struct err e = { 0 };
	struct http_origin *origin = http_origin_new(url, &e);
	if (origin)
		http_origin_free(&origin);
	else
		fault(k, "/url", "%s", e.text);
}

bool upstream_check(const struct upstream_opts *o, upstream_fault_fn *tell, void *ctx)
{
	struct checking k = { tell, ctx, true };
	if (!is_name(o->name))
		fault(&k, "/name", "a server's name has 1 to %d letters, digits, '-', '_' or '.'", LIMIT_NAME);
	if (!!o->url + !!o->argv + !!o->builtin != 1)
		fault(&k, "", "it needs either an address or a command");
	if (o->argv && (!o->argv[0] || !o->argv[0][0]))
		fault(&k, "/command", "it has an empty command");
	if (o->url)
		check_url(&k, o->url);
	if (o->header_n > SETTINGS_HEADERS_MAX)
		fault(&k, "/headers", "it has more than %d headers", SETTINGS_HEADERS_MAX);
	for (size_t i = 0; i < o->header_n && i < SETTINGS_HEADERS_MAX; i++)
		check_header(&k, i, &o->headers[i]);
	if (!o->call_timeout_ms || !o->start_timeout_ms || !o->calls_max || !o->message_bytes_max ||
	    o->message_bytes_max > LIMIT_MESSAGE_BYTES || (o->argv && !o->children_max))
		fault(&k, "/limits", "a timeout or a limit is out of range");
	return k.is_good;
}

struct first_fault {
	const char *name;
	struct err *e;
};

static void on_fault(void *ctx, const char *pointer, const char *text)
{
	struct first_fault *f = ctx;
	(void)pointer;
	if (f->e && !f->e->kind)
		err_set(f->e, ERR_INPUT, "server '%.64s': %s", f->name, text);
}

bool settings_check(const struct upstream_opts *o, struct err *e)
{
	struct err first = { 0 };
	struct first_fault f = { o->name ? o->name : "", &first };
	bool is_good = upstream_check(o, on_fault, &f);
	if (!is_good && e)
		*e = first;
	return is_good;
}

static char *copy_string(const char *s)
{
	return s ? mem_strdup(s) : NULL;
}

static const char *const *copy_list(const char *const *v)
{
	size_t n = 0;
	while (v && v[n])
		n++;
	const char **out = mem_zalloc((n + 1) * sizeof *out);
	for (size_t i = 0; i < n; i++)
		out[i] = mem_strdup(v[i]);
	return out;
}

/* Memory that held a secret is cleared before it is given back. */
static void drop_secret(const void *p, size_t n)
{
	union {
		const void *in;
		void *out;
	} u = {.in = p};
	if (p)
		explicit_bzero(u.out, n);
	free(u.out);
}

static void drop_list(const char *const *v)
{
	for (size_t i = 0; v && v[i]; i++)
		drop_secret(v[i], strlen(v[i]));
	drop_secret(v, 0);
}

struct upstream_opts settings_copy(const struct upstream_opts *o)
{
	struct upstream_opts c = *o;
	struct http_header *headers = mem_zalloc((o->header_n + 1) * sizeof *headers);
	for (size_t i = 0; i < o->header_n; i++) {
		const struct http_header *h = &o->headers[i];
		headers[i].name = slice_of(mem_strndup(h->name.p, h->name.n), h->name.n);
		headers[i].value =
			slice_of(mem_strndup(h->value.n ? h->value.p : "", h->value.n), h->value.n);
	}
	c.headers = headers;
	c.name = copy_string(o->name);
	c.url = copy_string(o->url);
	c.cwd = copy_string(o->cwd);
	c.argv = o->argv ? copy_list(o->argv) : NULL;
	c.env = copy_list(o->env);
	return c;
}

void settings_release(struct upstream_opts *o)
{
	for (size_t i = 0; i < o->header_n; i++) {
		drop_secret(o->headers[i].name.p, 0);
		drop_secret(o->headers[i].value.p, o->headers[i].value.n);
	}
	drop_secret(o->headers, 0);
	drop_secret(o->name, 0);
	drop_secret(o->url, o->url ? strlen(o->url) : 0);
	drop_secret(o->cwd, 0);
	drop_list(o->argv);
	drop_list(o->env);
	*o = (struct upstream_opts){ 0 };
}

static void add_bytes(struct buf *b, struct slice s)
{
	buf_addf(b, "%zu:", s.n);
	buf_add_slice(b, s);
}

static void add_list(struct buf *b, const char *const *v)
{
	for (size_t i = 0; v && v[i]; i++)
		add_bytes(b, slice_str(v[i]));
	buf_adds(b, v ? "." : "-");
}

void settings_fingerprint(const struct upstream_opts *o, unsigned char out[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(16u << 20);
	add_bytes(&b, slice_str(o->name));
	add_bytes(&b, slice_str(o->url));
	add_bytes(&b, slice_str(o->cwd));
	for (size_t i = 0; i < o->header_n; i++) {
		add_bytes(&b, o->headers[i].name);
		add_bytes(&b, o->headers[i].value);
	}
	buf_adds(&b, o->builtin ? "b" : o->url ? "u" : "c");
	add_list(&b, o->argv);
	add_list(&b, o->env);
	buf_addf(&b, "%d %zu %llu %llu %llu %llu %zu %zu %zu", (int)o->per, o->children_max,
		 (unsigned long long)o->child_stop_ms, (unsigned long long)o->child_idle_ms,
		 (unsigned long long)o->call_timeout_ms, (unsigned long long)o->start_timeout_ms,
		 o->message_bytes_max, o->calls_max, o->listens_max);
	digest_blake2b(buf_slice(&b), out);
	explicit_bzero(b.p, b.n);
	buf_release(&b);
}
