/*
 * The published JSON Schema of policies against the case files: what loads satisfies it, and what
 * does not load is refused by it, but for what a schema has no words for. The names of those cases
 * stand here, and in tests/flow/schema.test.mjs.
 */
#include "author/published.h"
#include "cases.h"
#include "policy/policy.h"
#include "schema/schema.h"
#include <dirent.h>

/* Cases that only the program refuses: "file: name". */
static const char *const silent[] = {"hosts.json: hosts that are none", NULL};

struct seen {
	const struct schema *schema;
	size_t loaded, refused, unsaid;
};

static bool is_silent(const char *name)
{
	for (const char *const *it = silent; *it; it++)
		if (strcmp(*it, name) == 0)
			return true;
	return false;
}

static void check(struct seen *s, const char *name, const struct json *document)
{
	struct schema_report r = {{0}, {0}};
	struct policy_problems problems = {0};
	struct buf text = BUF_INIT(1 << 22);
	json_write(&text, document);
	struct policy *p = policy_new(buf_slice(&text), &problems);
	bool fits = schema_check(s->schema, document, SCHEMA_PLAIN, &r);
	if (p) {
		s->loaded++;
		ok(fits, "%s: loads and satisfies the schema: %s %s", name, r.path, r.reason);
	} else if (fits) {
		s->unsaid++;
		ok(is_silent(name), "%s: the schema says nothing of it: %s", name, problems.n ? problems.v[0].text : "");
	} else {
		s->refused++;
		ok(!is_silent(name), "%s: is refused by the schema, too: %s %s", name, r.path, r.reason);
	}
	policy_unref(&p);
	policy_problems_release(&problems);
	buf_release(&text);
}

static void run_file(struct seen *s, const char *file)
{
	struct arena a;
	char path[300];
	arena_init(&a, 256u << 20);
	snprintf(path, sizeof path, "policy/%s", file);
	const struct json *list = cases_read(path, &a);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		char name[512];
		const struct json *document = json_gets(it.value, "policy");
		struct buf lines = BUF_INIT(1 << 22);
		for (struct json_iter l = json_iter(json_gets(it.value, "text")); json_next(&l);)
			buf_add_slice(&lines, json_string(l.value));
		if (lines.n)
			document = json_read(buf_slice(&lines), &a, NULL); /* NULL: it is no JSON at all */
		buf_release(&lines);
		snprintf(name, sizeof name, "%s: %s", file, case_name(it.value));
		if (document)
			check(s, name, document);
	}
	arena_release(&a);
}

int main(void)
{
	struct buf text = BUF_INIT(1 << 20);
	struct schema_opts opts = {.check_format = false};
	struct seen s = {0};
	struct err e = {0};
	struct arena a;
	char path[600];
	arena_init(&a, 64u << 20);
	for (const char *const *line = policy_schema_lines; *line; line++)
		buf_adds(&text, *line);
	const struct json *definition = json_read(buf_slice(&text), &a, &e);
	struct schema *schema = definition ? schema_new(definition, &opts, &e) : NULL;
	ok(schema != NULL, "the published schema compiles: %s", e.text);
	s.schema = schema;
	snprintf(path, sizeof path, "%s/policy", getenv("GH_CASES"));
	DIR *d = opendir(path);
	for (struct dirent *it; schema && d && (it = readdir(d));)
		if (it->d_name[0] != '.' && slice_ends(slice_str(it->d_name), SLICE_LIT(".json")))
			run_file(&s, it->d_name);
	if (d)
		closedir(d);
	ok(s.loaded > 100 && s.refused > 30, "%zu load, %zu do not and %zu of those only the program knows", s.loaded,
	   s.refused + s.unsaid, s.unsaid);
	schema_unref(&schema);
	buf_release(&text);
	arena_release(&a);
	return tap_done();
}
