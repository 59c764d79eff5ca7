/*
 * PCRE2's interpreter; the only file that includes it. Patterns come from operators and
 * from foreign servers, so nothing of them becomes machine code. PCRE2's own match limit
 * counts anew at each start and does not see the scan of a single repeat, so a text of a
 * megabyte could hold us for hours: callouts count both.
 */
#include "base/regex.h"
#include "base/check.h"
#include "base/ecma.h"
#include "base/limits.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct regex {
	pcre2_code *code;
};

/* What a match needs, on the stack in the plain case: a call to check may not allocate. */
struct scratch {
	size_t used;
	_Alignas(16) char bytes[24576];
};

struct meter {
	size_t left, at;
};

static void *scratch_alloc(size_t n, void *ctx)
{
	struct scratch *s = ctx;
	n = (n + 15) & ~(size_t)15;
	if (n > sizeof s->bytes - s->used)
		return malloc(n);
	void *p = s->bytes + s->used;
	s->used += n;
	return p;
}

static void scratch_free(void *p, void *ctx)
{
	struct scratch *s = ctx;
	if ((char *)p < s->bytes || (char *)p >= s->bytes + sizeof s->bytes)
		free(p);
}

static int count(pcre2_callout_block *b, void *ctx)
{
	struct meter *m = ctx;
	size_t at = b->current_position;
	size_t cost = 1 + (at > m->at ? at - m->at : m->at - at);
	m->at = at;
	if (cost > m->left)
		return PCRE2_ERROR_MATCHLIMIT;
	m->left -= cost;
	return 0;
}

static pcre2_code *compile(struct slice pattern, enum regex_dialect d, struct err *e)
{
	uint32_t options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
	int code;
	size_t offset;
	pcre2_compile_context *cc = pcre2_compile_context_create(NULL);
	BUG_ON(!cc);
	pcre2_set_parens_nest_limit(cc, LIMIT_REGEX_DEPTH);
	if (d == REGEX_ECMA)
		options |= PCRE2_ALLOW_EMPTY_CLASS | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF;
	pcre2_code *c = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &code, &offset, cc);
	pcre2_compile_context_free(cc);
	if (!c) {
		char text[160] = "";
		(void)pcre2_get_error_message(code, (PCRE2_UCHAR *)text, sizeof text);
		err_set(e, ERR_INPUT, "%s", text);
	}
	return c;
}

struct regex *regex_new(struct slice pattern, enum regex_dialect d, struct err *e)
{
	struct buf translated = BUF_INIT(LIMIT_REGEX_BYTES * 64);
	struct err why = { 0 };
	pcre2_code *code = NULL;
	if (pattern.n > LIMIT_REGEX_BYTES) {
		err_set(e, ERR_LIMIT, "the pattern is longer than %d bytes", LIMIT_REGEX_BYTES);
		return NULL;
	}
	if (d != REGEX_ECMA)
		code = compile(pattern.n ? pattern : SLICE_LIT(""), d, &why);
	else if (ecma_translate(pattern, &translated, &why))
		code = compile(slice_of(translated.p ? translated.p : "", translated.n), d, &why);
	buf_release(&translated);
	if (!code) {
		err_set(e, why.kind, "the pattern '%.*s' does not compile: %s", pattern.n > 60 ? 60 : (int)pattern.n,
		        pattern.p, why.text);
		return NULL;
	}
	struct regex *r = mem_zalloc(sizeof *r);
	r->code = code;
	return r;
}

void regex_free(struct regex **rp)
{
	struct regex *r = *rp;
	*rp = NULL;
	if (!r)
		return;
	pcre2_code_free(r->code);
	free(r);
}

size_t regex_size(const struct regex *r)
{
	size_t n = 0;
	BUG_ON(pcre2_pattern_info(r->code, PCRE2_INFO_SIZE, &n) != 0);
	return n;
}

enum regex_result regex_find(const struct regex *r, struct slice text, size_t from, size_t *steps, size_t *start,
                             size_t *end)
{
	struct scratch s;
	struct meter m = { .left = *steps };
	s.used = 0;
	if (text.n > LIMIT_REGEX_TEXT)
		return REGEX_LIMIT;
	pcre2_general_context *g = pcre2_general_context_create(scratch_alloc, scratch_free, &s);
	pcre2_match_data *data = pcre2_match_data_create(1, g);
	pcre2_match_context *limits = pcre2_match_context_create(g);
	BUG_ON(!data || !limits);
	pcre2_set_match_limit(limits, LIMIT_REGEX_STEPS);
	pcre2_set_depth_limit(limits, LIMIT_REGEX_STEPS);
	pcre2_set_heap_limit(limits, LIMIT_REGEX_HEAP_KIB);
	pcre2_set_callout(limits, count, &m);
	int found = pcre2_match(r->code, (PCRE2_SPTR)(text.p ? text.p : ""), text.n, from, from ? PCRE2_NO_UTF_CHECK : 0,
	                        data, limits);
	/* \K in a lookahead can put the start behind the end (pcre2api, "pcre2_get_ovector_pointer"). */
	const size_t *at = pcre2_get_ovector_pointer(data);
	*start = found >= 0 ? at[0] : 0;
	*end = found >= 0 && at[1] > at[0] ? at[1] : *start;
	pcre2_match_context_free(limits);
	pcre2_match_data_free(data);
	pcre2_general_context_free(g);
	*steps = m.left;
	if (found >= 0)
		return REGEX_YES;
	return found == PCRE2_ERROR_NOMATCH ? REGEX_NO : REGEX_LIMIT;
}

enum regex_result regex_match_within(const struct regex *r, struct slice text, size_t *steps)
{
	size_t start, end;
	return regex_find(r, text, 0, steps, &start, &end);
}

enum regex_result regex_match(const struct regex *r, struct slice text)
{
	size_t steps = LIMIT_REGEX_STEPS + 16 * text.n;
	return regex_match_within(r, text, &steps);
}
