/* Finding the features of a tool in its name, description and input schema. */
#include "catalog/features.h"

#define NAME_WORDS	 32
#define PROPERTY_BYTES	 400 /* of a property's description */
#define PROPERTY_WORDS	 48
#define ENUM_VALUES	 24

struct finder {
	struct features *f;
	enum kind name, lead, rest, choice; /* of the verbs that were found */
	struct feature from; /* origin, property and item of what is being looked at */
};

static void add(struct finder *x, int id, const struct word *w)
{
	struct features *f = x->f;
	if (f->n == FEATURES_MAX || f->seen[id / 64] & UINT64_C(1) << (id % 64))
		return;
	f->seen[id / 64] |= UINT64_C(1) << (id % 64);
	struct feature *one = &f->v[f->n++];
	*one = x->from;
	one->id = (uint32_t)id;
	one->at = w ? w->at : 0;
	one->n = w ? w->n : 0;
	if (!w)
		one->origin = ORIGIN_NONE;
}

static void add_fact(struct finder *x, enum fact fact)
{
	add(x, FEATURE_FACTS + (int)fact, NULL);
}

/* Words that only hold a sentence together. */
static bool is_little(enum concept c)
{
	return c == MARK_THE || c == MARK_OF || c == MARK_TO || c == MARK_AND || c == MARK_IF || c == MARK_NOT || c == MARK_FROM;
}

/* where: 1 for the name, 2 for the first sentence. A pair counts for its second word; what is too
 * short or only holds a sentence together is no evidence that a person would look at. */
static void add_hashed(struct finder *x, uint32_t where, const struct word *before, const struct word *w)
{
	uint32_t h = w->hash * 0x9e3779b1u + where * 0x85ebca6bu;
	if (before)
		h = (h ^ h >> 15) * 0xc2b2ae35u + before->hash;
	h = (h ^ h >> 16) * 0x7feb352du;
	bool is_shown = w->n > 2 && !is_little((enum concept)w->concept[0]);
	add(x, FEATURE_HASHED + (int)(h >> (32 - HASHED_BITS)), is_shown ? w : NULL);
}

/* The words that stand there, and each with the next; no phrases, which are listed behind them. */
static void add_words(struct finder *x, uint32_t where, const struct word *v, size_t n)
{
	for (size_t i = 0; i < n && !(v[i].flags & WORD_PHRASE) && v[i].part == PART_LEAD; i++) {
		add_hashed(x, where, NULL, &v[i]);
		if (i)
			add_hashed(x, where, &v[i - 1], &v[i]);
	}
}

static void add_concepts(struct finder *x, enum place p, const struct word *w)
{
	for (int i = 0; i < WORD_CONCEPTS && w->concept[i]; i++)
		if (!is_little((enum concept)w->concept[i]))
			add(x, (int)p * (int)CONCEPTS + w->concept[i], w);
}

static enum concept verb_of(const struct word *w)
{
	return w && concept_is_verb((enum concept)w->concept[0]) ? (enum concept)w->concept[0] : CONCEPT_NONE;
}

static enum concept object_of(const struct word *w)
{
	for (int i = 0; w && i < WORD_CONCEPTS; i++)
		if (concept_is_object((enum concept)w->concept[i]))
			return (enum concept)w->concept[i];
	return CONCEPT_NONE;
}

enum kind kind_of(enum concept c)
{
	if (!concept_is_verb(c))
		return KIND_NONE;
	if (c == VERB_PROCESS || c == VERB_USE || c == VERB_TEST || c == VERB_MAKE)
		return KIND_VAGUE;
	if (c < VERB_CREATE)
		return KIND_SEES;
	if (c < VERB_RUN)
		return KIND_MAKES;
	if (c < VERB_DELETE)
		return KIND_RUNS;
	return c < VERB_PAY ? KIND_ENDS : KIND_PAYS;
}

static void weigh_kind(enum kind *most, enum concept c)
{
	if (kind_of(c) > *most)
		*most = kind_of(c);
}

/* The kind of the name's verb together with what another place has. */
static void add_with_kind(struct finder *x, int base, const struct word *w, bool wants_marks)
{
	for (int i = 0; i < WORD_CONCEPTS && w->concept[i]; i++) {
		enum concept c = (enum concept)w->concept[i];
		if (wants_marks ? concept_is_mark(c) && !is_little(c) : concept_is_object(c))
			add(x, base + (int)x->name * (int)CONCEPTS + (int)c, w);
	}
}

static int object_index(enum concept c)
{
	return c ? (int)c - (int)CONCEPT_VERBS : 0;
}

/* Is the word part of a phrase that names a thing: "test case", "pull request"? */
static bool is_in_phrase(const struct word *v, size_t n, const struct word *w)
{
	for (size_t i = n; i-- > 0 && v[i].flags & WORD_PHRASE;)
		if (w->at >= v[i].at && w->at < v[i].at + v[i].n && !verb_of(&v[i]))
			return true;
	return false;
}

