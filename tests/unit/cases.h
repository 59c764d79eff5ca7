/* Lists of cases in tests/cases: read whole, or the test fails. */
#ifndef CASES_H
#define CASES_H
#include "json/json.h"
#include "tap.h"
#include <stdlib.h>

static inline const struct json *cases_read(const char *name, struct arena *a)
{
	char path[1024], part[4096];
	struct buf text = BUF_INIT(1 << 22);
	struct err e = { 0 };
	snprintf(path, sizeof path, "%s/%s", getenv("GH_CASES"), name);
	FILE *f = fopen(path, "r");
	for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
		buf_add(&text, part, n);
	if (f)
		fclose(f);
	const struct json *list = json_read(buf_slice(&text), a, &e);
	ok(json_is(list, JSON_ARRAY) && json_count(list), "%s is a list of cases: %s", name, e.text);
	buf_release(&text);
	return list;
}

static inline const char *case_name(const struct json *c)
{
	static char name[128];
	struct slice s = json_string(json_gets(c, "name"));
	snprintf(name, sizeof name, "%.*s", SLICE_ARG(s));
	return name;
}

/* Is the text the JSON that is wanted? Says both when not. */
static inline bool case_is(const struct json *want, struct slice text, struct arena *a)
{
	struct err e = { 0 };
	const struct json *got = json_read(text, a, &e);
	bool is_same = got && json_equal(got, want);
	if (!is_same) {
		struct buf b = BUF_INIT(1 << 22);
		json_write(&b, want);
		printf("# got:  %.*s %s\n# want: %s\n", SLICE_ARG(text), e.text, buf_str(&b));
		buf_release(&b);
	}
	return is_same;
}

#endif
