/* One tool's row, put together: each part judges by what the parts before it found. */
#include "catalog/profile.h"
#include "base/limits.h"
#include "catalog/attach.h"
#include "catalog/branches.h"
#include "catalog/classify.h"
#include "catalog/evidence.h"
#include "catalog/fault.h"
#include "catalog/labels.h"
#include "catalog/pin.h"
#include "catalog/severity.h"
#include "catalog/tokens.h"
#include "catalog/traits.h"

#define EVIDENCE_OF_CATEGORY 5
#define EVIDENCE_LEAST	     15 /* percent of the greatest weight */
/* Of one kind; the rest is told by the bits, and by is_cut. */
#define SIGNALS_OF_KIND 8

struct making {
	struct profile *out;
	struct arena *arena;
	struct signals_context context;
	struct arguments_visitor *visitor;
	size_t of_kind[SIGNALS];
};

static const char *keep(struct making *m, const struct buf *b)
{
	const char *p = arena_strndup(m->arena, b->p, b->n);
	m->out->is_cut |= !p;
	return p ? p : "";
}

static void add_signal(struct making *m, const struct argument *a, enum signal kind)
{
	struct profile *out = m->out;
	if (m->of_kind[kind] == SIGNALS_OF_KIND || out->signal_n == PROFILE_SIGNALS_MAX - 1) {
		out->is_cut = true;
		return;
	}
	m->of_kind[kind]++;
	out->signal[out->signal_n++] = (struct profile_signal){
		.kind = kind,
		.pointer = keep(m, &m->visitor->pointer),
		.argument = slice_str(keep(m, &m->visitor->argument)),
		.path = keep(m, &m->visitor->path),
		.is_required = a->is_required,
		.is_list = a->is_list,
		.is_text = a->is_list ? !a->items || (a->items & TYPE_STRING) : !a->types || (a->types & TYPE_STRING),
		.is_remote = kind == SIGNAL_PATH && signals_is_remote(&m->context, a),
		.is_number = !a->is_list && a->types == TYPE_NUMBER,
	};
}

static void see_argument(void *ctx, const struct argument *a)
{
	struct making *m = ctx;
	struct profile *out = m->out;
	unsigned signals = signals_of(&m->context, a);
	struct branching g;
	out->signals |= signals;
	for (int kind = 0; kind < SIGNALS; kind++)
		if (signals & SIGNAL_BIT(kind))
			add_signal(m, a, (enum signal)kind);
	if (out->branching_n == PROFILE_BRANCHINGS_MAX || strstr(buf_str(&m->visitor->path), "[*]") ||
	    !branching_of(&m->context, a, signals, m->arena, &g))
		return;
	g.pointer = keep(m, &m->visitor->pointer);
	g.path = keep(m, &m->visitor->path);
	g.argument = slice_str(keep(m, &m->visitor->argument));
	out->branching[out->branching_n++] = g;
}

/* One branch that is worse than the rest makes the tool so. Where nothing is done the values choose
 * what is looked for. */
static void judge_branches(struct profile *out)
{
	bool is_read = out->category == CATEGORY_READ;
	size_t n = 0;
	for (size_t i = 0; i < out->branching_n; i++) {
		const struct branching *g = &out->branching[i];
		enum category worst = branching_worst(g);
		if (is_read && !g->is_statement)
			continue;
		if (worst > out->category && !g->is_http)
			out->category = worst;
		out->branching[n++] = *g;
	}
	out->branching_n = n;
}

static void see_arguments(struct profile *out, const struct json *schema, struct slice server, const struct meaning *words,
			  struct arena *a)
{
	struct arguments_visitor v = { .on_argument = see_argument };
	struct making m = { .out = out, .arena = a, .visitor = &v };
	v.ctx = &m;
	signals_context(&m.context, out, server, words);
	arguments_visit(&v, schema);
	out->is_cut |= v.is_cut;
	if (v.top > SIGNAL_MANY_PARAMETERS) {
		out->signals |= SIGNAL_BIT(SIGNAL_MANY);
		out->signal[out->signal_n++] = (struct profile_signal){
			.kind = SIGNAL_MANY, .pointer = "/inputSchema", .argument = slice_of("", 0)
		};
	}
	arguments_release(&v);
	judge_branches(out);
}

