/*
 * The inverted index is a handful of segments. Each holds some tools as documents, numbered in the order
 * of answers (rank_compare), and for every word and facet the numbers of the documents that have it, as
 * differences, seven bits a byte. What a transaction changed becomes a new segment, which takes in all
 * that are not much larger: so there are few, and a tool is written again only a few times. What a
 * segment no longer speaks for is marked in its bitmap.
 */
#include "index/inside.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/map.h"
#include <stdlib.h>

/* One tool on its way into a segment. */
struct doc {
	int64_t tool;
	struct rank rank;
};

/* The documents that have one term. */
struct posting {
	unsigned char *p;
	size_t n, cap;
	uint32_t last; /* document and one */
	struct slice term;
};

struct building {
	struct index *x;
	int64_t number;
	int64_t *tools; /* which; no order, some twice */
	size_t n, cap;
	struct arena arena;   /* names, terms, postings */
	struct arena scratch; /* one definition */
	struct doc *docs;
	struct map terms; /* → struct posting */
	struct buf changed;
	uint32_t at;	/* the document whose words come now, and one */
	size_t words;	/* its different ones so far */
};

static bool grow(void **v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	*cap = *cap ? *cap * 2 : 64;
	void *p = realloc(*v, *cap * size);
	BUG_ON(!p);
	*v = p;
	return true;
}

bool segment_pend(struct index *x, int64_t tool, struct err *e)
{
	(void)e;
	grow((void **)&x->pending, &x->pending_cap, x->pending_n, sizeof *x->pending);
	x->pending[x->pending_n++] = tool;
	return true;
}

/* The documents that a query names (segment, doc) count no longer. Ends q. */
static bool mark_gone(struct index *x, struct stmt *q, struct err *e)
{
	enum stmt_result r;
	while ((r = stmt_step(q, e)) == STMT_ROW) {
		grow((void **)&x->gone, &x->gone_cap, x->gone_n, sizeof *x->gone);
		x->gone[x->gone_n++] = (struct segment_place){ stmt_col_int(q, 0), stmt_col_int(q, 1) };
	}
	return r == STMT_DONE;
}

bool segment_forget(struct index *x, struct slice server, struct err *e)
{
	static const char *const texts[] = {
		"SELECT d.segment, d.doc FROM servers s JOIN tools t ON t.server = s.number JOIN segment_docs d ON d.tool = t.number "
		"WHERE s.id = ?",
		"DELETE FROM segment_docs WHERE tool IN (SELECT t.number FROM servers s JOIN tools t ON t.server = s.number "
		"WHERE s.id = ?)",
	};
	struct stmt find = stmt_new(&x->db, texts[0]), drop = stmt_new(&x->db, texts[1]);
	stmt_slice(&find, server);
	stmt_slice(&drop, server);
	bool ok = mark_gone(x, &find, e);
	stmt_release(&find);
	return stmt_finish(&drop, ok ? e : NULL) && ok;
}

static int compare_places(const void *a, const void *b)
{
	const struct segment_place *x = a, *y = b;
	return x->segment != y->segment ? (x->segment < y->segment ? -1 : 1) : x->doc < y->doc ? -1 : x->doc > y->doc;
}

