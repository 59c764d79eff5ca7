/*
 * Any JSON as the definition of a tool: what is found is bounded and has its words, what is written is JSON
 * that hides nothing, and what is recommended loads.
 */
#include "base/check.h"
#include "base/limits.h"
#include "catalog/profile.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_evidence(const struct profile *p)
{
	BUG_ON(p->category >= CATEGORIES || p->severity == SEVERITY_UNKNOWN || p->severity >= SEVERITIES);
	BUG_ON(!(p->confidence >= 0 && p->confidence <= 1));
	BUG_ON(p->evidence_n > PROFILE_EVIDENCE_MAX || p->signal_n > PROFILE_SIGNALS_MAX);
	BUG_ON(p->branching_n > PROFILE_BRANCHINGS_MAX || p->attack_n > PROFILE_ATTACKS_MAX);
	BUG_ON((p->category == CATEGORY_UNKNOWN) && (!p->refused.p || p->severity != SEVERITY_CRITICAL));
	for (size_t i = 0; i < p->evidence_n; i++)
		BUG_ON(p->evidence[i].pointer[0] != '/' || !p->evidence[i].speaks_for[0]);
	for (size_t i = 0; i < p->signal_n; i++)
		BUG_ON(!(p->signals & SIGNAL_BIT(p->signal[i].kind)) || p->signal[i].pointer[0] != '/');
}

/* What may not stand as itself in anything that is shown. */
static void check_shown(struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		BUG_ON(c < 0x20 || c == 0x7f);
		BUG_ON(i + 2 < text.n && c == 0xe2 && (unsigned char)text.p[i + 1] == 0x80 && (unsigned char)text.p[i + 2] == 0xae);
	}
}

static void check_policy(const struct profile *p)
{
	struct buf b = BUF_INIT(1 << 22);
	struct policy_problems problems = { 0 };
	recommend_policy(&b, &p, 1);
	BUG_ON(!buf_ok(&b));
	struct policy *policy = policy_new(buf_slice(&b), &problems);
	BUG_ON(!policy);
	policy_unref(&policy);
	policy_problems_release(&problems);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a;
	struct err e = { 0 };
	struct profile p;
	struct buf out = BUF_INIT(8 << 20);
	if (n > 100000)
		return 0;
	arena_init(&a, 64 << 20);
	const struct json *v = json_read(slice_of((const char *)data, n), &a, &e);
	if (v) {
		profile_make(v, SLICE_LIT("postgres"), &a, &p);
		check_evidence(&p);
		profile_write(&out, &p);
		BUG_ON(!buf_ok(&out));
		check_shown(buf_slice(&out));
		BUG_ON(!json_read(buf_slice(&out), &a, &e));
		check_policy(&p);
	}
	arena_release(&a);
	buf_release(&out);
	return 0;
}
