/* The document: its keys, its tools, and their rules joined into ours. */
#include "author/intercept_inside.h"
#include "author/pretty.h"
#include "base/check.h"
#include "base/glob.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "policy/policy.h"
#include <stdarg.h>

void import_notes_release(struct import_notes *n)
{
	free(n->v);
	*n = (struct import_notes){0};
}

size_t import_enter(struct importer *im, struct slice token)
{
	size_t mark = im->pointer.n;
	json_pointer_add(&im->pointer, token);
	return mark;
}

size_t import_enter_at(struct importer *im, size_t index)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", index);
	return import_enter(im, slice_str(text));
}

void import_leave(struct importer *im, size_t mark)
{
	im->pointer.n = mark;
}

static void add_note(struct importer *im, bool is_error, int line, int column, const char *text)
{
	struct import_notes *n = im->notes;
	n->errors += is_error;
	if (n->n == LIMIT_IMPORT_NOTES)
		return;
	n->v = mem_realloc(n->v, (n->n + 1) * sizeof *n->v);
	struct import_note *v = &n->v[n->n++];
	*v = (struct import_note){.line = line, .column = column, .is_error = is_error};
	snprintf(v->text, sizeof v->text, "%s", text);
}

static void add_here(struct importer *im, bool is_error, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

static void add_here(struct importer *im, bool is_error, const char *fmt, va_list args)
{
	struct yaml_place at = {1, 1};
	char text[sizeof(struct import_note)];
	vsnprintf(text, sizeof text, fmt, args);
	if (im->yaml)
		yaml_locate(im->yaml, buf_slice(&im->pointer), false, &at);
	add_note(im, is_error, at.line, at.column, text);
}

bool import_refuse(struct importer *im, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	add_here(im, true, fmt, args);
	va_end(args);
	return false;
}

void import_note(struct importer *im, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	add_here(im, false, fmt, args);
	va_end(args);
}

void import_check_keys(struct importer *im, const struct json *v, const char *const *known)
{
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (slice_is_among(it.key, known))
			continue;
		struct slice shown = slice_of(it.key.p, it.key.n > 60 ? 60 : it.key.n);
		const char *near = nearest_word(it.key, known);
		size_t mark = import_enter(im, it.key);
		if (near)
			import_note(im, "key '%.*s' has no effect there and is left out (was '%s' meant?)",
				    SLICE_ARG(shown), near);
		else
			import_note(im, "key '%.*s' has no effect there and is left out",
				    SLICE_ARG(shown));
		import_leave(im, mark);
	}
}

struct slice import_text(const struct json *object, const char *key)
{
	const struct json *v = json_gets(object, key);
	if (json_is(v, JSON_NUMBER))
		return json_number(v);
	if (json_is(v, JSON_BOOL))
		return json_true(v) ? SLICE_LIT("true") : SLICE_LIT("false");
	return json_string(v);
}

/* Names are exact there; ours are patterns when they hold one of these. */
static bool check_name(struct importer *im, struct slice name)
{
	return !glob_is_pattern(name) ||
	       import_refuse(im, "'%.*s' is an exact name there, but would be a pattern here",
			     SLICE_ARG(slice_of(name.p, name.n > 100 ? 100 : name.n)));
}

static void read_hide(struct importer *im, const struct json *v, struct buf *out)
{
	size_t mark = import_enter(im, SLICE_LIT("hide")), i = 0, n = 0;
	if (v && !json_is(v, JSON_ARRAY) && !json_is(v, JSON_NULL))
		(void)import_refuse(im, "'hide' must be a list of names");
	for (struct json_iter it = json_iter(json_is(v, JSON_ARRAY) ? v : NULL); json_next(&it); i++) {
		size_t inner = import_enter_at(im, i);
		struct slice name = json_string(it.value);
		bool is_twice = false;
		for (size_t j = 0; j < i; j++)
			is_twice = is_twice || slice_eq(name, json_string(json_at(v, j)));
		if (!json_is(it.value, JSON_STRING) || !slice_trim(name).n)
			(void)import_refuse(im, "an entry of 'hide' must be a name");
		else if (is_twice)
			(void)import_refuse(im, "'%.*s' stands twice in 'hide'",
					    SLICE_ARG(slice_of(name.p, name.n > 100 ? 100 : name.n)));
		else if (slice_is(name, "*") || check_name(im, name)) {
			buf_adds(out, n++ ? "," : ",\"hide\":[");
			buf_add_json_string(out, name);
		}
		import_leave(im, inner);
	}
	buf_adds(out, n ? "]" : "");
	import_leave(im, mark);
}

