/*
 * What outlives a policy: the keys of counters, which have to stay what they are when the gate or the
 * policy is another, what a result leaves behind, and which names stay the same.
 */
#include "base/check.h"
#include "base/digest.h"
#include "base/limits.h"
#include "policy/policy.h"
#include "tap.h"

#define HEAD "{\"version\":\"1\",\"default\":\"allow\","
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t size)
{
	(void)ctx;
	(void)mode;
	(void)why;
	return size > 0;
}

static struct policy *load(const char *members)
{
	struct buf text = BUF_INIT(1 << 20);
	struct policy_problems problems;
	buf_addf(&text, HEAD "%s}", members);
	struct policy *p = policy_new(buf_slice(&text), &problems);
	ok(p != NULL, "loads: %s", problems.n ? problems.v[0].text : members);
	policy_problems_release(&problems);
	buf_release(&text);
	return p;
}

static const struct {
	const char *members, *grant, *session, *subject, *key;
} keys[] = {
#define LIMIT(more) "\"all_tools\":{\"limits\":[{\"counter\":\"c\",\"max\":5" more "}]}"
	{LIMIT(",\"window\":\"day\""), "g", "s", "",
	 "216c1942db295084a372d7b914053748"},
	{LIMIT(",\"window\":\"week\""), "g", "s", "",
	 "bc848fcfddeffcdfbd0e5a3cd9051013"},
	{LIMIT(",\"window\":\"month\""), "g", "s", "",
	 "57eb6c1bf739024ffcfa709bf7411915"},
	{LIMIT(",\"window\":90"), "g", "s", "",
	 "cca7e0c25f55d8b9e60628ce8809f0f0"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"session\""), "g", "s", "",
	 "c471e3b91052aa8de330b4ebf34fb881"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"session\""), "g", "", "",
	 "6a2b7ff5be12de8b3a6b742c1c9b8d98"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"subject\""), "g", "s", "ann",
	 "4632c165d2ced1ed944fe886afcc331f"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"subject\""), "g", "s", "",
	 "9f820a9c1db7b46ea2b99e7ed262c761"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"server\""), "g", "s", "",
	 "c9bb70b89a09778b702ba6ef97fe56f1"},
	{LIMIT(",\"window\":\"day\",\"scope\":\"organisation\""), "g", "s", "",
	 "bab9d327aab6ed1ec5b621cd4d1f333e"},
	{LIMIT(",\"window\":\"day\",\"algorithm\":\"sliding\""), "g", "s", "",
	 "001b43377d335a5efd49dd816f3bedf0"},
	{LIMIT(",\"concurrent\":true"), "g", "s", "",
	 "3770f7713929f5e39cea7beb83de39ae"},
	{LIMIT(",\"window\":\"day\",\"repeat\":true"), "g", "s", "",
	 "b3adeca22faf16b7c20d56904053fd13"},
	{"\"mode\":\"shadow\"," LIMIT(",\"window\":\"day\""), "g", "s", "",
	 "daa47f6e48efa32d5ebcad9ebae4270d"},
	{"\"tools\":{\"t\":{\"limits\":[{\"counter\":\"c\",\"max\":5,\"window\":\"day\"}]}}", "g", "s", "",
	 "168fa2cf9b34b9c91604d728ed1f367d"},
	{"\"tools\":{\"t\":{\"rate_limit\":\"5/day\"}}", "g", "s", "",
	 "a3ec4fe3270651d989f7ad48abfe93c2"},
	{"\"classes\":{\"read\":{\"limits\":[{\"counter\":\"c\",\"max\":5,\"window\":\"day\"}]}}", "g", "s", "",
	 "7654abd9d2cad4eadfbc04135f371d4f"},
	{LIMIT(",\"window\":\"day\""), LONG, "s", "",
	 "ff2135a2a72256fe7a726bd1edbea386"},
	{LIMIT(",\"window\":\"day\""), LONG "4", "s", "",
	 "b8f21d8da51c09942953baf228fcc89d"},
	{LIMIT(",\"window\":\"day\",\"durable\":true,\"on_unreachable\":\"allow\",\"increment\":2"), "g", "s", "",
	 "216c1942db295084a372d7b914053748"},
};

static void check_keys(void)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct policy *p = load(keys[i].members);
		struct policy_facts f = {.tool = SLICE_LIT("t"),
					 .server = SLICE_LIT("srv"),
					 .tool_class = SLICE_LIT("read"),
					 .grant_id = slice_str(keys[i].grant),
					 .session_id = slice_str(keys[i].session),
					 .grant_subject = slice_str(keys[i].subject),
					 .arguments_fit = fits};
		struct policy_decision d;
		char hex[2 * QUOTA_KEY_SIZE + 1] = "";
		policy_decide(p, &f, &d);
		if (d.claim_n == 1)
			digest_hex(d.claims[0].key, QUOTA_KEY_SIZE, hex);
		ok(strcmp(hex, keys[i].key) == 0, "the key of %s is %s", keys[i].members, hex);
		policy_unref(&p);
	}
}

