/* GET /limits: what is left of each limit, for each grant at each server. Takes nothing. */
#include "admin/routes.h"
#include "base/clock.h"
#include "base/limits.h"

struct row {
	const struct grant *grant;
	const struct grant_binding *binding;
	struct policy_limit limit;
	bool is_known;
};

/* On the loop, until the store has said everything. */
struct look {
	struct grants *grants; /* that the rows point into */
	struct slice grant, server;
	struct row *rows;
	size_t n, total, at; /* at: the first row that was not asked for */
	size_t first, limit;
	size_t asked[QUOTA_CLAIMS_MAX], asked_n;
};

static int by_label(const void *a, const void *b)
{
	const struct grant *x = *(const struct grant *const *)a, *y = *(const struct grant *const *)b;
	size_t n = x->label.n < y->label.n ? x->label.n : y->label.n;
	int c = n ? memcmp(x->label.p, y->label.p, n) : 0;
	if (c || x->label.n != y->label.n)
		return c ? c : x->label.n < y->label.n ? -1 : 1;
	return memcmp(x->id.p, y->id.p, x->id.n);
}

static struct policy_facts facts_of(const struct api_call *c, const struct grant *g, const struct grant_binding *b)
{
	return (struct policy_facts){
		.server = b->server,
		.grant_id = g->id,
		.grant_label = g->label,
		.grant_subject = g->subject,
		.grant_tags = g->tags,
		.grant_tag_n = g->tag_n,
		.now_us = loop_wall_us(c->admin->o.loop),
	};
}

static void add_binding(struct api_call *c, struct look *k, const struct grant *g, const struct grant_binding *b)
{
	struct policy_facts f = facts_of(c, g, b);
	size_t n = policy_limits(b->policy);
	for (size_t i = 0; i < n; i++, k->total++) {
		if (k->total < k->first || k->n == k->limit)
			continue;
		struct row *r = &k->rows[k->n++];
		*r = (struct row){ .grant = g, .binding = b };
		policy_limit_at(b->policy, i, &f, &r->limit);
	}
}

static bool is_wanted(const struct api_call *c, const struct look *k, const struct grant *g)
{
	if (grant_state(g, loop_wall_us(c->admin->o.loop)) != GRANT_VALID)
		return false;
	return !k->grant.n || slice_eq(k->grant, g->id) || slice_eq(k->grant, g->label);
}

/* False: no memory. */
static bool find_rows(struct api_call *c, struct look *k)
{
	size_t at = 0, n = 0;
	const struct grant **v = arena_alloc(&c->arena, (grants_count(k->grants) + 1) * sizeof *v);
	k->rows = arena_alloc(&c->arena, k->limit * sizeof *k->rows);
	if (!v || !k->rows)
		return false;
	for (const struct grant *g; (g = grants_next(k->grants, &at));)
		if (is_wanted(c, k, g))
			v[n++] = g;
	qsort(v, n, sizeof *v, by_label);
	for (size_t i = 0; i < n; i++)
		for (size_t b = 0; b < v[i]->binding_n; b++) {
			const struct grant_binding *binding = &v[i]->bindings[b];
			if ((!k->server.n || slice_eq(k->server, binding->server)) && principal_may(&c->who, MAY_SEE, binding->server))
				add_binding(c, k, v[i], binding);
		}
	return true;
}

static void write_amount(struct buf *b, const char *key, quota_amount a)
{
	char text[48];
	quota_amount_text(a, text);
	buf_addf(b, ",\"%s\":%s", key, text);
}

