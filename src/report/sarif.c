/*
 * SARIF 2.1.0 (OASIS), as GitHub's code scanning takes it: at most LIMIT_REPORT_RESULTS results, the most
 * severe first, security-severity on the rules, fingerprints of our own. What the baseline has is told as
 * unchanged and suppressed, so that a viewer knows of it and does not show it.
 */
#include "base/check.h"
#include "base/limits.h"
#include "report/write.h"
#include <stdlib.h>

static const char *level_of(enum severity s)
{
	return s >= SEVERITY_HIGH ? "error" : s == SEVERITY_MEDIUM ? "warning" : "note";
}

/* What code scanning makes its own words of: above 9 critical, 7 high, 4 medium. */
static const char *number_of(enum severity s)
{
	static const char *const numbers[SEVERITIES] = { "2.0", "2.0", "5.5", "8.0", "9.5" };
	return numbers[s];
}

static void write_text(struct buf *b, const char *key, const char *text)
{
	buf_addf(b, ",\"%s\":{\"text\":", key);
	buf_add_json_string(b, slice_str(text));
	buf_addc(b, '}');
}

static void write_help(struct buf *b, const struct report_rule_text *t)
{
	struct buf text = BUF_INIT(4096), markdown = BUF_INIT(4096);
	buf_addf(&text, "%s %s", t->why, t->advice);
	buf_addf(&markdown, "%s\n\n%s\n", t->why, t->advice);
	if (t->policy) {
		buf_addf(&text, " In a policy, under tools.NAME: %s", t->policy);
		buf_addf(&markdown, "\nIn a policy, under `tools.NAME`:\n\n```json\n%s\n```\n", t->policy);
	}
	buf_adds(b, ",\"help\":{\"text\":");
	buf_add_json_string(b, buf_slice(&text));
	buf_adds(b, ",\"markdown\":");
	buf_add_json_string(b, buf_slice(&markdown));
	buf_addc(b, '}');
	buf_release(&text);
	buf_release(&markdown);
}

static void write_rule(struct buf *b, enum report_rule r, const struct report_about *about)
{
	const struct report_rule_text *t = report_rule_text(r);
	buf_addf(b, "%s{\"id\":\"%s\"", r == RULE_NONE + 1 ? "" : ",", t->id);
	write_text(b, "shortDescription", t->title);
	write_text(b, "fullDescription", t->why);
	write_help(b, t);
	if (about->help) {
		struct buf uri = BUF_INIT(4096);
		buf_addf(&uri, "%s#%s", about->help, t->id);
		report_add_member(b, "helpUri", buf_str(&uri));
		buf_release(&uri);
	}
	buf_addf(b, ",\"defaultConfiguration\":{\"level\":\"%s\"}", level_of(t->severity));
	buf_addf(b, ",\"properties\":{\"tags\":[\"security\",\"mcp\"],\"security-severity\":\"%s\"}}", number_of(t->severity));
}

/* A path as a relative reference (RFC 3986, 4.2). The first segment must not look like a scheme. */
static void write_uri(struct buf *b, const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	struct buf uri = BUF_INIT(1u << 16);
	for (const char *p = path; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~/", (char)c);
		if (is_plain) {
			buf_addc(&uri, (char)c);
		} else {
			buf_addc(&uri, '%');
			buf_addc(&uri, hex[c >> 4]);
			buf_addc(&uri, hex[c & 15]);
		}
	}
	buf_add_json_string(b, buf_slice(&uri));
	buf_release(&uri);
}

/* The files by their index, in the order in which results name them. */
struct files {
	struct map map;
	const char **v;
	size_t n;
};

static size_t file_at(struct files *f, const char *file)
{
	size_t at = (size_t)(uintptr_t)map_get(&f->map, slice_str(file));
	if (at)
		return at - 1;
	f->v[f->n] = file;
	map_put(&f->map, slice_str(file), (void *)(uintptr_t)(f->n + 1));
	return f->n++;
}

static void write_artifact_location(struct buf *b, const char *file)
{
	buf_adds(b, "{\"uri\":");
	write_uri(b, file);
	buf_adds(b, ",\"uriBaseId\":\"%SRCROOT%\"");
}

static void write_location(struct buf *b, const struct report_finding *f, struct files *files)
{
	buf_adds(b, ",\"locations\":[{");
	if (f->place.file) {
		buf_adds(b, "\"physicalLocation\":{\"artifactLocation\":");
		write_artifact_location(b, f->place.file);
		/* code scanning wants a line */
		buf_addf(b, ",\"index\":%zu},\"region\":{\"startLine\":%d", file_at(files, f->place.file), f->place.line ? f->place.line : 1);
		if (f->place.line && f->place.column)
			buf_addf(b, ",\"startColumn\":%d", f->place.column);
		if (f->place.line && f->place.end_line)
			buf_addf(b, ",\"endLine\":%d,\"endColumn\":%d", f->place.end_line, f->place.end_column);
		buf_adds(b, "}}");
	}
	if (f->server[0]) {
		struct buf full = BUF_INIT(1u << 16);
		buf_adds(&full, f->server);
		if (f->tool[0])
			buf_addf(&full, "/%s", f->tool);
		buf_adds(b, f->place.file ? ",\"logicalLocations\":[{\"name\":" : "\"logicalLocations\":[{\"name\":");
		buf_add_json_string(b, slice_str(f->tool[0] ? f->tool : f->server));
		buf_adds(b, ",\"fullyQualifiedName\":");
		buf_add_json_string(b, buf_slice(&full));
		buf_addf(b, ",\"kind\":\"%s\"}]", f->tool[0] ? "function" : "module");
		buf_release(&full);
	}
	buf_adds(b, "}]");
}

