/* Files that are written only when they differ, and deleted when nothing stands behind them. */
#include "site/out.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".gatehouse-site"
#define PATH_SIZE 512
/* A page: beyond it nothing is compared, and the file is written anew. */
#define COMPARED_MAX (64u << 20)

static bool fail(struct err *e, const char *what, const char *path)
{
	return err_set(e, ERR_INPUT, "cannot %s '%.150s': %s", what, path, strerror(errno));
}

static bool is_empty(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	bool is_none = true;
	if (!d)
		return false;
	for (struct dirent *entry; is_none && (entry = readdir(d));)
		is_none = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	closedir(d);
	return is_none;
}

bool out_open(struct out *o, const char *dir, struct err *e)
{
	*o = (struct out){ .fd = -1, .mark_fd = -1, .old = BUF_INIT(COMPARED_MAX) };
	map_init(&o->seen);
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return fail(e, "make", dir);
	o->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->fd < 0)
		return fail(e, "open", dir);
	if (faccessat(o->fd, MARK, F_OK, 0) != 0 && !is_empty(o->fd))
		return err_set(e, ERR_INPUT, "'%.150s' holds something that is no site of ours: name an empty folder", dir);
	o->mark_fd = openat(o->fd, MARK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (o->mark_fd < 0)
		return fail(e, "write into", dir);
	if (flock(o->mark_fd, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_INPUT, "'%.150s' is being written by another gatehouse: wait for its end", dir);
	return true;
}

void out_close(struct out *o)
{
	if (o->mark_fd >= 0)
		close(o->mark_fd);
	if (o->fd >= 0)
		close(o->fd);
	o->fd = o->mark_fd = -1;
	map_release(&o->seen);
	buf_release(&o->old);
}

void out_keep(struct out *o, const char *path)
{
	map_put(&o->seen, slice_str(path), o);
}

static bool make_folders(const struct out *o, const char *path)
{
	char part[PATH_SIZE];
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		if (mkdirat(o->fd, part, 0777) != 0 && errno != EEXIST)
			return false;
	}
	return true;
}

static bool write_all(int fd, struct slice text)
{
	for (size_t at = 0; at < text.n;) {
		ssize_t n = write(fd, text.p + at, text.n - at);
		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Closes it, too. */
static bool finish(int fd, struct slice text, const char *path, struct err *e)
{
	bool is_good = write_all(fd, text);
	int why = errno;
	if (close(fd) != 0 && is_good)
		return fail(e, "write", path);
	errno = why;
	return is_good || fail(e, "write", path);
}

static bool is_same(struct out *o, const char *path, struct slice text)
{
	struct stat st;
	bool same = false;
	int fd = openat(o->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	buf_clear(&o->old);
	if (fstat(fd, &st) == 0 && (size_t)st.st_size == text.n && buf_reserve(&o->old, text.n)) {
		size_t at = 0;
		for (ssize_t n; at < text.n && (n = read(fd, o->old.p + at, text.n - at)) > 0;)
			at += (size_t)n;
		same = at == text.n && (text.n == 0 || memcmp(o->old.p, text.p, text.n) == 0);
	}
	close(fd);
	return same;
}

/* Readers see the old file or the new one, never a part. */
static bool replace(struct out *o, const char *path, struct slice text, struct err *e)
{
	char fresh[PATH_SIZE + 8];
	snprintf(fresh, sizeof fresh, "%s~new", path);
	int fd = openat(o->fd, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return fail(e, "create", path);
	if (!finish(fd, text, path, e)) {
		(void)unlinkat(o->fd, fresh, 0);
		return false;
	}
	return renameat(o->fd, fresh, o->fd, path) == 0 || fail(e, "replace", path);
}

bool out_put(struct out *o, const char *path, struct slice text, struct err *e)
{
	const int how = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	out_keep(o, path);
	int fd = openat(o->fd, path, how, 0666);
	if (fd < 0 && errno == ENOENT) {
		if (!make_folders(o, path))
			return fail(e, "make the folders of", path);
		fd = openat(o->fd, path, how, 0666);
	}
	if (fd < 0 && errno != EEXIST)
		return fail(e, "create", path);
	if (fd < 0 && is_same(o, path, text)) {
		o->kept++;
		return true;
	}
	o->written++;
	return fd < 0 ? replace(o, path, text, e) : finish(fd, text, path, e);
}

static bool sweep_folder(struct out *o, const char *dir, bool is_all, struct err *e);

static bool delete_one(struct out *o, const char *path, struct err *e)
{
	if (unlinkat(o->fd, path, 0) == 0) {
		o->deleted++;
		return true;
	}
	/* Linux says EISDIR, POSIX EPERM. */
	if (errno != EISDIR && errno != EPERM)
		return fail(e, "delete", path);
	return sweep_folder(o, path, true, e) && (unlinkat(o->fd, path, AT_REMOVEDIR) == 0 || fail(e, "delete", path));
}

static bool sweep_folder(struct out *o, const char *dir, bool is_all, struct err *e)
{
	char path[PATH_SIZE];
	bool is_good = true;
	int fd = openat(o->fd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d)
		return errno == ENOENT || fail(e, "read", dir);
	for (struct dirent *entry; is_good && (entry = readdir(d));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		int n = snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (n < 0 || (size_t)n >= sizeof path)
			continue;
		if (is_all || !map_get(&o->seen, slice_str(path)))
			is_good = delete_one(o, path, e);
	}
	closedir(d);
	return is_good;
}

bool out_sweep(struct out *o, const char *dir, struct err *e)
{
	bool is_good = sweep_folder(o, dir, false, e);
	map_release(&o->seen);
	map_init(&o->seen);
	return is_good;
}