static bool is_state(const struct json *c)
{
	return slice_starts(json_string(json_gets(c, "path")), SLICE_LIT("state."));
}

/* Conditions that say what is permitted, or, of an approval, what a person is asked about. */
static void read_conditions(struct importer *im, struct made *m, const struct json *rule, size_t at,
			    bool is_approval)
{
	struct buf *out = is_approval ? &m->approve : &m->require;
	struct slice on_deny = import_text(rule, "on_deny");
	size_t mark = import_enter(im, SLICE_LIT("conditions")), i = 0, n = 0;
	for (struct json_iter it = json_iter(json_gets(rule, "conditions")); json_next(&it); i++) {
		size_t inner = import_enter_at(im, i);
		bool is_good = import_check_condition(im, it.value);
		if (is_good && is_state(it.value) && is_approval)
			(void)import_refuse(im, "the conditions of an approval cannot read counters");
		else if (is_good && is_state(it.value))
			import_narrow(im, m, at, i, it.value, on_deny);
		else if (is_good) {
			buf_adds(out, n++ ? "," : out->n ? ",{\"conditions\":[" : "{\"conditions\":[");
			import_write_condition(im, it.value, out);
		}
		import_leave(im, inner);
	}
	import_leave(im, mark);
	if (!n)
		return;
	buf_addc(out, ']');
	if (on_deny.n) {
		buf_adds(out, ",\"on_deny\":");
		buf_add_json_string(out, on_deny);
	}
	buf_addc(out, '}');
}

static void read_approval(struct importer *im, struct made *m, const struct json *rule, size_t at)
{
	struct slice timeout = import_text(rule, "approval_timeout");
	if (json_gets(rule, "state") || json_gets(rule, "rate_limit"))
		(void)import_refuse(im, "an approval cannot be combined with state or rate_limit");
	if (timeout.n && m->expires.n && !slice_eq(timeout, m->expires))
		import_note(im, "approvals of one tool expire together here: after %.*s",
			    SLICE_ARG(slice_of(m->expires.p, m->expires.n > 20 ? 20 : m->expires.n)));
	else if (timeout.n)
		m->expires = timeout;
	if (json_count(json_gets(rule, "conditions"))) {
		read_conditions(im, m, rule, at, true);
		return;
	}
	if (!m->asks_always)
		m->ask_reason = import_text(rule, "on_deny");
	m->asks_always = true;
}

/* "5/hour" stands for a counter, which import_find_counters has read. */
static void check_short(struct importer *im, const struct json *rule)
{
	if (json_count(json_gets(rule, "conditions")) || json_gets(rule, "state"))
		(void)import_refuse(im, "rate_limit cannot be combined with conditions or state; use separate rules");
	if (slice_is(import_text(rule, "action"), "deny"))
		(void)import_refuse(im, "rate_limit cannot be used with the action 'deny'");
}

static void read_rule(struct importer *im, struct made *m, const struct json *rule, size_t at)
{
	static const char *const known[] = {"name",  "action", "rate_limit", "conditions", "on_deny",
					    "state", "approval_timeout", "spend_limit", NULL};
	struct slice action = import_text(rule, "action");
	bool has_conditions = json_count(json_gets(rule, "conditions")) > 0;
	if (!json_is(rule, JSON_OBJECT)) {
		(void)import_refuse(im, "a rule must be a mapping");
		return;
	}
	import_check_keys(im, rule, known);
	if (json_gets(rule, "spend_limit"))
		(void)import_refuse(im, "spend_limit counts prices that a server names while it is called, which cannot be had here; "
					"write a state block with increment_from");
	if (import_text(rule, "rate_limit").n && !slice_is(action, "require_approval")) {
		check_short(im, rule);
		return;
	}
	if (!import_text(rule, "name").n)
		(void)import_refuse(im, "a rule must have a name");
	if (slice_is(action, "deny")) {
		if (has_conditions)
			(void)import_refuse(im, "a rule with the action 'deny' must not have conditions");
		if (!m->is_denied)
			m->reason = import_text(rule, "on_deny");
		m->is_denied = true;
	} else if (slice_is(action, "require_approval")) {
		read_approval(im, m, rule, at);
	} else if (action.n && !slice_is(action, "evaluate")) {
		(void)import_refuse(im, "the action must be 'evaluate', 'deny' or 'require_approval', not '%.*s'",
				    SLICE_ARG(slice_of(action.p, action.n > 40 ? 40 : action.n)));
	} else if (!has_conditions) {
		(void)import_refuse(im, "a rule with the action 'evaluate' must have at least one condition");
	} else {
		read_conditions(im, m, rule, at, false);
	}
}

