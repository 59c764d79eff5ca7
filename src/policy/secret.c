/*
 * contains_secret: in the value itself or in any text below it, plain or encoded, and in what it makes
 * together with the texts before and behind it: who splits a key over two arguments has them joined.
 */
#include "base/limits.h"
#include "policy/operator.h"
#include "scan/scan.h"

#define PARTS_MAX 128 /* texts that are joined: those of the value, and what is around them */
#define AROUND	  16

struct gather {
	const struct json *wanted;
	struct slice parts[PARTS_MAX]; /* texts in the order of the document */
	size_t n;
	size_t behind;	 /* how many came behind the value */
	bool is_within;	 /* the value, or below it */
	bool was_within; /* it is behind us */
	bool any;	 /* one text alone has a secret */
};

/* Before the value only the last AROUND texts matter. A value of many is joined in pieces that overlap. */
static void take(struct gather *g, struct slice text)
{
	bool is_before = !g->is_within && !g->was_within;
	size_t keep = is_before ? AROUND - 1 : PARTS_MAX / 2;
	if (g->was_within && g->behind++ >= AROUND)
		return;
	bool has_own = scan_has_secret(text);
	g->any = g->any || (g->is_within && has_own);
	if (has_own) /* whole, in another argument: that is not this value's */
		return;
	if (g->n == (is_before ? AROUND : PARTS_MAX)) {
		g->any = g->any || (!is_before && scan_has_split_secret(g->parts, g->n));
		memmove(g->parts, g->parts + g->n - keep, keep * sizeof g->parts[0]);
		g->n = keep;
	}
	g->parts[g->n++] = text;
}

static void walk(struct gather *g, const struct json *v)
{
	bool is_wanted = v == g->wanted && !g->was_within;
	if (g->any || g->behind >= AROUND)
		return;
	g->is_within |= is_wanted;
	if (json_is(v, JSON_STRING))
		take(g, json_string(v));
	for (struct json_iter it = json_iter(v); json_next(&it) && !g->any;) {
		if (it.is_object && g->is_within && scan_has_secret(it.key))
			g->any = true;
		walk(g, it.value);
	}
	if (is_wanted) {
		g->is_within = false;
		g->was_within = true;
	}
}

enum holds test_contains_secret(const struct operand *o, const struct value *v, struct facts_view *f)
{
	struct gather g = {.wanted = v->json};
	bool has = false;
	if (v->json) {
		walk(&g, f->facts->arguments);
		has = g.any || (g.n > 1 && scan_has_split_secret(g.parts, g.n));
	} else if (v->type == JSON_STRING) {
		has = scan_has_secret(v->text);
	}
	for (size_t i = 0; i < v->list_n && !has; i++)
		has = scan_has_secret(v->list[i]);
	return has == json_true(o->json) ? HOLDS_YES : HOLDS_NO;
}
