/* Reads a file of cases and runs each of them through the judge. */
#include "author/suite.h"
#include "author/span.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "gate/judge.h"
#include "json/yaml.h"
#include <stdarg.h>

/* A Tuesday noon: when a case says nothing of time, it must decide the same every day. */
#define SUITE_NOON "2030-01-01T12:00:00Z"

struct suite {
	struct arena *arena;
	struct suite_report *out;
	const struct yaml *yaml;
	const struct json *defaults;
	struct buf policy, tools;
	bool has_tools;
	struct buf pointer; /* of the value at hand */
	bool is_key;	    /* it is the key that is wrong */
};

/* One case while it runs. */
struct play {
	struct suite *s;
	struct judge *judge;
	struct buf why;
	struct buf line, answer;
	int64_t now_us;
	size_t calls;
};

static bool complain(struct suite *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* About the value at hand; always false. */
static bool complain(struct suite *s, const char *fmt, ...)
{
	char text[300];
	va_list args;
	struct yaml_place at = {1, 1};
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (s->yaml)
		yaml_locate(s->yaml, buf_slice(&s->pointer), s->is_key, &at);
	s->out->error = arena_printf(s->arena, "%s:%d:%d: %s\n", s->out->file, at.line, at.column, text);
	return false;
}

static size_t enter(struct suite *s, struct slice token)
{
	size_t mark = s->pointer.n;
	json_pointer_add(&s->pointer, token);
	return mark;
}

static size_t enter_at(struct suite *s, size_t index)
{
	char text[24];
	snprintf(text, sizeof text, "%zu", index);
	return enter(s, slice_str(text));
}

static void leave(struct suite *s, size_t mark)
{
	s->pointer.n = mark;
}

/* An object of known keys only: a misspelt one would make the case say less than it seems to. */
static bool check_keys(struct suite *s, const struct json *v, const char *what,
		       const char *const *known)
{
	if (!json_is(v, JSON_OBJECT))
		return complain(s, "%s must be an object", what);
	for (struct json_iter it = json_iter(v); json_next(&it);) {
		if (slice_is_among(it.key, known))
			continue;
		struct slice shown = slice_of(it.key.p, it.key.n > 60 ? 60 : it.key.n);
		const char *near = nearest_word(it.key, known);
		(void)enter(s, it.key);
		s->is_key = true;
		if (near)
			return complain(s, "unknown key '%.*s' (did you mean '%s'?)",
					SLICE_ARG(shown), near);
		return complain(s, "unknown key '%.*s' in %s", SLICE_ARG(shown), what);
	}
	return true;
}

/* As it stands in the folder of the test file. */
static const char *beside(struct suite *s, struct slice name)
{
	const char *slash = strrchr(s->out->file, '/');
	int folder = slash && name.p[0] != '/' ? (int)(slash - s->out->file + 1) : 0;
	return arena_printf(s->arena, "%.*s%.*s", folder, s->out->file, SLICE_ARG(name));
}

/* A member that is a document, or the name of its file. *file NULL: it is the first. */
static bool read_part(struct suite *s, const struct json *root, const char *key, const char *other,
		      struct buf *out, const char **file)
{
	struct err e = {0};
	const struct json *v = json_gets(root, key);
	*file = other;
	if (!other && json_is(v, JSON_STRING) && json_string(v).n)
		*file = beside(s, json_string(v));
	else if (!other && (json_is(v, JSON_OBJECT) || json_is(v, JSON_ARRAY)))
		json_write(out, v);
	else if (!other && v) {
		(void)enter(s, slice_str(key));
		return complain(s, "'%s' must be the name of a file, or the document itself", key);
	}
	if (!*file || file_read(*file, out, &e))
		return true;
	s->out->error = arena_printf(s->arena, "%s: %s\n", s->out->file, e.text);
	return false;
}

/* Where a mistake of the policy stands: in its own file, or in the test's. */
static void tell_problem(struct suite *s, struct buf *b, const char *file,
			 const struct policy_problem *p)
{
	struct yaml_place at = {p->line, p->column};
	struct buf pointer = BUF_INIT(1024);
	if (!file) {
		buf_addf(&pointer, "/policy%s", p->pointer);
		yaml_locate(s->yaml, buf_slice(&pointer), false, &at);
	}
	buf_addf(b, "%s:%d:%d: %s\n", file ? file : s->out->file, at.line, at.column, p->text);
	buf_release(&pointer);
}

static struct judge *open_judge(struct suite *s, const char *file)
{
	struct policy_problems problems = {0};
	struct err e = {0};
	struct slice tools = {0};
	if (s->has_tools)
		tools = slice_of(s->tools.p ? s->tools.p : "", s->tools.n);
	struct judge *j = judge_new(slice_of(s->policy.p ? s->policy.p : "", s->policy.n), tools,
				    &problems, &e);
	if (!j) {
		struct buf b = BUF_INIT(1u << 20);
		for (size_t i = 0; i < problems.n; i++)
			if (!problems.v[i].is_warning)
				tell_problem(s, &b, file, &problems.v[i]);
		if (!b.n)
			buf_addf(&b, "%s: %s\n", s->out->file, e.text);
		s->out->error = arena_strndup(s->arena, buf_str(&b), b.n);
		buf_release(&b);
	}
	policy_problems_release(&problems);
	return j;
}

/* A member of the call, or of the defaults. */
static const struct json *member(const struct suite *s, const struct json *call, const char *key)
{
	const struct json *v = json_gets(call, key);
	return v ? v : json_gets(s->defaults, key);
}

static const char *const call_keys[] = {"tool", "arguments", "grant",	"session",   "at",
					"tags", "subject",   "client", "client_ip", NULL};

/* Moves the clock of the case: "at" of the call sets it, "after" of the step adds to it. */
static bool set_time(struct play *p, const struct json *step, const struct json *call)
{
	struct suite *s = p->s;
	const struct json *at = json_gets(call, "at"), *after = json_gets(step, "after");
	int64_t span;
	if (at && !clock_parse(json_string(at), &p->now_us))
		return complain(s, "'at' must be a time as 2030-01-31T12:00:00Z");
	if (after && !span_read(json_string(after), &span))
		return complain(s, "'after' must be a time as \"30s\", \"5m\", \"2h\" or \"1d\"");
	if (after)
		p->now_us += span;
	return true;
}

/* The line that the judge reads. */
static void build_line(struct play *p, const struct json *step, const struct json *call)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(p->now_us, time);
	buf_clear(&p->line);
	buf_addf(&p->line, "{\"at\":\"%s\"", time);
	for (const char *const *key = call_keys; *key; key++) {
		const struct json *v = member(p->s, call, *key);
		if (!v || strcmp(*key, "at") == 0)
			continue;
		buf_addf(&p->line, ",\"%s\":", *key);
		json_write(&p->line, v);
	}
	for (struct json_iter it = json_iter(step); json_next(&it);)
		if (slice_is(it.key, "result") || slice_is(it.key, "delivered")) {
			buf_addf(&p->line, ",\"%.*s\":", SLICE_ARG(it.key));
			json_write(&p->line, it.value);
		}
	buf_addc(&p->line, '}');
}

