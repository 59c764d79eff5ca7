/* Calls of which only the names of arguments are known, as a replay of records has them. */
#include "cases.h"
#include "gate/judge.h"

static void run_case(const struct json *c, struct arena *a)
{
	struct buf text = BUF_INIT(1 << 20), line = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	struct policy_problems problems = {0};
	struct err e = {0};
	json_write(&text, json_gets(c, "policy"));
	struct judge *j = judge_new(buf_slice(&text), SLICE_LIT("[]"), &problems, &e);
	ok(j != NULL, "%s: loads %s", case_name(c), problems.n ? problems.v[0].text : e.text);
	for (struct json_iter it = json_iter(j ? json_gets(c, "calls") : NULL); json_next(&it);) {
		const struct json *rule = json_gets(it.value, "rule");
		buf_clear(&line);
		buf_clear(&out);
		json_write(&line, it.value);
		judge_line(j, buf_slice(&line), 1000000, &out);
		const struct json *got = json_read(buf_slice(&out), a, &e);
		ok(json_equal(json_gets(it.value, "decision"), json_gets(got, "decision")) &&
			   (!rule || json_equal(rule, json_gets(got, "rule"))),
		   "%s: %s %s", case_name(c), buf_str(&line), buf_str(&out));
	}
	judge_free(&j);
	policy_problems_release(&problems);
	buf_release(&text);
	buf_release(&line);
	buf_release(&out);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 64u << 20);
	const struct json *list = cases_read("policy_names.json", &a);
	for (struct json_iter it = json_iter(list); json_next(&it);)
		run_case(it.value, &a);
	arena_release(&a);
	return tap_done();
}
