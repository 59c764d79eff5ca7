/*
 * Runs every example of docs/policy.md. A fenced block is `json policy` (a document), `json
 * rules` (those of a tool named "tool"), `json condition`, `json calls` (against the policy
 * before it: what each line says of its decision must be so) or `json values` (of args.v,
 * against the condition before it). Also: every operator stands on the page.
 */
#include "gate/judge.h"
#include "policy/operator.h"
#include "tap.h"

struct page {
	struct buf policy; /* of the examples that follow */
	struct judge *judge;
	size_t run;
};

static void load(struct page *p, const char *before, struct slice text, const char *after)
{
	struct policy_problems problems = {0};
	struct err e = {0};
	buf_clear(&p->policy);
	buf_adds(&p->policy, before);
	buf_add_slice(&p->policy, text);
	buf_adds(&p->policy, after);
	judge_free(&p->judge);
	static const char tools[] =
		"tool\nCloneContainerToECR\nget_issue\nget_secret\nadmin_drop\n"
		"read_inbox\nfind_contact\nsend_mail\n"
		"{\"name\":\"list_pages\",\"class\":\"read\"}\n"
		"{\"name\":\"edit_page\",\"class\":\"write\"}\n"
		"{\"name\":\"delete_page\",\"class\":\"destructive\"}\n"
		"{\"name\":\"refund\",\"class\":\"financial\"}\n";
	p->judge = judge_new(buf_slice(&p->policy), slice_str(tools), &problems, &e);
	ok(p->judge && problems.n == 0, "an example loads");
	for (size_t i = 0; i < problems.n; i++)
		printf("# %d:%d %s\n", problems.v[i].line, problems.v[i].column,
		       problems.v[i].text);
	policy_problems_release(&problems);
}

static void run_call(struct page *p, struct slice line)
{
	struct arena a;
	struct err e = {0};
	struct buf out = BUF_INIT(1 << 16);
	static const char *const keys[] = {"decision", "rule", "message", "allowed", "shadow"};
	arena_init(&a, 1 << 20);
	judge_line(p->judge, line, 0, &out);
	const struct json *want = json_read(line, &a, &e),
			  *got = json_read(buf_slice(&out), &a, &e);
	bool is_good = json_gets(want, "decision") != NULL;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct json *v = json_gets(want, keys[i]);
		is_good = is_good && (!v || json_equal(v, json_gets(got, keys[i])));
	}
	ok(is_good, "%.*s", SLICE_ARG(line));
	if (!is_good)
		printf("# %s", buf_str(&out));
	p->run++;
	arena_release(&a);
	buf_release(&out);
}

/* As a call to a tool that requires the condition. */
static void run_values(struct page *p, struct slice line)
{
	struct arena a;
	struct err e = {0};
	struct buf text = BUF_INIT(1 << 16);
	arena_init(&a, 1 << 20);
	const struct json *v = json_read(line, &a, &e);
	const char *const verdicts[2][2] = {{"holds", "allow"}, {"fails", "deny"}};
	ok(v != NULL, "the values are JSON %s", e.text);
	for (size_t i = 0; i < 2; i++)
		for (struct json_iter it = json_iter(json_gets(v, verdicts[i][0]));
		     json_next(&it);) {
			buf_clear(&text);
			buf_adds(&text, "{\"tool\":\"tool\",\"arguments\":{\"v\":");
			json_write(&text, it.value);
			buf_addf(&text, "},\"decision\":\"%s\"}", verdicts[i][1]);
			run_call(p, buf_slice(&text));
		}
	arena_release(&a);
	buf_release(&text);
}

static void run_block(struct page *p, struct slice kind, struct slice text)
{
	if (slice_is(kind, "policy")) {
		load(p, "", text, "");
	} else if (slice_is(kind, "rules")) {
		load(p, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"tool\":", text, "}}");
	} else if (slice_is(kind, "condition")) {
		load(p,
		     "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"tool\":{\"require\":[{"
		     "\"conditions\":[",
		     text, "]}]}}}");
	} else {
		bool is_calls = slice_is(kind, "calls");
		ok(p->judge && (is_calls || slice_is(kind, "values")),
		   "a block of a kind that is known");
		while (text.n && p->judge) {
			const char *end = memchr(text.p, '\n', text.n);
			size_t n = end ? (size_t)(end - text.p) : text.n;
			if (is_calls)
				run_call(p, slice_of(text.p, n));
			else
				run_values(p, slice_of(text.p, n));
			text = slice_of(text.p + n + (end != NULL), text.n - n - (end != NULL));
		}
	}
}

int main(void)
{
	char path[512];
	struct buf text = BUF_INIT(1 << 20);
	struct page p = {.policy = BUF_INIT(1 << 20)};
	snprintf(path, sizeof path, "%s/../../docs/policy.md",
		 getenv("GH_CASES") ? getenv("GH_CASES") : "tests/cases");
	FILE *f = fopen(path, "re");
	for (int c; f && (c = fgetc(f)) != EOF;)
		buf_addc(&text, (char)c);
	if (f)
		fclose(f);
	const char *at = buf_str(&text);
	while ((at = strstr(at, "\n```json"))) {
		at += strlen("\n```json");
		const char *line_end = strchr(at, '\n');
		const char *end = line_end ? strstr(line_end, "\n```") : NULL;
		if (!end)
			break;
		run_block(&p, slice_trim(slice_of(at, (size_t)(line_end - at))),
			  slice_of(line_end + 1, (size_t)(end - line_end - 1)));
		at = end + 4;
	}
	ok(p.run > 40, "%zu examples were run", p.run);
	for (size_t i = 0; operator_at(i); i++) {
		char name[40];
		snprintf(name, sizeof name, "`%s`", operator_at(i)->name);
		ok(strstr(buf_str(&text), name) != NULL, "%s stands on the page", name);
	}
	judge_free(&p.judge);
	buf_release(&p.policy);
	buf_release(&text);
	return tap_done();
}
