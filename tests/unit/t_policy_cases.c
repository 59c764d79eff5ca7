/*
 * Runs tests/cases/policy/NAME.json. Each file is a list of cases:
 *   {"policy": {…} | "text": ["line", …], "refused": [{"at": "line:column", "pointer", "text" | "only"}]}
 *   {"policy": {…}, "calls": [{"tool", "arguments", "is", "rule"?, "pointer"?, "message"?, …}]}
 *     Calls of one grant and session follow each other: what they did is the past of the next
 *     ("delivered": false: its result was not; "past": null: it is not known; "result": text or
 *     records, whose identifiers are met; "full": true: and no more can be kept).
 *     "steps": [{"rule", "says", "saw"?, "refuses"?}]: among the steps of its explanation, in this order.
 *     "told": ["rule | pointer | saw | says", …]: all of them; behind says " | !" when it refuses.
 *   {"policy": {…}, "shows": {"tool": true}, "unnamed": {"tool": false}, "resources": {…}, "prompts": {…}, "requests": {…}}
 *   {"policy": {…}, "tools": […], "warnings": [{"pointer", "text"}]}
 *   {"op", "value", …, "holds": […], "fails": […], "unsure": […]}: the condition on args.v, in
 *   require, deny_if and approve_if; an element ["absent"] is a call without the argument.
 */
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "policy/explain.h"
#include "policy/ident.h"
#include "tap.h"

static struct policy *load(const struct json *c, struct buf *text, struct policy_problems *problems)
{
	buf_init(text, 1 << 22);
	if (json_gets(c, "policy")) {
		json_write(text, json_gets(c, "policy"));
	} else {
		for (struct json_iter it = json_iter(json_gets(c, "text")); json_next(&it);) {
			buf_add_slice(text, json_string(it.value));
			buf_addc(text, '\n');
		}
	}
	return policy_new(buf_slice(text), problems);
}

static void show_problems(const struct policy_problems *p)
{
	for (size_t i = 0; i < p->n; i++)
		printf("# %d:%d %s: %s%s\n", p->v[i].line, p->v[i].column, p->v[i].pointer,
		       p->v[i].text, p->v[i].is_warning ? " (warning)" : "");
}

static bool has_problem(const struct policy_problems *all, const struct json *want, bool is_warning)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct policy_problem *p = &all->v[i];
		char at[32];
		snprintf(at, sizeof at, "%d:%d", p->line, p->column);
		struct slice text = json_string(json_gets(want, "text"));
		if (p->is_warning == is_warning &&
		    (!json_gets(want, "at") || slice_is(json_string(json_gets(want, "at")), at)) &&
		    (!json_gets(want, "pointer") ||
		     slice_is(json_string(json_gets(want, "pointer")), p->pointer)) &&
		    (!json_gets(want, "only") ||
		     slice_is(json_string(json_gets(want, "only")), p->text)) &&
		    (!text.n || strstr(p->text, text.p)))
			return true;
	}
	return false;
}

static void check_problems(const char *name, const struct policy_problems *all,
			   const struct json *wanted, bool is_warning)
{
	size_t n = 0;
	for (size_t i = 0; i < all->n; i++)
		n += all->v[i].is_warning == is_warning;
	bool is_good = n == json_count(wanted);
	for (struct json_iter it = json_iter(wanted); json_next(&it);) {
		bool is_there = has_problem(all, it.value, is_warning);
		if (!is_there)
			printf("# missing: %.*s\n",
			       SLICE_ARG(json_string(json_gets(it.value, "text"))));
		is_good = is_good && is_there;
	}
	ok(is_good, "%s: every mistake is reported, and no other", name);
	if (!is_good)
		show_problems(all);
}

struct fit {
	const struct json *why;
	int calls;
	enum policy_validate mode;
};

static bool fits(void *ctx, enum policy_validate mode, char *why, size_t size)
{
	struct fit *f = ctx;
	f->calls++;
	f->mode = mode;
	snprintf(why, size, "%.*s", SLICE_ARG(json_string(f->why)));
	return !f->why;
}

