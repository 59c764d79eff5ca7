/* Long work for one person: started by a POST, asked about until it is done, and forgotten a while later. */
#include "admin/api_inside.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/list.h"
#include "net/lane.h"
#include <stdatomic.h>

struct job {
	struct list node;
	struct jobs *jobs;
	char id[RANDOM_UUID_SIZE];
	const char *what; /* of the program's text */
	struct arena arena;
	struct principal who;
	job_fn *run;
	void (*release)(void *ctx);
	void *ctx;
	atomic_bool is_cancelled;
	atomic_uint_fast64_t done, total;
	/* The worker's until is_over. */
	struct buf out;
	struct err err;
	bool failed, is_over;
	uint64_t ended_us;
};

struct jobs {
	struct admin *admin;
	struct list all;
	size_t n;
	struct lane *lane;
	char *data_dir;
	bool is_gone;
	size_t running;
};

struct jobs *jobs_new(struct admin *a)
{
	struct jobs *j = mem_zalloc(sizeof *j);
	j->admin = a;
	list_init(&j->all);
	j->lane = lane_new(a->o.loop, 1);
	j->data_dir = mem_strdup(store_dir(a->o.store));
	return j;
}

static void forget(struct job *j)
{
	list_del(&j->node);
	j->jobs->n--;
	if (j->release)
		j->release(j->ctx);
	buf_release(&j->out);
	arena_release(&j->arena);
	free(j);
}

static void finish(struct jobs *j)
{
	while (!list_empty(&j->all))
		forget(list_entry(j->all.next, struct job, node));
	free(j->data_dir);
	free(j);
}

void jobs_free(struct jobs **jp)
{
	struct jobs *j = *jp;
	*jp = NULL;
	if (!j)
		return;
	j->is_gone = true;
	for (struct list *at = j->all.next; at != &j->all; at = at->next)
		atomic_store(&list_entry(at, struct job, node)->is_cancelled, true);
	lane_free(&j->lane);
	if (!j->running)
		finish(j);
}

static void work(void *ctx)
{
	struct job *j = ctx;
	struct store_opts o = { .data_dir = j->jobs->data_dir };
	if (atomic_load(&j->is_cancelled))
		return;
	struct store *s = store_open(&o, &j->err);
	if (!s) {
		j->failed = true;
		return;
	}
	j->run(j, s, j->ctx);
	store_close(&s);
}

static void on_worked(void *ctx)
{
	struct job *j = ctx;
	struct jobs *all = j->jobs;
	j->is_over = true;
	j->ended_us = clock_mono_us();
	all->running--;
	if (all->is_gone) {
		if (!all->running)
			finish(all);
		return;
	}
	struct buf b = BUF_INIT(256);
	buf_addf(&b, "{\"id\":\"%s\",\"what\":\"%s\"}", j->id, j->what);
	events_tell(all->admin, "job", slice_of("", 0), buf_slice(&b));
	buf_release(&b);
}

/* What has ended makes room, the oldest first. False: that many are running, or wait to. */
static bool make_room(struct jobs *j)
{
	uint64_t now = clock_mono_us();
	for (struct list *at = j->all.next, *next; at != &j->all; at = next) {
		struct job *one = list_entry(at, struct job, node);
		next = at->next;
		if (one->is_over && (j->n >= LIMIT_JOBS || now - one->ended_us > LIMIT_JOB_KEPT_S * 1000000ull))
			forget(one);
	}
	return j->n < LIMIT_JOBS;
}

/* On the loop: from begin(). */
struct job *job_start(struct api_call *c, const char *what, job_fn *run, void (*release)(void *ctx), void *ctx)
{
	struct jobs *all = c->admin->jobs;
	if (!make_room(all)) {
		api_fail(c, 429, "%d jobs are under way already: wait until one has ended, or cancel one", LIMIT_JOBS);
		c->retry_s = 10;
		return NULL;
	}
	struct job *j = mem_zalloc(sizeof *j);
	j->jobs = all;
	j->what = what;
	j->run = run;
	j->release = release;
	j->ctx = ctx;
	arena_init(&j->arena, 1u << 20);
	buf_init(&j->out, LIMIT_API_ANSWER);
	random_uuid7(clock_wall_us(), j->id);
	if (!api_who_copy(&c->who, &j->arena, &j->who)) {
		api_fail(c, 413, "the request is too large");
		arena_release(&j->arena);
		free(j);
		return NULL;
	}
	list_add_tail(&all->all, &j->node);
	all->n++;
	all->running++;
	lane_work(all->lane, work, on_worked, j);
	return j;
}

bool job_is_cancelled(const struct job *j)
{
	return atomic_load(&j->is_cancelled);
}

void job_progress(struct job *j, uint64_t done, uint64_t total)
{
	atomic_store(&j->total, total);
	atomic_store(&j->done, done);
}

struct buf *job_result(struct job *j)
{
	return &j->out;
}

void job_fail(struct job *j, const char *why)
{
	j->failed = true;
	err_set(&j->err, ERR_REMOTE, "%s", why);
}

static void write_one(struct buf *b, struct job *j)
{
	bool is_cancelled = atomic_load(&j->is_cancelled);
	buf_addf(b, "{\"id\":\"%s\",\"what\":\"%s\",\"state\":\"%s\",\"done\":%llu,\"total\":%llu", j->id, j->what,
		 !j->is_over                          ? "running" :
		 is_cancelled                         ? "cancelled" :
		 j->failed || !buf_ok(&j->out) ? "failed" :
							"done",
		 (unsigned long long)atomic_load(&j->done), (unsigned long long)atomic_load(&j->total));
	if (j->is_over && !is_cancelled && (j->failed || !buf_ok(&j->out))) {
		buf_adds(b, ",\"error\":");
		buf_add_json_string(b, j->failed ? slice_str(j->err.text) : SLICE_LIT("the result is too long"));
	} else if (j->is_over && !is_cancelled && j->out.n) {
		buf_adds(b, ",\"result\":");
		buf_add_slice(b, buf_slice(&j->out));
	}
	buf_addc(b, '}');
}

void job_accept(struct api_call *c, struct job *j)
{
	c->status = 202;
	c->location = arena_printf(&c->arena, "/api/v1/jobs/%s", j->id);
	buf_clear(&c->out);
	buf_addf(&c->out, "{\"job\":\"%s\"}", j->id);
}

/* Only who started it sees it. */
static struct job *find(struct api_call *c)
{
	struct jobs *all = c->admin->jobs;
	for (struct list *at = all->all.next; at != &all->all; at = at->next) {
		struct job *j = list_entry(at, struct job, node);
		if (slice_is(c->v[0], j->id) && j->who.kind == c->who.kind && strcmp(j->who.id, c->who.id) == 0)
			return j;
	}
	api_fail(c, 404, "there is no such job of yours: what has ended is forgotten after %d minutes", LIMIT_JOB_KEPT_S / 60);
	return NULL;
}

void job_get(struct api_call *c)
{
	struct job *j = find(c);
	if (j) {
		c->status = 200;
		write_one(&c->out, j);
	}
	api_answer(c);
}

void job_delete(struct api_call *c)
{
	struct job *j = find(c);
	if (j) {
		c->status = 204;
		atomic_store(&j->is_cancelled, true);
		if (j->is_over)
			forget(j);
	}
	api_answer(c);
}