static bool holds_text(struct slice text, struct slice part)
{
	return part.n == 0 || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n));
}

/* One member of what was expected. Adds a line of what is different. */
static void compare(struct buf *why, struct slice key, const struct json *want,
		    const struct json *got)
{
	bool is_part = slice_is(key, "says");
	const struct json *v = is_part ? json_gets(got, "message") : json_get(got, key);
	if (is_part ? holds_text(json_string(v), json_string(want)) : json_equal(v, want))
		return;
	buf_addf(why, "  %.*s: expected ", SLICE_ARG(key));
	json_write(why, want);
	buf_adds(why, is_part ? " in " : ", got ");
	if (v)
		json_write(why, v);
	else
		buf_adds(why, "nothing");
	buf_addc(why, '\n');
}

static void judge_answer(struct play *p, const struct json *expect, const struct json *call,
			 const char *where)
{
	struct arena a;
	struct buf why = BUF_INIT(1u << 20);
	arena_init(&a, 64u << 20);
	const struct json *got = json_read(buf_slice(&p->answer), &a, NULL);
	if (json_is(expect, JSON_STRING))
		compare(&why, SLICE_LIT("decision"), expect, got);
	for (struct json_iter it = json_iter(json_is(expect, JSON_OBJECT) ? expect : NULL); json_next(&it);)
		compare(&why, it.key, it.value, got);
	if (why.n) {
		const struct json *arguments = json_gets(call, "arguments");
		buf_addf(&p->why, "%s%.*s", where, SLICE_ARG(json_string(json_gets(call, "tool"))));
		if (arguments) {
			buf_addc(&p->why, ' ');
			json_write(&p->why, arguments);
		}
		buf_addc(&p->why, '\n');
		buf_add_slice(&p->why, buf_slice(&why));
		if (!json_gets(expect, "rule") && json_string(json_gets(got, "rule")).n)
			buf_addf(&p->why, "  by %.*s: %.*s\n", SLICE_ARG(json_string(json_gets(got, "rule"))),
				 SLICE_ARG(json_string(json_gets(got, "message"))));
	}
	buf_release(&why);
	arena_release(&a);
}

