/* Each limit of a policy: exactly on it, and one past it. */
#include "base/check.h"
#include "base/limits.h"
#include "policy/policy.h"
#include "tap.h"

#define HEAD "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"t\":{"

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t size)
{
	(void)ctx;
	(void)mode;
	(void)why;
	return size > 0;
}

/* NULL when it loads, else whether every problem says so. */
static bool loads(struct buf *text, const char *says)
{
	struct policy_problems problems;
	struct policy *p = policy_new(buf_slice(text), &problems);
	bool is_good = says ? !p && problems.n > 0 : p != NULL;
	for (size_t i = 0; i < problems.n && says; i++)
		is_good = is_good && strstr(problems.v[i].text, says);
	if (!is_good && problems.n)
		printf("# %s\n", problems.v[0].text);
	policy_problems_release(&problems);
	policy_unref(&p);
	return is_good;
}

static void repeat(struct buf *b, const char *before, const char *item, size_t n, const char *after)
{
	buf_clear(b);
	buf_adds(b, before);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%s", i ? "," : "", item);
	buf_adds(b, after);
}

static void add_limits(struct buf *b, size_t n)
{
	buf_adds(b, "\"limits\":[");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s{\"counter\":\"c%zu\",\"window\":\"day\",\"max\":5}", i ? "," : "",
			 i);
	buf_addc(b, ']');
}

static void lists(struct buf *b)
{
	static const char condition[] = "{\"path\":\"args.a\",\"op\":\"exists\",\"value\":true}";
	repeat(b, HEAD "\"deny_if\":[", "{\"conditions\":[]}", LIMIT_POLICY_GROUPS, "]}}}");
	ok(loads(b, NULL), "as many groups as allowed");
	repeat(b, HEAD "\"deny_if\":[", "{\"conditions\":[]}", LIMIT_POLICY_GROUPS + 1, "]}}}");
	ok(loads(b, "more than 100 groups"), "one more");
	for (size_t past = 0; past < 2; past++) {
		buf_clear(b);
		buf_adds(b, HEAD "\"deny_if\":[{\"any\":true,\"conditions\":[");
		for (size_t i = 0; i < LIMIT_POLICY_SEEN + past; i++)
			buf_addf(b, "%s{\"path\":\"args.a%zu\",\"op\":\"seen_in\",\"value\":\"l\"}", i ? "," : "", i);
		buf_adds(b, ",{\"path\":\"args.a0\",\"op\":\"seen_in\",\"value\":\"m\"}]}]}}}");
		ok(loads(b, past ? "more than 32 paths" : NULL), "%zu paths that seen_in looks at, one of them twice",
		   LIMIT_POLICY_SEEN + past);
	}
	repeat(b, HEAD "\"require\":[{\"conditions\":[", condition, LIMIT_POLICY_CONDITIONS,
	       "]}]}}}");
	ok(loads(b, NULL), "as many conditions as allowed");
	repeat(b, HEAD "\"require\":[{\"conditions\":[", condition, LIMIT_POLICY_CONDITIONS + 1,
	       "]}]}}}");
	ok(loads(b, "more than 100 conditions"), "one more");
	for (size_t more = 0; more < 2; more++) {
		buf_clear(b);
		buf_adds(b, HEAD);
		add_limits(b, LIMIT_POLICY_LIMITS + more);
		buf_adds(b, "}}}");
		ok(loads(b, more ? "more than 16 limits" : NULL), "limits of one tool, %zu past",
		   more);
	}
	buf_clear(b);
	buf_adds(b, HEAD "\"rate_limit\":\"1/day\",");
	add_limits(b, LIMIT_POLICY_LIMITS);
	buf_adds(b, "}}}");
	ok(loads(b, "more than 16 limits"), "rate_limit is one of them");
}

