/* What a scan reports: which findings, how they are told, and what a baseline makes of them. */
#include "report/baseline.h"
#include "report/check.h"
#include "report/launch.h"
#include "base/limits.h"
#include "policy/policy.h"
#include "cases.h"

static const struct report_about about = { "0.0.0", "https://example.com/scan.md", SEVERITY_HIGH };

static void check_launch(struct arena *a)
{
	for (struct json_iter it = json_iter(cases_read("report/launch.json", a)); json_next(&it);) {
		const char *argv[16];
		size_t n = 0, at = 0;
		struct slice what = { NULL, 0 }, want = json_string(json_gets(it.value, "unpinned"));
		if (json_gets(it.value, "url")) {
			ok(launch_is_plain(json_string(json_gets(it.value, "url"))) == json_true(json_gets(it.value, "plain")), "address: %s",
			   case_name(it.value));
			continue;
		}
		for (struct json_iter w = json_iter(json_gets(it.value, "argv")); json_next(&w);)
			argv[n++] = arena_strndup(a, json_string(w.value).p, json_string(w.value).n);
		bool is_unpinned = launch_is_unpinned(argv, n, &at, &what);
		int64_t want_at = 0;
		(void)json_int64(json_gets(it.value, "at"), &want_at);
		ok(is_unpinned == (want.n > 0) && (!is_unpinned || (slice_eq(what, want) && (int64_t)at == want_at)), "%s: %.*s",
		   case_name(it.value), SLICE_ARG(what));
	}
}

static void check_rules(void)
{
	for (int r = RULE_NONE + 1; r < RULES; r++) {
		const struct report_rule_text *t = report_rule_text((enum report_rule)r);
		struct buf doc = BUF_INIT(4096);
		struct policy_problems problems = { 0 };
		ok(report_rule_find(slice_str(t->id)) == (enum report_rule)r && t->title && t->why && t->advice && t->severity,
		   "rule '%s' has an id of its own and all words", t->id);
		if (!t->policy)
			continue;
		buf_addf(&doc, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"x\":%s}}", t->policy);
		struct policy *p = policy_new(buf_slice(&doc), &problems);
		ok(p, "its rule loads: %s", p ? t->policy : problems.n ? problems.v[0].text : "");
		policy_unref(&p);
		policy_problems_release(&problems);
		buf_release(&doc);
	}
	ok(report_rule_find(SLICE_LIT("no-such-rule")) == RULE_NONE, "a rule that is none");
}

/* Places are pointers here. */
static void place(void *ctx, const char *pointer, struct report_place *out)
{
	struct arena *a = ctx;
	out->file = arena_strndup(a, pointer, strlen(pointer));
	out->line = 1;
}

static bool is_wanted(const struct report_finding *f, const struct json *want)
{
	struct slice severity = json_string(json_gets(want, "severity")), server = json_string(json_gets(want, "server")),
		     at = json_string(json_gets(want, "at"));
	return slice_is(json_string(json_gets(want, "rule")), report_rule_text(f->rule)->id) &&
	       (!json_gets(want, "tool") || slice_is(json_string(json_gets(want, "tool")), f->tool)) &&
	       (!severity.n || slice_is(severity, severity_word(f->severity))) && (!server.n || slice_is(server, f->server)) &&
	       (!at.n || slice_is(at, f->place.file));
}

static void check_findings(struct arena *a)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct err e;
	struct scanner *s = scanner_new(&o, &e);
	for (struct json_iter it = json_iter(cases_read("report/findings.json", a)); json_next(&it);) {
		struct report_list v[4];
		struct report r;
		size_t n = 0, met = 0;
		for (struct json_iter l = json_iter(json_gets(it.value, "lists")); json_next(&l); n++)
			v[n] = (struct report_list){ arena_strndup(a, json_string(json_gets(l.value, "server")).p,
								   json_string(json_gets(l.value, "server")).n),
						     json_gets(l.value, "tools"), place, a };
		report_init(&r);
		report_check_lists(&r, s, v, n);
		for (struct json_iter w = json_iter(json_gets(it.value, "want")); json_next(&w);) {
			bool is_there = false;
			for (size_t i = 0; i < r.finding_n; i++)
				is_there |= is_wanted(&r.findings[i], w.value);
			ok(is_there, "%s: %.*s", case_name(it.value), SLICE_ARG(json_string(json_gets(w.value, "rule"))));
			met += is_there;
		}
		ok(met == json_count(json_gets(it.value, "want")) && r.finding_n == met, "%s: nothing else (%zu)", case_name(it.value), r.finding_n);
		for (size_t i = 0; i < r.finding_n && r.finding_n != met; i++)
			printf("# %s %s\n", report_rule_text(r.findings[i].rule)->id, r.findings[i].message);
		report_release(&r);
	}
	scanner_free(&s);
}

