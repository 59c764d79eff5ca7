/* JSON Schema beyond the official suite: limits, strictness, words, paths, and hostile input. */
#include "base/check.h"
#include "base/limits.h"
#include "base/regex.h"
#include "schema/schema.h"
#include "tap.h"

static struct arena memory;

static const struct json *read(struct slice text)
{
	struct err e = { 0 };
	const struct json *v = json_read(text, &memory, &e);
	if (!v)
		printf("# %s\n", e.text);
	BUG_ON(!v);
	return v;
}

static struct schema *compile(const char *text)
{
	struct err e = { 0 };
	struct schema *s = schema_new(read(slice_str(text)), &(struct schema_opts){ 0 }, &e);
	if (!s)
		printf("# %s\n", e.text);
	return s;
}

static struct schema_report report;

static bool fits_in(enum schema_mode mode, const char *schema, const char *value)
{
	struct schema *s = compile(schema);
	report = (struct schema_report){ .path = "" };
	bool fits = s && schema_check(s, read(slice_str(value)), mode, &report);
	if (s && !fits)
		printf("# '%s' %s\n", report.path, report.reason);
	schema_unref(&s);
	return fits;
}

static bool fits(const char *schema, const char *value)
{
	return fits_in(SCHEMA_PLAIN, schema, value);
}

static bool strictly(const char *schema, const char *value)
{
	return fits_in(SCHEMA_STRICT, schema, value);
}

/* Does compiling fail with these words? */
static bool refused(const char *schema, const char *words)
{
	struct err e = { 0 };
	struct schema *s = schema_new(read(slice_str(schema)), NULL, &e);
	bool is_refused = !s && e.kind != ERR_NONE && strstr(e.text, words);
	if (!is_refused)
		printf("# %s\n", s ? "it compiled" : e.text);
	schema_unref(&s);
	return is_refused;
}

static bool says(const char *schema, const char *value, const char *path, const char *reason)
{
	return !fits(schema, value) && !strcmp(report.path, path) && strstr(report.reason, reason);
}

static void test_definitions(void)
{
	ok(refused("5", "must be a schema"), "a number is no schema");
	ok(refused("{\"properties\":{\"a\":{\"minLength\":-1}}}", "'/properties/a/minLength'"), "the place is named");
	ok(refused("{\"type\":\"strin\"}", "name of a type"), "an unknown type");
	ok(refused("{\"type\":[]}", "name of a type"), "no types");
	ok(refused("{\"anyOf\":[]}", "at least one"), "no alternatives");
	ok(refused("{\"required\":\"a\"}", "array of names"), "required as in draft-03");
	ok(refused("{\"minimum\":1,\"exclusiveMinimum\":true}", "draft-04"), "exclusiveMinimum as in draft-04");
	ok(refused("{\"multipleOf\":0}", "above 0"), "a multiple of nothing");
	ok(refused("{\"pattern\":\"(\"}", "does not compile"), "a broken pattern");
	ok(refused("{\"$ref\":\"#/$defs/x\"}", "not in the schema"), "a reference into nothing");
	ok(refused("{\"$ref\":\"http://example.com/x.json\"}", "nothing is fetched"), "a remote reference");
	ok(refused("{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}", "draft-04"), "an old dialect, by name");
	ok(refused("{\"$schema\":\"https://example.com/mine\"}", "example.com/mine"), "a foreign dialect");
	ok(refused("{\"$schema\":5}", "dialect"), "a dialect that is no name");
	ok(refused("{\"$defs\":{\"a\":{\"$anchor\":\"x\"},\"b\":{\"$anchor\":\"x\"}}}", "second time"),
	   "an anchor that stands twice");
	ok(refused("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"items\":[true]}", "prefixItems"),
	   "a list as items, where the dialect is declared");
	struct err e = { 0 };
	struct schema *none = schema_new(NULL, NULL, &e);
	ok(!none && e.kind == ERR_INPUT, "no definition: %s", e.text);
}

