/* Aligned tables, and text of strangers made safe for a terminal. */
#include "cli/table.h"
#include "base/check.h"
#include <sys/ioctl.h>
#include <unistd.h>

/* Length of the character at s in bytes, and its code point; 0 for bytes that are no UTF-8. */
static size_t read_char(struct slice s, unsigned *code)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;
	*code = n == 1 ? c : c & (0x7fu >> n);
	if (!n || n > s.n || c > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)s.p[i] & 0x3f);
	}
	return n;
}

/* Controls of both blocks, marks and overrides of direction, separators of lines, tags. */
static bool is_unsafe(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
	       code == 0xfeff || (code >= 0xe0000 && code <= 0xe007f);
}

void table_add_safe(struct buf *b, struct slice text, size_t max)
{
	size_t shown = 0;
	while (text.n) {
		unsigned code;
		size_t n = read_char(text, &code);
		if (max && shown + 1 == max && text.n > n) {
			buf_adds(b, "\xe2\x80\xa6");
			return;
		}
		if (n && (code == '\n' || code == '\t' || code == '\r'))
			buf_addc(b, ' ');
		else if (!n || is_unsafe(code))
			buf_addc(b, '?');
		else
			buf_add(b, text.p, n);
		n = n ? n : 1;
		text = slice_of(text.p + n, text.n - n);
		shown++;
	}
}

char *table_safe(struct arena *a, struct slice text)
{
	struct buf b = BUF_INIT(text.n * 3 + 16);
	table_add_safe(&b, text, 0);
	char *copy = arena_strndup(a, b.n ? b.p : "", b.n);
	buf_release(&b);
	return copy;
}

static size_t width_of(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void table_init(struct table *t, struct arena *a, const char *const *headings)
{
	*t = (struct table){ .arena = a, .headings = headings };
	while (headings[t->column_n])
		t->column_n++;
	BUG_ON(!t->column_n || t->column_n > TABLE_COLUMNS);
}

void table_add(struct table *t, const char *const *cells)
{
	if (t->n + t->column_n > t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16 * t->column_n;
		const char **grown = arena_realloc(t->arena, t->cells, t->cap * sizeof *grown,
						   cap * sizeof *grown);
		if (!grown)
			return;
		t->cells = grown;
		t->cap = cap;
	}
	for (size_t i = 0; i < t->column_n; i++)
		t->cells[t->n++] = cells[i] ? table_safe(t->arena, slice_str(cells[i])) : "-";
}

static void add_row(struct buf *b, const struct table *t, const char *const *cells,
		    const size_t *widths, size_t columns_max)
{
	size_t at = 0;
	for (size_t i = 0; i < t->column_n; i++) {
		const char *cell = cells[i] ? cells[i] : "-";
		bool is_last = i + 1 == t->column_n;
		size_t room = columns_max > at + 8 ? columns_max - at : 8;
		table_add_safe(b, slice_str(cell), is_last && columns_max ? room : 0);
		for (size_t n = width_of(cell); !is_last && n < widths[i] + 2; n++)
			buf_addc(b, ' ');
		at += widths[i] + 2;
	}
	while (b->n && b->p[b->n - 1] == ' ')
		b->n--;
	buf_addc(b, '\n');
}

void table_write(struct buf *b, const struct table *t, size_t columns_max)
{
	size_t widths[TABLE_COLUMNS] = { 0 };
	BUG_ON(!t->column_n);
	for (size_t i = 0; i < t->column_n; i++)
		widths[i] = width_of(t->headings[i]);
	for (size_t i = 0; i < t->n; i++) {
		size_t w = t->cells[i] ? width_of(t->cells[i]) : 1;
		if (w > widths[i % t->column_n])
			widths[i % t->column_n] = w;
	}
	add_row(b, t, t->headings, widths, columns_max);
	for (size_t i = 0; i < t->n; i += t->column_n)
		add_row(b, t, &t->cells[i], widths, columns_max);
}

size_t table_terminal_columns(void)
{
	struct winsize size = { 0 };
	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}
