/* Claims are taken at their word only where that costs the server something. */
#include "catalog/risk.h"
#include "base/check.h"
#include "base/limits.h"
#include "catalog/profile.h"

static void raise_to(struct risk *r, enum category category, enum severity severity)
{
	if (r->found == CATEGORY_UNKNOWN || r->category >= category)
		return;
	r->category = category;
	if (r->severity < severity)
		r->severity = severity;
	if (category == CATEGORY_DESTRUCTIVE)
		r->labels |= LABEL_BIT(LABEL_DESTROYS);
}

void risk_of(const struct profile *p, struct risk *out)
{
	const struct catalog_hints *h = &p->claims;
	*out = (struct risk){
		.found = p->category,
		.category = p->category,
		.severity = p->severity,
		.confidence = p->confidence,
		.labels = p->labels,
		.signals = p->signals,
		.tokens = p->tokens,
		.is_disputed = p->is_disputed,
	};
	if (h->read_only == CATALOG_HINT_NO)
		raise_to(out, CATEGORY_WRITE, SEVERITY_MEDIUM);
	if (h->destructive == CATALOG_HINT_YES && h->read_only != CATALOG_HINT_YES)
		raise_to(out, CATEGORY_DESTRUCTIVE, SEVERITY_HIGH);
	for (unsigned i = 0; i < LABELS; i++)
		if (out->labels & LABEL_BIT(i))
			out->label[out->label_n++] = slice_str(label_word((enum label)i));
}

void risk_find(const struct json *definition, struct slice server, struct risk *out)
{
	struct arena a;
	struct profile *p = mem_alloc(sizeof *p);
	arena_init(&a, LIMIT_REQUEST_ARENA);
	profile_make(definition, server, &a, p);
	risk_of(p, out);
	arena_release(&a);
	free(p);
}

struct slice risk_class(const struct risk *r)
{
	return slice_str(category_word(r->category == CATEGORY_UNKNOWN ? CATEGORY_DESTRUCTIVE : r->category));
}

struct slice risk_severity(const struct risk *r)
{
	return slice_str(severity_word(r->severity == SEVERITY_UNKNOWN ? SEVERITY_CRITICAL : r->severity));
}