/* Severe by some values only, and by nothing that its name says. */
static bool is_branched(const struct profile *p)
{
	bool is_worst = false, is_milder = false;
	if (p->category < CATEGORY_DESTRUCTIVE || classify_word(p->name) >= CATEGORY_DESTRUCTIVE)
		return false;
	for (size_t i = 0; i < p->branching_n; i++)
		for (size_t k = 0; k < p->branching[i].n; k++) {
			enum category c = p->branching[i].v[k].category;
			is_worst |= c >= CATEGORY_DESTRUCTIVE;
			is_milder |= c > CATEGORY_UNKNOWN && c < CATEGORY_DESTRUCTIVE;
		}
	return is_worst && is_milder;
}

static void claim(const struct json *definition, struct profile *out)
{
	const struct catalog_hints *h = &out->claims;
	out->claims = catalog_hints(definition);
	out->is_disputed = out->category != CATEGORY_UNKNOWN &&
			   ((h->read_only == CATALOG_HINT_YES && out->category != CATEGORY_READ) ||
			    (h->read_only == CATALOG_HINT_NO && out->category == CATEGORY_READ) ||
			    (h->destructive == CATALOG_HINT_NO && out->category == CATEGORY_DESTRUCTIVE));
}

/* What an agent is given of a tool: name, description and input schema, as JSON. */
static void weigh(const struct json *definition, struct profile *out)
{
	static const char *const told[] = { "name", "description", "inputSchema" };
	struct buf text = BUF_INIT(LIMIT_MESSAGE_BYTES * 2);
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
		const struct json *v = json_gets(definition, told[i]);
		if (json_type(v) <= JSON_NULL)
			continue;
		buf_addf(&text, "%s\"%s\":", text.n ? "," : "{", told[i]);
		json_write(&text, v);
	}
	buf_adds(&text, text.n ? "}" : "{}");
	out->tokens = tokens_of(buf_slice(&text));
	buf_release(&text);
}

/* Words that weigh next to nothing beside the first explain nothing. */
static void keep_evidence(struct profile *out, const struct classified *found)
{
	for (size_t i = 0; i < found->evidence_n && out->evidence_n < EVIDENCE_OF_CATEGORY; i++)
		if (found->evidence[i].weight * 100 >= found->evidence[0].weight * EVIDENCE_LEAST)
			out->evidence[out->evidence_n++] = found->evidence[i];
}

static void judge(const struct json *definition, struct slice server, enum category as, struct arena *a,
		  struct profile *out)
{
	struct tool_text text = tool_text_of(definition, server);
	struct classified found;
	struct meaning m;
	classify(&text, a, &found);
	out->category = as ? as : found.category;
	out->confidence = found.confidence;
	keep_evidence(out, &found);
	meaning_of(&m, server, out->name, text.description);
	see_arguments(out, text.schema, server, &m, a);
	out->is_branched = is_branched(out);
	out->labels = labels_of(out, &m);
	out->traits = traits_of(out, &m);
	out->severity = severity_of(out, &m);
	evidence_collect(out, &m);
	attacks_attach(out, out->traits);
}

void profile_make_as(const struct json *definition, struct slice server, enum category as, struct arena *a,
		     struct profile *out)
{
	const struct json *schema = json_gets(definition, "inputSchema");
	const char *fault = fault_of_name(definition);
	*out = (struct profile){ .name = json_string(json_gets(definition, "name")) };
	out->is_schemaless = json_type(schema) <= JSON_NULL;
	out->is_undescribed = !json_string(json_gets(definition, "description")).n;
	if (!fault && !out->is_schemaless)
		fault = fault_of(definition);
	if (fault)
		out->refused = slice_str(fault);
	/* What only lacks the word "object" says as much of its arguments as others. */
	if (!fault || (json_is(schema, JSON_OBJECT) && !json_gets(schema, "type") && !fault_of_name(definition)))
		judge(definition, server, as, a, out);
	else
		out->severity = SEVERITY_CRITICAL;
	claim(definition, out);
	weigh(definition, out);
	pin_of(definition, out->pin);
}

void profile_make(const struct json *definition, struct slice server, struct arena *a, struct profile *out)
{
	profile_make_as(definition, server, CATEGORY_UNKNOWN, a, out);
}
