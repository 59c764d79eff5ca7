/* Collects words, and writes them in small files. */
#include "site/search.h"
#include "base/check.h"
#include "base/html.h"
#include "site/inside.h"
#include "site/words.h"
#include <stdio.h>
#include <stdlib.h>

#define WORDS_OF_NAME	     16
#define WORDS_OF_TEXT	     12
#define TEXT_LOOKED_AT	     320
#define FILE_BYTES	     32768
/* A word of more than so many: the most dangerous stand for it, and the page is told. */
#define NUMBERS_MAX	     20000
#define DESCRIBED_A_FILE     64
#define TERMS_MAX	     (1u << 24)

struct search_term {
	struct slice word;
	uint32_t number; /* as it came; in the order of the words when they are written */
};

void search_init(struct search *x)
{
	*x = (struct search){ 0 };
	map_init(&x->terms);
}

void search_release(struct search *x)
{
	for (size_t i = 0; i < x->term_n; i++)
		free(x->order[i]);
	free(x->order);
	free(x->v);
	map_release(&x->terms);
}

static struct search_term *find_term(struct search *x, struct slice word)
{
	struct search_term *t = map_get(&x->terms, word);
	if (t || x->term_n == TERMS_MAX)
		return t;
	if (x->term_n == x->term_cap) {
		x->term_cap = x->term_cap ? x->term_cap * 2 : 4096;
		x->order = mem_realloc(x->order, x->term_cap * sizeof(void *));
	}
	t = mem_alloc(sizeof *t + word.n);
	memcpy(t + 1, word.p, word.n);
	*t = (struct search_term){ .word = slice_of((const char *)(t + 1), word.n), .number = (uint32_t)x->term_n };
	x->order[x->term_n++] = t;
	map_put(&x->terms, word, t);
	return t;
}

/* A term in 24 bits, a row in 32, and the lowest bit 0 for the name, so that it comes first. */
static void add(struct search *x, uint32_t row, struct slice word, bool is_name)
{
	struct search_term *t = find_term(x, word);
	if (!t)
		return;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 65536;
		x->v = mem_realloc(x->v, x->cap * sizeof *x->v);
	}
	x->v[x->n++] = (uint64_t)t->number << 33 | (uint64_t)row << 1 | !is_name;
}

static void add_words(struct search *x, uint32_t row, struct slice text, bool is_name)
{
	char word[WORD_SIZE], whole[WORD_SIZE];
	size_t n, seen = 0, whole_n = 0;
	struct words w = words_of(text);
	while (seen < (is_name ? WORDS_OF_NAME : WORDS_OF_TEXT) && (n = words_next(&w, word))) {
		struct slice s = slice_of(word, n);
		if (!is_name && (n < 3 || word_is_common(s)))
			continue;
		add(x, row, s, is_name);
		seen++;
		if (is_name && whole_n + n < sizeof whole) {
			memcpy(whole + whole_n, word, n);
			whole_n += n;
		}
	}
	if (is_name && seen > 1)
		add(x, row, slice_of(whole, whole_n), true);
}

void search_add(struct search *x, uint32_t row, struct slice name, struct slice description)
{
	add_words(x, row, name, true);
	add_words(x, row, slice_of(description.p, description.n < TEXT_LOOKED_AT ? description.n : TEXT_LOOKED_AT), false);
}

/* Of an identity, what tells it from others. */
static void add_identity(struct search *x, uint32_t row, const struct server_row *r, bool is_name)
{
	static const char *const schemes[] = { "io.github.", "pkg:npm/", "pkg:pypi/", "pkg:oci/" };
	struct slice id = r->s.id;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (slice_starts(id, slice_str(schemes[i])))
			id = slice_of(id.p + strlen(schemes[i]), id.n - strlen(schemes[i]));
	add_words(x, row, id, is_name);
	if (r->s.title.n)
		add_words(x, row, r->s.title, is_name);
}

