/* Points where words decide, rules where what is done does. */
#include "catalog/labels.h"
#include "catalog/points.h"
#include "catalog/traits.h"

static bool speaks(const struct meaning *m, enum concept c)
{
	return concepts_have(&m->name, c) || concepts_have(&m->lead, c);
}

#define NAMED(c) concepts_have(&m->name, c)

/* An act that carries words to others: sends, posts, replies, calls an address. */
static bool carries_out(const struct profile *p, const struct meaning *m)
{
	bool has_url = p->signals & SIGNAL_BIT(SIGNAL_URL);
	bool is_message = NAMED(OBJECT_MESSAGE) || NAMED(OBJECT_POST);
	if (p->category == CATEGORY_DESTRUCTIVE)
		return false;
	if (p->category == CATEGORY_FINANCIAL && (NAMED(VERB_TRANSFER) || NAMED(VERB_SEND)))
		return true;
	if (m->verb == VERB_SEND || m->verb == VERB_COMMENT)
		return !NAMED(OBJECT_BROWSER) && !NAMED(OBJECT_DEVICE);
	if (m->verb == VERB_SHARE && (concepts_have(&m->lead, VERB_SHARE) || p->is_undescribed))
		return !NAMED(VERB_RELEASE);
	if (NAMED(VERB_SEND) && is_message)
		return true;
	if (is_message && (NAMED(VERB_CREATE) || NAMED(VERB_ADD) || NAMED(VERB_WRITE)) &&
	    (concepts_have(&m->lead, VERB_SEND) || concepts_have(&m->lead, VERB_SHARE) || concepts_have(&m->lead, VERB_COMMENT)))
		return true;
	if (has_url && (NAMED(VERB_REQUEST) || NAMED(VERB_SCRAPE) || NAMED(OBJECT_WEB) || NAMED(VERB_CLICK)))
		return true;
	return (p->signals & SIGNAL_BIT(SIGNAL_RECIPIENT)) && (concepts_have(&m->lead, VERB_SEND) || NAMED(VERB_SHARE));
}

static bool has_statement(const struct profile *p)
{
	for (size_t i = 0; i < p->branching_n; i++)
		if (p->branching[i].is_statement)
			return true;
	return false;
}

static unsigned labels_of_flow(const struct profile *p, const struct meaning *m)
{
	bool is_read = p->category == CATEGORY_READ, is_statement = has_statement(p);
	unsigned labels = 0;
	if (points_for(is_read ? DECIDE_PRIVATE_READ : DECIDE_PRIVATE_ACT, m, p->signals, is_statement) > 0)
		labels |= LABEL_BIT(LABEL_READS_PRIVATE);
	if (points_for(is_read ? DECIDE_UNTRUSTED_READ : DECIDE_UNTRUSTED_ACT, m, p->signals, is_statement) > 0)
		labels |= LABEL_BIT(LABEL_READS_UNTRUSTED);
	if (points_for(is_read ? DECIDE_SENDS_READ : DECIDE_SENDS_ACT, m, p->signals, is_statement) > 0)
		labels |= LABEL_BIT(LABEL_SENDS_OUT);
	if (!is_read && carries_out(p, m))
		labels |= LABEL_BIT(LABEL_SENDS_OUT);
	return labels;
}

unsigned labels_of(const struct profile *p, const struct meaning *m)
{
	unsigned labels = labels_of_flow(p, m);
	if (has_statement(p))
		labels |= LABEL_BIT(LABEL_READS_PRIVATE);
	if (p->category == CATEGORY_DESTRUCTIVE)
		labels |= LABEL_BIT(LABEL_DESTROYS);
	if (p->category == CATEGORY_FINANCIAL)
		labels |= LABEL_BIT(LABEL_SPENDS);
	for (size_t i = 0; i < p->branching_n; i++)
		for (size_t k = 0; k < p->branching[i].n; k++) {
			labels |= p->branching[i].v[k].category == CATEGORY_DESTRUCTIVE ? LABEL_BIT(LABEL_DESTROYS) : 0;
			labels |= p->branching[i].v[k].category == CATEGORY_FINANCIAL ? LABEL_BIT(LABEL_SPENDS) : 0;
		}
	return labels;
}

