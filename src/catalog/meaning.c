/* Words to sets. */
#include "catalog/meaning.h"
#include "base/limits.h"

static void put(struct concepts *s, const struct word *w)
{
	for (int i = 0; i < WORD_CONCEPTS && w->concept[i]; i++)
		s->bits[w->concept[i] / 64] |= (uint64_t)1 << w->concept[i] % 64;
}

static void put_text(struct meaning *m, const struct word *w)
{
	if (w->flags & WORD_DENIED)
		put(&m->denied, w);
	else if (w->part == PART_LEAD)
		put(&m->lead, w);
	else if (w->part == PART_RETURNS)
		put(&m->returns, w);
	else if (w->part == PART_REST)
		put(&m->rest, w);
}

void meaning_of(struct meaning *m, struct slice server, struct slice name, struct slice description)
{
	struct word v[LIMIT_PROFILE_WORDS];
	*m = (struct meaning){ .verb = CONCEPT_NONE };
	size_t n = words_of_name(name, v, 32);
	for (size_t i = 0; i < n; i++) {
		put(&m->name, &v[i]);
		if (!m->verb && concept_is_verb(v[i].concept[0]))
			m->verb = v[i].concept[0];
	}
	n = words_of_name(server, v, 32);
	for (size_t i = 0; i < n; i++)
		put(&m->server, &v[i]);
	n = words_of_text(description, v, LIMIT_PROFILE_WORDS);
	for (size_t i = 0; i < n; i++)
		put_text(m, &v[i]);
}