static struct slice text_of(const struct json *call, const char *key, const char *otherwise)
{
	const struct json *v = json_gets(call, key);
	return v ? json_string(v) : slice_str(otherwise);
}

/* What one session did. The texts are the cases' and the policy's own. */
struct remembered {
	char key[80];
	struct policy_past past;
	struct policy_label_seen labels[POLICY_PAST_LABELS];
	struct policy_mark marks[POLICY_MARKS_MAX];
	struct met {
		char text[80];
		uint64_t labels;
	} met[64];
	size_t met_n;
	uint64_t bits; /* of the labels of the result at hand */
	bool is_full;
};

static struct met *find_met(struct remembered *r, struct slice identifier)
{
	for (size_t i = 0; i < r->met_n; i++)
		if (slice_is(identifier, r->met[i].text))
			return &r->met[i];
	return NULL;
}

static enum policy_seen seen(void *ctx, struct slice identifier, uint64_t *labels)
{
	struct remembered *r = ctx;
	const struct met *m = find_met(r, identifier);
	*labels = m ? m->labels : 0;
	return m ? POLICY_SEEN_FIRST : r->is_full ? POLICY_SEEN_UNSURE : POLICY_SEEN_NEVER;
}

static void meet(void *ctx, const struct ident *i)
{
	struct remembered *r = ctx;
	struct met *m = find_met(r, i->text);
	bool is_same_result = m && (m->labels & ~POLICY_SEEN_IN_FIELD) == r->bits;
	if (!m) {
		m = &r->met[r->met_n++];
		snprintf(m->text, sizeof m->text, "%.*s", SLICE_ARG(i->text));
		m->labels = r->bits;
	}
	if (i->is_field && (is_same_result || m == &r->met[r->met_n - 1]))
		m->labels |= POLICY_SEEN_IN_FIELD;
}

struct court {
	struct quota *quota;
	struct remembered sessions[8];
	size_t n;
};

static struct remembered *remember(struct court *court, const struct policy_facts *f)
{
	char key[80];
	size_t i = 0;
	snprintf(key, sizeof key, "%.*s/%.*s", SLICE_ARG(f->grant_id), SLICE_ARG(f->session_id));
	while (i < court->n && strcmp(court->sessions[i].key, key) != 0)
		i++;
	struct remembered *r = &court->sessions[i];
	if (i == court->n) {
		memcpy(r->key, key, sizeof key);
		court->n++;
	}
	r->past.labels = r->labels;
	r->past.seen = seen;
	r->past.ctx = r;
	r->past.marks = r->marks;
	return r;
}

static void keep_label(struct remembered *r, struct slice name, int64_t now_us)
{
	size_t i = 0;
	while (i < r->past.label_n && !slice_eq(r->labels[i].name, name))
		i++;
	if (i == r->past.label_n)
		r->labels[r->past.label_n++] = (struct policy_label_seen){name, now_us, now_us};
	r->labels[i].last_us = now_us;
}

static void keep_mark(struct remembered *r, const struct policy_mark *m)
{
	for (size_t i = 0; i < r->past.mark_n; i++)
		if (slice_eq(r->marks[i].label, m->label) && r->marks[i].path == m->path) {
			r->marks[i].is_mixed |= m->is_mixed || r->marks[i].value != m->value;
			return;
		}
	r->marks[r->past.mark_n++] = *m;
}

static void learn(struct remembered *r, const struct policy *p, const struct policy_facts *f,
		  const struct json *result)
{
	struct policy_lesson lesson;
	policy_learn(p, f, &lesson);
	r->past.calls++;
	for (size_t i = 0; i < lesson.label_n; i++)
		keep_label(r, lesson.labels[i], f->now_us);
	for (size_t i = 0; i < lesson.mark_n; i++)
		keep_mark(r, &lesson.marks[i]);
	r->bits = 0;
	for (size_t i = 0; i < lesson.label_n; i++)
		for (size_t k = 0; k < r->past.label_n; k++)
			r->bits |= (uint64_t)slice_eq(r->labels[k].name, lesson.labels[i]) << k;
	if (lesson.wants_identifiers && result)
		ok(ident_each_in(result, lesson.identifier_kinds, meet, r), "a result is met");
}

