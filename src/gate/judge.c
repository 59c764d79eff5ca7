/* Calls from files: reads lines, asks the policy, keeps the counters. */
#include "gate/judge.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gate/given.h"
#include "gate/harvest.h"
#include "gate/inspect.h"
#include "policy/explain.h"
#include "quota/quota.h"

/* Counters of one run over a file: far more than lines of any test. */
#define COUNTERS_MAX 1000000
#define UNITS_MAX    1000000

struct judge {
	struct policy *policy;
	char *text; /* of the policy */
	size_t text_n;
	struct arena arena;      /* of the tools */
	struct given given;
	struct quota *quota;
	struct past *past;
};

/* A line's own things: they go when it is answered. */
struct judged_call {
	struct arena arena;
	struct policy_facts facts;
	struct given_tool *tool;
	const struct json *line;
	struct past_unit unit;
	struct policy_past past;
};

struct judge *judge_new(struct slice policy, struct slice tools, struct policy_problems *problems,
			struct err *e)
{
	struct judge *j = mem_zalloc(sizeof *j);
	arena_init(&j->arena, (size_t)LIMIT_REQUEST_ARENA);
	given_init(&j->given, &j->arena);
	j->quota = quota_new(COUNTERS_MAX);
	j->past = past_new(&(struct past_opts){ .units_max = UNITS_MAX });
	j->policy = policy_new(policy, problems);
	if (!j->policy)
		err_set(e, ERR_INPUT, "the policy does not load");
	else if (given_read(&j->given, tools, e)) {
		j->text = mem_strndup(policy.p, policy.n);
		j->text_n = policy.n;
		return j;
	}
	judge_free(&j);
	return NULL;
}

void judge_free(struct judge **j)
{
	struct judge *it = *j;
	*j = NULL;
	if (!it)
		return;
	given_release(&it->given);
	quota_free(&it->quota);
	past_free(&it->past);
	policy_unref(&it->policy);
	arena_release(&it->arena);
	free(it->text);
	free(it);
}

static bool arguments_fit(void *ctx, enum policy_validate mode, char *why, size_t why_size)
{
	struct judged_call *c = ctx;
	struct schema_report r = {.path = ""};
	const struct json *arguments = c->facts.arguments;
	if (!c->tool->definition || !json_gets(c->tool->definition, "inputSchema"))
		return true; /* only its name was given: there is nothing to check against */
	if (!given_has_schema(c->tool)) {
		snprintf(why, why_size, "the tool's inputSchema cannot be used: %s", c->tool->why);
		return false;
	}
	if (!arguments)
		arguments = json_read(SLICE_LIT("{}"), &c->arena, NULL);
	if (schema_check(c->tool->schema, arguments,
			 mode == POLICY_VALIDATE_STRICT ? SCHEMA_STRICT : SCHEMA_PLAIN, &r))
		return true;
	if (r.path[0])
		snprintf(why, why_size, "argument '%s' %s", r.path + 1, r.reason);
	else
		snprintf(why, why_size, "the arguments: %s", r.reason);
	return false;
}

static bool read_text(const struct json *call, const char *key, struct slice *out, struct err *e)
{
	const struct json *v = json_gets(call, key);
	if (v && !json_is(v, JSON_STRING) && !json_is(v, JSON_NULL))
		return err_set(e, ERR_INPUT, "'%s' must be a string", key);
	*out = json_string(v);
	return true;
}

static bool read_tags(struct judged_call *c, const struct json *list, struct err *e)
{
	struct slice *tags = arena_alloc(&c->arena, (json_count(list) + 1) * sizeof *tags);
	if (list && (!json_is(list, JSON_ARRAY) || !tags))
		return err_set(e, ERR_INPUT, "'tags' must be a list of strings");
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		if (!json_is(it.value, JSON_STRING))
			return err_set(e, ERR_INPUT, "'tags' must be a list of strings");
		tags[c->facts.grant_tag_n++] = json_string(it.value);
	}
	c->facts.grant_tags = tags;
	return true;
}

