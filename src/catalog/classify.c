/* The classifier: the weights of a tool's features added up, and what of them decided. */
#include "catalog/classify.h"
#include "base/arena.h"
#include "catalog/features.h"
#include "catalog/lexicon.h"

#define CLASSES 5 /* READ to FINANCIAL */
#define POINTS	12 /* of a table of confidence */
/* tools/classifier/train.py makes it. */
#include "catalog/weights.inc"

/* A feature that came after the weights were made has none: the trainer must be able to run. */
static const int16_t *weights_of(const struct feature *f)
{
	static const int16_t none[CLASSES];
	return f->id < WEIGHTS_FEATURES ? weights[f->id] : none;
}

bool classify_is_trained(void)
{
	return WEIGHTS_FEATURES == FEATURES && WEIGHTS_LEXICON == lexicon_digest;
}

/* e^x for x <= 0, the same on every machine. */
static double decay(double x)
{
	double term = 1, sum = 1;
	int halvings = 0;
	if (x < -40)
		return 0;
	for (; x < -0.5; x *= 0.5)
		halvings++;
	for (int i = 1; i < 14; i++) {
		term *= x / i;
		sum += term;
	}
	while (halvings--)
		sum *= sum;
	return sum;
}

static void weigh(const struct features *f, double *p)
{
	int sum[CLASSES] = { 0 }, most;
	double all = 0;
	for (size_t i = 0; i < f->n; i++)
		for (int c = 0; c < CLASSES; c++)
			sum[c] += weights_of(&f->v[i])[c];
	most = sum[0];
	for (int c = 1; c < CLASSES; c++)
		most = sum[c] > most ? sum[c] : most;
	for (int c = 0; c < CLASSES; c++)
		all += p[c] = decay((double)(sum[c] - most) / WEIGHT_ONE);
	for (int c = 0; c < CLASSES; c++)
		p[c] /= all;
}

/* To take a dangerous tool for one that reads costs more than the other way round. */
static int decide(const double *p)
{
	int best = 1;
	for (int c = 2; c < CLASSES; c++)
		best = p[c] > p[best] ? c : best;
	return p[0] >= READ_AT_LEAST && p[0] >= p[best] ? 0 : best;
}

/* How often such a probability was right, for tools that training had not seen. */
static double confidence_of(double p, const struct point *table)
{
	if (p <= table[0].p)
		return table[0].right;
	for (int i = 1; i < POINTS; i++) {
		double width = table[i].p - table[i - 1].p;
		if (p <= table[i].p && width > 0)
			return table[i - 1].right + (table[i].right - table[i - 1].right) * (p - table[i - 1].p) / width;
	}
	return table[POINTS - 1].right;
}

/* What one place of the definition speaks for. */
struct finding {
	const struct feature *from;
	int weight;
};

static bool is_same_place(const struct feature *a, const struct feature *b)
{
	return a->origin == b->origin && a->property == b->property && a->item == b->item && a->at == b->at && a->n == b->n;
}

static int speaks_for(const struct feature *f, int class)
{
	int others = 0;
	for (int c = 0; c < CLASSES; c++)
		others += c == class ? 0 : weights_of(f)[c];
	return weights_of(f)[class] - others / (CLASSES - 1);
}

/* The heaviest first; of equal ones the first found. */
static size_t find_evidence(const struct features *f, int class, struct finding *top, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++) {
		struct finding one = { &f->v[i], 0 };
		bool is_first = f->v[i].origin != ORIGIN_NONE && f->v[i].n;
		for (size_t k = 0; is_first && k < i; k++)
			is_first = !is_same_place(&f->v[k], &f->v[i]);
		for (size_t k = i; is_first && k < f->n; k++)
			if (is_same_place(&f->v[k], &f->v[i]))
				one.weight += speaks_for(&f->v[k], class);
		if (!is_first || one.weight <= 0)
			continue;
		size_t at = n;
		while (at > 0 && top[at - 1].weight < one.weight)
			at--;
		if (at == max)
			continue;
		n += n < max;
		memmove(top + at + 1, top + at, (n - at - 1) * sizeof *top);
		top[at] = one;
	}
	return n;
}

