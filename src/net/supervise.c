/*
 * The process between the gate and one child. It adopts whatever the child leaves behind
 * (PR_SET_CHILD_SUBREAPER), and when the child ends, when the gate says so or when the
 * gate is gone, in whatever way, it ends all of it: also what has left the child's group
 * or session. It holds one end of a socket; the gate's end closes with the gate.
 *
 * Gate to here: 'T' SIGTERM to the child's group, 'K' the end of all.
 * Here to gate: "P" and the child's number, then "E" and how it ended; or "X" and why the program
 * could not be run at all. Each with a LF.
 */
#include "net/supervise.h"
#include "net/child.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GATE SUPERVISE_FD

struct ward {
	pid_t gate, self, child;
	int signals;
	int status; /* of the child, when has_ended */
	bool has_ended;
};

static void tell(const char *text)
{
	(void)!send(GATE, text, strlen(text), MSG_NOSIGNAL);
}

static void run_child(const struct ward *w, char **argv) NORETURN;

static void run_child(const struct ward *w, char **argv)
{
	char text[256];
	sigset_t none;
	sigemptyset(&none);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != w->self)
		_exit(1); /* it died before the line above */
	close(w->signals);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	snprintf(text, sizeof text, "Xcannot be started: %s\n", strerror(errno));
	tell(text);
	_exit(127);
}

static void reap(struct ward *w)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == w->child) {
			w->status = status;
			w->has_ended = true;
		}
	}
}

/* The parent of a process, or 0. */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	int parent = 0;
	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* The name of the program may hold anything, parentheses too. */
	const char *end = strrchr(text, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool kill_children(void)
{
	DIR *dir = opendir("/proc");
	pid_t self = getpid();
	if (!dir)
		return false;
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && parent_of(e->d_name) == self)
			kill((pid_t)strtol(e->d_name, NULL, 10), SIGKILL);
	closedir(dir);
	return true;
}

/* What dies hands its children to us, so each death is followed by another look. */
static void end_all(struct ward *w)
{
	int status;
	pid_t pid = 0;
	do {
		if (pid == w->child && !w->has_ended) {
			w->status = status;
			w->has_ended = true;
		}
		/* The number of a group is not given away while one of it lives. */
		kill(-w->child, SIGKILL);
		if (!kill_children() && w->has_ended)
			return;
		while ((pid = waitpid(-1, &status, 0)) < 0 && errno == EINTR)
			;
	} while (pid > 0);
}

static bool is_gate_gone(const struct ward *w)
{
	return getppid() != w->gate;
}

/* False when it is time to end. */
static bool obey(const struct ward *w)
{
	char order;
	ssize_t n = recv(GATE, &order, 1, 0);
	if (n < 0 && errno == EINTR)
		return true;
	if (n != 1 || order != 'T')
		return false;
	kill(-w->child, SIGTERM);
	return true;
}

static void watch(struct ward *w)
{
	struct pollfd p[2] = { { .fd = GATE, .events = POLLIN }, { .fd = w->signals, .events = POLLIN } };
	struct signalfd_siginfo info;
	while (!w->has_ended) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents && read(w->signals, &info, sizeof info) == sizeof info) {
			reap(w);
			/* A service manager that stops the gate signals us too; the gate ends its
			 * children itself, in order, for as long as it lives. */
			if (info.ssi_signo != SIGCHLD && is_gate_gone(w))
				return;
		}
		if (p[0].revents && !w->has_ended && !obey(w))
			return;
	}
}

static void report(const struct ward *w)
{
	char text[64];
	if (w->has_ended && WIFSIGNALED(w->status))
		snprintf(text, sizeof text, "Ewas ended by signal %d\n", WTERMSIG(w->status));
	else
		snprintf(text, sizeof text, "Eexited with status %d\n", w->has_ended ? WEXITSTATUS(w->status) : -1);
	tell(text);
}

static void take_signals(struct ward *w)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	w->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void supervise(char **argv) NORETURN;

static void supervise(char **argv)
{
	struct ward w = { .gate = getppid(), .self = getpid() };
	char text[32];
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_NAME, "gatehouse-child");
	fcntl(GATE, F_SETFD, FD_CLOEXEC);
	close_range(GATE + 1, ~0u, 0);
	take_signals(&w);
	w.child = fork();
	if (w.child == 0)
		run_child(&w, argv);
	if (w.child < 0) {
		tell("Xcannot be started: no process could be made\n");
		_exit(1);
	}
	setpgid(w.child, w.child);
	snprintf(text, sizeof text, "P%d\n", (int)w.child);
	tell(text);
	/* Its pipes end when it ends, not when we do. */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	watch(&w);
	end_all(&w);
	report(&w);
	_exit(0);
}

void child_supervise(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], SUPERVISE_WORD) == 0)
		supervise(argv + 2);
}
