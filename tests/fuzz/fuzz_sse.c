/*
 * Event streams: fed whole and fed in pieces, the same events come out; and what was
 * read and written again is read as the same.
 */
#include "base/check.h"
#include "http/sse.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct notes {
	struct buf text, again;
};

static void note(void *ctx, const struct sse_event *ev)
{
	struct notes *n = ctx;
	buf_addf(&n->text, "%zu %zu %zu %d %d %llu ", ev->event.n, ev->data.n, ev->id.n, ev->has_id, ev->has_retry,
	         ev->retry_ms);
	buf_add_slice(&n->text, ev->event);
	buf_add_slice(&n->text, ev->data);
	buf_add_slice(&n->text, ev->id);
	if (ev->data.n)
		sse_write(&n->again, ev->event, ev->id, ev->data);
}

static bool read_stream(struct slice text, size_t step, size_t bytes_max, struct notes *n)
{
	struct sse_reader r;
	bool is_fine = true;
	*n = (struct notes){ BUF_INIT(1 << 24), BUF_INIT(1 << 24) };
	sse_init(&r, bytes_max);
	for (size_t at = 0; at < text.n && is_fine;) {
		size_t piece = step ? 1 + (at * step) % 13 : text.n;
		piece = piece < text.n - at ? piece : text.n - at;
		is_fine = sse_feed(&r, slice_of(text.p + at, piece), note, n);
		at += piece;
	}
	sse_release(&r);
	return is_fine;
}

static void release(struct notes *n)
{
	buf_release(&n->text);
	buf_release(&n->again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct notes whole, pieces, again, twice;
	if (size < 2)
		return 0;
	struct slice text = slice_of((const char *)data + 2, size - 2);
	bool is_fine = read_stream(text, 0, data[1], &whole);
	BUG_ON(read_stream(text, 1 + data[0], data[1], &pieces) != is_fine);
	BUG_ON(!slice_eq(buf_slice(&whole.text), buf_slice(&pieces.text)));
	/* Data that ends in line ends grows by none when it is written and read. */
	read_stream(buf_slice(&whole.again), 0, 1 << 20, &again);
	read_stream(buf_slice(&again.again), 3, 1 << 20, &twice);
	BUG_ON(!slice_eq(buf_slice(&again.text), buf_slice(&twice.text)));
	release(&whole);
	release(&pieces);
	release(&again);
	release(&twice);
	return 0;
}