static void check_quotes(void)
{
	struct buf b = BUF_INIT(4096), text = BUF_INIT(4096);
	report_quote(&b, SLICE_LIT("a\x1b[31m\x01\xe2\x80\xae\nb"), 0);
	report_write_message(&text, buf_str(&b));
	ok(!strpbrk(buf_str(&text), "\x1b\x01\x02\n") && !strstr(buf_str(&text), "\xe2\x80\xae"), "nothing moves the cursor or the line: %s",
	   buf_str(&text));
	buf_clear(&b);
	report_quote(&b, SLICE_LIT("key ghp_abcdefghijklmnopqrstuvwxyz0123456789"), 0);
	ok(!strstr(buf_str(&b), "ghp_") && strstr(buf_str(&b), "redacted"), "a secret is never quoted");
	buf_release(&b);
	buf_release(&text);
}

static struct report_finding finding(const char *tool, int line, enum severity s)
{
	return (struct report_finding){ .rule = RULE_TOOL_DESTRUCTIVE,
					.severity = s,
					.place = { "a b.json", line, 1, 0, 0 },
					.server = "s",
					.tool = tool,
					.message = "tool \x01x|`{0}](y)\x02 is bad" };
}

static void check_fingerprints(void)
{
	struct report x, y;
	struct report_finding f = finding("t", 3, SEVERITY_HIGH), g = finding("t", 90, SEVERITY_LOW);
	report_init(&x);
	report_init(&y);
	report_add(&x, &f);
	report_add(&x, &f);
	report_add(&y, &g);
	ok(strcmp(x.findings[0].fingerprint, y.findings[0].fingerprint) == 0, "a finding that moved is the same");
	ok(strcmp(x.findings[0].fingerprint, x.findings[1].fingerprint) != 0, "the same thing twice is two");
	g.detail = "other";
	report_add(&y, &g);
	ok(strcmp(x.findings[0].fingerprint, y.findings[1].fingerprint) != 0, "another thing is another");
	report_release(&x);
	report_release(&y);
}

static void check_writers(struct arena *a)
{
	struct report r;
	struct report_finding f = finding("t", 3, SEVERITY_HIGH);
	struct buf b = BUF_INIT(1u << 22);
	struct err e = { 0 };
	report_init(&r);
	f.policy = "{\"action\":\"hide\"}";
	report_add(&r, &f);
	report_write_markdown(&b, &r, &about);
	ok(strstr(buf_str(&b), "tool `x\\|'{0}](y)` is bad |\n"), "Markdown: text of strangers stands in a code span, and ends no cell");
	ok(strstr(buf_str(&b), "(https://example.com/scan.md#tool-destructive)"), "and the rule links to its page");
	buf_clear(&b);
	report_write_sarif(&b, &r, &about);
	const struct json *run = json_at(json_gets(json_read(buf_slice(&b), a, &e), "runs"), 0),
			  *result = json_at(json_gets(run, "results"), 0);
	ok(slice_is(json_string(json_gets(json_gets(result, "message"), "text")), "tool 'x|`{{0}] (y)' is bad"),
	   "SARIF: neither a placeholder nor a link");
	const struct json *file = json_gets(json_at(json_gets(run, "artifacts"), 0), "location");
	ok(slice_is(json_string(json_gets(file, "uri")), "a%20b.json"),
	   "its files are relative references");
	ok(!json_gets(result, "baselineState"), "without a baseline it says nothing of one");
	buf_clear(&b);
	report_write_json(&b, &r, &about);
	ok(json_read(buf_slice(&b), a, &e), "the JSON is JSON: %s", e.text);
	buf_clear(&b);
	report_write_text(&b, &r, &about);
	ok(strstr(buf_str(&b), "fails at 'high'\n"), "the text has the verdict");
	buf_release(&b);
	report_release(&r);
}

