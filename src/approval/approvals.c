/*
 * The questions of a running gate, in the order in which they came: a worker takes all that
 * wait, one after the other on the one connection, and their answers come back together.
 */
#include "approval/approvals.h"
#include "approval/jobs.h"
#include "approval/webhook.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"

#define LOOK_MS 1000
/* Looks between two sweeps. */
#define SWEEP_EVERY 30
/* One approval with all that belongs to it, or a page of them. */
#define JOB_ARENA_BYTES (16u << 20)

struct watched {
	char id[APPROVAL_ID_SIZE];
	size_t n; /* how often it was asked for */
};

struct delivery {
	struct job *due;
	struct webhook hook;
	bool is_sent;
	struct err err;
};

struct approvals {
	struct approvals_opts o;
	struct approval_db *db;
	char *url, *webhook_url, *webhook_secret;
	struct list waiting, running; /* jobs */
	size_t job_n;
	bool is_busy, is_looking, looks_again, is_telling, is_delivering, is_stopping;
	struct loop_timer timer;
	uint64_t looks;
	struct map watched;
	struct approvals_counts counts;
	struct delivery delivery;
	loop_fn done;
	void *done_ctx;
};

static char *copy_text(const char *text)
{
	return mem_strdup(text ? text : "");
}

static void free_job(struct job *j)
{
	list_del(&j->link);
	arena_release(&j->arena);
	free(j);
}

static struct job *new_job(enum job_kind kind, approvals_fn *fn, void *ctx, uint64_t number)
{
	struct job *j = mem_zalloc(sizeof *j);
	list_init(&j->link);
	arena_init(&j->arena, JOB_ARENA_BYTES);
	j->kind = kind;
	j->fn = fn;
	j->ctx = ctx;
	j->number = number;
	return j;
}

static struct slice copy(struct job *j, struct slice text)
{
	char *p = arena_strndup(&j->arena, text.n ? text.p : "", text.n);
	BUG_ON(!p); /* callers have bounds far below the arena's */
	return slice_of(p, text.n);
}

static void finish_stop(struct approvals *a)
{
	if (a->is_stopping && !a->is_busy && !a->is_delivering && a->done) {
		loop_defer(a->o.loop, a->done, a->done_ctx);
		a->done = NULL;
	}
}

static void start(struct approvals *a);
static void look(struct approvals *a);
static void take_notice(struct approvals *a);

static void work(void *ctx)
{
	struct approvals *a = ctx;
	list_each_safe(it, next, &a->running)
		job_run(a->db, list_entry(it, struct job, link));
}

static void told(struct approvals *a, struct job *j)
{
	const struct err *e = &j->answer.err;
	bool is_reachable = !j->answer.failed || e->kind != ERR_REMOTE;
	if (a->counts.is_reachable && !is_reachable)
		log_error("approvals", "the database cannot be used, and calls that need a yes are refused: %s", e->text);
	else if (!a->counts.is_reachable && is_reachable)
		log_info("approvals", "the database can be used again");
	a->counts.is_reachable = is_reachable;
}

static void on_looked(struct approvals *a, struct job *j)
{
	a->is_looking = false;
	if (!j->answer.failed && j->is_sweeping) {
		a->counts.pending = j->pending;
		a->counts.notices_failed = j->notices_failed;
	}
	for (size_t i = 0; i < j->vote_n && a->o.on_vote; i++)
		a->o.on_vote(a->o.ctx, &j->votes[i].approval, &j->votes[i].vote);
	for (size_t i = 0; !j->answer.failed && i < j->seen_n; i++)
		if (j->seen[i].state != APPROVAL_PENDING && a->o.on_seen)
			a->o.on_seen(a->o.ctx, &j->seen[i]);
	if (a->looks_again) {
		a->looks_again = false;
		look(a);
	}
}

static void send_on_worker(void *ctx)
{
	struct delivery *d = &((struct approvals *)ctx)->delivery;
	const struct approval_due *due = &d->due->due;
	d->is_sent = webhook_send(&d->hook, due->event, due->seq, &due->approval, clock_wall_us(), &d->err);
}

