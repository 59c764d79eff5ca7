/*
 * All tools behind the gate: filtered, sorted and counted by a worker that looks at one list of them. What one may
 * not see is not there, and is not counted.
 */
#include "admin/routes.h"
#include "admin/sight.h"
#include "admin/tools_seen.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "catalog/profile.h"
#include "catalog/show.h"
#include "store/stats.h"
#include <stdlib.h>

#define WEEK_S (7 * (int64_t)86400)
#define DESCRIPTION_SHOWN 240

/* What a filter of the query may be wrong in, for counting what others would leave. */
enum { FAILS_CATEGORY = 1, FAILS_SEVERITY = 2, FAILS_LABEL = 4, FAILS_STATE = 8, FAILS_SERVER = 16 };

enum order { BY_SEVERITY = 0, BY_NAME, BY_SERVER, BY_CALLS };

struct question {
	struct slice q, server, grant, decision;
	bool has_category, has_severity, has_label, is_backwards;
	enum category category;
	enum severity severity;
	enum label label;
	struct slice state;
	enum order order;
	size_t limit, from;
	struct map calls; /* server, NUL, tool: how often + 1 */
	bool has_calls;
	struct tools_seen *seen;
	struct grants *grants;
	const struct grant *of;
	bool *visible;    /* by server */
	int64_t now_us;
	/* Found: */
	struct found *v;
	size_t n;
	uint32_t category_n[8], severity_n[8], label_n[LABELS], state_n[5];
	uint32_t *server_n;
};

struct found {
	const struct seen_tool *tool;
	const struct question *question;
	uint64_t calls;
	const char *decision;
};

static bool read_word(struct api_call *c, const char *name, const char *(*word)(int), int n, bool *has, int *out)
{
	struct slice text = api_query(c, name);
	for (int i = 0; text.n && i < n; i++)
		if (slice_is(text, word(i))) {
			*has = true;
			*out = i;
			return true;
		}
	return !text.n || api_parameter(c, name, "there is no %s '%.40s'", name, text.p);
}

static const char *word_of_category(int i)
{
	return category_word((enum category)i);
}

static const char *word_of_severity(int i)
{
	return severity_word((enum severity)i);
}

static const char *word_of_label(int i)
{
	return label_word((enum label)i);
}

static bool read_words(struct api_call *c, struct question *k)
{
	int category = 0, severity = 0, label = 0;
	if (!read_word(c, "category", word_of_category, CATEGORY_FINANCIAL + 1, &k->has_category, &category) ||
	    !read_word(c, "severity", word_of_severity, SEVERITY_CRITICAL + 1, &k->has_severity, &severity) ||
	    !read_word(c, "label", word_of_label, LABELS, &k->has_label, &label))
		return false;
	k->category = (enum category)category;
	k->severity = (enum severity)severity;
	k->label = (enum label)label;
	return true;
}

static bool read_order(struct api_call *c, struct question *k)
{
	static const char *const words[] = { "severity", "name", "server", "calls" };
	struct slice text = api_query(c, "sort");
	k->is_backwards = !text.n || text.p[0] == '-';
	if (text.n && text.p[0] == '-')
		text = slice_of(text.p + 1, text.n - 1);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (slice_is(text, words[i])) {
			k->order = (enum order)i;
			return true;
		}
	return !text.n || api_parameter(c, "sort", "sort is severity, name, server or calls, with - in front for the greatest first");
}

static bool read_question(struct api_call *c, struct question *k)
{
	static const char *const states[] = { "held", "ok", "new", "changed", "rejected", NULL };
	static const char *const decisions[] = { "allow", "deny", "hidden", "approve", "conditional", NULL };
	struct slice cursor = api_query(c, "cursor");
	unsigned long long from = 0;
	k->q = api_query(c, "q");
	k->server = api_query(c, "server");
	k->grant = api_query(c, "grant");
	k->decision = api_query(c, "decision");
	k->state = api_query(c, "state");
	if (k->q.n > LIMIT_RECORDS_WORDS)
		return api_parameter(c, "q", "at most %d bytes are searched for", LIMIT_RECORDS_WORDS);
	if (k->state.n && !slice_is_among(k->state, states))
		return api_parameter(c, "state", "state is held, ok, new, changed or rejected");
	if (k->decision.n && !slice_is_among(k->decision, decisions))
		return api_parameter(c, "decision", "decision is allow, deny, hidden, approve or conditional");
	if (k->decision.n && !k->grant.n)
		return api_parameter(c, "decision", "whose decision: name a grant");
	if (cursor.n && (!slice_u64(cursor, &from) || from > 1u << 30))
		return api_parameter(c, "cursor", "cursor is what 'next' of the page before was");
	k->from = (size_t)from;
	return read_words(c, k) && read_order(c, k) && api_limit(c, &k->limit);
}

