/*
 * Runs llhttp over the text. Spans are kept as offsets: the text may move while it
 * grows, and a span that came in several pieces is still one piece of text.
 */
#include "http/parse.h"
#include "base/check.h"
#include "base/limits.h"
#include "http/strict.h"
/* llhttp names some methods as we do; here its own are asked for by these names. */
#define HTTP_DELETE ENGINE_DELETE
#define HTTP_GET ENGINE_GET
#define HTTP_HEAD ENGINE_HEAD
#define HTTP_POST ENGINE_POST
#define HTTP_PUT ENGINE_PUT
#define HTTP_OPTIONS ENGINE_OPTIONS
#define HTTP_PATCH ENGINE_PATCH
#include <llhttp.h>
#undef HTTP_DELETE
#undef HTTP_GET
#undef HTTP_HEAD
#undef HTTP_POST
#undef HTTP_PUT
#undef HTTP_OPTIONS
#undef HTTP_PATCH

/* Most requests and answers have fewer headers. */
#define FIRST_FIELDS 16
/* What one step takes in at most: the text may grow by so much beyond head and body. */
#define STEP_BYTES 65536
/* Text of one message that is kept for the next. */
#define KEPT_TEXT_BYTES 16384

struct http_engine {
	llhttp_t ll;
};

static struct http_parse *parse_of(llhttp_t *ll)
{
	return ll->data;
}

static uint32_t place_of(const struct http_parse *p, const char *at)
{
	return (uint32_t)(at - p->text.p);
}

static int fail(struct http_parse *p, int status, const char *why)
{
	strict_fail(p, status, why);
	return HPE_USER;
}

static int on_url(llhttp_t *ll, const char *at, size_t n)
{
	struct http_parse *p = parse_of(ll);
	if (!p->target_n)
		p->target_at = place_of(p, at);
	p->target_n += (uint32_t)n;
	return 0;
}

static int on_trailer(struct http_parse *p, size_t n)
{
	p->trailer_n += n;
	return p->trailer_n > p->opts->head_bytes_max ? fail(p, 431, "the trailers are too large") : 0;
}

static int on_header_field(llhttp_t *ll, const char *at, size_t n)
{
	struct http_parse *p = parse_of(ll);
	if (p->is_head_done)
		return on_trailer(p, n);
	if (p->is_in_value || !p->field_n) {
		if (p->field_n == LIMIT_HTTP_HEADERS)
			return fail(p, 431, "too many headers");
		if (p->field_n == p->field_cap) {
			p->field_cap = p->field_cap ? p->field_cap * 2 : FIRST_FIELDS;
			p->fields = mem_realloc(p->fields, p->field_cap * sizeof *p->fields);
			p->headers = mem_realloc(p->headers, p->field_cap * sizeof *p->headers);
		}
		p->fields[p->field_n++] = (struct http_field){ .name_at = place_of(p, at) };
		p->is_in_value = false;
	}
	p->fields[p->field_n - 1].name_n += (uint32_t)n;
	return 0;
}

static int on_header_value(llhttp_t *ll, const char *at, size_t n)
{
	struct http_parse *p = parse_of(ll);
	if (p->is_head_done)
		return on_trailer(p, n);
	struct http_field *f = &p->fields[p->field_n - 1];
	if (!f->value_n)
		f->value_at = place_of(p, at);
	f->value_n += (uint32_t)n;
	p->is_in_value = true;
	return 0;
}

static int on_header_value_complete(llhttp_t *ll)
{
	parse_of(ll)->is_in_value = true;
	return 0;
}

static void resolve_headers(struct http_parse *p)
{
	for (size_t i = 0; i < p->field_n; i++) {
		const struct http_field *f = &p->fields[i];
		p->headers[i].name = slice_of(p->text.p + f->name_at, f->name_n);
		p->headers[i].value = slice_trim(slice_of(p->text.p + f->value_at, f->value_n));
	}
}