static void test_dialects(void)
{
	ok(!fits("{\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[\"a\",1]"),
	   "a list as items, where none is declared");
	ok(fits("{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"$ref\":\"#/definitions/a\","
	        "\"definitions\":{\"a\":{\"type\":\"string\"}},\"minLength\":9}", "\"x\""),
	   "what stands beside $ref in draft-07 says nothing");
	ok(!fits("{\"$ref\":\"#/definitions/a\",\"definitions\":{\"a\":{\"type\":\"string\"}},\"minLength\":9}", "\"x\""),
	   "but does in 2020-12");
	ok(!fits("{\"$ref\":\"#/components/x%20y/~1z\",\"components\":{\"x y\":{\"/z\":{\"type\":\"null\"}}}}", "1"),
	   "a reference to where no keyword leads");
	ok(fits("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"minLength\":2}") &&
	   !fits("{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}", "{\"minLength\":-2}"),
	   "the metaschema is known");
	ok(!fits("{\"$ref\":\"https://json-schema.org/draft/2019-09/schema\"}", "{\"not\":{\"type\":9}}"), "and of 2019-09");
	ok(!fits("{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}", "{\"items\":[5]}"), "and of draft-07");
}

static const char person[] =
	"{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\",\"minimum\":0},"
	"\"role\":{\"enum\":[\"admin\",\"user\"]},\"to\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
	"\"where\":{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"number\"}}},{\"type\":\"null\"}]}},"
	"\"required\":[\"name\"],\"additionalProperties\":false}";

static void test_words(void)
{
	ok(says(person, "{}", "", "must have the property 'name'"), "a missing property");
	ok(says(person, "{\"name\":1}", "/name", "must be a string"), "a wrong type");
	ok(says(person, "{\"name\":\"a\",\"age\":1.5}", "/age", "must be a whole number"), "a fraction");
	ok(says(person, "{\"name\":\"a\",\"age\":-1}", "/age", "must be at least 0"), "too small");
	ok(says(person, "{\"name\":\"a\",\"nick\":1}", "/nick", "not a known property; there are"), "an unknown property");
	ok(says(person, "{\"name\":\"a\",\"role\":\"x\"}", "/role", "must be one of \"admin\", \"user\""), "not in the list");
	ok(says(person, "{\"name\":\"a\",\"to\":[\"a\",{}]}", "/to/1", "must be a string"), "an element");
	ok(says(person, "{\"name\":\"a\",\"where\":{\"x\":\"y\"}}", "/where/x", "must be a number"),
	   "of alternatives the one that was meant");
	ok(says(person, "{\"name\":\"a\",\"where\":5}", "/where", "must be an object or null"), "or all of them");
	ok(says("{\"anyOf\":[{\"type\":\"integer\",\"minimum\":5},{\"type\":\"string\"}]}", "4", "", "alternatives"),
	   "alternatives that fail for another reason than the type");
	ok(says("{\"oneOf\":[{\"type\":\"number\"},{\"type\":\"integer\"}]}", "4", "", "only one"), "too many alternatives");
	ok(says("{\"const\":{\"a\":[1]}}", "4", "", "must be {\"a\":[1]}"), "a constant");
	ok(says("{\"patternProperties\":{\"~\":false}}", "{\"a/~b\":1}", "/a~1~0b", "is not allowed"), "paths are escaped");
	ok(says("{\"not\":{}}", "4", "", "excludes"), "not");
	ok(says("{\"required\":[\"a\"]}", "{}", "", "'a'") && report.path[0] == '\0', "the root has the empty path");
	struct schema *s = compile(person);
	ok(!schema_check(s, NULL, SCHEMA_PLAIN, &report) && !strcmp(report.reason, "is missing"), "no value");
	ok(!schema_check(s, NULL, SCHEMA_PLAIN, NULL), "and no report");
	schema_unref(&s);
	static char deep[70000], value[70000];
	memset(value, 'k', sizeof value - 1);
	snprintf(deep, sizeof deep, "{\"%.*s\":1}", 60000, value);
	ok(!fits("{\"additionalProperties\":{\"type\":\"string\"}}", deep) && !report.path[0] && report.reason[0],
	   "a path that is too long is left out");
}

