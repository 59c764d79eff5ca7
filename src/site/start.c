/* The first page, the method with its limits, the page of what is not there, and what all pages use. */
#include "base/html.h"
#include "site/inside.h"

#define MOST_DANGEROUS 20
#define NEWEST	       12

static bool on_change(void *ctx, const struct index_change *c)
{
	struct site *s = ctx;
	buf_adds(&s->b, "<li>");
	add_change(s, c, true);
	return true;
}

static void add_search(struct site *s)
{
	buf_adds(&s->b, "<section id=\"results\" aria-label=\"Search results\" hidden><p role=\"status\" aria-live=\"polite\"></p><ol></ol>"
			"<button type=\"button\" hidden>Show more</button></section>"
			"<noscript><p class=\"note\">The search needs JavaScript. The lists below work without.</p></noscript>");
}

static void add_totals(struct site *s)
{
	const struct index_totals *t = &s->totals;
	buf_adds(&s->b, "<p class=\"lead\"><strong>");
	add_number(s, t->tools);
	buf_addf(&s->b, "</strong> %s of <strong>", count_of(t->tools, "tool", "tools"));
	add_number(s, t->servers);
	buf_addf(&s->b, "</strong> MCP %s: what each can do, how dangerous that is, why we say so, and the rule that controls it.</p>",
		 count_of(t->servers, "server", "servers"));
	buf_adds(&s->b, "<section aria-labelledby=\"split\"><h2 id=\"split\">What they can do</h2>");
	add_split(s, t->by_category, t->tools);
	buf_adds(&s->b, "<h3>By risk</h3><ul class=\"cards\">");
	for (unsigned i = SEVERITIES; i-- > 1;) {
		buf_adds(&s->b, "<li>");
		add_severity(s, (enum severity)i);
		buf_adds(&s->b, " ");
		add_number(s, t->by_severity[i]);
		buf_addf(&s->b, " %s", count_of(t->by_severity[i], "tool", "tools"));
	}
	buf_adds(&s->b, "</ul><p>");
	add_number(s, t->disputed);
	buf_addf(&s->b, " %s less than our finding says. ", count_of(t->disputed, "tool claims", "tools claim"));
	add_number(s, t->refused);
	buf_addf(&s->b, " %s no valid tool.</p></section>\n", count_of(t->refused, "definition is", "definitions are"));
}

static bool write_index(struct site *s)
{
	struct page p = { .path = "index.html",
			  .description = SLICE_LIT("Everything that agents can call: risk, evidence, and the rule that controls it") };
	page_begin(s, &p);
	buf_addf(&s->b, "<h1>%s</h1>", "Everything your agents can call");
	add_search(s);
	add_totals(s);
	buf_adds(&s->b, "<section aria-labelledby=\"new\"><h2 id=\"new\">Newest changes</h2><ul class=\"list\">");
	size_t before = s->b.n;
	if (!index_each_change(s->x, slice_of("", 0), 0, NEWEST, on_change, s, s->e))
		return false;
	buf_adds(&s->b, s->b.n == before ? "<li>None yet.</ul></section>\n"
					 : "</ul><p><a href=\"changes/index.html\">All changes</a></p></section>\n");
	buf_adds(&s->b, "<section aria-labelledby=\"worst\"><h2 id=\"worst\">The most dangerous</h2>");
	if (s->rank_n)
		add_tools_begin(s, "Tools, the most dangerous first", true);
	for (size_t i = 0; i < s->rank_n && i < MOST_DANGEROUS; i++)
		add_tool(s, &s->tools[s->by_rank[i]], true);
	if (s->rank_n)
		add_tools_end(s);
	buf_adds(&s->b, "<p><a href=\"risk/index.html\">All tools by risk and category</a> · <a href=\"servers/index.html\">All servers</a></p>"
			"</section>\n");
	return page_end(s);
}

