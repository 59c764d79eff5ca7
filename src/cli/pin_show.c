/* Two definitions as lines, and which of the lines differ. */
#include "cli/pin_show.h"
#include "author/pretty.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/digest.h"
#include "catalog/show.h"
#include "json/json.h"

#define LINES_MAX 1000 /* of one definition; longer ones are shown whole, one after the other */
#define TEXT_MAX  ((size_t)64 << 20)

static void add_indented(struct buf *b, struct slice text)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice line = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
		buf_adds(b, "  ");
		buf_add_slice(b, line);
		buf_addc(b, '\n');
		text = slice_of(text.p + line.n + (end != NULL), text.n - line.n - (end != NULL));
	}
}

static void write_definition(struct buf *b, struct cli *c, struct slice text)
{
	static const char *const members[] = { "title", "description", "inputSchema", "outputSchema", "annotations" };
	const struct json *v = text.p ? json_read(text, &c->arena, NULL) : NULL;
	for (size_t i = 0; v && i < ARRAY_LEN(members); i++) {
		const struct json *part = json_gets(v, members[i]);
		struct buf pretty = BUF_INIT(TEXT_MAX);
		if (!part)
			continue;
		buf_addf(b, "%s:\n", members[i]);
		if (!json_is(part, JSON_STRING))
			pretty_write(&pretty, part);
		add_indented(b, json_is(part, JSON_STRING) ? json_string(part) : buf_slice(&pretty));
		buf_release(&pretty);
	}
}

struct lines {
	struct slice v[LINES_MAX];
	size_t n;
	bool is_cut;
};

static void split(struct slice text, struct lines *l)
{
	l->n = 0;
	while (text.n && l->n < LINES_MAX) {
		const char *end = memchr(text.p, '\n', text.n);
		l->v[l->n] = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
		text = slice_of(text.p + l->v[l->n].n + (end != NULL), text.n - l->v[l->n].n - (end != NULL));
		l->n++;
	}
	l->is_cut = text.n > 0;
}

static void add_line(struct buf *b, char sign, struct slice line)
{
	buf_addc(b, ' ');
	buf_addc(b, sign);
	buf_addc(b, ' ');
	size_t blanks = 0;
	while (blanks < line.n && line.p[blanks] == ' ')
		blanks++;
	buf_add(b, line.p, blanks);
	show_text(b, slice_of(line.p + blanks, line.n - blanks), 0);
	buf_addc(b, '\n');
}

/* common[i * (LINES_MAX + 1) + k]: the longest run of lines that a from i and b from k have in common. */
static void measure(const struct lines *a, const struct lines *b, unsigned short *common)
{
	for (size_t i = a->n; i-- > 0;)
		for (size_t k = b->n; k-- > 0;) {
			size_t at = i * (LINES_MAX + 1) + k;
			unsigned short down = common[at + LINES_MAX + 1], right = common[at + 1];
			common[at] = slice_eq(a->v[i], b->v[k]) ? (unsigned short)(common[at + LINES_MAX + 2] + 1)
				     : down > right		? down
								: right;
		}
}

static void write_lines(struct buf *out, const struct lines *a, const struct lines *b)
{
	unsigned short *common = mem_zalloc((LINES_MAX + 1) * (LINES_MAX + 2) * sizeof *common);
	size_t i = 0, k = 0;
	if (!a->is_cut && !b->is_cut)
		measure(a, b, common);
	while (i < a->n || k < b->n) {
		size_t at = i * (LINES_MAX + 1) + k;
		if (i < a->n && k < b->n && common[at] && slice_eq(a->v[i], b->v[k])) {
			add_line(out, ' ', a->v[i]);
			i++, k++;
		} else if (k == b->n || (i < a->n && common[at + LINES_MAX + 1] >= common[at + 1])) {
			add_line(out, '-', a->v[i++]);
		} else {
			add_line(out, '+', b->v[k++]);
		}
	}
	if (a->is_cut || b->is_cut)
		buf_addf(out, "   (more than %d lines: see all of it with --json)\n", LINES_MAX);
	free(common);
}

static void show_difference(struct buf *b, struct cli *c, const struct store_pin *p)
{
	struct buf old = BUF_INIT(TEXT_MAX), now = BUF_INIT(TEXT_MAX);
	struct lines *v = mem_alloc(2 * sizeof *v);
	write_definition(&old, c, p->definition);
	write_definition(&now, c, p->waiting);
	split(buf_slice(&old), &v[0]);
	split(buf_slice(&now), &v[1]);
	write_lines(b, &v[0], &v[1]);
	free(v);
	buf_release(&old);
	buf_release(&now);
}

static void show_findings(struct buf *b, struct cli *c, const char *findings)
{
	const struct json *list = json_read(slice_str(findings), &c->arena, NULL);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		buf_adds(b, " ! ");
		show_text(b, json_string(json_gets(it.value, "name")), 100);
		buf_adds(b, " at ");
		show_text(b, json_string(json_gets(it.value, "where")), 100);
		buf_adds(b, json_true(json_gets(it.value, "certain")) ? " (certain)\n" : " (likely)\n");
	}
}

static void add_when(struct buf *b, const char *what, int64_t us)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(us, time);
	buf_addf(b, "%s %.10s %.5s UTC", what, time, time + 11);
}

void pin_digits(const struct store_pin *const *v, size_t n, char out[PIN_SHOWN + 1])
{
	unsigned char digest[DIGEST_SIZE];
	struct sha256 s;
	sha256_init(&s);
	for (size_t i = 0; n > 1 && i < n; i++) {
		sha256_add(&s, slice_of(v[i]->tool, strlen(v[i]->tool) + 1));
		sha256_add(&s, slice_of((const char *)v[i]->waiting_pin, STORE_PIN_SIZE));
	}
	sha256_end(&s, digest);
	digest_hex(n == 1 ? v[0]->waiting_pin : digest, PIN_SHOWN / 2, out);
}

void pin_show(struct buf *b, struct cli *c, const struct store_pin *p)
{
	char digits[PIN_SHOWN + 1];
	pin_digits(&p, 1, digits);
	show_text(b, slice_str(p->server), 0);
	buf_addc(b, '/');
	show_text(b, slice_str(p->tool), 0);
	buf_adds(b, p->is_rejected ? ": rejected" : p->definition.p ? ": changed" : ": new");
	add_when(b, ", seen", p->waiting_us);
	if (p->definition.p) {
		add_when(b, "; reviewed", p->reviewed_us);
		buf_adds(b, p->reviewed_by[0] ? " by " : " at first sight");
		show_text(b, slice_str(p->reviewed_by), 0);
	}
	if (p->is_rejected) {
		buf_adds(b, "; rejected by ");
		show_text(b, slice_str(p->rejected_by), 0);
	}
	buf_adds(b, "\n");
	show_findings(b, c, p->findings);
	show_difference(b, c, p);
	buf_addf(b, " => gatehouse tools accept %s/%s --pin %s\n\n", p->server, p->tool, digits);
}
