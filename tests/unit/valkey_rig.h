/*
 * A real Valkey or Redis for tests: started in a folder of its own, on a socket in it, and ended with
 * the test. And a ledger on it, whose questions are asked as if it answered at once.
 */
#ifndef VALKEY_RIG_H
#define VALKEY_RIG_H
#include "base/check.h"
#include "base/log.h"
#include "folder.h"
#include "ledger/ledger.h"
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

struct valkey_server {
	struct folder folder;
	char socket[108]; /* as long as an address has room for */
	const char *program;
	pid_t pid;
};

static inline bool server_is_there(const char *name)
{
	char path[512];
	const char *dirs = getenv("PATH");
	while (dirs && *dirs) {
		size_t n = strcspn(dirs, ":");
		snprintf(path, sizeof path, "%.*s/%s", (int)n, dirs, name);
		if (access(path, X_OK) == 0)
			return true;
		dirs += n + (dirs[n] == ':');
	}
	return false;
}

/* NULL: neither is installed. */
static inline const char *server_program(void)
{
	return server_is_there("valkey-server") ? "valkey-server" : server_is_there("redis-server") ? "redis-server" : NULL;
}

static inline int server_dial(const struct valkey_server *s)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", s->socket);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

/* extra: one more argument with its value, or NULL. Waits until it listens. */
static inline void server_start(struct valkey_server *s, const char *extra, const char *value)
{
	pid_t parent = getpid();
	s->pid = fork();
	if (s->pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0), dup2(null, 1), dup2(null, 2);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		execlp(s->program, s->program, "--port", "0", "--unixsocket", s->socket, "--save", "", "--appendonly", "no",
		       "--dir", s->folder.path, extra, value, NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000; i++) { /* ten seconds at most; it has no other way to say that it listens */
		int fd = server_dial(s);
		if (fd >= 0) {
			close(fd);
			return;
		}
		BUG_ON(waitpid(s->pid, NULL, WNOHANG) == s->pid);
		poll(NULL, 0, 10);
	}
	BUG_ON(true);
}

static inline void server_kill(struct valkey_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	unlink(s->socket);
}

static inline void server_init(struct valkey_server *s)
{
	s->folder = folder_new();
	s->program = server_program();
	BUG_ON(snprintf(s->socket, sizeof s->socket, "%s/s", s->folder.path) >= (int)sizeof s->socket);
}

static inline void server_release(struct valkey_server *s)
{
	if (s->pid)
		server_kill(s);
	folder_remove(&s->folder);
}

/* One inline command; the first line of the reply in out. */
static inline void server_say(const struct valkey_server *s, const char *command, char out[200])
{
	int fd = server_dial(s);
	BUG_ON(fd < 0 || write(fd, command, strlen(command)) < 0 || write(fd, "\r\n", 2) != 2);
	ssize_t n = read(fd, out, 199);
	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	close(fd);
}

/* A ledger and what it answered. */
struct asker {
	struct loop *loop;
	struct past *past; /* or NULL; for its secret */
	struct ledger *ledger;
	bool has_answer;
	void (*on_past)(struct asker *a, const struct policy_past *past); /* of a recall, while it lasts */
	struct ledger_answer answer;
	struct quota_claim taken[QUOTA_CLAIMS_MAX];
	uint64_t call_id;
};

static inline void asker_on_answer(void *ctx, uint64_t call_id, const struct ledger_answer *a)
{
	struct asker *x = ctx;
	BUG_ON(call_id != x->call_id || x->has_answer);
	x->has_answer = true;
	x->answer = *a;
	if (a->past && x->on_past)
		x->on_past(x, a->past);
	if (a->claims)
		memcpy(x->taken, a->claims, a->claim_n * sizeof *a->claims);
	loop_stop(x->loop);
}

static inline void asker_late(void *ctx)
{
	(void)ctx;
	printf("# nothing came within twenty seconds\n");
	fflush(stdout);
	abort();
}

static inline void asker_stop(void *ctx)
{
	loop_stop(((struct asker *)ctx)->loop);
}

/* Runs the loop until that is so. */
static inline void asker_until(struct asker *a, bool (*is_done)(struct asker *a))
{
	struct loop_timer late = loop_after(a->loop, 20000, asker_late, a);
	while (!is_done(a)) {
		struct loop_timer soon = loop_after(a->loop, 2, asker_stop, a);
		loop_run(a->loop);
		loop_cancel(a->loop, &soon);
	}
	loop_cancel(a->loop, &late);
}

static inline bool asker_is_up(struct asker *a)
{
	return !ledger_trouble(a->ledger);
}

static inline bool asker_is_down(struct asker *a)
{
	return ledger_trouble(a->ledger) != NULL;
}

/* past: with the secret of all gates, or NULL. */
static inline void asker_open_past(struct asker *a, struct loop *l, const char *url, uint64_t timeout_ms, uint64_t lease_ms,
                                   struct past *past)
{
	struct err e = { 0 };
	struct ledger_shared o = { .loop = l, .url = url, .prefix = "test", .timeout_ms = timeout_ms, .lease_ms = lease_ms, .past = past };
	*a = (struct asker){ .loop = l, .past = past };
	a->ledger = ledger_new_shared(&o, &e);
	BUG_ON(!a->ledger);
	ledger_listen(a->ledger, asker_on_answer, a);
}

static inline void asker_open(struct asker *a, struct loop *l, const char *url, uint64_t timeout_ms, uint64_t lease_ms)
{
	asker_open_past(a, l, url, timeout_ms, lease_ms, NULL);
}

static inline enum ledger_result asker_wait(struct asker *a, enum ledger_result r, size_t *at, int64_t *retry)
{
	if (r != LEDGER_WAIT)
		return r;
	struct loop_timer late = loop_after(a->loop, 20000, asker_late, a);
	while (!a->has_answer)
		loop_run(a->loop);
	loop_cancel(a->loop, &late);
	*at = a->answer.at;
	*retry = a->answer.retry_after_us;
	return a->answer.result;
}

static inline enum ledger_result asker_reserve(struct asker *a, struct quota_claim *c, size_t n, int64_t now, size_t *at,
                                               int64_t *retry)
{
	a->has_answer = false;
	a->call_id++;
	enum ledger_result r = ledger_reserve(a->ledger, c, n, now, a->call_id, at, retry);
	bool waited = r == LEDGER_WAIT;
	r = asker_wait(a, r, at, retry);
	if (waited && r == LEDGER_RESERVED)
		memcpy(c, a->taken, n * sizeof *c);
	return r;
}

static inline enum ledger_result asker_peek(struct asker *a, const struct quota_claim *c, size_t n, int64_t now, size_t *at,
                                            int64_t *retry)
{
	a->has_answer = false;
	a->call_id++;
	return asker_wait(a, ledger_peek(a->ledger, c, n, now, a->call_id, at, retry), at, retry);
}

#endif