static int compare_numbers(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int compare_docs(const void *a, const void *b)
{
	const struct doc *x = a, *y = b;
	return rank_compare(&x->rank, &y->rank);
}

static void add_tool(struct building *b, int64_t tool)
{
	grow((void **)&b->tools, &b->cap, b->n, sizeof *b->tools);
	b->tools[b->n++] = tool;
}

static void sort_tools(struct building *b)
{
	size_t n = 0;
	if (b->n)
		qsort(b->tools, b->n, sizeof *b->tools, compare_numbers);
	for (size_t i = 0; i < b->n; i++)
		if (!n || b->tools[n - 1] != b->tools[i])
			b->tools[n++] = b->tools[i];
	b->n = n;
}

/* Where the tools stood until now counts no longer. */
static bool leave_old(struct building *b, struct err *e)
{
	struct stmt q = stmt_new(&b->x->db, "SELECT segment, doc FROM segment_docs WHERE tool = ?");
	bool ok = true;
	for (size_t i = 0; ok && i < b->n; i++) {
		stmt_reset(&q);
		stmt_int(&q, b->tools[i]);
		ok = mark_gone(b->x, &q, e);
	}
	stmt_release(&q);
	return ok;
}

static bool take_in(struct building *b, int64_t segment, struct err *e)
{
	static const char *const texts[] = { "DELETE FROM segment_docs WHERE segment = ?",
					     "DELETE FROM segment_terms WHERE segment = ?",
					     "DELETE FROM segments WHERE number = ?" };
	struct stmt q = stmt_new(&b->x->db, "SELECT tool FROM segment_docs WHERE segment = ?");
	enum stmt_result r;
	stmt_int(&q, segment);
	while ((r = stmt_step(&q, e)) == STMT_ROW)
		add_tool(b, stmt_col_int(&q, 0));
	stmt_release(&q);
	bool ok = r == STMT_DONE;
	for (size_t i = 0; ok && i < 3; i++) {
		struct stmt drop = stmt_new(&b->x->db, texts[i]);
		stmt_int(&drop, segment);
		ok = stmt_finish(&drop, e);
	}
	return ok;
}

/* The new segment takes in those that are at most twice as large as what it has so far, and those of
 * which a quarter counts no longer. */
static bool merge(struct building *b, struct err *e)
{
	struct stmt q = stmt_new(&b->x->db, "SELECT number, docs, docs - (SELECT count(*) FROM segment_docs d WHERE d.segment = "
					    "s.number) FROM segments s ORDER BY docs");
	int64_t which[256];
	size_t n = 0, total = b->n;
	enum stmt_result r;
	while ((r = stmt_step(&q, e)) == STMT_ROW) {
		int64_t number = stmt_col_int(&q, 0), docs = stmt_col_int(&q, 1), dead = stmt_col_int(&q, 2);
		if (number > b->number)
			b->number = number;
		if ((docs > (int64_t)total * 2 && dead * 4 < docs) || n == 256)
			continue;
		which[n++] = number;
		total += (size_t)(docs > dead ? docs - dead : 0);
	}
	stmt_release(&q);
	b->number++;
	bool ok = r == STMT_DONE;
	for (size_t i = 0; ok && i < n; i++)
		ok = take_in(b, which[i], e);
	sort_tools(b);
	return ok;
}

static bool read_docs(struct building *b, struct err *e)
{
	struct stmt q = stmt_new(&b->x->db, "SELECT t.severity, t.name, s.id FROM tools t JOIN servers s ON s.number = t.server "
					    "WHERE t.number = ?");
	size_t n = 0;
	bool ok = true;
	b->docs = calloc(b->n + 1, sizeof *b->docs);
	BUG_ON(!b->docs);
	for (size_t i = 0; ok && i < b->n; i++) {
		struct doc *d = &b->docs[n];
		stmt_reset(&q);
		stmt_int(&q, b->tools[i]);
		enum stmt_result r = stmt_step(&q, e);
		/* One that was removed from the catalogue within the same transaction is not there. */
		n += r == STMT_ROW;
		d->tool = b->tools[i];
		d->rank.severity = stmt_col_int(&q, 0);
		ok = r == STMT_DONE || (r == STMT_ROW && column_copy(&q, 1, &b->arena, &d->rank.name, e) &&
					column_copy(&q, 2, &b->arena, &d->rank.server, e));
	}
	stmt_release(&q);
	b->n = n;
	if (n)
		qsort(b->docs, n, sizeof *b->docs, compare_docs);
	return ok;
}

static void add_varint(struct posting *p, uint32_t v)
{
	grow((void **)&p->p, &p->cap, p->n + 5, 1);
	for (; v >= 0x80; v >>= 7)
		p->p[p->n++] = (unsigned char)(v | 0x80);
	p->p[p->n++] = (unsigned char)v;
}

static void add_term(struct building *b, struct slice term)
{
	struct posting *p = map_get(&b->terms, term);
	if (!p) {
		char *copy = arena_strndup(&b->arena, term.p, term.n);
		p = arena_zalloc(&b->arena, sizeof *p);
		BUG_ON(!p || !copy);
		p->term = slice_of(copy, term.n);
		map_put(&b->terms, term, p);
	}
	if (p->last == b->at)
		return;
	add_varint(p, b->at - p->last);
	p->last = b->at;
	b->words++;
}

static bool on_word(void *ctx, struct slice word, bool is_prefix)
{
	struct building *b = ctx;
	(void)is_prefix;
	add_term(b, word);
	return b->words < LIMIT_INDEX_TERMS;
}

static void add_facet(struct building *b, enum facet f, int64_t n)
{
	char term[FACET_SIZE];
	add_term(b, facet_term(f, n, term));
}

static void add_bits(struct building *b, enum facet f, int64_t bits, int end)
{
	for (int i = 0; i < end; i++)
		if (bits & (1ll << i))
			add_facet(b, f, i);
}

static void add_minutes(struct buf *b, int64_t at_us)
{
	uint32_t v = at_us > 0 ? (uint32_t)(at_us / 60000000) : 0;
	unsigned char le[4] = { (unsigned char)v, (unsigned char)(v >> 8), (unsigned char)(v >> 16), (unsigned char)(v >> 24) };
	buf_add(b, le, 4);
}

static void add_words(struct building *b, struct slice name, struct slice server, struct slice definition)
{
	struct word_sink to = { on_word, b };
	const struct json *d = json_read(definition, &b->scratch, NULL);
	struct slice description = json_string(json_gets(d, "description"));
	if (description.n > LIMIT_INDEX_TEXT)
		description.n = LIMIT_INDEX_TEXT;
	b->words = 0;
	words_each(name, true, &to);
	words_each(server, false, &to);
	words_each(description, false, &to);
	arena_reset(&b->scratch);
}

static bool add_doc(struct building *b, const struct doc *d, struct err *e)
{
	struct stmt *q = index_stmt(b->x, SQL_SEGMENT_TOOL);
	stmt_int(q, d->tool);
	if (stmt_step(q, e) != STMT_ROW)
		return err_set(e, ERR_REMOTE, "'%s' is damaged: a tool is not there", b->x->path);
	b->at++;
	add_facet(b, FACET_SEVERITY, stmt_col_int(q, 0));
	add_facet(b, FACET_CATEGORY, stmt_col_int(q, 1));
	add_bits(b, FACET_LABEL, stmt_col_int(q, 2), LABELS);
	add_bits(b, FACET_SIGNAL, stmt_col_int(q, 3), SIGNALS);
	add_minutes(&b->changed, stmt_col_int(q, 4));
	if (stmt_col_int(q, 5))
		add_facet(b, FACET_REMOVED, 0);
	add_facet(b, FACET_SERVER, stmt_col_int(q, 6));
	add_words(b, stmt_col(q, 7), stmt_col(q, 8), stmt_col(q, 9));
	struct stmt *place = index_stmt(b->x, SQL_SEGMENT_DOC);
	stmt_int(place, b->number);
	stmt_int(place, b->at - 1);
	stmt_int(place, d->tool);
	return stmt_run(place, e);
}

static int compare_postings(const void *a, const void *b)
{
	const struct posting *const *x = a, *const *y = b;
	struct slice s = (*x)->term, t = (*y)->term;
	int c = memcmp(s.p, t.p, s.n < t.n ? s.n : t.n);
	return c ? c : s.n < t.n ? -1 : s.n > t.n;
}

static bool write_terms(struct building *b, struct err *e)
{
	struct posting **v = calloc(b->terms.n + 1, sizeof *v);
	size_t n = 0;
	struct slice term;
	void *one;
	bool ok = true;
	BUG_ON(!v);
	for (size_t at = 0; map_next(&b->terms, &at, &term, &one);)
		v[n++] = one;
	if (n)
		qsort(v, n, sizeof(struct posting *), compare_postings);
	for (size_t i = 0; i < n; i++) {
		struct stmt *q = index_stmt(b->x, SQL_SEGMENT_TERM);
		stmt_int(q, b->number);
		stmt_blob(q, v[i]->term.p, v[i]->term.n);
		stmt_blob(q, v[i]->p, v[i]->n);
		ok = ok && stmt_run(q, e);
		free(v[i]->p);
	}
	free(v);
	return ok;
}

static bool write_segment(struct building *b, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; ok && i < b->n; i++)
		ok = add_doc(b, &b->docs[i], e);
	ok = write_terms(b, ok ? e : NULL) && ok;
	struct stmt q = stmt_new(&b->x->db, "INSERT INTO segments VALUES (?, ?, x'', ?)");
	stmt_int(&q, b->number);
	stmt_int(&q, (int64_t)b->n);
	stmt_blob(&q, b->changed.p, b->changed.n);
	return stmt_finish(&q, ok ? e : NULL) && ok;
}

