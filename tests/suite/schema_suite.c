/*
 * Runs the official JSON-Schema-Test-Suite: schema_suite REMOTES FOLDER... prints TAP.
 * The suite expects that its remote schemas have been made known before. We know none, as
 * nothing is fetched; where a case refers to one, they are bundled into its schema, as
 * 2020-12 core, 9.3 provides.
 */
#include "base/check.h"
#include "base/limits.h"
#include "schema/schema.h"
#include <dirent.h>
#include <sys/stat.h>

#define HOST "http://localhost:1234/"

#define FETCHED "the name under which it was fetched is not the one it has; nothing is fetched"

struct left_out {
	const char *file, *group, *test; /* group or test NULL: all of them */
	const char *why;
};

static const struct left_out left_out[] = {
	{ "/vocabulary.json", NULL, NULL, "a metaschema of one's own is a dialect that is refused" },
	{ "/format-assertion.json", NULL, NULL, "a metaschema of one's own is a dialect that is refused" },
	{ "/refRemote.json", "remote HTTP ref with different $id", NULL, FETCHED },
	{ "/refRemote.json", "remote HTTP ref with different URN $id", NULL, FETCHED },
	{ "/refRemote.json", "remote HTTP ref with nested absolute ref", NULL, FETCHED },
	{ "draft7/refRemote.json", NULL, NULL, "bundles are of 2019-09 and later" },
	{ "draft7/optional/cross-draft.json", NULL, NULL, "bundles are of 2019-09 and later" },
	{ "draft2019-09/optional/cross-draft.json", NULL, NULL, "bundles with draft-07 in them are of 2020-12" },
	{ "/idn-hostname.json", NULL, NULL, "the format is not known: it needs tables of Unicode" },
	{ "draft7/optional/content.json", NULL, NULL, "contents only describe, as in later drafts" },
};

static int count, failed, skipped;

static char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	BUG_ON(!f);
	struct stat st;
	BUG_ON(fstat(fileno(f), &st) != 0);
	char *text = mem_alloc((size_t)st.st_size + 1);
	*n = fread(text, 1, (size_t)st.st_size, f);
	fclose(f);
	return text;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Appends the documents below a folder as members of $defs, each with an $id. */
static void add_remotes(struct buf *defs, const char *root, const char *below)
{
	char path[4096];
	struct dirent **names;
	bool is_old = slice_starts(slice_str(below), SLICE_LIT("draft7"));
	snprintf(path, sizeof path, "%s/%s", root, below);
	int n = scandir(path, &names, NULL, by_name);
	for (int i = 0; i < n; i++) {
		char inner[2048];
		snprintf(inner, sizeof inner, "%s%s%s", below, *below ? "/" : "", names[i]->d_name);
		bool is_json = slice_ends(slice_str(inner), SLICE_LIT(".json"));
		if (names[i]->d_name[0] != '.' && names[i]->d_type == DT_DIR)
			add_remotes(defs, root, inner);
		free(names[i]);
		if (!is_json)
			continue;
		snprintf(path, sizeof path, "%s/%s", root, inner);
		size_t size;
		char *text = read_file(path, &size);
		struct arena a;
		arena_init(&a, 1u << 24);
		const struct json *doc = json_read(slice_of(text, size), &a, NULL);
		bool is_fine = json_is(doc, JSON_OBJECT) && !json_gets(doc, "$vocabulary");
		if (is_fine) {
			buf_addf(defs, ",\"remote:%s\":", inner);
			buf_addf(defs, "{\"remote\":\"%s\"", is_old ? "old" : "new");
			if (!json_gets(doc, "$id"))
				buf_addf(defs, ",\"$id\":\"" HOST "%s\"", inner);
			if (!json_gets(doc, "$schema") && is_old)
				buf_adds(defs, ",\"$schema\":\"http://json-schema.org/draft-07/schema#\"");
			for (struct json_iter it = json_iter(doc); json_next(&it);) {
				buf_addc(defs, ',');
				buf_add_json_string(defs, it.key);
				buf_addc(defs, ':');
				json_write(defs, it.value);
			}
			buf_addc(defs, '}');
		}
		arena_release(&a);
		free(text);
	}
	if (n >= 0)
		free(names);
}

static void bundle(struct buf *out, const struct json *schema, const char *remotes, bool is_old)
{
	static const char *const drafts[] = { "draft7", "draft2019-09", "draft2020-12" };
	struct slice key = slice_str(is_old ? "definitions" : "$defs");
	struct buf defs = BUF_INIT(1u << 24), text = BUF_INIT(1u << 24);
	buf_adds(&defs, "{\"remote:none\":true");
	for (struct json_iter it = json_iter(json_get(schema, key)); json_next(&it);) {
		buf_addc(&defs, ',');
		buf_add_json_string(&defs, it.key);
		buf_addc(&defs, ':');
		json_write(&defs, it.value);
	}
	json_write(&text, schema);
	for (size_t i = 0; i < ARRAY_LEN(drafts); i++) {
		char uri[64];
		snprintf(uri, sizeof uri, HOST "%s/", drafts[i]);
		if (memmem(text.p, text.n, uri, strlen(uri)))
			add_remotes(&defs, remotes, drafts[i]);
	}
	buf_addc(&defs, '}');
	json_write_with(out, schema, key, buf_slice(&defs));
	buf_release(&text);
	buf_release(&defs);
}