static void write_row(struct buf *b, const struct row *r)
{
	const struct policy_limit *l = &r->limit;
	char time[CLOCK_TEXT_SIZE];
	buf_addf(b, "{\"grant\":\"%.*s\",\"label\":", SLICE_ARG(r->grant->id));
	buf_add_json_string(b, r->grant->label);
	buf_adds(b, ",\"server\":");
	buf_add_json_string(b, r->binding->server);
	buf_adds(b, ",\"policy\":");
	buf_add_json_string(b, r->binding->policy_name);
	buf_adds(b, ",\"pointer\":");
	buf_add_json_string(b, slice_str(l->pointer));
	buf_adds(b, ",\"counter\":");
	buf_add_json_string(b, l->counter);
	buf_addf(b, ",\"scope\":\"%s\",\"window\":", l->scope);
	buf_add_json_string(b, slice_str(l->window));
	buf_addf(b, ",\"kind\":\"%s\"", l->claim.kind == QUOTA_FIXED ? "fixed" : l->claim.kind == QUOTA_SLIDING ? "sliding" : "concurrent");
	write_amount(b, "max", l->claim.max);
	if (r->is_known) {
		write_amount(b, "used", l->claim.amount);
		write_amount(b, "left", l->claim.amount < l->claim.max ? l->claim.max - l->claim.amount : 0);
	}
	if (l->claim.kind == QUOTA_FIXED) {
		clock_text(l->claim.window_end_us, time);
		buf_addf(b, ",\"resets_at\":\"%s\"", time);
	}
	buf_addc(b, '}');
}

static void finish(struct api_call *c, struct look *k)
{
	buf_adds(&c->out, "{\"limits\":[");
	for (size_t i = 0; i < k->n; i++) {
		buf_adds(&c->out, i ? "," : "");
		write_row(&c->out, &k->rows[i]);
	}
	buf_addf(&c->out, "],\"total\":%zu", k->total);
	if (k->first + k->n < k->total)
		buf_addf(&c->out, ",\"next\":\"%zu\"", k->first + k->n);
	buf_addc(&c->out, '}');
	grants_unref(&k->grants);
	api_answer(c);
}

/* What a limit of the same call, or of each session, has left nobody can say for all of them. */
static size_t next_claims(struct look *k, struct quota_claim claims[QUOTA_CLAIMS_MAX])
{
	for (k->asked_n = 0; k->at < k->n && k->asked_n < QUOTA_CLAIMS_MAX; k->at++) {
		const struct policy_limit *l = &k->rows[k->at].limit;
		if (l->is_repeat || l->is_of_session)
			continue;
		claims[k->asked_n] = l->claim;
		k->asked[k->asked_n++] = k->at;
	}
	return k->asked_n;
}

static void take(struct look *k, const struct quota_claim *claims)
{
	for (size_t i = 0; claims && i < k->asked_n; i++) {
		k->rows[k->asked[i]].limit.claim.amount = claims[i].amount;
		k->rows[k->asked[i]].is_known = true;
	}
}

static void on_used(void *ctx, const struct quota_claim *claims, size_t n);

static void ask(struct api_call *c)
{
	struct look *k = c->own;
	struct quota_claim claims[QUOTA_CLAIMS_MAX];
	size_t n;
	while ((n = next_claims(k, claims))) {
		enum ledger_result r = ledger_used(c->admin->o.ledger, claims, n, loop_wall_us(c->admin->o.loop), on_used, c);
		if (r == LEDGER_WAIT)
			return;
		take(k, r == LEDGER_RESERVED ? claims : NULL);
	}
	finish(c, k);
}

static void on_used(void *ctx, const struct quota_claim *claims, size_t n)
{
	struct api_call *c = ctx;
	(void)n;
	take(c->own, claims);
	ask(c);
}

void limits_begin(struct api_call *c)
{
	struct look *k = c->own;
	k->grants = c->admin->o.grants(c->admin->o.ctx);
	if (find_rows(c, k)) {
		ask(c);
		return;
	}
	grants_unref(&k->grants);
	api_fail(c, 413, "there are too many limits to look at at once: name a server");
	api_answer(c);
}

void limits_work(struct api_call *c)
{
	struct look *k = arena_zalloc(&c->arena, sizeof *k);
	struct slice cursor;
	unsigned long long first = 0;
	c->own = k;
	if (!k) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	if (!api_query_text(c, "grant", LIMIT_NAME, &k->grant) || !api_query_text(c, "server", LIMIT_NAME, &k->server))
		return;
	if (!api_cursor(c, &cursor))
		return;
	if (cursor.n && !slice_u64(cursor, &first))
		api_parameter(c, "cursor", "it is the next of the page before");
	k->first = (size_t)first;
	if (!api_limit(c, &k->limit) || !k->server.n)
		return;
	(void)api_permit(c, MAY_SEE, k->server);
}