static void test_strictness(void)
{
	ok(fits("{\"properties\":{\"a\":{}}}", "{\"b\":1}"), "unknown properties are fine without strictness");
	ok(!strictly("{\"properties\":{\"a\":{}}}", "{\"b\":1}") && !strcmp(report.path, "/b"), "and not with it");
	ok(strictly("{\"properties\":{\"a\":{}}}", "{\"a\":1}"), "known ones are");
	ok(!strictly("{\"properties\":{\"a\":{\"properties\":{\"x\":{}}}}}", "{\"a\":{\"x\":1,\"y\":2}}") &&
	   !strcmp(report.path, "/a/y"), "at any level");
	ok(!strictly("{\"properties\":{\"a\":{}}}", "{\"a\":{\"x\":1}}"), "below a schema that names nothing, too");
	ok(!strictly("{\"items\":{\"properties\":{\"x\":{}}}}", "[{\"x\":1},{\"y\":1}]") && !strcmp(report.path, "/1/y"),
	   "in arrays");
	ok(strictly("{\"allOf\":[{\"properties\":{\"a\":{\"properties\":{\"x\":{}}}}},"
	            "{\"properties\":{\"a\":{\"properties\":{\"y\":{}}},\"b\":{}}}]}", "{\"a\":{\"x\":1,\"y\":2},\"b\":3}"),
	   "what different subschemas name counts together");
	ok(!strictly("{\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"string\"}}},{\"properties\":{\"b\":{}}}]}",
	             "{\"a\":1,\"b\":1}") && !strcmp(report.path, "/a"),
	   "what an alternative that fails names does not");
	ok(!strictly("{\"anyOf\":[{\"properties\":{\"a\":{}},\"required\":[\"z\"]},{\"properties\":{\"b\":{}}}]}",
	             "{\"a\":1,\"b\":1}") && !strcmp(report.path, "/a"),
	   "nor when it fails late");
	ok(strictly("{\"anyOf\":[{\"properties\":{\"a\":{}}},{\"properties\":{\"b\":{}}}]}", "{\"a\":1,\"b\":1}"),
	   "all alternatives that fit are asked");
	ok(!strictly("{\"not\":{\"required\":[\"z\"],\"properties\":{\"a\":{}}}}", "{\"a\":1}"), "not names nothing");
	ok(strictly("{\"patternProperties\":{\"^x\":{}},\"additionalProperties\":{\"type\":\"number\"}}",
	            "{\"x\":null,\"y\":1}"), "patterns and additionalProperties name");
	ok(strictly("{}", "{}") && !strictly("{}", "{\"a\":1}"), "a schema without properties takes none");
}

static bool may(const char *schema, const char *path)
{
	struct slice tokens[8];
	size_t n = 0;
	struct schema *s = compile(schema);
	for (const char *p = path; *p; n++) {
		tokens[n] = slice_of(p, strcspn(p, "."));
		p += tokens[n].n + (p[tokens[n].n] == '.');
	}
	bool may = s && schema_may_have(s, tokens, n);
	schema_unref(&s);
	return may;
}

