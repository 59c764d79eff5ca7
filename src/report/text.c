/* For a terminal: a line a finding, in columns, then what it comes to. */
#include "report/write.h"

#define COLUMN_MAX 48 /* a wider cell moves what follows, in its line alone */

void report_write_where(struct buf *b, const struct report_finding *f)
{
	if (!f->place.file) {
		buf_adds(b, f->server[0] ? f->server : "-");
		return;
	}
	buf_adds(b, f->place.file);
	if (f->place.line)
		buf_addf(b, ":%d:%d", f->place.line, f->place.column);
}

static size_t width_of(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void pad(struct buf *b, struct slice cell, size_t width)
{
	buf_add_slice(b, cell);
	for (size_t n = width_of(cell); n < width; n++)
		buf_addc(b, ' ');
	buf_adds(b, "  ");
}

void report_write_totals(struct buf *b, const struct report *r)
{
	struct report_counts c = report_count(r);
	const char *sep = "";
	buf_addf(b, "%zu new finding%s", c.fresh_n, c.fresh_n == 1 ? "" : "s");
	for (int s = SEVERITY_CRITICAL; s > SEVERITY_UNKNOWN; s--) {
		if (!c.fresh[s])
			continue;
		buf_addf(b, "%s%zu %s", sep[0] ? sep : ": ", c.fresh[s], severity_word((enum severity)s));
		sep = ", ";
	}
	if (r->has_baseline)
		buf_addf(b, "; %zu known, %zu gone", c.known, r->gone);
	buf_addf(b, "; %zu file%s, %zu server%s, %zu tool%s", r->file_n, r->file_n == 1 ? "" : "s", r->server_n,
		 r->server_n == 1 ? "" : "s", r->tool_n, r->tool_n == 1 ? "" : "s");
	sep = "";
	for (int k = CATEGORY_FINANCIAL; k >= CATEGORY_UNKNOWN; k--) {
		if (!c.tools[k])
			continue;
		buf_addf(b, "%s%zu %s", sep[0] ? sep : " (", c.tools[k], category_word((enum category)k));
		sep = ", ";
	}
	buf_adds(b, sep[0] ? ")" : "");
}

const char *report_verdict(const struct report *r, const struct report_about *about)
{
	if (about->fail_on == SEVERITY_UNKNOWN)
		return NULL;
	return report_fails(r, about->fail_on) ? "fails" : "passes";
}

void report_write_text(struct buf *b, const struct report *r, const struct report_about *about)
{
	struct buf where = BUF_INIT(1u << 16);
	size_t rule_width = 4, where_width = 5;
	for (size_t i = 0; i < r->finding_n && r->findings[i].state != REPORT_KNOWN; i++) {
		size_t n = strlen(report_rule_text(r->findings[i].rule)->id), w;
		buf_clear(&where);
		report_write_where(&where, &r->findings[i]);
		w = width_of(buf_slice(&where));
		rule_width = n > rule_width ? n : rule_width;
		where_width = w > where_width && w <= COLUMN_MAX ? w : where_width;
	}
	for (size_t i = 0; i < r->finding_n && r->findings[i].state != REPORT_KNOWN; i++) {
		const struct report_finding *f = &r->findings[i];
		if (!i) {
			pad(b, SLICE_LIT("SEVERITY"), 8);
			pad(b, SLICE_LIT("RULE"), rule_width);
			pad(b, SLICE_LIT("WHERE"), where_width);
			buf_adds(b, "WHAT\n");
		}
		buf_clear(&where);
		report_write_where(&where, f);
		pad(b, slice_str(severity_word(f->severity)), 8);
		pad(b, slice_str(report_rule_text(f->rule)->id), rule_width);
		pad(b, buf_slice(&where), where_width);
		report_write_message(b, f->message);
		buf_addc(b, '\n');
	}
	buf_release(&where);
	for (size_t i = 0; i < r->note_n; i++)
		buf_addf(b, "note: %s\n", r->notes[i]);
	if (r->is_cut)
		buf_adds(b, "note: there is more than this program keeps; what is shown is not all\n");
	report_write_totals(b, r);
	if (report_verdict(r, about))
		buf_addf(b, "; %s at '%s'", report_verdict(r, about), severity_word(about->fail_on));
	buf_addc(b, '\n');
}