static struct policy_facts with_tool(struct policy_facts f, struct judged_call *c)
{
	f.tool_class = c->tool->tool_class;
	f.tool_severity = c->tool->severity;
	f.tool_labels = c->tool->labels;
	f.tool_label_n = c->tool->label_n;
	f.arguments_fit = arguments_fit;
	f.ctx = c;
	return f;
}

/* The facts of a line. Arguments of another type are kept: refusing them is the policy's. */
static bool read_call(struct judge *j, struct slice line, int64_t now_us, struct judged_call *c,
		      struct err *e)
{
	const struct json *call = json_read(line, &c->arena, e);
	struct policy_facts *f = &c->facts;
	struct slice at = {0};
	if (!call)
		return false;
	if (!json_is(call, JSON_OBJECT))
		return err_set(e, ERR_INPUT,
			       "a call must be an object with 'tool' and 'arguments'");
	if (!json_is(json_gets(call, "tool"), JSON_STRING))
		return err_set(e, ERR_INPUT, "a call must have a 'tool', its name");
	*f = (struct policy_facts){
		.server = SLICE_LIT("file"), .grant_id = SLICE_LIT("file"), .now_us = now_us};
	f->tool = json_string(json_gets(call, "tool"));
	f->arguments = json_gets(call, "arguments");
	if (!read_text(call, "session", &f->session_id, e) || !read_text(call, "at", &at, e))
		return false;
	if (json_string(json_gets(call, "grant")).n)
		f->grant_id = f->grant_label = json_string(json_gets(call, "grant"));
	if (json_string(json_gets(call, "server")).n)
		f->server = json_string(json_gets(call, "server"));
	if (!read_text(call, "subject", &f->grant_subject, e) || !read_text(call, "client", &f->client_name, e) ||
	    !read_text(call, "client_ip", &f->client_ip, e) || !read_tags(c, json_gets(call, "tags"), e))
		return false;
	if (at.n && !clock_parse(at, &f->now_us))
		return err_set(e, ERR_INPUT, "'at' must be a time as in 2026-01-31T12:00:00Z");
	c->tool = map_get(&j->given.tools, f->tool);
	c->line = call;
	if (c->tool) {
		*f = with_tool(*f, c);
	}
	return true;
}

static void recall(struct judge *j, struct judged_call *c)
{
	struct policy_facts *f = &c->facts;
	if (!policy_wants_past(j->policy))
		return;
	past_key_of(past_secret(j->past), f->grant_id, f->session_id, &c->unit.key);
	c->unit.until_us = f->session_id.n ? INT64_MAX : 0;
	if (past_find(j->past, &c->unit, f->now_us, &c->arena, &c->past))
		f->past = &c->past;
}

/* A text is what a tool says. */
static const struct json *result_of(struct judged_call *c)
{
	const struct json *result = json_gets(c->line, "result");
	struct buf b = BUF_INIT(2 * LIMIT_LINE_BYTES);
	struct err e = {0};
	if (!json_is(result, JSON_STRING))
		return result;
	buf_adds(&b, "{\"content\":[{\"type\":\"text\",\"text\":");
	buf_add_json_string(&b, json_string(result));
	buf_adds(&b, "}]}");
	result = buf_ok(&b) ? json_read(buf_slice(&b), &c->arena, &e) : NULL;
	buf_release(&b);
	return result;
}

/* What of it would have come back, by the policy's `results`. False: nothing. */
static bool show_result(struct judge *j, struct judged_call *c, const struct json **result)
{
	struct inspect_sum sum = {0};
	const struct json *changed;
	*result = result_of(c);
	if (!*result || !policy_results(j->policy))
		return true;
	enum inspect_verdict v = inspect(j->policy, *result, false, &sum, &c->arena,
					 2 * LIMIT_LINE_BYTES, &changed);
	c->facts.has_injection = sum.injection != NULL;
	if (v == INSPECT_CHANGED)
		*result = changed;
	return v != INSPECT_WITHHOLD;
}

