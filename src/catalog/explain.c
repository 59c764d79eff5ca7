/* Why a tool needs a policy, in sentences: what it is by whose words, what goes in, what flows, what is unsure. */
#include "catalog/profile.h"
#include "catalog/show.h"

#define QUOTE_SHOWN   80
#define QUOTES_SHOWN  3
#define SIGNALS_SHOWN 5

static const char *const what_it_is[CATEGORIES] = {
	[CATEGORY_UNKNOWN] = "cannot be judged",
	[CATEGORY_READ] = "observes only",
	[CATEGORY_WRITE] = "creates or changes something that can be put back",
	[CATEGORY_EXECUTE] = "runs something, and what comes of it depends on the arguments",
	[CATEGORY_DESTRUCTIVE] = "deletes or changes something beyond recall",
	[CATEGORY_FINANCIAL] = "moves money or commits spending",
};

static const char *const what_goes_in[SIGNALS] = {
	[SIGNAL_COMMAND] = "a command that will run",
	[SIGNAL_CODE] = "code",
	[SIGNAL_QUERY] = "a free query",
	[SIGNAL_PATH] = "a path of a file",
	[SIGNAL_URL] = "an address to call",
	[SIGNAL_BULK] = "many objects at once",
	[SIGNAL_AMOUNT] = "an amount",
	[SIGNAL_RECIPIENT] = "who receives it",
	[SIGNAL_HTML] = "HTML",
	[SIGNAL_CREDENTIAL] = "a secret",
	[SIGNAL_PERMISSION] = "rights",
};

/* "/name" is "the name", and of an argument its own. */
static void add_place(struct buf *b, const char *pointer)
{
	const char *last = strrchr(pointer, '/');
	if (strcmp(pointer, "/name") == 0)
		buf_adds(b, "the name");
	else if (strcmp(pointer, "/description") == 0)
		buf_adds(b, "the description");
	else if (strcmp(pointer, "/title") == 0)
		buf_adds(b, "the title");
	else if (last && strcmp(last, "/description") == 0) {
		buf_adds(b, "the description at ");
		show_text(b, slice_str(pointer), QUOTE_SHOWN);
	} else {
		buf_adds(b, "the schema at ");
		show_text(b, slice_str(pointer), QUOTE_SHOWN);
	}
}

static void add_quotes(struct buf *b, const struct profile *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->evidence_n && n < QUOTES_SHOWN; i++) {
		const struct evidence *e = &p->evidence[i];
		if (strcmp(e->speaks_for, category_word(p->category)) != 0)
			continue;
		buf_adds(b, n++ ? ", " : ": ");
		add_place(b, e->pointer);
		buf_adds(b, " says \"");
		show_text(b, e->quote, QUOTE_SHOWN);
		buf_addc(b, '"');
	}
}

static void add_arguments(struct buf *b, const struct profile *p)
{
	unsigned told = 0;
	size_t n = 0;
	for (size_t i = 0; i < p->signal_n && n < SIGNALS_SHOWN; i++) {
		const struct profile_signal *s = &p->signal[i];
		if (told & SIGNAL_BIT(s->kind) || !what_goes_in[s->kind])
			continue;
		told |= SIGNAL_BIT(s->kind);
		buf_adds(b, n++ ? ", " : " An agent puts in ");
		buf_adds(b, what_goes_in[s->kind]);
		buf_adds(b, " (");
		show_text(b, s->argument, QUOTE_SHOWN);
		buf_addc(b, ')');
	}
	buf_adds(b, n ? "." : "");
	if (p->is_branched)
		buf_adds(b, " It is so severe only by some values of an argument.");
}

static void add_flows(struct buf *b, const struct profile *p)
{
	bool is_private = p->labels & LABEL_BIT(LABEL_READS_PRIVATE);
	bool is_untrusted = p->labels & LABEL_BIT(LABEL_READS_UNTRUSTED);
	if (is_private && is_untrusted)
		buf_adds(b, " What it answers is private, and may hold text that outsiders wrote.");
	else if (is_private)
		buf_adds(b, " What it answers is private.");
	else if (is_untrusted)
		buf_adds(b, " What it answers may hold text that outsiders wrote.");
	if (p->labels & LABEL_BIT(LABEL_SENDS_OUT))
		buf_adds(b, " What it is given leaves for others.");
}

static void add_doubts(struct buf *b, const struct profile *p)
{
	if (p->is_undescribed && p->is_schemaless)
		buf_adds(b, " The description is empty and no schema is given: this rests on the name alone.");
	else if (p->is_undescribed)
		buf_adds(b, " The description is empty: this rests on the name and the schema alone.");
	if (p->is_cut)
		buf_adds(b, " Its schema is too large or too deep to be looked at whole.");
	if (p->is_disputed)
		buf_adds(b, p->claims.read_only == CATALOG_HINT_YES ? " The server claims that it only reads." :
							       " The server claims otherwise.");
	if (p->refused.p)
		buf_addf(b, " It is refused for use: %.*s.", SLICE_ARG(p->refused));
}

void profile_explain(struct buf *b, const struct profile *p)
{
	if (p->category == CATEGORY_UNKNOWN) {
		buf_addf(b, "This is no valid tool and is refused for use: %.*s.", SLICE_ARG(p->refused));
		return;
	}
	buf_adds(b, "It ");
	buf_adds(b, what_it_is[p->category]);
	add_quotes(b, p);
	buf_addc(b, '.');
	add_arguments(b, p);
	add_flows(b, p);
	add_doubts(b, p);
}
