/*
 * The record of changes. Each row is a link:
 *
 *   link = BLAKE2b-256 keyed with the change key(link of the row before | the row)
 *
 * and the last one stands in changes_end with a mark that needs the key, too: so a row cannot be changed, put in,
 * taken out or cut off at the end without it.
 */
#include "base/check.h"
#include "base/limits.h"
#include "people/inside.h"
#include <stdio.h>

#define COLUMNS                                                                                                     \
	"seq, id, time_us, who_kind, who_id, who_name, address, action, object_type, object_id, before, after, note, link " \
	"FROM changes"
#define VERIFY_PAGE 200
#define PAGE_ARENA ((size_t)1 << 30)
#define ROW_MAX (2 * (size_t)LIMIT_CHANGE_BYTES + 65536)
#define FIELDS 11

struct link {
	int64_t seq; /* 0: none */
	unsigned char at[DIGEST_SIZE];
};

/* One row as it is kept. */
struct row {
	int64_t seq, time_us;
	struct slice v[FIELDS]; /* id, who_kind, … note */
};

static void add_number(struct buf *b, uint64_t v)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	buf_add(b, bytes, sizeof bytes);
}

static void link_row(const struct people *p, const struct row *r, struct link *l, struct buf *scratch)
{
	buf_clear(scratch);
	buf_add(scratch, l->at, DIGEST_SIZE);
	add_number(scratch, (uint64_t)r->seq);
	add_number(scratch, (uint64_t)r->time_us);
	for (size_t i = 0; i < FIELDS; i++) {
		add_number(scratch, r->v[i].n);
		buf_add_slice(scratch, r->v[i]);
	}
	digest_keyed(p->change_key, buf_slice(scratch), l->at);
	l->seq = r->seq;
}

static void make_mark(const struct people *p, const struct link *l, unsigned char mark[DIGEST_SIZE])
{
	struct buf b = BUF_INIT(256);
	buf_adds(&b, "the last change\n");
	add_number(&b, (uint64_t)l->seq);
	buf_add(&b, l->at, DIGEST_SIZE);
	digest_keyed(p->change_key, buf_slice(&b), mark);
	buf_release(&b);
}

static bool find_last(struct people *p, struct link *l, struct err *e)
{
	struct sql_rows rows;
	struct arena a;
	arena_init(&a, 1u << 16);
	*l = (struct link){ 0 };
	bool ok = sql_run(p->sql, "SELECT seq, link FROM changes ORDER BY seq DESC LIMIT 1", NULL, 0, &a, &rows, e);
	if (ok && rows.n) {
		struct slice at = sql_text(&rows, 0, 1);
		l->seq = sql_int(&rows, 0, 0);
		memcpy(l->at, at.p, at.n < DIGEST_SIZE ? at.n : DIGEST_SIZE);
	}
	arena_release(&a);
	return ok;
}

/* Of a large object, what proves which one it was. */
static struct slice keep(struct slice text, char out[128])
{
	unsigned char digest[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];
	if (text.n <= LIMIT_CHANGE_BYTES)
		return text;
	digest_sha256(text, digest);
	digest_hex(digest, sizeof digest, hex);
	snprintf(out, 128, "{\"bytes\":%zu,\"sha256\":\"%s\"}", text.n, hex);
	return slice_str(out);
}

static struct slice cut(const char *text)
{
	struct slice s = slice_str(text ? text : "");
	if (s.n <= LIMIT_CHANGE_TEXT)
		return s;
	s.n = LIMIT_CHANGE_TEXT;
	while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80) /* not within a character */
		s.n--;
	return s;
}

static bool insert(struct people *p, struct row *r, struct buf *scratch, struct err *e)
{
	struct link last;
	unsigned char mark[DIGEST_SIZE];
	struct sql_value q[3 + FIELDS];
	if (!find_last(p, &last, e))
		return false;
	r->seq = last.seq + 1;
	link_row(p, r, &last, scratch);
	if (!buf_ok(scratch))
		return people_full(e);
	make_mark(p, &last, mark);
	q[0] = SQL_I(r->seq);
	q[1] = SQL_I(r->time_us);
	for (size_t i = 0; i < FIELDS; i++)
		q[2 + i] = SQL_T(r->v[i]);
	q[2 + FIELDS] = SQL_B(last.at, DIGEST_SIZE);
	const struct sql_value end[] = { SQL_I(r->seq), SQL_B(mark, sizeof mark) };
	return people_run(p,
	                  "INSERT INTO changes (seq, time_us, id, who_kind, who_id, who_name, address, action, object_type, "
	                  "object_id, before, after, note, link) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
	                  q, ARRAY_LEN(q), e) &&
	       people_run(p,
	                  "INSERT INTO changes_end (one, seq, mark) VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET "
	                  "seq = excluded.seq, mark = excluded.mark",
	                  end, 2, e);
}

