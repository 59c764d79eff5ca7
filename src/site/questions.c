/* What people ask of a tool, answered for this one. */
#include "base/html.h"
#include "site/tool_parts.h"

static void ask(struct site *s, const struct tool_facts *f, const char *before, const char *after)
{
	buf_addf(&s->b, "<h3>%s", before);
	tool_name(s, f);
	buf_addf(&s->b, "%s</h3><p>", after);
}

static void add_own_words(struct site *s, const struct tool_facts *f)
{
	if (f->row->summary.n) {
		buf_adds(&s->b, "Its server says: <q>");
		add_text(s, f->row->summary);
		buf_adds(&s->b, "</q> ");
	} else {
		buf_adds(&s->b, "Its server does not say. ");
	}
	buf_addf(&s->b, "By our finding it %s.</p>", category_means(f->t->category));
}

static int rate_of(enum category c)
{
	return c == CATEGORY_WRITE ? 30 : c == CATEGORY_READ ? 60 : 10;
}

static void add_labels(struct site *s, const struct tool_facts *f)
{
	static const char *const meanings[LABELS] = {
		[LABEL_READS_PRIVATE] = "reads what is private",	  [LABEL_READS_UNTRUSTED] = "reads what strangers may have written",
		[LABEL_SENDS_OUT] = "sends something out",		  [LABEL_DESTROYS] = "destroys",
		[LABEL_SPENDS] = "spends",
	};
	bool is_any = false;
	for (unsigned i = 0; i < LABELS; i++) {
		if (!(f->p->labels & LABEL_BIT(i)))
			continue;
		buf_addf(&s->b, "%s%s (<code>%s</code>)", is_any ? ", " : " For the flow of data: it ", meanings[i],
			 label_word((enum label)i));
		is_any = true;
	}
	buf_adds(&s->b, is_any ? "." : "");
}

static void add_enforce(struct site *s, const struct tool_facts *f)
{
	char name[COMMAND_NAME_SIZE];
	command_name(server_of(s, f->row), name);
	ask(s, f, "How do I enforce a policy on ", "?");
	buf_addf(&s->b,
		 "Put the server behind the gate (<code>gatehouse server add %s</code>), apply a policy with a rule for the tool "
		 "(<code>gatehouse policy apply %s policy.json</code>) and give the agent a grant with both "
		 "(<code>gatehouse grant add my-agent --server %s=%s</code>). Every call is decided before it reaches the server. ",
		 name, name, name, name);
	buf_addf(&s->b, "<a href=\"#control\">The rule we recommend</a> is above.</p>");
}

static void add_limit(struct site *s, const struct tool_facts *f)
{
	ask(s, f, "Can I rate-limit ", "?");
	if (f->t->category == CATEGORY_DESTRUCTIVE || f->t->category == CATEGORY_FINANCIAL)
		buf_adds(&s->b, "You can, but one call is enough to do harm that stays: ask a person first, or hide it. If you "
				"allow it, add ");
	else
		buf_adds(&s->b, "Yes. Add to its rule ");
	buf_addf(&s->b,
		 "<code>\"limits\": [{\"counter\": \"%s_rate\", \"window\": \"minute\", \"max\": %d, \"scope\": \"grant\"}]</code>. It counts the "
		 "calls of each grant, in windows of a minute by the clock; the refusal says after how many seconds the next call can "
		 "pass.</p>",
		 category_word(f->t->category), rate_of(f->t->category));
}

static void add_block(struct site *s, const struct tool_facts *f)
{
	ask(s, f, "How do I block ", " completely?");
	buf_adds(&s->b, "Under <code>\"default\": \"deny\"</code> it is blocked already, unless <code>tools</code> names it. To block it by "
			"name, put it into <code>hide</code>: agents neither see nor can call it. With <code>\"action\": \"deny\"</code> and a "
			"<code>reason</code> in its rule, an agent that tries is told why.</p>");
}

static void add_server_answer(struct site *s, const struct tool_facts *f)
{
	const struct server_row *r = server_of(s, f->row);
	static const char *const how[] = { "in a way that was not recorded", "live, by its answer to <code>tools/list</code>",
					   "in a file with its list", "in a registry" };
	ask(s, f, "Which server provides ", "?");
	add_server_link(s, r);
	buf_adds(&s->b, " (<code>");
	html_add(&s->b, r->s.id, 300);
	buf_addf(&s->b, "</code>) listed it %s. Only what a server lists itself is credited to it. Other servers may have a tool of the same "
			"name that does something else.</p>",
		 (unsigned)r->s.source < ARRAY_LEN(how) ? how[r->s.source] : how[0]);
}

void tool_questions(struct site *s, const struct tool_facts *f)
{
	tool_heading(s, f, "questions", "Questions about ", "");
	ask(s, f, "What does ", " do?");
	add_own_words(s, f);
	add_enforce(s, f);
	ask(s, f, "What risk level is ", "?");
	buf_addf(&s->b, "%s, as a tool of the category %s, with %u %% confidence.", severity_name(f->t->severity),
		 category_name(f->t->category), f->row->percent);
	add_labels(s, f);
	buf_adds(&s->b, "</p>");
	add_limit(s, f);
	add_block(s, f);
	add_server_answer(s, f);
	buf_adds(&s->b, "</section>\n");
}
