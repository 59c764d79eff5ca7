/*
 * What of a file changes, line by line. No value of a variable or header is shown, neither an old nor a new one;
 * what looks like a secret beside them is replaced, too.
 */
#include "base/limits.h"
#include "cli/import.h"
#include "cli/table.h"
#include "scan/scan.h"
#include <stdlib.h>

#define SHOWN_BEFORE 120 /* bytes of a long line before what changes */

struct region {
	size_t from, to;     /* bytes of the text */
	size_t first, count; /* edits in it */
};

static size_t line_of(struct slice text, size_t at)
{
	size_t line = 1;
	for (size_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

/* The whole lines of the edit, but of very long ones only what is near. */
static struct region region_of(struct slice text, const struct edit *e, size_t first)
{
	struct region r = { e->at, e->end, first, 1 };
	while (r.from && text.p[r.from - 1] != '\n' && e->at - r.from < SHOWN_BEFORE)
		r.from--;
	while (r.from < e->at && ((unsigned char)text.p[r.from] & 0xc0) == 0x80)
		r.from++;
	while (r.to < text.n && text.p[r.to] != '\n' && text.p[r.to] != '\r' && r.to - e->end < SHOWN_BEFORE)
		r.to++;
	while (r.to > e->end && ((unsigned char)text.p[r.to - 1] & 0x80))
		r.to--;
	/* Lines that are taken away whole end with their line end, which is not shown twice. */
	while (r.to > r.from && r.to == e->end && (text.p[r.to - 1] == '\n' || text.p[r.to - 1] == '\r'))
		r.to--;
	return r;
}

/* The text of a region with these edits made; of those that reach out of it nothing old is shown. */
static void add_edited(struct buf *b, struct slice text, size_t from, size_t to, const struct edit *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].end <= from || v[i].at >= to)
			continue;
		if (v[i].at > from)
			buf_add(b, text.p + from, v[i].at - from);
		buf_add_slice(b, v[i].text);
		from = v[i].end < to ? v[i].end : to;
	}
	buf_add(b, text.p + from, to - from);
}

static int by_place(const void *x, const void *y)
{
	const struct edit *a = x, *b = y;
	return a->at < b->at ? -1 : a->at > b->at;
}

/* Masks beside the edits, and the edits: what a line has after them. */
static struct edit *join(struct import *m, const struct import_file *f, const struct edit *masks, size_t mask_n, size_t *n)
{
	struct edit *v = arena_alloc(&m->c->arena, (f->edit_n + mask_n + 1) * sizeof *v);
	*n = 0;
	for (size_t i = 0; v && i < f->edit_n; i++)
		v[(*n)++] = f->edits[i];
	for (size_t i = 0; v && i < mask_n; i++) {
		bool is_inside = false;
		for (size_t j = 0; j < f->edit_n && !is_inside; j++)
			is_inside = masks[i].at < f->edits[j].end && masks[i].end > f->edits[j].at;
		if (!is_inside)
			v[(*n)++] = masks[i];
	}
	if (v)
		qsort(v, *n, sizeof *v, by_place);
	return v;
}

/* Each line with its sign; the token of a grant is not shown. */
static void add_lines(struct import *m, const struct import_file *f, struct buf *b, char sign, struct slice text)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_SECRET) };
	struct scanner *scanner = scanner_new(&o, NULL);
	struct scan_findings found = { 0 };
	const struct import_grant *g = import_grant_of(m, f->file.client);
	size_t token_n = strlen(g->token);
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice line = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
		struct buf clean = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
		text = slice_of(text.p + line.n + (end != NULL), text.n - line.n - (end != NULL));
		for (const char *at; (at = memmem(line.p, line.n, g->token, token_n)); line = slice_of(at + token_n, line.n - (size_t)(at - line.p) - token_n)) {
			buf_add(&clean, line.p, (size_t)(at - line.p));
			buf_adds(&clean, "\xe2\x80\xa6");
		}
		buf_add_slice(&clean, line);
		buf_addf(b, "  %c ", sign);
		struct buf redacted = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
		if (scanner)
			scan_text(scanner, buf_slice(&clean), &found);
		scan_redact(&redacted, buf_slice(&clean), &found);
		table_add_safe(b, buf_slice(&redacted), 0);
		buf_addc(b, '\n');
		buf_release(&clean);
		buf_release(&redacted);
	}
	scan_findings_release(&found);
	scanner_free(&scanner);
}

void import_diff(struct import *m, const struct import_file *f, struct buf *b)
{
	struct edit *masks = NULL, *after;
	size_t mask_n = 0, after_n = 0;
	if (!clients_masks(f->servers, f->n, &m->c->arena, &masks, &mask_n) || !(after = join(m, f, masks, mask_n, &after_n)))
		return;
	for (size_t i = 0; i < f->edit_n;) {
		struct region r = region_of(f->text, &f->edits[i], i);
		for (i++; i < f->edit_n && f->edits[i].at <= r.to + 1; i++) {
			struct region next = region_of(f->text, &f->edits[i], i);
			r.to = next.to > r.to ? next.to : r.to;
			r.count++;
		}
		struct buf old = BUF_INIT(LIMIT_CLIENT_FILE_BYTES), new = BUF_INIT(LIMIT_CLIENT_FILE_BYTES);
		add_edited(&old, f->text, r.from, r.to, masks, mask_n);
		add_edited(&new, f->text, r.from, r.to, after, after_n);
		buf_addf(b, "  @ line %zu\n", line_of(f->text, r.from));
		add_lines(m, f, b, '-', buf_slice(&old));
		add_lines(m, f, b, '+', buf_slice(&new));
		buf_release(&old);
		buf_release(&new);
	}
}