static void names(struct buf *b)
{
	for (size_t more = 0; more < 2; more++) {
		buf_clear(b);
		buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"");
		for (size_t i = 0; i < LIMIT_TOOL_NAME + more; i++)
			buf_addc(b, 't');
		buf_adds(b, "\":{}}}");
		ok(loads(b, more ? "1 to 128 bytes" : NULL), "name of a tool, %zu past", more);
		buf_clear(b);
		buf_adds(b, HEAD "\"limits\":[{\"window\":\"day\",\"max\":1,\"counter\":\"");
		for (size_t i = 0; i < LIMIT_COUNTER_NAME + more; i++)
			buf_addc(b, 'c');
		buf_adds(b, "\"}]}}}");
		ok(loads(b, more ? "1 to 128 bytes" : NULL), "name of a counter, %zu past", more);
		buf_clear(b);
		buf_adds(
			b, HEAD
			"\"deny_if\":[{\"conditions\":[{\"op\":\"eq\",\"value\":1,\"path\":\"args");
		for (size_t i = 0; i < LIMIT_POLICY_PATH + more; i++)
			buf_adds(b, i % 2 ? ".a" : "[0]");
		buf_adds(b, "\"}]}]}}}");
		ok(loads(b, more ? "more than 64 steps" : NULL), "steps of a path, %zu past", more);
	}
}

#define DOCUMENT "{\"version\":\"1\",\"default\":\"deny\","

/* {"name":"f0","after":["l0","l1"],"refuse":["x"]} … */
static void add_flows(struct buf *b, size_t n, size_t labels, const char *more)
{
	buf_adds(b, "\"flows\":[");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s{\"name\":\"f%zu\",\"after\":[\"l%zu\"],\"refuse\":[\"l0\"]%s}",
			 i ? "," : "", i, i % labels, more);
	buf_adds(b, "]}");
}

static void flows(struct buf *b)
{
	for (size_t past = 0; past < 2; past++) {
		buf_clear(b);
		buf_adds(b, DOCUMENT);
		add_flows(b, LIMIT_POLICY_FLOWS + past, 1, "");
		ok(loads(b, past ? "more than 100 flows" : NULL), "flows, %zu past", past);
		buf_clear(b);
		buf_adds(b, DOCUMENT);
		add_flows(b, LIMIT_POLICY_FLOW_LABELS + past, LIMIT_POLICY_FLOW_LABELS + past, "");
		ok(loads(b, past ? "more than 64 labels" : NULL), "labels of flows, %zu past", past);
		buf_clear(b);
		buf_adds(b, DOCUMENT "\"flows\":[");
		for (size_t i = 0; i < POLICY_MARKS_MAX / 2; i++)
			buf_addf(b,
				 "%s{\"name\":\"f%zu\",\"after\":[\"a\",\"b\"],\"refuse\":[\"c\"],"
				 "\"unless_same\":\"args.k%zu\"}",
				 i ? "," : "", i, i);
		if (past)
			buf_adds(b, ",{\"name\":\"last\",\"after\":[\"a\"],\"refuse\":[\"c\"],\"unless_same\":\"args.x\"}");
		buf_adds(b, "]}");
		ok(loads(b, past ? "more than 64 pairs" : NULL), "pairs that flows compare, %zu past",
		   past);
		repeat(b, DOCUMENT "\"labels\":{\"t\":[", "\"a\"", LIMIT_POLICY_LABELS + past, "]}}");
		ok(loads(b, past ? "more than 32 labels" : NULL), "labels of a tool, %zu past", past);
		buf_clear(b);
		buf_adds(b, DOCUMENT "\"labels\":{\"t\":[\"");
		for (size_t i = 0; i < LIMIT_POLICY_LABEL_NAME + past; i++)
			buf_addc(b, 'l');
		buf_adds(b, "\"]}}");
		ok(loads(b, past ? "at most 64" : NULL), "a label's name, %zu past", past);
	}
}

