/*
 * A search asks every segment for the set of its documents that fit, as a bitmap, and then takes the
 * first of all segments in the order of answers. What a question costs is bounded by the lists of its
 * words, not by how many tools it fits: no sorting, and a late page costs what the first does.
 */
#include "index/inside.h"
#include "base/check.h"
#include "base/digest.h"
#include "base/limits.h"
#include <stdlib.h>

struct word {
	char p[LIMIT_INDEX_TERM];
	size_t n;
	bool is_whole; /* not a prefix: a character of a script without blanks */
};

struct question {
	struct index *x;
	const struct index_query *q;
	struct word word[LIMIT_INDEX_WORDS];
	size_t word_n;
	bool has_too_many;
	int64_t server; /* its number; 0: any */
	struct rank after;
	bool has_after;
};

/* The answer of one segment. */
struct found {
	int64_t segment;
	size_t docs, at; /* at: the document that comes next */
	uint64_t *bits;
	bool has_next;
	int64_t tool;
	struct rank rank; /* of the next; in the page's arena */
};

static size_t words_of(size_t docs)
{
	return docs / 64 + 1;
}

static void set_bit(uint64_t *bits, size_t docs, uint64_t doc)
{
	if (doc < docs)
		bits[doc / 64] |= 1ull << (doc % 64);
}

/* A list of documents into a bitmap; a damaged one sets what it can. */
static void add_list(struct slice list, uint64_t *bits, size_t docs)
{
	uint64_t doc = 0, v = 0;
	unsigned shift = 0;
	for (size_t i = 0; i < list.n; i++) {
		unsigned char c = (unsigned char)list.p[i];
		v |= (uint64_t)(c & 0x7f) << shift;
		shift += 7;
		if ((c & 0x80) && shift < 35)
			continue;
		doc += v;
		set_bit(bits, docs, doc - 1);
		v = 0;
		shift = 0;
	}
}

static bool add_term(struct question *k, struct found *f, struct slice term, bool is_prefix, uint64_t *bits, struct err *e)
{
	char end[FACET_SIZE + LIMIT_INDEX_TERM + 1];
	struct stmt *q = index_stmt(k->x, is_prefix ? SQL_FIND_PREFIX : SQL_FIND_TERM);
	enum stmt_result r;
	stmt_int(q, f->segment);
	stmt_blob(q, term.p, term.n);
	if (is_prefix) {
		memcpy(end, term.p, term.n);
		end[term.n] = (char)0xff; /* no byte of UTF-8 */
		stmt_blob(q, end, term.n + 1);
	}
	while ((r = stmt_step(q, e)) == STMT_ROW)
		add_list(stmt_col(q, 0), bits, f->docs);
	stmt_reset(q);
	return r == STMT_DONE;
}

static void keep(struct found *f, uint64_t *bits)
{
	for (size_t i = 0; i < words_of(f->docs); i++)
		f->bits[i] &= bits[i];
}

static void drop(struct found *f, uint64_t *bits)
{
	for (size_t i = 0; i < words_of(f->docs); i++)
		f->bits[i] &= ~bits[i];
}

static bool keep_words(struct question *k, struct found *f, uint64_t *bits, struct err *e)
{
	for (size_t i = 0; i < k->word_n; i++) {
		const struct word *w = &k->word[i];
		memset(bits, 0, words_of(f->docs) * 8);
		if (!add_term(k, f, slice_of(w->p, w->n), !w->is_whole, bits, e))
			return false;
		keep(f, bits);
	}
	return true;
}

static bool keep_facet(struct question *k, struct found *f, enum facet what, unsigned mask, uint64_t *bits, struct err *e)
{
	char term[FACET_SIZE];
	if (!mask)
		return true;
	memset(bits, 0, words_of(f->docs) * 8);
	for (int i = 0; i < 32; i++)
		if ((mask & (1u << i)) && !add_term(k, f, facet_term(what, i, term), false, bits, e))
			return false;
	keep(f, bits);
	return true;
}