static void test_possible(void)
{
	ok(may(person, "name") && may(person, "") && may(person, "where.x"), "what is declared can be");
	ok(!may(person, "nick") && !may(person, "name.x") && !may(person, "to.0.x"), "what is excluded cannot");
	ok(may(person, "to.*") && may(person, "to.3") && !may(person, "to.x"), "elements");
	ok(may(person, "*") && may(person, "*.*") && !may(person, "age.*"), "any member");
	ok(may("{\"properties\":{\"a\":{}}}", "b.c") && may("{}", "a"), "what the schema does not say can be");
	ok(!may("{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}", "b"), "unevaluatedProperties excludes");
	ok(may("{\"allOf\":[{\"properties\":{\"b\":{}}}],\"unevaluatedProperties\":false}", "b"), "but not what others name");
	ok(!may("{\"allOf\":[{},{\"additionalProperties\":false}]}", "b"), "allOf asks all");
	ok(may("{\"anyOf\":[{\"type\":\"string\"},{\"properties\":{\"a\":{}}}]}", "a") &&
	   !may("{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "a"), "anyOf and oneOf ask any");
	ok(!may("{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":\"string\"}}}", "a"), "through references");
	ok(may("{\"$ref\":\"#\"}", "a") && may("{\"properties\":{\"a\":{\"$ref\":\"#\"}}}", "a.a.a"), "through loops");
	ok(!may("{\"type\":\"array\",\"prefixItems\":[true],\"items\":false}", "1") && !may("{\"maxItems\":0,\"type\":\"array\"}", "*"),
	   "past the end of an array");
	ok(may("{\"patternProperties\":{\"^x\":{}},\"additionalProperties\":false}", "xy") &&
	   !may("{\"patternProperties\":{\"^x\":{}},\"additionalProperties\":false}", "y"), "patterns");
}

static struct schema *compile_buf(struct buf *b, struct err *e)
{
	return schema_new(read(buf_slice(b)), NULL, e);
}

/* An object schema of n properties p0, p1, … */
static void write_properties(struct buf *b, size_t n)
{
	buf_adds(b, "{\"additionalProperties\":false,\"properties\":{");
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s\"p%zu\":{\"type\":\"integer\"}", i ? "," : "", i);
	buf_adds(b, "}}");
}

static void test_size(void)
{
	struct buf b = BUF_INIT(1u << 24), v = BUF_INIT(1u << 24);
	struct err e = { 0 };
	write_properties(&b, LIMIT_JSON_KEYS);
	struct schema *s = compile_buf(&b, &e);
	buf_adds(&v, "{");
	for (size_t i = LIMIT_JSON_KEYS; i--;)
		buf_addf(&v, "\"p%zu\":%zu%s", i, i, i ? "," : "}");
	ok(s && schema_check(s, read(buf_slice(&v)), SCHEMA_PLAIN, NULL), "%d properties", LIMIT_JSON_KEYS);
	ok(s && schema_check(s, read(buf_slice(&v)), SCHEMA_STRICT, NULL), "and strictly");
	schema_unref(&s);
	for (int past = 0; past < 2; past++) {
		/* The root, additionalProperties and the rest in two arrays. */
		buf_clear(&b);
		buf_adds(&b, "{\"additionalProperties\":true,\"anyOf\":[true");
		for (size_t i = 3; i < LIMIT_SCHEMA_NODES; i++)
			buf_adds(&b, ",true");
		buf_adds(&b, past ? ",true]}" : "]}");
		s = compile_buf(&b, &e);
		ok(past ? !s && e.kind == ERR_LIMIT : s != NULL, "subschemas: %s", past ? "one past the limit" : "on the limit");
		schema_unref(&s);
		buf_clear(&b);
		buf_adds(&b, "{\"title\":\"");
		while (b.n < LIMIT_SCHEMA_BYTES - 2 + (size_t)past)
			buf_addc(&b, 'x');
		buf_adds(&b, "\"}");
		b.n = LIMIT_SCHEMA_BYTES + (size_t)past;
		memcpy(b.p + b.n - 2, "\"}", 2);
		s = compile_buf(&b, &e);
		ok(past ? !s && e.kind == ERR_LIMIT : s != NULL, "bytes: %s", past ? "one past the limit" : "on the limit");
		schema_unref(&s);
	}
	buf_release(&b);
	buf_release(&v);
}

static void test_patterns(void)
{
	struct buf b = BUF_INIT(1u << 24);
	struct err e = { 0 };
	struct regex *one = regex_new(SLICE_LIT("(?:(?:ab){40}){40}0000"), REGEX_ECMA, NULL);
	BUG_ON(!one);
	size_t most = LIMIT_SCHEMA_PATTERN_BYTES / regex_size(one);
	ok(most > 10 && most < 1000, "a short pattern unfolds to %zu bytes", regex_size(one));
	regex_free(&one);
	for (size_t n = most; n <= most + 1; n++) {
		buf_clear(&b);
		buf_adds(&b, "{\"patternProperties\":{");
		for (size_t i = 0; i < n; i++)
			buf_addf(&b, "%s\"(?:(?:ab){40}){40}%04zu\":true", i ? "," : "", i);
		buf_adds(&b, "}}");
		struct schema *s = compile_buf(&b, &e);
		ok(n == most ? s != NULL : !s && e.kind == ERR_LIMIT, "%zu patterns that unfold: %s", n, s ? "" : e.text);
		schema_unref(&s);
	}
	for (size_t n = LIMIT_SCHEMA_NAME; n <= LIMIT_SCHEMA_NAME + 1; n++) {
		buf_clear(&b);
		buf_adds(&b, "{\"$id\":\"u:");
		while (b.n < n + 8)
			buf_addc(&b, 'x');
		buf_adds(&b, "\",\"$ref\":\"#\"}");
		struct schema *s = compile_buf(&b, &e);
		ok((n == LIMIT_SCHEMA_NAME) == (s != NULL), "an $id of %zu bytes", n);
		schema_unref(&s);
	}
	buf_release(&b);
}

static bool exhausts(const char *schema, const char *value)
{
	return !fits(schema, value) && strstr(report.reason, "more work");
}

/* $ref after $ref: n - 1 of them, and what the last one leads to. */
static bool chain_fits(size_t n)
{
	struct buf b = BUF_INIT(1u << 24);
	buf_adds(&b, "{\"$ref\":\"#/$defs/d1\",\"$defs\":{");
	for (size_t i = 1; i < n - 1; i++)
		buf_addf(&b, "\"d%zu\":{\"$ref\":\"#/$defs/d%zu\"},", i, i + 1);
	buf_addf(&b, "\"d%zu\":true}}", n - 1);
	bool is_fine = fits(buf_str(&b), "1");
	buf_release(&b);
	return is_fine;
}

static void test_work(void)
{
	ok(exhausts("{\"$ref\":\"#\"}", "1"), "a schema that is itself");
	ok(exhausts("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"allOf\":[{\"$ref\":\"#/$defs/b\"}]},"
	            "\"b\":{\"$ref\":\"#/$defs/a\"}}}", "1"), "two that are each other");
	ok(exhausts("{\"not\":{\"$ref\":\"#\"}}", "1"), "a schema that is not itself");
	ok(exhausts("{\"if\":{\"$ref\":\"#\"},\"else\":true}", "1"), "a schema that depends on itself");
	ok(exhausts("{\"anyOf\":[{\"$ref\":\"#\"},true]}", "1"), "an endless alternative beside one that fits");
	ok(exhausts("{\"contains\":{\"$ref\":\"#/$defs/x\"},\"minContains\":0,\"$defs\":{\"x\":{\"$ref\":\"#/$defs/x\"}}}",
	            "[1]"), "an endless kind of element that need not be there");
	ok(exhausts("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"},{\"$ref\":\"#/$defs/b\"}]},"
	            "\"b\":{\"allOf\":[{\"$ref\":\"#/$defs/c\"},{\"$ref\":\"#/$defs/c\"}]},"
	            "\"c\":{\"anyOf\":[{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"}]}}}", "1"),
	   "a tree that doubles at each step");
	ok(chain_fits(LIMIT_SCHEMA_DEPTH) && !chain_fits(LIMIT_SCHEMA_DEPTH + 1), "nesting on the limit and one past it");
	struct buf v = BUF_INIT(1u << 24);
	buf_adds(&v, "[0");
	for (int i = 1; i < 100000; i++)
		buf_addf(&v, ",%d.5", i);
	buf_adds(&v, "]");
	ok(fits("{\"uniqueItems\":true}", buf_str(&v)), "a hundred thousand different numbers");
	buf_clear(&v);
	buf_adds(&v, "[[0]");
	for (int i = 1; i < 400000; i++)
		buf_addf(&v, ",%d", i);
	buf_adds(&v, "]");
	ok(exhausts("{\"uniqueItems\":true,\"items\":{\"type\":[\"integer\",\"array\"],\"not\":false}}", buf_str(&v)),
	   "more than the budget");
	buf_clear(&v);
	buf_adds(&v, "\"");
	for (int i = 0; i < 100000; i++)
		buf_adds(&v, "a");
	buf_adds(&v, "\"");
	ok(exhausts("{\"pattern\":\"^(a+)+[bc]\"}", buf_str(&v)), "a pattern that explodes");
	ok(exhausts("{\"not\":{\"pattern\":\"^(a+)+[bc]\"}}", buf_str(&v)), "nor does it fit behind a not");
	buf_release(&v);
}