/* False: there is no room to remember it. */
static bool learn(struct judge *j, struct judged_call *c, bool is_allowed)
{
	const struct json *said = json_gets(c->line, "delivered");
	bool is_delivered = json_is(said, JSON_BOOL) ? json_true(said) : is_allowed;
	const struct json *result;
	struct policy_lesson lesson;
	struct harvest h;
	if (!c->facts.past)
		return true;
	bool ok = past_count_call(j->past, &c->unit, c->facts.now_us) != PAST_FULL;
	if (!is_delivered || !ok || !show_result(j, c, &result))
		return ok;
	policy_learn(j->policy, &c->facts, &lesson);
	harvest_init(&h, lesson.identifier_kinds, past_secret(j->past), &c->unit.key, &c->arena);
	if (lesson.wants_identifiers) {
		harvest_arguments(&h, c->facts.arguments);
		harvest_result(&h, result);
	}
	ok = past_learn(j->past, &c->unit, c->facts.now_us, &lesson, h.v, h.n, h.is_cut) != PAST_FULL;
	harvest_release(&h);
	return ok;
}

static const char *effect_name(enum policy_effect effect)
{
	switch (effect) {
	case POLICY_ALLOW:
		return "allow";
	case POLICY_APPROVE:
		return "approve";
	case POLICY_DENY:
		break;
	}
	return "deny";
}

static void write_decision(struct buf *out, const char *decision, const char *rule,
			   const char *message)
{
	buf_addf(out, "{\"decision\":\"%s\",\"rule\":", decision);
	buf_add_json_string(out, slice_str(rule));
	buf_adds(out, ",\"message\":");
	buf_add_json_string(out, slice_str(message));
}

static void add_member(struct buf *out, const char *before, const char *text)
{
	buf_adds(out, before);
	buf_add_json_string(out, slice_str(text));
}

static void refuse_full(struct policy_decision *d, const char *rule, const char *message)
{
	d->effect = POLICY_DENY;
	snprintf(d->rule, sizeof d->rule, "%s", rule);
	snprintf(d->message, sizeof d->message, "%s", message);
}

static void reserve(struct judge *j, const struct policy_facts *f, struct policy_decision *d)
{
	size_t at = 0;
	int64_t retry = 0;
	switch (quota_reserve(j->quota, d->claims, d->claim_n, f->now_us, &at, &retry)) {
	case QUOTA_RESERVED:
		return;
	case QUOTA_REFUSED:
		policy_refuse_limit(j->policy, d, at, retry,
				    d->claims[at].max - quota_used(j->quota, &d->claims[at]));
		return;
	case QUOTA_FULL:
		break;
	}
	refuse_full(d, "(no room for counters)", "more counters are in use than can be kept");
}

/* What was delivered counts even where nobody can say whether it would have passed. */
static void count_unknown(struct judge *j, struct judged_call *c, struct policy_decision *d)
{
	size_t at = 0;
	int64_t retry = 0;
	if (json_true(json_gets(c->line, "delivered")) && d->claim_n)
		(void)!quota_reserve(j->quota, d->claims, d->claim_n, c->facts.now_us, &at, &retry);
}

static bool read_names(struct judged_call *c, const struct json *list, struct slice **names, size_t *n)
{
	*names = arena_alloc(&c->arena, (json_count(list) + 1) * sizeof **names);
	*n = 0;
	for (struct json_iter it = json_iter(list); *names && json_next(&it);)
		(*names)[(*n)++] = json_string(it.value);
	return *names != NULL;
}

/* False: it depends on values. */
static bool decide_names(struct judge *j, struct judged_call *c, const struct json *list, struct policy_decision *d)
{
	const struct json *fits = json_gets(c->line, "fits");
	struct slice *names;
	size_t n;
	c->facts.arguments = NULL;
	if (!read_names(c, list, &names, &n))
		return false;
	if (policy_decide_names(j->policy, &c->facts, names, n,
				!json_is(fits, JSON_BOOL) ? POLICY_FITS_UNKNOWN
				: json_true(fits)	  ? POLICY_FITS
							  : POLICY_FITS_NOT,
				d))
		return true;
	count_unknown(j, c, d);
	return false;
}

