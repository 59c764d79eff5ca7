/* What changed, newest first. */
#include "advice/inside.h"
#include "catalog/show.h"

struct writing {
	struct buf *b;
	size_t n, limit;
	int64_t last;
	bool has_more, has_definitions;
};

static void add_state(struct buf *b, const char *key, const char *pin, enum category c, enum severity s,
		      struct slice definition)
{
	if (!pin[0])
		return;
	buf_addf(b, ",\"%s\":{\"pin\":\"%s\",\"category\":\"%s\",\"severity\":\"%s\"", key, pin, category_word(c),
		 severity_word(s));
	row_add_text(b, "definition", definition);
	buf_addc(b, '}');
}

static bool on_change(void *ctx, const struct index_change *c)
{
	static const char *const kinds[] = { [INDEX_ADDED] = "added", [INDEX_CHANGED] = "changed", [INDEX_REMOVED] = "removed" };
	struct writing *w = ctx;
	struct slice none = slice_of(NULL, 0);
	if (w->n == w->limit) {
		w->has_more = true;
		return false;
	}
	buf_addf(w->b, "%s{\"kind\":\"%s\"", w->n++ ? "," : "", c->kind ? kinds[c->kind] : "unknown");
	row_add_text(w->b, "server", c->server);
	row_add_text(w->b, "name", c->name);
	row_add_time(w->b, "at", c->at_us);
	add_state(w->b, "from", c->from_pin, c->from_category, c->from_severity, w->has_definitions ? c->from_definition : none);
	add_state(w->b, "to", c->to_pin, c->to_category, c->to_severity, w->has_definitions ? c->to_definition : none);
	buf_addc(w->b, '}');
	w->last = c->number;
	return true;
}

bool changes_write(struct index *x, const struct advice_query *q, int64_t before, struct buf *b, int64_t *next, struct err *e)
{
	/* Of one tool what it said then and now is of use; of many it is too much. */
	struct writing w = { .b = b, .limit = q->limit, .has_definitions = q->name.n };
	buf_addc(b, '[');
	if (!index_each_change_of(x, q->server, q->name, q->since_us, before, q->limit + 1, on_change, &w, e))
		return false;
	buf_addc(b, ']');
	*next = w.has_more ? w.last : 0;
	return true;
}

static bool read_cursor(struct slice cursor, int64_t *before)
{
	unsigned long long v = 0;
	*before = 0;
	if (!cursor.n)
		return true;
	if (!slice_u64(cursor, &v) || !v || v > INT64_MAX)
		return false;
	*before = (int64_t)v;
	return true;
}

enum advice_end advice_changes(const struct advice *a, const struct advice_query *q, struct buf *b, struct err *e)
{
	int64_t before, next = 0;
	struct index *x;
	if (!read_cursor(q->cursor, &before)) {
		err_set(e, ERR_INPUT, "the cursor is none of a page of changes: begin again without it");
		return ADVICE_WRONG;
	}
	enum advice_end end = advice_open(a, &x, e);
	buf_adds(b, "{\"changes\":");
	if (end == ADVICE_FOUND && !x)
		buf_adds(b, "[]");
	else if (x && !changes_write(x, q, before, b, &next, e))
		end = ADVICE_FAILED;
	if (next)
		buf_addf(b, ",\"next\":\"%lld\"", (long long)next);
	if (!x)
		row_add_text(b, "hint", slice_str(advice_hint(a)));
	buf_addc(b, '}');
	index_close(&x);
	return end;
}
