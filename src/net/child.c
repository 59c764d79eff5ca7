/*
 * The gate's side of a child: its pipes are connections like any other, and its
 * supervisor (supervise.c) is spoken to over a socket whose end tells that all is over.
 */
#include "net/child.h"
#include "base/check.h"
#include "base/limits.h"
#include "net/conn.h"
#include "net/supervise.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Lines that were longer than these give their memory back. */
#define KEPT_LINE_BYTES 65536
/* Somebody outside of the child's family may hold its pipes open. */
#define DRAIN_MS 1000
#define STASH_BYTES (LIMIT_LINE_BYTES + (1u << 20))

enum stop_stage { STOP_NONE = 0, STOP_INPUT_ENDED, STOP_TERM, STOP_KILL };

struct child {
	struct loop *loop;
	const struct child_events *ev;
	void *ctx;
	struct conn *in, *out, *err, *gate; /* gate: to the supervisor */
	struct buf line, stash, err_line, orders; /* stash: read while paused */
	size_t line_bytes_max;
	uint64_t stop_ms;
	struct loop_timer timer;
	enum stop_stage stage;
	pid_t supervisor;
	int pid;
	bool is_paused, is_ending, has_reason, did_fail;
	char why[256];
};

static void set_reason(struct child *c, struct slice text)
{
	if (c->has_reason)
		return;
	c->has_reason = true;
	snprintf(c->why, sizeof c->why, "%.*s", SLICE_ARG(text));
}

static void order(struct child *c, char what)
{
	if (c->gate)
		conn_write(c->gate, slice_of(&what, 1));
}

static void on_over(void *ctx)
{
	struct child *c = ctx;
	loop_cancel(c->loop, &c->timer);
	conn_close(&c->in);
	conn_close(&c->out);
	conn_close(&c->err);
	c->ev->on_exit(c->ctx, c->has_reason ? c->why : "was ended together with its supervisor");
	buf_release(&c->line);
	buf_release(&c->stash);
	buf_release(&c->err_line);
	buf_release(&c->orders);
	free(c);
}

static void on_undrained(void *ctx)
{
	struct child *c = ctx;
	c->timer.v = 0;
	c->is_ending = true;
	loop_defer(c->loop, on_over, c);
}

static void check_over(struct child *c)
{
	if (c->gate || c->out || c->err || c->stash.n || c->is_ending)
		return;
	c->is_ending = true;
	loop_defer(c->loop, on_over, c);
}

static void give_line(struct child *c, struct slice line)
{
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	c->ev->on_line(c->ctx, line);
}

static void break_limit(struct child *c)
{
	char text[128];
	snprintf(text, sizeof text, "wrote a line of more than %zu bytes and was ended", c->line_bytes_max);
	set_reason(c, slice_str(text));
	buf_release(&c->line);
	buf_release(&c->stash);
	conn_close(&c->out);
	c->stage = STOP_KILL;
	loop_cancel(c->loop, &c->timer);
	order(c, 'K');
	check_over(c);
}

/* The end of a line counts as none of its bytes. */
static void take_output(struct child *c, struct slice bytes)
{
	while (bytes.n) {
		if (c->is_paused) {
			buf_add_slice(&c->stash, bytes);
			return;
		}
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
		if (c->line.n + n > c->line_bytes_max) {
			break_limit(c);
			return;
		}
		struct slice line = slice_of(bytes.p, n);
		bytes = slice_of(bytes.p + n + (end != NULL), bytes.n - n - (end != NULL));
		if (c->line.n || !end) {
			buf_add_slice(&c->line, line);
			line = buf_slice(&c->line);
		}
		if (!end)
			return;
		give_line(c, line);
		if (c->line.cap > KEPT_LINE_BYTES)
			buf_release(&c->line);
		buf_clear(&c->line);
	}
}

static void end_output(struct child *c)
{
	if (c->line.n)
		give_line(c, buf_slice(&c->line));
	buf_release(&c->line);
}

static void on_out_data(void *ctx, struct slice bytes)
{
	take_output(ctx, bytes);
}

static void on_out_end(void *ctx, const struct err *why)
{
	struct child *c = ctx;
	(void)why;
	conn_close(&c->out);
	if (!c->stash.n)
		end_output(c);
	check_over(c);
}

static void add_err(struct child *c, struct slice part)
{
	size_t room = LIMIT_LOG_LINE - c->err_line.n;
	buf_add(&c->err_line, part.p, part.n < room ? part.n : room);
}

static void on_err_data(void *ctx, struct slice bytes)
{
	struct child *c = ctx;
	while (bytes.n) {
		const char *end = memchr(bytes.p, '\n', bytes.n);
		size_t n = end ? (size_t)(end - bytes.p) : bytes.n;
		add_err(c, slice_of(bytes.p, n));
		bytes = slice_of(bytes.p + n + (end != NULL), bytes.n - n - (end != NULL));
		if (!end)
			return;
		c->ev->on_stderr(c->ctx, buf_slice(&c->err_line));
		buf_clear(&c->err_line);
	}
}