static void answers(struct buf *b)
{
	for (size_t past = 0; past < 2; past++) {
		repeat(b, DOCUMENT "\"results\":{\"redact\":[", "\"pattern:a\"",
		       LIMIT_SCAN_PATTERNS + past, "]}}");
		ok(loads(b, past ? "more than 32 patterns" : NULL), "patterns, %zu past", past);
		repeat(b, DOCUMENT "\"results\":{\"content_types\":[", "\"text\"",
		       LIMIT_POLICY_TYPES + past, "]}}");
		ok(loads(b, past ? "more than 64 content types" : NULL), "content types, %zu past",
		   past);
		buf_clear(b);
		buf_addf(b, DOCUMENT "\"approvals\":{\"expires\":\"%zus\"}}",
			 LIMIT_APPROVAL_EXPIRES_S + past);
		ok(loads(b, past ? "'expires'" : NULL), "time to approve, %zu past", past);
		buf_clear(b);
		buf_addf(b, DOCUMENT "\"approvals\":{\"hold\":\"%zus\"}}", LIMIT_APPROVAL_HOLD_S + past);
		ok(loads(b, past ? "'hold'" : NULL), "time to hold, %zu past", past);
		buf_clear(b);
		buf_addf(b, DOCUMENT "\"approvals\":{\"quorum\":%zu}}", LIMIT_APPROVAL_QUORUM + past);
		ok(loads(b, past ? "'quorum'" : NULL), "people, %zu past", past);
	}
}

static void sizes(struct buf *b)
{
	buf_clear(b);
	buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\"}");
	while (b->n < LIMIT_POLICY_BYTES)
		buf_addc(b, ' ');
	ok(loads(b, NULL), "a text as long as allowed");
	buf_addc(b, ' ');
	ok(loads(b, "at most 1048576 bytes"), "one byte more");
	struct policy_problems problems;
	repeat(b, "{\"version\":\"1\",\"default\":\"deny\",\"hide\":[", "\"\"", 300, "]}");
	struct policy *p = policy_new(buf_slice(b), &problems);
	ok(!p && problems.n == POLICY_PROBLEMS_MAX, "no more mistakes are listed than fit");
	policy_problems_release(&problems);
	p = policy_new(buf_slice(b), NULL);
	ok(!p, "and nobody has to ask for them");
}

static enum policy_effect decide(struct buf *text, const struct json *arguments,
				 struct policy_decision *d)
{
	struct policy_problems problems;
	struct policy *p = policy_new(buf_slice(text), &problems);
	struct policy_facts f = {
		.tool = SLICE_LIT("t"), .arguments = arguments, .arguments_fit = fits};
	if (!p)
		printf("# %s\n", problems.v[0].text);
	policy_decide(p, &f, d);
	policy_problems_release(&problems);
	policy_unref(&p);
	return d->effect;
}

static void elements(struct buf *b)
{
	struct arena a;
	struct err e = {0};
	struct buf arguments = BUF_INIT(1 << 20);
	struct policy_decision d;
	for (size_t more = 0; more < 2; more++) {
		arena_init(&a, 64 << 20);
		repeat(&arguments, "{\"v\":[", "1", LIMIT_POLICY_ELEMENTS + more, "]}");
		const struct json *v = json_read(buf_slice(&arguments), &a, &e);
		for (int deny = 0; deny < 2; deny++) {
			buf_clear(b);
			buf_addf(b,
				 HEAD
				 "\"%s\":[{\"conditions\":[{\"path\":\"args.v[*]\",\"op\":\"eq\","
				 "\"value\":%d}]}]}}}",
				 deny ? "deny_if" : "require", deny ? 2 : 1);
			ok((decide(b, v, &d) == POLICY_ALLOW) == (more == 0), "elements, %zu past",
			   more);
		}
		arena_release(&a);
	}
	buf_release(&arguments);
}

/* Two calls that differ in one of their keys: are they the same for a limit that counts repeats? */
static void keys(struct buf *b)
{
	struct arena a;
	struct err e = {0};
	struct policy_decision d[2];
	struct buf arguments = BUF_INIT(1 << 16);
	buf_clear(b);
	buf_adds(b, HEAD "\"limits\":[{\"counter\":\"c\",\"window\":\"day\",\"max\":1,\"repeat\":true}]}}}");
	for (size_t past = 0; past < 2; past++) {
		arena_init(&a, 1 << 20);
		for (size_t turn = 0; turn < 2; turn++) {
			buf_clear(&arguments);
			for (size_t i = 0; i < LIMIT_POLICY_KEYS + past; i++)
				buf_addf(&arguments, "%s\"k%zu\":%zu", i ? "," : "{", i, i == 7 ? turn : i);
			buf_addc(&arguments, '}');
			(void)!decide(b, json_read(buf_slice(&arguments), &a, &e), &d[turn]);
		}
		ok(d[0].claim_n == 1 && (memcmp(d[0].claims[0].key, d[1].claims[0].key, QUOTA_KEY_SIZE) == 0) == (past == 1),
		   "keys that are compared, %zu past", past);
		arena_release(&a);
	}
	buf_release(&arguments);
}