/* What stands at the end of "storage_account_create", and before that only names where it belongs. */
static bool is_strong(enum concept c)
{
	return c == VERB_GET || c == VERB_LIST || c == VERB_CREATE || c == VERB_ADD || c == VERB_UPDATE || c == VERB_SET ||
	       c == VERB_DELETE || c == VERB_REMOVE || c == VERB_SEND || c == VERB_ENABLE || c == VERB_DISABLE ||
	       c == VERB_CANCEL || c == VERB_START || c == VERB_STOP || c == VERB_RESTART || c == VERB_DESCRIBE || c == VERB_READ;
}

/* "types", "created" and what is part of a thing's name are none. */
static bool is_verb_in_name(const struct word *v, size_t n, const struct word *w)
{
	return verb_of(w) && (w->form == FORM_BASE || w->form == FORM_ING) && !is_in_phrase(v, n, w);
}

/* What names a service as often as an action: "monitor_alert_send". */
static bool is_place(enum concept c)
{
	return c == VERB_MONITOR || c == VERB_COMPUTE || c == VERB_DEPLOY || c == VERB_BACKUP || c == VERB_SCHEDULE || c == VERB_TRACK;
}

/* A strong one at the end when none begins the name; else the first that can only be a verb; else the
 * first that can be one. */
static const struct word *verb_of_name(const struct word *v, size_t n)
{
	const struct word *first = NULL, *last = NULL, *sure = NULL;
	for (size_t i = 0; i < n && !(v[i].flags & WORD_PHRASE); i++) {
		last = NULL;
		if (!is_verb_in_name(v, n, &v[i]))
			continue;
		first = first ? first : &v[i];
		sure = sure || (object_of(&v[i]) && i) ? sure : &v[i];
		last = &v[i];
	}
	if (last && last != v && is_strong(verb_of(last)) && !is_strong(verb_of(&v[0])))
		return last;
	for (size_t i = 1; sure && is_place(verb_of(sure)) && i < n && !(v[i].flags & WORD_PHRASE); i++)
		if (is_verb_in_name(v, n, &v[i]) && is_strong(verb_of(&v[i])) && !object_of(&v[i]))
			return &v[i];
	return sure ? sure : first;
}

/* The object behind `verb`, or the first of all. */
static const struct word *object_behind(const struct word *v, size_t n, const struct word *verb)
{
	const struct word *first = NULL;
	for (size_t i = 0; i < n; i++) {
		if (&v[i] == verb || !object_of(&v[i]))
			continue;
		if (!verb || v[i].at > verb->at)
			return &v[i];
		first = first ? first : &v[i];
	}
	return first;
}

/* A word beside the verb: what can be a thing is one. */
static void add_of_name(struct finder *x, const struct word *w)
{
	bool is_thing = object_of(w) || w->form == FORM_S;
	for (int i = 0; i < WORD_CONCEPTS && w->concept[i]; i++) {
		enum concept c = (enum concept)w->concept[i];
		if (!is_little(c) && !(is_thing && concept_is_verb(c)))
			add(x, (int)PLACE_NAME * (int)CONCEPTS + (int)c, w);
	}
}

static enum concept look_at_name(struct finder *x, struct slice name)
{
	struct word v[NAME_WORDS];
	size_t n = words_of_name(name, v, NAME_WORDS);
	x->from = (struct feature){ .origin = ORIGIN_NAME };
	const struct word *verb = verb_of_name(v, n), *object = object_behind(v, n, verb);
	for (size_t i = 0; i < n; i++) {
		if (&v[i] != verb)
			add_of_name(x, &v[i]);
		if (v[i].word)
			add(x, FEATURE_WORD + v[i].word, &v[i]);
	}
	if (n && (&v[0] == verb || !verb_of(&v[0])))
		add_concepts(x, PLACE_NAME_FIRST, &v[0]);
	if (verb)
		add(x, (int)PLACE_NAME_VERB * (int)CONCEPTS + (int)verb_of(verb), verb);
	add(x, FEATURE_NAME + (int)verb_of(verb) * OBJECT_N + object_index(object_of(object)), verb ? verb : object);
	x->name = kind_of(verb_of(verb));
	for (size_t i = 0; i < n; i++)
		add_with_kind(x, FEATURE_OBJECT, &v[i], false);
	add_words(x, 1, v, n);
	return verb_of(verb);
}

/* "the list", "a query": no verb there. */
static bool is_noun(const struct word *v, const struct word *w)
{
	if (w == v || w->form != FORM_BASE || w->flags & WORD_STARTS)
		return false;
	const struct word *before = w - 1;
	return word_is(before, MARK_THE) || word_is(before, MARK_OF) || word_is(before, MARK_NEW) || word_is(before, MARK_EXISTING);
}