/* A tool that two servers have, and two findings about one: a policy has each name once. */
static void check_rules_of_servers(void)
{
	struct report r;
	struct report_finding f = finding("t", 3, SEVERITY_HIGH);
	struct buf b = BUF_INIT(1u << 20);
	report_init(&r);
	f.policy = "{\"action\":\"hide\"}";
	report_add(&r, &f);
	report_add(&r, &f);
	f.server = "other";
	report_add(&r, &f);
	f.tool = "u";
	report_add(&r, &f);
	report_sort(&r);
	report_write_markdown(&b, &r, &about);
	ok(strstr(buf_str(&b), "Server `s`:\n\n```json\n{\n  \"t\": {\"action\":\"hide\"}\n}\n```\n"), "rules of one server, each tool once");
	ok(strstr(buf_str(&b), "Server `other`:\n\n```json\n{\n  \"t\": {\"action\":\"hide\"},\n  \"u\": {\"action\":\"hide\"}\n}\n```\n"),
	   "and of the other");
	report_release(&r);
	buf_release(&b);
}

static size_t count(struct slice text, const char *what)
{
	size_t n = 0;
	for (const char *at = text.p; (at = memmem(at, (size_t)(text.p + text.n - at), what, strlen(what))); at++)
		n++;
	return n;
}

static void fill(struct report *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char tool[40];
		snprintf(tool, sizeof tool, "tool-%zu", i);
		struct report_finding f = finding(tool, (int)i + 1, i + 1 == n ? SEVERITY_CRITICAL : SEVERITY_HIGH);
		f.policy = "{\"action\":\"hide\"}";
		report_add(r, &f);
	}
	report_sort(r);
}

static void check_limits(void)
{
	struct buf b = BUF_INIT(64u << 20);
	struct report r;
	for (size_t more = 0; more < 2; more++) {
		buf_clear(&b);
		report_init(&r);
		fill(&r, LIMIT_REPORT_RESULTS + more);
		report_write_sarif(&b, &r, &about);
		ok(count(buf_slice(&b), "\"ruleId\"") == LIMIT_REPORT_RESULTS, "SARIF has %d results", LIMIT_REPORT_RESULTS);
		ok((strstr(buf_str(&b), "1 results, the least severe, are left out") != NULL) == (more == 1), "and says when there are more");
		ok(strstr(buf_str(&b), "\"level\":\"error\"") && r.findings[0].severity == SEVERITY_CRITICAL, "the most severe come first");
		buf_clear(&b);
		report_write_markdown(&b, &r, &about);
		ok(b.n <= LIMIT_REPORT_MARKDOWN && strstr(buf_str(&b), " more, none of them more severe"), "Markdown fits a comment: %zu", b.n);
		report_release(&r);
	}
	report_init(&r);
	fill(&r, LIMIT_REPORT_FINDINGS);
	ok(r.finding_n == LIMIT_REPORT_FINDINGS && !r.is_cut, "%d findings are kept", LIMIT_REPORT_FINDINGS);
	struct report_finding one = finding("last", 1, SEVERITY_LOW);
	report_add(&r, &one);
	ok(r.finding_n == LIMIT_REPORT_FINDINGS && r.is_cut, "one more is not, and it says so");
	for (size_t i = 0; i < r.finding_n; i++)
		r.findings[i].state = REPORT_KNOWN;
	ok(report_fails(&r, SEVERITY_CRITICAL), "what is cut fails");
	for (size_t i = 0; i <= LIMIT_REPORT_NOTES; i++)
		report_note(&r, "note %zu", i);
	ok(r.note_n == LIMIT_REPORT_NOTES, "%d notes are kept", LIMIT_REPORT_NOTES);
	report_release(&r);
	report_init(&r);
	for (size_t i = 0; i <= LIMIT_REPORT_SERVERS; i++) {
		char name[40];
		snprintf(name, sizeof name, "server-%zu", i);
		if (i == LIMIT_REPORT_SERVERS)
			ok(!r.is_cut, "%d servers are kept", LIMIT_REPORT_SERVERS);
		report_add_server(&r, &(struct report_server){ .name = name });
	}
	ok(r.server_n == LIMIT_REPORT_SERVERS && r.is_cut, "one more is not");
	r.is_cut = false;
	for (size_t i = 0; i <= LIMIT_REPORT_TOOLS; i++) {
		if (i == LIMIT_REPORT_TOOLS)
			ok(!r.is_cut, "%d tools are kept", LIMIT_REPORT_TOOLS);
		report_add_tool(&r, &(struct report_tool){ .server = "s", .name = "t" });
	}
	ok(r.tool_n == LIMIT_REPORT_TOOLS && r.is_cut, "one more is not");
	report_release(&r);
	buf_release(&b);
}