bool people_change_add(struct people *p, const struct change *c, struct err *e)
{
	char id[RANDOM_UUID_SIZE], before[128], after[128];
	struct buf scratch = BUF_INIT(ROW_MAX);
	random_uuid7(c->time_us, id);
	struct row r = { 0, c->time_us,
		         { slice_str(id), cut(c->who_kind), cut(c->who_id), cut(c->who_name), cut(c->address), cut(c->action),
		           cut(c->object_type), cut(c->object_id), keep(c->before, before), keep(c->after, after), cut(c->note) } };
	bool ok = sql_begin(p->sql, e) && sql_end(p->sql, insert(p, &r, &scratch, e), e);
	buf_release(&scratch);
	return ok;
}

static void read_change(const struct sql_rows *r, size_t i, struct change *c)
{
	*c = (struct change){ .time_us = sql_int(r, i, 2), .who_kind = sql_str(r, i, 3), .who_id = sql_str(r, i, 4),
		              .who_name = sql_str(r, i, 5), .address = sql_str(r, i, 6), .action = sql_str(r, i, 7),
		              .object_type = sql_str(r, i, 8), .object_id = sql_str(r, i, 9), .before = sql_text(r, i, 10),
		              .after = sql_text(r, i, 11), .note = sql_str(r, i, 12) };
	snprintf(c->id, sizeof c->id, "%s", sql_str(r, i, 1));
}

bool people_changes(struct people *p, const struct change_filter *f, struct arena *a, struct change **v, size_t *n, struct err *e)
{
	struct sql_rows rows;
	size_t limit = f->limit && f->limit < LIMIT_CHANGE_PAGE ? f->limit : LIMIT_CHANGE_PAGE;
	bool is_noun = slice_ends(f->action, SLICE_LIT("."));
	const struct sql_value q[] = { SQL_T(f->who),
		                       SQL_T(f->action),
		                       SQL_I(is_noun),
		                       SQL_T(f->object_type),
		                       SQL_T(f->object_id),
		                       SQL_I(f->since_us),
		                       SQL_I(f->until_us ? f->until_us : INT64_MAX),
		                       SQL_S(f->before_id ? f->before_id : ""),
		                       SQL_I((int64_t)limit) };
	if (!sql_run(p->sql,
	             "SELECT " COLUMNS " WHERE ($1 = '' OR who_id = $1 OR who_name = $1) "
	             "AND ($2 = '' OR action = $2 OR ($3 = 1 AND substr(action, 1, length($2)) = $2)) "
	             "AND ($4 = '' OR object_type = $4) AND ($5 = '' OR object_id = $5) AND time_us >= $6 AND time_us < $7 "
	             "AND ($8 = '' OR seq < (SELECT c.seq FROM changes c WHERE c.id = $8)) ORDER BY seq DESC LIMIT $9",
	             q, ARRAY_LEN(q), a, &rows, e))
		return false;
	*v = arena_zalloc(a, (rows.n + 1) * sizeof **v);
	if (!*v)
		return people_full(e);
	for (size_t i = 0; i < rows.n; i++)
		read_change(&rows, i, &(*v)[i]);
	*n = rows.n;
	return true;
}

bool people_changes_count(struct people *p, const struct change_filter *f, uint64_t *n, struct err *e)
{
	int64_t found = 0;
	bool is_noun = slice_ends(f->action, SLICE_LIT("."));
	const struct sql_value q[] = { SQL_T(f->who),        SQL_T(f->action),      SQL_I(is_noun),
		                       SQL_T(f->object_type), SQL_T(f->object_id), SQL_I(f->since_us),
		                       SQL_I(f->until_us ? f->until_us : INT64_MAX) };
	bool ok = people_number(p,
	                        "SELECT count(*) FROM changes WHERE ($1 = '' OR who_id = $1 OR who_name = $1) "
	                        "AND ($2 = '' OR action = $2 OR ($3 = 1 AND substr(action, 1, length($2)) = $2)) "
	                        "AND ($4 = '' OR object_type = $4) AND ($5 = '' OR object_id = $5) AND time_us >= $6 AND time_us < $7",
	                        q, ARRAY_LEN(q), &found, e);
	*n = (uint64_t)found;
	return ok;
}