static void add_calls(void *ctx, struct slice server, struct slice tool, uint64_t n)
{
	struct question *k = ctx;
	char bytes[LIMIT_NAME + LIMIT_RECORD_TEXT + 2];
	if (server.n + tool.n + 1 > sizeof bytes)
		return;
	memcpy(bytes, server.p, server.n);
	bytes[server.n] = '\0';
	memcpy(bytes + server.n + 1, tool.p, tool.n);
	struct slice key = slice_of(bytes, server.n + 1 + tool.n);
	uintptr_t before = (uintptr_t)map_get(&k->calls, key);
	map_put(&k->calls, key, (void *)((before ? before : 1) + (uintptr_t)n));
}

static void release(struct api_call *c)
{
	struct question *k = c->own;
	tools_seen_unref(&k->seen);
	if (k->grants)
		grants_unref(&k->grants);
	map_release(&k->calls);
	free(k->v);
}

void tools_list(struct api_call *c)
{
	struct question *k = arena_zalloc(&c->arena, sizeof *k);
	struct err e = { 0 };
	if (!k) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	c->own = k;
	c->over = release;
	map_init(&k->calls);
	k->now_us = clock_wall_us();
	if (!read_question(c, k))
		return;
	k->has_calls = k->order == BY_CALLS;
	if (k->has_calls && !stats_tools(c->store, k->now_us / 1000000 - WEEK_S, add_calls, k, &e))
		api_fail_err(c, &e, 503);
}

static uint64_t calls_of(const struct question *k, const struct seen_tool *t)
{
	char bytes[LIMIT_NAME + LIMIT_RECORD_TEXT + 2];
	struct slice server = k->seen->servers[t->server], tool = t->tool->name;
	if (server.n + tool.n + 1 > sizeof bytes)
		return 0;
	memcpy(bytes, server.p, server.n);
	bytes[server.n] = '\0';
	memcpy(bytes + server.n + 1, tool.p, tool.n);
	uintptr_t n = (uintptr_t)map_get(&k->calls, slice_of(bytes, server.n + 1 + tool.n));
	return n ? (uint64_t)n - 1 : 0;
}

static bool has_words(struct slice text, struct slice q)
{
	for (size_t i = 0; i + q.n <= text.n; i++)
		if (slice_ieq_bytes(text.p + i, q.p, q.n))
			return true;
	return false;
}

static const char *decide(const struct question *k, const struct seen_tool *t)
{
	struct slice server = k->seen->servers[t->server];
	const struct grant_binding *binding = grant_binding(k->of, server);
	const struct risk *r = &t->tool->risk;
	if (!binding)
		return NULL;
	struct policy_facts f = { .server = server, .tool = t->tool->name, .grant_id = k->of->id, .grant_label = k->of->label,
		                  .grant_subject = k->of->subject, .grant_tags = k->of->tags, .grant_tag_n = k->of->tag_n,
		                  .tool_class = risk_class(r), .tool_severity = risk_severity(r), .tool_labels = r->label,
		                  .tool_label_n = r->label_n, .now_us = k->now_us };
	struct policy_decision d;
	policy_decide_tool(binding->policy, &f, &d);
	return policy_word(&d);
}

static unsigned failures(const struct question *k, const struct seen_tool *t)
{
	const struct risk *r = &t->tool->risk;
	bool is_state = slice_is(k->state, "held") ? t->is_held : slice_is(k->state, tools_state_word(t->pin));
	return (k->has_category && r->category != k->category ? FAILS_CATEGORY : 0u) |
	       (k->has_severity && r->severity != k->severity ? FAILS_SEVERITY : 0u) |
	       (k->has_label && !(r->labels & LABEL_BIT(k->label)) ? FAILS_LABEL : 0u) |
	       (k->state.n && !is_state ? FAILS_STATE : 0u) |
	       (k->server.n && !slice_eq(k->seen->servers[t->server], k->server) ? FAILS_SERVER : 0u);
}

static void count_state(struct question *k, const struct seen_tool *t)
{
	static const char *const words[] = { "ok", "new", "changed", "rejected" };
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		k->state_n[i] += strcmp(tools_state_word(t->pin), words[i]) == 0;
	k->state_n[4] += t->is_held;
}

