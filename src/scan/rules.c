/*
 * The structure of an order, not its words: a verb in the imperative, what it is done to, and what makes
 * that an attack. Third persons ("sends an email") tell what a tool does; quotations within a text about
 * attacks are mentioned, not said.
 */
#include "scan/rules.h"
#include "base/compiler.h"

#define ALIKE_WEIGHT 2 /* of words that were disguised */

enum {
	IMPERATIVE = 1, /* the first word is one */
	PLAIN = 2,	/* the first word is not negated */
	LOUD = 4,	/* the first word begins the sentence */
};

enum thing {
	INSTRUCTION_OVERRIDE,
	GUARD_DISABLED,
	PROMPT_DISCLOSURE,
	SECRET_DISCLOSURE,
	EXFILTRATION,
	SENSITIVE_FILE,
	KEY_PLANTING,
	CONCEALMENT,
	TOOL_STEERING,
	TOOL_INVENTORY,
	COERCION,
	IMPERSONATION,
	ROLE_CHANGE,
	PRIVILEGE_CLAIM,
	MEMORY_POISONING,
	APPROVE_ALL,
	DESTROY_ALL,
	ENCODED_COMMAND,
	REMOTE_COMMAND,
	BOASTING,
	SHADOWING,
	RESULT_TAMPERING,
	TASK_SWITCH,
	ADDRESSES_MODEL,
};

static const char *const names[] = {
	[INSTRUCTION_OVERRIDE] = "instruction-override",
	[GUARD_DISABLED] = "guard-disabled",
	[PROMPT_DISCLOSURE] = "prompt-disclosure",
	[SECRET_DISCLOSURE] = "secret-disclosure",
	[EXFILTRATION] = "exfiltration",
	[SENSITIVE_FILE] = "sensitive-file",
	[KEY_PLANTING] = "key-planting",
	[CONCEALMENT] = "concealment",
	[TOOL_STEERING] = "tool-steering",
	[TOOL_INVENTORY] = "tool-inventory",
	[COERCION] = "coercion",
	[IMPERSONATION] = "impersonation",
	[ROLE_CHANGE] = "role-change",
	[PRIVILEGE_CLAIM] = "privilege-claim",
	[MEMORY_POISONING] = "memory-poisoning",
	[APPROVE_ALL] = "approve-all",
	[DESTROY_ALL] = "destroy-all",
	[ENCODED_COMMAND] = "encoded-command",
	[REMOTE_COMMAND] = "remote-command",
	[BOASTING] = "boasting",
	[SHADOWING] = "shadowing",
	[RESULT_TAMPERING] = "result-tampering",
	[TASK_SWITCH] = "task-switch",
	[ADDRESSES_MODEL] = "addresses-model",
};

