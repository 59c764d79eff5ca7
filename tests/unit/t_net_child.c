/* Children: lines in both directions, limits, the orderly end, and that nothing is left behind. */
#include "base/buf.h"
#include "base/check.h"
#include "base/limits.h"
#include "net/child.h"
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct run {
	struct loop *loop;
	struct child *child;
	struct buf out, err;
	char why[256];
	int lines, stop_at; /* the loop stops at that line */
	bool is_over, stops_at_line, pauses_at_line;
};

static void on_line(void *ctx, struct slice line)
{
	struct run *r = ctx;
	buf_add_slice(&r->out, line.n > 100 ? slice_of(line.p, 100) : line);
	buf_addc(&r->out, '|');
	r->lines++;
	if (r->stops_at_line)
		child_stop(r->child);
	if (r->pauses_at_line)
		child_pause(r->child, true);
	if (r->lines == r->stop_at)
		loop_stop(r->loop);
}

static void on_stderr(void *ctx, struct slice line)
{
	struct run *r = ctx;
	buf_addf(&r->err, "%zu:%.*s|", line.n, (int)(line.n > 20 ? 20 : line.n), line.p);
}

static void on_exit_of(void *ctx, const char *why)
{
	struct run *r = ctx;
	snprintf(r->why, sizeof r->why, "%s", why);
	r->is_over = true;
	r->child = NULL;
	loop_stop(r->loop);
}

static const struct child_events events = { on_line, on_stderr, on_exit_of };

static void on_guard(void *ctx)
{
	loop_stop(ctx);
}

static void go(struct run *r)
{
	struct loop_timer guard = loop_after(r->loop, 30000, on_guard, r->loop);
	loop_run(r->loop);
	loop_cancel(r->loop, &guard);
}

static bool start(struct run *r, const char *const *argv, size_t line_bytes_max, struct err *e)
{
	static const char *const env[] = { "PATH=/usr/bin:/bin", "WORD=only this", NULL };
	struct child_opts o = { .argv = argv, .env = env, .cwd = "/", .line_bytes_max = line_bytes_max, .stop_ms = 200 };
	*r = (struct run){ .loop = loop_new(), .out = BUF_INIT(1 << 24), .err = BUF_INIT(1 << 20) };
	r->child = child_start(r->loop, &o, &events, r, e);
	return r->child;
}

static void end(struct run *r)
{
	buf_release(&r->out);
	buf_release(&r->err);
	loop_free(&r->loop);
}

static void start_sh(struct run *r, const char *script)
{
	struct err e;
	const char *const argv[] = { "sh", "-c", script, NULL };
	BUG_ON(!start(r, argv, 1000, &e));
}

/* From begin to end. */
static void run_sh(struct run *r, const char *script)
{
	start_sh(r, script);
	while (!r->is_over)
		go(r);
}

static void test_lines(void)
{
	struct run r;
	run_sh(&r, "echo one; printf 'two\\r\\n\\n'; printf 'no end'; echo bad >&2; printf half >&2; exit 3");
	ok(strcmp(buf_str(&r.out), "one|two||no end|") == 0, "lines of output: %s", buf_str(&r.out));
	ok(strcmp(buf_str(&r.err), "3:bad|4:half|") == 0, "lines of errors: %s", buf_str(&r.err));
	ok(strcmp(r.why, "exited with status 3") == 0, "all of them before the end: %s", r.why);
	end(&r);

	run_sh(&r, "pwd; env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort");
	ok(strcmp(buf_str(&r.out), "/|PATH=/usr/bin:/bin|WORD=only this|") == 0, "the environment is the one given: %s",
	   buf_str(&r.out));
	end(&r);

	run_sh(&r, "kill -9 $$");
	ok(strcmp(r.why, "was ended by signal 9") == 0, "a killed child: %s", r.why);
	end(&r);

	run_sh(&r, "head -c 3000 /dev/zero | tr '\\0' e >&2");
	ok(strncmp(buf_str(&r.err), "2048:eeee", 9) == 0, "long lines of errors are cut");
	end(&r);

	run_sh(&r, "ls -l /proc/self/fd | wc -l");
	ok(strcmp(buf_str(&r.out), "5|") == 0, "no descriptor of ours is inherited: %s", buf_str(&r.out));
	end(&r);
}