/* A facet counts what there would be if its own filter were another. */
static void count(struct question *k, const struct seen_tool *t, unsigned fails)
{
	const struct risk *r = &t->tool->risk;
	if (!(fails & ~(unsigned)FAILS_CATEGORY))
		k->category_n[r->category & 7]++;
	if (!(fails & ~(unsigned)FAILS_SEVERITY))
		k->severity_n[r->severity & 7]++;
	if (!(fails & ~(unsigned)FAILS_STATE))
		count_state(k, t);
	if (!(fails & ~(unsigned)FAILS_SERVER))
		k->server_n[t->server]++;
	for (int i = 0; i < LABELS && !(fails & ~(unsigned)FAILS_LABEL); i++)
		k->label_n[i] += (r->labels & LABEL_BIT(i)) != 0;
}

static void look(struct question *k, const struct seen_text *texts)
{
	const struct tools_seen *s = k->seen;
	for (size_t i = 0; i < s->n; i++) {
		const struct seen_tool *t = &s->v[i];
		const char *decision = NULL;
		if (!k->visible[t->server])
			continue;
		if (k->q.n && !has_words(t->tool->name, k->q) && !has_words(s->servers[t->server], k->q) &&
		    !has_words(texts[i].title, k->q) && !has_words(texts[i].description, k->q))
			continue;
		if (k->of && !(decision = decide(k, t)))
			continue;
		if (k->decision.n && !slice_is(k->decision, decision))
			continue;
		unsigned fails = failures(k, t);
		count(k, t, fails);
		if (!fails)
			k->v[k->n++] = (struct found){ t, k, k->has_calls ? calls_of(k, t) : 0, decision };
	}
}

static int compare_slices(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static int compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	const struct question *k = x->question;
	int order = 0;
	struct slice x_server = k->seen->servers[x->tool->server], y_server = k->seen->servers[y->tool->server];
	switch (k->order) {
	case BY_SEVERITY: order = (int)x->tool->tool->risk.severity - (int)y->tool->tool->risk.severity; break;
	case BY_CALLS: order = x->calls < y->calls ? -1 : x->calls > y->calls; break;
	case BY_NAME: order = compare_slices(x->tool->tool->name, y->tool->tool->name); break;
	case BY_SERVER: order = compare_slices(x_server, y_server); break;
	}
	if (order)
		return k->is_backwards ? -order : order;
	order = compare_slices(x_server, y_server);
	return order ? order : compare_slices(x->tool->tool->name, y->tool->tool->name);
}

static void add_row(struct api_call *c, const struct question *k, const struct found *f)
{
	struct buf *b = &c->out;
	const struct seen_tool *t = f->tool;
	const struct risk *r = &t->tool->risk;
	struct seen_text text = tools_seen_text(t, &c->arena);
	buf_adds(b, "{\"server\":");
	buf_add_json_string(b, k->seen->servers[t->server]);
	buf_adds(b, ",\"name\":");
	show_json(b, t->tool->name, 0);
	if (text.title.n) {
		buf_adds(b, ",\"title\":");
		show_json(b, text.title, DESCRIPTION_SHOWN);
	}
	buf_adds(b, ",\"description\":");
	show_json(b, text.description, DESCRIPTION_SHOWN);
	buf_addf(b, ",\"category\":\"%s\",\"severity\":\"%s\",\"confidence\":%.2f,\"labels\":", category_word(r->category),
	         severity_word(r->severity), r->confidence);
	labels_write(b, r->labels);
	buf_adds(b, ",\"signals\":");
	signals_write(b, r->signals);
	buf_addf(b, ",\"state\":\"%s\",\"is_held\":%s,\"is_usable\":%s,\"calls\":%llu", tools_state_word(t->pin), t->is_held ? "true" : "false",
	         t->tool->refused.p ? "false" : "true", (unsigned long long)f->calls);
	if (f->decision) {
		buf_adds(b, ",\"grants\":[{\"id\":");
		buf_add_json_string(b, k->of->id);
		buf_adds(b, ",\"label\":");
		buf_add_json_string(b, k->of->label);
		buf_addf(b, ",\"decision\":\"%s\"}]", f->decision);
	}
	buf_addc(b, '}');
}

static void add_facet(struct buf *b, const char *name, const char *(*word)(int), const uint32_t *n, int words, bool is_last)
{
	bool is_first = true;
	buf_addf(b, "\"%s\":{", name);
	for (int i = 0; i < words; i++) {
		if (!n[i])
			continue;
		buf_addf(b, "%s\"%s\":%u", is_first ? "" : ",", word(i), n[i]);
		is_first = false;
	}
	buf_adds(b, is_last ? "}" : "},");
}

