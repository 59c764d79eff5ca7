/* What changed: a page for people, and the same as Atom (RFC 4287) and JSON Feed 1.1. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/html.h"
#include "site/feed.h"
#include <stdio.h>

#define CHANGES_SHOWN 500

static const char *verb_of(const struct index_change *c)
{
	switch (c->kind) {
	case INDEX_ADDED:
		return "added";
	case INDEX_CHANGED:
		return "changed";
	case INDEX_REMOVED:
		return "no longer listed";
	case INDEX_NO_CHANGE:
	default:
		return "seen";
	}
}

void add_change(struct site *s, const struct index_change *c, bool with_server)
{
	struct buf *b = &s->b;
	const struct server_row *r = row_find_server(s, c->server);
	struct tool_row t = { .name = c->name, .server = r ? (uint32_t)(r - s->servers) : 0 };
	bool is_server = !c->name.n;
	add_day(s, c->at_us);
	buf_addf(b, " <span class=\"change\">%s</span> ", verb_of(c));
	if (!r)
		html_add(b, is_server ? c->server : c->name, 150);
	else if (is_server)
		add_server_link(s, r);
	else
		add_tool_link(s, &t);
	if (with_server && r && !is_server) {
		buf_adds(b, " of ");
		add_server_link(s, r);
	}
	if (c->kind == INDEX_CHANGED && c->from_category != c->to_category)
		buf_addf(b, ": from %s to <strong>%s</strong>", category_name(c->from_category), category_name(c->to_category));
	if (c->kind == INDEX_CHANGED && c->from_severity != c->to_severity)
		buf_addf(b, ", from %s to <strong>%s</strong> risk", severity_name(c->from_severity), severity_name(c->to_severity));
	if (c->kind == INDEX_ADDED && !is_server) {
		buf_adds(b, " ");
		buf_addf(b, "<span class=\"badge s%u\">%s</span>", (unsigned)c->to_severity, severity_name(c->to_severity));
	}
}

struct collect {
	struct site *s;
	struct feed_entry *v;
	size_t n;
};

static struct slice visible(struct site *s, struct slice text)
{
	struct buf b = BUF_INIT(4096);
	html_add_visible(&b, text, 200);
	char *p = b.n ? arena_strndup(&s->arena, b.p, b.n) : NULL;
	struct slice out = p ? slice_of(p, b.n) : slice_of("", 0);
	buf_release(&b);
	return out;
}

/* The same change has the same id for ever. */
static void name_entry(struct feed_entry *v, const struct index_change *c)
{
	struct sha256 hash;
	unsigned char out[DIGEST_SIZE];
	char hex[33], rest[80];
	int n = snprintf(rest, sizeof rest, "\n%d\n%lld\n", (int)c->kind, (long long)c->at_us);
	sha256_init(&hash);
	sha256_add(&hash, c->server);
	sha256_add(&hash, slice_of(rest, (size_t)n));
	sha256_add(&hash, c->name);
	sha256_end(&hash, out);
	out[6] = (unsigned char)((out[6] & 0x0f) | 0x80); /* version 8: of our own making (RFC 9562, 5.8) */
	out[8] = (unsigned char)((out[8] & 0x3f) | 0x80);
	digest_hex(out, 16, hex);
	snprintf(v->id, sizeof v->id, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static bool on_change(void *ctx, const struct index_change *c)
{
	struct collect *k = ctx;
	struct site *s = k->s;
	buf_adds(&s->b, "<li>");
	add_change(s, c, true);
	if (c->at_us > s->newest_us)
		s->newest_us = c->at_us;
	if (k->n >= FEED_ENTRIES)
		return true;
	const struct server_row *r = row_find_server(s, c->server);
	struct feed_entry *v = &k->v[k->n++];
	char file[SITE_NAME_SIZE];
	*v = (struct feed_entry){ .at_us = c->at_us, .verb = verb_of(c), .server = visible(s, r ? server_title(r) : c->server),
				  .tool = visible(s, c->name), .category = c->kind == INDEX_REMOVED ? c->from_category : c->to_category,
				  .severity = c->kind == INDEX_REMOVED ? c->from_severity : c->to_severity };
	name_entry(v, c);
	site_name(c->name, file);
	if (r)
		snprintf(v->path, sizeof v->path, "server/%s/%s.html", r->file, c->name.n ? file : "index");
	else
		snprintf(v->path, sizeof v->path, "changes/index.html");
	return true;
}

bool site_changes_write(struct site *s)
{
	struct collect k = { .s = s, .v = arena_alloc(&s->arena, FEED_ENTRIES * sizeof *k.v) };
	struct page p = { .path = "changes/index.html", .title = SLICE_LIT("Changes"),
			  .description = SLICE_LIT("Tools that were added, changed or are no longer listed"), .section = "changes" };
	if (!k.v)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece");
	page_begin(s, &p);
	buf_addf(&s->b, "<h1>What changed</h1><p>The newest %d changes at most. Also as <a href=\"atom.xml\">Atom</a> and as "
			"<a href=\"feed.json\">JSON Feed</a>.</p><ul class=\"list\">", CHANGES_SHOWN);
	size_t before = s->b.n;
	if (!index_each_change(s->x, slice_of("", 0), 0, CHANGES_SHOWN, on_change, &k, s->e))
		return false;
	buf_adds(&s->b, s->b.n == before ? "<li>Nothing yet.</ul>" : "</ul>");
	return page_end(s) && feeds_write(s, k.v, k.n) && out_sweep(&s->out, "changes", s->e);
}
