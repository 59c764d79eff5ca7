/* Servers and tools as JSON: the shape of the API and of `catalog show --json`. */
#include "index/index.h"
#include "base/clock.h"
#include "catalog/show.h"

static void add_text(struct buf *b, const char *key, struct slice value)
{
	if (!value.n)
		return;
	buf_addf(b, ",\"%s\":", key);
	show_json(b, value, 0);
}

static void add_time(struct buf *b, const char *key, int64_t at_us)
{
	char text[CLOCK_TEXT_SIZE];
	if (!at_us)
		return;
	clock_text(at_us, text);
	buf_addf(b, ",\"%s\":\"%s\"", key, text);
}

static void add_counts(struct buf *b, const struct index_server *s)
{
	buf_adds(b, ",\"by_category\":{");
	for (int i = CATEGORY_READ; i < CATEGORIES; i++)
		buf_addf(b, "%s\"%s\":%u", i > CATEGORY_READ ? "," : "", category_word((enum category)i), s->by_category[i]);
	buf_adds(b, "},\"by_severity\":{");
	for (int i = SEVERITY_LOW; i < SEVERITIES; i++)
		buf_addf(b, "%s\"%s\":%u", i > SEVERITY_LOW ? "," : "", severity_word((enum severity)i), s->by_severity[i]);
	buf_addf(b, "},\"refused\":%u,\"disputed\":%u,\"tokens\":%llu", s->refused, s->disputed, (unsigned long long)s->tokens);
}

/* Of those that can be called: how many do more than look, and how many destroy, spend or run. */
static void add_shares(struct buf *b, const struct index_server *s)
{
	const uint32_t *c = s->by_category;
	uint32_t valid = s->tools - c[CATEGORY_UNKNOWN], modify = valid - c[CATEGORY_READ];
	uint32_t destroy = c[CATEGORY_DESTRUCTIVE] + c[CATEGORY_FINANCIAL];
	buf_addf(b, ",\"share\":{\"modify\":%.4f,\"destroy\":%.4f}", valid ? (double)modify / valid : 0.0,
		 valid ? (double)destroy / valid : 0.0);
}

void index_write_server(struct buf *b, const struct index_server *s)
{
	struct buf why = BUF_INIT(4096);
	char grade = index_grade(s, &why);
	buf_adds(b, "{\"id\":");
	show_json(b, s->id, 0);
	add_text(b, "title", s->title);
	add_text(b, "description", s->description);
	add_text(b, "version", s->version);
	add_text(b, "package", s->package);
	add_text(b, "remote", s->remote);
	add_text(b, "website", s->website);
	add_text(b, "repository", s->repository);
	add_text(b, "status", s->status);
	add_text(b, "entry", s->entry);
	buf_addf(b, ",\"source\":\"%s\"", index_source_word(s->source));
	add_text(b, "where", s->where);
	add_time(b, "seen", s->seen_us);
	add_time(b, "added", s->added_us);
	add_time(b, "changed", s->changed_us);
	buf_addf(b, ",\"has_list\":%s,\"tools\":%u", s->has_list ? "true" : "false", s->tools);
	if (s->has_list) {
		add_counts(b, s);
		add_shares(b, s);
		if (grade != '-')
			buf_addf(b, ",\"grade\":\"%c\"", grade);
		add_text(b, "grade_because", buf_slice(&why));
		add_text(b, "digest", slice_str(s->digest));
	}
	if (s->document.n) {
		buf_adds(b, ",\"document\":");
		buf_add_slice(b, s->document);
	}
	buf_addc(b, '}');
	buf_release(&why);
}

static void write_found(struct buf *b, const struct index_tool *t)
{
	buf_adds(b, "{\"server\":");
	show_json(b, t->server, 0);
	buf_adds(b, ",\"name\":");
	show_json(b, t->name, 0);
	buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.4g,\"labels\":", category_word(t->category),
		 severity_word(t->severity), t->confidence);
	labels_write(b, t->labels);
	buf_adds(b, ",\"signals\":");
	signals_write(b, t->signals);
	buf_addf(b, ",\"disputed\":%s,\"tokens\":%u,\"pin\":\"%s\"", t->is_disputed ? "true" : "false", t->tokens, t->pin);
	add_text(b, "refused", t->refused);
	add_time(b, "added", t->added_us);
	add_time(b, "changed", t->changed_us);
	add_time(b, "removed", t->removed_us);
}

void index_write_row(struct buf *b, const struct index_tool *t)
{
	write_found(b, t);
	buf_addc(b, '}');
}

void index_write_tool(struct buf *b, const struct index_tool *t)
{
	write_found(b, t);
	if (t->profile.n) {
		buf_adds(b, ",\"profile\":");
		buf_add_slice(b, t->profile);
	}
	buf_adds(b, ",\"definition\":");
	buf_add_slice(b, t->definition.n ? t->definition : SLICE_LIT("null"));
	buf_addc(b, '}');
}