static bool check_expect(struct suite *s, const struct json *expect)
{
	static const char *const keys[] = {"decision", "rule",	"pointer", "message",
					   "says",     "allowed", "shadow",  NULL};
	static const char *const words[] = {"allow", "deny", "approve", NULL};
	const struct json *word = json_is(expect, JSON_OBJECT) ? json_gets(expect, "decision") : expect;
	if (!json_is(expect, JSON_STRING) && !check_keys(s, expect, "'expect'", keys))
		return false;
	if (slice_is_among(json_string(word), words))
		return true;
	return complain(s, "'expect' must be \"allow\", \"deny\" or \"approve\", or an object with that as its 'decision'");
}

/* Is the step well-formed? Nothing of a file is run before all of it is. */
static bool check_step(struct suite *s, const struct json *step)
{
	const struct json *call = json_gets(step, "call"), *expect = json_gets(step, "expect"),
			  *times = json_gets(step, "times");
	int64_t n;
	if (!call)
		return complain(s, "there must be a 'call'");
	size_t mark = enter(s, SLICE_LIT("call"));
	if (!check_keys(s, call, "'call'", call_keys))
		return false;
	if (!json_string(member(s, call, "tool")).n)
		return complain(s, "a call must name its 'tool'");
	leave(s, mark);
	if (times && (!json_int64(times, &n) || n < 1 || n > LIMIT_SUITE_TIMES))
		return complain(s, "'times' must be a number from 1 to %d", LIMIT_SUITE_TIMES);
	if (!expect)
		return true;
	mark = enter(s, SLICE_LIT("expect"));
	if (!check_expect(s, expect))
		return false;
	leave(s, mark);
	return true;
}

static bool check_steps(struct suite *s, const struct json *c)
{
	static const char *const keys[] = {"call",  "expect", "times",	  "after",
					   "result", "delivered", NULL};
	const struct json *steps = json_gets(c, "steps");
	size_t mark = enter(s, SLICE_LIT("steps")), i = 0, expected = 0;
	if (!json_is(steps, JSON_ARRAY) || !json_count(steps))
		return complain(s, "'steps' must be a list of calls");
	for (struct json_iter it = json_iter(steps); json_next(&it); i++) {
		size_t inner = enter_at(s, i);
		if (!check_keys(s, it.value, "a step", keys) || !check_step(s, it.value))
			return false;
		expected += json_gets(it.value, "expect") != NULL;
		leave(s, inner);
	}
	leave(s, mark);
	return expected || complain(s, "none of the steps expects anything");
}

static bool check_case(struct suite *s, const struct json *c)
{
	static const char *const keys[] = {"name", "call", "expect", "times", "after", "steps", NULL};
	if (!check_keys(s, c, "a case", keys))
		return false;
	if (!json_string(json_gets(c, "name")).n)
		return complain(s, "a case must have a 'name'");
	if (!json_gets(c, "steps"))
		return check_step(s, c) && (json_gets(c, "expect") || complain(s, "a case must have 'expect'"));
	if (json_gets(c, "call") || json_gets(c, "expect") || json_gets(c, "times"))
		return complain(s, "a case has either 'steps' or one 'call'");
	return check_steps(s, c);
}

static bool check_file(struct suite *s, const struct json *root)
{
	static const char *const keys[] = {"policy", "tools", "defaults", "cases", "description", NULL};
	const struct json *cases = json_gets(root, "cases");
	size_t i = 0;
	if (!check_keys(s, root, "a file of tests", keys))
		return false;
	s->defaults = json_gets(root, "defaults");
	size_t mark = enter(s, SLICE_LIT("defaults"));
	if (s->defaults && !check_keys(s, s->defaults, "'defaults'", call_keys))
		return false;
	leave(s, mark);
	mark = enter(s, SLICE_LIT("cases"));
	if (!json_is(cases, JSON_ARRAY) || !json_count(cases))
		return complain(s, "'cases' must be a list that is not empty");
	for (struct json_iter it = json_iter(cases); json_next(&it); i++) {
		size_t inner = enter_at(s, i);
		if (!check_case(s, it.value))
			return false;
		leave(s, inner);
	}
	leave(s, mark);
	return true;
}

/* False: the file is wrong. What is expected and not so stands in p->why. */
static bool run_step(struct play *p, const struct json *step, size_t number)
{
	const struct json *call = json_gets(step, "call"), *expect = json_gets(step, "expect");
	int64_t times = 1;
	char where[80] = "";
	(void)!json_int64(json_gets(step, "times"), &times);
	if (!set_time(p, step, call))
		return false;
	for (int64_t i = 0; i < times && !p->why.n; i++) {
		if (number && times > 1)
			snprintf(where, sizeof where, "step %zu, call %lld: ", number, (long long)i + 1);
		else if (number)
			snprintf(where, sizeof where, "step %zu: ", number);
		else if (times > 1)
			snprintf(where, sizeof where, "call %lld: ", (long long)i + 1);
		build_line(p, step, call);
		buf_clear(&p->answer);
		judge_line(p->judge, buf_slice(&p->line), p->now_us, &p->answer);
		p->calls++;
		if (expect)
			judge_answer(p, expect, call, where);
	}
	return true;
}

