/*
 * Runs tests/cases/catalog/classify.json: {"tool", "server"?, "category" (null: any), "above"?, "below"? (the
 * confidence, in hundredths), "says"?: [pointer, words] that are among the evidence}; and the limits.
 */
#include "base/limits.h"
#include "cases.h"
#include "catalog/classify.h"
#include "catalog/features.h"

static struct classified run(const struct json *tool, struct slice server, struct arena *a)
{
	struct classified out;
	struct tool_text t = tool_text_of(tool, server);
	classify(&t, a, &out);
	return out;
}

/* Each quote is what stands at its place. */
static bool holds(const struct json *tool, const struct evidence *e)
{
	const char *token = strrchr(e->pointer, '/');
	const struct json *v = json_gets(tool, e->pointer + 1);
	return !json_is(v, JSON_STRING) || (token == e->pointer && e->at + e->quote.n <= json_string(v).n &&
					    e->quote.p == json_string(v).p + e->at);
}

static void show(const struct classified *c)
{
	printf("# %s %.3f\n", category_word(c->category), c->confidence);
	for (size_t i = 0; i < c->evidence_n; i++)
		printf("# %s '%.*s' %d\n", c->evidence[i].pointer, SLICE_ARG(c->evidence[i].quote), c->evidence[i].weight);
}

static void check_case(const struct json *c, struct arena *a)
{
	const struct json *tool = json_gets(c, "tool"), *says = json_gets(c, "says");
	struct classified got = run(tool, json_string(json_gets(c, "server")), a);
	struct slice want = json_string(json_gets(c, "category"));
	int64_t above = 0, below = 101;
	bool is_said = !says, is_true = true;
	double sum = 0;
	json_int64(json_gets(c, "above"), &above);
	json_int64(json_gets(c, "below"), &below);
	for (size_t i = 0; i < got.evidence_n; i++) {
		is_said |= slice_is(json_string(json_at(says, 0)), got.evidence[i].pointer) &&
			   slice_eq(json_string(json_at(says, 1)), got.evidence[i].quote);
		is_true = is_true && holds(tool, &got.evidence[i]) && got.evidence[i].weight > 0;
	}
	for (int i = 0; i < CATEGORIES; i++)
		sum += got.probability[i];
	ok(!want.n || slice_is(want, category_word(got.category)), "%s: category", case_name(c));
	ok(got.confidence * 100 >= (double)above && got.confidence * 100 <= (double)below, "%s: confidence", case_name(c));
	ok(is_said, "%s: evidence", case_name(c));
	ok(is_true, "%s: quotes stand where they are said to", case_name(c));
	ok(sum > 0.999 && sum < 1.001 && got.probability[0] == 0, "%s: probabilities", case_name(c));
	if ((want.n && !slice_is(want, category_word(got.category))) || !is_said ||
	    got.confidence * 100 < (double)above || got.confidence * 100 > (double)below)
		show(&got);
}

/* A schema of `n` arguments, one in the other when `is_deep`; the last is called delete_all. */
static const struct json *schema_of(size_t n, bool is_deep, struct arena *a)
{
	struct buf b = BUF_INIT(1 << 20);
	struct err e = { 0 };
	buf_adds(&b, "{\"name\":\"x\",\"inputSchema\":{\"properties\":{");
	for (size_t i = 1; i < n; i++)
		buf_addf(&b, is_deep ? "\"p%zu\":{\"properties\":{" : "\"p%zu\":{},", i);
	buf_adds(&b, "\"delete_all\":{}");
	for (size_t i = 1; is_deep && i < n; i++)
		buf_adds(&b, "}}");
	buf_adds(&b, "}}}");
	const struct json *out = json_read(buf_slice(&b), a, &e);
	ok(out != NULL, "a schema of %zu: %s", n, e.text);
	buf_release(&b);
	return out;
}

static bool sees_last(const struct json *tool)
{
	static struct features f;
	struct tool_text t = tool_text_of(tool, slice_str(""));
	features_find(&t, &f);
	for (size_t i = 0; i < f.property_n; i++)
		if (slice_is(f.property[i].name, "delete_all"))
			return true;
	return false;
}

static void check_limits(struct arena *a)
{
	ok(sees_last(schema_of(LIMIT_PROFILE_PROPERTIES, false, a)), "%d arguments are looked at", LIMIT_PROFILE_PROPERTIES);
	ok(!sees_last(schema_of(LIMIT_PROFILE_PROPERTIES + 1, false, a)), "and no more");
	ok(sees_last(schema_of(LIMIT_PROFILE_DEPTH, true, a)), "%d levels are looked at", LIMIT_PROFILE_DEPTH);
	ok(!sees_last(schema_of(LIMIT_PROFILE_DEPTH + 1, true, a)), "and no deeper");
}

/* Without memory there is less evidence, and the same category. */
static void check_no_memory(struct arena *a)
{
	struct err e = { 0 };
	struct arena none;
	const struct json *tool = json_read(SLICE_LIT("{\"name\":\"x\",\"inputSchema\":{\"properties\":{\"shell_command\":{}}}}"), a, &e);
	struct classified with = run(tool, slice_str(""), a);
	arena_init(&none, 0);
	struct classified without = run(tool, slice_str(""), &none);
	ok(with.category == without.category && without.evidence_n <= with.evidence_n, "without memory: the same category");
	arena_release(&none);
}

static void check_words(void)
{
	static const struct {
		const char *value;
		enum category category;
	} of[] = {
		{ "delete", CATEGORY_DESTRUCTIVE }, { "list_users", CATEGORY_READ }, { "create", CATEGORY_WRITE },
		{ "restart", CATEGORY_EXECUTE },    { "refund", CATEGORY_FINANCIAL }, { "blue", CATEGORY_UNKNOWN },
		{ "", CATEGORY_UNKNOWN },	    { "deleted", CATEGORY_UNKNOWN },
	};
	for (size_t i = 0; i < ARRAY_LEN(of); i++)
		ok(classify_word(slice_str(of[i].value)) == of[i].category, "'%s' is %s", of[i].value,
		   category_word(of[i].category));
}

int main(void)
{
	struct arena a;
	arena_init(&a, 1 << 26);
	ok(classify_is_trained(), "the weights are of these features and this lexicon (make classifier)");
	for (struct json_iter it = json_iter(cases_read("catalog/classify.json", &a)); json_next(&it);)
		check_case(it.value, &a);
	check_limits(&a);
	check_no_memory(&a);
	check_words();
	arena_release(&a);
	return tap_done();
}