/* Of a call, or of the names of its arguments. The decision's word. */
static const char *decide(struct judge *j, struct judged_call *c, struct policy_decision *d)
{
	const struct json *names = json_gets(c->line, "names");
	bool is_known = true;
	recall(j, c);
	if (json_is(names, JSON_ARRAY))
		is_known = decide_names(j, c, names, d);
	else
		policy_decide(j->policy, &c->facts, d);
	if (is_known && d->effect == POLICY_ALLOW && d->claim_n)
		reserve(j, &c->facts, d);
	if (!learn(j, c, is_known && (d->effect == POLICY_ALLOW || d->is_shadow)))
		refuse_full(d, "(past full)", "more sessions or labels are in use than can be remembered");
	if (!is_known)
		d->rule[0] = d->pointer[0] = d->allowed[0] = d->message[0] = '\0';
	return is_known ? effect_name(d->effect) : "unknown";
}

void judge_line(struct judge *j, struct slice line, int64_t now_us, struct buf *out)
{
	struct judged_call c = {0};
	struct policy_decision d;
	struct err e = {0};
	arena_init(&c.arena, (size_t)LIMIT_REQUEST_ARENA);
	if (read_call(j, line, now_us, &c, &e)) {
		const char *word = decide(j, &c, &d);
		write_decision(out, word, d.rule, d.message);
		if (d.pointer[0])
			add_member(out, ",\"pointer\":", d.pointer);
		if (d.allowed[0])
			add_member(out, ",\"allowed\":", d.allowed);
		buf_adds(out, d.is_shadow ? ",\"shadow\":true" : "");
	} else {
		write_decision(out, "deny", "(invalid call)", e.text);
	}
	buf_adds(out, "}\n");
	arena_release(&c.arena);
}

struct listing {
	struct buf *out;
	size_t n;
	const struct policy_decision *d; /* what comes of the steps */
	long decisive;                   /* the step that made it so; -1: none yet */
};

static bool is_decisive(const struct policy_decision *d, const struct policy_step *s)
{
	if (d->effect == POLICY_DENY)
		return s->refuses;
	return d->effect == POLICY_APPROVE && s->rule[0] && strcmp(s->rule, d->rule) == 0 &&
	       strcmp(s->pointer, d->pointer) == 0;
}

static void add_step(void *ctx, const struct policy_step *s)
{
	struct listing *l = ctx;
	if (l->decisive < 0 && is_decisive(l->d, s))
		l->decisive = (long)l->n;
	add_member(l->out, l->n++ ? ",{\"pointer\":" : "{\"pointer\":", s->pointer);
	add_member(l->out, ",\"rule\":", s->rule);
	add_member(l->out, ",\"saw\":", s->saw);
	add_member(l->out, ",\"says\":", s->says);
	buf_addf(l->out, ",\"refuses\":%s}", s->refuses ? "true" : "false");
}

bool judge_explain(struct judge *j, struct slice line, int64_t now_us, struct buf *out,
		   struct err *e)
{
	struct judged_call c = {0};
	struct policy_decision d;
	struct buf steps = BUF_INIT(16u << 20);
	struct listing l = {.out = &steps, .d = &d, .decisive = -1};
	arena_init(&c.arena, (size_t)LIMIT_REQUEST_ARENA);
	bool is_call = read_call(j, line, now_us, &c, e);
	if (is_call) {
		recall(j, &c);
		policy_decide(j->policy, &c.facts, &d);
		policy_explain(j->policy, &c.facts, &d, add_step, &l);
		write_decision(out, effect_name(d.effect), d.rule, d.message);
		add_member(out, ",\"pointer\":", d.pointer);
		if (l.decisive >= 0)
			buf_addf(out, ",\"step\":%ld", l.decisive);
		buf_adds(out, ",\"steps\":[");
		buf_add_slice(out, buf_slice(&steps));
		buf_adds(out, "]}\n");
	}
	buf_release(&steps);
	arena_release(&c.arena);
	return is_call;
}

