/*
 * When batches are made, and on which thread. What begin() and done() touch belongs to the
 * loop, what work() touches to the worker; between begin and done the worker has `batch`.
 */
#include "store/mover.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/batch.h"
#include "store/inside.h"
#include "store/journal_inside.h"
#include "store/segment.h"
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

/* The last links of a quiet time are signed after so long; old records are looked for as often. */
#define QUIET_US (60 * (uint64_t)1000000)
#define LOWEST_PRIORITY 19

struct mover {
	struct journal *journal;
	struct mover_opts opts;
	int64_t keep_us;
	struct db db;
	struct batch batch;
	bool is_busy, is_failed, is_stopping;
	/* Set by begin for work: */
	struct place end;
	uint64_t backlog; /* at that time */
	bool is_low, must_sign, must_retain, must_count, must_top;
	/* Set by work for done: */
	bool ok, has_more_old, has_uncounted, has_more_tops;
	struct err err;
	/* Of the loop: */
	struct place at;
	bool has_unsigned;
	uint64_t signed_us, retained_us, topped_us; /* monotonic */
};

static bool is_at(struct place a, struct place b)
{
	return a.segment == b.segment && a.offset == b.offset;
}

/* Files before the place that was committed are no longer needed. */
static void delete_segments(const char *dir, struct place at)
{
	uint64_t *numbers;
	char path[SEGMENT_PATH_MAX];
	size_t n;
	struct err e;
	if (!segment_list(dir, &numbers, &n, &e)) {
		log_warn("journal", "%s", e.text);
		return;
	}
	for (size_t i = 0; i < n && numbers[i] < at.segment; i++) {
		if (segment_path(dir, numbers[i], path))
			unlink(path);
	}
	free(numbers);
}

struct mover *mover_new(struct store *s, struct journal *j, const struct mover_opts *o, struct err *e)
{
	struct mover *m = mem_zalloc(sizeof *m);
	if (!db_open(&m->db, s->db_path, DB_WRITE, e)) {
		free(m);
		return NULL;
	}
	m->journal = j;
	m->opts = *o;
	if (!m->opts.batch_bytes)
		m->opts.batch_bytes = LIMIT_MOVER_BATCH;
	if (!m->opts.backlog_bytes)
		m->opts.backlog_bytes = LIMIT_MOVER_BACKLOG;
	batch_init(&m->batch, s, &m->db, j->dir, m->opts.batch_bytes);
	int64_t uncounted = 0;
	if (!batch_load(&m->batch, e) || !stats_uncounted(&m->db, &uncounted, e) ||
	    !stats_lacks_tops(&m->db, clock_wall_us() / 1000000, &m->has_more_tops, e)) {
		mover_free(&m);
		return NULL;
	}
	m->at = m->batch.at;
	m->has_uncounted = uncounted > 0;
	m->has_unsigned = m->batch.chain.seq > m->batch.signed_seq;
	m->signed_us = m->topped_us = clock_mono_us();
	delete_segments(j->dir, m->at);
	return m;
}

void mover_keep(struct mover *m, int64_t keep_us)
{
	m->opts.keep_us = keep_us;
}

void mover_free(struct mover **m)
{
	if (!*m)
		return;
	BUG_ON((*m)->is_busy);
	batch_release(&(*m)->batch);
	db_close(&(*m)->db);
	free(*m);
	*m = NULL;
}

bool mover_begin(struct mover *m)
{
	uint64_t now = clock_mono_us();
	const struct journal *j = m->journal;
	if (m->is_busy)
		return false;
	m->end = (struct place){ j->segment, j->written };
	m->must_sign = m->has_unsigned && (m->is_stopping || now - m->signed_us >= QUIET_US);
	m->keep_us = m->opts.keep_us; /* the worker's own: mover_keep may come while it works */
	m->must_retain = m->keep_us && (m->has_more_old || now - m->retained_us >= QUIET_US);
	m->must_count = m->has_uncounted && !m->is_stopping && j->backlog < m->opts.backlog_bytes;
	m->must_top = !m->is_stopping && !m->must_count && (m->has_more_tops || now - m->topped_us >= QUIET_US);
	if (is_at(m->at, m->end) && !m->must_sign && !m->must_retain && !m->must_count && !m->must_top)
		return false;
	m->backlog = j->backlog;
	m->is_low = j->backlog < m->opts.backlog_bytes;
	m->is_busy = true;
	return true;
}

static void work(struct mover *m)
{
	struct place before = m->at;
	m->ok = batch_move(&m->batch, m->end, m->must_sign ? BATCH_CHECKPOINT : BATCH_CHECKPOINT_WHEN_LONG,
	                   &m->err);
	if (m->ok && m->batch.at.segment != before.segment)
		delete_segments(m->batch.dir, m->batch.at);
	if (m->ok && m->must_retain)
		m->ok = batch_retain(&m->batch, clock_wall_us() - m->keep_us, &m->has_more_old, &m->err);
	if (m->ok && m->must_count)
		m->ok = batch_count_past(&m->batch, &m->has_uncounted, &m->err);
	if (m->ok && m->must_top)
		m->ok = batch_make_tops(&m->batch, &m->has_more_tops, &m->err);
}

static void *work_low(void *ctx)
{
	/* On Linux a thread has a priority of its own. */
	setpriority(PRIO_PROCESS, (id_t)gettid(), LOWEST_PRIORITY);
	work(ctx);
	return NULL;
}

void mover_work(void *ctx)
{
	struct mover *m = ctx;
	pthread_t thread;
	/* Without privileges a priority can only be lowered for good, and the worker's thread is not
	 * ours: a thread of its own is. */
	if (m->is_low && pthread_create(&thread, NULL, work_low, m) == 0)
		pthread_join(thread, NULL);
	else
		work(m);
}

void mover_done(void *ctx)
{
	struct mover *m = ctx;
	struct journal *j = m->journal;
	m->is_busy = false;
	if (!m->ok) {
		if (!m->is_failed)
			log_error("journal", "records cannot be moved to the database: %s", m->err.text);
		m->is_failed = true;
		return;
	}
	if (m->is_failed)
		log_info("journal", "records are moved to the database again");
	m->is_failed = false;
	struct place at = m->batch.at;
	uint64_t moved = at.segment == m->at.segment ? at.offset - m->at.offset : at.offset;
	if (is_at(at, m->end))
		moved = m->backlog;
	j->backlog -= moved < j->backlog ? moved : j->backlog;
	m->at = at;
	bool has_unsigned = m->batch.chain.seq > m->batch.signed_seq;
	if (!m->has_unsigned || !has_unsigned)
		m->signed_us = clock_mono_us();
	m->has_unsigned = has_unsigned;
	if (m->must_retain)
		m->retained_us = clock_mono_us();
	if (m->must_top)
		m->topped_us = clock_mono_us();
}

bool mover_failed(const struct mover *m)
{
	return m->is_failed;
}

bool mover_all(struct mover *m, struct err *e)
{
	BUG_ON(m->is_busy);
	m->is_stopping = true;
	while (mover_begin(m)) {
		work(m);
		mover_done(m);
		if (!m->ok)
			break;
	}
	m->is_stopping = false;
	if (m->is_failed)
		return err_set(e, m->err.kind, "%s", m->err.text);
	return true;
}
