/* Single arguments, and where the walk over a schema finds them. */
#include "base/limits.h"
#include "cases.h"
#include "catalog/signals.h"

struct seen {
	struct signals_context context;
	unsigned signals;
	size_t n, required;
	struct buf places; /* "pointer argument path" of each, a line each */
	struct arguments_visitor *v;
};

static void see(void *ctx, const struct argument *a)
{
	struct seen *s = ctx;
	s->signals |= signals_of(&s->context, a);
	s->n++;
	s->required += a->is_required;
	buf_addf(&s->places, "%s %s %s\n", buf_str(&s->v->pointer), buf_str(&s->v->argument), buf_str(&s->v->path));
}

static void visit(struct seen *s, const struct json *schema, struct arguments_visitor *v)
{
	s->places = BUF_INIT(1 << 22);
	s->v = v;
	*v = (struct arguments_visitor){ .on_argument = see, .ctx = s };
	arguments_visit(v, schema);
	arguments_release(v);
}

static unsigned bits_of(const struct json *words)
{
	unsigned bits = 0;
	for (struct json_iter it = json_iter(words); json_next(&it);)
		for (int k = 0; k < SIGNALS; k++)
			if (slice_is(json_string(it.value), signal_word((enum signal)k)))
				bits |= SIGNAL_BIT(k);
	return bits;
}

static void test_cases(struct arena *a)
{
	for (struct json_iter it = json_iter(cases_read("catalog/signals.json", a)); json_next(&it);) {
		const struct json *c = it.value;
		struct profile p = { .name = json_string(json_gets(c, "tool")),
				     .category = category_read(json_string(json_gets(c, "category"))) };
		struct slice server = json_string(json_gets(c, "server"));
		struct buf text = BUF_INIT(1 << 16);
		struct arguments_visitor v;
		struct seen s = { 0 };
		struct meaning m;
		struct err e = { 0 };
		meaning_of(&m, server, p.name, json_string(json_gets(c, "description")));
		signals_context(&s.context, &p, server, &m);
		buf_adds(&text, "{\"type\":\"object\",\"properties\":{");
		buf_add_json_string(&text, json_string(json_gets(c, "key")));
		buf_addc(&text, ':');
		json_write(&text, json_gets(c, "schema"));
		buf_adds(&text, "}}");
		visit(&s, json_read(buf_slice(&text), a, &e), &v);
		ok(s.signals == bits_of(json_gets(c, "signals")), "%s: %x", case_name(c), s.signals);
		buf_release(&s.places);
		buf_release(&text);
	}
}

static void test_places(struct arena *a)
{
	struct slice text = SLICE_LIT(
		"{\"type\":\"object\",\"required\":[\"a\",\"r\"],\"$defs\":{\"d\":{\"type\":\"object\",\"required\":[\"in\"],"
		"\"properties\":{\"in\":{\"type\":\"string\"}}}},\"properties\":{\"a\":{\"type\":\"string\"},\"odd.key\":{},"
		"\"list\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"x/y\":{}}}},\"r\":{\"$ref\":\"#/$defs/d\"}},"
		"\"anyOf\":[{\"properties\":{\"b\":{}}}]}");
	struct arguments_visitor v;
	struct seen s = { 0 };
	struct err e = { 0 };
	visit(&s, json_read(text, a, &e), &v);
	ok(slice_is(buf_slice(&s.places), "/inputSchema/properties/a a args.a\n"
					  "/inputSchema/properties/odd.key odd.key args[\"odd.key\"]\n"
					  "/inputSchema/properties/list list args.list\n"
					  "/inputSchema/properties/list/items/properties/x~1y list[].x/y args.list[*][\"x/y\"]\n"
					  "/inputSchema/properties/r r args.r\n"
					  "/inputSchema/$defs/d/properties/in r.in args.r.in\n"
					  "/inputSchema/anyOf/0/properties/b b args.b\n"),
	   "each argument has its pointer, its name and its path: %s", buf_str(&s.places));
	ok(s.required == 3 && v.top == 5 && !v.is_cut, "what every call has is known: %zu of %zu", s.required, v.top);
	buf_release(&s.places);
}

