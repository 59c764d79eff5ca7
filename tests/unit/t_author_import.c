/*
 * Intercept's policies: what each becomes, what is said of it, and that ours then decides as the
 * case says that theirs does. Cases: tests/cases/import.
 */
#include "author/intercept.h"
#include "author/pretty.h"
#include "cases.h"
#include "gate/judge.h"

static void join_lines(struct buf *b, const struct json *lines)
{
	for (struct json_iter it = json_iter(lines); json_next(&it);) {
		buf_add_slice(b, json_string(it.value));
		buf_addc(b, '\n');
	}
}

/* Each note in its order has its text: the words of the case are part of "line:column: text". */
static bool notes_are(const struct import_notes *notes, const struct json *want, bool errors)
{
	size_t at = 0;
	bool is_so = true;
	for (size_t i = 0; i < notes->n; i++) {
		char text[400];
		const struct import_note *v = &notes->v[i];
		if (v->is_error != errors)
			continue;
		snprintf(text, sizeof text, "%d:%d: %s", v->line, v->column, v->text);
		struct slice part = json_string(json_at(want, at++));
		bool is_one = part.n && strstr(text, part.p);
		if (!is_one)
			printf("# got %s\n", text);
		is_so = is_so && is_one;
	}
	if (at != json_count(want))
		printf("# %zu notes, %zu were wanted\n", at, json_count(want));
	return is_so && at == json_count(want);
}

static void run_calls(const struct json *c, struct slice document, struct arena *a)
{
	static const char *const keys[] = {"decision", "rule", "message"};
	struct policy_problems problems = {0};
	struct err e = {0};
	struct buf line = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	struct judge *j = judge_new(document, SLICE_LIT("t\nu\nv\na\nb\nb.c\nany\nread\nlist\nwrite\nrm\nls\npay\n"),
				    &problems, &e);
	ok(j != NULL, "%s: loads %s", case_name(c), e.text);
	for (struct json_iter it = json_iter(j ? json_gets(c, "calls") : NULL); json_next(&it);) {
		buf_clear(&line);
		buf_clear(&out);
		json_write(&line, it.value);
		judge_line(j, buf_slice(&line), 0, &out);
		const struct json *got = json_read(buf_slice(&out), a, &e);
		for (size_t i = 0; i < 3; i++) {
			const struct json *want = json_gets(it.value, keys[i]);
			ok(!want || json_equal(want, json_gets(got, keys[i])), "%s: %s of %s is %s", case_name(c),
			   keys[i], buf_str(&line), buf_str(&out));
		}
	}
	judge_free(&j);
	policy_problems_release(&problems);
	buf_release(&line);
	buf_release(&out);
}

static void accepted(struct arena *a)
{
	const struct json *list = cases_read("import/accepted.json", a);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
		struct import_notes notes = {0};
		struct slice scope = json_string(json_gets(it.value, "scope"));
		join_lines(&text, json_gets(it.value, "yaml"));
		ok(intercept_import(buf_slice(&text), scope.n ? scope.p : "server", &out, &notes), "%s: is taken",
		   case_name(it.value));
		ok(case_is(json_gets(it.value, "policy"), buf_slice(&out), a), "%s: becomes", case_name(it.value));
		ok(notes_are(&notes, json_gets(it.value, "notes"), false) && !notes.errors, "%s: notes",
		   case_name(it.value));
		run_calls(it.value, buf_slice(&out), a);
		import_notes_release(&notes);
		buf_release(&text);
		buf_release(&out);
	}
}

static void refused(struct arena *a)
{
	const struct json *list = cases_read("import/refused.json", a);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		struct buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
		struct import_notes notes = {0};
		join_lines(&text, json_gets(it.value, "yaml"));
		ok(!intercept_import(buf_slice(&text), "server", &out, &notes) && out.n == 0, "%s: is refused",
		   case_name(it.value));
		ok(notes_are(&notes, json_gets(it.value, "errors"), true), "%s: why", case_name(it.value));
		import_notes_release(&notes);
		buf_release(&text);
		buf_release(&out);
	}
}

/* A list of hidden names that are all wrong: the notes stop, the count does not. */
static void many(void)
{
	struct buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);
	struct import_notes notes = {0};
	buf_adds(&text, "version: \"1\"\nhide:\n");
	for (size_t i = 0; i < 1001; i++)
		buf_adds(&text, "  - 5\n");
	ok(!intercept_import(buf_slice(&text), "server", &out, &notes) && notes.n == 1000 && notes.errors == 1001,
	   "a thousand notes, and no more");
	import_notes_release(&notes);
	buf_release(&text);
	buf_release(&out);
}

static void pretty(struct arena *a)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e = {0};
	const struct json *v = json_read(SLICE_LIT("{\"a\":[],\"b\":{\"c\":1.50,\"d\":[\"x\",{}]},\"e\":["
						   "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
						   "\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]}"), a, &e);
	pretty_write(&b, v);
	ok(strcmp(buf_str(&b), "{\n  \"a\": [],\n  \"b\": { \"c\": 1.50, \"d\": [\"x\", {}] },\n  \"e\": [\n"
			       "    \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\n"
			       "    \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"\n  ]\n}\n") == 0,
	   "what fits stands on one line: %s", buf_str(&b));
	buf_release(&b);
}

int main(void)
{
	struct arena a;
	arena_init(&a, 256u << 20);
	accepted(&a);
	refused(&a);
	many();
	pretty(&a);
	arena_release(&a);
	return tap_done();
}