static enum http_method method_of(llhttp_t *ll)
{
	switch (llhttp_get_method(ll)) {
	case ENGINE_GET: return HTTP_GET;
	case ENGINE_POST: return HTTP_POST;
	case ENGINE_PUT: return HTTP_PUT;
	case ENGINE_PATCH: return HTTP_PATCH;
	case ENGINE_DELETE: return HTTP_DELETE;
	case ENGINE_HEAD: return HTTP_HEAD;
	case ENGINE_OPTIONS: return HTTP_OPTIONS;
	default: return HTTP_OTHER;
	}
}

static int end_response_head(struct http_parse *p, llhttp_t *ll)
{
	p->status = llhttp_get_status_code(ll);
	if (p->status == 101)
		return fail(p, 400, "the server switches protocols, which nobody asked for");
	if (p->status < 100 || p->status > 599)
		return fail(p, 400, "a status that is not one of HTTP");
	if (p->status < 200)
		return 1;
	resolve_headers(p);
	if (p->opts->on_head && !p->opts->on_head(p->ctx)) {
		p->is_stopped = true;
		return HPE_USER;
	}
	/* RFC 9112, 6.3: these have no body, whatever their headers say. */
	return p->method == HTTP_HEAD || p->status == 204 || p->status == 304;
}

static int on_headers_complete(llhttp_t *ll)
{
	struct http_parse *p = parse_of(ll);
	p->is_head_done = true;
	p->version = llhttp_get_http_major(ll) * 10 + llhttp_get_http_minor(ll);
	ll->upgrade = 0; /* never taken up, so the body is read as of any other message */
	if (!p->opts->is_response) {
		p->method = method_of(ll);
		p->method_name = llhttp_method_name((llhttp_method_t)llhttp_get_method(ll));
	}
	if (!strict_check(p))
		return HPE_USER;
	if (p->opts->is_response)
		return end_response_head(p, ll);
	if (p->has_length && p->length > p->opts->body_bytes_max)
		return fail(p, 413, "the body is too large");
	return 0;
}

static int on_body(llhttp_t *ll, const char *at, size_t n)
{
	struct http_parse *p = parse_of(ll);
	if (p->opts->on_body) {
		if (p->opts->on_body(p->ctx, slice_of(at, n)))
			return 0;
		p->is_stopped = true;
		return HPE_USER;
	}
	if (n > p->opts->body_bytes_max - p->body_n)
		return fail(p, 413, "the body is too large");
	/* Moves to the front, over what framed it. */
	char *to = p->text.p + p->head_n + p->body_n;
	if (to != at)
		memmove(to, at, n);
	p->body_n += n;
	return 0;
}

static int on_chunk_extension(llhttp_t *ll, const char *at, size_t n)
{
	struct http_parse *p = parse_of(ll);
	(void)at;
	p->extension_n += n;
	return p->extension_n > LIMIT_CHUNK_EXTENSION_BYTES ? fail(p, 400, "the chunk extensions are too large") : 0;
}

static int on_message_complete(llhttp_t *ll)
{
	struct http_parse *p = parse_of(ll);
	p->is_done = true;
	p->is_keep_alive = llhttp_should_keep_alive(ll);
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_headers_complete = on_headers_complete,
	.on_body = on_body,
	.on_chunk_extension_name = on_chunk_extension,
	.on_chunk_extension_value = on_chunk_extension,
	.on_message_complete = on_message_complete,
};

void http_parse_init(struct http_parse *p, const struct http_parse_opts *o, void *ctx)
{
	*p = (struct http_parse){ .opts = o, .ctx = ctx };
	p->engine = mem_zalloc(sizeof *p->engine);
	buf_init(&p->text, o->head_bytes_max + (o->on_body ? 0 : o->body_bytes_max) + STEP_BYTES);
	http_parse_start(p);
}

void http_parse_release(struct http_parse *p)
{
	free(p->engine);
	free(p->fields);
	free(p->headers);
	buf_release(&p->text);
	*p = (struct http_parse){ 0 };
}

static void start_head(struct http_parse *p)
{
	buf_clear(&p->text);
	p->field_n = p->head_n = p->body_n = 0;
	p->target_at = p->target_n = 0;
	p->is_in_value = p->is_head_done = p->is_done = false;
	p->has_length = p->is_chunked = p->expects_continue = false;
	llhttp_init(&p->engine->ll, p->opts->is_response ? HTTP_RESPONSE : HTTP_REQUEST, &settings);
	p->engine->ll.data = p;
}