struct hearing {
	const struct json *wanted, *told;
	size_t found, n;
	bool is_other; /* than told */
};

static void on_step(void *ctx, const struct policy_step *s)
{
	struct hearing *h = ctx;
	const struct json *w = h->found < json_count(h->wanted) ? json_at(h->wanted, h->found) : NULL;
	if (w && slice_is(json_string(json_gets(w, "rule")), s->rule) &&
	    slice_is(json_string(json_gets(w, "says")), s->says) &&
	    (!json_gets(w, "saw") || slice_is(json_string(json_gets(w, "saw")), s->saw)) &&
	    json_true(json_gets(w, "refuses")) == s->refuses)
		h->found++;
	char line[sizeof *s + 32];
	snprintf(line, sizeof line, "%s | %s | %s | %s%s", s->rule, s->pointer, s->saw, s->says,
		 s->refuses ? " | !" : "");
	w = h->n < json_count(h->told) ? json_at(h->told, h->n) : NULL;
	h->n++;
	if (h->told && (!w || !slice_is(json_string(w), line))) {
		printf("# told: %s\n", line);
		h->is_other = true;
	}
}

static void explain(const struct policy *p, const struct policy_facts *f, const struct json *call,
		    const struct policy_decision *d)
{
	struct hearing h = {.wanted = json_gets(call, "steps"), .told = json_gets(call, "told")};
	struct policy_decision told;
	if (!h.wanted && !h.told)
		return;
	memset(&told, 'x', sizeof told);
	policy_explain(p, f, &told, on_step, &h);
	ok(h.found == json_count(h.wanted), "every step is told");
	ok(!h.told || (!h.is_other && h.n == json_count(h.told)), "and nothing else");
	ok(told.effect == d->effect && strcmp(told.rule, d->rule) == 0, "and the same decision");
}

static void decide(const struct policy *p, const struct json *call, struct fit *fit,
		   struct court *court, struct policy_decision *d)
{
	struct quota *quota = court->quota;
	struct slice tags[8], labels[8];
	struct policy_facts f = {
		.server = text_of(call, "server", "srv"),
		.tool = text_of(call, "tool", "t"),
		.arguments = json_gets(call, "arguments"),
		.tool_class = text_of(call, "class", ""),
		.tool_severity = text_of(call, "severity", ""),
		.grant_id = text_of(call, "grant", "g1"),
		.grant_label = text_of(call, "label", ""),
		.grant_subject = text_of(call, "subject", ""),
		.session_id = text_of(call, "session", "s1"),
		.client_name = text_of(call, "client", ""),
		.client_ip = text_of(call, "ip", ""),
		.arguments_fit = fits,
		.ctx = fit,
		.grant_tags = tags,
		.tool_labels = labels,
	};
	int64_t calls = 0, retry = 0;
	size_t at = 0;
	for (struct json_iter it = json_iter(json_gets(call, "tags")); json_next(&it);)
		tags[f.grant_tag_n++] = json_string(it.value);
	for (struct json_iter it = json_iter(json_gets(call, "labels")); json_next(&it);)
		labels[f.tool_label_n++] = json_string(it.value);
	f.has_injection = json_true(json_gets(call, "injection"));
	struct remembered *own = remember(court, &f);
	if (json_int64(json_gets(call, "session_calls"), &calls))
		own->past.calls = (uint64_t)calls;
	f.past = json_gets(call, "past") ? NULL : &own->past;
	fit->why = json_gets(call, "unfit");
	if (json_true(json_gets(call, "schema_unknown")))
		f.arguments_fit = NULL;
	if (!clock_parse(text_of(call, "at", "2026-03-04T10:20:30Z"), &f.now_us))
		printf("# cannot read the time\n");
	memset(d, 'x', sizeof *d); /* nothing is left of what was there */
	policy_decide(p, &f, d);
	int checks = fit->calls;
	explain(p, &f, call, d);
	fit->calls = checks; /* explaining asks again */
	if (d->effect == POLICY_DENY)
		return;
	if (d->claim_n &&
	    quota_reserve(quota, d->claims, d->claim_n, f.now_us, &at, &retry) != QUOTA_RESERVED)
		policy_refuse_limit(p, d, at, retry,
				    d->claims[at].max - quota_used(quota, &d->claims[at]));
	else if (json_true(json_gets(call, "give_back")) || d->effect == POLICY_APPROVE)
		quota_give_back(quota, d->claims, d->claim_n);
	if (d->effect == POLICY_ALLOW && !json_gets(call, "delivered"))
		learn(own, p, &f, json_gets(call, "result"));
	own->is_full = own->is_full || json_gets(call, "full");
}

