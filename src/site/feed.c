/* Atom (RFC 4287) and JSON Feed 1.1. Addresses are absolute when the site knows its own, else relative. */
#include "site/feed.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/html.h"
#include <stdio.h>

static const char *title_of(const struct site *s)
{
	return s->o->title ? s->o->title : "MCP tool catalogue";
}

/* From the folder changes/. */
static void add_address(const struct site *s, struct buf *b, const char *path)
{
	html_add_plain(b, slice_str(s->o->base_url ? s->o->base_url : "../"), 0);
	buf_adds(b, path);
}

static void add_title(struct buf *b, const struct feed_entry *v)
{
	buf_add_slice(b, v->tool.n ? v->tool : v->server);
	buf_addf(b, " %s", v->verb);
	if (v->tool.n) {
		buf_adds(b, " on ");
		buf_add_slice(b, v->server);
	}
}

static void add_summary(struct buf *b, const struct feed_entry *v)
{
	add_title(b, v);
	if (v->tool.n)
		buf_addf(b, ": %s, %s risk", category_name(v->category), severity_name(v->severity));
	buf_addc(b, '.');
}

static void add_escaped(struct buf *b, const struct feed_entry *v, void (*write)(struct buf *b, const struct feed_entry *v))
{
	struct buf text = BUF_INIT(8192);
	write(&text, v);
	html_add_plain(b, buf_slice(&text), 0);
	buf_release(&text);
}

static void add_time(struct buf *b, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	clock_text(us, text);
	buf_addf(b, "%.19sZ", text);
}

/* Of the feed itself: from where it stands, or from its title. */
static void add_feed_id(const struct site *s, struct buf *b)
{
	unsigned char out[DIGEST_SIZE];
	char hex[33];
	digest_sha256(slice_str(s->o->base_url ? s->o->base_url : title_of(s)), out);
	out[6] = (unsigned char)((out[6] & 0x0f) | 0x80);
	out[8] = (unsigned char)((out[8] & 0x3f) | 0x80);
	digest_hex(out, 16, hex);
	buf_addf(b, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void add_atom_entry(struct site *s, struct buf *b, const struct feed_entry *v)
{
	buf_addf(b, "<entry><id>%s</id><title>", v->id);
	add_escaped(b, v, add_title);
	buf_adds(b, "</title><updated>");
	add_time(b, v->at_us);
	buf_adds(b, "</updated><link rel=\"alternate\" type=\"text/html\" href=\"");
	add_address(s, b, v->path);
	buf_adds(b, "\"/><summary>");
	add_escaped(b, v, add_summary);
	buf_adds(b, "</summary></entry>\n");
}

static bool write_atom(struct site *s, const struct feed_entry *v, size_t n)
{
	struct buf *b = &s->b;
	buf_clear(b);
	buf_adds(b, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>");
	add_feed_id(s, b);
	buf_adds(b, "</id><title>");
	html_add_plain(b, slice_str(title_of(s)), 100);
	buf_adds(b, ": changes</title><updated>");
	add_time(b, n ? v[0].at_us : s->newest_us);
	buf_adds(b, "</updated><author><name>");
	html_add_plain(b, slice_str(title_of(s)), 100);
	buf_adds(b, "</name></author><link rel=\"self\" type=\"application/atom+xml\" href=\"");
	add_address(s, b, "changes/atom.xml");
	buf_adds(b, "\"/><link rel=\"alternate\" type=\"text/html\" href=\"");
	add_address(s, b, "changes/index.html");
	buf_adds(b, "\"/>\n");
	for (size_t i = 0; i < n; i++)
		add_atom_entry(s, b, &v[i]);
	buf_adds(b, "</feed>\n");
	return page_put(s, "changes/atom.xml", buf_slice(b));
}

static void add_json_address(const struct site *s, struct buf *b, const char *path)
{
	struct buf url = BUF_INIT(8192);
	buf_adds(&url, s->o->base_url ? s->o->base_url : "../");
	buf_adds(&url, path);
	buf_add_json_string(b, buf_slice(&url));
	buf_release(&url);
}

static void add_json_text(struct buf *b, const struct feed_entry *v, void (*write)(struct buf *b, const struct feed_entry *v))
{
	struct buf text = BUF_INIT(8192);
	write(&text, v);
	buf_add_json_string(b, buf_slice(&text));
	buf_release(&text);
}

static bool write_json(struct site *s, const struct feed_entry *v, size_t n)
{
	struct buf *b = &s->b;
	buf_clear(b);
	buf_adds(b, "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":");
	buf_add_json_string(b, slice_str(title_of(s)));
	buf_adds(b, ",\"home_page_url\":");
	add_json_address(s, b, "changes/index.html");
	if (s->o->base_url) {
		buf_adds(b, ",\"feed_url\":");
		add_json_address(s, b, "changes/feed.json");
	}
	buf_adds(b, ",\"items\":[");
	for (size_t i = 0; i < n; i++) {
		buf_addf(b, "%s\n{\"id\":\"%s\",\"url\":", i ? "," : "", v[i].id);
		add_json_address(s, b, v[i].path);
		buf_adds(b, ",\"title\":");
		add_json_text(b, &v[i], add_title);
		buf_adds(b, ",\"content_text\":");
		add_json_text(b, &v[i], add_summary);
		buf_adds(b, ",\"date_modified\":\"");
		add_time(b, v[i].at_us);
		buf_adds(b, "\"}");
	}
	buf_adds(b, "]}\n");
	return page_put(s, "changes/feed.json", buf_slice(b));
}

bool feeds_write(struct site *s, const struct feed_entry *v, size_t n)
{
	return write_atom(s, v, n) && write_json(s, v, n);
}