static void add(struct approvals *a, struct job *j);

static void on_sent(void *ctx)
{
	struct approvals *a = ctx;
	struct delivery *d = &a->delivery;
	const struct approval_due *due = &d->due->due;
	a->is_delivering = false;
	if (!a->is_stopping) {
		struct job *j = new_job(JOB_DONE, NULL, NULL, 0);
		int64_t pause = webhook_pause_us(due->attempts, random_u64());
		j->seq = due->seq;
		j->error = d->is_sent ? NULL : copy(j, slice_str(d->err.text)).p;
		j->next_us = !d->is_sent && pause ? loop_wall_us(a->o.loop) + pause : 0;
		if (!d->is_sent)
			log_warn("approvals", "%s (attempt %lld of %d)", d->err.text, (long long)due->attempts,
			         LIMIT_WEBHOOK_ATTEMPTS);
		add(a, j);
	}
	free_job(d->due);
	d->due = NULL;
	finish_stop(a);
}

/* True: the job is kept. */
static bool on_taken(struct approvals *a, struct job *j)
{
	a->is_telling = false;
	if (j->answer.failed || !j->is_due || a->is_stopping)
		return false;
	a->is_delivering = true;
	a->delivery = (struct delivery){
		.due = j,
		.hook = { a->webhook_url, a->webhook_secret, a->url, a->o.webhook_has_arguments },
	};
	loop_work(a->o.loop, send_on_worker, on_sent, a);
	return true;
}

static void finish_job(struct approvals *a, struct job *j)
{
	bool is_kept = false;
	list_del(&j->link);
	list_init(&j->link);
	a->job_n--;
	told(a, j);
	if (j->kind == JOB_LOOK)
		on_looked(a, j);
	else if (j->kind == JOB_TAKE)
		is_kept = on_taken(a, j);
	else if (j->kind == JOB_DONE)
		take_notice(a);
	else if (j->fn && (!a->is_stopping || j->kind == JOB_GET || j->kind == JOB_LIST || j->kind == JOB_VOTE ||
	                                             j->kind == JOB_GREET))
		j->fn(j->ctx, j->number, &j->answer);
	/* Others wait for this: a record of the vote, a call that is held, a webhook. */
	if (!a->is_stopping && ((j->kind == JOB_VOTE && j->answer.verdict == APPROVAL_VOTE_COUNTED) ||
	                        (j->kind == JOB_ASK && j->answer.asked == APPROVAL_ASK_NEW))) {
		look(a);
		take_notice(a);
	}
	if (!is_kept)
		free_job(j);
}

static void on_worked(void *ctx)
{
	struct approvals *a = ctx;
	struct list done;
	a->is_busy = false;
	list_init(&done);
	list_each_safe(it, next, &a->running) {
		list_del(it);
		list_add_tail(&done, it);
	}
	list_each_safe(it2, next2, &done)
		finish_job(a, list_entry(it2, struct job, link));
	start(a);
	finish_stop(a);
}

static void start(struct approvals *a)
{
	if (a->is_busy || a->is_stopping || list_empty(&a->waiting))
		return;
	list_each_safe(it, next, &a->waiting) {
		list_del(it);
		list_add_tail(&a->running, it);
	}
	a->is_busy = true;
	loop_work(a->o.loop, work, on_worked, a);
}

static void on_refused_job(void *ctx)
{
	struct job *j = ctx;
	if (j->fn)
		j->fn(j->ctx, j->number, &j->answer);
	free_job(j);
}

static void add(struct approvals *a, struct job *j)
{
	if (a->job_n >= LIMIT_APPROVAL_JOBS || a->is_stopping) {
		j->answer.failed = true;
		err_set(&j->answer.err, ERR_LIMIT, "too many questions about approvals wait; try again later");
		loop_defer(a->o.loop, on_refused_job, j);
		return;
	}
	a->job_n++;
	list_add_tail(&a->waiting, &j->link);
	start(a);
}

