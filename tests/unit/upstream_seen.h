/*
 * What a test saw of one exchange, and a loop that runs until a condition holds. The
 * guard only ends a test that hangs; nothing is measured by it.
 */
#ifndef UPSTREAM_SEEN_H
#define UPSTREAM_SEEN_H
#include "base/check.h"
#include "tap.h"
#include "upstream/upstream.h"

#define SEEN_TEXT 4096

struct seen {
	int messages, done, opened;
	enum upstream_failure failure;
	enum mcp_kind kind;
	int status;
	char first[SEEN_TEXT];  /* the first message */
	char last[SEEN_TEXT];   /* the last message */
	char answer[SEEN_TEXT]; /* what came with on_done */
	char why[512];
	struct upstream *u; /* of an open: asks upstream_opened */
	char session[256];
	enum mcp_version version;
	bool is_paused_at_first;
};

static inline void seen_print(const struct mcp_message *m, char out[SEEN_TEXT])
{
	struct buf b = BUF_INIT(SEEN_TEXT - 1);
	json_write(&b, m->root);
	snprintf(out, SEEN_TEXT, "%s", buf_str(&b));
	buf_release(&b);
}

static inline void seen_message(void *ctx, struct exchange_id id, const struct mcp_message *m)
{
	struct seen *s = ctx;
	if (!s->messages++) {
		seen_print(m, s->first);
		if (s->is_paused_at_first)
			upstream_pause(s->u, id, true);
	}
	seen_print(m, s->last);
}

static inline void seen_done(void *ctx, struct exchange_id id, enum upstream_failure f, const struct mcp_message *m,
                             const char *why, int status)
{
	struct seen *s = ctx;
	struct slice session;
	s->done++;
	s->failure = f;
	s->status = status;
	snprintf(s->why, sizeof s->why, "%s", why);
	if (m) {
		s->kind = m->kind;
		seen_print(m, s->answer);
	}
	if (s->u && upstream_opened(s->u, id, &session, &s->version))
		snprintf(s->session, sizeof s->session, "%.*s", SLICE_ARG(session));
}

static inline void seen_open(void *ctx, struct exchange_id id)
{
	struct seen *s = ctx;
	(void)id;
	s->opened++;
}

static const struct upstream_events seen_events = { seen_message, seen_done, seen_open };

struct guard {
	struct loop *loop;
	const int *n;
	int want;
	bool is_late;
	struct loop_timer timer, poll;
};

static inline void guard_poll(void *ctx)
{
	struct guard *g = ctx;
	g->poll.v = 0;
	if (*g->n >= g->want)
		loop_stop(g->loop);
	else
		g->poll = loop_after(g->loop, 1, guard_poll, g);
}

static inline void guard_late(void *ctx)
{
	struct guard *g = ctx;
	g->timer.v = 0;
	g->is_late = true;
	loop_stop(g->loop);
}

/* Runs until *n reaches want; false when it never did. */
static inline bool run_until(struct loop *l, const int *n, int want)
{
	struct guard g = { .loop = l, .n = n, .want = want };
	g.poll = loop_after(l, 0, guard_poll, &g);
	g.timer = loop_after(l, 30000, guard_late, &g);
	loop_run(l);
	loop_cancel(l, &g.poll);
	loop_cancel(l, &g.timer);
	return !g.is_late;
}

static inline void seen_stopped(void *ctx)
{
	int *n = ctx;
	++*n;
}

static inline void stop_and_free(struct loop *l, struct upstream **u)
{
	int stopped = 0;
	upstream_stop(*u, seen_stopped, &stopped);
	ok(run_until(l, &stopped, 1), "the server stops and its children are gone");
	upstream_free(u);
}

#endif
