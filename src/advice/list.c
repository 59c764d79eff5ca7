/* Pages of servers and of tools. */
#include "advice/inside.h"
#include "base/digest.h"
#include "base/limits.h"
#include <stdio.h>

struct writing {
	struct buf *b;
	struct slice words;
	size_t n, limit;
	char last[LIMIT_INDEX_ID + 1];
	bool has_more;
};

static bool has_words(struct slice text, struct slice words)
{
	for (size_t i = 0; i + words.n <= text.n; i++)
		if (slice_ieq(slice_of(text.p + i, words.n), words))
			return true;
	return false;
}

static bool on_server(void *ctx, const struct index_server *s)
{
	struct writing *w = ctx;
	if (w->words.n && !has_words(s->id, w->words) && !has_words(s->title, w->words) && !has_words(s->package, w->words))
		return true;
	if (w->n == w->limit) {
		w->has_more = true;
		return false;
	}
	struct index_server row = *s;
	row.document = slice_of(NULL, 0); /* of one server alone */
	buf_adds(w->b, w->n++ ? "," : "");
	index_write_server(w->b, &row);
	snprintf(w->last, sizeof w->last, "%.*s", SLICE_ARG(s->id));
	return true;
}

/* The cursor is the last id of the page before: who reads on misses nothing that stood there. */
static bool read_cursor(struct slice cursor, unsigned char last[LIMIT_INDEX_ID + 4], size_t *n)
{
	*n = 0;
	return cursor.n <= (LIMIT_INDEX_ID + 2) / 3 * 4 && (!cursor.n || base64url_read(cursor, last, n));
}

enum advice_end advice_servers(const struct advice *a, const struct advice_query *q, struct buf *b, struct err *e)
{
	struct writing w = { .b = b, .words = q->words, .limit = q->limit };
	unsigned char after[LIMIT_INDEX_ID + 4];
	size_t after_n;
	struct index *x;
	if (!read_cursor(q->cursor, after, &after_n)) {
		err_set(e, ERR_INPUT, "the cursor is none of a page of servers: begin again without it");
		return ADVICE_WRONG;
	}
	enum advice_end end = advice_open(a, &x, e);
	buf_adds(b, "{\"servers\":[");
	if (x && !index_each_server_after(x, slice_of((const char *)after, after_n), on_server, &w, e))
		end = ADVICE_FAILED;
	buf_addc(b, ']');
	if (w.has_more) {
		buf_adds(b, ",\"next\":\"");
		base64url_add(b, slice_str(w.last));
		buf_addc(b, '"');
	}
	if (!x)
		row_add_text(b, "hint", slice_str(advice_hint(a)));
	buf_addc(b, '}');
	index_close(&x);
	return end;
}

static void write_page(const struct index_page *page, struct arena *a, struct buf *b)
{
	buf_adds(b, "{\"tools\":[");
	for (size_t i = 0; i < page->n; i++) {
		buf_adds(b, i ? "," : "");
		index_write_row(b, &page->tools[i]);
		row_reopen(b);
		row_add_text(b, "description", row_description(&page->tools[i], a));
		buf_addc(b, '}');
	}
	buf_addf(b, "],\"total\":%zu", page->total);
	row_add_text(b, "next", page->cursor);
}

static enum advice_end find_tools(struct index *x, const struct advice_query *q, struct arena *a, struct buf *b, struct err *e)
{
	struct index_page page = { 0 };
	struct index_server s;
	if (q->find.server.n && !index_server(x, q->find.server, a, &s, e))
		return advice_no_server(x, q->find.server, a, e);
	if (!index_search(x, &q->find, a, &page, e)) /* a question that cannot be answered is the asker's */
		return e->kind == ERR_INPUT || e->kind == ERR_LIMIT ? ADVICE_WRONG : ADVICE_FAILED;
	write_page(&page, a, b);
	buf_addc(b, '}');
	return ADVICE_FOUND;
}

enum advice_end advice_tools(const struct advice *a, const struct advice_query *q, struct buf *b, struct err *e)
{
	struct arena arena;
	struct index *x;
	enum advice_end end = advice_open(a, &x, e);
	if (end != ADVICE_FOUND)
		return end;
	if (!x && q->find.server.n)
		return advice_nothing(a, e);
	arena_init(&arena, ADVICE_ARENA);
	if (x) {
		end = find_tools(x, q, &arena, b, e);
	} else {
		buf_adds(b, "{\"tools\":[],\"total\":0");
		row_add_text(b, "hint", slice_str(advice_hint(a)));
		buf_addc(b, '}');
	}
	arena_release(&arena);
	index_close(&x);
	return end;
}