static size_t count_of(struct arena *a, size_t properties, bool *is_cut)
{
	struct buf text = BUF_INIT(1 << 22);
	struct arguments_visitor v;
	struct seen s = { 0 };
	struct err e = { 0 };
	buf_adds(&text, "{\"type\":\"object\",\"properties\":{");
	for (size_t i = 0; i < properties; i++)
		buf_addf(&text, "%s\"p%zu\":{\"type\":\"string\"}", i ? "," : "", i);
	buf_adds(&text, "}}");
	visit(&s, json_read(buf_slice(&text), a, &e), &v);
	*is_cut = v.is_cut;
	buf_release(&s.places);
	buf_release(&text);
	return s.n;
}

/* "[" levels of properties in each other. */
static size_t deep(struct arena *a, int levels, bool *is_cut)
{
	struct buf text = BUF_INIT(1 << 22);
	struct arguments_visitor v;
	struct seen s = { 0 };
	struct err e = { 0 };
	for (int i = 0; i < levels; i++)
		buf_adds(&text, "{\"type\":\"object\",\"properties\":{\"a\":");
	buf_adds(&text, "{}");
	for (int i = 0; i < levels; i++)
		buf_adds(&text, "}}");
	visit(&s, json_read(buf_slice(&text), a, &e), &v);
	*is_cut = v.is_cut;
	buf_release(&s.places);
	buf_release(&text);
	return s.n;
}

static void test_limits(struct arena *a)
{
	bool is_cut;
	ok(count_of(a, LIMIT_PROFILE_PROPERTIES, &is_cut) == LIMIT_PROFILE_PROPERTIES && !is_cut, "so many properties are looked at");
	ok(count_of(a, LIMIT_PROFILE_PROPERTIES + 1, &is_cut) == LIMIT_PROFILE_PROPERTIES && is_cut, "one more is not, and that is told");
	ok(deep(a, LIMIT_PROFILE_DEPTH, &is_cut) == LIMIT_PROFILE_DEPTH && !is_cut, "so deep is looked");
	ok(deep(a, LIMIT_PROFILE_DEPTH + 1, &is_cut) == LIMIT_PROFILE_DEPTH && is_cut, "no deeper, and that is told");
}

static void test_hostile(struct arena *a)
{
	static const char *const schemas[] = {
		"{\"$ref\":\"#\"}",
		"{\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":\"#/$defs/a\"}},\"$ref\":\"#/$defs/a\"}",
		"{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{\"$ref\":\"#\"}}}",
		"{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}",
		"{\"properties\":{\"a\":{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"},{\"items\":{\"$ref\":\"#\"}}]}}}",
		"{\"$ref\":\"http://example.com/x\",\"properties\":[1],\"required\":5}",
		"{\"properties\":{\"a\":5,\"b\":null,\"c\":[]},\"items\":{\"items\":{\"items\":{}}}}",
	};
	for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++) {
		struct arguments_visitor v;
		struct seen s = { 0 };
		struct err e = { 0 };
		visit(&s, json_read(slice_str(schemas[i]), a, &e), &v);
		ok(s.n <= LIMIT_PROFILE_PROPERTIES, "%s ends: %zu", schemas[i], s.n);
		buf_release(&s.places);
	}
	struct arguments_visitor v;
	struct seen s = { 0 };
	visit(&s, NULL, &v);
	ok(s.n == 0 && !v.is_cut, "no schema has no arguments");
	buf_release(&s.places);
}

static void test_tokens(void)
{
	struct tokens t;
	tokens_split(&t, SLICE_LIT("baseURLPath2_to-x"));
	ok(t.n == 5 && strcmp(tokens_at(&t, 0), "base") == 0 && strcmp(tokens_at(&t, 1), "url") == 0 &&
		   strcmp(tokens_last(&t), "x") == 0 && tokens_have(&t, "path"),
	   "a name is split at case, signs and digits: %zu", t.n);
	tokens_split(&t, SLICE_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_b_c_d_e_f_g_h"));
	ok(t.n >= 1 && t.n <= ARGUMENT_TOKENS, "a long name is cut");
	tokens_split(&t, SLICE_LIT(""));
	ok(t.n == 0 && strcmp(tokens_last(&t), "") == 0, "an empty name has no words");
}

int main(void)
{
	struct arena a;
	arena_init(&a, 256 << 20);
	test_cases(&a);
	test_places(&a);
	test_limits(&a);
	test_hostile(&a);
	test_tokens();
	arena_release(&a);
	return tap_done();
}
