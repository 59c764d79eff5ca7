/* The site: what is written, when, and what is never markup. */
#include "index_rig.h"
#include "base/file.h"
#include "site/out.h"
#include "site/site.h"

struct place {
	struct rig r;
	struct folder folder;
	const char *dir;
	struct buf text;
	struct site_done done;
};

static void open_place(struct place *p)
{
	rig_open(&p->r);
	p->folder = folder_new();
	p->dir = p->folder.path;
	p->text = BUF_INIT(16u << 20);
}

static void close_place(struct place *p)
{
	folder_remove(&p->folder);
	buf_release(&p->text);
	rig_close(&p->r);
}

static bool write_site(struct place *p, const char *base_url, const char *gate_url)
{
	struct site_opts o = { .dir = p->dir, .base_url = base_url, .gate_url = gate_url };
	return site_write(p->r.x, &o, &p->done, &p->r.e);
}

/* The text of a file of the site; "" when it is not there. */
static const char *read_page(struct place *p, const char *name)
{
	char path[600];
	struct err e = { 0 };
	snprintf(path, sizeof path, "%s/%s", p->dir, name);
	buf_clear(&p->text);
	return file_read(path, &p->text, &e) ? buf_str(&p->text) : "";
}

static bool has(struct place *p, const char *name, const char *part)
{
	return strstr(read_page(p, name), part) != NULL;
}

#define DELETE_FILE                                                                                                                \
	"{\"name\":\"delete_file\",\"description\":\"Deletes a file for ever.\",\"inputSchema\":{\"type\":\"object\","             \
	"\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"Which file\"}},\"required\":[\"path\"]},"                   \
	"\"annotations\":{\"readOnlyHint\":true}}"
#define READ_FILE "{\"name\":\"read_file\",\"description\":\"Reads a file.\",\"inputSchema\":{\"type\":\"object\"}}"

static void test_order(struct place *p)
{
	static const char *const parts[] = { "class=\"badge s",	  "<h1>",	      "id=\"what\"",	  "Deletes a file for ever.", "id=\"why\"",
					     "id=\"control\"",	  "id=\"policy\"",    "id=\"attacks\"",	  "id=\"arguments\"",	      "id=\"branches\"",
					     "id=\"claims\"",	  "our finding differs", "id=\"related\"", "id=\"questions\"",	      "id=\"provenance\"" };
	const char *at = read_page(p, "server/files/delete_file.html");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		at = at ? strstr(at, parts[i]) : NULL;
		ok(at, "in its order stands %s", parts[i]);
	}
}

static void test_site(void)
{
	struct place p;
	open_place(&p);
	rig_put(&p.r, "files", "[" READ_FILE "," DELETE_FILE "]");
	ok(write_site(&p, NULL, NULL), "a site is written: %s", p.r.e.text);
	ok(p.done.servers == 1 && p.done.tools == 2 && p.done.written == p.done.pages && !p.done.kept && !p.done.deleted, "all of it is new");
	test_order(&p);
	ok(has(&p, "server/files/index.html", "Grade") && has(&p, "server/files/policy.json", "\"default\": \"deny\""), "a server has a grade and a policy");
	ok(has(&p, "risk/critical.html", "<h1>") && has(&p, "category/destructive.html", "delete_file"), "lists are there");
	ok(has(&p, "search/start.js", "\"tools\":2,\"servers\":1") && has(&p, "search/w0.js", "\"delete\":"), "and the search");
	ok(has(&p, "changes/atom.xml", "<feed xmlns=\"http://www.w3.org/2005/Atom\">"), "and the feed");
	ok(!has(&p, "robots.txt", "Sitemap") && !read_page(&p, "sitemap.xml")[0], "no sitemap without an address");
	ok(!has(&p, "server/files/delete_file.html", "at your gate"), "no link to a gate without its address");
	uint64_t all = p.done.pages;
	ok(write_site(&p, NULL, NULL) && p.done.kept == all && !p.done.written && !p.done.deleted, "the second time nothing is written");
	ok(write_site(&p, "https://example.org/tools", "https://gate.example/?s={server}&t={tool}"), "with addresses: %s", p.r.e.text);
	ok(has(&p, "sitemaps/1.xml", "<loc>https://example.org/tools/server/files/delete_file.html</loc>"), "sitemaps name the pages");
	ok(has(&p, "sitemap.xml", "https://example.org/tools/sitemaps/1.xml") && has(&p, "robots.txt", "Sitemap: https://example.org/tools/sitemap.xml"),
	   "and are named");
	ok(has(&p, "server/files/delete_file.html", "https://gate.example/?s=files&amp;t=delete_file\""), "and a link leads to the gate");
	ok(write_site(&p, NULL, NULL) && p.done.deleted > 0 && !read_page(&p, "sitemaps/1.xml")[0], "sitemaps go when there is no address any more");
	close_place(&p);
}