static struct policy_lesson learn(const struct policy *p, const struct policy_facts *f)
{
	struct policy_lesson l;
	memset(&l, 'x', sizeof l);
	policy_learn(p, f, &l);
	return l;
}

static void check_lessons(void)
{
	static const struct {
		const char *members;
		int64_t keep_s;
		bool wants;
	} cases[] = {
		{"\"hide\":[]", 0, false},
		{"\"flows\":[{\"name\":\"f\",\"after\":[\"a\"],\"refuse\":[\"b\"]}]", 3600, false},
		{"\"flows\":[{\"name\":\"f\",\"after\":[\"a\"],\"refuse\":[\"b\"],\"window\":60}]", 3600, false},
		{"\"flows\":[{\"name\":\"f\",\"after\":[\"a\"],\"refuse\":[\"b\"],\"window\":3601},"
		 "{\"name\":\"g\",\"after\":[\"a\"],\"refuse\":[\"b\"],\"window\":3700},"
		 "{\"name\":\"h\",\"after\":[\"a\"],\"refuse\":[\"b\"],\"window\":3650}]",
		 3700, false},
		{"\"all_tools\":{\"deny_if\":[{\"conditions\":[{\"path\":\"args.a\",\"op\":\"seen_in\",\"value\":\"l\"}]}]}", 3600, true},
		{"\"all_tools\":{\"deny_if\":[{\"conditions\":[{\"path\":\"session.calls\",\"op\":\"gt\",\"value\":1}]}]}", 3600, false},
	};
	struct slice labels[POLICY_LABELS_MAX + 1], odd[] = {SLICE_LIT("x"), SLICE_LIT("y"), SLICE_LIT("x")};
	char names[POLICY_LABELS_MAX + 1][8];
	struct policy_facts f = {.tool = SLICE_LIT("t"), .tool_labels = odd, .tool_label_n = 3};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy *p = load(cases[i].members);
		struct policy_lesson l = learn(p, &f);
		ok(l.keep_us == cases[i].keep_s * 1000000 && l.wants_identifiers == cases[i].wants && l.mark_n == 0 &&
			   (l.identifier_kinds != 0) == cases[i].wants,
		   "how long it is kept: %lld", (long long)l.keep_us);
		ok(l.label_n == 2 && slice_is(l.labels[0], "x") && slice_is(l.labels[1], "y"), "each label once");
		policy_unref(&p);
	}
	struct policy_lesson none = learn(NULL, &f);
	ok(!none.label_n && !none.mark_n && !none.keep_us && !none.wants_identifiers && !none.identifier_kinds,
	   "without a policy nothing is learnt");
	struct policy *p = load("\"hide\":[]");
	for (size_t i = 0; i <= POLICY_LABELS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "l%zu", i);
		labels[i] = slice_str(names[i]);
	}
	f.tool_labels = labels;
	for (f.tool_label_n = POLICY_LABELS_MAX - 1; f.tool_label_n <= POLICY_LABELS_MAX + 1; f.tool_label_n++) {
		size_t most = f.tool_label_n < POLICY_LABELS_MAX ? f.tool_label_n : POLICY_LABELS_MAX;
		f.has_injection = false;
		ok(learn(p, &f).label_n == most, "%zu labels", f.tool_label_n);
		f.has_injection = true;
		ok(learn(p, &f).label_n == POLICY_LABELS_MAX && slice_is(learn(p, &f).labels[0], "reads_untrusted"),
		   "and the one of an injection before them");
	}
	policy_unref(&p);
}

/* Of what a session did, only the same argument in all that was labelled so lets the flow pass. */
static void check_marks(void)
{
	struct policy *p = load("\"all_tools\":{\"validate\":\"off\"},\"labels\":{\"r\":[\"a\"],\"s\":[\"b\"]},"
				"\"flows\":[{\"name\":\"f\",\"after\":[\"a\"],\"refuse\":[\"b\"],\"unless_same\":\"args.k\"}]");
	struct arena a;
	struct err e = {0};
	arena_init(&a, 1 << 16);
	struct policy_facts f = {.tool = SLICE_LIT("r"), .session_id = SLICE_LIT("s")};
	f.arguments = json_read(SLICE_LIT("{\"k\":1}"), &a, &e);
	struct policy_lesson l = learn(p, &f);
	struct policy_label_seen label = {SLICE_LIT("a"), 0, 0};
	struct policy_past past = {.labels = &label, .label_n = 1, .marks = l.marks, .mark_n = 1};
	struct policy_decision d;
	ok(l.mark_n == 1 && !l.marks[0].is_mixed && slice_is(l.marks[0].label, "a"), "the argument is remembered");
	f.tool = SLICE_LIT("s");
	f.past = &past;
	for (int turn = 0; turn < 6; turn++) {
		struct policy_mark mark = l.marks[0];
		past.marks = &mark;
		past.mark_n = turn != 1;
		mark.path += turn == 2;
		mark.value += turn == 3;
		mark.is_mixed = turn == 4;
		if (turn == 5)
			mark.label = SLICE_LIT("b");
		policy_decide(p, &f, &d);
		ok((d.effect == POLICY_ALLOW) == (turn == 0), "a mark that is missing, or another: %d", turn);
	}
	arena_release(&a);
	policy_unref(&p);
}

