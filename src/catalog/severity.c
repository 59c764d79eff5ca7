/* Where the category begins, and one step from there at most. */
#include "catalog/severity.h"
#include "catalog/points.h"

static bool has_statement(const struct profile *p)
{
	for (size_t i = 0; i < p->branching_n; i++)
		if (p->branching[i].is_statement)
			return true;
	return false;
}

/* Enough that one call does what no rule on its arguments was made for. */
static bool is_open_ended(const struct profile *p, const struct meaning *m)
{
	return (p->signals & SIGNAL_BIT(SIGNAL_COMMAND)) && concepts_have(&m->name, OBJECT_COMMAND);
}

/* What stands in a registry of images is run elsewhere, by others. */
static bool feeds_others(const struct profile *p, const struct meaning *m)
{
	return p->category == CATEGORY_EXECUTE &&
	       (concepts_have(&m->name, OBJECT_IMAGE_STORE) || concepts_have(&m->lead, OBJECT_IMAGE_STORE));
}

static int step_of(const struct profile *p, const struct meaning *m)
{
	static const struct {
		enum decision up, down;
	} decisions[CATEGORIES] = {
		[CATEGORY_READ] = { DECIDE_READ_UP, DECISIONS },
		[CATEGORY_WRITE] = { DECIDE_WRITE_UP, DECIDE_WRITE_DOWN },
		[CATEGORY_EXECUTE] = { DECIDE_EXECUTE_UP, DECIDE_EXECUTE_DOWN },
		[CATEGORY_DESTRUCTIVE] = { DECIDE_DESTRUCTIVE_UP, DECIDE_DESTRUCTIVE_DOWN },
		[CATEGORY_FINANCIAL] = { DECISIONS, DECISIONS },
	};
	enum decision up = decisions[p->category].up, down = decisions[p->category].down;
	bool is_statement = has_statement(p);
	int for_up = up < DECISIONS ? points_for(up, m, p->signals, is_statement) : 0;
	int for_down = down < DECISIONS ? points_for(down, m, p->signals, is_statement) : 0;
	if (p->category == CATEGORY_EXECUTE && is_open_ended(p, m))
		return 1;
	if (for_up > 0 && for_up >= for_down)
		return 1;
	/* Where nothing is said nothing speaks for harmlessness. */
	return for_down > 0 && !p->is_undescribed && !feeds_others(p, m) ? -1 : 0;
}

enum severity severity_of(const struct profile *p, const struct meaning *m)
{
	static const enum severity start[CATEGORIES] = {
		SEVERITY_CRITICAL, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_HIGH, SEVERITY_CRITICAL,
	};
	if (p->category == CATEGORY_UNKNOWN)
		return SEVERITY_CRITICAL;
	return (enum severity)((int)start[p->category] + step_of(p, m));
}
