/*
 * A ring of jobs: the caller fills them with lines of the file, two workers read and judge, and the
 * caller writes them in the order of the file. The workers touch nothing but their job.
 */
#include "cli/catalog_import.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include "catalog/show.h"
#include "cli/catalog_rows.h"
#include "cli/cli.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define JOBS	  8
#define JOB_BYTES ((size_t)512 << 10)
#define WORKERS	  2
/* A document and its values, and what is kept of it. */
#define JOB_ARENA ((size_t)3 << 30)

struct job {
	struct buf text;
	size_t line; /* of its first; 0: one document */
	bool is_done;
	struct arena arena;
	struct rows rows;
};

/* Tools that came one by one: a server's list is whole at the end of the file alone. */
struct gathered {
	struct index_server server; /* its id is the key of the map */
	struct buf tools;
	size_t line;
};

struct pipeline {
	struct catalog_import *m;
	struct job job[JOBS];
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t filled, taken, written;
	bool is_over;
	struct map gathered;
	struct arena arena; /* of the gathered */
	size_t gathered_bytes;
};

static void read_job(struct job *j, const struct catalog_import *m)
{
	struct slice text = buf_slice(&j->text);
	j->rows = (struct rows){ .arena = &j->arena, .as = m->as, .where = m->where, .package = m->package, .version = m->version };
	j->rows.end = &j->rows.first;
	if (!j->line) {
		rows_read(&j->rows, text, 0);
		return;
	}
	for (size_t line = j->line; text.n; line++) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice one = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
		text.p += one.n + (end != NULL);
		text.n -= one.n + (end != NULL);
		if (one.n && one.p[one.n - 1] == '\r')
			one.n--;
		if (slice_trim(one).n)
			rows_read(&j->rows, one, line);
	}
}

