/* Adding up. */
#include "catalog/points.h"
#include "base/compiler.h"
#include "catalog/profile.h"

#include "catalog/points.inc"

bool point_holds(int what, const struct meaning *m, unsigned signals, bool has_statement)
{
	const struct concepts *const places[POINT_PLACES] = { &m->name, &m->lead, &m->rest, &m->server };
	int place = what / (int)CONCEPTS, which = what % (int)CONCEPTS;
	if (place < POINT_PLACES)
		return concepts_have(places[place], (enum concept)which);
	return what == POINT_STATEMENT ? has_statement : signals >> which & 1;
}

int points_for(enum decision d, const struct meaning *m, unsigned signals, bool has_statement)
{
	int sum = tables[d].bias;
	for (size_t i = 0; i < tables[d].n; i++)
		if (point_holds(tables[d].v[i].what, m, signals, has_statement))
			sum += tables[d].v[i].points;
	return sum;
}

int points_best(enum decision d, const struct meaning *m, int *points)
{
	int best = -1;
	*points = 0;
	for (size_t i = 0; i < tables[d].n; i++) {
		const struct point *p = &tables[d].v[i];
		bool is_of_text = p->what < POINT_SERVER(CONCEPT_NONE);
		if (is_of_text && p->points > *points && point_holds(p->what, m, 0, false)) {
			best = p->what;
			*points = p->points;
		}
	}
	return best;
}
