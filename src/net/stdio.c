/* The two threads. They end with their streams; a reader that waits for input ends with the process. */
#include "net/stdio.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct copy {
	int from, to;
	bool is_input;
};

/* Process-wide like the descriptors they serve. */
static struct copy input, output;
static pthread_t output_thread;

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void *run(void *arg)
{
	struct copy *c = arg;
	char bytes[65536];
	for (;;) {
		ssize_t n = read(c->from, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !write_all(c->to, bytes, (size_t)n))
			break;
	}
	if (c->is_input)
		shutdown(c->to, SHUT_WR);
	else
		shutdown(c->from, SHUT_RDWR);
	return NULL;
}

int stdio_open(struct err *e)
{
	int ends[2];
	pthread_t input_thread;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		err_set(e, ERR_REMOTE, "cannot make a socket pair: %s", strerror(errno));
		return -1;
	}
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	input = (struct copy){ STDIN_FILENO, ends[1], true };
	output = (struct copy){ ends[1], STDOUT_FILENO, false };
	if (pthread_create(&input_thread, NULL, run, &input) != 0 ||
	    pthread_create(&output_thread, NULL, run, &output) != 0) {
		err_set(e, ERR_REMOTE, "cannot start a thread");
		return -1;
	}
	pthread_detach(input_thread);
	return ends[0];
}

void stdio_finish(void)
{
	pthread_join(output_thread, NULL);
}
