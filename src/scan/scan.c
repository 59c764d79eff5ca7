/* The front: what is looked for, in one list of findings, and a text without them. */
#include "base/check.h"
#include "base/regex.h"
#include "scan/inside.h"
#include <stdint.h>
#include <stdlib.h>

struct scanner {
	unsigned kinds;
	enum scan_source source;
	struct regex *patterns[LIMIT_SCAN_PATTERNS];
	size_t pattern_n;
	struct lexicon lexicon; /* when injection is wanted */
};

static const char *const words[SCAN_KINDS] = {
	[SCAN_NONE] = "",
	[SCAN_SECRET] = "secret",
	[SCAN_EMAIL] = "email",
	[SCAN_CARD] = "card",
	[SCAN_IBAN] = "iban",
	[SCAN_SSN] = "ssn",
	[SCAN_PHONE] = "phone",
	[SCAN_NATIONAL_ID] = "national_id",
	[SCAN_PATTERN] = "pattern",
	[SCAN_INJECTION] = "injection",
};

const char *scan_kind_word(enum scan_kind kind)
{
	return words[kind];
}

bool scan_word_read(struct slice word, unsigned *kinds, struct slice *pattern)
{
	if (slice_starts(word, SLICE_LIT("pattern:"))) {
		*pattern = slice_of(word.p + 8, word.n - 8);
		return word.n > 8;
	}
	unsigned more = slice_is(word, "secrets")    ? SCAN_BIT(SCAN_SECRET)
			: slice_is(word, "personal") ? SCAN_PERSONAL
						     : 0;
	for (enum scan_kind k = SCAN_EMAIL; k <= SCAN_NATIONAL_ID; k++)
		if (slice_is(word, words[k]))
			more = SCAN_BIT(k);
	*kinds |= more;
	return more != 0;
}

bool findings_add(struct scan_findings *f, struct scan_finding one)
{
	if (f->n == LIMIT_SCAN_FINDINGS) {
		f->is_cut = true;
		return false;
	}
	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 16;
		f->v = mem_realloc(f->v, f->cap * sizeof *f->v);
	}
	f->v[f->n++] = one;
	return true;
}

void scan_findings_clear(struct scan_findings *f)
{
	f->n = 0;
	f->is_cut = false;
}

void scan_findings_release(struct scan_findings *f)
{
	free(f->v);
	*f = (struct scan_findings){ 0 };
}

size_t scan_count(const struct scan_findings *f, enum scan_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		n += f->v[i].kind == kind && f->v[i].certainty != SCAN_UNSURE;
	return n;
}

const struct scan_finding *scan_injection(const struct scan_findings *f)
{
	const struct scan_finding *best = NULL;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].kind == SCAN_INJECTION && f->v[i].certainty > (best ? best->certainty : SCAN_UNSURE))
			best = &f->v[i];
	return best;
}

struct scanner *scanner_new(const struct scanner_opts *o, struct err *e)
{
	if (o->pattern_n > LIMIT_SCAN_PATTERNS) {
		err_set(e, ERR_LIMIT, "more than %d patterns", LIMIT_SCAN_PATTERNS);
		return NULL;
	}
	struct scanner *s = mem_zalloc(sizeof *s);
	s->kinds = o->kinds;
	s->source = o->source;
	for (; s->pattern_n < o->pattern_n; s->pattern_n++) {
		s->patterns[s->pattern_n] = regex_new(o->patterns[s->pattern_n], REGEX_PCRE, e);
		if (!s->patterns[s->pattern_n]) {
			scanner_free(&s);
			return NULL;
		}
	}
	if (s->kinds & SCAN_BIT(SCAN_INJECTION))
		lexicon_init(&s->lexicon);
	if (s->pattern_n)
		s->kinds |= SCAN_BIT(SCAN_PATTERN);
	return s;
}

void scanner_free(struct scanner **sp)
{
	struct scanner *s = *sp;
	*sp = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->pattern_n; i++)
		regex_free(&s->patterns[i]);
	free(s);
}

bool scanner_wants(const struct scanner *s, enum scan_kind kind)
{
	return s && (s->kinds & SCAN_BIT(kind));
}

