/* The journal: one write a turn, torn ends are cut, a disk that is full refuses and recovers. */
#include "base/check.h"
#include "base/limits.h"
#include "folder.h"
#include "store/journal_inside.h"
#include "store/segment.h"
#include "tap.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct store *open_store(const char *dir)
{
	struct store_opts o = { .data_dir = dir };
	struct err e;
	struct store *s = store_open(&o, &e);
	if (!s) {
		printf("# %s\n", e.text);
		abort();
	}
	return s;
}

static void path_of(const struct folder *f, uint64_t number, char path[SEGMENT_PATH_MAX])
{
	char dir[300];
	snprintf(dir, sizeof dir, "%s/journal", f->path);
	if (!segment_path(dir, number, path))
		abort();
}

static long size_of(const struct folder *f, uint64_t number)
{
	char path[SEGMENT_PATH_MAX];
	struct stat st;
	path_of(f, number, path);
	return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

/* Entries of one file, as text with '|' between. */
static const char *read_all(const struct folder *f, uint64_t number)
{
	static struct buf out;
	struct buf bytes = BUF_INIT(64u << 20);
	char dir[300];
	struct err e;
	bool is_gone;
	struct slice rest, entry;
	buf_release(&out);
	buf_init(&out, 1 << 20);
	snprintf(dir, sizeof dir, "%s/journal", f->path);
	if (segment_read(dir, number, 0, 32u << 20, &bytes, &is_gone, &e)) {
		rest = buf_slice(&bytes);
		while (frame_read(rest, &entry) == FRAME_OK) {
			buf_add(&out, entry.p, entry.n < 20 ? entry.n : 20);
			buf_addc(&out, '|');
			rest.p += FRAME_HEAD + entry.n;
			rest.n -= FRAME_HEAD + entry.n;
		}
	}
	buf_release(&bytes);
	return buf_str(&out);
}

static void check_frames(void)
{
	struct buf b = BUF_INIT(1 << 20);
	struct slice entry;
	char *big = mem_zalloc(LIMIT_JOURNAL_ENTRY + 1);
	ok(segment_crc(0, "123456789", 9) == 0xe3069283, "the checksum is CRC-32C");
	ok(segment_crc(segment_crc(0, "1234", 4), "56789", 5) == 0xe3069283, "in pieces, too");
	frame_add(&b, SLICE_LIT("hello"));
	ok(frame_read(buf_slice(&b), &entry) == FRAME_OK && slice_is(entry, "hello"), "a frame is read");
	size_t parts = 0;
	for (size_t n = 0; n < b.n; n++)
		parts += frame_read(slice_of(b.p, n), &entry) == FRAME_PART;
	ok(parts == b.n, "a shorter one needs more bytes");
	size_t bad = 0;
	for (size_t i = 0; i < b.n; i++) {
		b.p[i] ^= 1;
		bad += frame_read(buf_slice(&b), &entry) != FRAME_OK;
		b.p[i] ^= 1;
	}
	ok(bad == b.n, "a changed bit anywhere is noticed");
	buf_clear(&b);
	frame_add(&b, slice_of(big, LIMIT_JOURNAL_ENTRY));
	ok(frame_read(buf_slice(&b), &entry) == FRAME_OK, "an entry at the limit");
	b.p[0] = 1; /* 65536 becomes 65537 */
	ok(frame_read(buf_slice(&b), &entry) == FRAME_BAD, "one past it is damage");
	ok(frame_read(slice_of(big, 100), &entry) == FRAME_BAD, "zeros are damage");
	buf_release(&b);
	free(big);
}

static void check_writing(void)
{
	struct folder f = folder_new();
	struct store *s = open_store(f.path);
	struct err e = { 0 };
	char *big = mem_zalloc(LIMIT_JOURNAL_ENTRY + 1);
	struct journal *j = journal_open(s, &e);
	ok(j && journal_healthy(j) && journal_flush(j), "a journal begins: %s", e.text);
	ok(journal_add(j, SLICE_LIT("one")) && journal_add(j, SLICE_LIT("two")) && size_of(&f, 1) == 0,
	   "what is added is not written yet");
	ok(journal_flush(j) && strcmp(read_all(&f, 1), "one|two|") == 0, "a flush writes it");
	ok(journal_backlog(j) == 22 && journal_sync(j), "it waits for the mover");
	ok(!journal_add(j, slice_of(NULL, 0)) && journal_add(j, slice_of(big, LIMIT_JOURNAL_ENTRY)) &&
	   !journal_add(j, slice_of(big, LIMIT_JOURNAL_ENTRY + 1)), "an entry has a greatest length");
	struct journal *twin = journal_open(s, &e);
	ok(!twin && strstr(e.text, "another gatehouse"), "a second gate is refused: %s", e.text);
	journal_close(&j);
	ok(size_of(&f, 1) > LIMIT_JOURNAL_ENTRY, "closing writes what waits");
	j = journal_open(s, &e);
	ok(j && journal_backlog(j) == (uint64_t)size_of(&f, 1), "the next start counts what is left: %s", e.text);
	ok(journal_add(j, SLICE_LIT("three")) && journal_flush(j) && strcmp(read_all(&f, 2), "three|") == 0,
	   "and goes on in a new file");
	journal_close(&j);
	store_close(&s);
	free(big);
	folder_remove(&f);
}

static void check_rotation(void)
{
	struct folder f = folder_new();
	struct store *s = open_store(f.path);
	struct err e = { 0 };
	char *big = mem_zalloc(LIMIT_JOURNAL_ENTRY);
	const size_t fill = LIMIT_JOURNAL_SEGMENT / (LIMIT_JOURNAL_ENTRY + FRAME_HEAD);
	struct journal *j = journal_open(s, &e);
	bool fine = true;
	for (size_t i = 0; i < fill; i++)
		fine = fine && journal_add(j, slice_of(big, LIMIT_JOURNAL_ENTRY));
	ok(fine && journal_flush(j) && size_of(&f, 1) < (long)LIMIT_JOURNAL_SEGMENT, "a file is filled");
	ok(journal_add(j, slice_of(big, LIMIT_JOURNAL_ENTRY)) && journal_flush(j) && size_of(&f, 2) == -1,
	   "the entry that reaches the limit still goes there");
	ok(journal_add(j, SLICE_LIT("next")) && journal_flush(j) && strcmp(read_all(&f, 2), "next|") == 0,
	   "the next one begins another");
	journal_close(&j);
	store_close(&s);
	free(big);
	folder_remove(&f);
}

static void check_torn(void)
{
	struct folder f = folder_new();
	struct store *s = open_store(f.path);
	struct err e = { 0 };
	char path[SEGMENT_PATH_MAX];
	struct journal *j = journal_open(s, &e);
	ok(journal_add(j, SLICE_LIT("whole")) && journal_add(j, SLICE_LIT("torn")) && journal_flush(j), "two entries");
	journal_close(&j);
	path_of(&f, 1, path);
	if (truncate(path, 13 + 11) != 0)
		abort();
	j = journal_open(s, &e);
	ok(j && size_of(&f, 1) == 13 && strcmp(read_all(&f, 1), "whole|") == 0 && journal_backlog(j) == 13,
	   "a torn end is cut at the next start: %s", e.text);
	journal_close(&j);
	unlink(path);
	path_of(&f, 2, path);
	if (truncate(path, 4096) != 0)
		abort();
	j = journal_open(s, &e);
	ok(j && size_of(&f, 2) == 0, "so are zeros that a loss of power left");
	journal_close(&j);
	store_close(&s);
	folder_remove(&f);
}

/* A child with a limit on the size of files stands for a full disk. */
static int fill_disk(const char *dir)
{
	struct rlimit limit = { 40, RLIM_INFINITY };
	struct err e;
	signal(SIGXFSZ, SIG_IGN);
	struct store *s = open_store(dir);
	struct journal *j = journal_open(s, &e);
	if (!j || setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 1;
	/* Three frames of 18 bytes: two fit, four bytes of the third do. */
	for (int i = 0; i < 3; i++) {
		if (!journal_add(j, SLICE_LIT("0123456789")))
			return 2;
	}
	if (journal_flush(j) || journal_healthy(j))
		return 3;
	if (journal_flush(j) || !journal_add(j, SLICE_LIT("refused")) || journal_flush(j))
		return 4;
	limit.rlim_cur = RLIM_INFINITY;
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || !journal_flush(j) || !journal_healthy(j))
		return 5;
	if (!journal_add(j, SLICE_LIT("later")) || !journal_flush(j))
		return 6;
	journal_close(&j);
	store_close(&s);
	return 0;
}

static void check_full_disk(void)
{
	struct folder f = folder_new();
	int status;
	pid_t child = fork();
	if (child == 0)
		_exit(fill_disk(f.path));
	waitpid(child, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a full disk makes it unhealthy until it can be written "
	   "again (%d)", WEXITSTATUS(status));
	ok(strcmp(read_all(&f, 1), "0123456789|0123456789|0123456789|refused|later|") == 0,
	   "nothing is lost and nothing is doubled: %s", read_all(&f, 1));
	folder_remove(&f);
}

static void check_pending(void)
{
	struct folder f = folder_new();
	struct store *s = open_store(f.path);
	struct err e = { 0 };
	char *big = mem_zalloc(LIMIT_JOURNAL_ENTRY);
	struct journal *j = journal_open(s, &e);
	size_t n = 0, waits = 0;
	while (journal_add(j, slice_of(big, LIMIT_JOURNAL_ENTRY))) {
		n++;
		waits += LIMIT_JOURNAL_ENTRY + FRAME_HEAD;
	}
	size_t rest = LIMIT_JOURNAL_PENDING - waits - FRAME_HEAD;
	ok(n == LIMIT_JOURNAL_PENDING / (LIMIT_JOURNAL_ENTRY + FRAME_HEAD), "%zu long entries wait", n);
	ok(!journal_add(j, slice_of(big, rest + 1)) && journal_add(j, slice_of(big, rest)),
	   "exactly the limit is taken, one byte more is not");
	ok(journal_flush(j) && size_of(&f, 1) == (long)LIMIT_JOURNAL_PENDING, "and all of it is written");
	journal_close(&j);
	store_close(&s);
	free(big);
	folder_remove(&f);
}

/* A new file lasts once its folder was synced, too. */
static void check_sync(void)
{
	struct folder f = folder_new();
	struct store *s = open_store(f.path);
	struct err e;
	struct journal *j = journal_open(s, &e);
	bool fine = journal_add(j, SLICE_LIT("one")) && journal_flush(j);
	ok(fine && j->is_new, "what is only written is not synced");
	fine = journal_add(j, SLICE_LIT("two"));
	journal_want_sync(j);
	ok(fine && journal_flush(j) && !j->is_new && !j->wants_sync, "what has to last is synced with its turn, once");
	journal_close(&j);
	store_close(&s);
	folder_remove(&f);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	check_frames();
	check_writing();
	check_rotation();
	check_torn();
	check_full_disk();
	check_pending();
	check_sync();
	return tap_done();
}
