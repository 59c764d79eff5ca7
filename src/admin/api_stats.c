/* Counts for charts: series, totals, how long calls took, and what was asked for most. */
#include "admin/routes.h"
#include "admin/sight.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/stats.h"

#define DAY_US ((int64_t)86400 * 1000000)

static const struct {
	const char *word;
	enum stats_by by;
} bys[] = {
	{ "decision", STATS_BY_DECISION }, { "outcome", STATS_BY_OUTCOME }, { "server", STATS_BY_SERVER },
	{ "tool", STATS_BY_TOOL }, { "grant", STATS_BY_GRANT }, { "rule", STATS_BY_RULE },
};

static const struct {
	const char *word;
	enum stats_step step;
} steps[] = { { "minute", STATS_MINUTE }, { "hour", STATS_HOUR }, { "day", STATS_DAY } };

/* The shortest step whose points fit. */
static enum stats_step step_for(int64_t span_us)
{
	return span_us <= DAY_US ? STATS_MINUTE : span_us <= 31 * DAY_US ? STATS_HOUR : STATS_DAY;
}

static bool read_words(struct api_call *c, struct stats_ask *ask)
{
	struct slice by = api_query(c, "by"), step = api_query(c, "step");
	bool has_by = !by.n, has_step = !step.n;
	for (size_t i = 0; i < ARRAY_LEN(bys) && !has_by; i++)
		if ((has_by = slice_is(by, bys[i].word)))
			ask->by = bys[i].by;
	for (size_t i = 0; i < ARRAY_LEN(steps) && !has_step; i++)
		if ((has_step = slice_is(step, steps[i].word)))
			ask->step = steps[i].step;
	if (!has_by)
		return api_parameter(c, "by", "by is decision, outcome, server, tool, grant or rule");
	return has_step || api_parameter(c, "step", "step is minute, hour or day");
}

static bool read_ask(struct api_call *c, struct stats_ask *ask)
{
	int64_t since, until;
	if (!api_time(c, "since", &since) || !api_time(c, "until", &until))
		return false;
	if (!until)
		until = clock_wall_us();
	if (!since)
		since = until - DAY_US;
	if (since >= until)
		return api_parameter(c, "since", "since must be earlier than until");
	*ask = (struct stats_ask){ .since_s = since / 1000000, .until_s = (until + 999999) / 1000000, .step = step_for(until - since),
		                   .series_max = LIMIT_STATS_SERIES, .top_max = LIMIT_STATS_TOP, .sees = sight_of(&c->who), .ctx = &c->who };
	if (!read_words(c, ask))
		return false;
	int64_t first = ask->since_s < 0 ? 0 : ask->since_s / ask->step, points = (ask->until_s + ask->step - 1) / ask->step - first;
	return points <= LIMIT_STATS_POINTS ||
	       api_parameter(c, "step", "that are %lld points, and at most %d are drawn: take a longer step, or less time",
	                     (long long)points, LIMIT_STATS_POINTS);
}

static void add_name(struct buf *b, const struct stats_key *k, const char *name)
{
	buf_addf(b, "{\"%s\":", name);
	buf_add_json_string(b, k->key);
	if (k->server.n) {
		buf_adds(b, ",\"server\":");
		buf_add_json_string(b, k->server);
	}
}

static void add_series(struct buf *b, const struct stats_answer *s, int64_t step)
{
	buf_adds(b, ",\"series\":[");
	for (size_t i = 0; i < s->series.n; i++) {
		const struct stats_key *k = &s->series.v[i];
		bool is_first = true;
		buf_adds(b, i ? "," : "");
		add_name(b, k, "key");
		buf_adds(b, ",\"points\":[");
		for (size_t p = 0; p < s->points; p++) {
			if (!k->points[p])
				continue; /* what is not told is 0 */
			buf_addf(b, "%s[%lld,%llu]", is_first ? "" : ",", (long long)(s->since_s + (int64_t)p * step), (unsigned long long)k->points[p]);
			is_first = false;
		}
		buf_adds(b, "]}");
	}
	buf_addc(b, ']');
}

static void add_counts(struct buf *b, const char *name, const struct stats_list *l)
{
	buf_addf(b, ",\"%s\":{", name);
	for (size_t i = 0; i < l->n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, l->v[i].key);
		buf_addf(b, ":%llu", (unsigned long long)l->v[i].n);
	}
	buf_addc(b, '}');
}

static void add_times(struct buf *b, const struct stats_latency *t)
{
	buf_addf(b, "\"calls\":%llu,\"p50_us\":%llu,\"p95_us\":%llu,\"p99_us\":%llu,\"gate_p50_us\":%llu,\"gate_p99_us\":%llu",
	         (unsigned long long)t->calls, (unsigned long long)t->p50_us, (unsigned long long)t->p95_us,
	         (unsigned long long)t->p99_us, (unsigned long long)t->gate_p50_us, (unsigned long long)t->gate_p99_us);
}

static void add_latency(struct buf *b, const struct stats_answer *s)
{
	buf_adds(b, ",\"latency\":[");
	for (size_t i = 0; i < s->latency_n; i++) {
		buf_addf(b, "%s{\"t\":%lld,", i ? "," : "", (long long)s->latency[i].start_s);
		add_times(b, &s->latency[i]);
		buf_addc(b, '}');
	}
	buf_addc(b, ']');
}

static void add_top(struct buf *b, const char *name, const struct stats_list *l, const char *key)
{
	buf_addf(b, "\"%s\":[", name);
	for (size_t i = 0; i < l->n; i++) {
		buf_adds(b, i ? "," : "");
		add_name(b, &l->v[i], key);
		buf_addf(b, ",\"calls\":%llu}", (unsigned long long)l->v[i].n);
	}
	buf_addc(b, ']');
}

static void write_stats(struct buf *b, const struct stats_ask *ask, const struct stats_answer *s)
{
	char since[CLOCK_TEXT_SIZE], until[CLOCK_TEXT_SIZE];
	clock_text(s->since_s * 1000000, since);
	clock_text((s->since_s + (int64_t)s->points * ask->step) * 1000000, until);
	buf_addf(b, "{\"step\":\"%s\",\"step_s\":%d,\"since\":\"%s\",\"until\":\"%s\",\"is_counting\":%s", ask->step == STATS_MINUTE ? "minute" : ask->step == STATS_HOUR ? "hour" : "day",
	         (int)ask->step, since, until, s->is_counting ? "true" : "false");
	add_series(b, s, ask->step);
	buf_addf(b, ",\"totals\":{\"calls\":%llu", (unsigned long long)s->records);
	add_counts(b, "decisions", &s->decisions);
	add_counts(b, "outcomes", &s->outcomes);
	buf_adds(b, ",\"latency\":{");
	add_times(b, &s->whole);
	buf_adds(b, "}}");
	add_latency(b, s);
	buf_adds(b, ",\"top\":{");
	add_top(b, "servers", &s->servers, "server");
	buf_addc(b, ',');
	add_top(b, "tools", &s->tools, "tool");
	buf_addc(b, ',');
	add_top(b, "grants", &s->grants, "grant");
	buf_addc(b, ',');
	add_top(b, "rules", &s->rules, "rule");
	buf_adds(b, "}}");
}

void stats_get(struct api_call *c)
{
	struct stats_ask ask;
	struct stats_answer s;
	struct err e = { 0 };
	if (!read_ask(c, &ask))
		return;
	if (!stats_read(c->store, &ask, &c->arena, &s, &e))
		api_fail_err(c, &e, 400);
	else
		write_stats(&c->out, &ask, &s);
}