/* The marks of one segment; n > 0 of them, all its own. */
static bool write_dead(struct index *x, const struct segment_place *v, size_t n, struct err *e)
{
	struct stmt q = stmt_new(&x->db, "SELECT docs, dead FROM segments WHERE number = ?");
	stmt_int(&q, v->segment);
	enum stmt_result r = stmt_step(&q, e);
	size_t docs = r == STMT_ROW ? (size_t)stmt_col_int(&q, 0) : 0, size = (docs + 7) / 8;
	unsigned char *bits = calloc(size + 1, 1);
	BUG_ON(!bits);
	struct slice old = r == STMT_ROW ? stmt_col(&q, 1) : slice_of("", 0);
	memcpy(bits, old.p, old.n < size ? old.n : size);
	stmt_release(&q);
	for (size_t i = 0; i < n; i++)
		if (v[i].doc >= 0 && (size_t)v[i].doc < docs)
			bits[v[i].doc / 8] |= (unsigned char)(1 << (v[i].doc % 8));
	struct stmt set = stmt_new(&x->db, "UPDATE segments SET dead = ? WHERE number = ?");
	stmt_blob(&set, bits, size);
	stmt_int(&set, v->segment);
	/* A segment that was taken in is not there any more. */
	bool ok = stmt_finish(&set, r == STMT_FAILED ? NULL : e) && r != STMT_FAILED;
	free(bits);
	return ok;
}

