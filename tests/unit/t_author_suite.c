/* Files of tests: what passes, what fails and how that is told, and what is no such file. */
#include "author/span.h"
#include "author/suite.h"
#include "cases.h"
#include "folder.h"

static char *case_file(struct arena *a, const char *name)
{
	return arena_printf(a, "%s/suite/%s", getenv("GH_CASES"), name);
}

static void passing(struct arena *a)
{
	struct suite_report r;
	suite_run(case_file(a, "passes.test.yaml"), NULL, NULL, a, &r);
	ok(!r.error && r.n == 8 && r.failed == 0, "every case passes: %s", r.error ? r.error : "");
	for (size_t i = 0; i < r.n; i++)
		ok(!r.v[i].why, "%s: %s", r.v[i].name, r.v[i].why ? r.v[i].why : "");
	ok(r.n == 8 && r.v[4].calls == 12 && r.v[7].calls == 10, "calls are counted");
}

static bool tells(const struct suite_report *r, size_t i, const char *why)
{
	bool is_so = r->n > i && r->v[i].why && strcmp(r->v[i].why, why) == 0;
	if (!is_so && r->n > i)
		printf("# %s\n", r->v[i].why ? r->v[i].why : "(passed)");
	return is_so;
}

static void failing(struct arena *a)
{
	struct suite_report r;
	suite_run(case_file(a, "fails.test.json"), NULL, NULL, a, &r);
	ok(!r.error && r.n == 7 && r.failed == 6, "six of seven fail: %s", r.error ? r.error : "");
	ok(tells(&r, 0, "t\n  decision: expected \"deny\", got \"allow\"\n"), "what was expected and what came");
	ok(tells(&r, 1, "u {\"a\":1}\n  decision: expected \"allow\", got \"deny\"\n  by (default deny): tool 'u' is not permitted by policy\n"),
	   "by which rule");
	ok(tells(&r, 2, "u\n  rule: expected \"(hidden)\", got \"(default deny)\"\n  says: expected \"on Mondays\" in "
			"\"tool 'u' is not permitted by policy\"\n"), "each member");
	ok(r.n == 7 && !r.v[3].why, "one passes");
	ok(r.n == 7 && r.v[4].why && strncmp(r.v[4].why, "step 1, call 3: t\n", 18) == 0 && r.v[4].calls == 3,
	   "the first step that is not so ends a case");
	ok(r.n == 7 && r.v[5].why && strncmp(r.v[5].why, "call 3: t\n", 10) == 0, "which of the calls");
	ok(r.n == 7 && r.v[6].why && strstr(r.v[6].why, "allowed: expected \"x\", got "), "what is not said is not so");
}

static void other_policy(struct arena *a)
{
	struct suite_report r;
	suite_run(case_file(a, "passes.test.yaml"), case_file(a, "none.json"), NULL, a, &r);
	ok(r.error && strstr(r.error, "none.json"), "another policy: %s", r.error ? r.error : "");
	suite_run(case_file(a, "none.yaml"), NULL, NULL, a, &r);
	ok(r.error && strstr(r.error, "none.yaml") && r.n == 0, "no such file: %s", r.error ? r.error : "");
	suite_run(case_file(a, "passes.test.yaml"), NULL, case_file(a, "none.json"), a, &r);
	ok(r.error && strstr(r.error, "none.json"), "other tools: %s", r.error ? r.error : "");
}

static void wrong(struct arena *a)
{
	const struct json *list = cases_read("suite/wrong.json", a);
	struct folder f = folder_new();
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		char path[300];
		struct slice text = json_string(json_gets(it.value, "text"));
		struct slice says = json_string(json_gets(it.value, "says"));
		struct suite_report r;
		snprintf(path, sizeof path, "%s/x.yaml", f.path);
		FILE *out = fopen(path, "w");
		fwrite(text.p, 1, text.n, out);
		fclose(out);
		suite_run(path, NULL, NULL, a, &r);
		ok(r.error && strstr(r.error, says.p) && r.n == 0, "%s: %s", case_name(it.value),
		   r.error ? r.error : "(runs)");
	}
	folder_remove(&f);
}