static bool is_as(const struct json *call, const char *key, const char *got)
{
	const struct json *want = json_gets(call, key);
	if (!want || slice_is(json_string(want), got))
		return true;
	printf("# %s is '%s', not '%.*s'\n", key, got, SLICE_ARG(json_string(want)));
	return false;
}

/* "asks": [expires, hold, quorum] */
static bool is_asking(const struct json *call, const struct policy_decision *d)
{
	const struct json *asks = json_gets(call, "asks");
	int64_t v[3] = {0};
	for (size_t i = 0; i < 3; i++)
		json_int64(json_at(asks, i), &v[i]);
	return !asks || (d->ask.expires_s == v[0] && d->ask.hold_s == v[1] && d->ask.quorum == v[2]);
}

static void check_call(const char *name, size_t i, const struct policy *p, const struct json *call,
		       struct court *court)
{
	static const char *const effects[] = {"deny", "approve", "allow"};
	struct policy_decision d;
	struct fit fit = {0};
	const struct json *hidden = json_gets(call, "hidden");
	decide(p, call, &fit, court, &d);
	bool is_good = is_as(call, "is", effects[d.effect]) && is_as(call, "rule", d.rule) &&
		       is_as(call, "pointer", d.pointer) && is_as(call, "message", d.message) &&
		       is_as(call, "allowed", d.allowed) && is_asking(call, &d);
	struct slice part = json_string(json_gets(call, "says"));
	if (part.n && !strstr(d.message, part.p)) {
		printf("# message '%s' lacks '%s'\n", d.message, part.p);
		is_good = false;
	}
	if (hidden && json_true(hidden) != d.is_hidden)
		is_good = false;
	if (d.is_shadow != policy_is_shadow(p) || (d.effect != POLICY_APPROVE && d.ask.quorum))
		is_good = false;
	if (json_gets(call, "mode"))
		is_good = is_good && fit.calls == 1 &&
			  slice_is(json_string(json_gets(call, "mode")),
				   fit.mode == POLICY_VALIDATE_STRICT ? "strict" : "schema");
	if (json_gets(call, "checks"))
		is_good = is_good && fit.calls == (json_true(json_gets(call, "checks")) ? 1 : 0);
	if (json_gets(call, "timeout_ms")) {
		int64_t v = 0;
		json_int64(json_gets(call, "timeout_ms"), &v);
		is_good = is_good && v == d.timeout_ms && d.max_result_bytes == 2 * (uint64_t)v;
	}
	is_good = is_good && (d.effect == POLICY_ALLOW) == (d.rule[0] == '\0') && fit.calls <= 1 &&
		  (d.effect == POLICY_ALLOW) == (d.message[0] == '\0') &&
		  (d.effect != POLICY_ALLOW || d.allowed[0] == '\0');
	ok(is_good, "%s: call %zu", name, i);
	if (!is_good)
		printf("# %s rule '%s' pointer '%s' message '%s'\n", effects[d.effect], d.rule,
		       d.pointer, d.message);
}

