/* Does what a session did before speak against the call at hand? */
#include "base/check.h"
#include "policy/program.h"

uint64_t policy_label_bits(const struct policy *p, const struct slice *labels, size_t n)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < p->labels.n; k++)
			if (slice_eq(labels[i], p->labels.v[k]))
				bits |= (uint64_t)1 << k;
	return bits;
}

struct labels policy_labels(const struct policy *p, const struct policy_facts *f)
{
	const struct labels *own = book_find(&p->labelled, f->tool);
	size_t n = f->tool_label_n < POLICY_LABELS_MAX ? f->tool_label_n : POLICY_LABELS_MAX;
	if (own)
		return *own;
	return (struct labels){{f->tool_labels, n}, policy_label_bits(p, f->tool_labels, n)};
}

int64_t flow_since_us(const struct flow *w, const struct policy_facts *f)
{
	if (w->window_us)
		return f->now_us - w->window_us;
	return f->session_id.n ? INT64_MIN : f->now_us - POLICY_SESSION_US;
}

/* The first letters say most: what starts alike is compared whole. */
static bool is_label(struct slice a, struct slice b)
{
	return a.n == b.n && a.n && a.p[0] == b.p[0] && a.p[a.n - 1] == b.p[b.n - 1] &&
	       memcmp(a.p, b.p, a.n) == 0;
}

static bool is_seen(const struct policy *p, size_t label, int64_t since_us,
		    const struct policy_past *past)
{
	for (size_t i = 0; i < past->label_n; i++)
		if (past->labels[i].last_us >= since_us &&
		    is_label(past->labels[i].name, p->labels.v[label]))
			return true;
	return false;
}

static bool are_all_seen(const struct policy *p, const struct flow *w, const struct policy_facts *f)
{
	int64_t since_us = flow_since_us(w, f);
	for (uint64_t left = w->after; left; left &= left - 1)
		if (!is_seen(p, (size_t)__builtin_ctzll(left), since_us, f->past))
			return false;
	return true;
}

/* Of all calls that set the label: a mark that is missing is not the same. */
static bool is_marked(const struct policy *p, const struct flow *w, size_t label, uint64_t value,
		      const struct policy_past *past)
{
	for (size_t i = 0; i < past->mark_n; i++) {
		const struct policy_mark *m = &past->marks[i];
		if (m->path == w->unless_same_hash && slice_eq(m->label, p->labels.v[label]))
			return !m->is_mixed && m->value == value;
	}
	return false;
}

static bool is_same(const struct policy *p, const struct flow *w, struct facts_view *f)
{
	uint64_t value;
	if (!w->has_unless_same || !mark_value(&w->unless_same, f, &value))
		return false;
	for (uint64_t left = w->after; left; left &= left - 1)
		if (!is_marked(p, w, (size_t)__builtin_ctzll(left), value, f->facts->past))
			return false;
	return true;
}

bool flow_fires(const struct policy *p, const struct flow *w, uint64_t call_labels,
		struct facts_view *f)
{
	size_t at;
	return (w->refuse & call_labels) && are_all_seen(p, w, f->facts) &&
	       (!w->narrow.n || group_holds(&w->narrow, f, GROUP_FLOW, &at)) && !is_same(p, w, f);
}
