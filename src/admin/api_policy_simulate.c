/* POST /policies/simulate: what another policy would have said of recorded calls, as a job. */
#include "admin/live.h"
#include "admin/policies.h"
#include "admin/routes.h"
#include "author/simulate.h"
#include "author/span.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"

#define DAY_US ((int64_t)86400 * 1000000)
#define SIMULATE_ARENA (512u << 20)

/* The call's until the job begins; then the job's, in an arena of its own. */
struct replaying {
	struct live live;
	struct arena arena;
	struct slice policy, tools, server, grant;
	int64_t since_us, until_us;
};

static struct slice keep(struct arena *a, struct slice s)
{
	char *p = arena_strndup(a, s.n ? s.p : "", s.n);
	return slice_of(p ? p : "", p ? s.n : 0);
}

static bool on_progress(void *ctx, size_t done, size_t total)
{
	struct job *j = ctx;
	job_progress(j, done, total);
	return !job_is_cancelled(j);
}

static void run(struct job *j, struct store *s, void *ctx)
{
	struct replaying *k = ctx;
	struct simulation result;
	struct arena a;
	struct err e = { 0 };
	arena_init(&a, SIMULATE_ARENA);
	struct simulate_opts o = {
		.store = s,
		.filter = { .since_us = k->since_us, .until_us = k->until_us, .server = k->server, .grant = k->grant },
		.policy = k->policy,
		.tools = k->tools,
		.arena = &a,
		.on_progress = on_progress,
		.ctx = j,
	};
	if (simulate_policy(&o, &result, &e))
		simulation_write_json(job_result(j), &result);
	else
		job_fail(j, e.text);
	arena_release(&a);
}

static void release(void *ctx)
{
	struct replaying *k = ctx;
	arena_release(&k->arena);
	free(k);
}

/* "7d" ago, or a time. */
static bool read_when(struct api_call *c, const char *name, int64_t otherwise, int64_t *out)
{
	struct slice text = SLICE_LIT("");
	int64_t span;
	char pointer[16];
	*out = otherwise;
	if (!api_text(c, name, 64, &text))
		return false;
	if (!text.n || clock_parse(text, out))
		return true;
	snprintf(pointer, sizeof pointer, "/%s", name);
	if (!span_read(text, &span))
		return api_field(c, pointer, "'%s' is a time, as 2030-01-31T12:00:00Z, or how long ago, as 24h or 7d", name);
	*out = clock_wall_us() - span;
	return true;
}

static bool read_scope(struct api_call *c, struct replaying *k)
{
	if (!api_text(c, "server", LIMIT_NAME, &k->server) || !api_text(c, "grant", LIMIT_NAME, &k->grant))
		return false;
	if (k->server.n)
		return api_permit(c, MAY_SEE, k->server);
	if (json_gets(c->json, "server"))
		return api_field(c, "/server", "name a server");
	return principal_may(&c->who, MAY_SEE, slice_of(NULL, 0)) || api_field(c, "/server", "name a server that you may see");
}

void policy_simulate_work(struct api_call *c)
{
	static const char *const members[] = { "document", "text", "server", "grant", "since", "until", NULL };
	struct replaying *k = arena_zalloc(&c->arena, sizeof *k);
	const char *where;
	if (!k) {
		api_fail(c, 413, "the request is too large");
		return;
	}
	c->own = k;
	if (!api_only(c, members) || !policy_body(c, &k->policy, &where) || !read_scope(c, k) ||
	    !read_when(c, "since", clock_wall_us() - DAY_US, &k->since_us) || !read_when(c, "until", 0, &k->until_us) ||
	    !policy_loads(c, k->policy, where))
		return;
	if (k->until_us && k->until_us <= k->since_us)
		api_field(c, "/until", "it is before 'since'");
}

static struct replaying *copy(const struct replaying *k, struct slice tools)
{
	struct replaying *own = mem_zalloc(sizeof *own);
	arena_init(&own->arena, LIMIT_API_ANSWER + LIMIT_API_BODY);
	own->policy = keep(&own->arena, k->policy);
	own->tools = keep(&own->arena, tools);
	own->server = keep(&own->arena, k->server);
	own->grant = keep(&own->arena, k->grant);
	own->since_us = k->since_us;
	own->until_us = k->until_us;
	return own;
}

static void start(struct api_call *c)
{
	struct replaying *k = c->own;
	struct buf tools = BUF_INIT(LIMIT_API_ANSWER);
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	if (c->status < 400 && !live_write(&k->live, &tools, &a))
		api_fail(c, 422, "the lists of tools are too large to look at at once: name a server");
	if (c->status < 400) {
		struct replaying *own = copy(k, buf_slice(&tools));
		struct job *j = job_start(c, "policy.simulate", run, release, own);
		if (j)
			job_accept(c, j);
		else
			release(own);
	}
	buf_release(&tools);
	arena_release(&a);
	api_answer(c);
}

/* Records have names of arguments alone: of the tools it is only classes and labels that count. */
void policy_simulate_begin(struct api_call *c)
{
	struct replaying *k = c->own;
	k->live.server = k->server;
	k->live.then = start;
	live_gather(c, &k->live);
}
