/* The journal's writing side. It belongs to the loop's thread. */
#include "store/journal.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/inside.h"
#include "store/journal_inside.h"
#include "store/segment.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a busy turn needs is kept; a burst's memory is not. */
#define PENDING_KEEP (1u << 20)

static bool lock(struct journal *j, struct err *e)
{
	char path[SEGMENT_PATH_MAX];
	if (snprintf(path, sizeof path, "%s/lock", j->dir) >= (int)sizeof path)
		return err_set(e, ERR_INPUT, "the path of the journal is too long");
	j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (j->lock < 0)
		return err_set(e, ERR_REMOTE, "cannot open '%s': %s", path, strerror(errno));
	if (flock(j->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_INPUT, "another gatehouse runs on the data folder '%s'; stop it first",
		               store_dir(j->store));
	return true;
}

/* The end of the last whole frame. */
static bool find_end(struct journal *j, uint64_t number, uint64_t *end, uint64_t *size, struct err *e)
{
	struct buf bytes = BUF_INIT(2u * LIMIT_JOURNAL_SEGMENT);
	bool is_gone, ok = true;
	*end = *size = 0;
	for (;;) {
		struct slice rest, entry;
		size_t before = bytes.n;
		ok = segment_read(j->dir, number, *size, LIMIT_JOURNAL_SEGMENT, &bytes, &is_gone, e);
		if (!ok || bytes.n == before)
			break;
		*size += bytes.n - before;
		rest = buf_slice(&bytes);
		while (frame_read(rest, &entry) == FRAME_OK) {
			rest.p += FRAME_HEAD + entry.n;
			rest.n -= FRAME_HEAD + entry.n;
			*end += FRAME_HEAD + entry.n;
		}
		/* Bytes that are no part of a frame will not become one by reading on. */
		if (rest.n > FRAME_HEAD + LIMIT_JOURNAL_ENTRY)
			break;
		buf_consume(&bytes, bytes.n - rest.n);
	}
	buf_release(&bytes);
	return ok;
}

/* Only the last file can have a torn end: the process that wrote it was killed. */
static bool cut_tail(struct journal *j, uint64_t number, uint64_t *size, struct err *e)
{
	char path[SEGMENT_PATH_MAX];
	uint64_t end;
	if (!find_end(j, number, &end, size, e))
		return false;
	if (end == *size)
		return true;
	if (!segment_path(j->dir, number, path) || truncate(path, (off_t)end) != 0)
		return err_set(e, ERR_REMOTE, "cannot cut the torn end of '%s': %s", path, strerror(errno));
	log_warn("journal", "%s ended within an entry that was never answered: %llu bytes cut", path,
	         (unsigned long long)(*size - end));
	*size = end;
	return true;
}

static bool size_of(const struct journal *j, uint64_t number, uint64_t *size)
{
	char path[SEGMENT_PATH_MAX];
	struct stat st;
	if (!segment_path(j->dir, number, path) || stat(path, &st) != 0)
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

/* Finds what an earlier process left, and the number to go on with. */
static bool take_stock(struct journal *j, struct err *e)
{
	uint64_t *numbers, size;
	int64_t segment, offset;
	size_t n;
	if (!db_int(&j->store->db, "SELECT segment FROM mover", &segment, e) ||
	    !db_int(&j->store->db, "SELECT offset FROM mover", &offset, e) ||
	    !segment_list(j->dir, &numbers, &n, e))
		return false;
	bool ok = true;
	j->segment = (uint64_t)segment;
	for (size_t i = 0; ok && i < n; i++) {
		size = 0;
		ok = i + 1 == n ? cut_tail(j, numbers[i], &size, e) : size_of(j, numbers[i], &size);
		if (numbers[i] > j->segment)
			j->segment = numbers[i];
		if (numbers[i] > (uint64_t)segment)
			j->backlog += size;
		else if (numbers[i] == (uint64_t)segment && size > (uint64_t)offset)
			j->backlog += size - (uint64_t)offset;
	}
	free(numbers);
	return ok;
}

static bool open_next(struct journal *j, struct err *e)
{
	char path[SEGMENT_PATH_MAX];
	if (!segment_path(j->dir, j->segment + 1, path))
		return err_set(e, ERR_INPUT, "the path of the journal is too long");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	/* A number that was taken by a file nobody counted is skipped by the next attempt. */
	if (fd >= 0 || errno == EEXIST)
		j->segment++;
	if (fd < 0)
		return err_set(e, ERR_REMOTE, "cannot create '%s': %s", path, strerror(errno));
	if (j->fd >= 0)
		close(j->fd);
	j->fd = fd;
	j->written = 0;
	j->is_new = true;
	return true;
}

struct journal *journal_open(struct store *s, struct err *e)
{
	struct journal *j = mem_zalloc(sizeof *j);
	size_t n = strlen(store_dir(s)) + sizeof "/journal";
	j->store = s;
	j->fd = j->lock = -1;
	j->dir = mem_alloc(n);
	snprintf(j->dir, n, "%s/journal", store_dir(s));
	buf_init(&j->pending, LIMIT_JOURNAL_PENDING);
	j->is_healthy = true;
	if (mkdir(j->dir, 0700) != 0 && errno != EEXIST)
		err_set(e, ERR_REMOTE, "cannot create '%s': %s", j->dir, strerror(errno));
	else if (lock(j, e) && take_stock(j, e) && open_next(j, e))
		return j;
	journal_close(&j);
	return NULL;
}

void journal_close(struct journal **j)
{
	struct journal *it = *j;
	*j = NULL;
	if (!it)
		return;
	if (it->fd >= 0 && !journal_flush(it))
		log_error("journal", "%zu bytes of records are lost: they could not be written", it->pending.n);
	if (it->fd >= 0)
		close(it->fd);
	if (it->lock >= 0)
		close(it->lock);
	buf_release(&it->pending);
	free(it->dir);
	free(it);
}

bool journal_add(struct journal *j, struct slice entry)
{
	if (entry.n == 0 || entry.n > LIMIT_JOURNAL_ENTRY ||
	    j->pending.n + FRAME_HEAD + entry.n > LIMIT_JOURNAL_PENDING) {
		if (!j->lost++)
			log_error("journal", "takes no more entries: %zu bytes wait to be written", j->pending.n);
		return false;
	}
	frame_add(&j->pending, entry);
	return true;
}

/* After a failed write: whole frames that reached the file count as written, the rest of a frame is
 * cut off. When it cannot be, the file is left: its readers stop at the torn end. */
static void settle_failure(struct journal *j, size_t done)
{
	struct slice rest = slice_of(j->pending.p, done), entry;
	while (frame_read(rest, &entry) == FRAME_OK) {
		rest.p += FRAME_HEAD + entry.n;
		rest.n -= FRAME_HEAD + entry.n;
	}
	size_t whole = done - rest.n;
	j->written += whole;
	j->backlog += whole;
	buf_consume(&j->pending, whole);
	if (rest.n && ftruncate(j->fd, (off_t)j->written) != 0)
		j->must_leave = true;
}

static bool fail(struct journal *j, const char *what)
{
	if (j->is_healthy)
		log_error("journal", "%s: %s; every call is refused until it works again", what, strerror(errno));
	j->is_healthy = false;
	return false;
}

static bool begin_segment(struct journal *j)
{
	struct err e;
	if (open_next(j, &e)) {
		j->must_leave = false;
		return true;
	}
	/* A file that is too long is better than none. */
	return !j->must_leave;
}

static bool write_pending(struct journal *j)
{
	size_t done = 0;
	if (j->pending.n == 0 && !j->must_leave)
		return j->is_healthy;
	if ((j->must_leave || j->written >= LIMIT_JOURNAL_SEGMENT) && !begin_segment(j))
		return fail(j, "cannot begin another file");
	while (done < j->pending.n) {
		ssize_t n = write(j->fd, j->pending.p + done, j->pending.n - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			settle_failure(j, done);
			return fail(j, "cannot write");
		}
		done += (size_t)n;
	}
	j->written += done;
	j->backlog += done;
	buf_clear(&j->pending);
	if (j->pending.cap > PENDING_KEEP)
		buf_release(&j->pending);
	if (!j->is_healthy)
		log_warn("journal", "works again; %llu entries of refused calls were lost",
		         (unsigned long long)j->lost);
	j->is_healthy = true;
	j->lost = 0;
	return true;
}

void journal_want_sync(struct journal *j)
{
	j->wants_sync = true;
}

bool journal_flush(struct journal *j)
{
	return j->wants_sync ? journal_sync(j) : write_pending(j);
}

bool journal_sync(struct journal *j)
{
	if (!write_pending(j))
		return false;
	j->wants_sync = false;
	/* A new file lasts only when its folder was written, too. */
	if (j->is_new) {
		int dir = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		bool ok = dir >= 0 && fsync(dir) == 0;
		if (dir >= 0)
			close(dir);
		if (!ok)
			return fail(j, "cannot sync the folder");
		j->is_new = false;
	}
	if (fdatasync(j->fd) == 0)
		return true;
	/* The kernel may have dropped what it could not write: this file is not gone on with. */
	j->must_leave = true;
	return fail(j, "cannot sync");
}

bool journal_healthy(const struct journal *j)
{
	return j->is_healthy;
}

uint64_t journal_backlog(const struct journal *j)
{
	return j->backlog;
}