static bool run_case(struct suite *s, const struct json *c, const char *policy_file,
		     struct suite_case *out)
{
	struct play p = {.s = s,
			 .why = BUF_INIT(1u << 20),
			 .line = BUF_INIT(LIMIT_LINE_BYTES),
			 .answer = BUF_INIT(LIMIT_LINE_BYTES)};
	const struct json *steps = json_gets(c, "steps"), *at = json_gets(s->defaults, "at");
	struct slice name = json_string(json_gets(c, "name"));
	size_t number = 0;
	bool is_good = clock_parse(at ? json_string(at) : SLICE_LIT(SUITE_NOON), &p.now_us) ||
		       complain(s, "'at' of 'defaults' must be a time as 2030-01-31T12:00:00Z");
	out->name = arena_strndup(s->arena, name.p, name.n);
	p.judge = is_good ? open_judge(s, policy_file) : NULL;
	is_good = p.judge != NULL;
	if (is_good && !steps)
		is_good = run_step(&p, c, 0);
	size_t mark = enter(s, SLICE_LIT("steps"));
	for (struct json_iter it = json_iter(steps); is_good && !p.why.n && json_next(&it); number++) {
		size_t inner = enter_at(s, number);
		is_good = run_step(&p, it.value, number + 1);
		leave(s, inner);
	}
	leave(s, mark);
	out->calls = p.calls;
	if (p.why.n)
		out->why = arena_strndup(s->arena, p.why.p, p.why.n);
	judge_free(&p.judge);
	buf_release(&p.why);
	buf_release(&p.line);
	buf_release(&p.answer);
	return is_good;
}

static bool run_cases(struct suite *s, const struct json *cases, const char *policy_file)
{
	size_t n = json_count(cases), i = 0;
	struct suite_case *v = arena_zalloc(s->arena, n * sizeof *v);
	if (!v)
		return complain(s, "too many cases");
	size_t mark = enter(s, SLICE_LIT("cases"));
	for (struct json_iter it = json_iter(cases); json_next(&it); i++) {
		size_t inner = enter_at(s, i);
		if (!run_case(s, it.value, policy_file, &v[i]))
			return false;
		s->out->failed += v[i].why != NULL;
		leave(s, inner);
	}
	leave(s, mark);
	s->out->v = v;
	s->out->n = n;
	return true;
}

static void run_file(struct suite *s, const char *policy, const char *tools)
{
	struct yaml_place at = {1, 1};
	struct err e = {0};
	struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES);
	const char *policy_file, *tools_file;
	if (!file_read(s->out->file, &text, &e)) {
		s->out->error = arena_printf(s->arena, "%s\n", e.text);
	} else {
		s->yaml = yaml_read(slice_of(text.p ? text.p : "", text.n), s->arena, &at, &e);
		if (!s->yaml)
			s->out->error = arena_printf(s->arena, "%s:%d:%d: %s\n", s->out->file, at.line,
						     at.column, e.text);
	}
	buf_release(&text);
	const struct json *root = s->yaml ? yaml_root(s->yaml) : NULL;
	if (!root || !check_file(s, root))
		return;
	if (!policy && !json_gets(root, "policy")) {
		(void)complain(s, "there must be a 'policy': the name of its file, or the document itself");
		return;
	}
	if (!read_part(s, root, "policy", policy, &s->policy, &policy_file) ||
	    !read_part(s, root, "tools", tools, &s->tools, &tools_file))
		return;
	s->has_tools = tools_file || json_gets(root, "tools");
	(void)run_cases(s, json_gets(root, "cases"), policy_file);
}

void suite_run(const char *file, const char *policy, const char *tools, struct arena *a,
	       struct suite_report *out)
{
	struct suite s = {.arena = a,
			  .out = out,
			  .policy = BUF_INIT(LIMIT_POLICY_BYTES),
			  .tools = BUF_INIT(LIMIT_ADMIN_BYTES),
			  .pointer = BUF_INIT(1u << 16)};
	*out = (struct suite_report){.file = file};
	run_file(&s, policy, tools);
	if (out->error)
		out->v = NULL, out->n = out->failed = 0;
	buf_release(&s.policy);
	buf_release(&s.tools);
	buf_release(&s.pointer);
}
