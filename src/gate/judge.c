/* Calls from files: reads tools and lines, asks the policy, keeps the counters. */
#include "gate/judge.h"
#include "base/check.h"
#include "catalog/catalog.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/map.h"
#include "gate/harvest.h"
#include "gate/inspect.h"
#include "policy/explain.h"
#include "quota/quota.h"
#include "schema/schema.h"

/* Counters of one run over a file: far more than lines of any test. */
#define COUNTERS_MAX 1000000
#define UNITS_MAX    1000000

struct judged_tool {
	const struct json *definition; /* NULL: only its name is known */
	struct schema *schema;         /* compiled at the first call */
	struct slice labels[POLICY_LABELS_MAX];
	size_t label_n;
	char why[256];                 /* why it cannot be; empty: not tried */
};

struct judge {
	struct policy *policy;
	char *text; /* of the policy */
	size_t text_n;
	struct arena arena;      /* of the tools */
	const struct json *list; /* of definitions, for the check; NULL: none are known */
	struct map tools;
	struct quota *quota;
	struct past *past;
};

/* A line's own things: they go when it is answered. */
struct judged_call {
	struct arena arena;
	struct policy_facts facts;
	struct judged_tool *tool;
	const struct json *line;
	struct past_unit unit;
	struct policy_past past;
};

static struct slice tool_name(const struct json *definition)
{
	if (json_is(definition, JSON_STRING))
		return json_string(definition);
	struct slice name = json_string(json_gets(definition, "name"));
	return name.n ? name : json_string(json_gets(definition, "tool"));
}

/* Of a row that may have it in `tool`, beside what else it says. */
static const struct json *definition_of(const struct json *row)
{
	const struct json *inner = json_gets(row, "tool");
	return json_is(inner, JSON_OBJECT) ? inner : row;
}

/* As it was given, else by the annotations, as the gate does. */
static struct slice class_of(const struct json *definition)
{
	struct slice given = json_string(json_gets(definition, "class"));
	if (given.n || !json_gets(definition, "annotations"))
		return given;
	struct catalog_hints hints = catalog_hints(definition);
	return catalog_class(&hints);
}

static void keep_labels(struct judged_tool *t)
{
	for (struct json_iter it = json_iter(json_gets(t->definition, "labels")); json_next(&it);)
		if (json_string(it.value).n && t->label_n < POLICY_LABELS_MAX)
			t->labels[t->label_n++] = json_string(it.value);
}

static void keep_tool(struct judge *j, const struct json *v)
{
	v = definition_of(v);
	struct slice name = tool_name(v);
	if (!name.n || map_get(&j->tools, name))
		return;
	struct judged_tool *t = mem_zalloc(sizeof *t);
	t->definition = json_is(v, JSON_OBJECT) ? v : NULL;
	keep_labels(t);
	(void)!map_put(&j->tools, name, t);
}

/* The list in a document: an array, a tools/list result, the answer around it. */
static const struct json *list_of(const struct json *doc)
{
	if (json_is(doc, JSON_ARRAY))
		return doc;
	const struct json *result = json_gets(doc, "result");
	const struct json *list = json_gets(result ? result : doc, "tools");
	return json_is(list, JSON_ARRAY) ? list : NULL;
}

/* One definition or one bare name a line. Also makes the list that a check wants. */
static bool read_lines(struct judge *j, struct slice text, struct err *e)
{
	struct buf all = BUF_INIT(64u << 20);
	struct slice line;
	struct err why = {0};
	size_t at = 0, n = 0;
	buf_addc(&all, '[');
	while (slice_next_line(&text, &line)) {
		at++;
		if (!line.n)
			continue;
		if (n++)
			buf_addc(&all, ',');
		if (line.p[0] != '{' && line.p[0] != '"')
			buf_add_json_string(&all, line);
		else if (json_read(line, &j->arena, &why))
			buf_add_slice(&all, line);
		else
			break;
	}
	buf_addc(&all, ']');
	if (!why.kind && buf_ok(&all))
		j->list = json_read(buf_slice(&all), &j->arena, &why);
	buf_release(&all);
	if (!j->list)
		return err_set(e, ERR_INPUT, "cannot read the tools: line %zu: %s", at,
			       why.kind ? why.text : "too long");
	return true;
}

static bool read_tools(struct judge *j, struct slice text, struct err *e)
{
	if (!text.p)
		return true;
	const struct json *doc = json_read(text, &j->arena, NULL);
	j->list = list_of(doc);
	if (json_is(doc, JSON_OBJECT) && !j->list && !tool_name(doc).n && !json_gets(doc, "tool"))
		return err_set(
			e, ERR_INPUT,
			"cannot read the tools: an object must be a tools/list result or a tool");
	if (!j->list && !read_lines(j, text, e))
		return false;
	for (struct json_iter it = json_iter(j->list); json_next(&it);)
		keep_tool(j, it.value);
	return true;
}

