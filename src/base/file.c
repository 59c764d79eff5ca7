/* Reading, creating and replacing whole files. */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

static bool write_all(int fd, struct slice text)
{
	while (text.n) {
		ssize_t n = write(fd, text.p, text.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text = slice_of(text.p + n, text.n - (size_t)n);
	}
	return true;
}

bool file_create(const char *path, unsigned mode, struct slice text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot create '%.150s': %s", path, strerror(errno));
	bool is_good = write_all(fd, text);
	int why = errno;
	if (close(fd) != 0 || !is_good) {
		unlink(path);
		return err_set(e, ERR_INPUT, "cannot write '%.150s': %s", path, strerror(why));
	}
	return true;
}

/* The new name is on disk, too, once its folder is. folder: room for the path. */
static void keep_folder(char *folder, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	memcpy(folder, n ? path : slash ? "/" : ".", n ? n : 1);
	folder[n ? n : 1] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

bool file_replace(const char *path, unsigned mode, struct slice text, struct err *e)
{
	char beside[4096];
	struct stat old, made;
	bool is_there = false;
	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, text) ||
		       err_set(e, ERR_REMOTE, "cannot write to standard output: %s", strerror(errno));
	if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
		return err_set(e, ERR_INPUT, "cannot write '%.150s': its name is too long", path);
	if (stat(path, &old) == 0) {
		is_there = true;
		mode = old.st_mode & 07777;
		if (!S_ISREG(old.st_mode))
			return err_set(e, ERR_INPUT, "cannot write '%.150s': it is no ordinary file", path);
	}
	int fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return err_set(e, ERR_INPUT, "cannot create '%.150s': %s", path, strerror(errno));
	bool is_good = write_all(fd, text);
	if (is_good && is_there && fstat(fd, &made) == 0 && (made.st_uid != old.st_uid || made.st_gid != old.st_gid))
		is_good = fchown(fd, old.st_uid, old.st_gid) == 0;
	is_good = is_good && fchmod(fd, (mode_t)mode) == 0 && fsync(fd) == 0;
	int why = errno;
	if (close(fd) != 0 || !is_good || rename(beside, path) != 0) {
		why = is_good ? errno : why;
		unlink(beside);
		return err_set(e, ERR_INPUT, "cannot write '%.150s': %s", path, strerror(why));
	}
	keep_folder(beside, path);
	return true;
}
