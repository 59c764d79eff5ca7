/* The page of a server: who it is, what it can do in all, and one policy for it. */
#include "base/html.h"
#include "site/tool_parts.h"
#include <stdio.h>
#include <stdlib.h>

#define TOOLS_A_PAGE  500
#define CHANGES_SHOWN 30
#define POLICY_SHOWN  65536

static void add_fact(struct site *s, const char *name, struct slice text, bool is_address)
{
	if (!text.n)
		return;
	buf_addf(&s->b, "<dt>%s</dt><dd>", name);
	if (is_address)
		add_outward(s, text, slice_of("", 0));
	else if (html_add(&s->b, text, 300))
		buf_adds(&s->b, "…");
	buf_adds(&s->b, "</dd>");
}

static void add_identity(struct site *s, const struct server_row *r)
{
	static const char *const sources[] = { "unknown", "the server itself, live (tools/list)", "a file with its list", "a registry" };
	const struct index_server *v = &r->s;
	struct buf *b = &s->b;
	buf_adds(b, "<section aria-labelledby=\"who\"><h2 id=\"who\">Where this comes from</h2><dl class=\"facts\"><dt>Identity</dt><dd><code>");
	html_add(b, v->id, 300);
	buf_adds(b, "</code></dd>");
	buf_addf(b, "<dt>Definitions from</dt><dd>%s</dd>",
		 (unsigned)v->source < ARRAY_LEN(sources) ? sources[v->source] : sources[0]);
	add_fact(s, "Read from", v->where, true);
	add_fact(s, "Package", v->package, false);
	add_fact(s, "Version", v->version, false);
	add_fact(s, "Answers at", v->remote, true);
	add_fact(s, "Website", v->website, true);
	add_fact(s, "Repository", v->repository, true);
	add_fact(s, "Registry says", v->status, false);
	add_fact(s, "Registry entry", v->entry, false);
	buf_adds(b, "<dt>Last read</dt><dd>");
	add_day(s, v->seen_us);
	buf_adds(b, "</dd><dt>Last change</dt><dd>");
	add_day(s, v->changed_us ? v->changed_us : v->added_us);
	buf_adds(b, "</dd>");
	if (v->digest[0])
		buf_addf(b, "<dt>Digest of its tools (SHA-256)</dt><dd><code class=\"hash\">%s</code></dd>", v->digest);
	buf_adds(b, "</dl></section>\n");
}

static uint32_t count_hard(const struct index_server *v)
{
	return v->by_category[CATEGORY_WRITE] + v->by_category[CATEGORY_EXECUTE] + v->by_category[CATEGORY_DESTRUCTIVE] +
	       v->by_category[CATEGORY_FINANCIAL];
}

static void add_numbers(struct site *s, const struct server_row *r)
{
	const struct index_server *v = &r->s;
	struct buf *b = &s->b, grade = BUF_INIT(4096);
	uint64_t split[CATEGORIES];
	uint32_t hard = count_hard(v), worst = v->by_category[CATEGORY_DESTRUCTIVE] + v->by_category[CATEGORY_FINANCIAL];
	for (unsigned i = 0; i < CATEGORIES; i++)
		split[i] = v->by_category[i];
	char letter = index_grade(v, &grade);
	buf_adds(b, "<section aria-labelledby=\"sum\"><h2 id=\"sum\">What its tools can do</h2>");
	buf_addf(b, "<p class=\"grade g%c\"><strong>Grade %c</strong> <span>", letter >= 'A' && letter <= 'F' ? letter : 'X', letter);
	html_add(b, buf_slice(&grade), 2000);
	buf_adds(b, "</span></p><p><strong>");
	add_number(s, v->tools);
	buf_addf(b, "</strong> %s. ", count_of(v->tools, "tool", "tools"));
	if (v->tools)
		buf_addf(b, "<strong>%u %%</strong> of them (%u) can change something, %u %% (%u) destroy or spend. ",
			 (unsigned)((uint64_t)hard * 100 / v->tools), hard, (unsigned)((uint64_t)worst * 100 / v->tools), worst);
	if (v->refused)
		buf_addf(b, "%u %s no valid tool. ", v->refused, count_of(v->refused, "definition is", "definitions are"));
	if (v->disputed)
		buf_addf(b, "%u %s less than our finding says. ", v->disputed, count_of(v->disputed, "tool claims", "tools claim"));
	buf_adds(b, "Their definitions weigh about ");
	add_number(s, v->tokens);
	buf_adds(b, " tokens in an agent's context");
	if (v->tokens)
		buf_addf(b, ", %llu.%llu %% of a window of 200,000", (unsigned long long)(v->tokens / 2000),
			 (unsigned long long)(v->tokens / 200 % 10));
	buf_adds(b, ".</p>");
	add_split(s, split, v->tools);
	buf_adds(b, "</section>\n");
	buf_release(&grade);
}

