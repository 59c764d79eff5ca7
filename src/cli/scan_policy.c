/* Policies of a repository: do they load, and what do they say to the tools that were found? */
#include "base/file.h"
#include "base/limits.h"
#include "cli/scan.h"
#include "policy/policy.h"
#include <sys/stat.h>

static void tell_problem(struct scanning *s, const struct scan_text *t, const struct policy_problem *p)
{
	char why[400];
	snprintf(why, sizeof why, "line %d, column %d: %s", p->line, p->column, p->text);
	scan_invalid(s, t, p->is_warning ? RULE_POLICY_WARNING : RULE_POLICY_INVALID, why);
}

/* NULL: it does not load, which was told. is_known: its mistakes were. */
static struct policy *load(struct scanning *s, const struct scan_text *t, bool is_known)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(t->text, &problems);
	if (p)
		policy_check(p, t->text, NULL, &problems);
	for (size_t i = 0; i < problems.n && !is_known; i++)
		tell_problem(s, t, &problems.v[i]);
	policy_problems_release(&problems);
	return p;
}

void scan_policy(struct scanning *s, struct scan_file *f)
{
	struct policy *p = load(s, &f->text, false);
	policy_unref(&p);
}

struct covering {
	struct scanning *s;
	const struct scan_text *text;
	const struct policy *policy;
	const char *server; /* only its tools; NULL: all */
	size_t n;	    /* tools that were looked at */
};

static struct report_place place_of(const struct covering *c, const char *pointer)
{
	struct report_place p = { .file = c->text->shown };
	json_locate(c->text->text, slice_str(pointer), true, &p.line, &p.column);
	return p;
}

static void tell(const struct covering *c, enum report_rule rule, enum severity severity, struct report_place place, const char *server,
		 const struct profile *p, const char *what, const char *rule_text)
{
	struct buf b = BUF_INIT(1u << 16);
	const char *name = report_name(&c->s->report, p->name);
	buf_adds(&b, "tool ");
	report_quote(&b, slice_str(name), 0);
	buf_adds(&b, " of server ");
	report_quote(&b, slice_str(server), 0);
	buf_addf(&b, ", %s, %s, %s", category_word(p->category), severity_word(p->severity), what);
	report_add(&c->s->report, &(struct report_finding){ .rule = rule,
							    .severity = severity,
							    .place = place,
							    .server = server,
							    .tool = name,
							    .message = buf_str(&b),
							    .policy = rule_text });
	buf_release(&b);
}

/* Names of all the arguments it may get: a decision that depends on a value of one is a condition. */
static size_t arguments_of(const struct json *tool, struct slice *names, size_t max)
{
	size_t n = 0;
	for (struct json_iter it = json_iter(json_gets(json_gets(tool, "inputSchema"), "properties")); json_next(&it) && n < max;)
		names[n++] = it.key;
	return n;
}

static void check_tool(struct covering *c, const char *server, const struct json *tool)
{
	struct slice names[LIMIT_RECORD_KEYS];
	struct policy_decision d = { 0 };
	struct arena a;
	struct profile p;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	profile_make(tool, slice_str(server), &a, &p);
	struct slice class = slice_str(category_word(p.category));
	struct policy_facts f = { .server = slice_str(server),
				  .tool = p.name,
				  .tool_class = class,
				  .tool_severity = slice_str(severity_word(p.severity)) };
	size_t n = arguments_of(tool, names, ARRAY_LEN(names));
	bool is_settled = policy_decide_names(c->policy, &f, names, n, POLICY_FITS, &d);
	bool is_open = policy_is_shadow(c->policy) || (is_settled && d.effect == POLICY_ALLOW && !d.claim_n);
	bool is_unnamed = policy_is_unnamed(c->policy, p.name, class);
	c->n++;
	if (is_open && p.severity >= SEVERITY_HIGH && p.category != CATEGORY_UNKNOWN) {
		struct buf rule = BUF_INIT(1u << 20), pointer = BUF_INIT(4096);
		bool is_hidden;
		json_pointer_add(&pointer, SLICE_LIT("tools"));
		json_pointer_add(&pointer, p.name);
		recommend_rule(&rule, &p, &is_hidden);
		tell(c, RULE_POLICY_ALLOWS, p.severity, place_of(c, is_unnamed ? "/default" : buf_str(&pointer)), server, &p,
		     policy_is_shadow(c->policy) ? "is let through: the policy is in mode shadow" : "is allowed without a condition or a limit",
		     buf_str(&rule));
		buf_release(&rule);
		buf_release(&pointer);
	} else if (is_unnamed && p.category != CATEGORY_UNKNOWN) {
		tell(c, RULE_POLICY_UNDECIDED, is_open ? SEVERITY_MEDIUM : SEVERITY_LOW, place_of(c, "/default"), server, &p,
		     is_open ? "is not named, and allowed by default" : "is not named, and refused by default", NULL);
	}
	arena_release(&a);
}

int scan_coverage(struct scanning *s, const char *word)
{
	const char *equals = strchr(word, '=');
	struct buf text = BUF_INIT(LIMIT_POLICY_BYTES);
	struct err e = { 0 };
	struct stat st;
	struct covering c = { .s = s };
	struct scan_text *t = arena_zalloc(&s->arena, sizeof *t);
	/* a file may have a '=' in its name */
	if (equals && equals > word && stat(word, &st) != 0) {
		c.server = arena_strndup(&s->arena, word, (size_t)(equals - word));
		word = equals + 1;
	}
	if (!t || !file_read(word, &text, &e)) {
		buf_release(&text);
		return t ? cli_fail(CLI_WRONG, "%s", e.text) : cli_fail(CLI_FAILED, "out of memory");
	}
	while (word[0] == '.' && word[1] == '/')
		word += 2;
	t->shown = report_name(&s->report, slice_str(word));
	char *copy = arena_strndup(&s->arena, text.p ? text.p : "", text.n);
	t->text = slice_of(copy ? copy : "", copy ? text.n : 0);
	buf_release(&text);
	bool is_known = false;
	for (size_t i = 0; i < s->file_n; i++)
		is_known |= s->files[i].kind == SCAN_FILE_POLICY && strcmp(s->files[i].text.shown, t->shown) == 0;
	struct policy *p = load(s, t, is_known);
	c.text = t;
	c.policy = p;
	for (size_t i = 0; p && i < s->list_n; i++) {
		if (c.server && strcmp(c.server, s->lists[i].server) != 0)
			continue;
		for (struct json_iter it = json_iter(s->lists[i].tools); json_next(&it);)
			check_tool(&c, s->lists[i].server, it.value);
	}
	if (p && !c.n)
		report_note(&s->report, "policy '%s' was held against no tools: none are known%s%s", t->shown, c.server ? " of server " : "",
			    c.server ? report_name(&s->report, slice_str(c.server)) : "");
	policy_unref(&p);
	return CLI_OK;
}