static void test_echo(void)
{
	struct run r;
	struct err e;
	const char *const argv[] = { "cat", NULL };
	BUG_ON(!start(&r, argv, 1000, &e));
	ok(child_write(r.child, SLICE_LIT("first")) && child_write(r.child, SLICE_LIT("second")) &&
	           child_pending(r.child) == 13,
	   "lines to the child are queued");
	r.stop_at = 2;
	go(&r);
	ok(strcmp(buf_str(&r.out), "first|second|") == 0 && child_pid(r.child) > 1, "and come back");
	child_stop(r.child);
	ok(!child_write(r.child, SLICE_LIT("third")), "one that is being stopped takes no more");
	while (!r.is_over)
		go(&r);
	ok(strcmp(r.why, "exited with status 0") == 0, "the end of its input ends it: %s", r.why);
	end(&r);
}

static void test_cannot_start(void)
{
	struct run r;
	struct err e;
	const char *const none[] = { "gatehouse-no-such-program", NULL }, *const path[] = { "/no/such/program", NULL };
	ok(!start(&r, none, 100, &e), "a program that is not there: %s", e.text);
	end(&r);
	BUG_ON(!start(&r, path, 100, &e));
	while (!r.is_over)
		go(&r);
	ok(strstr(r.why, "cannot be started"), "a path that is not there: %s", r.why);
	end(&r);
}

static void test_limits(void)
{
	struct run r;
	run_sh(&r, "head -c 1000 /dev/zero | tr '\\0' a; echo; echo b");
	ok(r.lines == 2 && strstr(r.why, "status 0"), "a line of the largest size");
	end(&r);
	run_sh(&r, "head -c 1001 /dev/zero | tr '\\0' a; echo; echo b; sleep 1000");
	ok(r.lines == 0 && strstr(r.why, "more than 1000 bytes"), "one byte more ends the child: %s", r.why);
	end(&r);

	start_sh(&r, "exec sleep 1000");
	size_t n = 0;
	static char block[1 << 16];
	memset(block, 'x', sizeof block);
	while (child_write(r.child, slice_of(block, sizeof block)) && n <= LIMIT_PENDING_BYTES)
		n += sizeof block + 1;
	ok(n > LIMIT_PENDING_BYTES - 2 * sizeof block && n <= LIMIT_PENDING_BYTES, "a child that does not read: %zu bytes wait", n);
	size_t room = LIMIT_PENDING_BYTES - child_pending(r.child);
	ok(!child_write(r.child, slice_of(block, room + 1)) && child_write(r.child, slice_of(block, room)),
	   "exactly so many as the limit says");
	child_stop(r.child);
	while (!r.is_over)
		go(&r);
	ok(strcmp(r.why, "was ended by signal 15") == 0, "it is asked to end: %s", r.why);
	end(&r);
}

static void test_stop(void)
{
	struct run r;
	start_sh(&r, "trap '' TERM; echo ready; while :; do sleep 1000; done");
	r.stop_at = 1;
	go(&r);
	child_stop(r.child);
	child_stop(r.child);
	while (!r.is_over)
		go(&r);
	ok(strcmp(r.why, "was ended by signal 9") == 0, "one that does not listen is killed: %s", r.why);
	end(&r);

	start_sh(&r, "echo go; cat; echo bye");
	r.stops_at_line = true;
	while (!r.is_over)
		go(&r);
	ok(strcmp(buf_str(&r.out), "go|bye|") == 0, "stopped from within its own line");
	end(&r);
}

static void on_check_pause(void *ctx)
{
	struct run *r = ctx;
	ok(r->lines == 1, "a paused child is not read");
	r->pauses_at_line = false;
	child_pause(r->child, false);
}

static void test_pause(void)
{
	struct run r;
	start_sh(&r, "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i+1)); done");
	r.pauses_at_line = true;
	r.stop_at = 1;
	go(&r);
	loop_defer(r.loop, on_check_pause, &r);
	while (!r.is_over)
		go(&r);
	ok(r.lines == 20000 && strstr(buf_str(&r.out), "|19999|"), "and loses nothing: %d lines", r.lines);
	end(&r);
}

/* Holds a FIFO open in the processes that a script leaves behind; its reader sees the
 * end when the last of them is gone. */