static void on_err_end(void *ctx, const struct err *why)
{
	struct child *c = ctx;
	(void)why;
	conn_close(&c->err);
	if (c->err_line.n)
		c->ev->on_stderr(c->ctx, buf_slice(&c->err_line));
	buf_release(&c->err_line);
	check_over(c);
}

static void on_in_data(void *ctx, struct slice bytes)
{
	(void)ctx;
	(void)bytes;
}

static void on_in_end(void *ctx, const struct err *why)
{
	(void)why;
	conn_close(&((struct child *)ctx)->in); /* it does not want to hear more */
}

static void on_gate_data(void *ctx, struct slice bytes)
{
	struct child *c = ctx;
	unsigned long long pid;
	const char *end;
	buf_add_slice(&c->orders, bytes);
	while (c->orders.n && (end = memchr(c->orders.p, '\n', c->orders.n))) {
		struct slice text = slice_of(c->orders.p + 1, (size_t)(end - c->orders.p) - 1);
		if (c->orders.p[0] == 'P' && slice_u64(text, &pid))
			c->pid = (int)pid;
		else if (c->orders.p[0] == 'E' || c->orders.p[0] == 'X')
			set_reason(c, text);
		c->did_fail = c->did_fail || c->orders.p[0] == 'X';
		buf_consume(&c->orders, text.n + 2);
	}
}

static void on_gate_end(void *ctx, const struct err *why)
{
	struct child *c = ctx;
	(void)why;
	conn_close(&c->gate);
	loop_cancel(c->loop, &c->timer);
	/* Our own program and on its way out: this does not wait for long. */
	while (waitpid(c->supervisor, NULL, 0) < 0 && errno == EINTR)
		;
	/* Somebody has killed the supervisor alone. */
	if (!c->has_reason && c->pid > 1)
		kill(-c->pid, SIGKILL);
	conn_close(&c->in);
	check_over(c);
	if (!c->is_ending)
		c->timer = loop_after(c->loop, DRAIN_MS, on_undrained, c);
}

static const struct conn_events in_events = { .on_data = on_in_data, .on_end = on_in_end };
static const struct conn_events out_events = { .on_data = on_out_data, .on_end = on_out_end };
static const struct conn_events err_events = { .on_data = on_err_data, .on_end = on_err_end };
static const struct conn_events gate_events = { .on_data = on_gate_data, .on_end = on_gate_end };

bool child_write(struct child *c, struct slice line)
{
	if (!c->in || line.n > LIMIT_PENDING_BYTES || conn_pending(c->in) > LIMIT_PENDING_BYTES - line.n)
		return false;
	conn_write(c->in, line);
	conn_write(c->in, SLICE_LIT("\n"));
	return true;
}

size_t child_pending(const struct child *c)
{
	return c->in ? conn_pending(c->in) : 0;
}

int child_pid(const struct child *c)
{
	return c->did_fail ? 0 : c->pid;
}

static void on_stop_timer(void *ctx)
{
	struct child *c = ctx;
	c->timer.v = 0;
	if (c->stage == STOP_INPUT_ENDED) {
		c->stage = STOP_TERM;
		order(c, 'T');
		c->timer = loop_after(c->loop, c->stop_ms, on_stop_timer, c);
	} else {
		c->stage = STOP_KILL;
		order(c, 'K');
	}
}

void child_stop(struct child *c)
{
	if (c->stage != STOP_NONE || !c->gate)
		return;
	c->stage = STOP_INPUT_ENDED;
	conn_finish(&c->in);
	c->timer = loop_after(c->loop, c->stop_ms, on_stop_timer, c);
}

static void on_resumed(void *ctx)
{
	struct child *c = ctx;
	struct buf bytes = c->stash;
	if (c->is_paused)
		return;
	c->stash = BUF_INIT(bytes.max);
	take_output(c, buf_slice(&bytes));
	buf_release(&bytes);
	if (c->is_paused)
		return;
	if (c->out)
		conn_pause(c->out, false);
	else
		end_output(c);
	check_over(c);
}

void child_pause(struct child *c, bool is_paused)
{
	if (c->is_paused == is_paused)
		return;
	c->is_paused = is_paused;
	if (is_paused && c->out)
		conn_pause(c->out, true);
	else if (!is_paused && !c->is_ending)
		loop_defer(c->loop, on_resumed, c);
}

