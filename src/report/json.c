/* All of it as one JSON document, for programs; docs/scan.md has its shape. */
#include "report/write.h"

const char *report_state_word(enum report_state s)
{
	return s == REPORT_KNOWN ? "unchanged" : s == REPORT_WORSE ? "updated" : "new";
}

void report_add_member(struct buf *b, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	buf_addf(b, ",\"%s\":", key);
	buf_add_json_string(b, slice_str(value));
}

void report_add_message(struct buf *b, const char *message)
{
	struct buf text = BUF_INIT(1u << 20);
	report_write_message(&text, message);
	buf_add_json_string(b, buf_slice(&text));
	buf_release(&text);
}

static void write_place(struct buf *b, const struct report_place *p)
{
	report_add_member(b, "file", p->file);
	if (p->file && p->line)
		buf_addf(b, ",\"line\":%d,\"column\":%d", p->line, p->column);
	if (p->file && p->end_line)
		buf_addf(b, ",\"end_line\":%d,\"end_column\":%d", p->end_line, p->end_column);
}

static void write_finding(struct buf *b, const struct report_finding *f)
{
	buf_addf(b, "{\"rule\":\"%s\",\"severity\":\"%s\",\"state\":\"%s\"", report_rule_text(f->rule)->id,
		 severity_word(f->severity), report_state_word(f->state));
	write_place(b, &f->place);
	report_add_member(b, "server", f->server);
	report_add_member(b, "tool", f->tool);
	buf_adds(b, ",\"message\":");
	report_add_message(b, f->message);
	if (f->policy)
		buf_addf(b, ",\"policy\":%s", f->policy);
	report_add_member(b, "reason", f->reason);
	buf_addf(b, ",\"fingerprint\":\"%s\"}", f->fingerprint);
}

static void write_counts(struct buf *b, const struct report *r, const struct report_about *about)
{
	struct report_counts c = report_count(r);
	buf_adds(b, ",\"summary\":{\"new\":{");
	for (int s = SEVERITY_CRITICAL; s > SEVERITY_UNKNOWN; s--)
		buf_addf(b, "%s\"%s\":%zu", s == SEVERITY_CRITICAL ? "" : ",", severity_word((enum severity)s), c.fresh[s]);
	buf_addf(b, "},\"known\":%zu,\"gone\":%zu,\"files\":%zu,\"servers\":%zu,\"tools\":%zu,\"cut\":%s,\"failed\":%s}", c.known,
		 r->gone, r->file_n, r->server_n, r->tool_n, r->is_cut ? "true" : "false",
		 report_fails(r, about->fail_on) ? "true" : "false");
}

void report_write_json(struct buf *b, const struct report *r, const struct report_about *about)
{
	buf_adds(b, "{\"version\":1,\"findings\":[");
	for (size_t i = 0; i < r->finding_n; i++) {
		buf_adds(b, i ? "," : "");
		write_finding(b, &r->findings[i]);
	}
	buf_adds(b, "],\"servers\":[");
	for (size_t i = 0; i < r->server_n; i++) {
		buf_adds(b, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(b, slice_str(r->servers[i].name));
		buf_addf(b, ",\"listed\":%s", r->servers[i].is_listed ? "true" : "false");
		write_place(b, &r->servers[i].place);
		buf_addc(b, '}');
	}
	buf_adds(b, "],\"tools\":[");
	for (size_t i = 0; i < r->tool_n; i++) {
		const struct report_tool *t = &r->tools[i];
		buf_adds(b, i ? ",{\"server\":" : "{\"server\":");
		buf_add_json_string(b, slice_str(t->server));
		buf_adds(b, ",\"name\":");
		buf_add_json_string(b, slice_str(t->name));
		buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"pin\":\"%s\"", category_word(t->category), severity_word(t->severity),
			 t->pin);
		write_place(b, &t->place);
		buf_addc(b, '}');
	}
	buf_adds(b, "],\"notes\":[");
	for (size_t i = 0; i < r->note_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(r->notes[i]));
	}
	buf_addc(b, ']');
	write_counts(b, r, about);
	buf_adds(b, "}\n");
}