static bool write_all_dead(struct index *x, struct err *e)
{
	if (x->gone_n)
		qsort(x->gone, x->gone_n, sizeof *x->gone, compare_places);
	for (size_t i = 0, n; i < x->gone_n; i += n) {
		for (n = 1; i + n < x->gone_n && x->gone[i + n].segment == x->gone[i].segment;)
			n++;
		if (!write_dead(x, x->gone + i, n, e))
			return false;
	}
	return true;
}

bool segment_flush(struct index *x, struct err *e)
{
	struct building b = { .x = x, .changed = BUF_INIT(UINT32_MAX) };
	bool ok = true;
	for (size_t i = 0; i < x->pending_n; i++)
		add_tool(&b, x->pending[i]);
	sort_tools(&b);
	if (b.n) {
		arena_init(&b.arena, SIZE_MAX / 2);
		arena_init(&b.scratch, LIMIT_REQUEST_ARENA);
		map_init(&b.terms);
		ok = leave_old(&b, e) && merge(&b, e) && read_docs(&b, e) && write_segment(&b, e);
		map_release(&b.terms);
		arena_release(&b.scratch);
		arena_release(&b.arena);
		free(b.docs);
	}
	buf_release(&b.changed);
	free(b.tools);
	x->pending_n = 0;
	ok = ok && write_all_dead(x, e);
	x->gone_n = 0;
	return ok;
}
