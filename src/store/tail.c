/* Files of the journal, read without its lock. */
#include "store/tail.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/batch.h"
#include "store/segment.h"
#include <unistd.h>

/* A file has at most this much: one flush may go past the limit. */
#define FILE_BYTES_MAX ((size_t)LIMIT_JOURNAL_SEGMENT + LIMIT_JOURNAL_PENDING)
/* A reader does not take the memory of the machine. */
#define FILES_MAX 64

static bool read_place(struct store *s, struct place *out, struct err *e)
{
	struct stmt q = stmt_new(&s->db, "SELECT segment, offset FROM mover");
	enum stmt_result r = stmt_step(&q, e);
	if (r == STMT_ROW)
		*out = (struct place){ (uint64_t)stmt_col_int(&q, 0), (uint64_t)stmt_col_int(&q, 1) };
	stmt_release(&q);
	return r == STMT_ROW || (r == STMT_DONE && err_set(e, ERR_REMOTE, "'%s' is damaged", s->db_path));
}

static bool read_files(struct tail *t, const char *dir, struct place from, struct err *e)
{
	bool is_gone, ok = true;
	for (size_t i = 0; ok && i < t->file_n; i++) {
		t->offsets[i] = t->numbers[i] == from.segment ? from.offset : 0;
		buf_init(&t->files[i], FILE_BYTES_MAX);
		if (t->numbers[i] >= from.segment)
			ok = segment_read(dir, t->numbers[i], t->offsets[i], FILE_BYTES_MAX - 1, &t->files[i],
			                  &is_gone, e);
	}
	return ok;
}

bool tail_read(struct tail *t, struct store *s, struct err *e)
{
	char dir[SEGMENT_PATH_MAX];
	struct place from;
	memset(t, 0, sizeof *t);
	map_init(&t->by_id);
	if (snprintf(dir, sizeof dir, "%s/journal", s->dir) >= (int)sizeof dir)
		return err_set(e, ERR_INPUT, "the path of the journal is too long");
	if (access(dir, F_OK) != 0)
		return true; /* no gate ever ran */
	if (!read_place(s, &from, e) || !segment_list(dir, &t->numbers, &t->file_n, e))
		return false;
	if (t->file_n > FILES_MAX) {
		t->file_n = 0;
		return err_set(e, ERR_LIMIT, "more than %d files of the journal wait to be moved to the database; "
		                             "try again later", FILES_MAX);
	}
	t->files = mem_zalloc((t->file_n + 1) * sizeof *t->files);
	t->offsets = mem_zalloc((t->file_n + 1) * sizeof *t->offsets);
	return read_files(t, dir, from, e);
}

static struct tail_call *find_or_add(struct tail *t, struct slice id)
{
	size_t place = (size_t)(uintptr_t)map_get(&t->by_id, id);
	if (place)
		return &t->v[place - 1];
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 256;
		t->v = mem_realloc(t->v, t->cap * sizeof *t->v);
	}
	struct tail_call *c = &t->v[t->n];
	memset(c, 0, sizeof *c);
	memcpy(c->id, id.p, AUDIT_ID_SIZE);
	map_put(&t->by_id, id, (void *)(uintptr_t)++t->n);
	return c;
}

static void add_entry(struct tail *t, struct slice entry)
{
	enum audit_part part;
	struct slice id;
	if (!audit_peek(entry, &part, &id) || part == AUDIT_PART_GIVE_BACK)
		return;
	struct tail_call *c = find_or_add(t, id);
	if (part == AUDIT_PART_OUTCOME)
		c->outcome = entry;
	else
		c->decision = entry;
}

static int compare_newest_first(const void *a, const void *b)
{
	const struct tail_call *x = a, *y = b;
	return memcmp(y->id, x->id, AUDIT_ID_SIZE);
}

/* The index is made anew, because sorting moved what it points to. */
static void sort(struct tail *t)
{
	if (t->n)
		qsort(t->v, t->n, sizeof *t->v, compare_newest_first);
	for (size_t i = 0; i < t->n; i++)
		map_put(&t->by_id, slice_of((const char *)t->v[i].id, AUDIT_ID_SIZE), (void *)(uintptr_t)(i + 1));
}

bool tail_begin(struct tail *t, struct store *s, struct err *e)
{
	struct place from;
	if (!read_place(s, &from, e))
		return false;
	for (size_t i = 0; i < t->file_n; i++) {
		struct slice rest = buf_slice(&t->files[i]), entry;
		uint64_t at = t->offsets[i];
		while (frame_read(rest, &entry) == FRAME_OK) {
			bool is_moved = t->numbers[i] < from.segment ||
			                (t->numbers[i] == from.segment && at < from.offset);
			if (!is_moved)
				add_entry(t, entry);
			rest.p += FRAME_HEAD + entry.n;
			rest.n -= FRAME_HEAD + entry.n;
			at += FRAME_HEAD + entry.n;
		}
	}
	sort(t);
	return true;
}

void tail_release(struct tail *t)
{
	for (size_t i = 0; i < t->file_n && t->files; i++)
		buf_release(&t->files[i]);
	free(t->files);
	free(t->numbers);
	free(t->offsets);
	free(t->v);
	map_release(&t->by_id);
	memset(t, 0, sizeof *t);
}

const struct tail_call *tail_find(const struct tail *t, struct slice id)
{
	size_t place = (size_t)(uintptr_t)map_get(&t->by_id, id);
	return place ? &t->v[place - 1] : NULL;
}
