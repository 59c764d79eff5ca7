/*
 * What authors bring: whatever the bytes are, a policy of Intercept that is taken becomes one of ours
 * that loads, and calls that are made up for a document decide the same by it and by itself.
 */
#include "author/compare.h"
#include "author/difference.h"
#include "author/intercept.h"
#include "base/check.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool loads(struct slice text)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_new(text, &problems);
	bool is_good = p != NULL;
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good;
}

static void compare_with_itself(struct slice text)
{
	struct arena a;
	struct comparison m;
	struct differences d;
	struct err e = {0};
	arena_init(&a, 64u << 20);
	struct compare_opts o = {.documents = {text, text}, .arena = &a};
	const struct json *doc = json_read(text, &a, NULL);
	BUG_ON(!differences_find(doc, doc, &a, &d) || d.n);
	if (compare_policies(&o, &m, &e))
		BUG_ON(m.different || m.call_n);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_notes notes = {0};
	struct buf out = BUF_INIT(8u << 20);
	struct slice text = slice_of((const char *)data, size);
	if (intercept_import(text, "server", &out, &notes)) {
		BUG_ON(!loads(buf_slice(&out)));
		compare_with_itself(buf_slice(&out));
	} else {
		BUG_ON(!notes.errors || !notes.n || out.n);
	}
	for (size_t i = 0; i < notes.n; i++)
		BUG_ON(notes.v[i].line < 1 || notes.v[i].column < 1 || !notes.v[i].text[0]);
	if (size < 4096 && loads(text))
		compare_with_itself(text);
	import_notes_release(&notes);
	buf_release(&out);
	return 0;
}