static const char method[] =
	"<h1>Method and limits</h1><p class=\"lead\">Each page is a judgement of a definition: the name, the description and the "
	"schema that a server gave. No server was called, no code was read.</p>"
	"<section aria-labelledby=\"from\"><h2 id=\"from\">Where definitions come from</h2><p>A tool belongs to a server only because that "
	"server listed it: live, in a file of its list, or in a registry. Each server's page says which, with the date, the version and "
	"a digest over all its tools. Tools of the same name on other servers are others.</p></section>"
	"<section aria-labelledby=\"how\"><h2 id=\"how\">How a tool is judged</h2><p>A deterministic classifier reads the words of the name, the "
	"description and the schema, weighs them, and takes the most severe category that applies. No model runs and nothing is sent "
	"anywhere. The words that weighed most are the evidence, each with its place in the definition (a JSON Pointer). What a server "
	"claims by annotations is shown beside that and never trusted.</p>"
	"<p>The confidence is calibrated: of the tools given 90 %, about nine in ten are right, and one is not. An empty description "
	"lowers it.</p></section>"
	"<section aria-labelledby=\"limits\"><h2 id=\"limits\">What this cannot tell</h2><ul>"
	"<li>What a tool really does. A server may do more than its definition says, or something else.</li>"
	"<li>Whether a server is honest. No attack pattern on a page accuses the server it stands with: it says what the kind of access "
	"would allow.</li>"
	"<li>What changed since a server was last read. Only a gate that sits in front of it sees that: it refuses a definition that is "
	"no longer the one that was reviewed.</li>"
	"<li>What only your environment decides: which folder is private, which host is your own, how much is much. The rules leave "
	"such things to you, and refuse where you say nothing.</li>"
	"<li>Token weights are estimates for the o200k vocabulary.</li></ul></section>"
	"<section aria-labelledby=\"shown\"><h2 id=\"shown\">How text of servers is shown</h2><p>As text, never as markup. Control characters, "
	"characters that turn or hide text, and invisible ones stand as their numbers, as <span class=\"odd\">U+202E</span>; long texts are cut, "
	"and it is said. Links to other sites lead only to <code>http</code> and <code>https</code>.</p></section>"
	"<section aria-labelledby=\"gone\"><h2 id=\"gone\">What is no longer listed</h2><p>The page of a tool that its server does not list any "
	"more stays and says so. When a server is taken out of the catalogue, its pages go.</p></section>";

static bool write_about(struct site *s)
{
	struct page p = { .path = "about/index.html", .title = SLICE_LIT("Method and limits"),
			  .description = SLICE_LIT("How tools are judged, and what that cannot tell"), .section = "about" };
	page_begin(s, &p);
	buf_adds(&s->b, method);
	buf_adds(&s->b, "<section aria-labelledby=\"words\"><h2 id=\"words\">Categories</h2><dl class=\"facts\">");
	for (unsigned i = CATEGORIES; i-- > 1;)
		buf_addf(&s->b, "<dt><a href=\"../category/%s.html\">%s</a></dt><dd>It %s.</dd>", category_word((enum category)i),
			 category_name((enum category)i), category_means((enum category)i));
	buf_adds(&s->b, "</dl></section>");
	return page_end(s) && out_sweep(&s->out, "about", s->e);
}

/* It is shown at any address, so its links start at the site's own, where that is known. */
static bool write_missing(struct site *s)
{
	struct page p = { .path = "404.html", .title = SLICE_LIT("Not here"), .is_unlisted = true };
	page_begin(s, &p);
	buf_adds(&s->b, "<h1>There is no such page</h1><p>The tool or the server may have been taken out of the catalogue, or the address "
			"is mistyped. <a href=\"index.html\">Search</a>, or look through <a href=\"servers/index.html\">all servers</a>.</p>");
	return page_end(s);
}

static bool write_asset(struct site *s, const char *path, const char *const *lines)
{
	buf_clear(&s->b);
	for (; *lines; lines++)
		buf_adds(&s->b, *lines);
	return page_put(s, path, buf_slice(&s->b));
}

bool start_write(struct site *s)
{
	extern const char *const site_css[], *const site_js[], *const site_icon[];
	return write_asset(s, "assets/site.css", site_css) && write_asset(s, "assets/site.js", site_js) &&
	       write_asset(s, "assets/icon.svg", site_icon) && out_sweep(&s->out, "assets", s->e) && write_index(s) && write_about(s) &&
	       write_missing(s);
}