static void check_lists(const char *name, const struct policy *p, const struct json *c)
{
	for (struct json_iter it = json_iter(json_gets(c, "shows")); json_next(&it);)
		ok(policy_shows_tool(p, it.key, text_of(c, "class", "")) == json_true(it.value), "%s: is '%.*s' listed",
		   name, SLICE_ARG(it.key));
	for (struct json_iter it = json_iter(json_gets(c, "unnamed")); json_next(&it);)
		ok(policy_is_unnamed(p, it.key, text_of(c, "class", "")) == json_true(it.value),
		   "%s: nothing is said of '%.*s'", name, SLICE_ARG(it.key));
	for (struct json_iter it = json_iter(json_gets(c, "resources")); json_next(&it);)
		ok(policy_allows_name(p, POLICY_RESOURCE, it.key) == json_true(it.value),
		   "%s: resource '%.*s'", name, SLICE_ARG(it.key));
	for (struct json_iter it = json_iter(json_gets(c, "prompts")); json_next(&it);)
		ok(policy_allows_name(p, POLICY_PROMPT, it.key) == json_true(it.value),
		   "%s: prompt '%.*s'", name, SLICE_ARG(it.key));
	for (struct json_iter it = json_iter(json_gets(c, "requests")); json_next(&it);)
		ok(policy_allows_server_request(p, it.key) == json_true(it.value),
		   "%s: request '%.*s'", name, SLICE_ARG(it.key));
}

/* The condition under both uses: what holds passes require and fails deny_if. */
static void check_value(const char *name, const struct json *c, const struct json *v,
			bool passes_require, bool passes_deny_if)
{
	struct buf text = BUF_INIT(1 << 20), call = BUF_INIT(1 << 20);
	struct arena a;
	struct err e = {0};
	struct fit fit = {0};
	struct policy_decision d;
	arena_init(&a, 1 << 22);
	bool is_absent = json_count(v) == 1 && slice_is(json_string(json_at(v, 0)), "absent");
	buf_adds(&call, "{\"arguments\":{");
	if (!is_absent) {
		buf_adds(&call, "\"v\":");
		json_write(&call, v);
	}
	buf_adds(&call, "}}");
	const struct json *parsed = json_read(buf_slice(&call), &a, &e);
	if (json_gets(c, "call"))
		parsed = json_gets(c, "call");
	/* What deny_if refuses, approve_if asks for. */
	static const char *const uses[] = {"require", "deny_if", "approve_if"};
	for (int turn = 0; turn < 3; turn++) {
		struct court court = {0};
		buf_clear(&text);
		buf_addf(&text,
			 "{\"version\":\"1\",\"default\":\"deny\",\"tools\":{\"t\":{\"%s\":[{"
			 "\"conditions\":[{\"path\":",
			 uses[turn]);
		if (json_gets(c, "path"))
			json_write(&text, json_gets(c, "path"));
		else
			buf_adds(&text, "\"args.v\"");
		buf_adds(&text, ",\"op\":");
		json_write(&text, json_gets(c, "op"));
		for (const char *const *key = (const char *const[]){"value", "schemes", NULL}; *key;
		     key++)
			if (json_gets(c, *key)) {
				buf_addf(&text, ",\"%s\":", *key);
				json_write(&text, json_gets(c, *key));
			}
		buf_adds(&text, "}]}]}}}");
		struct policy_problems problems = {0};
		struct policy *p = policy_new(buf_slice(&text), &problems);
		if (!p) {
			ok(false, "%s: %s does not load", name, buf_str(&text));
			show_problems(&problems);
		} else {
			decide(p, parsed, &fit, &court, &d);
			ok((d.effect == POLICY_ALLOW) == (turn ? passes_deny_if : passes_require),
			   "%s: %s in %s", name, buf_str(&call), uses[turn]);
		}
		policy_problems_release(&problems);
		policy_unref(&p);
	}
	buf_release(&text);
	buf_release(&call);
	arena_release(&a);
}

