/* Questions to the database, on a worker: each fills its own answer. */
#include "approval/jobs.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"

/* A notice that a gate took and did not settle, because it died, is due again so much later. */
#define LEASE_US (60 * (int64_t)1000000)

static void fail(struct job *j, bool ok)
{
	j->answer.failed = !ok;
}

/* Who asks. False: nobody we know, or the database failed; the answer says which. */
static bool identify(struct approval_db *db, struct job *j)
{
	struct approvals_answer *a = &j->answer;
	if (j->is_known) {
		a->person = &j->person;
		return true;
	}
	a->is_stranger = true;
	if (j->has_token && !j->is_token_sound)
		return false;
	if (!j->has_token && !j->has_user)
		return false;
	if (!approval_db_person_find(db, j->user, j->has_token ? j->token_hash : NULL, &j->arena, &j->person, &a->err)) {
		fail(j, false);
		return false;
	}
	if (!j->person.name && j->has_user) /* a local user whom nobody named is who the system says */
		j->person = (struct approval_person){ .name = j->user, .subject = j->user + strlen("unix:") };
	a->is_stranger = !j->person.name;
	a->person = j->person.name ? &j->person : NULL;
	return !a->is_stranger;
}

static void run_vote(struct approval_db *db, struct job *j, int64_t now_us)
{
	struct approval_vote vote = { .person = j->person.name, .subject = j->person.subject, .is_yes = j->is_yes,
		                      .note = j->note };
	j->answer.verdict = approval_db_vote(db, j->id, &vote, now_us, &j->arena, &j->one, &j->answer.err);
	fail(j, j->answer.verdict != APPROVAL_VOTE_FAILED);
	j->answer.v = &j->one;
	j->answer.n = j->answer.failed ? 0 : 1;
}

static void run_look(struct approval_db *db, struct job *j, int64_t now_us)
{
	struct err *e = &j->answer.err;
	bool ok = true;
	for (size_t i = 0; ok && i < j->seen_n; i += LIMIT_APPROVAL_POLL) {
		size_t n = j->seen_n - i < LIMIT_APPROVAL_POLL ? j->seen_n - i : LIMIT_APPROVAL_POLL;
		ok = approval_db_look(db, j->seen + i, n, now_us, e);
	}
	ok = ok && approval_db_take_votes(db, &j->arena, &j->votes, &j->vote_n, e);
	if (ok && j->is_sweeping)
		ok = approval_db_sweep(db, now_us, e) && approval_db_count(db, now_us, &j->pending, &j->notices_failed, e);
	fail(j, ok);
}

static void run_list(struct approval_db *db, struct job *j, int64_t now_us)
{
	struct approval *v = NULL;
	fail(j, approval_db_list(db, j->state, j->id, j->limit, now_us, &j->arena, &v, &j->answer.n, &j->answer.err));
	j->answer.v = v;
}

static void run_get(struct approval_db *db, struct job *j, int64_t now_us)
{
	fail(j, approval_db_get(db, j->id, now_us, &j->arena, &j->one, &j->answer.err));
	j->answer.v = &j->one;
	j->answer.n = !j->answer.failed && j->one.state != APPROVAL_NONE;
}

void job_run(struct approval_db *db, struct job *j)
{
	int64_t now_us = clock_wall_us();
	struct approvals_answer *a = &j->answer;
	switch (j->kind) {
	case JOB_ASK:
		a->asked = approval_db_ask(db, &j->request, now_us, &j->arena, &j->one, &a->err);
		fail(j, a->asked != APPROVAL_ASK_FAILED);
		a->v = &j->one;
		a->n = a->asked == APPROVAL_ASK_FOUND || a->asked == APPROVAL_ASK_NEW;
		/* A denial is told with its note. */
		if (a->n && j->one.state == APPROVAL_DENIED && !approval_db_votes_of(db, &j->one, &j->arena, &a->err))
			fail(j, false);
		return;
	case JOB_USE:
		fail(j, approval_db_use(db, j->id, &j->binding, j->record_id, now_us, &a->is_ours, &a->err));
		return;
	case JOB_GET:
		if (identify(db, j))
			run_get(db, j, now_us);
		return;
	case JOB_LIST:
		if (identify(db, j))
			run_list(db, j, now_us);
		return;
	case JOB_VOTE:
		if (identify(db, j))
			run_vote(db, j, now_us);
		return;
	case JOB_GREET: (void)identify(db, j); return;
	case JOB_LOOK: run_look(db, j, now_us); return;
	case JOB_TAKE:
		fail(j, approval_db_notice_take(db, now_us, LEASE_US, &j->arena, &j->due, &j->is_due, &a->err));
		return;
	case JOB_DONE:
		fail(j, approval_db_notice_done(db, j->seq, j->error, j->next_us, now_us, &a->err));
		return;
	}
	BUG_ON(true);
}
