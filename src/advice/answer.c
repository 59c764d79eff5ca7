/* Opening the file, totals, and the patterns of abuse. */
#include "advice/inside.h"
#include "catalog/attacks.h"
#include "catalog/show.h"
#include <unistd.h>

static bool is_there(const struct advice *a)
{
	return a->path && a->path[0] && access(a->path, F_OK) == 0;
}

const char *advice_hint(const struct advice *a)
{
	return a->path && a->path[0] ? ADVICE_HINT_EMPTY : ADVICE_HINT_NONE;
}

enum advice_end advice_open(const struct advice *a, struct index **x, struct err *e)
{
	*x = NULL;
	if (!is_there(a))
		return ADVICE_FOUND;
	*x = index_open(a->path, INDEX_READ, e);
	return *x ? ADVICE_FOUND : ADVICE_FAILED;
}

enum advice_end advice_nothing(const struct advice *a, struct err *e)
{
	err_set(e, ERR_INPUT, "%s", advice_hint(a));
	return ADVICE_UNKNOWN;
}

static enum advice_end say_missing(const char *what, struct slice name, struct slice nearest, struct err *e)
{
	struct buf shown = BUF_INIT(200);
	show_text(&shown, name, 80);
	if (nearest.n) {
		buf_adds(&shown, "' (did you mean '");
		show_text(&shown, nearest, 80);
		buf_adds(&shown, "'?)");
	} else {
		buf_addc(&shown, '\'');
	}
	err_set(e, ERR_INPUT, "the catalogue has no %s '%.*s", what, SLICE_ARG(buf_slice(&shown)));
	buf_release(&shown);
	return ADVICE_UNKNOWN;
}

enum advice_end advice_no_server(struct index *x, struct slice id, struct arena *a, struct err *e)
{
	struct slice nearest = slice_of(NULL, 0);
	if (e->kind != ERR_NONE || !index_nearest_server(x, id, a, &nearest, e))
		return ADVICE_FAILED;
	return say_missing("server", id, nearest, e);
}

enum advice_end advice_no_tool(struct index *x, struct slice server, struct slice name, struct arena *a, struct err *e)
{
	struct index_server s;
	struct slice nearest = slice_of(NULL, 0);
	if (e->kind != ERR_NONE)
		return ADVICE_FAILED;
	if (!index_server(x, server, a, &s, e))
		return advice_no_server(x, server, a, e);
	if (!index_nearest_tool(x, server, name, a, &nearest, e))
		return ADVICE_FAILED;
	return say_missing("tool of this server called", name, nearest, e);
}

enum advice_end advice_totals(const struct advice *a, struct buf *b, struct err *e)
{
	struct index_totals t = { 0 };
	struct index *x;
	enum advice_end end = advice_open(a, &x, e);
	if (end != ADVICE_FOUND)
		return end;
	if (x && !index_totals(x, &t, e))
		end = ADVICE_FAILED;
	index_close(&x);
	buf_addf(b, "{\"servers\":%llu,\"listed\":%llu,\"tools\":%llu", (unsigned long long)t.servers,
		 (unsigned long long)t.listed, (unsigned long long)t.tools);
	row_add_counts(b, "by_category", t.by_category, CATEGORIES, false);
	row_add_counts(b, "by_severity", t.by_severity, SEVERITIES, true);
	buf_addf(b, ",\"disputed\":%llu,\"refused\":%llu,\"tokens\":%llu", (unsigned long long)t.disputed,
		 (unsigned long long)t.refused, (unsigned long long)t.tokens);
	if (!t.servers)
		row_add_text(b, "hint", slice_str(advice_hint(a)));
	buf_addc(b, '}');
	return end;
}

enum advice_end advice_attacks(struct buf *b)
{
	size_t at = 0;
	const struct attack_pattern *p;
	bool is_first = true;
	buf_adds(b, "{\"attacks\":[");
	for (; (p = attack_next(&at)); is_first = false) {
		buf_adds(b, is_first ? "" : ",");
		row_write_attack(b, p);
	}
	buf_adds(b, "]}");
	return ADVICE_FOUND;
}

enum advice_end advice_attack(struct slice id, struct buf *b, struct err *e)
{
	const struct attack_pattern *p = attack_find(id);
	if (!p) {
		err_set(e, ERR_INPUT, "there is no pattern '%.*s': /api/v1/catalog/attacks lists them", (int)(id.n < 80 ? id.n : 80),
			id.p);
		return ADVICE_UNKNOWN;
	}
	row_write_attack(b, p);
	return ADVICE_FOUND;
}
