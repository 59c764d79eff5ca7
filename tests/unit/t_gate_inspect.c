/*
 * Runs tests/cases/gate/inspect.json: {"name", "results": the policy's, "mode"?, "v": what a server
 * says, "is": "same"|"changed"|"withheld", "left"?: what is left of it, "redactions"?, "injection"?}.
 */
#include "gate/inspect.h"
#include "base/limits.h"
#include "cases.h"

static struct policy *load(const struct json *c)
{
	struct policy_problems problems = { 0 };
	struct buf b = BUF_INIT(1 << 20);
	struct slice mode = json_string(json_gets(c, "mode"));
	buf_addf(&b, "{\"version\":\"1\",\"default\":\"allow\",\"mode\":\"%s\",\"results\":", mode.n ? "shadow" : "enforce");
	json_write(&b, json_gets(c, "results"));
	buf_addc(&b, '}');
	struct policy *p = policy_new(buf_slice(&b), &problems);
	for (size_t i = 0; i < problems.n; i++)
		printf("# %s\n", problems.v[i].text);
	policy_problems_release(&problems);
	buf_release(&b);
	return p;
}

static void run(const struct json *c, struct arena *a)
{
	static const char *const verdicts[] = { "withheld", "same", "changed" };
	struct policy *p = load(c);
	struct inspect_sum sum = { 0 };
	const struct json *v = json_gets(c, "v"), *changed = NULL;
	char text[INSPECT_TEXT_SIZE];
	if (!p) {
		ok(false, "%s: the policy loads", case_name(c));
		return;
	}
	enum inspect_verdict is = inspect(p, v, true, &sum, a, 1 << 22, &changed);
	ok(slice_is(json_string(json_gets(c, "is")), verdicts[is]), "%s: is %s", case_name(c), verdicts[is]);
	if (is == INSPECT_SAME)
		ok(changed == v, "%s: and no copy was made", case_name(c));
	if (json_gets(c, "left")) {
		struct buf b = BUF_INIT(1 << 22);
		json_write(&b, changed);
		ok(is == INSPECT_CHANGED && case_is(json_gets(c, "left"), buf_slice(&b), a), "%s: what is left", case_name(c));
		buf_release(&b);
	}
	inspect_redactions(&sum, text);
	ok(slice_is(json_string(json_gets(c, "redactions")), text), "%s: '%s' is counted", case_name(c), text);
	inspect_injection(&sum, text);
	ok(slice_is(json_string(json_gets(c, "injection")), text), "%s: '%s' is found", case_name(c), text);
	policy_unref(&p);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 64u << 20);
	const struct json *list = cases_read("gate/inspect.json", &a);
	for (struct json_iter it = json_iter(list); json_next(&it);)
		run(it.value, &a);
	arena_release(&a);
	return tap_done();
}