static void formats(struct arena *a)
{
	struct suite_report v[3];
	struct buf b = BUF_INIT(1 << 20);
	enum suite_format f;
	struct err e = {0};
	static const struct suite_case cases[] = {{"a <b> & \"c\" # \1", 1, NULL},
						  {"d", 2, "first\nsecond <x>\n"}};
	v[0] = (struct suite_report){"one.yaml", NULL, cases, 2, 1};
	v[1] = (struct suite_report){"two.yaml", "two.yaml:1:1: wrong\n", NULL, 0, 0};
	v[2] = (struct suite_report){"three.yaml", NULL, cases, 1, 0};
	suite_write(&b, SUITE_TEXT, v, 3);
	ok(strcmp(buf_str(&b), "one.yaml\n  ok    a <b> & \"c\" # \1\n  FAIL  d\n        first\n        second <x>\n"
			       "two.yaml:1:1: wrong\nthree.yaml\n  ok    a <b> & \"c\" # \1\n"
			       "3 cases: 2 passed, 1 failed; 1 file could not be run\n") == 0, "text: %s", buf_str(&b));
	buf_clear(&b);
	suite_write(&b, SUITE_TAP, v, 3);
	ok(strcmp(buf_str(&b), "TAP version 13\nok 1 - one.yaml: a <b> & \"c\" \\# \1\nnot ok 2 - one.yaml: d\n# first\n"
			       "# second <x>\nnot ok 3 - two.yaml\n# two.yaml:1:1: wrong\n"
			       "ok 4 - three.yaml: a <b> & \"c\" \\# \1\n1..4\n") == 0, "TAP: %s", buf_str(&b));
	buf_clear(&b);
	suite_write(&b, SUITE_JUNIT, v, 2);
	ok(strcmp(buf_str(&b), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"2\" failures=\"1\" errors=\"1\">\n"
			       "  <testsuite name=\"one.yaml\" tests=\"2\" failures=\"1\" errors=\"0\">\n"
			       "    <testcase name=\"a &lt;b&gt; &amp; &quot;c&quot; # ?\" classname=\"one.yaml\"/>\n"
			       "    <testcase name=\"d\" classname=\"one.yaml\"><failure message=\"first&#10;second &lt;x&gt;&#10;\"/></testcase>\n"
			       "  </testsuite>\n  <testsuite name=\"two.yaml\" tests=\"0\" failures=\"0\" errors=\"1\">\n"
			       "    <testcase name=\"(file)\"><error message=\"two.yaml:1:1: wrong&#10;\"/></testcase>\n"
			       "  </testsuite>\n</testsuites>\n") == 0, "JUnit: %s", buf_str(&b));
	buf_clear(&b);
	suite_write(&b, SUITE_JSON, v, 3);
	const struct json *j = json_read(buf_slice(&b), a, &e);
	ok(json_is(json_gets(j, "files"), JSON_ARRAY) && json_count(json_gets(j, "files")) == 3, "JSON: %s %s", e.text,
	   buf_str(&b));
	ok(suite_format_read("junit", &f) && f == SUITE_JUNIT && !suite_format_read("xml", &f), "names of formats");
	buf_release(&b);
}

static void spans(void)
{
	static const struct {
		const char *text;
		int64_t us;
	} good[] = {{"0s", 0}, {"30s", 30000000}, {"5m", 300000000}, {"2h", 7200000000}, {"7d", 604800000000},
		    {"1w", 604800000000}, {"3155760000s", 3155760000000000}};
	static const char *const bad[] = {"", "s", "5", "-1s", "1.5h", "5x", "5 m", "3155760001s", "99999999999999999999s"};
	int64_t us;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ok(span_read(slice_str(good[i].text), &us) && us == good[i].us, "%s", good[i].text);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!span_read(slice_str(bad[i]), &us), "'%s' is no span", bad[i]);
}

/* The files of docs/authoring.md, as they stand there. */
static void page(struct arena *a)
{
	static const char *const names[] = {"policy.json", "tools.json", "policy.test.yaml"};
	char path[600];
	struct buf text = BUF_INIT(1 << 20);
	struct folder f = folder_new();
	struct suite_report r;
	snprintf(path, sizeof path, "%s/../../docs/authoring.md", getenv("GH_CASES"));
	FILE *in = fopen(path, "r");
	for (int c; in && (c = fgetc(in)) != EOF;)
		buf_addc(&text, (char)c);
	if (in)
		fclose(in);
	for (size_t i = 0; i < 3; i++) {
		char fence[80];
		snprintf(fence, sizeof fence, "\n```%s %s\n", i == 2 ? "yaml" : "json", names[i]);
		const char *at = strstr(buf_str(&text), fence), *end = at ? strstr(at + 4, "\n```\n") : NULL;
		ok(end != NULL, "%s stands on the page", names[i]);
		if (!end)
			continue;
		snprintf(path, sizeof path, "%s/%s", f.path, names[i]);
		FILE *out = fopen(path, "w");
		fwrite(at + strlen(fence), 1, (size_t)(end - at) - strlen(fence) + 1, out);
		fclose(out);
	}
	suite_run(path, NULL, NULL, a, &r);
	ok(!r.error && r.n == 3 && !r.failed, "the example of the page passes: %s", r.error ? r.error : "");
	folder_remove(&f);
	buf_release(&text);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 256u << 20);
	passing(&a);
	failing(&a);
	other_policy(&a);
	wrong(&a);
	formats(&a);
	spans();
	page(&a);
	arena_release(&a);
	return tap_done();
}