/* The tools as MCP has them, whatever the file's form was. */
static void write_tool(const struct judge *j, struct buf *b, const struct json *v)
{
	v = given_definition(v);
	const struct given_tool *t = map_get(&j->given.tools, given_name(v));
	const struct json *schema = json_gets(v, "inputSchema");
	buf_adds(b, b->n > 1 ? ",{\"name\":" : "{\"name\":");
	buf_add_json_string(b, given_name(v));
	if (schema) {
		buf_adds(b, ",\"inputSchema\":");
		json_write(b, schema);
	}
	bool is_labelled = t && (t->tool_class.n || json_gets(v, "labels"));
	buf_adds(b, is_labelled ? ",\"labels\":[" : "");
	for (size_t i = 0; is_labelled && i < t->label_n; i++) {
		buf_adds(b, i ? "," : "");
		buf_add_json_string(b, t->labels[i]);
	}
	buf_adds(b, is_labelled ? "]" : "");
	if (t && t->tool_class.n) {
		buf_adds(b, ",\"class\":");
		buf_add_json_string(b, t->tool_class);
	}
	buf_addc(b, '}');
}

void judge_check(const struct judge *j, struct policy_problems *problems)
{
	struct buf text = BUF_INIT(64u << 20);
	struct arena arena;
	arena_init(&arena, (size_t)LIMIT_REQUEST_ARENA);
	buf_addc(&text, '[');
	for (struct json_iter it = json_iter(j->given.list); json_next(&it);)
		write_tool(j, &text, it.value);
	buf_addc(&text, ']');
	const struct json *tools = j->given.list && buf_ok(&text) ? json_read(buf_slice(&text), &arena, NULL) : NULL;
	policy_check(j->policy, slice_of(j->text, j->text_n), tools, problems);
	arena_release(&arena);
	buf_release(&text);
}

void judge_each_tool(const struct judge *j,
		     void (*on_tool)(void *ctx, struct slice name, const struct json *definition), void *ctx)
{
	for (struct json_iter it = json_iter(j->given.list); json_next(&it);) {
		const struct json *v = given_definition(it.value);
		if (given_name(v).n)
			on_tool(ctx, given_name(v), v);
	}
}

void judge_each_decision(const struct judge *j, int64_t now_us, void (*on_tool)(void *ctx, const struct judged_tool *t),
			 void *ctx)
{
	struct policy_decision d;
	for (struct json_iter it = json_iter(j->given.list); json_next(&it);) {
		struct slice name = given_name(given_definition(it.value));
		const struct given_tool *t = map_get(&j->given.tools, name);
		if (!name.n || !t)
			continue;
		struct policy_facts f = {.server = SLICE_LIT("file"), .grant_id = SLICE_LIT("file"), .tool = name,
					 .tool_class = t->tool_class, .tool_severity = t->severity,
					 .tool_labels = t->labels, .tool_label_n = t->label_n, .now_us = now_us};
		policy_decide_tool(j->policy, &f, &d);
		on_tool(ctx, &(struct judged_tool){name, t->tool_class, t->severity, &d});
	}
}

void judge_each_unnamed(const struct judge *j, void (*on_tool)(void *ctx, struct slice tool), void *ctx)
{
	for (struct json_iter it = json_iter(j->given.list); json_next(&it);) {
		const struct json *v = given_definition(it.value);
		struct slice name = given_name(v);
		const struct given_tool *t = map_get(&j->given.tools, name);
		if (name.n && policy_is_unnamed(j->policy, name, t ? t->tool_class : slice_of(NULL, 0)))
			on_tool(ctx, name);
	}
}