static void run_operator(const char *name, const struct json *c)
{
	for (struct json_iter it = json_iter(json_gets(c, "holds")); json_next(&it);)
		check_value(name, c, it.value, true, false);
	for (struct json_iter it = json_iter(json_gets(c, "fails")); json_next(&it);)
		check_value(name, c, it.value, false, true);
	for (struct json_iter it = json_iter(json_gets(c, "unsure")); json_next(&it);)
		check_value(name, c, it.value, false, false);
	for (struct json_iter it = json_iter(json_gets(c, "vacuous")); json_next(&it);)
		check_value(name, c, it.value, true, true);
}

static void run_case(const char *file, size_t at, const struct json *c)
{
	char name[120];
	struct buf text;
	struct policy_problems problems = {0};
	size_t i = 0;
	snprintf(name, sizeof name, "%s[%zu] %.*s", file, at, SLICE_ARG(text_of(c, "name", "")));
	if (json_gets(c, "op")) {
		run_operator(name, c);
		return;
	}
	struct policy *p = load(c, &text, &problems);
	if (json_gets(c, "refused")) {
		ok(p == NULL, "%s: is refused", name);
		check_problems(name, &problems, json_gets(c, "refused"), false);
	} else if (!p) {
		ok(false, "%s: loads", name);
		show_problems(&problems);
	} else {
		struct court court = {.quota = quota_new(1000)};
		for (struct json_iter it = json_iter(json_gets(c, "calls")); json_next(&it);) {
			int64_t times = 1;
			json_int64(json_gets(it.value, "times"), &times);
			for (; times > 0; times--)
				check_call(name, i, p, it.value, &court);
			i++;
		}
		check_lists(name, p, c);
		if (json_gets(c, "tools") || json_gets(c, "lint"))
			policy_check(p, buf_slice(&text), json_gets(c, "tools"), &problems);
		check_problems(name, &problems, json_gets(c, "warnings"), true);
		quota_free(&court.quota);
	}
	policy_problems_release(&problems);
	policy_unref(&p);
	buf_release(&text);
}

static void run_file(const char *file)
{
	char path[512];
	struct buf text = BUF_INIT(1 << 24);
	struct arena a;
	struct err e = {0};
	size_t i = 0;
	snprintf(path, sizeof path, "%s/policy/%s.json",
		 getenv("GH_CASES") ? getenv("GH_CASES") : "tests/cases", file);
	FILE *f = fopen(path, "re");
	arena_init(&a, 1 << 26);
	for (int c; f && (c = fgetc(f)) != EOF;)
		buf_addc(&text, (char)c);
	if (f)
		fclose(f);
	const struct json *cases = json_read(buf_slice(&text), &a, &e);
	ok(json_count(cases) > 0, "%s has cases %s", file, e.text);
	for (struct json_iter it = json_iter(cases); json_next(&it);)
		run_case(file, i++, it.value);
	arena_release(&a);
	buf_release(&text);
}

int main(int argc, char **argv)
{
	static const char *const files[] = {
		"approvals",
		"check",
		"classes",
		"document",
		"explain",
		"flows",
		"hosted",
		"hosts",
		"limit_forms",
		"limits",
		"lint",
		"messages",
		"operators",
		"order",
		"path_within",
		"paths",
		"refused",
		"rules",
		"schema",
		"secret",
		"seen",
		"shadow",
		"sql",
		"urls",
	};
	struct policy_decision d;
	struct policy_facts f = {.tool = SLICE_LIT("t")};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (argc < 2 || strcmp(argv[1], files[i]) == 0)
			run_file(files[i]);
	memset(&d, 'x', sizeof d);
	policy_decide(NULL, &f, &d);
	ok(!d.is_shadow && !d.is_hidden && !d.claim_n && !d.pointer[0] && !d.allowed[0] && d.message[0], "and says so");
	ok(d.effect == POLICY_DENY && strcmp(d.rule, "(no policy)") == 0, "no policy refuses");
	ok(!policy_shows_tool(NULL, SLICE_LIT("t"), SLICE_LIT("")) &&
		   !policy_allows_name(NULL, POLICY_PROMPT, SLICE_LIT("p")) &&
		   !policy_allows_server_request(NULL, SLICE_LIT("roots")),
	   "and nothing is seen or asked without one");
	return tap_done();
}