static unsigned traits_of_words(const struct profile *p, const struct meaning *m)
{
	bool acts = p->category > CATEGORY_READ;
	bool keeps = NAMED(VERB_SAVE) || NAMED(VERB_ADD) || NAMED(VERB_CREATE) || NAMED(VERB_UPDATE) || NAMED(VERB_WRITE) ||
		     NAMED(VERB_SET) || NAMED(VERB_UPLOAD);
	unsigned traits = 0;
	if (acts && (NAMED(VERB_GRANT) || NAMED(VERB_REVOKE) || NAMED(OBJECT_PERMISSION) ||
		     (NAMED(OBJECT_SECRET) && keeps)))
		traits |= TRAIT_BIT(TRAIT_PERMISSION);
	if (NAMED(OBJECT_SECRET) && !NAMED(OBJECT_CRYPTO) && !NAMED(VERB_COMPUTE))
		traits |= TRAIT_BIT(TRAIT_CREDENTIAL);
	if (acts && NAMED(OBJECT_MEMORY) && (keeps || NAMED(VERB_LINK)))
		traits |= TRAIT_BIT(TRAIT_MEMORY);
	if (acts && keeps && NAMED(OBJECT_CONFIG))
		traits |= TRAIT_BIT(TRAIT_CONFIG);
	if (acts && (NAMED(VERB_COMMIT) || ((NAMED(VERB_MERGE) || NAMED(VERB_SYNC) || keeps || NAMED(VERB_DELETE)) &&
					    (NAMED(OBJECT_REPO) || concepts_have(&m->server, OBJECT_REPO)) && speaks(m, OBJECT_REPO))))
		traits |= TRAIT_BIT(TRAIT_REPO);
	/* To run a statement is no job. */
	if (NAMED(VERB_START) || (NAMED(VERB_RUN) && !has_statement(p)) || NAMED(VERB_SCRAPE) || NAMED(VERB_GENERATE) || NAMED(VERB_WAIT) ||
	    concepts_have(&m->lead, MARK_LONG_RUN))
		traits |= TRAIT_BIT(TRAIT_LONG);
	return traits;
}

unsigned traits_of(const struct profile *p, const struct meaning *m)
{
	static const struct {
		unsigned signals;
		enum trait trait;
	} by_signal[] = {
		{ SIGNAL_BIT(SIGNAL_PATH), TRAIT_PATH },
		{ SIGNAL_BIT(SIGNAL_URL), TRAIT_URL },
		{ SIGNAL_BIT(SIGNAL_COMMAND) | SIGNAL_BIT(SIGNAL_CODE), TRAIT_COMMAND },
		{ SIGNAL_BIT(SIGNAL_RECIPIENT), TRAIT_RECIPIENT },
		{ SIGNAL_BIT(SIGNAL_AMOUNT), TRAIT_AMOUNT },
		{ SIGNAL_BIT(SIGNAL_BULK), TRAIT_BULK },
		{ SIGNAL_BIT(SIGNAL_PERMISSION), TRAIT_PERMISSION },
		{ SIGNAL_BIT(SIGNAL_CREDENTIAL), TRAIT_CREDENTIAL },
	};
	unsigned traits = traits_of_words(p, m);
	for (size_t i = 0; i < sizeof by_signal / sizeof by_signal[0]; i++)
		if (p->signals & by_signal[i].signals)
			traits |= TRAIT_BIT(by_signal[i].trait);
	for (size_t i = 0; i < p->branching_n; i++)
		if (p->branching[i].is_statement)
			traits |= TRAIT_BIT(TRAIT_SQL);
	return traits;
}
