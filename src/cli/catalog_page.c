/* Text for a terminal: what strangers wrote is quoted and escaped. */
#include "cli/catalog_page.h"
#include "author/pretty.h"
#include "base/clock.h"
#include "catalog/attacks.h"
#include "catalog/show.h"
#include "cli/table.h"

#define DESCRIPTION_SHOWN 1200
#define RELATED_SHOWN	  8

static void heading(struct buf *b, const char *text)
{
	buf_addf(b, "\n%s\n", text);
}

static void quoted(struct buf *b, struct slice text, size_t max)
{
	buf_adds(b, "  \"");
	show_text(b, text, max);
	buf_adds(b, "\"\n");
}

static void add_time(struct buf *b, const char *what, int64_t at_us)
{
	char text[CLOCK_TEXT_SIZE];
	if (!at_us)
		return;
	clock_text(at_us, text);
	buf_addf(b, "  %-12s %.10s %.8s UTC\n", what, text, text + 11);
}

static void add_line(struct buf *b, const char *what, struct slice value)
{
	if (!value.n)
		return;
	buf_addf(b, "  %-12s ", what);
	show_text(b, value, 400);
	buf_addc(b, '\n');
}

static void add_what(struct buf *b, const struct index_tool *t, const struct profile *p, struct slice description)
{
	buf_addf(b, "%s %s  ", severity_word(t->severity), category_word(t->category));
	show_text(b, t->name, 200);
	if (t->removed_us)
		buf_adds(b, "  (gone: the server lists it no more)");
	heading(b, "What it does, in its own words");
	if (description.n)
		quoted(b, description, DESCRIPTION_SHOWN);
	else
		buf_adds(b, "  It has no description.\n");
	heading(b, "Why it needs a policy");
	buf_adds(b, "  ");
	profile_explain(b, p);
	buf_addf(b, "\n  confidence %.2f\n", p->confidence);
	for (size_t i = 0; i < p->evidence_n; i++) {
		buf_addf(b, "  %s in %s: \"", p->evidence[i].speaks_for, p->evidence[i].pointer);
		show_text(b, p->evidence[i].quote, 120);
		buf_adds(b, "\"\n");
	}
}

static void add_rule(struct buf *b, const struct profile *p, bool *is_hidden)
{
	struct buf rule = BUF_INIT(1u << 20), policy = BUF_INIT(1u << 20);
	const struct profile *v[] = { p };
	recommend_rule(&rule, p, is_hidden);
	recommend_policy(&policy, v, 1);
	heading(b, "How to control it");
	struct arena a;
	arena_init(&a, 16u << 20);
	const struct json *document = json_read(buf_slice(&policy), &a, NULL);
	if (document)
		pretty_write(b, document);
	else
		buf_add_slice(b, buf_slice(&policy));
	arena_release(&a);
	buf_release(&rule);
	buf_release(&policy);
}

static void add_attacks(struct buf *b, const struct profile *p)
{
	if (!p->attack_n)
		return;
	heading(b, "Attacks that abuse this kind of access");
	for (size_t i = 0; i < p->attack_n; i++) {
		buf_addf(b, "  %s: %s\n", p->attack[i]->name, p->attack[i]->mechanism);
		for (const struct attack_source *s = p->attack[i]->sources; s && s->url; s++)
			buf_addf(b, "    %s: %s\n", s->what, s->url);
	}
}

static void add_arguments(struct buf *b, const struct profile *p)
{
	if (p->signal_n) {
		heading(b, "Arguments that matter");
		for (size_t i = 0; i < p->signal_n; i++) {
			buf_addf(b, "  %-12s ", signal_word(p->signal[i].kind));
			show_text(b, p->signal[i].argument.n ? p->signal[i].argument : SLICE_LIT("(the whole schema)"), 200);
			buf_addc(b, '\n');
		}
	}
	if (p->branching_n)
		heading(b, "Branches");
	for (size_t i = 0; i < p->branching_n; i++) {
		const struct branching *k = &p->branching[i];
		buf_adds(b, "  ");
		show_text(b, k->argument, 200);
		buf_adds(b, k->is_statement ? ": the statement itself chooses the action\n" : " chooses the action:\n");
		for (size_t j = 0; j < k->n; j++) {
			buf_addf(b, "    %-12s ", category_word(k->v[j].category));
			show_text(b, k->v[j].value, 120);
			buf_addc(b, '\n');
		}
	}
}

static void add_claim(struct buf *b, const char *name, enum catalog_hint h)
{
	if (h)
		buf_addf(b, "  %s: %s\n", name, h == CATALOG_HINT_YES ? "true" : "false");
}

static void add_claims(struct buf *b, const struct profile *p)
{
	const struct catalog_hints *h = &p->claims;
	heading(b, "What the server claims");
	if (!h->read_only && !h->destructive && !h->idempotent && !h->open_world)
		buf_adds(b, "  nothing\n");
	add_claim(b, "readOnlyHint", h->read_only);
	add_claim(b, "destructiveHint", h->destructive);
	add_claim(b, "idempotentHint", h->idempotent);
	add_claim(b, "openWorldHint", h->open_world);
	if (p->is_disputed)
		buf_adds(b, "  This is not what the definition shows; a claim is never believed.\n");
}

static void add_related(struct buf *b, const struct index_tool *t, const struct index_page *related)
{
	size_t n = 0;
	for (size_t i = 0; i < related->n && n < RELATED_SHOWN; i++) {
		if (slice_eq(related->tools[i].name, t->name) && slice_eq(related->tools[i].server, t->server))
			continue;
		if (!n++)
			heading(b, "Related tools of the same server and category");
		buf_addf(b, "  %-9s", severity_word(related->tools[i].severity));
		show_text(b, related->tools[i].name, 120);
		buf_addc(b, '\n');
	}
}