static bool is_linked(struct people *p, const struct sql_rows *r, size_t i, struct link *l, struct buf *scratch, char why[128])
{
	struct row row = { sql_int(r, i, 0), sql_int(r, i, 2), { sql_text(r, i, 1) } };
	struct slice link = sql_text(r, i, 13);
	for (int k = 1; k < FIELDS; k++)
		row.v[k] = sql_text(r, i, (size_t)k + 2);
	int64_t wanted = l->seq + 1;
	link_row(p, &row, l, scratch);
	if (row.seq == wanted && buf_ok(scratch) && link.n == DIGEST_SIZE && digest_equal(link.p, l->at, DIGEST_SIZE))
		return true;
	snprintf(why, 128, row.seq == wanted ? "change %lld was changed" : "a change is missing before number %lld", (long long)row.seq);
	return false;
}

/* The end as it was committed last; *rest: are there rows behind it? */
static bool find_end(struct people *p, struct link *end, bool *rest, struct arena *a, struct err *e)
{
	struct sql_rows rows;
	*end = (struct link){ 0 };
	if (!sql_run(p->sql,
	             "SELECT e.seq, e.mark, (SELECT count(*) FROM changes WHERE seq > e.seq) FROM (SELECT 0 AS seq, x'' AS mark "
	             "WHERE NOT EXISTS (SELECT 1 FROM changes_end) UNION ALL SELECT seq, mark FROM changes_end) e",
	             NULL, 0, a, &rows, e))
		return false;
	struct slice mark = rows.n ? sql_text(&rows, 0, 1) : SLICE_LIT("");
	end->seq = rows.n ? sql_int(&rows, 0, 0) : 0;
	memcpy(end->at, mark.p, mark.n < DIGEST_SIZE ? mark.n : DIGEST_SIZE);
	*rest = rows.n && sql_int(&rows, 0, 2) > 0;
	return true;
}

static bool is_at_end(const struct people *p, const struct link *l, const struct link *end, bool rest, char why[128])
{
	unsigned char mark[DIGEST_SIZE];
	make_mark(p, l, mark);
	if (l->seq < end->seq)
		snprintf(why, 128, "changes behind number %lld are missing", (long long)l->seq);
	else if (l->seq && !digest_equal(mark, end->at, sizeof mark))
		snprintf(why, 128, "the mark of the last change, number %lld, does not fit it", (long long)l->seq);
	else if (rest)
		snprintf(why, 128, "changes behind number %lld were added by somebody without the key", (long long)l->seq);
	else
		return true;
	return false;
}

/* Up to the end as it stands now: more may be written meanwhile. */
static bool walk(struct people *p, struct link *l, bool *is_whole, char why[128], struct buf *scratch, struct err *e)
{
	struct link end;
	struct sql_rows rows;
	struct arena a;
	bool rest, is_over = false;
	arena_init(&a, PAGE_ARENA);
	bool ok = find_end(p, &end, &rest, &a, e);
	while (ok && *is_whole && !is_over) {
		const struct sql_value q[] = { SQL_I(l->seq), SQL_I(end.seq), SQL_I(VERIFY_PAGE) };
		arena_reset(&a);
		ok = sql_run(p->sql, "SELECT " COLUMNS " WHERE seq > $1 AND seq <= $2 ORDER BY seq LIMIT $3", q, 3, &a, &rows, e);
		is_over = ok && !rows.n;
		for (size_t i = 0; ok && *is_whole && i < rows.n; i++)
			*is_whole = is_linked(p, &rows, i, l, scratch, why);
	}
	arena_release(&a);
	if (ok && *is_whole)
		*is_whole = is_at_end(p, l, &end, rest, why);
	return ok;
}

bool people_changes_verify(struct people *p, uint64_t *rows, bool *is_whole, char why[128], struct err *e)
{
	struct link l = { 0 };
	struct buf scratch = BUF_INIT(ROW_MAX);
	*is_whole = true;
	why[0] = '\0';
	bool ok = walk(p, &l, is_whole, why, &scratch, e);
	buf_release(&scratch);
	*rows = (uint64_t)l.seq;
	return ok;
}
