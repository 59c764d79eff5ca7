/* What a scan notices about a call, as words for the person who is asked. Hints, never a verdict. */
#include "gate/consent.h"
#include "scan/scan.h"

#define HINTS_MAX 12

static void add(struct buf *b, size_t *n, const char *where, const struct scan_finding *f)
{
	char text[200];
	if (*n >= HINTS_MAX)
		return;
	if (f->kind == SCAN_INJECTION)
		snprintf(text, sizeof text, "%s may give orders to a model (%s)", where, f->name);
	else if (strcmp(scan_kind_word(f->kind), f->name) == 0)
		snprintf(text, sizeof text, "%s: %s", where, f->name);
	else
		snprintf(text, sizeof text, "%s: %s (%s)", where, scan_kind_word(f->kind), f->name);
	buf_adds(b, (*n)++ ? "," : "");
	buf_add_json_string(b, slice_str(text));
}

static bool was_said(const struct scan_findings *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (f->v[k].kind == f->v[i].kind && strcmp(f->v[k].name, f->v[i].name) == 0)
			return true;
	return false;
}

static void scan(struct buf *b, size_t *n, const char *where, struct slice text, enum scan_source source, unsigned kinds)
{
	struct scanner_opts o = { .kinds = kinds, .source = source };
	struct scan_findings found = { 0 };
	struct err e = { 0 };
	struct scanner *s = text.n ? scanner_new(&o, &e) : NULL;
	if (!s)
		return;
	scan_text(s, text, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!was_said(&found, i))
			add(b, n, where, &found.v[i]);
	scan_findings_release(&found);
	scanner_free(&s);
}

void hints_write(struct buf *b, struct slice arguments, struct slice description)
{
	size_t n = 0;
	buf_addc(b, '[');
	scan(b, &n, "the arguments", arguments, SCAN_RESULT, SCAN_BIT(SCAN_SECRET) | SCAN_BIT(SCAN_INJECTION) | SCAN_PERSONAL);
	scan(b, &n, "the tool's description", description, SCAN_DEFINITION, SCAN_BIT(SCAN_INJECTION));
	buf_addc(b, ']');
}