void http_parse_start(struct http_parse *p)
{
	if (p->text.cap > KEPT_TEXT_BYTES)
		buf_release(&p->text);
	p->trailer_n = p->extension_n = p->interim_n = 0;
	p->method = HTTP_NONE;
	p->method_name = "";
	p->why = NULL;
	p->status = 0;
	p->version = 0;
	p->is_stopped = p->is_keep_alive = false;
	start_head(p);
}

static bool explain(struct http_parse *p, llhttp_errno_t got)
{
	const char *why = llhttp_get_error_reason(&p->engine->ll);
	if (got == HPE_INVALID_VERSION || got == HPE_PAUSED_H2_UPGRADE)
		return strict_fail(p, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	return strict_fail(p, 400, why && *why ? why : "it is not HTTP");
}

/* False when the message is broken. */
static bool step(struct http_parse *p, struct slice piece, size_t *used)
{
	llhttp_t *ll = &p->engine->ll;
	const char *at = piece.p;
	if (!p->is_head_done || !p->opts->on_body) {
		buf_add_slice(&p->text, piece);
		if (!buf_ok(&p->text))
			return strict_fail(p, 413, "the message is too large");
		at = p->text.p + p->text.n - piece.n;
	}
	llhttp_errno_t got = llhttp_execute(ll, at, piece.n);
	*used = got == HPE_OK ? piece.n : (size_t)(llhttp_get_error_pos(ll) - at);
	if (p->is_head_done)
		p->text.n = p->head_n + p->body_n;
	if (got == HPE_OK || (got == HPE_PAUSED && p->is_done))
		return true;
	return explain(p, got);
}

static bool skip_interim(struct http_parse *p)
{
	if (++p->interim_n > LIMIT_HTTP_INTERIM)
		return strict_fail(p, 400, "too many interim answers");
	start_head(p);
	return true;
}

enum http_parse_result http_parse_feed(struct http_parse *p, struct slice bytes, size_t *used)
{
	*used = 0;
	while (*used < bytes.n) {
		struct slice piece = slice_of(bytes.p + *used, bytes.n - *used);
		size_t n = 0;
		size_t room = p->is_head_done ? STEP_BYTES : p->opts->head_bytes_max - p->text.n;
		if (!room) {
			strict_fail(p, 431, "the head is too large");
			return HTTP_PARSE_BROKEN;
		}
		piece.n = piece.n < room ? piece.n : room;
		bool is_fine = step(p, piece, &n);
		*used += n;
		if (p->is_stopped)
			return HTTP_PARSE_STOPPED;
		if (!is_fine)
			return HTTP_PARSE_BROKEN;
		if (!p->is_done)
			continue;
		if (p->opts->is_response && p->status < 200) {
			if (!skip_interim(p))
				return HTTP_PARSE_BROKEN;
			continue;
		}
		if (!p->opts->is_response)
			resolve_headers(p);
		return HTTP_PARSE_DONE;
	}
	return HTTP_PARSE_MORE;
}

enum http_parse_result http_parse_end(struct http_parse *p)
{
	bool is_to_end = p->opts->is_response && p->is_head_done && !p->has_length && !p->is_chunked;
	if (is_to_end && !p->is_done)
		llhttp_finish(&p->engine->ll);
	if (p->is_done)
		return HTTP_PARSE_DONE;
	strict_fail(p, 400, "it ended in the middle");
	return HTTP_PARSE_BROKEN;
}

struct http_headers http_parse_headers(const struct http_parse *p)
{
	return (struct http_headers){ p->headers, p->field_n };
}

struct slice http_parse_target(const struct http_parse *p)
{
	return p->target_n ? slice_of(p->text.p + p->target_at, p->target_n) : SLICE_LIT("/");
}

struct slice http_parse_body(const struct http_parse *p)
{
	return slice_of(p->body_n ? p->text.p + p->head_n : "", p->body_n);
}