/* More paths than are remembered, and all claims that a call can have. */
static void many_paths(struct buf *b)
{
	struct arena a;
	struct err e = {0};
	struct policy_decision d;
	struct buf arguments = BUF_INIT(1 << 16);
	buf_adds(&arguments, "{\"last\":1");
	for (int i = 0; i < 60; i++)
		buf_addf(&arguments, ",\"k%d\":%d", i, i);
	buf_addc(&arguments, '}');
	arena_init(&a, 1 << 20);
	const struct json *v = json_read(buf_slice(&arguments), &a, &e);
	for (int wrong = 0; wrong < 2; wrong++) {
		buf_clear(b);
		buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\",\"all_tools\":{");
		add_limits(b, LIMIT_POLICY_LIMITS);
		buf_adds(b, ",\"require\":[{\"conditions\":[");
		for (int i = 59; i >= 0; i--)
			buf_addf(b, "{\"path\":\"args.k%d\",\"op\":\"eq\",\"value\":%d},", i, i);
		buf_addf(b,
			 "{\"path\":\"args.last\",\"op\":\"eq\",\"value\":%d}]}]},\"tools\":{\"t\":"
			 "{",
			 1 + wrong);
		add_limits(b, LIMIT_POLICY_LIMITS);
		buf_adds(b, ",\"require\":[{\"conditions\":[");
		for (int i = 0; i < 60; i++)
			buf_addf(b, "%s{\"path\":\"args.k%d\",\"op\":\"eq\",\"value\":%d}",
				 i ? "," : "", i, i);
		buf_adds(b, "]}]}}}");
		ok((decide(b, v, &d) == POLICY_ALLOW) == !wrong, "sixty paths, twice");
	}
	buf_clear(b);
	buf_adds(b, "{\"version\":\"1\",\"default\":\"allow\",\"all_tools\":{");
	add_limits(b, LIMIT_POLICY_LIMITS);
	buf_adds(b, "},\"tools\":{\"t\":{");
	add_limits(b, LIMIT_POLICY_LIMITS);
	buf_adds(b, "}}}");
	ok(decide(b, v, &d) == POLICY_ALLOW && d.claim_n == POLICY_CLAIMS_MAX,
	   "all claims that fit");
	arena_release(&a);
	buf_release(&arguments);
}

/* Of a call of which only names are known: what counts values is left out, the others are claimed. */
static void claims_of_names(void)
{
	struct policy *p = policy_new(
		SLICE_LIT("{\"version\":\"1\",\"default\":\"allow\",\"all_tools\":{\"validate\":\"off\",\"limits\":["
			  "{\"counter\":\"a\",\"window\":\"day\",\"max\":2,\"repeat\":true},"
			  "{\"counter\":\"b\",\"concurrent\":true,\"max\":2},"
			  "{\"counter\":\"c\",\"window\":\"day\",\"max\":2,\"increment_from\":\"args.n\"},"
			  "{\"counter\":\"d\",\"window\":\"day\",\"max\":3},"
			  "{\"counter\":\"e\",\"window\":\"day\",\"max\":4}]}}"),
		NULL);
	struct policy_facts f = {.tool = SLICE_LIT("t"), .arguments_fit = fits};
	struct policy_decision d;
	struct slice name = SLICE_LIT("n");
	ok(!policy_decide_names(p, &f, &name, 1, POLICY_FITS, &d) && d.effect == POLICY_ALLOW, "it depends on values");
	ok(d.claim_n == 2 && d.claims[0].limit == 3 && d.claims[1].limit == 4, "two limits count calls alone");
	ok(policy_decide_names(p, &f, &name, 0, POLICY_FITS, &d) && d.effect == POLICY_DENY && d.claim_n == 0 &&
		   strcmp(d.rule, "/all_tools/limits/c") == 0,
	   "what is to be counted is missing");
	policy_unref(&p);
}