struct pipes {
	int in[2], out[2], err[2], gate[2]; /* [0] the child's, [1] ours */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_side(struct pipes *p, int side)
{
	close_fd(&p->in[side]);
	close_fd(&p->out[side]);
	close_fd(&p->err[side]);
	close_fd(&p->gate[side]);
}

/* Above the numbers that the child's side is put on, should ours have been closed. */
static bool lift(int *fd)
{
	if (*fd > SUPERVISE_FD)
		return true;
	int higher = fcntl(*fd, F_DUPFD_CLOEXEC, SUPERVISE_FD + 1);
	close(*fd);
	*fd = higher;
	return higher >= 0;
}

static bool make_pipe(int ends[2], bool is_input)
{
	int fd[2];
	if (pipe2(fd, O_CLOEXEC) != 0)
		return false;
	ends[0] = fd[is_input ? 0 : 1];
	ends[1] = fd[is_input ? 1 : 0];
	return lift(&ends[0]) && lift(&ends[1]) && fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0;
}

static bool make_pipes(struct pipes *p)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (!make_pipe(p->in, true) || !make_pipe(p->out, false) || !make_pipe(p->err, false) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->gate) != 0)
		return false;
	return lift(&p->gate[0]) && lift(&p->gate[1]) && fcntl(p->gate[1], F_SETFL, O_NONBLOCK) == 0;
}

/* As execvp will look for it. */
static bool find_program(const struct child_opts *o)
{
	const char *path = "/bin:/usr/bin";
	char full[4096];
	if (strchr(o->argv[0], '/'))
		return true; /* it may be relative to cwd; the child's own exec tells */
	for (const char *const *e = o->env; *e; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			path = *e + 5;
	for (;;) {
		size_t n = strcspn(path, ":");
		snprintf(full, sizeof full, "%.*s/%s", n ? (int)n : 1, n ? path : ".", o->argv[0]);
		if (access(full, X_OK) == 0)
			return true;
		if (!path[n])
			return false;
		path += n + 1;
	}
}

static int spawn(const struct child_opts *o, const struct pipes *p, char *const *argv, pid_t *pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, p->in[0], 0);
	posix_spawn_file_actions_adddup2(&files, p->out[0], 1);
	posix_spawn_file_actions_adddup2(&files, p->err[0], 2);
	posix_spawn_file_actions_adddup2(&files, p->gate[0], SUPERVISE_FD);
	if (o->cwd)
		posix_spawn_file_actions_addchdir_np(&files, o->cwd);
	int got = posix_spawn(pid, "/proc/self/exe", &files, &attr, argv, (char *const *)(uintptr_t)o->env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return got;
}

/* A program whose main() does not call child_supervise would start itself without end. */
static bool is_supervisor(void)
{
	char text[512];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	size_t name_n = strlen(text);
	return n > 0 && (size_t)n > name_n + 1 && strcmp(text + name_n + 1, SUPERVISE_WORD) == 0;
}

static bool start_supervisor(const struct child_opts *o, struct pipes *p, pid_t *pid, struct err *e)
{
	size_t n = 0;
	BUG_ON(is_supervisor());
	if (!find_program(o))
		return err_set(e, ERR_INPUT, "cannot start '%s': no such program in PATH", o->argv[0]);
	if (!make_pipes(p)) {
		err_set(e, ERR_REMOTE, "cannot start '%s': no pipe: %s", o->argv[0], strerror(errno));
		close_side(p, 0);
		close_side(p, 1);
		return false;
	}
	while (o->argv[n])
		n++;
	const char **argv = mem_alloc((n + 3) * sizeof *argv);
	argv[0] = "gatehouse";
	argv[1] = SUPERVISE_WORD;
	memcpy(argv + 2, o->argv, (n + 1) * sizeof *argv);
	int got = spawn(o, p, (char *const *)(uintptr_t)argv, pid);
	free(argv);
	close_side(p, 0);
	if (got == 0)
		return true;
	close_side(p, 1);
	return err_set(e, ERR_REMOTE, "cannot start '%s'%s%s%s: %s", o->argv[0], o->cwd ? " in '" : "", o->cwd ? o->cwd : "",
	               o->cwd ? "'" : "", strerror(got));
}

struct child *child_start(struct loop *l, const struct child_opts *o, const struct child_events *ev, void *ctx,
                          struct err *e)
{
	struct pipes p;
	pid_t pid;
	BUG_ON(!o->argv[0] || !o->line_bytes_max || o->line_bytes_max > LIMIT_LINE_BYTES);
	if (!start_supervisor(o, &p, &pid, e))
		return NULL;
	struct child *c = mem_zalloc(sizeof *c);
	c->loop = l;
	c->ev = ev;
	c->ctx = ctx;
	c->line_bytes_max = o->line_bytes_max;
	c->stop_ms = o->stop_ms;
	c->supervisor = pid;
	buf_init(&c->line, o->line_bytes_max);
	buf_init(&c->stash, STASH_BYTES);
	buf_init(&c->err_line, LIMIT_LOG_LINE);
	buf_init(&c->orders, 4096);
	c->in = conn_accept(l, p.in[1], &in_events, c);
	c->out = conn_accept(l, p.out[1], &out_events, c);
	c->err = conn_accept(l, p.err[1], &err_events, c);
	c->gate = conn_accept(l, p.gate[1], &gate_events, c);
	return c;
}