static const struct rule {
	enum thing thing; /* those of one stand together */
	uint64_t first, mid, last; /* in this order; mid also as a part of the last word. 0: none needed */
	unsigned gap;		   /* words from first to last at most */
	uint64_t with;		   /* somewhere in the sentence */
	signed char result, definition; /* weights */
	unsigned char flags;
} rules[] = {
	{ INSTRUCTION_OVERRIDE, W_OVERRIDE, W_PRIOR, W_ORDERS, 6, 0, 5, 5, PLAIN },
	{ INSTRUCTION_OVERRIDE, W_OVERRIDE, 0, W_ORDERS, 3, 0, 2, 2, PLAIN },
	{ INSTRUCTION_OVERRIDE, W_OVERRIDE, 0, W_USER | W_PRIOR, 4, W_TASK, 4, 4, PLAIN | IMPERATIVE },
	{ INSTRUCTION_OVERRIDE, W_OVERRIDE, W_YOU, W_OLD, 3, 0, 4, 4, PLAIN | IMPERATIVE },
	{ INSTRUCTION_OVERRIDE, W_DISABLE, W_OLD | W_OTHER, W_ORDERS, 6, 0, 4, 4, PLAIN },
	{ INSTRUCTION_OVERRIDE, W_INSTEAD, 0, W_USE | W_SEND, 2, W_OVERRIDE, 2, 2, 0 },
	{ GUARD_DISABLED, W_DISABLE, W_ALL | W_OLD | W_OTHER, W_GUARD, 6, 0, 4, 3, PLAIN },
	{ GUARD_DISABLED, W_DISABLE, 0, W_GUARD, 5, 0, 3, 2, PLAIN },
	{ GUARD_DISABLED, W_GUARD, 0, W_DISABLE, 4, 0, 3, 2, PLAIN },
	{ GUARD_DISABLED, W_USE | W_ACT, W_LOOSE, W_GUARD, 8, 0, 3, 2, PLAIN | IMPERATIVE },
	{ PROMPT_DISCLOSURE, W_REVEAL, W_SYSTEM, W_PROMPT, 6, 0, 5, 5, PLAIN | IMPERATIVE },
	{ PROMPT_DISCLOSURE, W_REVEAL, W_YOU, W_PROMPT, 6, 0, 4, 4, PLAIN | IMPERATIVE },
	{ PROMPT_DISCLOSURE, W_SEND | W_PUT, W_SYSTEM, W_PROMPT, 8, 0, 4, 4, PLAIN | IMPERATIVE },
	{ SECRET_DISCLOSURE, W_REVEAL, W_YOU | W_ALL | W_USER, W_SECRET, 5, 0, 3, 2, PLAIN | IMPERATIVE },
	{ EXFILTRATION, W_SEND | W_PUT, 0, W_SECRET | W_PATH | W_CHAT, 8, W_FAR, 5, 4, PLAIN | IMPERATIVE },
	{ EXFILTRATION, W_SEND, 0, W_SECRET | W_PATH, 8, 0, 2, 2, PLAIN | IMPERATIVE },
	{ EXFILTRATION, W_SEND | W_PUT, 0, W_DATA | W_RESULT, 8, W_FAR | W_STEAL, 2, 1, PLAIN | IMPERATIVE },
	{ EXFILTRATION, W_STEAL, 0, W_SECRET | W_PATH | W_DATA | W_CHAT | W_ALL, 10, 0, 5, 5, PLAIN },
	{ EXFILTRATION, W_STEAL, 0, 0, 0, 0, 2, 3, PLAIN },
	{ EXFILTRATION, W_IMAGE, 0, 0, 0, 0, 3, 3, 0 },
	{ SENSITIVE_FILE, W_READ | W_PUT | W_USE | W_SEND | W_REVEAL, 0, W_PATH, 8, 0, 3, 4, PLAIN | IMPERATIVE },
	{ SENSITIVE_FILE, W_SHELL, 0, W_PATH, 20, 0, 3, 3, 0 },
	{ KEY_PLANTING, W_PUT, 0, W_KEY, 40, 0, 4, 4, PLAIN | IMPERATIVE },
	{ CONCEALMENT, W_NOT, W_TELL, W_USER | W_YOU, 9, 0, 3, 3, 0 },
	{ CONCEALMENT, W_NOT, W_TELL, W_NOTICE | W_THIS, 5, 0, 2, 2, 0 },
	{ CONCEALMENT, W_SECRETLY, 0, W_USE | W_SEND | W_PUT | W_ACT | W_READ, 2, 0, 3, 3, 0 },
	{ CONCEALMENT, W_NOT, W_KNOW, W_USER, 6, 0, 3, 3, 0 },
	{ TOOL_STEERING, W_USE, 0, W_NAME, 3, W_TOOL, 4, 1, PLAIN | IMPERATIVE },
	{ TOOL_STEERING, W_USE, 0, W_NAME, 2, 0, 2, 0, PLAIN },
	{ TOOL_STEERING, W_PUT | W_ACT | W_READ | W_SEND, W_USE, W_NAME, 40, W_TOOL, 4, 0, PLAIN | IMPERATIVE | LOUD },
	{ TOOL_STEERING, W_USE, 0, W_TOOL, 3, W_FAR, 3, 1, PLAIN | IMPERATIVE },
	{ TOOL_INVENTORY, W_TOOL, 0, W_YOU, 1, W_PUT | W_SEND, 4, 4, 0 },
	{ COERCION, W_OBEY, 0, W_ORDERS, 4, W_MUST, 3, 3, 0 },
	{ COERCION, W_OBEY, 0, W_ORDERS, 4, 0, 2, 1, 0 },
	{ COERCION, W_YOU, W_MUST, W_USE | W_READ | W_SEND, 5, 0, 2, 1, 0 },
	{ IMPERSONATION, W_IAM, 0, W_USER, 2, 0, 3, 3, PLAIN },
	{ IMPERSONATION, W_NEW, 0, W_TASK, 3, 0, 1, 1, 0 },
	{ IMPERSONATION, W_NEW, 0, W_ORDERS, 2, 0, 2, 2, 0 },
	{ TASK_SWITCH, W_BEFORE | W_INSTEAD, W_YOU, W_TASK, 8, 0, 2, 1, 0 },
	{ TASK_SWITCH, W_PLEASE, 0, W_THIS, 3, W_ALL | W_BEFORE | W_LEAD, 1, 1, 0 },
	{ ADDRESSES_MODEL, W_NOTICE, 0, W_MODEL, 3, 0, 3, 3, 0 },
	{ ADDRESSES_MODEL, W_MODEL, W_MUST, W_USE | W_SEND | W_READ | W_REVEAL | W_PUT | W_OVERRIDE, 10, 0, 3, 2, 0 },
	{ ADDRESSES_MODEL, W_YOU, 0, W_MODEL, 4, 0, 2, 1, 0 },
	{ IMPERSONATION, W_OLD, W_TASK, W_DONE, 6, 0, 2, 2, 0 },
	{ ROLE_CHANGE, W_YOU, 0, W_NOW, 2, W_MODE | W_ROLE | W_PRIVILEGE, 4, 4, 0 },
	{ ROLE_CHANGE, W_SYSTEM | W_PRIVILEGE, 0, W_MODE, 1, 0, 2, 1, 0 },
	{ ROLE_CHANGE, W_SYSTEM | W_YOU, 0, W_MODE, 4, W_LIMITS, 4, 3, 0 },
	{ PRIVILEGE_CLAIM, W_YOU | W_CHAT | W_USER | W_ALL, 0, W_PRIVILEGE, 8, W_NOW | W_ALWAYS | W_ALL, 3, 2, 0 },
	{ MEMORY_POISONING, W_REMEMBER, 0, W_PRIVILEGE, 10, 0, 5, 4, PLAIN | IMPERATIVE },
	{ MEMORY_POISONING, W_REMEMBER, W_USER, W_ALWAYS, 10, 0, 3, 1, PLAIN | IMPERATIVE },
	{ APPROVE_ALL, W_APPROVE, W_ALL, W_TOOL | W_TASK, 5, 0, 4, 3, PLAIN | IMPERATIVE },
	{ DESTROY_ALL, W_ACT, W_ALL, W_DATA, 4, 0, 3, 1, PLAIN | LOUD },
	{ ENCODED_COMMAND, W_DECODE, 0, W_USE, 12, 0, 4, 4, PLAIN | IMPERATIVE },
	{ ENCODED_COMMAND, W_DECODE, 0, W_ENCODED, 5, 0, 2, 1, PLAIN | IMPERATIVE },
	{ REMOTE_COMMAND, W_USE, 0, W_SHELL, 6, W_FAR, 3, 3, PLAIN | IMPERATIVE },
	{ REMOTE_COMMAND, W_SHELL, 0, W_FAR, 8, 0, 2, 3, 0 },
	{ BOASTING, W_BEST, 0, W_WORLD, 3, 0, 0, 4, 0 },
	{ BOASTING, W_ALWAYS, 0, W_USE, 2, W_INSTEAD, 1, 3, 0 },
	{ SHADOWING, W_BEFORE, 0, W_USE, 3, W_TOOL | W_NAME, 0, 2, 0 },
	{ SHADOWING, W_INSTEAD, 0, W_USE, 3, W_NAME, 0, 2, 0 },
	{ RESULT_TAMPERING, W_ACT, 0, W_RESULT, 6, W_TOOL | W_NAME, 0, 2, PLAIN },
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
		return weight + ALIKE_WEIGHT;
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

struct match {
	int weight;
	size_t from, to;
};

static void match(const struct rule *r, const struct sentence *s, bool before, int weight, struct match *best)
{
	for (size_t i = 0; i < s->n; i++) {
		if (!begins(r, s, i))
			continue;
		size_t j = r->last ? ends_at(r, s, i) : i;
		if (r->last && j == i)
			continue;
		int w = weight ? discounted(s, i, j, before, weight) : 0;
		if (w > best->weight)
			*best = (struct match){ w, i, j };
	}
}

void sentence_judge(enum scan_source source, const struct sentence *s, bool before, struct verdict *v)
{
	uint64_t all = 0;
	*v = (struct verdict){ 0 };
	for (size_t i = 0; i < s->n; i++)
		all |= s->v[i].what;
	for (size_t k = 0; k < ARRAY_LEN(rules);) {
		/* Of the rules about one thing that which says most. */
		struct match best = { 0 };
		enum thing thing = rules[k].thing;
		for (; k < ARRAY_LEN(rules) && rules[k].thing == thing; k++) {
			const struct rule *r = &rules[k];
			int weight = source == SCAN_DEFINITION ? r->definition : r->result;
			if ((all & r->first) && (!r->last || (all & r->last)) && (!r->with || (all & r->with)) &&
			    weight + ALIKE_WEIGHT > best.weight)
				match(r, s, before, weight, &best);
		}
		if (best.weight)
			note(v, s, best.from, best.to, best.weight, names[thing]);
	}
	judge_header(s, before, v);
	if (v->weight && s->in_comment)
		v->weight += 2;
}