static bool keep_rest(struct question *k, struct found *f, uint64_t *bits, struct err *e)
{
	char term[FACET_SIZE];
	memset(bits, 0, words_of(f->docs) * 8);
	if (!k->q->with_removed) {
		if (!add_term(k, f, facet_term(FACET_REMOVED, 0, term), false, bits, e))
			return false;
		drop(f, bits);
	}
	memset(bits, 0, words_of(f->docs) * 8);
	if (k->server) {
		if (!add_term(k, f, facet_term(FACET_SERVER, k->server, term), false, bits, e))
			return false;
		keep(f, bits);
	}
	return true;
}

/* Minutes since 1970, four bytes a document. */
static void drop_unchanged(const struct question *k, struct found *f, struct slice changed)
{
	int64_t since = k->q->since_us / 60000000;
	const unsigned char *p = (const unsigned char *)changed.p;
	for (size_t i = 0; i < f->docs && i * 4 + 4 <= changed.n; i++) {
		uint32_t at = p[i * 4] | (uint32_t)p[i * 4 + 1] << 8 | (uint32_t)p[i * 4 + 2] << 16 | (uint32_t)p[i * 4 + 3] << 24;
		if (at < since)
			f->bits[i / 64] &= ~(1ull << (i % 64));
	}
}

/* The row of a segment: its size, and what it does not speak for. */
static void start(const struct question *k, struct found *f, struct slice dead, struct slice changed)
{
	memset(f->bits, 0xff, words_of(f->docs) * 8);
	for (size_t i = f->docs; i < words_of(f->docs) * 64; i++)
		f->bits[i / 64] &= ~(1ull << (i % 64));
	for (size_t i = 0; i < dead.n && i < (f->docs + 7) / 8; i++)
		f->bits[i / 8] &= ~((uint64_t)(unsigned char)dead.p[i] << (8 * (i % 8)));
	if (k->q->only_changed)
		drop_unchanged(k, f, changed);
}

/* Which tool a document is, and its place in the order. False with no *e: it is gone. */
static bool read_rank(struct question *k, struct found *f, size_t doc, struct arena *a, bool *is_there, struct err *e)
{
	struct stmt *q = index_stmt(k->x, SQL_FIND_RANK);
	stmt_int(q, f->segment);
	stmt_int(q, (int64_t)doc);
	enum stmt_result r = stmt_step(q, e);
	bool ok = r == STMT_DONE;
	*is_there = r == STMT_ROW;
	if (r == STMT_ROW) {
		f->tool = stmt_col_int(q, 0);
		f->rank.severity = stmt_col_int(q, 1);
		ok = column_copy(q, 2, a, &f->rank.name, e) && column_copy(q, 3, a, &f->rank.server, e);
	}
	stmt_reset(q);
	return ok;
}

/* The next document at or behind f->at that fits. */
static bool advance(struct question *k, struct found *f, struct arena *a, struct err *e)
{
	f->has_next = false;
	while (f->at < f->docs) {
		uint64_t left = f->bits[f->at / 64] >> (f->at % 64);
		if (!left) {
			f->at = (f->at / 64 + 1) * 64;
			continue;
		}
		f->at += (size_t)__builtin_ctzll(left);
		bool is_there;
		if (!read_rank(k, f, f->at++, a, &is_there, e))
			return false;
		if (is_there && (!k->has_after || rank_compare(&f->rank, &k->after) > 0)) {
			f->has_next = true;
			return true;
		}
	}
	return true;
}

/* The first document behind the cursor: documents stand in the order of answers. */
static bool seek(struct question *k, struct found *f, struct arena *a, struct err *e)
{
	size_t low = 0, high = f->docs;
	while (k->has_after && low < high) {
		size_t middle = low + (high - low) / 2, at = middle;
		bool is_there = false;
		/* One that is gone has no place: the next that has one tells. */
		while (at < high && !is_there)
			if (!read_rank(k, f, at++, a, &is_there, e))
				return false;
		if (is_there && rank_compare(&f->rank, &k->after) <= 0)
			low = at;
		else
			high = middle;
	}
	f->at = low;
	return advance(k, f, a, e);
}

