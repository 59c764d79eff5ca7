/* The documents of one server and of one tool. */
#include "advice/inside.h"
#include "catalog/show.h"

#define DANGEROUS_SHOWN 10
#define CHANGES_SHOWN 20

static bool add_dangerous(struct index *x, struct slice id, struct arena *a, struct buf *b, struct err *e)
{
	struct index_query q = { .server = id, .limit = DANGEROUS_SHOWN };
	struct index_page page = { 0 };
	if (!index_search(x, &q, a, &page, e))
		return false;
	buf_adds(b, ",\"most_dangerous\":[");
	for (size_t i = 0; i < page.n; i++) {
		buf_adds(b, i ? "," : "");
		index_write_row(b, &page.tools[i]);
	}
	buf_addc(b, ']');
	return true;
}

static bool add_history(struct index *x, struct slice server, struct slice name, struct buf *b, struct err *e)
{
	struct advice_query q = { .server = server, .name = name, .limit = CHANGES_SHOWN };
	int64_t next;
	buf_adds(b, ",\"changes\":");
	return changes_write(x, &q, 0, b, &next, e);
}

static bool write_server(struct index *x, const struct index_server *s, struct arena *a, struct buf *b, struct err *e)
{
	struct judged j;
	index_write_server(b, s);
	row_reopen(b);
	if (!add_dangerous(x, s->id, a, b, e) || !add_history(x, s->id, slice_of(NULL, 0), b, e) ||
	    !judge_server(x, s->id, a, &j, e))
		return false;
	buf_adds(b, ",\"policy\":");
	judged_write_policy(b, &j);
	buf_addc(b, '}');
	return true;
}

enum advice_end advice_server(const struct advice *a, struct slice id, struct buf *b, struct err *e)
{
	struct arena arena;
	struct index_server s;
	struct index *x;
	enum advice_end end = advice_open(a, &x, e);
	if (end != ADVICE_FOUND || !x)
		return end == ADVICE_FOUND ? advice_nothing(a, e) : end;
	arena_init(&arena, ADVICE_ARENA);
	if (!index_server(x, id, &arena, &s, e))
		end = advice_no_server(x, id, &arena, e);
	else if (!write_server(x, &s, &arena, b, e))
		end = ADVICE_FAILED;
	arena_release(&arena);
	index_close(&x);
	return end;
}

enum advice_end advice_policy(const struct advice *a, struct slice server, struct buf *b, struct err *e)
{
	struct arena arena;
	struct index_server s;
	struct judged j;
	struct index *x;
	enum advice_end end = advice_open(a, &x, e);
	if (end != ADVICE_FOUND || !x)
		return end == ADVICE_FOUND ? advice_nothing(a, e) : end;
	arena_init(&arena, ADVICE_ARENA);
	if (!index_server(x, server, &arena, &s, e))
		end = advice_no_server(x, server, &arena, e);
	else if (!judge_server(x, server, &arena, &j, e))
		end = ADVICE_FAILED;
	else
		judged_write_policy(b, &j);
	arena_release(&arena);
	index_close(&x);
	return end;
}

static bool add_attacks(const struct index_tool *t, struct arena *a, struct buf *b, struct err *e)
{
	struct profile *p = arena_zalloc(a, sizeof *p);
	const struct profile *const one[] = { p };
	if (!p || !index_profile(t, a, p, e))
		return p || err_set(e, ERR_LIMIT, "out of memory");
	buf_adds(b, ",\"patterns\":[");
	for (size_t i = 0; i < p->attack_n; i++) {
		buf_adds(b, i ? "," : "");
		row_write_attack(b, p->attack[i]);
	}
	buf_adds(b, "],\"policy\":");
	recommend_policy(b, one, 1);
	return true;
}

enum advice_end advice_tool(const struct advice *a, struct slice server, struct slice name, struct buf *b, struct err *e)
{
	struct arena arena;
	struct index_tool t;
	struct index *x;
	enum advice_end end = advice_open(a, &x, e);
	if (end != ADVICE_FOUND || !x)
		return end == ADVICE_FOUND ? advice_nothing(a, e) : end;
	arena_init(&arena, ADVICE_ARENA);
	if (!index_tool(x, server, name, &arena, &t, e)) {
		end = advice_no_tool(x, server, name, &arena, e);
	} else {
		index_write_tool(b, &t);
		row_reopen(b);
		if (!add_attacks(&t, &arena, b, e) || !add_history(x, server, name, b, e))
			end = ADVICE_FAILED;
		buf_addc(b, '}');
	}
	arena_release(&arena);
	index_close(&x);
	return end;
}