static void find_pattern(const struct regex *r, struct slice text, struct scan_findings *out)
{
	size_t steps = LIMIT_REGEX_STEPS + 16 * text.n, from = 0, start, end;
	enum regex_result found;
	while ((found = regex_find(r, text, from, &steps, &start, &end)) == REGEX_YES) {
		struct scan_finding one = { SCAN_PATTERN, SCAN_CERTAIN, "pattern", start, end - start };
		if (end > start && !findings_add(out, one))
			return;
		from = end;
		if (end == start) /* the next character, whole */
			do
				from++;
			while (from < text.n && ((unsigned char)text.p[from] & 0xc0) == 0x80);
		if (from > text.n)
			return;
	}
	out->is_cut |= found == REGEX_LIMIT;
}

static int by_start(const void *a, const void *b)
{
	const struct scan_finding *x = a, *y = b;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* of those at one place the surest, then the longest; then in the order of the kinds */
	if (x->certainty != y->certainty)
		return x->certainty > y->certainty ? -1 : 1;
	if (x->length != y->length)
		return x->length > y->length ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

/* Where two overlap the first grows over the second: nothing of either is left to be read. */
static void join_overlapping(struct scan_findings *f)
{
	size_t n = 0, last = SIZE_MAX;
	for (size_t i = 0; i < f->n; i++) {
		struct scan_finding *x = &f->v[i];
		if (x->kind != SCAN_INJECTION && last != SIZE_MAX &&
		    x->start < f->v[last].start + f->v[last].length) {
			struct scan_finding *y = &f->v[last];
			if (x->start + x->length > y->start + y->length)
				y->length = x->start + x->length - y->start;
			if (x->certainty > y->certainty || (x->certainty == y->certainty && x->kind < y->kind))
				*y = (struct scan_finding){ x->kind, x->certainty, x->name, y->start, y->length };
			continue;
		}
		f->v[n] = *x;
		if (x->kind != SCAN_INJECTION)
			last = n;
		n++;
	}
	f->n = n;
}

void scan_text(const struct scanner *s, struct slice text, struct scan_findings *out)
{
	scan_named(s, slice_of(NULL, 0), text, out);
}

void scan_named(const struct scanner *s, struct slice name, struct slice text, struct scan_findings *out)
{
	scan_findings_clear(out);
	if (!text.n)
		return;
	if (s->kinds & SCAN_BIT(SCAN_SECRET))
		secrets_find(text, out);
	if (name.n && (s->kinds & SCAN_BIT(SCAN_SECRET)) && secret_is_named(name, text))
		(void)findings_add(out, (struct scan_finding){ SCAN_SECRET, SCAN_LIKELY, "named-secret", 0, text.n });
	if (s->kinds & SCAN_PERSONAL)
		personal_find(s->kinds, text, out);
	if (s->kinds & SCAN_BIT(SCAN_INJECTION))
		injection_find(&s->lexicon, s->source, text, out);
	for (size_t i = 0; i < s->pattern_n && !out->is_cut; i++)
		find_pattern(s->patterns[i], text, out);
	if (out->n > 1) {
		qsort(out->v, out->n, sizeof *out->v, by_start);
		join_overlapping(out);
	}
}

static bool is_redacted(const struct scan_finding *f)
{
	return f->kind != SCAN_INJECTION && f->certainty != SCAN_UNSURE;
}

bool scan_redacts(const struct scan_findings *f)
{
	bool any = f->is_cut;
	for (size_t i = 0; i < f->n && !any; i++)
		any = is_redacted(&f->v[i]);
	return any;
}

void scan_redact(struct buf *b, struct slice text, const struct scan_findings *f)
{
	size_t at = 0;
	if (f->is_cut) {
		buf_adds(b, "[redacted: too much]");
		return;
	}
	for (size_t i = 0; i < f->n; i++) {
		const struct scan_finding *x = &f->v[i];
		if (!is_redacted(x))
			continue;
		buf_add(b, text.p + at, x->start - at);
		buf_addf(b, "[redacted: %s]", words[x->kind]);
		at = x->start + x->length;
	}
	buf_add(b, text.p + at, text.n - at);
}
