/*
 * The structure of an order, not its words: a verb in the imperative, what it is done to, and what makes
 * that an attack. Third persons ("sends an email") tell what a tool does; quotations within a text about
 * attacks are mentioned, not said.
 */
#include "scan/rules.h"
#include "base/compiler.h"

enum {
	IMPERATIVE = 1, /* the first word is one */
	PLAIN = 2,	/* the first word is not negated */
	LOUD = 4,	/* the first word begins the sentence */
};

static const struct rule {
	const char *name;
	uint64_t first, mid, last; /* in this order; mid also as a part of the last word. 0: none needed */
	unsigned gap;		   /* words from first to last at most */
	uint64_t with;		   /* somewhere in the sentence */
	signed char result, definition; /* weights */
	unsigned char flags;
} rules[] = {
	{ "instruction-override", W_OVERRIDE, W_PRIOR, W_ORDERS, 6, 0, 5, 5, PLAIN },
	{ "instruction-override", W_OVERRIDE, 0, W_ORDERS, 3, 0, 2, 2, PLAIN },
	{ "instruction-override", W_OVERRIDE, 0, W_USER | W_PRIOR, 4, W_TASK, 4, 4, PLAIN | IMPERATIVE },
	{ "instruction-override", W_DISABLE, W_OLD | W_OTHER, W_ORDERS, 6, 0, 4, 4, PLAIN },
	{ "instruction-override", W_INSTEAD, 0, W_USE | W_SEND, 2, W_OVERRIDE, 2, 2, 0 },
	{ "guard-disabled", W_DISABLE, W_ALL | W_OLD | W_OTHER, W_GUARD, 6, 0, 4, 3, PLAIN },
	{ "guard-disabled", W_DISABLE, 0, W_GUARD, 5, 0, 3, 2, PLAIN },
	{ "guard-disabled", W_GUARD, 0, W_DISABLE, 4, 0, 3, 2, PLAIN },
	{ "guard-disabled", W_USE | W_ACT, W_LOOSE, W_GUARD, 8, 0, 3, 2, PLAIN | IMPERATIVE },
	{ "prompt-disclosure", W_REVEAL, W_SYSTEM, W_PROMPT, 6, 0, 5, 5, PLAIN | IMPERATIVE },
	{ "prompt-disclosure", W_REVEAL, W_YOU, W_PROMPT, 6, 0, 4, 4, PLAIN | IMPERATIVE },
	{ "prompt-disclosure", W_SEND | W_PUT, W_SYSTEM, W_PROMPT, 8, 0, 4, 4, PLAIN | IMPERATIVE },
	{ "secret-disclosure", W_REVEAL, W_YOU | W_ALL | W_USER, W_SECRET, 5, 0, 3, 2, PLAIN | IMPERATIVE },
	{ "exfiltration", W_SEND | W_PUT, 0, W_SECRET | W_PATH | W_CHAT, 8, W_FAR, 5, 4, PLAIN | IMPERATIVE },
	{ "exfiltration", W_SEND, 0, W_SECRET | W_PATH, 8, 0, 2, 2, PLAIN | IMPERATIVE },
	{ "exfiltration", W_SEND | W_PUT, 0, W_DATA | W_RESULT, 8, W_FAR | W_STEAL, 2, 1, PLAIN | IMPERATIVE },
	{ "exfiltration", W_STEAL, 0, W_SECRET | W_PATH | W_DATA | W_CHAT | W_ALL, 10, 0, 5, 5, PLAIN },
	{ "exfiltration", W_STEAL, 0, 0, 0, 0, 2, 3, PLAIN },
	{ "exfiltration", W_IMAGE, 0, 0, 0, 0, 3, 3, 0 },
	{ "sensitive-file", W_READ | W_PUT | W_USE | W_SEND | W_REVEAL, 0, W_PATH, 8, 0, 3, 4, PLAIN | IMPERATIVE },
	{ "sensitive-file", W_SHELL, 0, W_PATH, 20, 0, 3, 3, 0 },
	{ "key-planting", W_PUT, 0, W_KEY, 40, 0, 4, 4, PLAIN | IMPERATIVE },
	{ "concealment", W_NOT, W_TELL, W_USER | W_YOU, 9, 0, 3, 3, 0 },
	{ "concealment", W_NOT, W_TELL, W_NOTICE | W_THIS, 5, 0, 2, 2, 0 },
	{ "concealment", W_SECRETLY, 0, W_USE | W_SEND | W_PUT | W_ACT | W_READ, 2, 0, 3, 3, 0 },
	{ "concealment", W_NOT, W_KNOW, W_USER, 6, 0, 3, 3, 0 },
	{ "tool-steering", W_USE, 0, W_NAME, 3, W_TOOL, 4, 1, PLAIN | IMPERATIVE },
	{ "tool-steering", W_USE, 0, W_NAME, 2, 0, 2, 0, PLAIN },
	{ "tool-steering", W_PUT | W_ACT | W_READ | W_SEND, 0, W_NAME, 40, W_TOOL, 4, 0, PLAIN | IMPERATIVE | LOUD },
	{ "tool-steering", W_USE, 0, W_TOOL, 3, W_FAR, 3, 1, PLAIN | IMPERATIVE },
	{ "tool-inventory", W_TOOL, 0, W_YOU, 1, W_PUT | W_SEND, 4, 4, 0 },
	{ "coercion", W_OBEY, 0, W_ORDERS, 4, W_MUST, 3, 3, 0 },
	{ "coercion", W_OBEY, 0, W_ORDERS, 4, 0, 2, 1, 0 },
	{ "coercion", W_YOU, W_MUST, W_USE | W_READ | W_SEND, 5, 0, 2, 1, 0 },
	{ "impersonation", W_IAM, 0, W_USER, 2, 0, 3, 3, PLAIN },
	{ "impersonation", W_NEW, 0, W_TASK, 3, 0, 1, 1, 0 },
	{ "impersonation", W_OLD, W_TASK, W_DONE, 6, 0, 2, 2, 0 },
	{ "role-change", W_YOU, 0, W_NOW, 2, W_MODE | W_ROLE | W_PRIVILEGE, 4, 4, 0 },
	{ "role-change", W_SYSTEM | W_PRIVILEGE, 0, W_MODE, 1, 0, 2, 1, 0 },
	{ "role-change", W_SYSTEM | W_YOU, 0, W_MODE, 4, W_LIMITS, 4, 3, 0 },
	{ "privilege-claim", W_YOU | W_CHAT | W_USER | W_ALL, 0, W_PRIVILEGE, 8, W_NOW | W_ALWAYS | W_ALL, 3, 2, 0 },
	{ "memory-poisoning", W_REMEMBER, 0, W_PRIVILEGE, 10, 0, 5, 4, PLAIN | IMPERATIVE },
	{ "memory-poisoning", W_REMEMBER, W_USER, W_ALWAYS, 10, 0, 3, 1, PLAIN | IMPERATIVE },
	{ "approve-all", W_APPROVE, W_ALL, W_TOOL | W_TASK, 5, 0, 4, 3, PLAIN | IMPERATIVE },
	{ "destroy-all", W_ACT, W_ALL, W_DATA, 4, 0, 3, 1, PLAIN | LOUD },
	{ "encoded-command", W_DECODE, 0, W_USE, 12, 0, 4, 4, PLAIN | IMPERATIVE },
	{ "encoded-command", W_DECODE, 0, W_ENCODED, 5, 0, 2, 1, PLAIN | IMPERATIVE },
	{ "remote-command", W_USE, 0, W_SHELL, 6, W_FAR, 3, 3, PLAIN | IMPERATIVE },
	{ "remote-command", W_SHELL, 0, W_FAR, 8, 0, 2, 3, 0 },
	{ "boasting", W_BEST, 0, W_WORLD, 3, 0, 0, 4, 0 },
	{ "boasting", W_ALWAYS, 0, W_USE, 2, W_INSTEAD, 1, 3, 0 },
	{ "shadowing", W_BEFORE, 0, W_USE, 3, W_TOOL | W_NAME, 0, 2, 0 },
	{ "shadowing", W_ACT, 0, W_RESULT, 6, W_TOOL | W_NAME, 0, 2, PLAIN },
	{ "shadowing", W_INSTEAD, 0, W_USE, 3, W_NAME, 0, 2, 0 },
};

