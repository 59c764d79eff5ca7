/*
 * Any definition: words lie within their text and in order, the classifier always finds a category, and its
 * evidence quotes something.
 */
#include "base/check.h"
#include "base/limits.h"
#include "catalog/classify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_words(struct slice text, bool is_name)
{
	static struct word v[LIMIT_PROFILE_WORDS];
	size_t n = is_name ? words_of_name(text, v, LIMIT_PROFILE_WORDS) : words_of_text(text, v, LIMIT_PROFILE_WORDS);
	size_t end = 0;
	BUG_ON(n > LIMIT_PROFILE_WORDS);
	for (size_t i = 0; i < n; i++) {
		BUG_ON(!v[i].n || v[i].at > text.n || v[i].n > text.n - v[i].at || v[i].part >= WORD_PARTS);
		for (int k = 0; k < WORD_CONCEPTS; k++)
			BUG_ON(v[i].concept[k] >= CONCEPTS);
		if (v[i].flags & WORD_PHRASE)
			continue;
		BUG_ON(v[i].at < end);
		end = v[i].at + v[i].n;
	}
}

static void check_classified(const struct json *tool, struct arena *a)
{
	struct classified c;
	struct tool_text t = tool_text_of(tool, slice_str("fuzz"));
	classify(&t, a, &c);
	BUG_ON(c.category < CATEGORY_READ || c.category >= CATEGORIES || !(c.confidence >= 0) || c.confidence > 1);
	BUG_ON(c.evidence_n > CLASSIFIED_EVIDENCE_MAX);
	for (size_t i = 0; i < c.evidence_n; i++) {
		BUG_ON(!c.evidence[i].pointer || !c.evidence[i].quote.n || c.evidence[i].weight <= 0);
		BUG_ON(i && c.evidence[i].weight > c.evidence[i - 1].weight);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct err e = { 0 };
	if (n > 65536)
		return 0;
	arena_init(&a, 64u << 20);
	const struct json *tool = json_read(slice_of((const char *)data, n), &a, &e);
	if (tool) {
		check_words(json_string(json_gets(tool, "name")), true);
		check_words(json_string(json_gets(tool, "description")), false);
		check_classified(tool, &a);
	}
	check_words(slice_of((const char *)data, n), false);
	arena_release(&a);
	return 0;
}
