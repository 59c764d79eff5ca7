/* What came of tests: for people, for programs, and for what runs tests for other people. */
#include "author/suite.h"

bool suite_format_read(const char *word, enum suite_format *out)
{
	static const char *const words[] = {"text", "json", "tap", "junit"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i], word) == 0) {
			*out = (enum suite_format)i;
			return true;
		}
	return false;
}

/* Each line with something before it. */
static void add_lines(struct buf *b, const char *before, const char *lines)
{
	while (*lines) {
		size_t n = strcspn(lines, "\n");
		buf_addf(b, "%s%.*s\n", before, (int)n, lines);
		lines += n + (lines[n] == '\n');
	}
}

static void write_text(struct buf *b, const struct suite_report *v, size_t n)
{
	size_t cases = 0, failed = 0, broken = 0;
	for (size_t i = 0; i < n; i++) {
		if (v[i].error)
			buf_adds(b, v[i].error);
		else
			buf_addf(b, "%s\n", v[i].file);
		for (size_t j = 0; j < v[i].n; j++) {
			buf_addf(b, "  %s  %s\n", v[i].v[j].why ? "FAIL" : "ok  ", v[i].v[j].name);
			if (v[i].v[j].why)
				add_lines(b, "        ", v[i].v[j].why);
		}
		cases += v[i].n;
		failed += v[i].failed;
		broken += v[i].error != NULL;
	}
	buf_addf(b, "%zu case%s: %zu passed, %zu failed", cases, cases == 1 ? "" : "s", cases - failed,
		 failed);
	if (broken)
		buf_addf(b, "; %zu file%s could not be run", broken, broken == 1 ? "" : "s");
	buf_addc(b, '\n');
}

static void add_string(struct buf *b, const char *before, const char *text)
{
	buf_adds(b, before);
	buf_add_json_string(b, slice_str(text));
}

static void write_json(struct buf *b, const struct suite_report *v, size_t n)
{
	size_t cases = 0, failed = 0;
	buf_adds(b, "{\"files\":[");
	for (size_t i = 0; i < n; i++) {
		add_string(b, i ? ",{\"file\":" : "{\"file\":", v[i].file);
		if (v[i].error)
			add_string(b, ",\"error\":", v[i].error);
		buf_adds(b, ",\"cases\":[");
		for (size_t j = 0; j < v[i].n; j++) {
			add_string(b, j ? ",{\"name\":" : "{\"name\":", v[i].v[j].name);
			buf_addf(b, ",\"passed\":%s,\"calls\":%zu", v[i].v[j].why ? "false" : "true",
				 v[i].v[j].calls);
			if (v[i].v[j].why)
				add_string(b, ",\"why\":", v[i].v[j].why);
			buf_addc(b, '}');
		}
		buf_adds(b, "]}");
		cases += v[i].n;
		failed += v[i].failed;
	}
	buf_addf(b, "],\"cases\":%zu,\"failed\":%zu}\n", cases, failed);
}

/* A '#' would begin a directive. */
static void add_tap_text(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '#')
			buf_addc(b, '\\');
		buf_addc(b, *text == '\n' || *text == '\r' ? ' ' : *text);
	}
}

static void write_tap(struct buf *b, const struct suite_report *v, size_t n)
{
	size_t number = 0;
	buf_adds(b, "TAP version 13\n");
	for (size_t i = 0; i < n; i++) {
		if (v[i].error) {
			buf_addf(b, "not ok %zu - ", ++number);
			add_tap_text(b, v[i].file);
			buf_addc(b, '\n');
			add_lines(b, "# ", v[i].error);
		}
		for (size_t j = 0; j < v[i].n; j++) {
			buf_addf(b, "%sok %zu - ", v[i].v[j].why ? "not " : "", ++number);
			add_tap_text(b, v[i].file);
			buf_adds(b, ": ");
			add_tap_text(b, v[i].v[j].name);
			buf_addc(b, '\n');
			if (v[i].v[j].why)
				add_lines(b, "# ", v[i].v[j].why);
		}
	}
	buf_addf(b, "1..%zu\n", number);
}

/* XML 1.0 has no way at all to write most control characters. */
static void add_xml(struct buf *b, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '&')
			buf_adds(b, "&amp;");
		else if (c == '<')
			buf_adds(b, "&lt;");
		else if (c == '>')
			buf_adds(b, "&gt;");
		else if (c == '"')
			buf_adds(b, "&quot;");
		else if (c == '\n')
			buf_adds(b, "&#10;");
		else
			buf_addc(b, c < 0x20 && c != '\t' ? '?' : *text);
	}
}

static void write_junit_file(struct buf *b, const struct suite_report *r)
{
	buf_adds(b, "  <testsuite name=\"");
	add_xml(b, r->file);
	buf_addf(b, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\">\n", r->n, r->failed, r->error != NULL);
	if (r->error) {
		buf_adds(b, "    <testcase name=\"(file)\"><error message=\"");
		add_xml(b, r->error);
		buf_adds(b, "\"/></testcase>\n");
	}
	for (size_t i = 0; i < r->n; i++) {
		buf_adds(b, "    <testcase name=\"");
		add_xml(b, r->v[i].name);
		buf_adds(b, "\" classname=\"");
		add_xml(b, r->file);
		if (!r->v[i].why) {
			buf_adds(b, "\"/>\n");
			continue;
		}
		buf_adds(b, "\"><failure message=\"");
		add_xml(b, r->v[i].why);
		buf_adds(b, "\"/></testcase>\n");
	}
	buf_adds(b, "  </testsuite>\n");
}

static void write_junit(struct buf *b, const struct suite_report *v, size_t n)
{
	size_t cases = 0, failed = 0, broken = 0;
	for (size_t i = 0; i < n; i++) {
		cases += v[i].n;
		failed += v[i].failed;
		broken += v[i].error != NULL;
	}
	buf_addf(b,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" failures=\"%zu\" "
		 "errors=\"%zu\">\n",
		 cases, failed, broken);
	for (size_t i = 0; i < n; i++)
		write_junit_file(b, &v[i]);
	buf_adds(b, "</testsuites>\n");
}

void suite_write(struct buf *b, enum suite_format format, const struct suite_report *v, size_t n)
{
	switch (format) {
	case SUITE_TEXT:
		write_text(b, v, n);
		return;
	case SUITE_JSON:
		write_json(b, v, n);
		return;
	case SUITE_TAP:
		write_tap(b, v, n);
		return;
	case SUITE_JUNIT:
		write_junit(b, v, n);
		return;
	}
}