struct judge *judge_new(struct slice policy, struct slice tools, struct policy_problems *problems,
			struct err *e)
{
	struct judge *j = mem_zalloc(sizeof *j);
	arena_init(&j->arena, (size_t)LIMIT_REQUEST_ARENA);
	map_init(&j->tools);
	j->quota = quota_new(COUNTERS_MAX);
	j->past = past_new(&(struct past_opts){ .units_max = UNITS_MAX });
	j->policy = policy_new(policy, problems);
	if (!j->policy)
		err_set(e, ERR_INPUT, "the policy does not load");
	else if (read_tools(j, tools, e)) {
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
	size_t at = 0;
	struct slice name;
	void *tool;
	*j = NULL;
	if (!it)
		return;
	while (map_next(&it->tools, &at, &name, &tool)) {
		schema_unref(&((struct judged_tool *)tool)->schema);
		free(tool);
	}
	map_release(&it->tools);
	quota_free(&it->quota);
	past_free(&it->past);
	policy_unref(&it->policy);
	arena_release(&it->arena);
	free(it->text);
	free(it);
}

static bool has_schema(struct judged_tool *t)
{
	struct schema_opts opts = {.check_format = false};
	struct err e = {0};
	if (t->schema || t->why[0])
		return t->schema != NULL;
	t->schema = schema_new(json_gets(t->definition, "inputSchema"), &opts, &e);
	if (!t->schema)
		snprintf(t->why, sizeof t->why, "%s", e.text[0] ? e.text : "not a schema");
	return t->schema != NULL;
}

static bool arguments_fit(void *ctx, enum policy_validate mode, char *why, size_t why_size)
{
	struct judged_call *c = ctx;
	struct schema_report r = {.path = ""};
	const struct json *arguments = c->facts.arguments;
	if (!c->tool->definition || !json_gets(c->tool->definition, "inputSchema"))
		return true; /* only its name was given: there is nothing to check against */
	if (!has_schema(c->tool)) {
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
	c->tool = map_get(&j->tools, f->tool);
	c->line = call;
	if (c->tool) {
		f->tool_class = class_of(c->tool->definition);
		f->tool_severity = json_string(json_gets(c->tool->definition, "severity"));
		f->tool_labels = c->tool->labels;
		f->tool_label_n = c->tool->label_n;
		f->arguments_fit = arguments_fit;
		f->ctx = c;
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
};

static void add_step(void *ctx, const struct policy_step *s)
{
	struct listing *l = ctx;
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
	struct listing l = {&steps, 0};
	arena_init(&c.arena, (size_t)LIMIT_REQUEST_ARENA);
	bool is_call = read_call(j, line, now_us, &c, e);
	if (is_call) {
		recall(j, &c);
		policy_explain(j->policy, &c.facts, &d, add_step, &l);
		write_decision(out, effect_name(d.effect), d.rule, d.message);
		add_member(out, ",\"pointer\":", d.pointer);
		buf_adds(out, ",\"steps\":[");
		buf_add_slice(out, buf_slice(&steps));
		buf_adds(out, "]}\n");
	}
	buf_release(&steps);
	arena_release(&c.arena);
	return is_call;
}

/* The tools as MCP has them, whatever the file's form was. */
static void write_tool(struct buf *b, const struct json *v)
{
	v = definition_of(v);
	const struct json *schema = json_gets(v, "inputSchema");
	buf_adds(b, b->n > 1 ? ",{\"name\":" : "{\"name\":");
	buf_add_json_string(b, tool_name(v));
	const struct json *labels = json_gets(v, "labels");
	if (schema) {
		buf_adds(b, ",\"inputSchema\":");
		json_write(b, schema);
	}
	if (labels) {
		buf_adds(b, ",\"labels\":");
		json_write(b, labels);
	}
	if (class_of(v).n) {
		buf_adds(b, ",\"class\":");
		buf_add_json_string(b, class_of(v));
	}
	buf_addc(b, '}');
}

void judge_check(const struct judge *j, struct policy_problems *problems)
{
	struct buf text = BUF_INIT(64u << 20);
	struct arena arena;
	arena_init(&arena, (size_t)LIMIT_REQUEST_ARENA);
	buf_addc(&text, '[');
	for (struct json_iter it = json_iter(j->list); json_next(&it);)
		write_tool(&text, it.value);
	buf_addc(&text, ']');
	const struct json *tools = j->list && buf_ok(&text) ? json_read(buf_slice(&text), &arena, NULL) : NULL;
	policy_check(j->policy, slice_of(j->text, j->text_n), tools, problems);
	arena_release(&arena);
	buf_release(&text);
}

void judge_each_tool(const struct judge *j,
		     void (*on_tool)(void *ctx, struct slice name, const struct json *definition), void *ctx)
{
	for (struct json_iter it = json_iter(j->list); json_next(&it);) {
		const struct json *v = definition_of(it.value);
		if (tool_name(v).n)
			on_tool(ctx, tool_name(v), v);
	}
}

void judge_each_unnamed(const struct judge *j, void (*on_tool)(void *ctx, struct slice tool), void *ctx)
{
	for (struct json_iter it = json_iter(j->list); json_next(&it);) {
		const struct json *v = definition_of(it.value);
		struct slice name = tool_name(v);
		if (name.n && policy_is_unnamed(j->policy, name, class_of(v)))
			on_tool(ctx, name);
	}
}