bool sentence_talks(const struct sentence *s)
{
	for (size_t i = 0; i < s->n; i++)
		if ((s->v[i].what & W_TALK) && !(s->v[i].flags & WORD_QUOTED))
			return true;
	return false;
}

static bool is_negated(const struct sentence *s, size_t i)
{
	for (size_t back = 1; back <= 2 && back <= i; back++)
		if ((s->v[i - back].what & W_NOT) && !(s->v[i - back].what & W_LOOSE))
			return true;
	return false;
}

static bool is_imperative(const struct sentence *s, size_t i)
{
	if (i == 0 || (s->v[i].flags & WORD_FIRST))
		return true;
	uint64_t before = s->v[i - 1].what;
	/* "first call", "also quietly send" */
	return (before & (W_LEAD | W_PLEASE)) != 0;
}

static bool begins(const struct rule *r, const struct sentence *s, size_t i)
{
	if (!(s->v[i].what & r->first))
		return false;
	if ((r->flags & PLAIN) && is_negated(s, i))
		return false;
	if ((r->flags & LOUD) && i > 0 && !(s->v[i].flags & WORD_FIRST) && !(s->v[i - 1].what & W_PLEASE))
		return false;
	return !(r->flags & IMPERATIVE) || is_imperative(s, i);
}