static void look(struct approvals *a)
{
	size_t at = 0;
	void *value;
	if (a->is_looking) {
		a->looks_again = true;
		return;
	}
	a->is_looking = true;
	struct job *j = new_job(JOB_LOOK, NULL, NULL, 0);
	j->is_sweeping = a->looks++ % SWEEP_EVERY == 0;
	j->seen = arena_zalloc(&j->arena, (a->watched.n + 1) * sizeof *j->seen);
	BUG_ON(!j->seen);
	while (map_next(&a->watched, &at, NULL, &value))
		memcpy(j->seen[j->seen_n++].id, ((struct watched *)value)->id, APPROVAL_ID_SIZE);
	a->job_n++;
	list_add_tail(&a->waiting, &j->link);
	start(a);
}

static void take_notice(struct approvals *a)
{
	if (!a->webhook_url[0] || a->is_telling || a->is_delivering || a->is_stopping)
		return;
	a->is_telling = true;
	a->job_n++;
	list_add_tail(&a->waiting, &new_job(JOB_TAKE, NULL, NULL, 0)->link);
	start(a);
}

static void on_time(void *ctx)
{
	struct approvals *a = ctx;
	a->timer = loop_after(a->o.loop, LOOK_MS, on_time, a);
	if (!a->is_looking)
		look(a);
	take_notice(a);
}

struct approvals *approvals_new(const struct approvals_opts *o, struct err *e)
{
	struct approvals *a = mem_zalloc(sizeof *a);
	struct approval_db_opts db = o->db;
	a->o = *o;
	a->url = copy_text(o->url);
	a->webhook_url = copy_text(o->webhook_url);
	a->webhook_secret = copy_text(o->webhook_secret);
	a->counts.is_reachable = true;
	list_init(&a->waiting);
	list_init(&a->running);
	map_init(&a->watched);
	db.has_webhook = a->webhook_url[0] != '\0';
	a->db = approval_db_open(&db, e);
	if (!a->db) {
		approvals_free(&a);
		return NULL;
	}
	a->timer = loop_after(o->loop, LOOK_MS, on_time, a);
	return a;
}

void approvals_stop(struct approvals *a, loop_fn done, void *ctx)
{
	a->is_stopping = true;
	a->done = done;
	a->done_ctx = ctx;
	loop_cancel(a->o.loop, &a->timer);
	finish_stop(a);
}

void approvals_free(struct approvals **ap)
{
	struct approvals *a = *ap;
	size_t at = 0;
	void *value;
	if (!a)
		return;
	BUG_ON(a->is_busy || a->is_delivering);
	loop_cancel(a->o.loop, &a->timer);
	list_each_safe(it, next, &a->waiting)
		free_job(list_entry(it, struct job, link));
	while (map_next(&a->watched, &at, NULL, &value))
		free(value);
	map_release(&a->watched);
	approval_db_close(&a->db);
	digest_wipe(a->webhook_secret, strlen(a->webhook_secret));
	free(a->url);
	free(a->webhook_url);
	free(a->webhook_secret);
	free(a);
	*ap = NULL;
}

const char *approvals_url(const struct approvals *a)
{
	return a->url;
}

struct approvals_counts approvals_counts(const struct approvals *a)
{
	return a->counts;
}

static void copy_binding(struct job *j, const struct approval_binding *from, struct approval_binding *to)
{
	*to = *from;
	to->grant_id = copy(j, from->grant_id);
	to->server = copy(j, from->server);
	to->tool = copy(j, from->tool);
	to->policy = copy(j, from->policy);
	to->pointer = copy(j, from->pointer);
}