static size_t count_bits(const struct found *f)
{
	size_t n = 0;
	for (size_t i = 0; i < words_of(f->docs); i++)
		n += (size_t)__builtin_popcountll(f->bits[i]);
	return n;
}

struct answer {
	struct found *v;
	size_t n, total;
};

static bool ask_segments(struct question *k, struct answer *out, struct arena *a, struct err *e)
{
	struct stmt q = stmt_new(&k->x->db, k->q->only_changed ? "SELECT number, docs, dead, changed FROM segments"
							       : "SELECT number, docs, dead, x'' FROM segments");
	enum stmt_result r;
	bool ok = true;
	size_t cap = 0;
	while (ok && (r = stmt_step(&q, e)) != STMT_DONE) {
		if (r == STMT_FAILED || (out->n == cap && !(out->v = arena_realloc(a, out->v, cap * sizeof *out->v,
										 (cap + 32) * sizeof *out->v)))) {
			ok = false;
			break;
		}
		cap = out->n == cap ? cap + 32 : cap;
		struct found *f = &out->v[out->n++];
		*f = (struct found){ .segment = stmt_col_int(&q, 0), .docs = (size_t)stmt_col_int(&q, 1) & UINT32_MAX };
		uint64_t *bits = arena_alloc(a, words_of(f->docs) * 8);
		f->bits = arena_alloc(a, words_of(f->docs) * 8);
		if (!bits || !f->bits) {
			ok = err_set(e, ERR_LIMIT, "the catalogue is too large to be searched in this memory");
			break;
		}
		start(k, f, stmt_col(&q, 2), stmt_col(&q, 3));
		ok = keep_words(k, f, bits, e) && keep_facet(k, f, FACET_CATEGORY, k->q->categories, bits, e) &&
		     keep_facet(k, f, FACET_SEVERITY, k->q->severities, bits, e) &&
		     keep_facet(k, f, FACET_LABEL, k->q->labels, bits, e) &&
		     keep_facet(k, f, FACET_SIGNAL, k->q->signals, bits, e) && keep_rest(k, f, bits, e);
		out->total += count_bits(f);
	}
	stmt_release(&q);
	return ok;
}

static struct found *first_of(struct answer *all)
{
	struct found *best = NULL;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].has_next && (!best || rank_compare(&all->v[i].rank, &best->rank) < 0))
			best = &all->v[i];
	return best;
}

static bool add_tool(struct question *k, int64_t number, struct arena *a, struct index_page *out, struct err *e)
{
	struct stmt *q = index_stmt(k->x, SQL_FIND_TOOL);
	stmt_int(q, number);
	enum stmt_result r = stmt_step(q, e);
	bool ok = r != STMT_FAILED && (r == STMT_DONE || read_tool(q, a, &out->tools[out->n], e));
	out->n += ok && r == STMT_ROW;
	stmt_reset(q);
	return ok;
}

/* severity, name, 0, server: where the next page begins, whatever changes until then. */
static bool write_cursor(const struct index_tool *last, struct arena *a, struct slice *out)
{
	struct buf raw = BUF_INIT(1u << 16), text = BUF_INIT(1u << 16);
	buf_addf(&raw, "%d", (int)last->severity);
	buf_add_slice(&raw, last->name);
	buf_addc(&raw, '\0');
	buf_add_slice(&raw, last->server);
	base64url_add(&text, buf_slice(&raw));
	char *p = arena_strndup(a, text.p, text.n);
	*out = slice_of(p, text.n);
	buf_release(&raw);
	buf_release(&text);
	return p != NULL;
}