static void add_questions(struct buf *b, const struct index_server *s, const struct index_tool *t, bool is_hidden)
{
	heading(b, "Questions");
	buf_adds(b, "  How is the rule enforced? Put the document above into a file and run\n    gatehouse policy apply NAME FILE\n"
		    "  then give it to a grant: gatehouse grant add LABEL --server SERVER=NAME\n");
	buf_addf(b, "  What risk level is it? %s, as %s.\n", severity_word(t->severity), category_word(t->category));
	buf_addf(b, "  Can it be rate-limited? Yes: \"limits\" in its rule%s.\n",
		 is_hidden ? ", in place of hiding it" : " counts calls of each grant and refuses what is more");
	buf_adds(b, "  How is it blocked completely? Put its name into \"hide\": then agents do not even see it.\n");
	buf_adds(b, "  Which server provides it? ");
	show_text(b, s->id, 256);
	buf_adds(b, s->source == INDEX_LIVE ? ", which listed it when it was asked.\n" : ", by the list that was read.\n");
}

static void add_provenance(struct buf *b, const struct index_server *s, const struct index_tool *t)
{
	heading(b, "Where this comes from");
	add_line(b, "server", s->id);
	add_line(b, "package", s->package);
	add_line(b, "version", s->version);
	add_line(b, "source", slice_str(index_source_word(s->source)));
	add_line(b, "read from", s->where);
	add_line(b, "pin", slice_str(t->pin));
	buf_addf(b, "  %-12s %u, an estimate of what the definition takes in a model's context\n", "tokens", t->tokens);
	add_time(b, "first seen", t->added_us);
	add_time(b, "changed", t->changed_us != t->added_us ? t->changed_us : 0);
	add_time(b, "gone", t->removed_us);
	add_time(b, "read", s->seen_us);
}

void page_tool(struct buf *b, const struct index_server *s, const struct index_tool *t, const struct profile *p,
	       const struct index_page *related)
{
	struct arena a;
	bool is_hidden;
	arena_init(&a, 64u << 20);
	add_what(b, t, p, json_string(json_gets(json_read(t->definition, &a, NULL), "description")));
	add_rule(b, p, &is_hidden);
	add_attacks(b, p);
	add_arguments(b, p);
	add_claims(b, p);
	add_related(b, t, related);
	add_questions(b, s, t, is_hidden);
	add_provenance(b, s, t);
	arena_release(&a);
}

static void add_identity(struct buf *b, const struct index_server *s)
{
	add_line(b, "title", s->title);
	add_line(b, "version", s->version);
	add_line(b, "package", s->package);
	add_line(b, "remote", s->remote);
	add_line(b, "website", s->website);
	add_line(b, "repository", s->repository);
	add_line(b, "status", s->status);
	add_line(b, "entry", s->entry);
	add_line(b, "source", slice_str(index_source_word(s->source)));
	add_line(b, "read from", s->where);
	add_time(b, "read", s->seen_us);
	add_time(b, "changed", s->changed_us);
	add_line(b, "digest", slice_str(s->digest));
}

static void add_split(struct buf *b, const struct index_server *s)
{
	const uint32_t *k = s->by_category;
	uint32_t valid = s->tools - k[CATEGORY_UNKNOWN], modify = valid - k[CATEGORY_READ],
		 destroy = k[CATEGORY_DESTRUCTIVE] + k[CATEGORY_FINANCIAL];
	heading(b, "Its tools");
	buf_addf(b, "  %u tools:", s->tools);
	for (int i = CATEGORY_READ; i < CATEGORIES; i++)
		buf_addf(b, "%s %u %s", i > CATEGORY_READ ? "," : "", k[i], category_word((enum category)i));
	buf_addf(b, "\n  %.0f %% can modify something, %.0f %% can destroy or spend\n", valid ? 100.0 * modify / valid : 0.0,
		 valid ? 100.0 * destroy / valid : 0.0);
	if (s->refused)
		buf_addf(b, "  %u no valid tool\n", s->refused);
	if (s->disputed)
		buf_addf(b, "  %u whose annotations claim otherwise\n", s->disputed);
	buf_addf(b, "  about %llu tokens in a model's context\n", (unsigned long long)s->tokens);
}

void page_server(struct buf *b, struct arena *a, const struct index_server *s, const struct index_tool *const *tools, size_t n,
		 struct slice policy)
{
	static const char *const headings[] = { "  SEVERITY", "CATEGORY", "TOOL", "TOKENS", NULL };
	struct table t;
	show_text(b, s->id, 256);
	buf_adds(b, "\ngrade ");
	index_grade(s, b);
	buf_addc(b, '\n');
	if (s->description.n)
		quoted(b, s->description, DESCRIPTION_SHOWN);
	add_identity(b, s);
	if (!s->has_list) {
		buf_adds(b, "\nNobody has listed its tools: gatehouse catalog add … --as its id\n");
		return;
	}
	add_split(b, s);
	buf_addc(b, '\n');
	table_init(&t, a, headings);
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { arena_printf(a, "  %s", severity_word(tools[i]->severity)), category_word(tools[i]->category),
					table_safe(a, tools[i]->name), arena_printf(a, "%u", tools[i]->tokens) };
		table_add(&t, cells);
	}
	table_write(b, &t, 0);
	heading(b, "A policy for all of it");
	const struct json *document = json_read(policy, a, NULL);
	if (document)
		pretty_write(b, document);
}