static void add_policy(struct site *s, const struct server_row *r, struct slice policy)
{
	struct buf *b = &s->b;
	buf_adds(b, "<section aria-labelledby=\"policy-whole\"><h2 id=\"policy-whole\">A policy for the whole server</h2>");
	if (!r->s.tools) {
		buf_adds(b, "<p>It lists no tools: there is nothing to allow.</p></section>\n");
		return;
	}
	buf_adds(b, "<p>What only reads may be called, what writes or executes is rate-limited, what destroys is hidden, what spends "
		    "waits for a person. Everything that is not named is refused. Narrow it to what your agents need.</p>");
	if (policy.n && policy.n <= POLICY_SHOWN)
		add_code(s, "policy", "policy.json", policy);
	if (policy.n)
		buf_adds(b, "<p><a class=\"button\" href=\"policy.json\" download>Download policy.json</a></p>");
	else
		buf_adds(b, "<p class=\"note\">Its definitions are too large for a policy in one piece: take the rules of its tools.</p>");
	add_gate_link(s, r, slice_of("", 0), "Apply it at your gate");
	add_commands(s, r, "policy.json");
	buf_adds(b, "</section>\n");
}

static bool on_change(void *ctx, const struct index_change *c)
{
	struct site *s = ctx;
	buf_adds(&s->b, "<li>");
	add_change(s, c, false);
	return true;
}

static bool add_changes(struct site *s, const struct server_row *r)
{
	size_t before;
	buf_adds(&s->b, "<section aria-labelledby=\"changes\"><h2 id=\"changes\">What changed</h2><ul class=\"list\">");
	before = s->b.n;
	if (!index_each_change(s->x, r->s.id, 0, CHANGES_SHOWN, on_change, s, s->e))
		return false;
	buf_adds(&s->b, s->b.n == before ? "<li>Nothing since it was first read.</ul></section>\n" : "</ul></section>\n");
	return true;
}

static void add_server_patterns(struct site *s)
{
	const struct attack_pattern *a;
	buf_adds(&s->b, "<section aria-labelledby=\"patterns\"><h2 id=\"patterns\">Attack patterns of servers</h2><p>These attach to no "
			"single tool: a server's definitions, its package and what it sends back can carry them. They say nothing "
			"against this one.</p><ul class=\"columns\">");
	for (size_t at = 0; (a = attack_next(&at));)
		if (a->is_of_server) {
			buf_addf(&s->b, "<li><a href=\"%sattack/%s.html\">", s->root, a->id);
			add_text(s, slice_str(a->name));
			buf_adds(&s->b, "</a>");
		}
	buf_adds(&s->b, "</ul></section>\n");
}