static void check_names(void)
{
	static const struct {
		const char *a, *b;
		bool is_same;
	} cases[] = {
		{"\"prompts\":{\"deny\":[\"a\"]}", "\"prompts\":{\"deny\":[\"a\"]},\"resources\":{\"deny\":[\"a\"]}", true},
		{"\"prompts\":{\"deny\":[\"a\"]}", "\"prompts\":{\"deny\":[\"b\"]}", false},
		{"\"prompts\":{\"deny\":[\"a\"]}", "\"prompts\":{\"deny\":[\"a\",\"b\"]}", false},
		{"\"prompts\":{\"deny\":[\"a\",\"b\"]}", "\"prompts\":{\"deny\":[\"a\",\"c\"]}", false},
		{"\"prompts\":{\"allow\":[\"a\"]}", "\"prompts\":{\"allow\":[\"b\"]}", false},
		{"\"prompts\":{\"allow\":[\"a\"]}", "\"prompts\":{}", false},
		{"\"prompts\":{\"default\":\"deny\"}", "\"prompts\":{}", false},
		{"\"prompts\":{\"default\":\"allow\"}", "\"hide\":[\"x\"]", true},
		{"\"mode\":\"shadow\"", "\"hide\":[]", false},
		{"\"mode\":\"shadow\"", "\"mode\":\"shadow\",\"prompts\":{\"default\":\"deny\"}", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy *a = load(cases[i].a), *b = load(cases[i].b);
		ok(policy_same_names(a, b, POLICY_PROMPT) == cases[i].is_same &&
			   policy_same_names(b, a, POLICY_PROMPT) == cases[i].is_same,
		   "%s and %s", cases[i].a, cases[i].b);
		ok(policy_same_names(a, a, POLICY_PROMPT) && policy_same_names(b, b, POLICY_RESOURCE), "each is as itself");
		ok(!policy_same_names(a, NULL, POLICY_PROMPT) && !policy_same_names(NULL, a, POLICY_PROMPT), "none is another");
		policy_unref(&a);
		policy_unref(&b);
	}
	ok(policy_same_names(NULL, NULL, POLICY_PROMPT), "none is as none");
}

/* A tool whose class is not known is listed when the rules of a class may let it pass. */
static void check_listed(void)
{
	struct slice unknown = {0}, tool = SLICE_LIT("t");
	static const struct {
		const char *text;
		bool shows;
	} cases[] = {
		{"{\"version\":\"1\",\"default\":\"deny\"}", false},
		{"{\"version\":\"1\",\"default\":\"deny\",\"classes\":{\"write\":{\"action\":\"hide\"}}}", false},
		{"{\"version\":\"1\",\"default\":\"deny\",\"classes\":{\"write\":{}}}", true},
		{"{\"version\":\"1\",\"default\":\"deny\",\"classes\":{\"read\":{\"action\":\"hide\"},\"financial\":{}}}", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct policy *p = policy_new(slice_str(cases[i].text), NULL);
		ok(policy_shows_tool(p, tool, unknown) == cases[i].shows, "%s", cases[i].text);
		ok(!policy_shows_tool(p, tool, SLICE_LIT("")), "not when it has none");
		policy_unref(&p);
	}
}

/* Hosts of host_in, by their length. */
static void check_hosts(void)
{
	for (size_t n = 247; n <= 253; n++) {
		struct buf text = BUF_INIT(1 << 12);
		buf_adds(&text, HEAD "\"all_tools\":{\"deny_if\":[{\"conditions\":[{\"path\":\"args.a\",\"op\":\"host_in\",\"value\":\"");
		for (size_t i = 0; i < n; i++)
			buf_addc(&text, i % 50 == 49 ? '.' : 'a');
		buf_adds(&text, "\"}]}]}}");
		struct policy *p = policy_new(buf_slice(&text), NULL);
		ok((p != NULL) == (n <= 248), "a host of %zu bytes", n);
		policy_unref(&p);
		buf_release(&text);
	}
}

int main(void)
{
	check_keys();
	check_lessons();
	check_marks();
	check_names();
	check_listed();
	check_hosts();
	return tap_done();
}
