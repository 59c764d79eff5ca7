/*
 * Lists of tools, one a server, or a baseline: whatever servers list is told without a fault, in reports that are
 * what they should be; what a baseline was written of is known by it; any baseline that is read is written alike.
 */
#include "base/check.h"
#include "base/limits.h"
#include "report/baseline.h"
#include "report/check.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct report_about about = { "0.0.0", "https://example.com/", SEVERITY_HIGH };

static void place(void *ctx, const char *pointer, struct report_place *out)
{
	(void)ctx;
	*out = (struct report_place){ "tools.json", 1, (int)strlen(pointer) + 1, 0, 0 };
}

static void look(struct report *r, const struct json *root)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct report_list v[8];
	struct err e;
	struct scanner *s = scanner_new(&o, &e);
	size_t count = 0;
	for (struct json_iter it = json_iter(root); json_next(&it) && count < ARRAY_LEN(v); count++) {
		const char *name = report_name(r, it.key);
		if (map_get(&r->by_server, slice_str(name))) {
			count--;
			continue;
		}
		v[count] = (struct report_list){ name, it.value, place, NULL };
		report_add_server(r, &(struct report_server){ .name = name, .is_listed = true });
	}
	report_check_lists(r, s, v, count);
	scanner_free(&s);
}

static void check_json(struct buf *b, struct arena *a)
{
	struct err e;
	BUG_ON(!buf_ok(b) || !json_read(buf_slice(b), a, &e));
	for (size_t i = 0; i < b->n; i++)
		BUG_ON((unsigned char)b->p[i] < 0x20 && b->p[i] != '\n');
	buf_clear(b);
}

static void check_reports(const struct report *r, struct arena *a)
{
	struct buf b = BUF_INIT(64u << 20);
	report_write_json(&b, r, &about);
	check_json(&b, a);
	report_write_sarif(&b, r, &about);
	check_json(&b, a);
	report_write_markdown(&b, r, &about);
	BUG_ON(b.n > (size_t)LIMIT_REPORT_MARKDOWN * 4);
	report_write_text(&b, r, &about);
	for (size_t i = 0; i < b.n; i++)
		BUG_ON((unsigned char)b.p[i] < 0x20 && b.p[i] != '\n');
	buf_release(&b);
}

static void check_lists(const struct json *root, struct arena *a)
{
	struct buf first = BUF_INIT(64u << 20), again = BUF_INIT(64u << 20);
	struct report r;
	struct err e;
	report_init(&r);
	look(&r, root);
	check_reports(&r, a);
	baseline_write(&first, &r, NULL);
	const struct baseline *b = baseline_read(buf_slice(&first), a, &e);
	BUG_ON(!b);
	baseline_compare(b, "base.json", &r);
	for (size_t i = 0; i < r.finding_n; i++)
		BUG_ON(r.findings[i].state != REPORT_KNOWN);
	baseline_write(&again, &r, b);
	BUG_ON(!slice_eq(buf_slice(&first), buf_slice(&again)));
	report_sort(&r);
	check_reports(&r, a);
	report_release(&r);
	buf_release(&first);
	buf_release(&again);
}

static void check_baseline(struct slice text, struct arena *a)
{
	struct report r;
	struct err e;
	const struct baseline *b = baseline_read(text, a, &e);
	if (!b)
		return;
	report_init(&r);
	baseline_compare(b, "base.json", &r);
	report_release(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = slice_of((const char *)data, n);
	struct arena a;
	struct err e;
	if (n > 65536)
		return 0;
	arena_init(&a, 256u << 20);
	const struct json *root = json_read(text, &a, &e);
	if (json_is(root, JSON_OBJECT) && json_gets(root, "version"))
		check_baseline(text, &a);
	else if (json_is(root, JSON_OBJECT))
		check_lists(root, &a);
	arena_release(&a);
	return 0;
}
