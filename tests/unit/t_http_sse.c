/* Event streams: what is written is read back; the cases of the standard; limits. */
#include "http/sse.h"
#include "tap.h"

static void note(void *ctx, const struct sse_event *ev)
{
	struct buf *b = ctx;
	buf_addf(b, "[%.*s|%.*s", SLICE_ARG(ev->event), SLICE_ARG(ev->data));
	if (ev->has_id)
		buf_addf(b, "|id %.*s", SLICE_ARG(ev->id));
	if (ev->has_retry)
		buf_addf(b, "|retry %llu", ev->retry_ms);
	buf_adds(b, "]");
}

static bool read_stream(struct slice text, size_t piece, size_t bytes_max, struct buf *out)
{
	struct sse_reader r;
	bool is_fine = true;
	buf_clear(out);
	sse_init(&r, bytes_max);
	for (size_t at = 0; at < text.n && is_fine; at += piece)
		is_fine = sse_feed(&r, slice_of(text.p + at, text.n - at < piece ? text.n - at : piece), note, out);
	sse_release(&r);
	return is_fine;
}

static const struct {
	const char *name, *text, *want;
} cases[] = {
	{ "one event", "data: a\n\n", "[|a]" },
	{ "two lines", "data: a\ndata: b\n\n", "[|a\nb]" },
	{ "no space behind the colon", "data:a\n\n", "[|a]" },
	{ "one space only", "data:  a\n\n", "[| a]" },
	{ "no colon", "data\n\n", "[|]" },
	{ "empty lines of data", "data:\ndata:\n\n", "[|\n]" },
	{ "a name", "event: add\ndata: 1\n\n", "[add|1]" },
	{ "the last name counts", "event: a\nevent: b\ndata: 1\n\n", "[b|1]" },
	{ "a name alone is dropped", "event: add\n\ndata: 1\n\n", "[|1]" },
	{ "an id", "id: 7\ndata: x\n\n", "[|x|id 7]" },
	{ "an empty id", "id\ndata: x\n\n", "[|x|id ]" },
	{ "an id without data", "id: 7\n\n", "[||id 7]" },
	{ "an id does not stay", "id: 7\ndata: x\n\ndata: y\n\n", "[|x|id 7][|y]" },
	{ "retry", "retry: 1500\n\n", "[||retry 1500]" },
	{ "retry that is no number", "retry: 1s\ndata: x\n\n", "[|x]" },
	{ "comments", ": hello\n\n:\n\ndata: x\n:y\n\n", "[|x]" },
	{ "unknown fields", "what: a\ndatas: b\ndata: x\n\n", "[|x]" },
	{ "CR LF", "data: a\r\ndata: b\r\n\r\n", "[|a\nb]" },
	{ "CR", "data: a\rdata: b\r\r", "[|a\nb]" },
	{ "mixed", "data: a\rdata: b\ndata: c\r\n\ndata: d\n\r", "[|a\nb\nc][|d]" },
	{ "a mark at the start", "\xef\xbb\xbf" "data: a\n\n", "[|a]" },
	{ "a mark later is no mark", "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "[|a]" },
	{ "an event that does not end", "data: a\n\ndata: b\n", "[|a]" },
	{ "colons in the data", "data: a: b\n\n", "[|a: b]" },
};

static void test_cases(void)
{
	struct buf got = BUF_INIT(1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t piece;
		for (piece = 1; piece < 40; piece++) {
			if (!read_stream(slice_str(cases[i].text), piece, 100, &got) ||
			    !slice_is(buf_slice(&got), cases[i].want))
				break;
		}
		ok(piece == 40, "%s", cases[i].name);
	}
	ok(read_stream(slice_of("id: a\0b\ndata: x\n\n", 17), 3, 100, &got) && slice_is(buf_slice(&got), "[|x]"),
	   "an id with NUL is ignored");
	buf_release(&got);
}

static void test_limit(void)
{
	struct buf got = BUF_INIT(1 << 20);
	for (size_t piece = 1; piece < 300; piece += 149) {
		ok(read_stream(SLICE_LIT("data: 1234\ndata: 678\n\n"), piece, 8, &got), "an event of the largest size");
		ok(!read_stream(SLICE_LIT("data: 1234\ndata: 6789\n\n"), piece, 8, &got), "one byte more is an error");
		ok(!read_stream(SLICE_LIT("event: 123456789\n\n"), piece, 8, &got), "in a name too");
		struct buf line = BUF_INIT(1000);
		buf_adds(&line, ":");
		while (line.n < 8 + 64)
			buf_addc(&line, 'c');
		buf_addc(&line, '\n');
		ok(read_stream(buf_slice(&line), piece, 8, &got), "a comment of the largest size");
		line.n--;
		buf_adds(&line, "c\n");
		ok(!read_stream(buf_slice(&line), piece, 8, &got), "and one byte more");
		buf_release(&line);
	}
	struct sse_reader r;
	sse_init(&r, 8);
	ok(!sse_feed(&r, SLICE_LIT("data: 123456789\n\n"), note, &got) && !sse_feed(&r, SLICE_LIT("data: 1\n\n"), note, &got),
	   "a reader that failed reads no more");
	sse_release(&r);
	buf_release(&got);
}

static void test_write(void)
{
	static const struct {
		const char *event, *id, *data, *want;
	} w[] = {
		{ "", "", "a", "data: a\n\n" },
		{ "message", "3", "{}", "event: message\nid: 3\ndata: {}\n\n" },
		{ "", "", "", "data: \n\n" },
		{ "", "", "a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n" },
		{ "", "", "a\n", "data: a\ndata: \n\n" },
		{ "x\ndata: y", "1\r\nevent: z", "a", "event: x\nid: 1\ndata: a\n\n" },
	};
	struct buf b = BUF_INIT(1000);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		buf_clear(&b);
		sse_write(&b, slice_str(w[i].event), slice_str(w[i].id), slice_str(w[i].data));
		ok(slice_is(buf_slice(&b), w[i].want), "written: %zu", i);
	}
	buf_clear(&b);
	sse_write_comment(&b, SLICE_LIT("still\nhere"));
	ok(slice_is(buf_slice(&b), ": still\n: here\n\n"), "a comment");
	buf_release(&b);
}

int main(void)
{
	test_cases();
	test_limit();
	test_write();
	return tap_done();
}