static void add_text(struct buf *out, const char *before, struct slice text)
{
	if (!text.n)
		return;
	buf_adds(out, before);
	buf_add_json_string(out, text);
}

static void write_made(struct importer *im, const struct made *m, struct buf *out)
{
	size_t start = out->n;
	buf_addc(out, '{');
	if (m->is_denied) {
		buf_adds(out, "\"action\":\"deny\"");
		add_text(out, ",\"reason\":", m->reason);
		buf_addc(out, '}');
		return;
	}
	if (m->asks_always) {
		buf_adds(out, "\"action\":\"require_approval\"");
		add_text(out, ",\"reason\":", m->ask_reason);
	}
	const struct {
		const char *key;
		const struct buf *list;
	} lists[] = {{"require", &m->require}, {"approve_if", &m->approve}};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].list->n) {
			buf_addf(out, "%s\"%s\":[", out->n > start + 1 ? "," : "", lists[i].key);
			buf_add_slice(out, buf_slice(lists[i].list));
			buf_addc(out, ']');
		}
	if (m->expires.n)
		add_text(out, out->n > start + 1 ? ",\"expires\":" : "\"expires\":", m->expires);
	struct buf limits = BUF_INIT(LIMIT_POLICY_BYTES);
	import_write_limits(im, m->tool, &limits);
	if (limits.n) {
		buf_adds(out, out->n > start + 1 ? ",\"limits\":[" : "\"limits\":[");
		buf_add_slice(out, buf_slice(&limits));
		buf_addc(out, ']');
	}
	buf_release(&limits);
	buf_addc(out, '}');
}

static void read_tool(struct importer *im, const struct json *tool, struct buf *out)
{
	static const char *const known[] = {"rules", NULL};
	struct made m = {.tool = tool,
			 .require = BUF_INIT(LIMIT_POLICY_BYTES),
			 .approve = BUF_INIT(LIMIT_POLICY_BYTES)};
	const struct json *rules = json_gets(tool, "rules");
	size_t mark, i = 0;
	if (!json_is(tool, JSON_OBJECT) && !json_is(tool, JSON_NULL))
		(void)import_refuse(im, "a tool must be a mapping with 'rules'");
	import_check_keys(im, tool, known);
	mark = import_enter(im, SLICE_LIT("rules"));
	if (rules && !json_is(rules, JSON_ARRAY) && !json_is(rules, JSON_NULL))
		(void)import_refuse(im, "'rules' must be a list");
	for (struct json_iter it = json_iter(json_is(rules, JSON_ARRAY) ? rules : NULL); json_next(&it); i++) {
		size_t inner = import_enter_at(im, i);
		read_rule(im, &m, it.value, i);
		import_leave(im, inner);
	}
	import_leave(im, mark);
	import_close_empty(im, &m);
	write_made(im, &m, out);
	buf_release(&m.require);
	buf_release(&m.approve);
}

static void read_tools(struct importer *im, struct buf *out)
{
	size_t mark = import_enter(im, SLICE_LIT("tools")), n = 0;
	const struct json *all = json_gets(im->tools, "*");
	if (all) {
		size_t inner = import_enter(im, SLICE_LIT("*"));
		buf_adds(out, ",\"all_tools\":");
		read_tool(im, all, out);
		import_leave(im, inner);
	}
	buf_adds(out, ",\"tools\":{");
	for (struct json_iter it = json_iter(im->tools); json_next(&it);) {
		size_t inner = import_enter(im, it.key);
		if (!slice_is(it.key, "*") && check_name(im, it.key)) {
			buf_adds(out, n++ ? "," : "");
			buf_add_json_string(out, it.key);
			buf_addc(out, ':');
			read_tool(im, it.value, out);
		}
		import_leave(im, inner);
	}
	buf_addc(out, '}');
	import_leave(im, mark);
}

