/*
 * The rule for one tool: by its category what it may do at all and how often, then what its arguments
 * may be. What only the operator knows (a folder) stands as a default that refuses, and says so.
 */
#include "catalog/profile.h"
#include "base/limits.h"
#include "catalog/show.h"

/* The name in small letters, other characters as "_", cut so that the suffix fits. */
static void write_counter(struct buf *b, struct slice name, const char *suffix)
{
	size_t room = LIMIT_COUNTER_NAME - strlen(suffix);
	buf_addc(b, '"');
	for (size_t i = 0; i < name.n && i < room; i++) {
		char c = name.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 32);
		buf_addc(b, (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_');
	}
	buf_addf(b, "%s\"", suffix);
}

static void write_rate(struct buf *b, struct slice name, int max)
{
	buf_adds(b, "\"limits\":[{\"counter\":");
	write_counter(b, name, "_rate");
	buf_addf(b, ",\"window\":\"minute\",\"max\":%d,\"scope\":\"grant\"}]", max);
}

void recommend_rule(struct buf *b, const struct profile *p, bool *is_hidden)
{
	*is_hidden = p->category == CATEGORY_DESTRUCTIVE || p->category == CATEGORY_UNKNOWN;
	buf_addc(b, '{');
	if (*is_hidden)
		buf_adds(b, "\"action\":\"hide\"");
	else if (p->category == CATEGORY_FINANCIAL)
		buf_adds(b, "\"action\":\"require_approval\"");
	else if (p->category == CATEGORY_WRITE)
		write_rate(b, p->name, 30);
	else if (p->category == CATEGORY_EXECUTE)
		write_rate(b, p->name, 10);
	buf_addc(b, '}');
}

static bool is_named(const struct profile *p)
{
	return p->name.n && p->name.n <= LIMIT_TOOL_NAME;
}

/* The first of this name stands for it: a key may stand once. */
static bool is_first(const struct profile *const *v, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(v[k]->name, v[i]->name))
			return false;
	return true;
}

void recommend_policy(struct buf *b, const struct profile *const *v, size_t n)
{
	struct buf hide = BUF_INIT(b->max), tools = BUF_INIT(b->max);
	for (size_t i = 0; i < n; i++) {
		size_t mark = tools.n;
		bool is_hidden;
		if (!is_named(v[i]) || !is_first(v, i))
			continue;
		buf_adds(&tools, tools.n ? "," : "");
		show_json(&tools, v[i]->name, 0);
		buf_addc(&tools, ':');
		recommend_rule(&tools, v[i], &is_hidden);
		if (!is_hidden)
			continue;
		tools.n = mark;
		buf_adds(&hide, hide.n ? "," : "");
		show_json(&hide, v[i]->name, 0);
	}
	buf_adds(b, "{\"version\":\"1\",\"default\":\"deny\"");
	if (hide.n)
		buf_addf(b, ",\"hide\":[%.*s]", SLICE_ARG(buf_slice(&hide)));
	buf_addf(b, ",\"tools\":{%.*s}}", SLICE_ARG(buf_slice(&tools)));
	b->failed |= !buf_ok(&hide) || !buf_ok(&tools);
	buf_release(&hide);
	buf_release(&tools);
}
