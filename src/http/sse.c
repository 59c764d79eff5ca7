/* Event streams after WHATWG HTML, 9.2.6. A line that came in one piece is read where it stands. */
#include "http/sse.h"
#include "base/check.h"

/* Room for the name of a field beside its value. */
#define FIELD_BYTES 64

void sse_init(struct sse_reader *r, size_t bytes_max)
{
	*r = (struct sse_reader){ 0 };
	buf_init(&r->line, bytes_max + FIELD_BYTES);
	buf_init(&r->data, bytes_max);
	buf_init(&r->event, bytes_max);
	buf_init(&r->id, bytes_max);
}

void sse_release(struct sse_reader *r)
{
	buf_release(&r->line);
	buf_release(&r->data);
	buf_release(&r->event);
	buf_release(&r->id);
}

static void dispatch(struct sse_reader *r, void (*fn)(void *ctx, const struct sse_event *ev), void *ctx)
{
	struct sse_event ev = { .event = buf_slice(&r->event),
		                .data = buf_slice(&r->data),
		                .id = buf_slice(&r->id),
		                .has_id = r->has_id,
		                .has_retry = r->has_retry,
		                .retry_ms = r->retry_ms };
	if (r->has_data || r->has_id || r->has_retry)
		fn(ctx, &ev);
	buf_clear(&r->event);
	buf_clear(&r->data);
	buf_clear(&r->id);
	r->has_data = r->has_id = r->has_retry = false;
	r->retry_ms = 0;
}

static void set(struct buf *b, struct slice value)
{
	buf_clear(b);
	buf_add_slice(b, value);
}

static bool take_field(struct sse_reader *r, struct slice name, struct slice value)
{
	if (slice_eq(name, SLICE_LIT("data"))) {
		if (r->has_data)
			buf_addc(&r->data, '\n');
		buf_add_slice(&r->data, value);
		r->has_data = true;
		return buf_ok(&r->data);
	}
	if (slice_eq(name, SLICE_LIT("event"))) {
		set(&r->event, value);
		return buf_ok(&r->event);
	}
	if (slice_eq(name, SLICE_LIT("id"))) {
		if (value.n && memchr(value.p, '\0', value.n))
			return true; /* ignored, as the standard says */
		set(&r->id, value);
		r->has_id = true;
		return buf_ok(&r->id);
	}
	if (slice_eq(name, SLICE_LIT("retry")))
		r->has_retry |= slice_u64(value, &r->retry_ms);
	return true;
}

static bool take_line(struct sse_reader *r, struct slice line, void (*fn)(void *ctx, const struct sse_event *ev),
                      void *ctx)
{
	if (!r->is_started && line.n >= 3 && memcmp(line.p, "\xef\xbb\xbf", 3) == 0)
		line = slice_of(line.p + 3, line.n - 3);
	r->is_started = true;
	if (!line.n) {
		dispatch(r, fn, ctx);
		return true;
	}
	const char *colon = memchr(line.p, ':', line.n);
	if (colon == line.p)
		return true; /* a comment */
	size_t name_n = colon ? (size_t)(colon - line.p) : line.n;
	size_t skip = colon ? name_n + 1 : line.n;
	skip += skip < line.n && line.p[skip] == ' ';
	return take_field(r, slice_of(line.p, name_n), slice_of(line.p + skip, line.n - skip));
}

static size_t find_end(struct slice s)
{
	const char *lf = memchr(s.p, '\n', s.n);
	size_t n = lf ? (size_t)(lf - s.p) : s.n;
	const char *cr = memchr(s.p, '\r', n);
	return cr ? (size_t)(cr - s.p) : n;
}

bool sse_feed(struct sse_reader *r, struct slice bytes, void (*fn)(void *ctx, const struct sse_event *ev), void *ctx)
{
	while (bytes.n && buf_ok(&r->line)) {
		if (r->saw_cr && bytes.p[0] == '\n') {
			r->saw_cr = false;
			bytes = slice_of(bytes.p + 1, bytes.n - 1);
			continue;
		}
		r->saw_cr = false;
		size_t n = find_end(bytes);
		struct slice line = slice_of(bytes.p, n);
		bool is_whole = n < bytes.n;
		if (r->line.n || !is_whole || n > r->line.max) {
			buf_add_slice(&r->line, line);
			line = buf_slice(&r->line);
		}
		if (!buf_ok(&r->line) || !is_whole)
			break;
		if (!take_line(r, line, fn, ctx)) {
			r->line.failed = true;
			break;
		}
		buf_clear(&r->line);
		r->saw_cr = bytes.p[n] == '\r';
		bytes = slice_of(bytes.p + n + 1, bytes.n - n - 1);
	}
	return buf_ok(&r->line);
}

static void add_lines(struct buf *b, const char *prefix, struct slice text)
{
	do {
		size_t n = text.n ? find_end(text) : 0;
		buf_adds(b, prefix);
		buf_add(b, text.p, n);
		buf_addc(b, '\n');
		if (n == text.n)
			return;
		size_t end = text.p[n] == '\r' && n + 1 < text.n && text.p[n + 1] == '\n' ? n + 2 : n + 1;
		text = slice_of(text.p + end, text.n - end);
		if (!text.n) {
			buf_adds(b, prefix);
			buf_addc(b, '\n');
		}
	} while (text.n);
}

/* A name or an id with a line end in it would be two fields. */
static void add_one(struct buf *b, const char *prefix, struct slice value)
{
	if (value.n)
		add_lines(b, prefix, slice_of(value.p, find_end(value)));
}

void sse_write(struct buf *b, struct slice event, struct slice id, struct slice data)
{
	add_one(b, "event: ", event);
	add_one(b, "id: ", id);
	add_lines(b, "data: ", data);
	buf_addc(b, '\n');
}

void sse_write_comment(struct buf *b, struct slice text)
{
	add_lines(b, ": ", text);
	buf_addc(b, '\n');
}