/* Where the rule ends that begins at i; i itself: it does not hold. SIZE_MAX never. */
static size_t ends_at(const struct rule *r, const struct sentence *s, size_t i)
{
	bool has_mid = !r->mid;
	for (size_t j = i + 1; j < s->n && j - i <= r->gap; j++) {
		const struct word *w = &s->v[j];
		bool is_harmless = (w->what & W_SECRET) && j + 1 < s->n && (s->v[j + 1].what & W_RESET);
		if ((w->what & r->last) && (has_mid || (w->what & r->mid)) && !is_harmless)
			return j;
		has_mid |= (w->what & r->mid) != 0;
	}
	return i;
}

/* Talking about it: quoted, in a text about attacks; or behind the words "such as", "detects". */
static int discounted(const struct sentence *s, size_t i, size_t j, bool before, int weight)
{
	bool talks = before || sentence_talks(s), is_alike = false;
	if ((s->v[i].flags & WORD_QUOTED) && (s->v[j].flags & WORD_QUOTED) && talks)
		return 0;
	for (size_t k = i; k <= j; k++)
		is_alike |= (s->v[k].flags & WORD_ALIKE) != 0;
	if (is_alike)
		return weight + 2;
	for (size_t back = 1; back <= i && back <= 10; back++)
		if (s->v[i - back].what & W_TALK)
			return weight / 2;
	return weight;
}

static void note(struct verdict *v, const struct sentence *s, size_t i, size_t j, int weight, const char *name)
{
	if (!v->name || s->v[i].start < v->start)
		v->start = s->v[i].start;
	if (!v->name || s->v[j].end > v->end)
		v->end = s->v[j].end;
	v->weight += weight;
	if (weight > v->heaviest) {
		v->heaviest = weight;
		v->name = name;
	}
}

/* SYSTEM: …, [SYSTEM DIRECTIVE], <IMPORTANT>, ### Instruction:, <!-- assistant: … --> */
static void judge_header(const struct sentence *s, bool before, struct verdict *v)
{
	for (size_t i = 0; i < s->n && i < 5; i++) {
		const struct word *w = &s->v[i];
		int weight = 0;
		bool is_loud = w->flags & (WORD_CAPS | WORD_TAG), ends = w->flags & WORD_COLON;
		if ((w->what & W_TEMPLATE) && (w->flags & WORD_TAG))
			weight = 4;
		else if (!(w->what & (W_ROLE | W_NOTICE)) || (w->flags & WORD_QUOTED && before))
			continue;
		else if ((w->flags & WORD_TAG) && (w->flags & WORD_CAPS))
			weight = 3;
		else if (i + 1 < s->n && (s->v[i + 1].what & W_NOTICE) && is_loud)
			weight = 3;
		else if (ends && (w->what & W_ROLE) && ((w->flags & WORD_TAG) || s->in_comment || is_loud))
			weight = w->what & W_NOTICE ? 1 : 2;
		if (weight) {
			note(v, s, i, i, discounted(s, i, i, before, weight), "authority-claim");
			return;
		}
	}
}

void sentence_judge(enum scan_source source, const struct sentence *s, bool before, struct verdict *v)
{
	uint64_t all = 0;
	*v = (struct verdict){ 0 };
	for (size_t i = 0; i < s->n; i++)
		all |= s->v[i].what;
	for (size_t k = 0; k < ARRAY_LEN(rules);) {
		/* Of the rules of one name that which says most. */
		const char *name = rules[k].name;
		int best = 0;
		size_t from = 0, to = 0;
		for (; k < ARRAY_LEN(rules) && strcmp(rules[k].name, name) == 0; k++) {
			const struct rule *r = &rules[k];
			int weight = source == SCAN_DEFINITION ? r->definition : r->result;
			if (!(all & r->first) || (r->last && !(all & r->last)) || (r->with && !(all & r->with)) || weight <= best)
				continue;
			for (size_t i = 0; i < s->n; i++) {
				size_t j = begins(r, s, i) ? (r->last ? ends_at(r, s, i) : i) : i;
				if (!begins(r, s, i) || (r->last && j == i))
					continue;
				int w = discounted(s, i, j, before, weight);
				if (w > best) {
					best = w;
					from = i;
					to = j;
				}
			}
		}
		if (best)
			note(v, s, from, to, best, name);
	}
	judge_header(s, before, v);
	if (v->weight && s->in_comment)
		v->weight += 2;
}
