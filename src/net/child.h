/*
 * A child process with pipes, in a process group of its own.
 *
 * No child outlives the gate: its group is ended with the gate (end of input, then SIGTERM, then SIGKILL to the whole group), and a
 * gate that is killed leaves none behind, grandchildren included (see supervise.c how).
 */
#ifndef NET_CHILD_H
#define NET_CHILD_H
#include "base/err.h"
#include "base/slice.h"
#include "net/loop.h"

/*
 * Between the gate and each child stands a supervisor: our own program, started again
 * with a hidden argument. This must be the first call of main() in every program that
 * uses child_start (tests too): in a supervisor it never returns, else it does nothing.
 */
void child_supervise(int argc, char **argv);

struct child;

struct child_opts {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH of env */
	const char *const *env;  /* NULL-terminated "NAME=value"; the whole environment, nothing inherited */
	const char *cwd;         /* NULL: ours */
	size_t line_bytes_max;   /* a longer line on standard output ends the child */
	uint64_t stop_ms;        /* how long it may take to exit at the end of input, and again after SIGTERM */
};

struct child_events {
	/* One line of standard output, without its end. Borrowed until it returns. */
	void (*on_line)(void *ctx, struct slice line);
	/* One line of standard error, cut at LIMIT_LOG_LINE: a peer's text, to be shown escaped. */
	void (*on_stderr)(void *ctx, struct slice line);
	/* Exactly once, on a later turn, after the last line: exited (or could not be
	 * started, or broke a limit) and its group is gone. The child is freed after it. */
	void (*on_exit)(void *ctx, const char *why);
};

/* NULL and *e when the program cannot be started at all. */
struct child *child_start(struct loop *l, const struct child_opts *o, const struct child_events *ev,
                          void *ctx, struct err *e) MUST_CHECK;
/* Queues one line (an end of line is added); written at the end of the turn. False
 * when more than `LIMIT_PENDING_BYTES` wait because the child does not read. */
bool child_write(struct child *c, struct slice line) MUST_CHECK;
size_t child_pending(const struct child *c); /* bytes that wait to be read by the child */
void child_stop(struct child *c);            /* orderly; on_exit follows */
/* Stops reading standard output (back-pressure), and goes on. */
void child_pause(struct child *c, bool is_paused);
int child_pid(const struct child *c); /* of the program; 0 until it runs, and when it could not */

#endif
