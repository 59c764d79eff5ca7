/* Answers: the only writer of status lines. Head and body go into one queue and leave in one write. */
#include "base/check.h"
#include "http/link.h"

#define FIND(s, id) ((struct http_exchange *)idtable_get(&(s)->exchanges, (id).v))

static struct slice date_line(struct http_server *s)
{
	int64_t second = loop_wall_us(s->loop) / 1000000;
	if (second != s->date_second) {
		static const char days[] = "SunMonTueWedThuFriSat";
		static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
		time_t t = (time_t)second;
		struct tm tm;
		gmtime_r(&t, &tm);
		/* Not strftime: that one speaks the language of the locale. */
		snprintf(s->date, sizeof s->date, "Date: %.3s, %02u %.3s %04u %02u:%02u:%02u GMT\r\n",
		         days + 3 * tm.tm_wday, (unsigned)tm.tm_mday % 100, months + 3 * tm.tm_mon,
		         (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
		         (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
		s->date_second = second;
	}
	return slice_str(s->date);
}

static void add_status(struct buf *b, int status)
{
	if (status == 200) {
		buf_add_slice(b, SLICE_LIT("HTTP/1.1 200 OK\r\n"));
		return;
	}
	buf_adds(b, "HTTP/1.1 ");
	buf_add_u64(b, (unsigned long long)status);
	buf_addc(b, ' ');
	buf_adds(b, http_reason(status));
	buf_adds(b, "\r\n");
}

/* What would split the answer in two is never written (RFC 9110, 5.5). */
static bool are_clean(const struct http_header *h, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!http_is_token(h[i].name) || !http_is_value(h[i].value))
			return false;
	return true;
}

static void add_headers(struct buf *b, const struct http_header *h, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_slice(b, h[i].name);
		buf_add(b, ": ", 2);
		buf_add_slice(b, h[i].value);
		buf_add(b, "\r\n", 2);
	}
}

static void add_connection(struct buf *b, const struct http_exchange *x)
{
	if (x->is_last)
		buf_add_slice(b, SLICE_LIT("Connection: close\r\n"));
	else if (x->parse.version == 10)
		buf_add_slice(b, SLICE_LIT("Connection: keep-alive\r\n"));
}

static bool has_no_body(int status)
{
	return status < 200 || status == 204 || status == 304;
}

static void add_head(struct http_exchange *x, struct buf *b, int status, const struct http_header *h, size_t n)
{
	struct http_server *s = x->link->server;
	x->is_last |= s->is_stopping;
	x->is_begun = true;
	add_status(b, status);
	buf_add_slice(b, date_line(s));
	add_headers(b, h, n);
	add_connection(b, x);
}

static void complete(struct http_exchange *x)
{
	struct http_link *k = x->link;
	idtable_del(&k->server->exchanges, x->id);
	x->id = 0;
	link_watch_writing(k);
	link_resume(k);
}

static bool respond(struct http_server *s, struct http_request_id id, int status, const struct http_header *h,
                    size_t n, struct slice body, bool is_last)
{
	struct http_exchange *x = FIND(s, id);
	if (!x || x->is_begun)
		return false;
	if (!are_clean(h, n)) {
		status = 500;
		n = 0;
		body = SLICE_LIT("an answer could not be written: a header of it is malformed\n");
	}
	struct buf *b = conn_out(x->link->conn);
	x->is_last |= is_last;
	add_head(x, b, status, h, n);
	if (!has_no_body(status)) {
		buf_add_slice(b, SLICE_LIT("Content-Length: "));
		buf_add_u64(b, body.n);
		buf_add(b, "\r\n", 2);
	}
	buf_add(b, "\r\n", 2);
	if (!has_no_body(status) && x->parse.method != HTTP_HEAD)
		buf_add_slice(b, body);
	conn_queued(x->link->conn);
	complete(x);
	return true;
}

bool http_respond(struct http_server *s, struct http_request_id id, int status, const struct http_header *headers,
                  size_t header_n, struct slice body)
{
	return respond(s, id, status, headers, header_n, body, false);
}

bool http_respond_close(struct http_server *s, struct http_request_id id, int status,
                        const struct http_header *headers, size_t header_n, struct slice body)
{
	return respond(s, id, status, headers, header_n, body, true);
}

bool http_begin(struct http_server *s, struct http_request_id id, int status, const struct http_header *headers,
                size_t header_n)
{
	struct http_exchange *x = FIND(s, id);
	if (!x || x->is_begun)
		return false;
	if (!are_clean(headers, header_n))
		return respond(s, id, 500, NULL, 0, SLICE_LIT("a header of the answer is malformed\n"), true) && false;
	struct buf *b = conn_out(x->link->conn);
	x->is_bodiless = has_no_body(status) || x->parse.method == HTTP_HEAD;
	x->is_chunked = x->parse.version >= 11 && !has_no_body(status);
	if (!x->is_chunked && !x->is_bodiless)
		x->is_last = true; /* HTTP/1.0 knows the end of the body by the end of the stream */
	add_head(x, b, status, headers, header_n);
	if (x->is_chunked)
		buf_add_slice(b, SLICE_LIT("Transfer-Encoding: chunked\r\n"));
	buf_add(b, "\r\n", 2);
	conn_queued(x->link->conn);
	link_watch_writing(x->link);
	return true;
}

static void add_chunk(struct buf *b, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";
	char text[18];
	size_t at = sizeof text;
	text[--at] = '\n';
	text[--at] = '\r';
	for (size_t n = bytes.n; n; n >>= 4)
		text[--at] = digits[n & 15];
	buf_add(b, text + at, sizeof text - at);
	buf_add_slice(b, bytes);
	buf_add(b, "\r\n", 2);
}

static void on_overflow(void *ctx)
{
	struct http_link *k = ctx;
	link_abort(k);
}

bool http_write(struct http_server *s, struct http_request_id id, struct slice bytes)
{
	struct http_exchange *x = FIND(s, id);
	if (!x || !x->is_begun || x->is_overfull)
		return false;
	if (!bytes.n || x->is_bodiless)
		return true;
	size_t pending = conn_pending(x->link->conn);
	size_t max = s->opts.pending_bytes_max;
	/* One piece may be larger than the limit for a client that is not behind: a large answer right
	 * after a line of progress must arrive. */
	if (pending > max / 4 && (pending > max || bytes.n > max - pending)) {
		x->is_overfull = true;
		loop_defer(s->loop, on_overflow, x->link);
		return false;
	}
	struct buf *b = conn_out(x->link->conn);
	if (x->is_chunked)
		add_chunk(b, bytes);
	else
		buf_add_slice(b, bytes);
	conn_queued(x->link->conn);
	link_watch_writing(x->link);
	return true;
}

bool http_end(struct http_server *s, struct http_request_id id)
{
	struct http_exchange *x = FIND(s, id);
	if (!x || !x->is_begun || x->is_overfull)
		return false;
	if (x->is_chunked && !x->is_bodiless) {
		buf_add_slice(conn_out(x->link->conn), SLICE_LIT("0\r\n\r\n"));
		conn_queued(x->link->conn);
	}
	complete(x);
	return true;
}

bool http_abort(struct http_server *s, struct http_request_id id)
{
	struct http_exchange *x = FIND(s, id);
	if (!x)
		return false;
	idtable_del(&s->exchanges, x->id);
	x->id = 0;
	link_abort(x->link);
	return true;
}

size_t http_pending(const struct http_server *s, struct http_request_id id)
{
	const struct http_exchange *x = FIND(s, id);
	return x ? conn_pending(x->link->conn) : 0;
}

bool http_is_slow(const struct http_server *s, struct http_request_id id)
{
	return http_pending(s, id) > s->opts.pending_bytes_max / 4 * 3;
}

void http_on_drain(struct http_server *s, struct http_request_id id, void (*fn)(void *ctx, struct http_request_id id),
                   void *ctx)
{
	struct http_exchange *x = FIND(s, id);
	if (!x)
		return;
	x->on_drain = fn;
	x->drain_ctx = ctx;
	conn_ask_drain(x->link->conn);
}

void respond_refusal(struct http_link *k, int status, const char *why)
{
	struct buf *b = conn_out(k->conn);
	add_status(b, status);
	buf_add_slice(b, date_line(k->server));
	buf_adds(b, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ");
	buf_add_u64(b, strlen(why) + 1);
	buf_adds(b, "\r\n\r\n");
	buf_adds(b, why);
	buf_addc(b, '\n');
	conn_queued(k->conn);
}

void respond_continue(struct http_link *k)
{
	conn_write(k->conn, SLICE_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
}