/* A list of n tools, and one of another server that names the last of them. */
static bool are_compared(struct arena *a, size_t n, size_t padding)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct buf b = BUF_INIT(64u << 20);
	struct report r;
	struct err e;
	struct scanner *s = scanner_new(&o, &e);
	buf_adds(&b, "[[{\"name\":\"t\",\"description\":\"before get_note_0\"}],[");
	for (size_t i = 0; i + 1 < n; i++) {
		buf_addf(&b, "%s{\"name\":\"get_note_%zu\",\"x\":\"", i ? "," : "", i);
		for (size_t k = 0; k < padding; k++)
			buf_addc(&b, 'x');
		buf_adds(&b, "\"}");
	}
	buf_adds(&b, "]]");
	const struct json *root = json_read(buf_slice(&b), a, &e);
	struct report_list v[2] = { { "a", json_at(root, 0), place, a }, { "b", json_at(root, 1), place, a } };
	report_init(&r);
	report_check_lists(&r, s, v, 2);
	bool is_found = false;
	for (size_t i = 0; i < r.finding_n; i++)
		is_found |= r.findings[i].rule == RULE_DEFINITION_SHADOWS;
	ok(is_found == !r.note_n, "what is not compared is noted");
	scanner_free(&s);
	report_release(&r);
	buf_release(&b);
	return is_found;
}

static void check_peers(void)
{
	struct arena a;
	arena_init(&a, 256u << 20);
	ok(are_compared(&a, LIMIT_REPORT_PEER_TOOLS, 0), "%d tools are compared with each other", LIMIT_REPORT_PEER_TOOLS);
	ok(!are_compared(&a, LIMIT_REPORT_PEER_TOOLS + 1, 0), "one more is not");
	ok(are_compared(&a, 2, LIMIT_REPORT_PEERS / 2 - 200), "texts of %d bytes, each read twice, are", LIMIT_REPORT_PEERS / 2);
	ok(!are_compared(&a, 2, LIMIT_REPORT_PEERS / 2), "longer ones are not");
	arena_release(&a);
}

static void check_names(void)
{
	char name[LIMIT_REPORT_NAME + 2];
	struct report r;
	report_init(&r);
	memset(name, 'a', sizeof name);
	ok(strlen(report_name(&r, slice_of(name, LIMIT_REPORT_NAME))) == LIMIT_REPORT_NAME, "a name of %d bytes is whole", LIMIT_REPORT_NAME);
	ok(strstr(report_name(&r, slice_of(name, LIMIT_REPORT_NAME + 1)), "…") != NULL, "a longer one is cut, and shown so");
	report_release(&r);
}

/* Servers a, b (not asked); tools x, y of a; findings at both. */
static void make(struct report *r, bool is_turned, char pin, enum severity severity)
{
	static const char *const names[] = { "x", "y" };
	report_init(r);
	report_add_server(r, &(struct report_server){ .name = "b", .place = { "b.json", 1, 1, 0, 0 } });
	report_add_server(r, &(struct report_server){ .name = "a", .is_listed = true, .place = { "a.json", 1, 1, 0, 0 } });
	for (int i = 0; i < 2; i++) {
		const char *name = names[is_turned ? 1 - i : i];
		struct report_tool t = { .server = "a", .name = name, .category = CATEGORY_DESTRUCTIVE, .severity = severity };
		struct report_finding f = finding(name, is_turned ? 7 : 3, severity);
		f.server = "a";
		memset(t.pin, name[0] == 'x' ? pin : '0', 64);
		report_add_tool(r, &t);
		report_add(r, &f);
	}
}

static const struct report_finding *find(const struct report *r, enum report_rule rule, const char *name)
{
	for (size_t i = 0; i < r->finding_n; i++)
		if (r->findings[i].rule == rule && (strcmp(r->findings[i].tool, name) == 0 || strcmp(r->findings[i].server, name) == 0))
			return &r->findings[i];
	return NULL;
}