/* A version is kept as long as somebody decides by it. */
static void references(void)
{
	struct policy *p = policy_new(
		SLICE_LIT("{\"version\":\"1\",\"default\":\"allow\",\"description\":\"d\"}"), NULL);
	struct policy *other = policy_ref(p);
	policy_unref(&p);
	ok(p == NULL, "what is given back is not held");
	p = policy_new(SLICE_LIT("{\"version\":\"1\",\"default\":\"deny\",\"description\":\"e\"}"), NULL);
	ok(p != other && policy_shows_tool(other, SLICE_LIT("x"), SLICE_LIT("read")), "a second reference keeps it");
	policy_unref(&p);
	ok(strcmp(policy_description(other), "d") == 0, "its description");
	policy_unref(&other);
	policy_unref(&other);
	ok(other == NULL && policy_ref(NULL) == NULL, "nothing is nothing");
}

static quota_amount quota_of(unsigned n)
{
	return n * QUOTA_ONE;
}

/* The counters that a listing names are those that calls take from. */
static void listed(void)
{
	static const char text[] =
		"{\"version\":\"1\",\"default\":\"allow\",\"all_tools\":{\"validate\":\"off\",\"limits\":["
		"{\"counter\":\"all\",\"window\":\"day\",\"max\":9,\"scope\":\"organisation\"}]},\"tools\":{\"t\":{\"limits\":["
		"{\"counter\":\"one\",\"window\":\"hour\",\"max\":5},{\"counter\":\"amount\",\"window\":90,\"max\":5,\"increment_from\":\"args.a\"},"
		"{\"counter\":\"each\",\"window\":\"hour\",\"max\":1,\"scope\":\"session\"}]}}}";
	struct policy *p = policy_new(slice_str(text), NULL);
	struct policy_facts f = {.server = SLICE_LIT("s"), .tool = SLICE_LIT("t"), .grant_id = SLICE_LIT("g"), .now_us = 1};
	struct policy_decision d;
	struct policy_limit l;
	struct arena a;
	size_t same = 0;
	arena_init(&a, 1 << 20);
	f.arguments = json_read(SLICE_LIT("{\"a\":3}"), &a, NULL);
	policy_decide(p, &f, &d);
	ok(policy_limits(p) == 4 && policy_limits(NULL) == 0 && d.claim_n == 4, "all of them");
	for (size_t i = 0; i < policy_limits(p); i++) {
		policy_limit_at(p, i, &f, &l);
		for (size_t k = 0; k < d.claim_n; k++)
			same += memcmp(l.claim.key, d.claims[k].key, QUOTA_KEY_SIZE) == 0 && d.claims[k].limit == i &&
				l.claim.window_end_us == d.claims[k].window_end_us;
		if (slice_is(l.counter, "amount"))
			ok(strcmp(l.window, "90 s") == 0 && strcmp(l.pointer, "/tools/t/limits/1") == 0 && strcmp(l.scope, "grant") == 0 &&
			   l.claim.amount == 0 && l.claim.max == quota_of(5) && !l.is_of_session, "how one is told");
		if (slice_is(l.counter, "each"))
			ok(l.is_of_session && strcmp(l.scope, "session") == 0, "each session has its own");
	}
	ok(same == 4, "with the counters that calls take from");
	arena_release(&a);
	policy_unref(&p);
}

int main(void)
{
	struct buf b = BUF_INIT(4 << 20);
	lists(&b);
	names(&b);
	flows(&b);
	answers(&b);
	sizes(&b);
	elements(&b);
	keys(&b);
	many_paths(&b);
	claims_of_names();
	references();
	listed();
	buf_release(&b);
	return tap_done();
}
