/* Each claim gets the words or the argument that decided. */
#include "catalog/evidence.h"

/* Weights are relative: those of the category come first, from 100 down. */
#define WEIGHT_NAME   40
#define WEIGHT_SIGNAL 20

void evidence_add(struct profile *p, const struct evidence *e)
{
	if (p->evidence_n < PROFILE_EVIDENCE_MAX)
		p->evidence[p->evidence_n++] = *e;
}

static void add_words(struct profile *p, const char *pointer, struct slice text, struct standing s, const char *speaks_for,
		      int weight)
{
	if (s.n && (size_t)s.at + s.n <= text.n)
		evidence_add(p, &(struct evidence){ pointer, slice_of(text.p + s.at, s.n), s.at, speaks_for, weight });
}

void evidence_of_decision(struct profile *p, const struct meaning *m, enum decision d, const char *speaks_for)
{
	int points, what = points_best(d, m, &points);
	if (what < 0)
		return;
	int place = what / (int)CONCEPTS, which = what % (int)CONCEPTS;
	if (place == 0)
		add_words(p, "/name", m->name_text, m->in_name[which], speaks_for, points);
	else
		add_words(p, "/description", m->description_text, place == 1 ? m->in_lead[which] : m->in_rest[which], speaks_for,
			  points);
}

bool evidence_of_name(struct profile *p, const struct meaning *m, enum concept c, const char *speaks_for)
{
	if (!concepts_have(&m->name, c))
		return false;
	add_words(p, "/name", m->name_text, m->in_name[c], speaks_for, WEIGHT_NAME);
	return true;
}

static void collect_severity(struct profile *p, const struct meaning *m)
{
	static const struct {
		enum decision up, down;
		enum severity start;
	} of[CATEGORIES] = {
		[CATEGORY_READ] = { DECIDE_READ_UP, DECISIONS, SEVERITY_LOW },
		[CATEGORY_WRITE] = { DECIDE_WRITE_UP, DECIDE_WRITE_DOWN, SEVERITY_MEDIUM },
		[CATEGORY_EXECUTE] = { DECIDE_EXECUTE_UP, DECIDE_EXECUTE_DOWN, SEVERITY_HIGH },
		[CATEGORY_DESTRUCTIVE] = { DECIDE_DESTRUCTIVE_UP, DECIDE_DESTRUCTIVE_DOWN, SEVERITY_HIGH },
		[CATEGORY_FINANCIAL] = { DECISIONS, DECISIONS, SEVERITY_CRITICAL },
	};
	if (p->severity > of[p->category].start && of[p->category].up < DECISIONS)
		evidence_of_decision(p, m, of[p->category].up, severity_word(p->severity));
	else if (p->severity < of[p->category].start && of[p->category].down < DECISIONS)
		evidence_of_decision(p, m, of[p->category].down, severity_word(p->severity));
}

static void collect_labels(struct profile *p, const struct meaning *m)
{
	static const enum concept sending[] = { VERB_SEND, VERB_SHARE, VERB_COMMENT, VERB_TRANSFER, VERB_REQUEST, VERB_SCRAPE };
	bool is_read = p->category == CATEGORY_READ;
	if (p->labels & LABEL_BIT(LABEL_READS_PRIVATE))
		evidence_of_decision(p, m, is_read ? DECIDE_PRIVATE_READ : DECIDE_PRIVATE_ACT, label_word(LABEL_READS_PRIVATE));
	if (p->labels & LABEL_BIT(LABEL_READS_UNTRUSTED))
		evidence_of_decision(p, m, is_read ? DECIDE_UNTRUSTED_READ : DECIDE_UNTRUSTED_ACT, label_word(LABEL_READS_UNTRUSTED));
	if (!(p->labels & LABEL_BIT(LABEL_SENDS_OUT)))
		return;
	for (size_t i = 0; i < sizeof sending / sizeof sending[0]; i++)
		if (evidence_of_name(p, m, sending[i], label_word(LABEL_SENDS_OUT)))
			return;
	evidence_of_decision(p, m, is_read ? DECIDE_SENDS_READ : DECIDE_SENDS_ACT, label_word(LABEL_SENDS_OUT));
}

void evidence_collect(struct profile *p, const struct meaning *m)
{
	unsigned told = 0;
	collect_severity(p, m);
	collect_labels(p, m);
	for (size_t i = 0; i < p->signal_n; i++) {
		const struct profile_signal *s = &p->signal[i];
		if (told & SIGNAL_BIT(s->kind) || !s->argument.n)
			continue;
		told |= SIGNAL_BIT(s->kind);
		evidence_add(p, &(struct evidence){ s->pointer, s->argument, 0, signal_word(s->kind), WEIGHT_SIGNAL });
	}
}
