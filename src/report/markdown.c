/*
 * A comment for a pull request (GitHub Flavored Markdown). All text of strangers stands in code spans,
 * where neither Markdown nor HTML, links or mentions mean anything.
 */
#include "base/limits.h"
#include "report/write.h"

#define TAIL_ROOM 4000 /* for what stands behind the table */

/* In a cell: a bar ends it, also within a code span, but for an escaped one. */
static void add_code(struct buf *b, const char *text, size_t n)
{
	buf_addc(b, '`');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '|')
			buf_addc(b, '\\');
		buf_addc(b, text[i] == '`' ? '\'' : text[i]);
	}
	buf_adds(b, n ? "`" : " `");
}

static void add_message(struct buf *b, const char *message)
{
	while (*message) {
		size_t n = strcspn(message, "\x01\x02");
		buf_add(b, message, n);
		message += n;
		if (*message == REPORT_OPEN) {
			n = strcspn(++message, "\x02");
			add_code(b, message, n);
			message += n;
		}
		message += *message != '\0';
	}
}

static size_t characters(struct slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void add_row(struct buf *b, const struct report_finding *f, const struct report_about *about)
{
	struct buf where = BUF_INIT(1u << 16);
	const char *id = report_rule_text(f->rule)->id;
	report_write_where(&where, f);
	buf_addf(b, "| %s%s | ", severity_word(f->severity), f->state == REPORT_WORSE ? " (was less)" : "");
	if (about->help)
		buf_addf(b, "[`%s`](%s#%s) | ", id, about->help, id);
	else
		buf_addf(b, "`%s` | ", id);
	add_code(b, buf_str(&where), where.n);
	buf_adds(b, " | ");
	add_message(b, f->message);
	buf_adds(b, " |\n");
	buf_release(&where);
}

/* As long as there is room; how many rows it took. */
static size_t add_table(struct buf *b, const struct report *r, size_t n, const struct report_about *about, size_t room)
{
	struct buf row = BUF_INIT(1u << 20);
	size_t i = 0, used = 0;
	buf_adds(b, "\n| severity | rule | where | what |\n|---|---|---|---|\n");
	for (; i < n; i++) {
		buf_clear(&row);
		add_row(&row, &r->findings[i], about);
		used += characters(buf_slice(&row));
		if (used > room)
			break;
		buf_add_slice(b, buf_slice(&row));
	}
	buf_release(&row);
	return i;
}

static bool is_same_tool(const struct report_finding *a, const struct report_finding *b, bool any_tool)
{
	return b->policy && strcmp(a->server, b->server) == 0 && (any_tool || strcmp(a->tool, b->tool) == 0);
}

/* Was its server, or its very tool, met before? */
static bool is_later(const struct report *r, size_t at, bool any_tool)
{
	for (size_t i = 0; i < at; i++)
		if (is_same_tool(&r->findings[at], &r->findings[i], any_tool))
			return true;
	return false;
}

/* The rules of one server's tools, each once: a policy is for a server, and a key may stand once. JSON has no line
 * end within a string, so that no line can end the fence. */
static void add_server_policy(struct buf *b, const struct report *r, size_t first, size_t n, size_t *room)
{
	struct buf row = BUF_INIT(1u << 20);
	size_t shown = 0, left = 0, length;
	for (size_t i = first; i < n; i++) {
		if (!is_same_tool(&r->findings[first], &r->findings[i], true) || is_later(r, i, false))
			continue;
		buf_clear(&row);
		if (!shown) {
			buf_adds(&row, "\nServer ");
			add_code(&row, r->findings[first].server, strlen(r->findings[first].server));
			buf_adds(&row, ":\n\n```json\n{");
		}
		buf_adds(&row, shown ? ",\n  " : "\n  ");
		buf_add_json_string(&row, slice_str(r->findings[i].tool));
		buf_addf(&row, ": %s", r->findings[i].policy);
		length = characters(buf_slice(&row)) + 100;
		if (length > *room) {
			left++;
			continue;
		}
		*room -= length;
		shown++;
		buf_add_slice(b, buf_slice(&row));
	}
	buf_adds(b, shown ? "\n}\n```\n" : "");
	if (shown && left)
		buf_addf(b, "\nAnd %zu more.\n", left);
	buf_release(&row);
}

static void add_policy(struct buf *b, const struct report *r, size_t n, size_t room)
{
	bool is_open = false;
	for (size_t i = 0; i < n; i++) {
		if (!r->findings[i].policy || is_later(r, i, true))
			continue;
		if (!is_open)
			buf_adds(b, "\n<details><summary>Recommended rules, for <code>tools</code> in a policy</summary>\n");
		is_open = true;
		add_server_policy(b, r, i, n, &room);
	}
	buf_adds(b, is_open ? "\n</details>\n" : "");
}

/* At a bound of characters. */
static size_t cut_at(const char *text, size_t max)
{
	size_t n = strlen(text);
	if (n <= max)
		return n;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void add_notes(struct buf *b, const struct report *r)
{
	size_t shown = r->note_n < 10 ? r->note_n : 10;
	for (size_t i = 0; i < shown; i++) {
		buf_adds(b, i ? "- " : "\nNot looked at:\n\n- ");
		add_code(b, r->notes[i], cut_at(r->notes[i], 250));
		buf_addc(b, '\n');
	}
	if (r->note_n > shown)
		buf_addf(b, "- and %zu more\n", r->note_n - shown);
	if (r->is_cut)
		buf_adds(b, "\nThere is more than this program keeps; what is shown is not all.\n");
}

void report_write_markdown(struct buf *b, const struct report *r, const struct report_about *about)
{
	struct report_counts c = report_count(r);
	const char *verdict = report_verdict(r, about);
	size_t n = 0;
	buf_adds(b, "## MCP servers and tools: ");
	if (verdict)
		buf_addf(b, "%s at %s\n\n", verdict, severity_word(about->fail_on));
	else
		buf_adds(b, "what was found\n\n");
	report_write_totals(b, r);
	buf_adds(b, ".\n");
	if (c.fresh_n) {
		n = add_table(b, r, c.fresh_n, about, LIMIT_REPORT_MARKDOWN - TAIL_ROOM - LIMIT_REPORT_MARKDOWN / 4);
		if (n < c.fresh_n)
			buf_addf(b, "\nAnd %zu more, none of them more severe.\n", c.fresh_n - n);
		add_policy(b, r, n, LIMIT_REPORT_MARKDOWN / 4 - 1000);
	}
	add_notes(b, r);
}