void approvals_ask(struct approvals *a, const struct approval_request *r, approvals_fn *fn, void *ctx, uint64_t number)
{
	struct job *j = new_job(JOB_ASK, fn, ctx, number);
	struct approval_request *q = &j->request;
	struct slice *const texts[] = { &q->grant_label, &q->subject, &q->session, &q->client_name, &q->arguments,
		                        &q->description, &q->tool_class, &q->tool_severity, &q->rule, &q->message,
		                        &q->hints, &q->record_id };
	*q = *r;
	copy_binding(j, &r->binding, &q->binding);
	/* What is longer is refused before it is looked at: no more of it is needed. */
	if (q->arguments.n > LIMIT_APPROVAL_ARGUMENTS + 1)
		q->arguments.n = LIMIT_APPROVAL_ARGUMENTS + 1;
	if (q->description.n > LIMIT_APPROVAL_DESCRIPTION + 4)
		q->description.n = LIMIT_APPROVAL_DESCRIPTION + 4;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = copy(j, *texts[i]);
	add(a, j);
}

static void set_id(struct job *j, const char *id)
{
	snprintf(j->id, sizeof j->id, "%s", id ? id : "");
}

void approvals_use(struct approvals *a, const char *id, const struct approval_binding *b, struct slice record_id,
                   approvals_fn *fn, void *ctx, uint64_t number)
{
	struct job *j = new_job(JOB_USE, fn, ctx, number);
	set_id(j, id);
	copy_binding(j, b, &j->binding);
	j->record_id = copy(j, record_id);
	add(a, j);
}

static struct job *new_call(enum job_kind kind, const struct approvals_caller *who, const char *id, approvals_fn *fn,
                            void *ctx, uint64_t number)
{
	struct job *j = new_job(kind, fn, ctx, number);
	j->has_token = who->token.p || who->token_hash;
	j->is_token_sound = who->token_hash || (who->token.p && approval_token_hash(who->token, j->token_hash));
	if (who->token_hash)
		memcpy(j->token_hash, who->token_hash, sizeof j->token_hash);
	if (!j->has_token && who->local_user) {
		j->has_user = true;
		snprintf(j->user, sizeof j->user, "unix:%s", who->local_user);
	}
	if (!j->has_token && !j->has_user && who->person && who->subject && who->person[0] && who->subject[0]) {
		j->person.name = copy(j, slice_str(who->person)).p;
		j->person.subject = copy(j, slice_str(who->subject)).p;
		j->is_known = true;
	}
	set_id(j, id);
	return j;
}

void approvals_greet(struct approvals *a, const struct approvals_caller *who, approvals_fn *fn, void *ctx, uint64_t number)
{
	add(a, new_call(JOB_GREET, who, "", fn, ctx, number));
}

void approvals_get(struct approvals *a, const struct approvals_caller *who, const char *id, approvals_fn *fn, void *ctx,
                   uint64_t number)
{
	add(a, new_call(JOB_GET, who, id, fn, ctx, number));
}

void approvals_list(struct approvals *a, const struct approvals_caller *who, enum approval_state state,
                    const char *before, size_t limit, approvals_fn *fn, void *ctx, uint64_t number)
{
	struct job *j = new_call(JOB_LIST, who, before, fn, ctx, number);
	j->state = state;
	j->limit = limit;
	add(a, j);
}

void approvals_vote(struct approvals *a, const struct approvals_caller *who, const char *id, bool is_yes,
                    const char *note, approvals_fn *fn, void *ctx, uint64_t number)
{
	struct job *j = new_call(JOB_VOTE, who, id, fn, ctx, number);
	j->is_yes = is_yes;
	j->note = copy(j, slice_str(note)).p;
	add(a, j);
}

void approvals_watch(struct approvals *a, const char *id)
{
	struct watched *w = map_get(&a->watched, slice_str(id));
	if (!w) {
		w = mem_zalloc(sizeof *w);
		memcpy(w->id, id, sizeof w->id);
		(void)!map_put(&a->watched, slice_str(id), w);
	}
	w->n++;
}

void approvals_unwatch(struct approvals *a, const char *id)
{
	struct watched *w = map_get(&a->watched, slice_str(id));
	if (!w || --w->n)
		return;
	map_del(&a->watched, slice_str(id));
	free(w);
}