static bool read_cursor(struct question *k, struct arena *a, struct err *e)
{
	struct slice text = k->q->cursor;
	unsigned char *raw = arena_alloc(a, text.n + 4);
	size_t n = 0;
	if (!text.n)
		return true;
	if (!raw || text.n > 4096 || !base64url_read(text, raw, &n) || n < 2 || raw[0] < '0' || raw[0] >= '0' + SEVERITIES)
		return err_set(e, ERR_INPUT, "the cursor is none of ours: start again without it");
	/* A name may hold a zero byte, an id not. */
	size_t zero = n;
	while (zero > 1 && raw[zero - 1])
		zero--;
	if (zero <= 1)
		return err_set(e, ERR_INPUT, "the cursor is none of ours: start again without it");
	k->has_after = true;
	k->after.severity = raw[0] - '0';
	k->after.name = slice_of((const char *)raw + 1, zero - 2);
	k->after.server = slice_of((const char *)raw + zero, n - zero);
	return true;
}

static bool take_word(void *ctx, struct slice word, bool is_prefix)
{
	struct question *k = ctx;
	if (k->word_n == LIMIT_INDEX_WORDS) {
		k->has_too_many = true;
		return false;
	}
	struct word *w = &k->word[k->word_n++];
	memcpy(w->p, word.p, word.n);
	w->n = word.n;
	w->is_whole = !is_prefix;
	return true;
}

static bool read_question(struct question *k, struct arena *a, bool *is_empty, struct err *e)
{
	struct word_sink to = { take_word, k };
	*is_empty = false;
	words_each(k->q->words, false, &to);
	if (k->has_too_many)
		return err_set(e, ERR_LIMIT, "a search has at most %d words", LIMIT_INDEX_WORDS);
	if (!k->q->limit || k->q->limit > LIMIT_INDEX_PAGE)
		return err_set(e, ERR_LIMIT, "a page has 1 to %d tools", LIMIT_INDEX_PAGE);
	if (k->q->server.n) {
		struct stmt q = stmt_new(&k->x->db, "SELECT number FROM servers WHERE id = ?");
		stmt_slice(&q, k->q->server);
		enum stmt_result r = stmt_step(&q, e);
		k->server = r == STMT_ROW ? stmt_col_int(&q, 0) : 0;
		*is_empty = r == STMT_DONE;
		stmt_release(&q);
		if (r == STMT_FAILED)
			return false;
	}
	/* Words of signs alone ask for what no text has. */
	*is_empty |= k->q->words.n && !k->word_n && slice_trim(k->q->words).n;
	return read_cursor(k, a, e);
}

static bool fill_page(struct question *k, struct answer *all, struct arena *scratch, struct arena *a, struct index_page *out,
		      struct err *e)
{
	struct found *next;
	out->total = all->total;
	out->tools = arena_alloc(a, k->q->limit * sizeof *out->tools);
	if (!out->tools)
		return err_set(e, ERR_LIMIT, "a page does not fit the memory for it");
	for (size_t i = 0; i < all->n; i++)
		if (!seek(k, &all->v[i], scratch, e))
			return false;
	while (out->n < k->q->limit && (next = first_of(all)))
		if (!add_tool(k, next->tool, a, out, e) || !advance(k, next, scratch, e))
			return false;
	if (out->n && first_of(all) && !write_cursor(&out->tools[out->n - 1], a, &out->cursor))
		return err_set(e, ERR_LIMIT, "a page does not fit the memory for it");
	return true;
}

bool index_search(struct index *x, const struct index_query *q, struct arena *a, struct index_page *out, struct err *e)
{
	struct question k = { .x = x, .q = q };
	struct answer all = { 0 };
	struct arena scratch;
	bool is_empty;
	*out = (struct index_page){ 0 };
	if (e)
		e->kind = ERR_NONE;
	/* One state of the file for all that is asked of it. */
	if (!x->is_open && !db_exec(&x->db, "BEGIN", e))
		return false;
	arena_init(&scratch, 512u << 20);
	bool ok = read_question(&k, &scratch, &is_empty, e);
	if (ok && !is_empty)
		ok = ask_segments(&k, &all, &scratch, e) && fill_page(&k, &all, &scratch, a, out, e);
	arena_release(&scratch);
	return x->is_open ? ok : db_end(&x->db, true, ok ? e : NULL) && ok;
}