/* The schema of a group as a text of its own: with its dialect, and with what it refers to. */
static void write_schema(struct buf *out, const struct json *schema, const char *file, const char *remotes)
{
	bool is_old = strstr(file, "/draft7/") != NULL;
	json_write(out, schema);
	if (memmem(out->p, out->n, HOST, strlen(HOST)) && json_is(schema, JSON_OBJECT)) {
		buf_clear(out);
		bundle(out, schema, remotes, is_old);
	}
	/* Without a dialect a schema is of the newest. */
	if (!is_old || !json_is(schema, JSON_OBJECT) || json_gets(schema, "$schema"))
		return;
	struct buf text = *out;
	*out = BUF_INIT(text.max);
	buf_adds(out, "{\"$schema\":\"http://json-schema.org/draft-07/schema#\"");
	buf_adds(out, text.n > 2 ? "," : "");
	buf_add(out, text.p + 1, text.n - 1);
	buf_release(&text);
}

static const char *why_left_out(const char *file, struct slice group, struct slice test)
{
	for (size_t i = 0; i < ARRAY_LEN(left_out); i++) {
		const struct left_out *l = &left_out[i];
		if (l->file && strstr(file, l->file) && (!l->group || slice_is(group, l->group)) &&
		    (!l->test || slice_is(test, l->test)))
			return l->why;
	}
	return NULL;
}

static void run_group(const struct json *group, const char *file, const char *remotes, bool check_format)
{
	struct buf text = BUF_INIT(1u << 24);
	struct err e = { 0 };
	struct arena a;
	arena_init(&a, 1u << 28);
	write_schema(&text, json_gets(group, "schema"), file, remotes);
	const struct json *definition = json_read(buf_slice(&text), &a, &e);
	struct schema *s = definition ? schema_new(definition, &(struct schema_opts){ check_format }, &e) : NULL;
	struct slice title = json_string(json_gets(group, "description"));
	for (struct json_iter it = json_iter(json_gets(group, "tests")); json_next(&it);) {
		struct slice test = json_string(json_gets(it.value, "description"));
		const char *why = why_left_out(file, title, test);
		struct schema_report r = { .path = "" };
		bool fits = s && schema_check(s, json_gets(it.value, "data"), SCHEMA_PLAIN, &r);
		bool is_right = s && fits == json_true(json_gets(it.value, "valid"));
		failed += !is_right && !why;
		skipped += why != NULL;
		printf("%sok %d - %s: %.*s: %.*s", is_right || why ? "" : "not ", ++count, strrchr(file, '/') + 1,
		       SLICE_ARG(title), SLICE_ARG(test));
		printf(why ? " # SKIP %s\n" : "%s\n", why ? why : "");
		if (!is_right && !why)
			printf("# %s\n", s ? r.reason : e.text);
	}
	schema_unref(&s);
	arena_release(&a);
	buf_release(&text);
}

static void run_file(const char *path, const char *remotes)
{
	size_t n;
	struct err e = { 0 };
	struct arena a;
	char *text = read_file(path, &n);
	arena_init(&a, 1u << 28);
	const struct json *groups = json_read(slice_of(text, n), &a, &e);
	if (!groups) {
		printf("ok %d - %s # SKIP %s\n", ++count, path, e.text);
		skipped++;
	}
	for (struct json_iter it = json_iter(groups); json_next(&it);)
		run_group(it.value, path, remotes, strstr(path, "/optional/format/") != NULL);
	arena_release(&a);
	free(text);
}

int main(int argc, char **argv)
{
	struct stat st;
	if (argc < 3 || stat(argv[2], &st) != 0) {
		printf("1..0 # SKIP the suite is not here: run tests/suite/fetch.sh\n");
		return 0;
	}
	for (int i = 2; i < argc; i++) {
		struct dirent **names;
		int n = scandir(argv[i], &names, NULL, by_name);
		for (int k = 0; k < n; k++) {
			char path[4096];
			snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name);
			if (slice_ends(slice_str(path), SLICE_LIT(".json")))
				run_file(path, argv[1]);
			free(names[k]);
		}
		if (n >= 0)
			free(names);
	}
	printf("1..%d\n# %d failed, %d left out\n", count, failed, skipped);
	return failed != 0;
}
