/* Reading and creating whole files. */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, const char *path, struct buf *out, struct err *e)
{
	char piece[16384];
	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_INPUT, "cannot read '%.150s': %s", path,
				       strerror(errno));
		if (n == 0)
			return true;
		buf_add(out, piece, (size_t)n);
		if (!buf_ok(out))
			return err_set(e, ERR_LIMIT, "'%.150s' is longer than %zu bytes", path,
				       out->max);
	}
}

bool file_read(const char *path, struct buf *out, struct err *e)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot open '%.150s': %s", path, strerror(errno));
	bool is_good = read_all(fd, path, out, e);
	if (!is_stdin)
		close(fd);
	return is_good;
}

bool file_create(const char *path, unsigned mode, struct slice text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot create '%.150s': %s", path, strerror(errno));
	size_t at = 0;
	while (at < text.n) {
		ssize_t n = write(fd, text.p + at, text.n - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		at += (size_t)n;
	}
	int why = errno;
	if (close(fd) != 0 || at < text.n) {
		unlink(path);
		return err_set(e, ERR_INPUT, "cannot write '%.150s': %s", path, strerror(why));
	}
	return true;
}
