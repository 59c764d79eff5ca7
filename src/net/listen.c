/* Listening sockets on uv_poll. */
#include "net/listen.h"
#include "base/check.h"
#include "base/log.h"
#include "net/turn.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024
/* So that a flood of new connections does not keep the open ones waiting. */
#define ACCEPTS_PER_TURN 64
/* Out of descriptors: asking again at once would only spin. */
#define RETRY_MS 100

struct listener {
	uv_poll_t poll;
	struct loop *loop;
	struct address address;
	listen_fn fn;
	void *ctx;
	struct loop_timer retry;
	int fd;
	bool is_paused, is_out_of_fds, is_closed;
};

static void on_poll(uv_poll_t *h, int status, int events);

static void update_poll(struct listener *s)
{
	if (s->is_paused || s->is_out_of_fds)
		uv_poll_stop(&s->poll);
	else
		uv_poll_start(&s->poll, UV_READABLE, on_poll);
}

static void on_retry(void *ctx)
{
	struct listener *s = ctx;
	s->retry.v = 0;
	s->is_out_of_fds = false;
	update_poll(s);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
	struct listener *s = h->data;
	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPTS_PER_TURN && !s->is_paused && !s->is_closed; i++) {
		struct address peer = { .n = sizeof peer.ss };
		int fd = accept4(s->fd, (struct sockaddr *)&peer.ss, &peer.n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			s->fn(s->ctx, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_warn("listen", "cannot accept a connection: %s", strerror(errno));
			s->is_out_of_fds = true;
			s->retry = loop_after(s->loop, RETRY_MS, on_retry, s);
			update_poll(s);
			return;
		}
		if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* A socket that nobody listens on any more stays behind a killed process. */
static bool remove_stale(const struct address *a, struct err *e)
{
	const struct sockaddr_un *un = (const struct sockaddr_un *)&a->ss;
	struct stat st;
	if (lstat(un->sun_path, &st) != 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_INPUT, "cannot listen on '%s': a file of that name exists", un->sun_path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, ERR_REMOTE, "cannot make a socket: %s", strerror(errno));
	int got = connect(fd, (const struct sockaddr *)&a->ss, a->n);
	bool is_dead = got != 0 && errno == ECONNREFUSED;
	close(fd);
	if (!is_dead)
		return err_set(e, ERR_REMOTE, "cannot listen on '%s': another process does", un->sun_path);
	unlink(un->sun_path);
	return true;
}

static int open_socket(struct address *a, const char *text, bool reuse_port, struct err *e)
{
	int one = 1;
	bool is_unix = a->ss.ss_family == AF_UNIX;
	if (is_unix && !remove_stale(a, e))
		return -1;
	int fd = socket(a->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		err_set(e, ERR_REMOTE, "cannot listen on '%s': %s", text, strerror(errno));
		return -1;
	}
	if (is_unix) {
		/* The mode of the socket becomes that of the file: there is no moment in
		 * which others could connect. */
		fchmod(fd, 0600);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		/* Accepted sockets inherit it. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		if (a->ss.ss_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
		if (reuse_port)
			setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	}
	if (bind(fd, (struct sockaddr *)&a->ss, a->n) != 0 || listen(fd, BACKLOG) != 0) {
		err_set(e, ERR_REMOTE, "cannot listen on '%s': %s", text, strerror(errno));
		close(fd);
		return -1;
	}
	if (!is_unix) {
		a->n = sizeof a->ss;
		getsockname(fd, (struct sockaddr *)&a->ss, &a->n);
	}
	return fd;
}

struct listener *listen_start(struct loop *l, const char *address, bool reuse_port, listen_fn fn, void *ctx,
                              struct err *e)
{
	struct address a;
	if (!address_parse(slice_str(address), &a, e))
		return NULL;
	int fd = open_socket(&a, address, reuse_port, e);
	if (fd < 0)
		return NULL;
	struct listener *s = mem_zalloc(sizeof *s);
	*s = (struct listener){ .loop = l, .address = a, .fn = fn, .ctx = ctx, .fd = fd };
	BUG_ON(uv_poll_init(&l->uv, &s->poll, fd) != 0);
	s->poll.data = s;
	update_poll(s);
	return s;
}

int listen_port(const struct listener *s)
{
	return address_port(&s->address);
}

void listen_pause(struct listener *s, bool is_paused)
{
	if (s->is_paused == is_paused)
		return;
	s->is_paused = is_paused;
	update_poll(s);
}

bool listen_is_paused(const struct listener *s)
{
	return s->is_paused;
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

void listen_stop(struct listener **sp)
{
	struct listener *s = *sp;
	if (!s)
		return;
	*sp = NULL;
	s->is_closed = true;
	loop_cancel(s->loop, &s->retry);
	if (s->address.ss.ss_family == AF_UNIX)
		unlink(((struct sockaddr_un *)&s->address.ss)->sun_path);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	close(s->fd);
}
