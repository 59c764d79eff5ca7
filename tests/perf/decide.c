/*
 * What one decision costs, in nanoseconds of this thread, and how often it allocates: a policy of a
 * hundred rules with checks of arguments, then the same with flows over a long past, limits, a loop
 * breaker. Prints one line for each; nothing here passes or fails.
 */
#include "base/check.h"
#include "policy/policy.h"
#include <stdio.h>
#include <time.h>


void *__libc_malloc(size_t n);
void *malloc(size_t n);
static size_t allocations;
static int rounds = 200000;

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t size)
{
	(void)ctx;
	(void)mode;
	(void)why;
	return size > 0;
}

static void add_groups(struct buf *b, size_t n)
{
	static const char *const conditions[] = {
		"{\"path\":\"args.repo\",\"op\":\"eq\",\"value\":\"docs\"}",
		"{\"path\":\"args.amount\",\"op\":\"lte\",\"value\":%zu50.25}",
		"{\"path\":\"args.to\",\"op\":\"in\",\"value\":[\"a@example.com\",\"b@example.com\",\"c@example.com\"]}",
		"{\"path\":\"args.title\",\"op\":\"starts_with\",\"value\":\"Re: \"}",
		"{\"path\":\"args.nested.deep.flag\",\"op\":\"eq\",\"value\":true}",
	};
	for (size_t i = 0; i < n; i++) {
		buf_adds(b, i ? ",{\"conditions\":[" : "{\"conditions\":[");
		const char *text = conditions[i % ARRAY_LEN(conditions)], *number = strstr(text, "%zu");
		buf_add(b, text, number ? (size_t)(number - text) : strlen(text));
		if (number)
			buf_addf(b, "%zu%s", i + 1, number + 3);
		buf_adds(b, "]}");
	}
}

static void write_policy(struct buf *b, size_t flows, const char *limits)
{
	buf_clear(b);
	buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\",\"labels\":{\"send_*\":[\"sends_out\"]},\"flows\":[");
	for (size_t i = 0; i < flows; i++)
		buf_addf(b,
			 "%s{\"name\":\"f%zu\",\"after\":[\"l%zu\",\"reads_private\"],\"refuse\":[\"sends_out\"],"
			 "\"unless_same\":\"args.repo\"}",
			 i ? "," : "", i, i);
	buf_adds(b, "],\"all_tools\":{\"require\":[");
	add_groups(b, 50);
	buf_adds(b, "]},\"tools\":{");
	for (size_t i = 0; i < 200; i++)
		buf_addf(b, "\"tool_%zu\":{},", i);
	buf_addf(b, "\"send_mail\":{%s\"require\":[", limits);
	add_groups(b, 50);
	buf_adds(b, "]}}}");
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(const char *name, struct buf *text, const struct json *arguments,
		    const struct policy_past *past)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_new(buf_slice(text), &problems);
	struct policy_decision d;
	struct policy_facts f = {.server = SLICE_LIT("mail"),
				 .tool = SLICE_LIT("send_mail"),
				 .arguments = arguments,
				 .grant_id = SLICE_LIT("0190a000-0000-7000-8000-000000000000"),
				 .session_id = SLICE_LIT("abcdef"),
				 .now_us = 1700000000000000,
				 .arguments_fit = fits,
				 .past = past};
	if (!p)
		printf("%s: %s\n", problems.v[0].pointer, problems.v[0].text);
	BUG_ON(!p);
	for (int i = 0; i < 1000; i++)
		policy_decide(p, &f, &d);
	size_t before = allocations;
	double start = seconds();
	for (int i = 0; i < rounds; i++)
		policy_decide(p, &f, &d);
	double ns = (seconds() - start) / rounds * 1e9;
	printf("%-46s %8.0f ns %6zu allocations  %s\n", name, ns, allocations - before,
	       d.effect == POLICY_ALLOW ? "allow" : d.rule);
	policy_problems_release(&problems);
	policy_unref(&p);
}

int main(int argc, char **argv)
{
	static const char limits[] =
		"\"limits\":[{\"counter\":\"a\",\"window\":\"minute\",\"max\":10},{\"counter\":\"b\",\"window\":\"day\",\"max\":"
		"10,\"scope\":\"session\"},{\"counter\":\"c\",\"window\":\"hour\",\"algorithm\":\"sliding\",\"max\":10},{\"counter\":"
		"\"d\",\"max\":10,\"concurrent\":true}],";
	static const char repeat[] = "\"limits\":[{\"counter\":\"a\",\"window\":\"minute\",\"max\":10,\"repeat\":true}],";
	struct arena a;
	struct err e = {0};
	struct buf text = BUF_INIT(1 << 20);
	struct policy_label_seen labels[POLICY_PAST_LABELS];
	char names[POLICY_PAST_LABELS][8];
	arena_init(&a, 1 << 20);
	if (argc > 1)
		rounds = (int)strtol(argv[1], NULL, 10);
	const struct json *arguments = json_read(
		SLICE_LIT("{\"repo\":\"docs\",\"amount\":49.99,\"to\":\"c@example.com\",\"title\":\"Re: your "
			  "message\",\"body\":\"A few words that nobody looks at.\",\"nested\":{\"deep\":{\"flag\":true}}}"),
		&a, &e);
	for (size_t i = 0; i < POLICY_PAST_LABELS; i++) {
		snprintf(names[i], sizeof names[i], "l%zu", i + 20);
		labels[i] = (struct policy_label_seen){slice_str(names[i]), 1, 1699999999000000};
	}
	struct policy_past past = {.labels = labels, .label_n = POLICY_PAST_LABELS};
	write_policy(&text, 0, "");
	measure("100 rules", &text, arguments, NULL);
	write_policy(&text, 10, "");
	measure("and 10 flows, a past of 63 labels", &text, arguments, &past);
	write_policy(&text, 60, "");
	measure("and 60 flows, a past of 63 labels", &text, arguments, &past);
	write_policy(&text, 0, limits);
	measure("and 4 limits", &text, arguments, NULL);
	write_policy(&text, 0, repeat);
	measure("and a loop breaker", &text, arguments, NULL);
	buf_release(&text);
	arena_release(&a);
	return 0;
}