static bool is_action(const struct word *v, const struct word *w)
{
	return verb_of(w) && !(w->flags & (WORD_CODE | WORD_DENIED | WORD_PHRASE)) && w->form != FORM_ED && !is_noun(v, w);
}

static void look_at_word(struct finder *x, const struct word *v, const struct word *w)
{
	if (w->flags & WORD_CODE && !(w->flags & WORD_PHRASE && concept_is_mark((enum concept)w->concept[0])))
		return;
	if (w->flags & WORD_DENIED && !(w->flags & WORD_PHRASE)) {
		add_concepts(x, PLACE_DENIED, w);
		return;
	}
	if (w->part == PART_LEAD || w->part == PART_REST)
		add_with_kind(x, FEATURE_MARKS, w, true);
	if (w->part == PART_REST && is_action(v, w))
		weigh_kind(&x->rest, verb_of(w));
	switch ((enum word_part)w->part) {
	case PART_LEAD:
		add_concepts(x, w->form == FORM_ED && verb_of(w) ? PLACE_LEAD_DONE : PLACE_LEAD, w);
		break;
	case PART_REST:
		if (w->flags & WORD_STARTS && is_action(v, w))
			add_concepts(x, PLACE_LINE_VERB, w);
		add_concepts(x, PLACE_REST, w);
		break;
	case PART_ARGUMENTS:
		add_concepts(x, PLACE_ARGUMENTS, w);
		break;
	case PART_RETURNS:
		add_concepts(x, PLACE_RETURNS, w);
		break;
	case PART_EXAMPLES:
	case WORD_PARTS:
	default:
		break;
	}
}

static enum concept look_at_text(struct finder *x, struct slice text, enum origin origin)
{
	struct word v[LIMIT_PROFILE_WORDS];
	size_t n = words_of_text(text, v, LIMIT_PROFILE_WORDS);
	const struct word *verb = NULL;
	x->from = (struct feature){ .origin = (uint8_t)origin };
	for (size_t i = 0; i < n; i++) {
		look_at_word(x, v, &v[i]);
		if (v[i].part != PART_LEAD || !is_action(v, &v[i]) || word_is(&v[i], MARK_TO) || word_is(&v[i], VERB_USE))
			continue;
		weigh_kind(&x->lead, verb_of(&v[i]));
		if (verb)
			add(x, (int)PLACE_LEAD_VERBS * (int)CONCEPTS + (int)verb_of(&v[i]), &v[i]);
		else
			verb = &v[i];
	}
	const struct word *object = object_behind(v, n, verb);
	if (object && object->part != PART_LEAD)
		object = NULL;
	if (verb) {
		add(x, (int)PLACE_LEAD_VERB * (int)CONCEPTS + (int)verb_of(verb), verb);
		add(x, FEATURE_LEAD_WORD + verb->word, verb);
	}
	add(x, FEATURE_LEAD + (int)verb_of(verb) * OBJECT_N + object_index(object_of(object)), verb ? verb : object);
	add_words(x, 2, v, n);
	return verb_of(verb);
}

static void look_at_enum(struct finder *x, const struct json *values)
{
	enum concept first = CONCEPT_NONE;
	x->from.origin = ORIGIN_ENUM;
	x->from.item = 0;
	for (struct json_iter it = json_iter(values); x->from.item < ENUM_VALUES && json_next(&it); x->from.item++) {
		struct word v[8];
		size_t n = words_of_name(json_string(it.value), v, 8);
		for (size_t i = 0; i < n && i < 3; i++) {
			enum concept c = verb_of(&v[i]);
			if (!c || v[i].form != FORM_BASE)
				continue;
			add(x, (int)PLACE_ENUM * (int)CONCEPTS + (int)c, &v[i]);
			weigh_kind(&x->choice, c);
			if (first && c != first)
				add_fact(x, FACT_BRANCHES);
			first = first ? first : c;
		}
	}
}

static void look_at_property(struct finder *x, size_t at, bool is_required)
{
	const struct property *p = &x->f->property[at];
	struct word v[PROPERTY_WORDS];
	struct slice text = json_string(json_gets(p->schema, "description"));
	x->from = (struct feature){ .origin = ORIGIN_PROPERTY, .property = (uint16_t)at };
	size_t n = words_of_name(p->name, v, 8);
	for (size_t i = 0; i < n; i++) {
		add_concepts(x, PLACE_PROPERTY, &v[i]);
		add_with_kind(x, FEATURE_PROPERTY, &v[i], false);
		if (is_required)
			add_concepts(x, PLACE_REQUIRED, &v[i]);
	}
	x->from.origin = ORIGIN_PROPERTY_TEXT;
	n = words_of_text(slice_of(text.p, text.n < PROPERTY_BYTES ? text.n : PROPERTY_BYTES), v, PROPERTY_WORDS);
	for (size_t i = 0; i < n; i++)
		if (v[i].part == PART_LEAD && !(v[i].flags & (WORD_DENIED | WORD_CODE)))
			add_concepts(x, PLACE_PROPERTY_TEXT, &v[i]);
	const struct json *items = json_gets(p->schema, "items");
	look_at_enum(x, json_gets(p->schema, "enum"));
	if (items)
		look_at_enum(x, json_gets(items, "enum"));
}

