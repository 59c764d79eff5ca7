/* The catalogue in rows: small enough that 515,000 of them are in memory at once. */
#include "base/check.h"
#include "base/html.h"
#include "site/inside.h"
#include <stdlib.h>

bool site_rows_grow(struct site *s, void **v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 1024;
	void *p = arena_realloc(&s->arena, *v, *cap * size, more * size);
	if (!p)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece: %zu rows", n);
	*v = p;
	*cap = more;
	return true;
}

static struct slice keep(struct site *s, struct slice text)
{
	char *p = text.n ? arena_strndup(&s->arena, text.p, text.n) : NULL;
	return p ? slice_of(p, text.n) : slice_of("", 0);
}

static bool on_server(void *ctx, const struct index_server *v)
{
	struct site *s = ctx;
	char file[SITE_NAME_SIZE];
	if (!site_rows_grow(s, (void **)&s->servers, &s->server_cap, s->server_n, sizeof *s->servers))
		return false;
	struct server_row *r = &s->servers[s->server_n++];
	*r = (struct server_row){ .s = *v };
	site_name(v->id, file);
	r->file = arena_strndup(&s->arena, file, strlen(file));
	r->s.document = slice_of("", 0);
	struct slice *const texts[] = { &r->s.id,     &r->s.title,  &r->s.description, &r->s.version, &r->s.website, &r->s.repository,
					&r->s.package, &r->s.remote, &r->s.status,	&r->s.where,   &r->s.entry };
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = keep(s, *texts[i]);
	if (!r->file)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece");
	if (v->seen_us > s->newest_us)
		s->newest_us = v->seen_us;
	return true;
}

/* They come by server, in the order of the servers. */
static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct site *s = ctx;
	uint32_t at = s->tool_n ? s->tools[s->tool_n - 1].server : 0;
	while (at < s->server_n && !slice_eq(s->servers[at].s.id, t->server))
		at++;
	if (at == s->server_n)
		return err_set(s->e, ERR_INPUT, "the catalogue was changed meanwhile: write the site again");
	if (!site_rows_grow(s, (void **)&s->tools, &s->tool_cap, s->tool_n, sizeof *s->tools))
		return false;
	if (!s->servers[at].n++)
		s->servers[at].first = (uint32_t)s->tool_n;
	s->tools[s->tool_n++] = (struct tool_row){ .name = keep(s, t->name),
						   .server = at,
						   .category = (unsigned char)t->category,
						   .severity = (unsigned char)t->severity,
						   .percent = (unsigned char)(t->confidence * 100 + 0.5),
						   .is_gone = t->removed_us != 0,
						   .is_disputed = t->is_disputed };
	return true;
}

static int compare_names(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	for (size_t i = 0; i < n; i++) {
		int x = a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] | 0x20 : (unsigned char)a.p[i],
		    y = b.p[i] >= 'A' && b.p[i] <= 'Z' ? b.p[i] | 0x20 : (unsigned char)b.p[i];
		if (x != y)
			return x - y;
	}
	return a.n < b.n ? -1 : a.n > b.n;
}

/* qsort_r: the rows are nobody's global. */
int row_compare_rank(const void *a, const void *b, void *ctx)
{
	const struct site *s = ctx;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct tool_row *x = &s->tools[i], *y = &s->tools[k];
	if (x->is_gone != y->is_gone)
		return x->is_gone - y->is_gone;
	if (x->severity != y->severity)
		return y->severity - x->severity;
	if (x->category != y->category)
		return y->category - x->category;
	int by_name = compare_names(x->name, y->name);
	return by_name ? by_name : (i > k) - (i < k);
}

static int compare_kind(const void *a, const void *b, void *ctx)
{
	const struct site *s = ctx;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct tool_row *x = &s->tools[i], *y = &s->tools[k];
	if (x->category != y->category)
		return x->category - y->category;
	int by_name = compare_names(x->name, y->name);
	return by_name ? by_name : (i > k) - (i < k);
}

static bool sort_rows(struct site *s)
{
	size_t n = s->tool_n ? s->tool_n : 1;
	s->by_rank = arena_alloc(&s->arena, n * sizeof *s->by_rank);
	s->by_name = arena_alloc(&s->arena, n * sizeof *s->by_name);
	s->place = arena_zalloc(&s->arena, n * sizeof *s->place);
	if (!s->by_rank || !s->by_name || !s->place)
		return err_set(s->e, ERR_LIMIT, "the catalogue is too large for a site of one piece");
	for (size_t i = 0; i < s->tool_n; i++)
		if (!s->tools[i].is_gone)
			s->by_rank[s->rank_n++] = (uint32_t)i;
	memcpy(s->by_name, s->by_rank, s->rank_n * sizeof *s->by_name);
	qsort_r(s->by_rank, s->rank_n, sizeof *s->by_rank, row_compare_rank, s);
	qsort_r(s->by_name, s->rank_n, sizeof *s->by_name, compare_kind, s);
	for (size_t i = 0; i < s->rank_n; i++)
		s->place[s->by_name[i]] = (uint32_t)i;
	return true;
}

const struct server_row *row_find_server(const struct site *s, struct slice id)
{
	size_t low = 0, high = s->server_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct slice at = s->servers[middle].s.id;
		int c = memcmp(at.p, id.p, at.n < id.n ? at.n : id.n);
		if (c == 0 && at.n == id.n)
			return &s->servers[middle];
		if (c < 0 || (c == 0 && at.n < id.n))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool site_rows_read(struct site *s)
{
	struct err e = { 0 };
	bool is_good = index_totals(s->x, &s->totals, &e) && index_each_server(s->x, on_server, s, &e) && !s->e->kind &&
		       index_each_tool_ever(s->x, slice_of("", 0), on_tool, s, &e) && !s->e->kind;
	if (!is_good && e.kind)
		*s->e = e;
	return is_good && sort_rows(s);
}

/* The first line or sentence, at most so many bytes. */
#define SUMMARY_MAX 140

static struct slice first_sentence(struct slice text)
{
	while (text.n && (text.p[0] == ' ' || text.p[0] == '\n' || text.p[0] == '\t' || text.p[0] == '\r'))
		text = slice_of(text.p + 1, text.n - 1);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n' || text.p[i] == '\r')
			return slice_of(text.p, i);
		if (text.p[i] == '.' && i >= 20 && i + 1 < text.n && text.p[i + 1] == ' ')
			return slice_of(text.p, i + 1);
	}
	return text;
}

void row_describe(struct site *s, struct tool_row *row, const struct tool_facts *f)
{
	struct slice text = json_string(json_gets(f->definition, "description"));
	struct buf b = BUF_INIT(4096);
	if (html_add_visible(&b, first_sentence(text), SUMMARY_MAX))
		buf_adds(&b, "…");
	row->summary = keep(s, buf_slice(&b));
	buf_release(&b);
	const struct attack_pattern *a;
	unsigned bit = 0;
	for (size_t at = 0; (a = attack_next(&at)); bit++)
		for (size_t i = 0; i < f->p->attack_n; i++)
			if (f->p->attack[i] == a && bit < 64)
				row->attacks |= 1ull << bit;
	if (!row->is_gone)
		search_add(&s->search, (uint32_t)(row - s->tools), row->name, text);
}
