/* seen_in beside its cases: what is looked up before a decision, and arguments with too much in them. */
#include "base/limits.h"
#include "policy/policy.h"
#include "tap.h"

static const char document[] =
	"{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"t\":{\"validate\":\"off\",\"deny_if\":["
	"{\"conditions\":[{\"path\":\"args.a\",\"op\":\"eq\",\"value\":1},{\"path\":\"args.to\",\"op\":\"seen_in\","
	"\"value\":{\"labels\":[\"l\"],\"kinds\":[\"mail\"]}}]},"
	"{\"conditions\":[{\"path\":\"args.list[*].x\",\"op\":\"seen_in\",\"value\":\"l\"}]}]},"
	"\"u\":{\"validate\":\"off\",\"deny_if\":[{\"conditions\":[{\"path\":\"args.url\",\"op\":\"seen_in\","
	"\"value\":{\"labels\":[\"l\"],\"kinds\":[\"url\",\"host\"]}}]}]}}}";

static struct policy *load(void)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_new(slice_str(document), &problems);
	ok(p && !problems.n, "the policy loads");
	policy_problems_release(&problems);
	return p;
}

static void note(void *ctx, struct slice identifier)
{
	struct buf *b = ctx;
	buf_addf(b, "%s%.*s", b->n ? " " : "", SLICE_ARG(identifier));
}

static void check_asked(const struct policy *p, const char *arguments, const char *want)
{
	struct arena a;
	struct buf b = BUF_INIT(1 << 16);
	arena_init(&a, 1 << 20);
	struct policy_facts f = {.tool = SLICE_LIT("t"), .arguments = json_read(slice_str(arguments), &a, NULL)};
	policy_each_identifier(p, &f, note, &b);
	ok(slice_is(buf_slice(&b), want), "looks up '%s' of %s", want, arguments);
	if (!slice_is(buf_slice(&b), want))
		printf("# got '%s'\n", buf_str(&b));
	buf_release(&b);
	arena_release(&a);
}

static enum policy_seen never(void *ctx, struct slice identifier, uint64_t *labels)
{
	(void)ctx;
	(void)identifier;
	*labels = 0;
	return POLICY_SEEN_NEVER;
}

static enum policy_effect decide(const struct policy *p, size_t identifiers)
{
	struct arena a;
	struct buf b = BUF_INIT(1 << 24);
	struct policy_decision d;
	const struct policy_past past = {.seen = never};
	arena_init(&a, 64 << 20);
	buf_adds(&b, "{\"list\":[{\"x\":\"");
	for (size_t i = 0; i < identifiers; i++)
		buf_addf(&b, "x%08zu ", i);
	buf_adds(&b, "\"}]}");
	struct policy_facts f = {.tool = SLICE_LIT("t"),
				 .arguments = json_read(buf_slice(&b), &a, NULL),
				 .session_id = SLICE_LIT("s"),
				 .past = &past};
	policy_decide(p, &f, &d);
	buf_release(&b);
	arena_release(&a);
	return d.effect;
}

int main(void)
{
	struct policy *p = load();
	check_asked(p, "{}", "");
	check_asked(p, "{\"a\":1,\"to\":\"A@b.example or call-me-later\"}", "a@b.example");
	check_asked(p, "{\"to\":\"https://c.example/\",\"url\":\"https://c.example/\"}", "c.example");
	check_asked(p, "{\"list\":[{\"x\":\"12345678\"},{\"y\":\"no@where.example\"},{\"x\":[\"a@b.example\"]}]}",
		    "12345678 a@b.example b.example");
	ok(policy_wants_past(p), "it wants to know the past");
	ok(decide(p, LIMIT_IDENTIFIERS) == POLICY_ALLOW, "as many identifiers as are looked at");
	ok(decide(p, LIMIT_IDENTIFIERS + 1) == POLICY_DENY, "one more, of which nobody can be sure");
	policy_unref(&p);
	return tap_done();
}
