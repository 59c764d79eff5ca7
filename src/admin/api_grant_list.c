/* GET /grants. */
#include "admin/grant_document.h"
#include "admin/routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"

struct query {
	struct slice q, state, server, policy;
	size_t from, limit;
	bool is_backwards;
	int (*order)(const void *a, const void *b);
};

static int by_time(const void *a, const void *b)
{
	const struct store_grant *x = a, *y = b;
	return x->created_us != y->created_us ? (x->created_us < y->created_us ? -1 : 1) : strcmp(x->id, y->id);
}

static int by_label(const void *a, const void *b)
{
	const struct store_grant *x = a, *y = b;
	int order = strcmp(x->label, y->label);
	return order ? order : by_time(a, b);
}

static int by_subject(const void *a, const void *b)
{
	const struct store_grant *x = a, *y = b;
	int order = strcmp(x->subject, y->subject);
	return order ? order : by_label(a, b);
}

/* What never expires comes last. */
static int by_expiry(const void *a, const void *b)
{
	const struct store_grant *x = a, *y = b;
	uint64_t at = (uint64_t)x->expires_us - 1, other = (uint64_t)y->expires_us - 1;
	return at != other ? (at < other ? -1 : 1) : by_label(a, b);
}

static bool read_sort(struct api_call *c, struct query *q)
{
	static const struct {
		const char *name;
		int (*order)(const void *a, const void *b);
	} orders[] = { { "created_at", by_time }, { "label", by_label }, { "subject", by_subject }, { "expires_at", by_expiry } };
	struct slice sort = api_query(c, "sort");
	if (!sort.n)
		sort = SLICE_LIT("-created_at");
	q->is_backwards = sort.p[0] == '-';
	if (q->is_backwards)
		sort = slice_of(sort.p + 1, sort.n - 1);
	for (size_t i = 0; i < ARRAY_LEN(orders); i++)
		if (slice_is(sort, orders[i].name))
			q->order = orders[i].order;
	return q->order || api_parameter(c, "sort", "sort is created_at, label, subject or expires_at, with '-' before it for the greatest first");
}

static bool read_query(struct api_call *c, struct query *q)
{
	static const char *const states[] = { "valid", "expired", "revoked", NULL };
	q->q = api_query(c, "q");
	q->state = api_query(c, "state");
	q->server = api_query(c, "server");
	q->policy = api_query(c, "policy");
	if (q->state.n && !slice_is_among(q->state, states))
		return api_parameter(c, "state", "state is valid, expired or revoked");
	return read_sort(c, q) && api_page(c, &q->from, &q->limit);
}

static bool has_text(const char *text, struct slice q)
{
	size_t n = strlen(text);
	for (size_t i = 0; i + q.n <= n; i++)
		if (slice_ieq(slice_of(text + i, q.n), q))
			return true;
	return false;
}

static bool has_words(const struct store_grant *g, struct slice q)
{
	if (!q.n || has_text(g->label, q) || has_text(g->subject, q) || has_text(g->id, q))
		return true;
	for (size_t i = 0; i < g->tag_n; i++)
		if (has_text(g->tags[i], q))
			return true;
	return false;
}

/* Only what is seen of it counts: a grant that also reaches a hidden server is not found by it. */
static bool is_wanted(const struct principal *who, const struct store_grant *g, const struct query *q, int64_t now)
{
	bool is_all = principal_may(who, MAY_SEE, slice_of(NULL, 0)), is_seen = is_all, is_bound = !q->server.n && !q->policy.n;
	for (size_t i = 0; i < g->binding_n; i++) {
		const struct store_binding *b = &g->bindings[i];
		if (!is_all && !principal_may(who, MAY_SEE, slice_str(b->server)))
			continue;
		is_seen = true;
		is_bound |= (!q->server.n || slice_is(q->server, b->server)) && (!q->policy.n || (b->policy && slice_is(q->policy, b->policy)));
	}
	return is_seen && is_bound && has_words(g, q->q) && (!q->state.n || slice_is(q->state, grant_state_word(g, now)));
}

void grants_get(struct api_call *c)
{
	struct query q = { 0 };
	struct store_grant *v = NULL;
	struct err e = { 0 };
	size_t n = 0, kept = 0;
	int64_t now = clock_wall_us();
	if (!read_query(c, &q))
		return;
	if (!store_grants(c->store, &c->arena, &v, &n, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (is_wanted(&c->who, &v[i], &q, now))
			v[kept++] = v[i];
	if (kept)
		qsort(v, kept, sizeof *v, q.order);
	const struct store_grant *page[LIMIT_API_PAGE];
	int64_t used_us[LIMIT_API_PAGE];
	size_t shown = 0;
	for (size_t i = q.from; i < kept && shown < q.limit; i++)
		page[shown++] = &v[q.is_backwards ? kept - 1 - i : i];
	if (!store_grants_used(c->store, page, shown, used_us, &e)) {
		api_fail_err(c, &e, 0);
		return;
	}
	buf_adds(&c->out, "{\"grants\":[");
	for (size_t i = 0; i < shown; i++) {
		buf_adds(&c->out, i ? "," : "");
		grant_write(&c->out, page[i], &c->who, now, used_us[i]);
	}
	api_page_end(c, kept, q.from, q.limit);
	c->status = 200;
}