static const char *word_of_state(int i)
{
	static const char *const words[] = { "ok", "new", "changed", "rejected", "held" };
	return words[i];
}

static void add_facets(struct buf *b, const struct question *k)
{
	bool is_first = true;
	buf_adds(b, ",\"facets\":{");
	add_facet(b, "category", word_of_category, k->category_n, CATEGORY_FINANCIAL + 1, false);
	add_facet(b, "severity", word_of_severity, k->severity_n, SEVERITY_CRITICAL + 1, false);
	add_facet(b, "label", word_of_label, k->label_n, LABELS, false);
	add_facet(b, "state", word_of_state, k->state_n, 5, false);
	buf_adds(b, "\"server\":{");
	for (size_t i = 0; i < k->seen->server_n; i++) {
		if (!k->server_n[i])
			continue;
		buf_adds(b, is_first ? "" : ",");
		buf_add_json_string(b, k->seen->servers[i]);
		buf_addf(b, ":%u", k->server_n[i]);
		is_first = false;
	}
	buf_adds(b, "}}");
}

/* Where the order does not need them, only the page's are counted. */
static bool count_page(struct api_call *c, struct question *k, size_t to, struct err *e)
{
	for (size_t i = k->from; i < to && !k->has_calls; i++) {
		uint64_t days[7];
		struct found *f = &k->v[i];
		if (!stats_tool_days(c->store, k->seen->servers[f->tool->server], f->tool->tool->name, k->now_us / 1000000, days, e))
			return false;
		for (size_t d = 0; d < ARRAY_LEN(days); d++)
			f->calls += days[d];
	}
	return true;
}

static void write_page(struct api_call *c)
{
	struct question *k = c->own;
	struct err e = { 0 };
	size_t left = k->from < k->n ? k->n - k->from : 0, to = k->from + (left < k->limit ? left : k->limit);
	if (!count_page(c, k, to, &e)) {
		api_fail_err(c, &e, 503);
		return;
	}
	buf_adds(&c->out, "{\"tools\":[");
	for (size_t i = k->from; i < to; i++) {
		buf_adds(&c->out, i > k->from ? "," : "");
		add_row(c, k, &k->v[i]);
	}
	buf_addf(&c->out, "],\"total\":%zu", k->n);
	if (to < k->n)
		buf_addf(&c->out, ",\"next\":\"%zu\"", to);
	buf_addf(&c->out, ",\"unknown_servers\":%zu", k->seen->unknown);
	add_facets(&c->out, k);
	buf_addc(&c->out, '}');
}

static void find(struct api_call *c)
{
	struct question *k = c->own;
	struct tools_seen *s = k->seen;
	k->visible = arena_zalloc(&c->arena, s->server_n + 1);
	k->server_n = arena_zalloc(&c->arena, (s->server_n + 1) * sizeof *k->server_n);
	k->v = mem_alloc((s->n + 1) * sizeof *k->v);
	if (!k->visible || !k->server_n) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	for (size_t i = 0; i < s->server_n; i++)
		k->visible[i] = principal_may(&c->who, MAY_SEE, s->servers[i]);
	look(k, k->q.n ? tools_seen_texts(s) : NULL);
	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, compare);
	write_page(c);
}

static bool is_seen(const struct principal *who, const struct grant *g)
{
	bool is_seen = principal_may(who, MAY_SEE, slice_of(NULL, 0));
	for (size_t i = 0; !is_seen && i < g->binding_n; i++)
		is_seen = principal_may(who, MAY_SEE, g->bindings[i].server);
	return is_seen;
}

/* By label or id; those that are revoked or expired decide nothing any more. */
static const struct grant *find_grant(const struct api_call *c, const struct question *k)
{
	size_t at = 0;
	for (const struct grant *g; (g = grants_next(k->grants, &at));)
		if ((slice_eq(g->id, k->grant) || slice_eq(g->label, k->grant)) && grant_state(g, k->now_us) == GRANT_VALID &&
		    is_seen(&c->who, g))
			return g;
	return NULL;
}

static void on_asked(struct api_call *c)
{
	struct question *k = c->own;
	k->seen = tools_seen_now(c->admin);
	if (k->grant.n) {
		k->grants = c->admin->o.grants(c->admin->o.ctx);
		k->of = find_grant(c, k);
		if (!k->of) {
			api_parameter(c, "grant", "there is no valid grant of this label or id");
			api_answer(c);
			return;
		}
	}
	api_work(c, find);
}

void tools_list_begin(struct api_call *c)
{
	tools_ask_unknown(c, slice_of("", 0), on_asked);
}
