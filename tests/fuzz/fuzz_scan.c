/*
 * Any text: findings lie within it, on bounds of characters, in order and without overlap; what is left
 * has no secret of a form of its own; and decoding ends.
 */
#include "base/check.h"
#include "json/json.h"
#include "scan/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool is_bound(struct slice text, size_t at)
{
	return at == text.n || ((unsigned char)text.p[at] & 0xc0) != 0x80;
}

static void check(struct slice text, const struct scan_findings *f)
{
	size_t end = 0, start = 0;
	for (size_t i = 0; i < f->n; i++) {
		const struct scan_finding *x = &f->v[i];
		BUG_ON(x->kind == SCAN_NONE || x->kind >= SCAN_KINDS || !x->name || !x->name[0]);
		BUG_ON(x->start > text.n || x->length > text.n - x->start || x->start < start);
		BUG_ON(!is_bound(text, x->start) || !is_bound(text, x->start + x->length));
		start = x->start;
		if (x->kind == SCAN_INJECTION)
			continue;
		BUG_ON(!x->length || x->start < end);
		end = x->start + x->length;
	}
}

static void scan(enum scan_source source, const struct json *v)
{
	struct slice pattern = SLICE_LIT("a+b"), text = json_string(v);
	struct scanner_opts o = { SCAN_BIT(SCAN_SECRET) | SCAN_PERSONAL | SCAN_BIT(SCAN_INJECTION), source, &pattern, 1 };
	struct scan_findings f = { 0 };
	struct buf left = BUF_INIT(1 << 22);
	struct err e;
	struct scanner *s = scanner_new(&o, &e);
	BUG_ON(!s);
	scan_text(s, text, &f);
	if (!f.is_cut)
		check(text, &f);
	bool has = scan_count(&f, SCAN_SECRET) > 0;
	scan_redact(&left, text, &f);
	BUG_ON(!buf_ok(&left) || (!scan_redacts(&f) && !slice_eq(text, buf_slice(&left))));
	BUG_ON(has && !scan_has_secret(text));
	scan_named(s, SLICE_LIT("password"), text, &f);
	if (!f.is_cut)
		check(text, &f);
	scan_findings_release(&f);
	scanner_free(&s);
	buf_release(&left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct err e = { 0 };
	struct buf json = BUF_INIT(1 << 20);
	if (n > 20000)
		return 0;
	arena_init(&a, 64 << 20);
	buf_add_json_string(&json, slice_of((const char *)data, n));
	const struct json *v = json_read(buf_slice(&json), &a, &e);
	BUG_ON(!v);
	scan(SCAN_RESULT, v);
	scan(SCAN_DEFINITION, v);
	struct slice text = json_string(v);
	struct slice parts[3] = { slice_of(text.p, text.n / 3), slice_of(text.p + text.n / 3, text.n / 3),
				  slice_of(text.p + text.n / 3 * 2, text.n - text.n / 3 * 2) };
	BUG_ON(scan_has_secret(text) && !scan_has_split_secret(parts, 3));
	arena_release(&a);
	buf_release(&json);
	return 0;
}