struct witness {
	char dir[40], fifo[64];
	int fd;
};

static void witness_open(struct witness *w)
{
	snprintf(w->dir, sizeof w->dir, "/tmp/gatehouse-test-XXXXXX");
	BUG_ON(!mkdtemp(w->dir));
	snprintf(w->fifo, sizeof w->fifo, "%s/fifo", w->dir);
	BUG_ON(mkfifo(w->fifo, 0600) != 0);
	w->fd = open(w->fifo, O_RDONLY | O_NONBLOCK);
	BUG_ON(w->fd < 0);
}

static bool is_gone(struct witness *w)
{
	char byte;
	return read(w->fd, &byte, 1) == 0;
}

/* Blocks until the last holder is gone. */
static void witness_wait(struct witness *w)
{
	char byte;
	fcntl(w->fd, F_SETFL, 0);
	alarm(30);
	while (read(w->fd, &byte, 1) > 0)
		;
	alarm(0);
}

static void witness_close(struct witness *w)
{
	close(w->fd);
	unlink(w->fifo);
	rmdir(w->dir);
}

/* One in the group, one in a session of its own, one whose parent is gone. */
#define FAMILY "exec 9>%s; sleep 1000 & setsid sleep 1000 & sh -c 'setsid sh -c \"sleep 1000 & sleep 1000\" & exit' ; echo ready; "

static void test_family(void)
{
	struct run r;
	struct witness w;
	char script[512];
	static const char *const ends[] = { "exit 0", "cat", "exec sleep 1000" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		witness_open(&w);
		snprintf(script, sizeof script, FAMILY "%s", w.fifo, ends[i]);
		start_sh(&r, script);
		r.stop_at = 1;
		go(&r);
		if (i) {
			ok(!is_gone(&w), "a family runs");
			child_stop(r.child);
		}
		while (!r.is_over)
			go(&r);
		ok(is_gone(&w), "when its child has ended (%s) nobody of it is left: %s", ends[i], r.why);
		witness_close(&w);
		end(&r);
	}
}

/* The gate that is going to be killed: this program with another argument. */
static void be_victim(const char *fifo) NORETURN;

static void be_victim(const char *fifo)
{
	struct run r;
	char script[512];
	snprintf(script, sizeof script, FAMILY "cat", fifo);
	start_sh(&r, script);
	r.stop_at = 1;
	go(&r);
	(void)!write(1, "r", 1);
	for (;;)
		pause();
}

static void test_killed_gate(void)
{
	struct witness w;
	int ready[2];
	char byte, word[] = "victim", name[] = "t_net_child";
	pid_t pid;
	witness_open(&w);
	BUG_ON(pipe2(ready, O_CLOEXEC) != 0);
	char *argv[] = { name, word, w.fifo, NULL };
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, ready[1], 1);
	BUG_ON(posix_spawn(&pid, "/proc/self/exe", &files, NULL, argv, NULL) != 0);
	posix_spawn_file_actions_destroy(&files);
	close(ready[1]);
	ok(read(ready[0], &byte, 1) == 1 && !is_gone(&w), "a gate runs with a family of children");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	witness_wait(&w);
	ok(is_gone(&w), "when it is killed nobody of them is left");
	close(ready[0]);
	witness_close(&w);
}

static void test_killed_supervisor(void)
{
	struct run r;
	/* Its parent is the supervisor: the number of it comes by another way, and may be later. */
	start_sh(&r, "echo $PPID; exec sleep 1000");
	r.stop_at = 1;
	go(&r);
	pid_t supervisor = (pid_t)strtol(buf_str(&r.out), NULL, 10);
	ok(supervisor > 1 && supervisor != getpid(), "the child has a supervisor");
	if (supervisor > 1)
		kill(supervisor, SIGKILL);
	while (!r.is_over)
		go(&r);
	ok(strstr(r.why, "supervisor"), "when that is killed the child ends too: %s", r.why);
	end(&r);
}

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	if (argc == 3 && strcmp(argv[1], "victim") == 0)
		be_victim(argv[2]);
	test_lines();
	test_echo();
	test_cannot_start();
	test_limits();
	test_stop();
	test_pause();
	test_family();
	test_killed_gate();
	test_killed_supervisor();
	return tap_done();
}