static bool is_among(const struct json *required, struct slice name)
{
	size_t left = LIMIT_PROFILE_PROPERTIES;
	for (struct json_iter it = json_iter(required); left-- && json_next(&it);)
		if (slice_eq(json_string(it.value), name))
			return true;
	return false;
}

static void look_at_schema(struct finder *x, const struct json *schema, int parent, bool is_item, int depth)
{
	struct features *f = x->f;
	const struct json *required = json_gets(schema, "required");
	if (depth == LIMIT_PROFILE_DEPTH)
		return;
	for (struct json_iter it = json_iter(json_gets(schema, "properties")); json_next(&it);) {
		if (f->property_n == LIMIT_PROFILE_PROPERTIES)
			return;
		size_t at = f->property_n++;
		f->property[at] = (struct property){ it.key, it.value, parent, is_item };
		look_at_property(x, at, !depth && is_among(required, it.key));
		const struct json *items = json_gets(it.value, "items");
		bool has_items = json_is(json_gets(items, "properties"), JSON_OBJECT);
		bool has_own = json_is(json_gets(it.value, "properties"), JSON_OBJECT);
		if (has_items || has_own)
			add_fact(x, FACT_NESTED);
		if (has_own)
			look_at_schema(x, it.value, (int)at, false, depth + 1);
		if (has_items)
			look_at_schema(x, items, (int)at, true, depth + 1);
	}
}

static void count_arguments(struct finder *x, const struct json *schema)
{
	size_t n = json_count(json_gets(schema, "properties"));
	if (!json_is(schema, JSON_OBJECT))
		return;
	if (n == 0)
		add_fact(x, FACT_NO_ARGUMENTS);
	else if (n == 1)
		add_fact(x, FACT_ONE_ARGUMENT);
	else if (n >= 8)
		add_fact(x, FACT_MANY_ARGUMENTS);
	if (n && !json_count(json_gets(schema, "required")))
		add_fact(x, FACT_NONE_REQUIRED);
}

static void look_at_server(struct finder *x, struct slice server)
{
	struct word v[NAME_WORDS];
	size_t n = words_of_name(server, v, NAME_WORDS);
	x->from = (struct feature){ .origin = ORIGIN_NONE };
	for (size_t i = 0; i < n; i++) {
		add_concepts(x, PLACE_SERVER, &v[i]);
		add_with_kind(x, FEATURE_SERVER, &v[i], false);
	}
}

struct tool_text tool_text_of(const struct json *definition, struct slice server)
{
	return (struct tool_text){
		.name = json_string(json_gets(definition, "name")),
		.title = json_string(json_gets(definition, "title")),
		.description = json_string(json_gets(definition, "description")),
		.server = server,
		.schema = json_gets(definition, "inputSchema"),
	};
}

void features_find(const struct tool_text *t, struct features *f)
{
	struct finder x = { .f = f };
	struct slice text = t->description.n ? t->description : t->title;
	f->n = f->property_n = 0;
	memset(f->seen, 0, sizeof f->seen);
	add_fact(&x, FACT_ALWAYS);
	enum concept name = look_at_name(&x, t->name);
	enum concept lead = look_at_text(&x, text, t->description.n ? ORIGIN_DESCRIPTION : ORIGIN_TITLE);
	if (name || lead)
		add(&x, FEATURE_VERBS + (int)name * VERB_N + (int)lead, NULL);
	if (!name && !lead)
		add_fact(&x, FACT_NO_VERB);
	if (name && name == lead)
		add_fact(&x, FACT_AGREES);
	if (!text.n)
		add_fact(&x, FACT_UNDESCRIBED);
	else if (text.n < 40)
		add_fact(&x, FACT_SHORT);
	else if (text.n > 600)
		add_fact(&x, FACT_LONG);
	add(&x, FEATURE_KINDS + ((int)x.name * KINDS + (int)x.lead) * KINDS + (int)x.rest, NULL);
	count_arguments(&x, t->schema);
	look_at_schema(&x, t->schema, -1, false, 0);
	if (x.choice) {
		add(&x, FEATURE_ENUM + (int)x.name * KINDS + (int)x.choice, NULL);
		add(&x, FEATURE_CHOICE + (int)x.lead * KINDS + (int)x.choice, NULL);
	}
	look_at_server(&x, t->server);
}