static void test_changes(void)
{
	struct place p;
	open_place(&p);
	rig_put(&p.r, "files", "[" READ_FILE "," DELETE_FILE "]");
	rig_put(&p.r, "other", "[" READ_FILE "]");
	ok(write_site(&p, NULL, NULL) && read_page(&p, "server/other/read_file.html")[0], "two servers");
	rig_put(&p.r, "files", "[" READ_FILE "]");
	ok(write_site(&p, NULL, NULL) && has(&p, "server/files/delete_file.html", "No longer listed"), "a tool that is gone keeps its page, which says so");
	ok(has(&p, "server/files/delete_file.html", "noindex") && !has(&p, "category/destructive.html", "delete_file"), "and is in no list");
	ok(has(&p, "changes/index.html", "no longer listed"), "and the change is told");
	ok(index_remove_server(p.r.x, SLICE_LIT("other"), &p.r.e), "a server is taken out");
	ok(write_site(&p, NULL, NULL) && p.done.deleted > 0 && !read_page(&p, "server/other/read_file.html")[0] &&
		   !read_page(&p, "server/other/index.html")[0],
	   "its pages go");
	close_place(&p);
}

#define SCRIPT "<script>alert(1)</script>"

static void test_hostile(void)
{
	struct place p;
	char name[300];
	open_place(&p);
	rig_put(&p.r, "evil/" SCRIPT,
		"[{\"name\":\"" SCRIPT "\",\"description\":\"" SCRIPT "\\u202egnp\\u0007\\\" onload=x\",\"inputSchema\":{\"type\":\"object\","
		"\"properties\":{\"" SCRIPT "\":{\"type\":\"string\",\"description\":\"" SCRIPT "\"}}},"
		"\"annotations\":{\"title\":\"" SCRIPT "\"}},{\"name\":\"odd\",\"description\":5}]");
	ok(write_site(&p, NULL, NULL), "a hostile list is written: %s", p.r.e.text);
	struct dirent **v;
	char folder[400];
	snprintf(folder, sizeof folder, "%s/server", p.dir);
	int n = scandir(folder, &v, NULL, alphasort), pages = 0, bad = 0;
	for (int i = 0; i < n; i++) {
		char inner[700];
		snprintf(inner, sizeof inner, "%s/%s", folder, v[i]->d_name);
		struct dirent **w;
		int m = v[i]->d_name[0] == '.' ? 0 : scandir(inner, &w, NULL, alphasort);
		for (int k = 0; k < m; k++) {
			snprintf(name, sizeof name, "server/%.100s/%.100s", v[i]->d_name, w[k]->d_name);
			const char *text = strstr(name, ".html") ? read_page(&p, name) : "";
			pages += text[0] != '\0';
			bad += strstr(text, "<script>") != NULL || strstr(text, "\xe2\x80\xae") != NULL || strchr(text, '\a') != NULL;
			free(w[k]);
		}
		if (m > 0)
			free(w);
		free(v[i]);
	}
	free(v);
	ok(pages == 3 && bad == 0, "no page of %d has markup or hidden text of the server", pages);
	ok(!has(&p, "index.html", "<script>") && !has(&p, "servers/index.html", "<script>") && !has(&p, "changes/atom.xml", "<script>"),
	   "nor have the lists and the feed");
	ok(has(&p, "search/d0.js", "[U+202E]") && !has(&p, "search/d0.js", "\xe2\x80\xae"), "nor the search");
	close_place(&p);
}

static void test_folder(void)
{
	struct place p;
	char path[300];
	struct err e = { 0 };
	struct out o, other;
	open_place(&p);
	snprintf(path, sizeof path, "%s/mine.txt", p.dir);
	ok(file_create(path, 0600, SLICE_LIT("mine"), &e), "a folder with a file of somebody");
	ok(!write_site(&p, NULL, NULL) && strstr(p.r.e.text, "no site of ours"), "is not taken: %s", p.r.e.text);
	ok(has(&p, "mine.txt", "mine"), "and not touched");
	unlink(path);
	ok(out_open(&o, p.dir, &e), "an empty one is");
	ok(!out_open(&other, p.dir, &e) && strstr(e.text, "another gatehouse"), "but by one at a time: %s", e.text);
	out_close(&other);
	ok(out_put(&o, "a/b/c.html", SLICE_LIT("1"), &e) && out_put(&o, "a/d.html", SLICE_LIT("2"), &e) && o.written == 2, "files are made with their folders");
	out_keep(&o, "a/b");
	ok(out_sweep(&o, "a", &e) && o.deleted == 0, "what was put stays");
	ok(out_put(&o, "a/d.html", SLICE_LIT("3"), &e) && o.written == 3 && out_put(&o, "a/d.html", SLICE_LIT("3"), &e) && o.kept == 1,
	   "what differs is replaced, what does not is kept");
	ok(out_sweep(&o, "a", &e) && o.deleted == 1 && !read_page(&p, "a/b/c.html")[0] && has(&p, "a/d.html", "3"), "what was not put goes, with its folder");
	ok(out_sweep(&o, "nothing", &e), "a folder that is not there has nothing to sweep");
	out_close(&o);
	ok(!write_site(&p, "ftp://x", NULL) && !write_site(&p, "https://x/\"y", NULL) && !write_site(&p, NULL, "javascript:alert(1)"),
	   "addresses are of the web and escaped");
	close_place(&p);
}

int main(void)
{
	test_site();
	test_changes();
	test_hostile();
	test_folder();
	return tap_done();
}