/* One page of its tools; page counts from 0. */
static void add_page_of_tools(struct site *s, const struct server_row *r, const uint32_t *v, size_t page)
{
	size_t pages = (r->n + TOOLS_A_PAGE - 1) / TOOLS_A_PAGE, end = (page + 1) * TOOLS_A_PAGE;
	buf_adds(&s->b, "<section aria-labelledby=\"tools\"><h2 id=\"tools\">Its tools</h2>");
	if (!r->n) {
		buf_adds(&s->b, r->s.has_list ? "<p>Its list is empty.</p></section>\n"
					      : "<p>Nobody has listed its tools yet: this is what a registry says of it.</p></section>\n");
		return;
	}
	add_tools_begin(s, "Tools, the most dangerous first", false);
	for (size_t i = page * TOOLS_A_PAGE; i < r->n && i < end; i++)
		add_tool(s, &s->tools[v[i]], false);
	add_tools_end(s);
	if (pages > 1)
		buf_adds(&s->b, "<nav aria-label=\"Pages\" class=\"pages\"><ul>");
	for (size_t i = 0; pages > 1 && i < pages; i++) {
		buf_addf(&s->b, i ? "<li><a href=\"~%zu.html\"" : "<li><a href=\"index.html#tools\"", i + 1);
		buf_addf(&s->b, "%s>%zu</a>", i == page ? " aria-current=\"page\"" : "", i + 1);
	}
	buf_adds(&s->b, pages > 1 ? "</ul></nav></section>\n" : "</section>\n");
}

static void begin(struct site *s, const struct server_row *r, struct page *page, size_t number)
{
	struct buf title = BUF_INIT(1024), text = BUF_INIT(1024);
	html_add_visible(&title, server_title(r), 150);
	if (number)
		buf_addf(&title, ", page %zu", number + 1);
	buf_addf(&text, "%u tools of the MCP server %.*s: risk, evidence and a policy", r->s.tools, (int)(r->s.id.n > 100 ? 100 : r->s.id.n),
		 r->s.id.p);
	page->title = buf_slice(&title);
	page->description = buf_slice(&text);
	page_begin(s, page);
	buf_addf(&s->b, "<nav class=\"crumbs\" aria-label=\"Breadcrumb\"><ol><li><a href=\"%sservers/index.html\">Servers</a>"
			"<li aria-current=\"page\">", s->root);
	add_text(s, buf_slice(&title));
	buf_adds(&s->b, "</ol></nav><h1>");
	add_text(s, buf_slice(&title));
	buf_adds(&s->b, "</h1>");
	buf_release(&title);
	buf_release(&text);
}

static bool write_more(struct site *s, const struct server_row *r, const uint32_t *v)
{
	char path[200];
	for (size_t i = 1; i * TOOLS_A_PAGE < r->n; i++) {
		struct page page = { .path = path, .section = "servers" };
		snprintf(path, sizeof path, "server/%s/~%zu.html", r->file, i + 1);
		begin(s, r, &page, i);
		add_page_of_tools(s, r, v, i);
		if (!page_end(s))
			return false;
	}
	return true;
}

bool server_page(struct site *s, const struct server_row *r, struct slice policy)
{
	char path[200];
	struct page page = { .path = path, .section = "servers" };
	uint32_t *v = arena_alloc(&s->arena, (r->n ? r->n : 1) * sizeof *v);
	if (!v)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece");
	for (size_t i = 0; i < r->n; i++)
		v[i] = r->first + (uint32_t)i;
	qsort_r(v, r->n, sizeof *v, row_compare_rank, s);
	snprintf(path, sizeof path, "server/%s/index.html", r->file);
	begin(s, r, &page, 0);
	if (r->s.description.n) {
		buf_adds(&s->b, "<blockquote class=\"says\">");
		if (html_add(&s->b, r->s.description, 1500))
			buf_adds(&s->b, "…");
		buf_adds(&s->b, "</blockquote>");
	}
	add_numbers(s, r);
	add_identity(s, r);
	add_page_of_tools(s, r, v, 0);
	add_policy(s, r, policy);
	if (!add_changes(s, r))
		return false;
	add_server_patterns(s);
	return page_end(s) && write_more(s, r, v);
}
