/*
 * A policy document, and behind a line end of its own a call: what loads must decide, explain,
 * list and check without a fault, and deciding twice must agree.
 */
#include "base/check.h"
#include "policy/explain.h"
#include "policy/policy.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t size)
{
	(void)ctx;
	(void)mode;
	snprintf(why, size, "no");
	return true;
}

static void on_step(void *ctx, const struct policy_step *step)
{
	*(size_t *)ctx += strlen(step->says) + strlen(step->saw);
}

static void on_identifier(void *ctx, struct slice identifier)
{
	*(size_t *)ctx += identifier.n;
}

static enum policy_seen seen(void *ctx, struct slice identifier, uint64_t *labels)
{
	(void)ctx;
	*labels = identifier.n;
	return (enum policy_seen)(identifier.n % 3);
}

/* What a call leaves behind is the past of the next one. */
static void go_on(const struct policy *p, const struct policy_facts *before)
{
	struct policy_label_seen labels[POLICY_LABELS_MAX];
	struct policy_lesson lesson;
	struct policy_decision one, two;
	struct policy_facts f = *before;
	size_t told = 0;
	policy_learn(p, &f, &lesson);
	BUG_ON(lesson.label_n > POLICY_LABELS_MAX || lesson.mark_n > POLICY_MARKS_MAX);
	for (size_t i = 0; i < lesson.label_n; i++)
		labels[i] = (struct policy_label_seen){lesson.labels[i], f.now_us, f.now_us};
	struct policy_past past = {.calls = 1,
				   .labels = labels,
				   .label_n = lesson.label_n,
				   .marks = lesson.marks,
				   .mark_n = lesson.mark_n,
				   .seen = seen};
	f.past = &past;
	policy_each_identifier(p, &f, on_identifier, &told);
	policy_decide(p, &f, &one);
	policy_explain(p, &f, &two, on_step, &told);
	BUG_ON(one.effect != two.effect || strcmp(one.rule, two.rule) != 0);
	BUG_ON((one.effect == POLICY_ALLOW) != (one.rule[0] == '\0'));
	BUG_ON((one.effect == POLICY_APPROVE) != (one.ask.quorum > 0));
}

static void decide(const struct policy *p, const struct json *arguments, struct slice text)
{
	struct slice labels[] = {SLICE_LIT("reads_private"), SLICE_LIT("sends_out"), SLICE_LIT("a")};
	struct slice tags[] = {SLICE_LIT("a"), SLICE_LIT("b")};
	struct policy_facts f = {.server = SLICE_LIT("s"),
				 .tool = SLICE_LIT("t"),
				 .arguments = arguments,
				 .grant_id = SLICE_LIT("g"),
				 .grant_tags = tags,
				 .grant_tag_n = 2,
				 .tool_class = SLICE_LIT("write"),
				 .tool_labels = labels,
				 .tool_label_n = 3,
				 .now_us = 1700000000000000,
				 .arguments_fit = fits};
	struct policy_decision one, two;
	struct policy_problems problems = {0};
	size_t told = 0;
	policy_decide(p, &f, &one);
	policy_explain(p, &f, &two, on_step, &told);
	BUG_ON(one.effect != two.effect || strcmp(one.rule, two.rule) != 0);
	BUG_ON((one.effect == POLICY_ALLOW) != (one.rule[0] == '\0'));
	for (size_t i = 0; i < one.claim_n; i++) {
		two = one;
		BUG_ON(one.claims[i].window_start_us > f.now_us);
		BUG_ON(one.claims[i].kind != QUOTA_CONCURRENT &&
		       one.claims[i].window_end_us <= f.now_us);
		policy_refuse_limit(p, &two, i, 5000000, i % 2 ? -1 : QUOTA_ONE);
		BUG_ON(two.effect != POLICY_DENY || !two.rule[0]);
	}
	go_on(p, &f);
	policy_shows_tool(p, f.tool, f.tool_class);
	policy_allows_name(p, POLICY_RESOURCE, f.tool);
	policy_check(p, text, arguments, &problems);
	policy_problems_release(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice text = slice_of((const char *)data, n), call = {0};
	const char *end = n ? memchr(data, '\x01', n) : NULL;
	struct policy_problems problems;
	struct arena a;
	struct err e = {0};
	if (end) {
		text.n = (size_t)(end - text.p);
		call = slice_of(end + 1, n - text.n - 1);
	}
	arena_init(&a, 1 << 24);
	struct policy *p = policy_new(text, &problems);
	size_t errors = 0;
	for (size_t i = 0; i < problems.n; i++) {
		errors += !problems.v[i].is_warning;
		BUG_ON(problems.v[i].line < 1 || problems.v[i].column < 1 ||
		       !problems.v[i].text[0]);
	}
	BUG_ON((p == NULL) != (errors > 0));
	policy_problems_release(&problems);
	if (p)
		decide(p, json_read(call, &a, &e), text);
	policy_unref(&p);
	arena_release(&a);
	return 0;
}
