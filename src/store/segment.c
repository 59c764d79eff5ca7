/* Frames and files of the journal. */
#include "store/segment.h"
#include "base/check.h"
#include "base/limits.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Half a byte at a time: small, and only for processors without the instruction. */
static uint32_t crc_slow(uint32_t crc, const unsigned char *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	for (size_t i = 0; i < n; i++) {
		crc = crc >> 4 ^ table[(crc ^ p[i]) & 15];
		crc = crc >> 4 ^ table[(crc ^ (uint32_t)p[i] >> 4) & 15];
	}
	return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_fast(uint32_t crc, const unsigned char *p, size_t n)
{
	uint64_t wide = crc, word;
	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	for (; n; n--)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#endif

uint32_t segment_crc(uint32_t crc, const void *p, size_t n)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_fast(~crc, p, n);
#endif
	return ~crc_slow(~crc, p, n);
}

static void put_u32(unsigned char *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(v >> (8 * i));
}

static uint32_t get_u32(const char *p)
{
	const unsigned char *at = (const unsigned char *)p;
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void frame_add(struct buf *b, struct slice entry)
{
	unsigned char head[FRAME_HEAD];
	BUG_ON(entry.n == 0 || entry.n > LIMIT_JOURNAL_ENTRY);
	put_u32(head, (uint32_t)entry.n);
	put_u32(head + 4, segment_crc(segment_crc(0, head, 4), entry.p, entry.n));
	buf_add(b, head, sizeof head);
	buf_add_slice(b, entry);
}

enum frame_result frame_read(struct slice bytes, struct slice *entry)
{
	if (bytes.n < FRAME_HEAD)
		return FRAME_PART;
	uint32_t n = get_u32(bytes.p);
	if (n == 0 || n > LIMIT_JOURNAL_ENTRY)
		return FRAME_BAD;
	if (bytes.n - FRAME_HEAD < n)
		return FRAME_PART;
	if (segment_crc(segment_crc(0, bytes.p, 4), bytes.p + FRAME_HEAD, n) != get_u32(bytes.p + 4))
		return FRAME_BAD;
	*entry = slice_of(bytes.p + FRAME_HEAD, n);
	return FRAME_OK;
}

bool segment_path(const char *dir, uint64_t number, char out[SEGMENT_PATH_MAX])
{
	return snprintf(out, SEGMENT_PATH_MAX, "%s/%012llu.log", dir, (unsigned long long)number) <
	       SEGMENT_PATH_MAX;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static bool read_number(const char *name, uint64_t *number)
{
	unsigned long long v;
	struct slice s = slice_str(name);
	if (!slice_ends(s, SLICE_LIT(".log")) || !slice_u64(slice_of(s.p, s.n - 4), &v))
		return false;
	*number = v;
	return true;
}

bool segment_list(const char *dir, uint64_t **numbers, size_t *n, struct err *e)
{
	DIR *d = opendir(dir);
	size_t cap = 0;
	*numbers = NULL;
	*n = 0;
	if (!d)
		return err_set(e, ERR_REMOTE, "cannot read the journal '%s': %s", dir, strerror(errno));
	for (struct dirent *it; (it = readdir(d));) {
		uint64_t number;
		if (!read_number(it->d_name, &number))
			continue;
		if (*n == cap) {
			cap = cap ? cap * 2 : 16;
			*numbers = mem_realloc(*numbers, cap * sizeof **numbers);
		}
		(*numbers)[(*n)++] = number;
	}
	closedir(d);
	if (*n)
		qsort(*numbers, *n, sizeof **numbers, compare);
	return true;
}

bool segment_read(const char *dir, uint64_t number, uint64_t offset, size_t max, struct buf *out,
                  bool *is_gone, struct err *e)
{
	char path[SEGMENT_PATH_MAX];
	*is_gone = false;
	if (!segment_path(dir, number, path))
		return err_set(e, ERR_INPUT, "the path of the journal is too long");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		*is_gone = true;
		return true;
	}
	if (fd < 0)
		return err_set(e, ERR_REMOTE, "cannot open '%s': %s", path, strerror(errno));
	ssize_t got = 0;
	while (max && buf_reserve(out, max)) {
		got = pread(fd, out->p + out->n, max, (off_t)offset);
		if (got <= 0)
			break;
		out->n += (size_t)got;
		offset += (uint64_t)got;
		max -= (size_t)got;
	}
	close(fd);
	if (got < 0)
		return err_set(e, ERR_REMOTE, "cannot read '%s': %s", path, strerror(errno));
	return buf_ok(out) || err_set(e, ERR_LIMIT, "the journal needs more memory than it may have");
}
