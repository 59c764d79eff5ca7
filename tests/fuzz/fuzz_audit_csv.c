/* A record whose texts come from anywhere, as a line of comma-separated values: read back it has the same cells, and none
 * that a spreadsheet would run. */
#include "audit/csv.h"
#include "base/check.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 4180: the next cell, without its quotes; false behind the last. */
static bool next_cell(struct slice *s, struct buf *cell)
{
	size_t i = 0;
	bool is_quoted = s->n && s->p[0] == '"';
	buf_clear(cell);
	if (!s->n)
		return false;
	for (i = is_quoted; i < s->n; i++) {
		if (is_quoted && s->p[i] == '"' && i + 1 < s->n && s->p[i + 1] == '"')
			i++;
		else if (is_quoted ? s->p[i] == '"' : s->p[i] == ',' || s->p[i] == '\r')
			break;
		buf_addc(cell, s->p[i]);
	}
	i += is_quoted;
	BUG_ON(i >= s->n || (s->p[i] != ',' && s->p[i] != '\r'));
	if (s->p[i] == '\r')
		BUG_ON(i + 2 != s->n || s->p[i + 1] != '\n');
	*s = s->p[i] == '\r' ? slice_of(s->p, 0) : slice_of(s->p + i + 1, s->n - i - 1);
	return true;
}

static size_t count_cells(struct slice line, struct buf *cell)
{
	size_t n = 0;
	for (; next_cell(&line, cell); n++)
		BUG_ON(cell->n && memchr("=+-@\t\r", cell->p[0], 6));
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), keys[2] = { text, text };
	struct audit_record r = { .id = "01900000-0000-7000-8000-000000000000", .time_us = 1000000000000000, .server = SLICE_LIT("files"),
				  .method = text, .target = text, .grant_label = text, .subject = text, .rule = text, .message = text,
				  .client_name = text, .client_version = text, .argument_keys = keys, .argument_key_n = 2,
				  .redactions = text, .injection = text };
	struct buf head = BUF_INIT(65536), line = BUF_INIT(4u << 20), cell = BUF_INIT(1u << 20);
	if (size > 20000)
		return 0;
	audit_write_csv_head(&head);
	audit_write_csv(&line, &r);
	BUG_ON(!buf_ok(&line) || count_cells(buf_slice(&head), &cell) != count_cells(buf_slice(&line), &cell));
	buf_release(&head);
	buf_release(&line);
	buf_release(&cell);
	return 0;
}