static void write_state(struct buf *b, const struct report_finding *f)
{
	buf_addf(b, ",\"baselineState\":\"%s\",\"suppressions\":[", report_state_word(f->state));
	if (f->state == REPORT_KNOWN) {
		buf_adds(b, "{\"kind\":\"external\"");
		report_add_member(b, "justification", f->reason ? f->reason : "accepted in the baseline");
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

/* {0} would be a placeholder (3.11.5), and [text](target) a link (3.11.6); neither is ours. */
static void write_message(struct buf *b, const char *message)
{
	struct buf text = BUF_INIT(1u << 20), safe = BUF_INIT(1u << 20);
	report_write_message(&text, message);
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], next = i + 1 < text.n ? text.p[i + 1] : '\0';
		buf_addc(&safe, c);
		if (c == '{' && next >= '0' && next <= '9')
			buf_addc(&safe, '{');
		if (c == ']' && next == '(')
			buf_addc(&safe, ' ');
	}
	buf_adds(b, ",\"message\":{\"text\":");
	buf_add_json_string(b, buf_slice(&safe));
	buf_addc(b, '}');
	buf_release(&text);
	buf_release(&safe);
}

static void write_result(struct buf *b, const struct report *r, const struct report_finding *f, struct files *files)
{
	buf_addf(b, "{\"ruleId\":\"%s\",\"ruleIndex\":%d,\"level\":\"%s\"", report_rule_text(f->rule)->id, (int)f->rule - 1,
		 level_of(f->severity));
	write_message(b, f->message);
	write_location(b, f, files);
	buf_addf(b, ",\"partialFingerprints\":{\"primaryLocationLineHash\":\"%.16s:1\",\"gatehouse/v1\":\"%s\"}", f->fingerprint,
		 f->fingerprint);
	if (r->has_baseline)
		write_state(b, f);
	buf_addf(b, ",\"properties\":{\"severity\":\"%s\"", severity_word(f->severity));
	report_add_member(b, "server", f->server);
	report_add_member(b, "tool", f->tool);
	if (f->policy)
		buf_addf(b, ",\"policy\":%s", f->policy);
	buf_adds(b, "}}");
}

static void write_notice(struct buf *b, size_t i, const char *text)
{
	buf_addf(b, "%s{\"level\":\"note\"", i ? "," : "");
	write_text(b, "message", text);
	buf_addc(b, '}');
}

static void write_notices(struct buf *b, const struct report *r)
{
	char text[200];
	size_t n = 0;
	buf_adds(b, ",\"invocations\":[{\"executionSuccessful\":true,\"toolExecutionNotifications\":[");
	for (; n < r->note_n; n++)
		write_notice(b, n, r->notes[n]);
	if (r->is_cut)
		write_notice(b, n++, "there is more than this program keeps; what is shown is not all");
	if (r->finding_n > LIMIT_REPORT_RESULTS) {
		snprintf(text, sizeof text, "%zu results, the least severe, are left out: code scanning stores %d",
			 r->finding_n - LIMIT_REPORT_RESULTS, LIMIT_REPORT_RESULTS);
		write_notice(b, n, text);
	}
	buf_adds(b, "]}]");
}

void report_write_sarif(struct buf *b, const struct report *r, const struct report_about *about)
{
	size_t n = r->finding_n < LIMIT_REPORT_RESULTS ? r->finding_n : LIMIT_REPORT_RESULTS;
	struct files files = { .v = mem_alloc((n + 1) * sizeof *files.v) };
	map_init(&files.map);
	buf_adds(b, "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"
		    "\"name\":\"gatehouse\"");
	report_add_member(b, "semanticVersion", about->version);
	report_add_member(b, "informationUri", about->help);
	buf_adds(b, ",\"rules\":[");
	for (int rule = RULE_NONE + 1; rule < RULES; rule++)
		write_rule(b, (enum report_rule)rule, about);
	buf_adds(b, "]}},\"automationDetails\":{\"id\":\"gatehouse-scan/\"},\"columnKind\":\"unicodeCodePoints\","
		    "\"originalUriBaseIds\":{\"%SRCROOT%\":{\"description\":{\"text\":\"the root of the repository\"}}},\"results\":[");
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ",\n" : "\n");
		write_result(b, r, &r->findings[i], &files);
	}
	buf_adds(b, "],\"artifacts\":[");
	for (size_t i = 0; i < files.n; i++) {
		buf_adds(b, i ? ",{\"location\":" : "{\"location\":");
		write_artifact_location(b, files.v[i]);
		buf_adds(b, "}}");
	}
	buf_addc(b, ']');
	write_notices(b, r);
	buf_adds(b, "}]}\n");
	map_release(&files.map);
	free(files.v);
}
