/* Small pieces of pages. */
#include "base/clock.h"
#include "base/html.h"
#include "site/inside.h"
#include <stdio.h>

void add_text(struct site *s, struct slice text)
{
	html_add(&s->b, text, 0);
}

void add_number(struct site *s, uint64_t n)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			buf_addc(&s->b, ',');
		buf_addc(&s->b, digits[i]);
	}
}

const char *count_of(uint64_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

void add_day(struct site *s, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	if (us <= 0) {
		buf_adds(&s->b, "an unknown day");
		return;
	}
	clock_text(us, text);
	buf_addf(&s->b, "<time datetime=\"%.19sZ\">%.10s</time>", text, text);
}

const char *severity_name(enum severity v)
{
	static const char *const names[SEVERITIES] = { "Unknown", "Low", "Medium", "High", "Critical" };
	return v < SEVERITIES ? names[v] : names[0];
}

const char *category_name(enum category c)
{
	static const char *const names[CATEGORIES] = { "Unknown", "Read", "Write", "Execute", "Destructive", "Financial" };
	return c < CATEGORIES ? names[c] : names[0];
}

const char *category_means(enum category c)
{
	static const char *const meanings[CATEGORIES] = {
		"its definition is no valid tool, so nothing can be said of it",
		"observes only; a call changes nothing",
		"creates or changes, in a way that can be put right",
		"runs code or commands, or sets off an operation whose effect depends on the arguments",
		"deletes or changes beyond recall",
		"moves money or commits spending",
	};
	return c < CATEGORIES ? meanings[c] : meanings[0];
}

void add_severity(struct site *s, enum severity v)
{
	buf_addf(&s->b, "<a class=\"badge s%u\" href=\"%srisk/%s.html\">%s risk</a>", (unsigned)v, s->root, severity_word(v),
		 severity_name(v));
}

void add_category(struct site *s, enum category c)
{
	buf_addf(&s->b, "<a class=\"badge kind\" href=\"%scategory/%s.html\">%s</a>", s->root, category_word(c),
		 category_name(c));
}

static bool is_address(struct slice url)
{
	if (!slice_starts(url, SLICE_LIT("https://")) && !slice_starts(url, SLICE_LIT("http://")))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~' || strchr("\"'<>\\^`{|}", url.p[i]))
			return false;
	return url.n < 2000;
}

void add_outward(struct site *s, struct slice url, struct slice text)
{
	bool is_link = is_address(url);
	if (is_link) {
		buf_adds(&s->b, "<a rel=\"nofollow noopener noreferrer\" href=\"");
		html_add_plain(&s->b, url, 0);
		buf_adds(&s->b, "\">");
	}
	if (html_add(&s->b, text.n ? text : url, 300))
		buf_adds(&s->b, "…");
	buf_adds(&s->b, is_link ? "</a>" : "");
}

struct slice server_title(const struct server_row *r)
{
	return r->s.title.n ? r->s.title : r->s.id;
}

void add_server_link(struct site *s, const struct server_row *r)
{
	buf_addf(&s->b, "<a href=\"%sserver/%s/index.html\">", s->root, r->file);
	if (html_add(&s->b, server_title(r), 120))
		buf_adds(&s->b, "…");
	buf_adds(&s->b, "</a>");
}

/* Long names may break behind their marks, and nowhere else. */
static void add_breakable(struct site *s, struct slice name, size_t max)
{
	bool is_cut = name.n > max;
	while (name.n && max) {
		size_t n = 0;
		while (n < name.n && n < max && !(n && strchr("_-/.", name.p[n - 1])))
			n++;
		/* html_add cuts at characters. */
		(void)html_add(&s->b, name, n);
		buf_adds(&s->b, n < name.n ? "<wbr>" : "");
		name = slice_of(name.p + n, name.n - n);
		max -= n;
	}
	buf_adds(&s->b, is_cut ? "…" : "");
}

void add_tool_link(struct site *s, const struct tool_row *t)
{
	char file[SITE_NAME_SIZE];
	site_name(t->name, file);
	buf_addf(&s->b, "<a href=\"%sserver/%s/%s.html\"><code>", s->root, server_of(s, t)->file, file);
	if (!t->name.n)
		buf_adds(&s->b, "(no name)");
	add_breakable(s, t->name, 120);
	buf_adds(&s->b, "</code></a>");
}

void add_code(struct site *s, const char *id, const char *what, struct slice text)
{
	buf_addf(&s->b,
		 "<div class=\"code\"><p class=\"file\">%s<button type=\"button\" class=\"copy\" data-copy=\"%s\" hidden>Copy"
		 "<span class=\"hidden\"> %s</span></button></p><pre id=\"%s\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><code>",
		 what, id, what, id, what);
	add_text(s, text);
	buf_adds(&s->b, "</code></pre></div>");
}

void add_tools_begin(struct site *s, const char *caption, bool with_server)
{
	buf_addf(&s->b,
		 "<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"%s\"><table class=\"tools\"><caption>%s</caption><thead>"
		 "<tr><th scope=\"col\">Risk</th><th scope=\"col\">Tool</th>%s<th scope=\"col\">Category</th>"
		 "<th scope=\"col\">What it says of itself</th></tr></thead><tbody>\n",
		 caption, caption, with_server ? "<th scope=\"col\">Server</th>" : "");
}

void add_tool(struct site *s, const struct tool_row *t, bool with_server)
{
	struct buf *b = &s->b;
	buf_addf(b, "<tr><td><span class=\"badge s%u\">%s</span></td><th scope=\"row\">", t->severity,
		 severity_name((enum severity)t->severity));
	add_tool_link(s, t);
	if (t->is_gone)
		buf_adds(b, " <span class=\"gone\">no longer listed</span>");
	buf_adds(b, "</th>");
	if (with_server) {
		buf_adds(b, "<td>");
		add_server_link(s, server_of(s, t));
		buf_adds(b, "</td>");
	}
	buf_addf(b, "<td>%s</td><td>", category_name((enum category)t->category));
	if (t->summary.n)
		add_text(s, t->summary);
	else
		buf_adds(b, "<em>nothing: its description is empty</em>");
	if (t->is_disputed)
		buf_adds(b, " <strong class=\"odds\">claims otherwise</strong>");
	buf_adds(b, "</td></tr>\n");
}

void add_tools_end(struct site *s)
{
	buf_adds(&s->b, "</tbody></table></div>");
}

void add_split(struct site *s, const uint64_t by_category[CATEGORIES], uint64_t total)
{
	struct buf *b = &s->b;
	buf_adds(b, "<ul class=\"split\">");
	for (unsigned c = CATEGORIES; c-- > 0;) {
		if (!by_category[c])
			continue;
		uint64_t tenths = total ? (by_category[c] * 1000 + total / 2) / total : 0;
		buf_addf(b, "<li class=\"c%u\"><strong>", c);
		add_number(s, by_category[c]);
		buf_addf(b, "</strong> <a href=\"%scategory/%s.html\">%s</a> <span>%llu.%llu %%</span><meter min=\"0\" max=\"1000\" value=\"%llu\" aria-label=\"Share of %s\"></meter>",
			 s->root, category_word((enum category)c), category_name((enum category)c),
			 (unsigned long long)(tenths / 10), (unsigned long long)(tenths % 10), (unsigned long long)tenths,
			 category_name((enum category)c));
	}
	buf_adds(b, "</ul>");
}
