/* Summaries of versions of policies, by name, number and time: a name may be taken away and come back. */
#include "admin/policy_memo.h"
#include "admin/api_inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include <stdio.h>

struct policy_memo {
	struct map by_version;
};

static void forget_all(struct policy_memo *m)
{
	size_t at = 0;
	struct slice key;
	void *value;
	while (map_next(&m->by_version, &at, &key, &value)) {
		free(((struct policy_summary *)value)->description);
		free(value);
	}
	map_release(&m->by_version);
	map_init(&m->by_version);
}

void policy_memo_free(struct policy_memo **it)
{
	struct policy_memo *m = *it;
	*it = NULL;
	if (!m)
		return;
	forget_all(m);
	map_release(&m->by_version);
	free(m);
}

static struct policy_summary *find(struct slice text)
{
	struct policy_summary *s = mem_zalloc(sizeof *s);
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(text, &problems);
	if (p)
		policy_check(p, text, NULL, &problems);
	s->is_broken = !p;
	s->warnings = problems.n;
	s->description = mem_strdup(p ? policy_description(p) : "");
	policy_problems_release(&problems);
	policy_unref(&p);
	return s;
}

static struct policy_memo *memo_of(struct api_call *c)
{
	struct policy_memo **m = api_memo(c);
	if (!*m) {
		*m = mem_zalloc(sizeof **m);
		map_init(&(*m)->by_version);
	}
	if ((*m)->by_version.n >= LIMIT_POLICY_MEMO)
		forget_all(*m);
	return *m;
}

const struct policy_summary *policy_summary(struct api_call *c, const struct store_policy *v)
{
	struct policy_memo *m = memo_of(c);
	struct store_policy whole;
	struct arena a;
	struct err e = { 0 };
	char key[LIMIT_NAME + 64];
	snprintf(key, sizeof key, "%s %lld %lld", v->name, (long long)v->version, (long long)v->created_us);
	struct policy_summary *known = map_get(&m->by_version, slice_str(key));
	if (known)
		return known;
	arena_init(&a, 2 * LIMIT_POLICY_BYTES);
	if (store_policy_get(c->store, v->name, v->version, &a, &whole, &e)) {
		known = find(whole.text);
		map_put(&m->by_version, slice_str(key), known);
	} else {
		api_fail_err(c, &e, 503);
	}
	arena_release(&a);
	return known;
}