static void *work(void *ctx)
{
	struct pipeline *p = ctx;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->taken == p->filled && !p->is_over)
			pthread_cond_wait(&p->changed, &p->lock);
		if (p->taken == p->filled)
			break;
		struct job *j = &p->job[p->taken++ % JOBS];
		pthread_mutex_unlock(&p->lock);
		read_job(j, p->m);
		pthread_mutex_lock(&p->lock);
		j->is_done = true;
		pthread_cond_broadcast(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void tell_bad(struct catalog_import *m, size_t line, const char *why)
{
	struct buf text = BUF_INIT(4096), where = BUF_INIT(4096);
	m->bad++;
	if (m->is_quiet)
		return;
	show_text(&text, slice_str(why), 500);
	show_text(&where, slice_str(m->where), 200);
	if (line)
		cli_note("'%s': line %zu: %s", buf_str(&where), line, buf_str(&text));
	else
		cli_note("'%s': %s", buf_str(&where), buf_str(&text));
	buf_release(&text);
	buf_release(&where);
}

/* What the catalogue refuses of one row stops no other. */
static bool put(struct catalog_import *m, size_t line, const struct index_server *s, const struct index_list *list, struct err *e)
{
	struct err why = { 0 };
	if (index_put_list(m->index, s, list, &why)) {
		struct index_list_size size = index_list_size(list);
		m->servers += list != NULL;
		m->entries += list == NULL;
		m->tools += size.tools;
		m->refused += size.refused;
		return true;
	}
	if (why.kind == ERR_REMOTE)
		return err_set(e, why.kind, "%s", why.text);
	tell_bad(m, line, why.text);
	return true;
}

static bool gather(struct pipeline *p, const struct row *row, struct err *e)
{
	struct gathered *g = map_get(&p->gathered, row->server.id);
	p->gathered_bytes += row->tool.n;
	if (p->gathered_bytes > LIMIT_ADMIN_BYTES * 4)
		return err_set(e, ERR_LIMIT, "'%s' has more than %u bytes of single tools: write a server and its tools on one line",
			       p->m->where, LIMIT_ADMIN_BYTES * 4);
	if (!g) {
		g = arena_zalloc(&p->arena, sizeof *g);
		char *id = g ? arena_strndup(&p->arena, row->server.id.p, row->server.id.n) : NULL;
		if (!id)
			return err_set(e, ERR_LIMIT, "'%s' has too many servers of single tools", p->m->where);
		g->server = row->server;
		g->server.id = slice_of(id, row->server.id.n);
		g->tools = BUF_INIT(LIMIT_ADMIN_BYTES * 4);
		g->line = row->line;
		map_put(&p->gathered, g->server.id, g);
	}
	buf_addc(&g->tools, g->tools.n ? ',' : '[');
	buf_add_slice(&g->tools, row->tool);
	return true;
}

static bool write_row(struct pipeline *p, const struct row *row, struct err *e)
{
	switch (row->kind) {
	case ROW_LIST:
		return put(p->m, row->line, &row->server, row->list, e);
	case ROW_ENTRY:
		return put(p->m, row->line, &row->server, NULL, e);
	case ROW_OLDER:
		p->m->older++;
		return true;
	case ROW_TOOL:
		return gather(p, row, e);
	case ROW_BAD:
		break;
	}
	tell_bad(p->m, row->line, row->why);
	return true;
}

static bool write_job(struct pipeline *p, struct job *j, struct err *e)
{
	bool ok = true;
	for (const struct row *row = j->rows.first; ok && row; row = row->next)
		ok = write_row(p, row, e);
	if (j->rows.cursor.n && p->m->arena) {
		char *copy = arena_strndup(p->m->arena, j->rows.cursor.p, j->rows.cursor.n);
		p->m->cursor = slice_of(copy, copy ? j->rows.cursor.n : 0);
	}
	buf_clear(&j->text);
	arena_reset(&j->arena);
	j->is_done = false;
	return ok;
}

/* Writes what is done; with `all`, waits until everything is, else until there is room for a job. */
static bool drain(struct pipeline *p, bool all, struct err *e)
{
	bool ok = true;
	pthread_mutex_lock(&p->lock);
	while (ok && p->written < p->filled) {
		struct job *j = &p->job[p->written % JOBS];
		if (!j->is_done && !all && p->filled - p->written < JOBS)
			break;
		if (!j->is_done) {
			pthread_cond_wait(&p->changed, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		ok = write_job(p, j, e);
		pthread_mutex_lock(&p->lock);
		p->written++;
	}
	pthread_mutex_unlock(&p->lock);
	return ok;
}

/* Gives text over; the job's buffer was swapped in. */
static bool submit(struct pipeline *p, struct buf *text, size_t line, struct err *e)
{
	if (!drain(p, false, e))
		return false;
	struct job *j = &p->job[p->filled % JOBS];
	struct buf empty = j->text;
	j->text = *text;
	*text = empty;
	buf_clear(text);
	j->line = line;
	pthread_mutex_lock(&p->lock);
	p->filled++;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return true;
}

static int compare_gathered(const void *a, const void *b)
{
	const struct gathered *const *x = a, *const *y = b;
	return (*x)->line < (*y)->line ? -1 : (*x)->line > (*y)->line;
}

static bool write_gathered(struct pipeline *p, struct err *e)
{
	struct gathered **v = calloc(p->gathered.n + 1, sizeof *v);
	size_t n = 0;
	struct slice id;
	void *one;
	bool ok = true;
	BUG_ON(!v);
	for (size_t at = 0; map_next(&p->gathered, &at, &id, &one);)
		v[n++] = one;
	if (n)
		qsort(v, n, sizeof(struct gathered *), compare_gathered);
	for (size_t i = 0; i < n; i++) {
		struct arena a;
		struct err why = { 0 };
		arena_init(&a, JOB_ARENA);
		buf_addc(&v[i]->tools, ']');
		const struct json *tools = ok ? json_read(buf_slice(&v[i]->tools), &a, &why) : NULL;
		const struct index_list *list = tools ? index_judge(v[i]->server.id, tools, &a, &why) : NULL;
		if (list)
			ok = put(p->m, v[i]->line, &v[i]->server, list, e);
		else if (ok)
			tell_bad(p->m, v[i]->line, why.text);
		arena_release(&a);
		buf_release(&v[i]->tools);
	}
	free(v);
	return ok;
}

/* How much of the text is whole lines; 0: none. */
static size_t whole_lines(const struct buf *b, size_t from)
{
	const char *end = b->n > from ? memrchr(b->p + from, '\n', b->n - from) : NULL;
	return end ? (size_t)(end - b->p) + 1 : 0;
}

static size_t count_lines(const struct buf *b)
{
	size_t n = 0;
	for (const char *at = b->p, *end = b->p + b->n; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		n++;
	return n;
}

/* One document a line: the first is whole, and more stands behind it. */
static bool starts_with_line(struct slice text)
{
	struct arena a;
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
	if (!end || !slice_trim(slice_of(end + 1, text.n - (size_t)(end - text.p) - 1)).n)
		return false;
	arena_init(&a, JOB_ARENA);
	const struct json *v = json_read(slice_of(text.p, (size_t)(end - text.p)), &a, NULL);
	bool is_whole = json_is(v, JSON_OBJECT);
	arena_release(&a);
	return is_whole;
}

struct reading {
	struct pipeline *p;
	int fd;
	struct buf text; /* not given over yet */
	size_t line;	 /* its first; 0: not known whether there are lines */
	bool is_end;
};

static bool read_more(struct reading *r, struct err *e)
{
	ssize_t n;
	if (!buf_reserve(&r->text, JOB_BYTES))
		return err_set(e, ERR_LIMIT, "'%s' has a %s of more than %u bytes", r->p->m->where, r->line ? "line" : "document",
			       LIMIT_ADMIN_BYTES * 4);
	do
		n = read(r->fd, r->text.p + r->text.n, JOB_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, ERR_INPUT, "cannot read '%s': %s", r->p->m->where, strerror(errno));
	r->text.n += (size_t)n;
	r->is_end = n == 0;
	return true;
}

static bool give_lines(struct reading *r, size_t n, struct err *e)
{
	struct buf rest = BUF_INIT(r->text.max);
	buf_add(&rest, r->text.p + n, r->text.n - n);
	r->text.n = n;
	size_t lines = count_lines(&r->text);
	bool ok = submit(r->p, &r->text, r->line, e);
	buf_add_slice(&r->text, buf_slice(&rest));
	buf_release(&rest);
	r->line += lines;
	return ok;
}

static bool read_all(struct reading *r, struct err *e)
{
	while (!r->is_end) {
		size_t from = r->text.n;
		if (!read_more(r, e))
			return false;
		size_t n = whole_lines(&r->text, from);
		if (!r->line && n && starts_with_line(buf_slice(&r->text)))
			r->line = 1;
		if (r->line && n >= JOB_BYTES && !give_lines(r, n, e))
			return false;
	}
	return !r->text.n || submit(r->p, &r->text, r->line, e);
}

static bool run_pipeline(struct pipeline *p, struct reading *r, struct slice text, struct err *e)
{
	pthread_t worker[WORKERS];
	size_t n = 0;
	while (n < WORKERS && pthread_create(&worker[n], NULL, work, p) == 0)
		n++;
	bool ok = n > 0 || err_set(e, ERR_REMOTE, "no thread can be started");
	if (ok && r) {
		ok = read_all(r, e);
	} else if (ok) {
		struct buf copy = BUF_INIT(SIZE_MAX / 2);
		buf_add_slice(&copy, text);
		ok = submit(p, &copy, 0, e);
		buf_release(&copy);
	}
	ok = ok && drain(p, true, e) && write_gathered(p, e);
	pthread_mutex_lock(&p->lock);
	p->is_over = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < n; i++)
		pthread_join(worker[i], NULL);
	return ok;
}

static bool import(struct catalog_import *m, struct reading *r, struct slice text, struct err *e)
{
	struct pipeline *p = calloc(1, sizeof *p);
	BUG_ON(!p);
	p->m = m;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->changed, NULL);
	map_init(&p->gathered);
	arena_init(&p->arena, 256u << 20);
	for (size_t i = 0; i < JOBS; i++) {
		arena_init(&p->job[i].arena, JOB_ARENA);
		p->job[i].text = BUF_INIT(LIMIT_ADMIN_BYTES * 4);
	}
	if (r)
		r->p = p;
	bool ok = run_pipeline(p, r, text, e);
	for (size_t i = 0; i < JOBS; i++) {
		arena_release(&p->job[i].arena);
		buf_release(&p->job[i].text);
	}
	struct slice id;
	void *g;
	for (size_t at = 0; map_next(&p->gathered, &at, &id, &g);)
		buf_release(&((struct gathered *)g)->tools);
	arena_release(&p->arena);
	map_release(&p->gathered);
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->lock);
	free(p);
	return ok;
}

bool catalog_import_file(struct catalog_import *m, const char *path, struct err *e)
{
	bool is_input = strcmp(path, "-") == 0;
	struct reading r = { .fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC),
			     .text = BUF_INIT(LIMIT_ADMIN_BYTES * 4),
			     .line = m->is_lines };
	if (r.fd < 0)
		return err_set(e, ERR_INPUT, "cannot open '%s': %s", path, strerror(errno));
	bool ok = import(m, &r, slice_of("", 0), e);
	buf_release(&r.text);
	if (!is_input)
		close(r.fd);
	return ok;
}

bool catalog_import_text(struct catalog_import *m, struct slice text, struct err *e)
{
	return import(m, NULL, text, e);
}

bool catalog_import_list(struct catalog_import *m, const struct index_server *s, const struct json *tools, struct err *e)
{
	struct arena a;
	arena_init(&a, JOB_ARENA);
	const struct index_list *list = index_judge(s->id, tools, &a, e);
	bool ok = list && put(m, 0, s, list, e);
	arena_release(&a);
	return ok;
}
