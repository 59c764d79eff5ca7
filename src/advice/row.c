/* Pieces of the documents that several of them have. */
#include "advice/inside.h"
#include "base/clock.h"
#include "catalog/attacks.h"
#include "catalog/show.h"

/* Of a description in a list; the tool's own document has all of it. */
#define DESCRIPTION_SHOWN 300

void row_add_text(struct buf *b, const char *key, struct slice text)
{
	if (!text.n)
		return;
	buf_addf(b, ",\"%s\":", key);
	show_json(b, text, 0);
}

void row_add_time(struct buf *b, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];
	if (!us)
		return;
	clock_text(us, text);
	buf_addf(b, ",\"%s\":\"%s\"", key, text);
}

void row_add_labels(struct buf *b, unsigned labels)
{
	buf_adds(b, ",\"labels\":");
	labels_write(b, labels);
}

void row_add_signals(struct buf *b, unsigned signals)
{
	buf_adds(b, ",\"signals\":");
	signals_write(b, signals);
}

void row_add_counts(struct buf *b, const char *key, const uint64_t *v, size_t n, bool is_severity)
{
	buf_addf(b, ",\"%s\":{", key);
	for (size_t i = 1; i < n; i++) /* without "unknown" */
		buf_addf(b, "%s\"%s\":%llu", i > 1 ? "," : "",
			 is_severity ? severity_word((enum severity)i) : category_word((enum category)i),
			 (unsigned long long)v[i]);
	buf_addc(b, '}');
}

struct slice row_description(const struct index_tool *t, struct arena *a)
{
	struct slice text = json_string(json_gets(json_read(t->definition, a, NULL), "description"));
	struct buf b = BUF_INIT(8 * DESCRIPTION_SHOWN);
	show_text(&b, text, DESCRIPTION_SHOWN);
	char *kept = buf_ok(&b) ? arena_strndup(a, b.n ? b.p : "", b.n) : NULL;
	struct slice shown = slice_of(kept, kept ? b.n : 0);
	buf_release(&b);
	return shown;
}

void row_reopen(struct buf *b)
{
	if (buf_ok(b) && b->n && b->p[b->n - 1] == '}')
		b->n--;
}

static void add_list(struct buf *b, const char *key, const char *const *v)
{
	buf_addf(b, ",\"%s\":[", key);
	for (size_t i = 0; v && v[i]; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, slice_str(v[i]));
	}
	buf_addc(b, ']');
}

void row_write_attack(struct buf *b, const struct attack_pattern *p)
{
	const char *comma = "";
	buf_adds(b, "{\"id\":");
	buf_add_json_string(b, slice_str(p->id));
	buf_adds(b, ",\"name\":");
	buf_add_json_string(b, slice_str(p->name));
	buf_adds(b, ",\"mechanism\":");
	buf_add_json_string(b, slice_str(p->mechanism));
	buf_adds(b, ",\"categories\":[");
	for (size_t i = 1; i < CATEGORIES; i++)
		if (p->categories & 1u << i) {
			buf_addf(b, "%s\"%s\"", comma, category_word((enum category)i));
			comma = ",";
		}
	buf_addc(b, ']');
	row_add_labels(b, p->labels);
	buf_addf(b, ",\"of_server\":%s,\"of_protocol\":%s,\"sources\":[", p->is_of_server ? "true" : "false",
		 p->is_of_protocol ? "true" : "false");
	for (size_t i = 0; p->sources && p->sources[i].url; i++) {
		buf_adds(b, i ? ",{\"what\":" : "{\"what\":");
		buf_add_json_string(b, slice_str(p->sources[i].what));
		buf_adds(b, ",\"url\":");
		buf_add_json_string(b, slice_str(p->sources[i].url));
		buf_addf(b, ",\"kind\":\"%s\"}", p->sources[i].kind);
	}
	buf_addc(b, ']');
	add_list(b, "stops", p->stops);
	add_list(b, "limits", p->limits);
	buf_adds(b, ",\"maps\":");
	buf_add_json_string(b, slice_str(p->maps));
	buf_addc(b, '}');
}