static void add_path(struct buf *b, const struct features *f, int at)
{
	const struct property *p = &f->property[at];
	if (p->parent >= 0)
		add_path(b, f, p->parent);
	else
		buf_adds(b, "/inputSchema");
	buf_adds(b, p->is_item ? "/items/properties" : "/properties");
	json_pointer_add(b, p->name);
}

/* The string that a feature's words are of, and where it stands. NULL: no memory. */
static const char *place_of(const struct tool_text *t, const struct features *f, const struct feature *x, struct arena *a,
			    struct slice *text)
{
	const struct property *p = &f->property[x->property];
	struct buf b = BUF_INIT(1 << 20);
	const struct json *values;
	switch ((enum origin)x->origin) {
	case ORIGIN_NAME:
		*text = t->name;
		return "/name";
	case ORIGIN_TITLE:
		*text = t->title;
		return "/title";
	case ORIGIN_DESCRIPTION:
		*text = t->description;
		return "/description";
	case ORIGIN_PROPERTY:
		*text = p->name;
		break;
	case ORIGIN_PROPERTY_TEXT:
		*text = json_string(json_gets(p->schema, "description"));
		break;
	case ORIGIN_ENUM:
		values = json_gets(p->schema, "enum");
		values = values ? values : json_gets(json_gets(p->schema, "items"), "enum");
		*text = json_string(json_at(values, x->item));
		break;
	case ORIGIN_NONE:
	default:
		return NULL;
	}
	add_path(&b, f, x->property);
	if (x->origin == ORIGIN_PROPERTY_TEXT)
		buf_adds(&b, "/description");
	else if (x->origin == ORIGIN_ENUM)
		buf_addf(&b, "%s/enum/%u", json_gets(p->schema, "enum") ? "" : "/items", x->item);
	const char *out = arena_strndup(a, b.p, b.n);
	buf_release(&b);
	return out;
}

static void tell(const struct tool_text *t, const struct features *f, struct arena *a, struct classified *out)
{
	struct finding top[CLASSIFIED_EVIDENCE_MAX];
	int class = (int)out->category - (int)CATEGORY_READ;
	size_t n = find_evidence(f, class, top, CLASSIFIED_EVIDENCE_MAX);
	for (size_t i = 0; i < n; i++) {
		struct slice text = { 0 };
		const struct feature *x = top[i].from;
		const char *pointer = place_of(t, f, x, a, &text);
		if (!pointer || x->at + x->n > text.n)
			continue;
		out->evidence[out->evidence_n++] = (struct evidence){ .pointer = pointer,
								      .quote = slice_of(text.p + x->at, x->n),
								      .at = x->at,
								      .speaks_for = category_word(out->category),
								      .weight = top[i].weight };
	}
}

void classify(const struct tool_text *t, struct arena *a, struct classified *out)
{
	struct features f;
	double p[CLASSES];
	features_find(t, &f);
	weigh(&f, p);
	int class = decide(p);
	*out = (struct classified){ .category = (enum category)(class + (int)CATEGORY_READ) };
	for (int c = 0; c < CLASSES; c++)
		out->probability[c + (int)CATEGORY_READ] = p[c];
	out->confidence = confidence_of(p[class], t->description.n ? described : undescribed);
	tell(t, &f, a, out);
}

enum category classify_word(struct slice value)
{
	static const enum category of[KINDS] = {
		[KIND_SEES] = CATEGORY_READ,	    [KIND_MAKES] = CATEGORY_WRITE,  [KIND_RUNS] = CATEGORY_EXECUTE,
		[KIND_ENDS] = CATEGORY_DESTRUCTIVE, [KIND_PAYS] = CATEGORY_FINANCIAL,
	};
	struct word v[16];
	size_t n = words_of_name(value, v, 16);
	for (size_t i = 0; i < n; i++)
		if (v[i].form != FORM_ED && of[kind_of((enum concept)v[i].concept[0])])
			return of[kind_of((enum concept)v[i].concept[0])];
	return CATEGORY_UNKNOWN;
}
