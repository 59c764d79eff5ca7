/* Feeds a message whole and in pieces; both must come to the same, word for word. */
#ifndef FUZZ_HTTP_H
#define FUZZ_HTTP_H
#include "base/check.h"
#include "http/parse.h"

static bool gather(void *ctx, struct slice bytes)
{
	buf_add_slice(ctx, bytes);
	return true;
}

static void tell_message(const struct http_parse *p, struct slice body, struct buf *out)
{
	struct http_headers h = http_parse_headers(p);
	buf_addf(out, "%d %d %d %s ", p->status, p->version, p->is_keep_alive, p->method_name);
	if (!p->opts->is_response)
		buf_add_slice(out, http_parse_target(p));
	for (size_t i = 0; i < h.n; i++) {
		buf_addf(out, "\n%zu:", h.v[i].name.n);
		buf_add_slice(out, h.v[i].name);
		buf_addf(out, " %zu:", h.v[i].value.n);
		buf_add_slice(out, h.v[i].value);
	}
	buf_adds(out, "\n");
	buf_add_slice(out, body);
}

/* Reads all messages of the text; step 0: fed whole. */
static void read_messages(const struct http_parse_opts *o, struct slice text, size_t step, struct buf *out)
{
	struct http_parse p;
	struct buf body = BUF_INIT(1 << 24);
	enum http_parse_result r = HTTP_PARSE_MORE;
	http_parse_init(&p, o, &body);
	for (size_t at = 0, used; at < text.n && r != HTTP_PARSE_BROKEN; at += used) {
		size_t piece = step ? 1 + (at * step) % 11 : text.n;
		piece = piece < text.n - at ? piece : text.n - at;
		r = http_parse_feed(&p, slice_of(text.p + at, piece), &used);
		BUG_ON(used > piece || (r == HTTP_PARSE_MORE && used != piece));
		BUG_ON(r == HTTP_PARSE_STOPPED);
		if (r != HTTP_PARSE_DONE)
			continue;
		BUG_ON(!used);
		tell_message(&p, o->is_response ? buf_slice(&body) : http_parse_body(&p), out);
		buf_clear(&body);
		http_parse_start(&p);
		r = HTTP_PARSE_MORE;
	}
	if (r == HTTP_PARSE_MORE && o->is_response && http_parse_end(&p) == HTTP_PARSE_DONE)
		tell_message(&p, buf_slice(&body), out);
	else if (r == HTTP_PARSE_BROKEN)
		buf_addf(out, "\nbroken: %d", o->is_response ? 0 : p.status);
	buf_release(&body);
	http_parse_release(&p);
}

static void compare_splits(const struct http_parse_opts *o, struct slice text, size_t step)
{
	struct buf whole = BUF_INIT(1 << 24), pieces = BUF_INIT(1 << 24);
	read_messages(o, text, 0, &whole);
	read_messages(o, text, step, &pieces);
	BUG_ON(!slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	buf_release(&whole);
	buf_release(&pieces);
}

#endif