static void check_baseline(struct arena *a)
{
	struct report r;
	struct buf first = BUF_INIT(1u << 20), again = BUF_INIT(1u << 20);
	struct err e = { 0 };
	make(&r, false, '0', SEVERITY_HIGH);
	baseline_write(&first, &r, NULL);
	const struct baseline *b = baseline_read(buf_slice(&first), a, &e);
	ok(b, "what is written is read: %s", e.text);
	report_release(&r);

	make(&r, true, '0', SEVERITY_HIGH);
	baseline_compare(b, "base.json", &r);
	ok(report_count(&r).fresh_n == 0 && report_count(&r).known == 2 && r.gone == 0 && !report_fails(&r, SEVERITY_LOW), "nothing is new");
	baseline_write(&again, &r, b);
	ok(slice_eq(buf_slice(&first), buf_slice(&again)), "the same state, in another order and at other lines, is the same bytes");
	report_release(&r);

	make(&r, false, '1', SEVERITY_CRITICAL);
	report_add_tool(&r, &(struct report_tool){ .server = "a", .name = "z", .category = CATEGORY_READ, .severity = SEVERITY_LOW });
	report_add_tool(&r, &(struct report_tool){ .server = "c", .name = "z" });
	report_add_server(&r, &(struct report_server){ .name = "c", .is_listed = true });
	baseline_compare(b, "base.json", &r);
	ok(find(&r, RULE_TOOL_CHANGED, "x") && find(&r, RULE_TOOL_CHANGED, "x")->severity == SEVERITY_CRITICAL && !find(&r, RULE_TOOL_CHANGED, "y"),
	   "a tool with another pin changed");
	ok(find(&r, RULE_TOOL_ADDED, "z") && find(&r, RULE_TOOL_ADDED, "z")->severity == SEVERITY_LOW && !find(&r, RULE_TOOL_ADDED, "c"),
	   "a tool is new on a server that is known");
	ok(find(&r, RULE_SERVER_ADDED, "c") && !find(&r, RULE_SERVER_ADDED, "a"), "a server is new");
	ok(find(&r, RULE_TOOL_DESTRUCTIVE, "x")->state == REPORT_WORSE && report_fails(&r, SEVERITY_CRITICAL),
	   "what was accepted as high is told as critical");
	report_release(&r);

	report_init(&r);
	report_add_server(&r, &(struct report_server){ .name = "a", .is_listed = true });
	baseline_compare(b, "base.json", &r);
	const struct report_finding *gone = find(&r, RULE_TOOL_REMOVED, "x");
	ok(gone && strcmp(gone->place.file, "base.json") == 0 && gone->place.line == 6, "a tool that is gone is shown in the baseline: line %d",
	   gone ? gone->place.line : 0);
	ok(r.gone == 2, "accepted findings that are gone are counted");
	report_release(&r);

	report_init(&r);
	report_add_server(&r, &(struct report_server){ .name = "a" });
	report_add_server(&r, &(struct report_server){ .name = "b" });
	baseline_compare(b, "base.json", &r);
	buf_clear(&again);
	baseline_write(&again, &r, b);
	ok(!r.finding_n && !r.gone && slice_eq(buf_slice(&first), buf_slice(&again)), "a server that was not asked stays as it was known");
	report_release(&r);
	buf_release(&first);
	buf_release(&again);
}

static void check_bad_baselines(struct arena *a)
{
	for (struct json_iter it = json_iter(cases_read("report/baselines.json", a)); json_next(&it);) {
		struct err e = { 0 };
		struct slice want = json_string(json_gets(it.value, "error"));
		char *text = arena_strndup(a, want.p ? want.p : "", want.n);
		const struct baseline *b = baseline_read(json_string(json_gets(it.value, "text")), a, &e);
		ok(want.n ? !b && strstr(e.text, text) : b != NULL, "%s: %s", case_name(it.value), e.text);
	}
}

int main(void)
{
	struct arena a;
	arena_init(&a, 256u << 20);
	check_launch(&a);
	check_rules();
	check_findings(&a);
	check_quotes();
	check_fingerprints();
	check_writers(&a);
	check_rules_of_servers();
	check_limits();
	check_peers();
	check_names();
	check_baseline(&a);
	check_bad_baselines(&a);
	arena_release(&a);
	return tap_done();
}