static void test_numbers(void)
{
	ok(fits("{\"type\":\"integer\"}", "1e400") && !fits("{\"type\":\"integer\"}", "1e-400"), "integers of any size");
	ok(!fits("{\"maximum\":9007199254740992}", "9007199254740993"), "no number becomes a double");
	ok(fits("{\"multipleOf\":0.01}", "4.35") && !fits("{\"multipleOf\":0.01}", "4.351"), "hundredths");
	ok(fits("{\"multipleOf\":3}", "3e300") && !fits("{\"multipleOf\":7}", "1e300"), "multiples of any size");
	ok(fits("{\"multipleOf\":1e-300}", "5") && !fits("{\"multipleOf\":1e300}", "5") && fits("{\"multipleOf\":5}", "0.0"),
	   "far away scales, and zero");
	ok(fits("{\"uniqueItems\":true}", "[1,true,\"1\",[1],{\"a\":1}]") && !fits("{\"uniqueItems\":true}", "[100,1.0e2]"),
	   "equal is equal in value and type");
	ok(fits("{\"const\":{\"a\":1,\"b\":[2]}}", "{\"b\":[2.0],\"a\":1.0}"), "whatever the order of members");
	ok(fits("{\"minLength\":2.0,\"maxLength\":2}", "\"\xf0\x9f\x98\x80\xc3\xa9\""), "characters are code points");
}

int main(void)
{
	arena_init(&memory, 1u << 30);
	test_definitions();
	test_dialects();
	test_words();
	test_strictness();
	test_possible();
	test_size();
	test_patterns();
	test_work();
	test_numbers();
	arena_release(&memory);
	return tap_done();
}
