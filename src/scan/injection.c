/*
 * Texts that give orders to the model that reads them: as they are written, and as they read once a
 * common disguise is taken off. Sentences next to each other are weighed together.
 */
#include "scan/inside.h"
#include "scan/rules.h"

#define WEIGHT_UNSURE  3
#define WEIGHT_LIKELY  4
#define WEIGHT_CERTAIN 8
#define WEIGHT_DISGUISE 2 /* who has nothing to hide does not encode it */
#define DISGUISED_TIMES 3 /* so much of the text is read again, without them */
#define DISGUISES_MAX 2	  /* within each other */

struct search {
	const struct lexicon *lexicon;
	enum scan_source source;
	struct scan_findings *out;
	/* Of a text that was disguised: where it stands. */
	size_t start, length;
	unsigned depth;
	size_t *budget; /* bytes that may still be taken out of disguises */
};

static void look(struct search *s, struct slice text);

static void report(struct search *s, const struct verdict *v, int weight)
{
	enum scan_certainty sure = weight >= WEIGHT_CERTAIN  ? SCAN_CERTAIN
				   : weight >= WEIGHT_LIKELY ? SCAN_LIKELY
							     : SCAN_UNSURE;
	struct scan_finding one = { SCAN_INJECTION, sure, v->name, v->start, v->end - v->start };
	if (s->depth) {
		one.start = s->start;
		one.length = s->length;
	}
	(void)findings_add(s->out, one);
}

/* What neighbours say adds up: one says whose word it is, the next what to do, a third to keep quiet. */
struct passage {
	struct verdict v;
	int weight, heaviest;
	unsigned silent; /* sentences since the last that said something */
};

static void end_passage(struct search *s, struct passage *p)
{
	int weight = p->weight + (s->depth && p->weight ? WEIGHT_DISGUISE : 0);
	if (weight >= WEIGHT_UNSURE)
		report(s, &p->v, weight);
	*p = (struct passage){ 0 };
}

static void add_verdict(struct passage *p, const struct verdict *v)
{
	if (!p->weight)
		p->v = *v;
	p->v.end = v->end;
	if (v->heaviest > p->heaviest) {
		p->heaviest = v->heaviest;
		p->v.name = v->name;
	}
	p->weight += v->weight;
	p->silent = 0;
}

static void judge(struct search *s, struct reader *r)
{
	struct sentence one;
	struct passage p = { 0 };
	bool talks = false;
	while (sentence_read(r, &one)) {
		struct verdict v;
		sentence_judge(s->source, &one, talks, &v);
		if (v.weight)
			add_verdict(&p, &v);
		else if (p.weight && ++p.silent > 2)
			end_passage(s, &p);
		talks = sentence_talks(&one);
	}
	end_passage(s, &p);
}

static void undisguised(struct search *s, struct buf *b, size_t start, size_t length)
{
	struct search inner = *s;
	if (!buf_ok(b) || b->n < 12 || b->n > *s->budget)
		return;
	*s->budget -= b->n;
	if (!s->depth) {
		inner.start = start;
		inner.length = length;
	}
	inner.depth++;
	look(&inner, buf_slice(b));
}

/* S p a c e d: single letters; where the gap is wider a word ends. */
static void join_letters(struct slice text, struct buf *b)
{
	for (size_t i = 0; i < text.n; i++) {
		size_t gap = 0;
		while (i + gap < text.n && (text.p[i + gap] == ' ' || text.p[i + gap] == '\n'))
			gap++;
		if (gap > 1)
			buf_addc(b, ' ');
		i += gap;
		if (i < text.n)
			buf_addc(b, text.p[i]);
	}
}

static void turn_by_13(struct slice text, struct buf *b)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (is_letter(c))
			c = (char)(((c | 32) - 'a' + 13) % 26 + (is_upper(c) ? 'A' : 'a'));
		buf_addc(b, c);
	}
}

static void undo_entities(struct slice text, struct buf *b)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned v = 0;
		size_t j = i + 2;
		bool is_hex = j < text.n && (text.p[j] | 32) == 'x';
		if (text.n - i < 4 || text.p[i] != '&' || text.p[i + 1] != '#') {
			buf_addc(b, text.p[i]);
			continue;
		}
		for (j += is_hex; j < text.n && v < 0x10000 && (is_digit(text.p[j]) || (is_hex && is_letter(text.p[j]))); j++)
			v = is_hex ? v * 16 + (unsigned)slice_hex_digit(text.p[j]) : v * 10 + (unsigned)(text.p[j] - '0');
		buf_addc(b, v < 0x80 ? (char)v : ' ');
		i = j < text.n && text.p[j] == ';' ? j : j - 1;
	}
}

static void look_into_runs(struct search *s, const struct reader *r, struct buf *b)
{
	for (size_t k = 0; k < r->run_n; k++) {
		struct slice run = r->runs[k];
		buf_clear(b);
		base64_decode(run, 0, b);
		if (buf_ok(b) && b->n && is_mostly_printable(buf_slice(b)))
			undisguised(s, b, (size_t)(run.p - r->text.p), run.n);
	}
}

static void look(struct search *s, struct slice text)
{
	struct reader r = { .lexicon = s->lexicon, .text = text };
	judge(s, &r);
	if (s->depth >= DISGUISES_MAX)
		return;
	struct buf b = BUF_INIT(text.n + 64);
	if (r.single_n >= 12 && r.single_n * 2 > r.word_n) {
		join_letters(text, &b);
		undisguised(s, &b, 0, text.n);
	}
	if (r.rot13_n >= 2) {
		buf_clear(&b);
		turn_by_13(text, &b);
		undisguised(s, &b, 0, text.n);
	}
	if (r.entity_n >= 8) {
		buf_clear(&b);
		undo_entities(text, &b);
		undisguised(s, &b, 0, text.n);
	}
	if (r.percent_n >= 3) {
		buf_clear(&b);
		if (percent_decode(text, &b))
			undisguised(s, &b, 0, text.n);
	}
	look_into_runs(s, &r, &b);
	buf_release(&b);
}

void injection_find(const struct lexicon *l, enum scan_source source, struct slice text, struct scan_findings *out)
{
	size_t budget = text.n * DISGUISED_TIMES + 4096;
	struct search s = { .lexicon = l, .source = source, .out = out, .budget = &budget };
	hidden_find(source, text, out);
	look(&s, text);
}
