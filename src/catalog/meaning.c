/* Words to sets. */
#include "catalog/meaning.h"
#include "base/limits.h"

/* where NULL: nobody asks where it stands. */
static void put(struct concepts *s, const struct word *w, struct standing *where)
{
	for (int i = 0; i < WORD_CONCEPTS && w->concept[i]; i++) {
		s->bits[w->concept[i] / 64] |= (uint64_t)1 << w->concept[i] % 64;
		if (where && !where[w->concept[i]].n && w->at <= UINT16_MAX && w->n <= UINT16_MAX)
			where[w->concept[i]] = (struct standing){ (uint16_t)w->at, (uint16_t)w->n };
	}
}

static void put_text(struct meaning *m, const struct word *w)
{
	if (w->flags & WORD_DENIED)
		put(&m->denied, w, NULL);
	else if (w->part == PART_LEAD)
		put(&m->lead, w, m->in_lead);
	else if (w->part == PART_RETURNS)
		put(&m->returns, w, NULL);
	else if (w->part == PART_REST)
		put(&m->rest, w, m->in_rest);
}

void meaning_of(struct meaning *m, struct slice server, struct slice name, struct slice description)
{
	struct word v[LIMIT_PROFILE_WORDS];
	*m = (struct meaning){ .verb = CONCEPT_NONE, .name_text = name, .description_text = description };
	size_t n = words_of_name(name, v, 32);
	for (size_t i = 0; i < n; i++) {
		put(&m->name, &v[i], m->in_name);
		if (!m->verb && concept_is_verb(v[i].concept[0]))
			m->verb = v[i].concept[0];
	}
	n = words_of_name(server, v, 32);
	for (size_t i = 0; i < n; i++)
		put(&m->server, &v[i], NULL);
	n = words_of_text(description, v, LIMIT_PROFILE_WORDS);
	for (size_t i = 0; i < n; i++)
		put_text(m, &v[i]);
}