static int compare_words(const void *a, const void *b)
{
	struct slice x = (*(struct search_term *const *)a)->word, y = (*(struct search_term *const *)b)->word;
	int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
	return c ? c : x.n < y.n ? -1 : x.n > y.n;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Terms in the order of their words, rows by their numbers; then everything sorted. */
static void sort(struct site *s)
{
	struct search *x = &s->search;
	uint32_t *term = mem_alloc((x->term_n + 1) * sizeof *term), *rank = mem_zalloc((s->tool_n + 1) * sizeof *rank);
	qsort(x->order, x->term_n, sizeof(void *), compare_words);
	for (size_t i = 0; i < x->term_n; i++)
		term[x->order[i]->number] = (uint32_t)i;
	for (size_t i = 0; i < s->rank_n; i++)
		rank[s->by_rank[i]] = (uint32_t)i;
	for (size_t i = 0; i < x->n; i++) {
		uint32_t row = (uint32_t)(x->v[i] >> 1);
		uint32_t number = row < s->tool_n ? rank[row] : (uint32_t)(s->rank_n + (row - s->tool_n));
		x->v[i] = (uint64_t)term[x->v[i] >> 33] << 33 | (uint64_t)number << 1 | (x->v[i] & 1);
	}
	qsort(x->v, x->n, sizeof *x->v, compare_numbers);
	free(term);
	free(rank);
}

static void add_base36(struct buf *b, uint64_t n)
{
	char digits[16];
	size_t i = sizeof digits;
	do {
		digits[--i] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
		n /= 36;
	} while (n);
	buf_add(b, digits + i, sizeof digits - i);
}

/* "word":"numbers", each as its distance from the one before; "!" before those that are cut. */
static size_t add_term(struct site *s, size_t at, size_t *end)
{
	const struct search *x = &s->search;
	uint64_t term = x->v[at] >> 33, before = 0, last = UINT64_MAX;
	size_t n = 0, to = at;
	while (to < x->n && x->v[to] >> 33 == term)
		to++;
	buf_add_json_string(&s->b, x->order[term]->word);
	buf_adds(&s->b, to - at > NUMBERS_MAX ? ":\"!" : ":\"");
	for (size_t i = at; i < to && n < NUMBERS_MAX; i++) {
		uint64_t number = x->v[i] >> 1 & 0xffffffff, value = number << 1 | !(x->v[i] & 1);
		if (number == last)
			continue;
		last = number;
		buf_adds(&s->b, n++ ? " " : "");
		add_base36(&s->b, value - before);
		before = value;
	}
	buf_addc(&s->b, '"');
	*end = to;
	return n;
}

static bool put_numbered(struct site *s, char kind, size_t number)
{
	char path[40];
	snprintf(path, sizeof path, "search/%c%zu.js", kind, number);
	if (!buf_ok(&s->b))
		return err_set(s->e, ERR_LIMIT, "'%s' is too long", path);
	return page_put(s, path, buf_slice(&s->b));
}

static bool write_words(struct site *s, struct buf *starts)
{
	size_t file = 0, end = 0;
	for (size_t i = 0; i < s->search.n; file++) {
		buf_clear(&s->b);
		buf_addf(&s->b, "gatehouse.words(%zu,{", file);
		buf_adds(starts, file ? "," : "");
		buf_add_json_string(starts, s->search.order[s->search.v[i] >> 33]->word);
		for (bool is_first = true; i < s->search.n && s->b.n < FILE_BYTES; i = end, is_first = false) {
			buf_adds(&s->b, is_first ? "\n" : ",\n");
			add_term(s, i, &end);
		}
		buf_adds(&s->b, "});\n");
		if (!put_numbered(s, 'w', file))
			return false;
	}
	return true;
}

static void add_visible_string(struct buf *b, struct slice text, size_t max)
{
	struct buf t = BUF_INIT(4096);
	if (html_add_visible(&t, text, max))
		buf_adds(&t, "…");
	buf_add_json_string(b, buf_slice(&t));
	buf_release(&t);
}

/* [risk, category, name, address, server, what it says] */
static void describe(struct site *s, size_t number)
{
	char file[SITE_NAME_SIZE];
	if (number >= s->rank_n) {
		const struct server_row *r = &s->servers[number - s->rank_n];
		buf_addf(&s->b, "[\"%c\",%u,", r->s.grade ? r->s.grade : '-', r->s.tools);
		add_visible_string(&s->b, server_title(r), 100);
		buf_addf(&s->b, ",\"%s/index\",", r->file);
		add_visible_string(&s->b, r->s.id, 100);
		buf_addc(&s->b, ',');
		add_visible_string(&s->b, r->s.description, 120);
		buf_addc(&s->b, ']');
		return;
	}
	const struct tool_row *t = &s->tools[s->by_rank[number]];
	site_name(t->name, file);
	buf_addf(&s->b, "[%u,%u,", t->severity, t->category);
	add_visible_string(&s->b, t->name, 100);
	buf_addf(&s->b, ",\"%s/%s\",", server_of(s, t)->file, file);
	add_visible_string(&s->b, server_title(server_of(s, t)), 80);
	buf_addc(&s->b, ',');
	buf_add_json_string(&s->b, t->summary);
	buf_addc(&s->b, ']');
}

static bool write_descriptions(struct site *s)
{
	size_t all = s->rank_n + s->server_n;
	for (size_t i = 0; i < all; i += DESCRIBED_A_FILE) {
		buf_clear(&s->b);
		buf_addf(&s->b, "gatehouse.described(%zu,[", i / DESCRIBED_A_FILE);
		for (size_t k = i; k < all && k < i + DESCRIBED_A_FILE; k++) {
			buf_adds(&s->b, k > i ? ",\n" : "\n");
			describe(s, k);
		}
		buf_adds(&s->b, "]);\n");
		if (!put_numbered(s, 'd', i / DESCRIBED_A_FILE))
			return false;
	}
	return true;
}

bool search_write(struct site *s)
{
	struct buf starts = BUF_INIT(16u << 20);
	for (size_t i = 0; i < s->rank_n; i++)
		add_identity(&s->search, s->by_rank[i], server_of(s, &s->tools[s->by_rank[i]]), false);
	for (size_t i = 0; i < s->server_n; i++) {
		add_identity(&s->search, (uint32_t)(s->tool_n + i), &s->servers[i], true);
		struct slice text = s->servers[i].s.description;
		add_words(&s->search, (uint32_t)(s->tool_n + i), slice_of(text.p, text.n < TEXT_LOOKED_AT ? text.n : TEXT_LOOKED_AT), false);
	}
	sort(s);
	bool is_good = write_words(s, &starts) && write_descriptions(s);
	buf_clear(&s->b);
	buf_addf(&s->b, "gatehouse.start({\"tools\":%zu,\"servers\":%zu,\"each\":%d,\"words\":[%.*s]});\n", s->rank_n, s->server_n,
		 DESCRIBED_A_FILE, SLICE_ARG(buf_slice(&starts)));
	if (!buf_ok(&starts))
		is_good = err_set(s->e, ERR_LIMIT, "the search has too many files of words");
	is_good = is_good && page_put(s, "search/start.js", buf_slice(&s->b)) && out_sweep(&s->out, "search", s->e);
	buf_release(&starts);
	return is_good;
}
