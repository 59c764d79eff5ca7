/*
 * seen_in: did an identifier of the call's arguments come from a result that carried a label?
 * Only those count that were met first in such a result; what stood in an earlier one without
 * the label, or in an argument, was known before.
 */
#include "policy/ident.h"
#include "base/check.h"
#include "base/limits.h"
#include "policy/parse.h"

struct look {
	const struct operand *operand;
	const struct policy_past *past;
	enum holds holds;
};

static bool is_labelled(const struct look *l, uint64_t labels)
{
	for (size_t i = 0; i < l->past->label_n; i++)
		for (size_t k = 0; k < l->operand->text_n; k++)
			if (labels >> i & 1 && slice_eq(l->past->labels[i].name, l->operand->texts[k]))
				return true;
	return false;
}

static void look_up(void *ctx, const struct ident *i)
{
	struct look *l = ctx;
	uint64_t labels = 0;
	if (l->holds == HOLDS_YES)
		return;
	switch (l->past->seen(l->past->ctx, i->text, &labels)) {
	case POLICY_SEEN_NEVER:
		return;
	case POLICY_SEEN_UNSURE:
		l->holds = HOLDS_UNSURE;
		return;
	case POLICY_SEEN_FIRST:
		break;
	}
	bool is_field = labels & POLICY_SEEN_IN_FIELD;
	bool fits = l->operand->where == SEEN_ANYWHERE ||
		    is_field == (l->operand->where == SEEN_IN_FIELD);
	if (fits && is_labelled(l, labels & ~POLICY_SEEN_IN_FIELD))
		l->holds = HOLDS_YES;
}

enum holds test_seen_in(const struct operand *o, const struct value *v, struct facts_view *f)
{
	struct look l = {o, f->facts->past, HOLDS_NO};
	if (!l.past || !l.past->seen)
		return HOLDS_UNSURE;
	if (v->json && !ident_each_asked(v->json, o->kinds, look_up, &l) && l.holds == HOLDS_NO)
		l.holds = HOLDS_UNSURE;
	return l.holds;
}

struct wish {
	unsigned kinds;
	void (*on_identifier)(void *ctx, struct slice identifier);
	void *ctx;
};

static void pass_on(void *ctx, const struct ident *i)
{
	struct wish *w = ctx;
	w->on_identifier(w->ctx, i->text);
}

/* More than LIMIT_IDENTIFIERS: the condition will find that out by itself. */
static bool ask_value(void *ctx, const struct value *v)
{
	struct wish *w = ctx;
	(void)!(v->json && ident_each_asked(v->json, w->kinds, pass_on, w));
	return false;
}

void policy_each_identifier(const struct policy *p, const struct policy_facts *f,
			    void (*on_identifier)(void *ctx, struct slice identifier), void *ctx)
{
	struct facts_view view;
	facts_view_init(&view, f);
	for (size_t i = 0; i < p->seen_n; i++) {
		struct wish w = {p->seen[i].kinds, on_identifier, ctx};
		struct value room;
		if (p->seen[i].path.has_each)
			path_each(&p->seen[i].path, &view, ask_value, &w, true);
		else
			ask_value(&w, path_find(&p->seen[i].path, &view, &room));
	}
}

static bool parse_kinds(struct parser *ps, const struct json *v, unsigned *out)
{
	struct names words = {0};
	if (!json_gets(v, "kinds"))
		return true;
	if (!parser_names(ps, v, "kinds", &words))
		return false;
	*out = 0;
	for (size_t i = 0; i < words.n; i++) {
		unsigned kind = ident_kind_of(words.v[i]);
		if (!kind)
			return parser_refuse_key(ps, SLICE_LIT("kinds"),
						 "kinds are mail, url, host, account, path, id and word");
		*out |= kind;
	}
	return *out || parser_refuse_key(ps, SLICE_LIT("kinds"), "'kinds' must not be empty");
}

static bool parse_where(struct parser *ps, const struct json *v, enum seen_where *out)
{
	struct slice word = {0};
	if (!json_gets(v, "where"))
		return true;
	if (!parser_text(ps, v, "where", &word))
		return false;
	if (slice_is(word, "text"))
		*out = SEEN_IN_TEXT;
	else if (slice_is(word, "field"))
		*out = SEEN_IN_FIELD;
	else
		return parser_refuse_key(ps, SLICE_LIT("where"), "'where' must be 'text' or 'field'");
	return true;
}

bool parse_seen(struct parser *ps, const struct json *v, struct operand *out)
{
	static const char *const keys[] = {"labels", "where", "kinds"};
	struct names labels = {0};
	out->kinds = IDENT_ALL;
	if (json_is(v, JSON_OBJECT)) {
		if (!parser_check_keys(ps, v, keys, ARRAY_LEN(keys)))
			return false;
		if (!json_gets(v, "labels"))
			return parser_refuse(ps, "'seen_in' must have 'labels', a list of labels");
		if (!parser_labels(ps, v, "labels", &labels) || !parse_where(ps, v, &out->where) ||
		    !parse_kinds(ps, v, &out->kinds))
			return false;
		out->json = json_gets(v, "labels"); /* for the words */
	} else if (!parser_label_or_list(ps, v, &labels)) {
		return false;
	}
	out->texts = labels.v;
	out->text_n = labels.n;
	return labels.n || parser_refuse(ps, "'seen_in' must name a label");
}

void parser_want_seen(struct parser *ps, const struct condition *c)
{
	struct policy *p = ps->policy;
	size_t i = 0;
	if (c->path.root != ROOT_ARGS) {
		parser_refuse(ps, "'seen_in' looks at arguments: its path must begin with 'args'");
		return;
	}
	while (i < p->seen_n && !slice_eq(p->seen[i].path.text, c->path.text))
		i++;
	if (i == LIMIT_POLICY_SEEN) {
		parser_refuse(ps, "'seen_in' looks at more than %d paths", LIMIT_POLICY_SEEN);
		return;
	}
	if (i == p->seen_n) {
		p->seen[p->seen_n].path = c->path;
		p->seen[p->seen_n++].path.place = PATH_PLACES; /* places are of one tool's rules */
	}
	p->seen[i].kinds |= c->operand.kinds;
	p->seen_kinds |= c->operand.kinds;
}