static void read_root(struct importer *im, const struct json *root, struct buf *out)
{
	static const char *const known[] = {"version", "description", "default", "hide", "tools", "approvals", NULL};
	struct slice version = import_text(root, "version"), word = import_text(root, "default");
	if (!json_is(root, JSON_OBJECT)) {
		(void)import_refuse(im, "a policy must be a mapping");
		return;
	}
	import_check_keys(im, root, known);
	if (!slice_is(version, "1"))
		(void)import_refuse(im, "version must be \"1\"");
	if (word.n && !slice_is(word, "allow") && !slice_is(word, "deny"))
		(void)import_refuse(im, "default must be 'allow' or 'deny', not '%.*s'",
				    SLICE_ARG(slice_of(word.p, word.n > 40 ? 40 : word.n)));
	buf_adds(out, "{\"version\":\"1\"");
	add_text(out, ",\"description\":", import_text(root, "description"));
	buf_addf(out, ",\"default\":\"%s\"", slice_is(word, "deny") ? "deny" : "allow");
	read_hide(im, json_gets(root, "hide"), out);
	im->tools = json_gets(root, "tools");
	if (im->tools && !json_is(im->tools, JSON_OBJECT) && !json_is(im->tools, JSON_NULL))
		(void)import_refuse(im, "'tools' must be a mapping of names to rules");
	if (!json_is(im->tools, JSON_OBJECT))
		im->tools = NULL;
	import_find_counters(im);
	read_tools(im, out);
	buf_addc(out, '}');
	import_note(im, "arguments must also satisfy the tool's own schema here; \"validate\": \"off\" in all_tools turns this off");
	if (slice_is(word, "deny"))
		import_note(im, "tools that nothing allows are not listed here; \"hide_denied\": false lists them");
	if (json_gets(root, "approvals")) {
		size_t mark = import_enter(im, SLICE_LIT("approvals"));
		import_note(im, "who is told of an approval is a matter of the gate's configuration here, not of a policy");
		import_leave(im, mark);
	}
}

/* What we would not take must not be printed as if we did. */
static void check_result(struct importer *im, struct slice text)
{
	struct policy_problems problems = {0};
	struct policy *p = policy_new(text, &problems);
	for (size_t i = 0; !p && i < problems.n; i++)
		if (!problems.v[i].is_warning)
			(void)import_refuse(im, "what it becomes does not load: %.100s: %.180s",
					    problems.v[i].pointer, problems.v[i].text);
	policy_problems_release(&problems);
	if (p)
		policy_unref(&p);
}

bool intercept_import(struct slice text, const char *scope, struct buf *out,
		      struct import_notes *notes)
{
	struct importer im = {.scope = scope, .notes = notes, .pointer = BUF_INIT(1u << 16)};
	struct buf flat = BUF_INIT(LIMIT_POLICY_BYTES);
	struct yaml_place at = {1, 1};
	struct err e = {0};
	arena_init(&im.arena, LIMIT_REQUEST_ARENA);
	im.yaml = yaml_read(text, &im.arena, &at, &e);
	if (!im.yaml)
		add_note(&im, true, at.line, at.column, e.text);
	else
		read_root(&im, yaml_root(im.yaml), &flat);
	if (!notes->errors && !buf_ok(&flat))
		(void)import_refuse(&im, "what it becomes is longer than %u bytes", LIMIT_POLICY_BYTES);
	if (!notes->errors)
		check_result(&im, buf_slice(&flat));
	const struct json *v = notes->errors ? NULL : json_read(buf_slice(&flat), &im.arena, &e);
	if (v)
		pretty_write(out, v);
	buf_release(&flat);
	buf_release(&im.pointer);
	free(im.counters);
	arena_release(&im.arena);
	return notes->errors == 0;
}
