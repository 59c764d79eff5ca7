/* Whole tools: what is found, what is recommended, that it loads and fits, and what hostile ones cost. */
#include "base/digest.h"
#include "base/limits.h"
#include "cases.h"
#include "catalog/attacks.h"
#include "catalog/pin.h"
#include "catalog/points.h"
#include "catalog/profile.h"
#include "catalog/show.h"
#include "catalog/tokens.h"
#include "catalog/traits.h"
#include "policy/policy.h"

static struct profile make(const struct json *definition, const char *server, struct arena *a)
{
	struct profile p;
	profile_make(definition, slice_str(server), a, &p);
	return p;
}

static struct profile make_text(const char *text, const char *server, struct arena *a)
{
	struct err e = { 0 };
	return make(json_read(slice_str(text), a, &e), server, a);
}

static bool has_words(const struct json *want, unsigned bits, const char *(*word)(int), int n)
{
	unsigned wanted = 0;
	for (struct json_iter it = json_iter(want); json_next(&it);)
		for (int i = 0; i < n; i++)
			wanted |= slice_is(json_string(it.value), word(i)) ? 1u << i : 0;
	return (bits & wanted) == wanted;
}

static const char *signal_of(int i)
{
	return signal_word((enum signal)i);
}

static const char *label_of(int i)
{
	return label_word((enum label)i);
}

/* No problem of any kind: not a mistake, not a warning. */
static bool is_sound(struct slice policy, const struct json *tools)
{
	struct policy_problems problems = { 0 };
	struct policy *p = policy_new(policy, &problems);
	if (p)
		policy_check(p, policy, tools, &problems);
	for (size_t i = 0; i < problems.n; i++)
		printf("# %s: %s\n", problems.v[i].pointer, problems.v[i].text);
	bool is_good = p && !problems.n;
	policy_unref(&p);
	policy_problems_release(&problems);
	return is_good;
}

static void check_policy(const struct profile *p, const struct json *definition, const char *name, struct arena *a)
{
	struct buf policy = BUF_INIT(1 << 20), list = BUF_INIT(1 << 22);
	struct err e = { 0 };
	recommend_policy(&policy, &p, 1);
	buf_addc(&list, '[');
	json_write(&list, definition);
	buf_addc(&list, ']');
	if (json_string(json_gets(definition, "name")).n && !p->refused.p)
		ok(is_sound(buf_slice(&policy), json_read(buf_slice(&list), a, &e)), "%s: its policy fits its schema", name);
	buf_release(&policy);
	buf_release(&list);
}

static void check_case(const struct json *c, struct arena *a)
{
	const struct json *definition = json_gets(c, "definition"), *want;
	char server[64];
	snprintf(server, sizeof server, "%.*s", SLICE_ARG(json_string(json_gets(c, "server"))));
	struct profile p = make(definition, server, a);
	struct buf rule = BUF_INIT(1 << 20), all = BUF_INIT(1 << 20);
	struct err e = { 0 };
	bool is_hidden;
	ok(slice_is(json_string(json_gets(c, "category")), category_word(p.category)), "%s is %s", case_name(c),
	   category_word(p.category));
	if ((want = json_gets(c, "severity")))
		ok(slice_is(json_string(want), severity_word(p.severity)), "%s: severity %s", case_name(c), severity_word(p.severity));
	ok(has_words(json_gets(c, "signals"), p.signals, signal_of, SIGNALS), "%s: signals %x", case_name(c), p.signals);
	ok(has_words(json_gets(c, "labels"), p.labels, label_of, LABELS), "%s: labels %x", case_name(c), p.labels);
	recommend_rule(&rule, &p, &is_hidden);
	if ((want = json_gets(c, "recommended")))
		ok(case_is(want, buf_slice(&rule), a), "%s: its rule", case_name(c));
	if ((want = json_gets(c, "first_attack")))
		ok(p.attack_n && slice_is(json_string(want), p.attack[0]->id), "%s invites %s first", case_name(c),
		   p.attack_n ? p.attack[0]->id : "nothing");
	if ((want = json_gets(c, "attacks")))
		ok(p.attack_n == json_count(want), "%s: %zu patterns", case_name(c), p.attack_n);
	want = json_gets(c, "refused");
	ok(slice_eq(json_string(want), p.refused), "%s: refused because '%.*s'", case_name(c), SLICE_ARG(p.refused));
	profile_write(&all, &p);
	const struct json *written = json_read(buf_slice(&all), a, &e);
	ok(written != NULL, "%s: what is written is JSON: %s", case_name(c), e.text);
	if ((want = json_gets(c, "branches")))
		ok(json_equal(want, json_gets(written, "branches")), "%s: its branches", case_name(c));
	check_policy(&p, definition, case_name(c), a);
	buf_release(&rule);
	buf_release(&all);
}

/* The page of the contract: an empty description, no schema. */
static void test_page(struct arena *a)
{
	char path[1024];
	struct buf policy = BUF_INIT(1 << 20), wanted = BUF_INIT(1 << 20), page = BUF_INIT(1 << 20);
	struct err e = { 0 };
	struct profile p = make_text("{\"name\":\"CloneContainerToECR\",\"description\":\"\"}", "", a);
	const struct profile *one = &p;
	snprintf(path, sizeof path, "%s/seeds/policy.json", getenv("GH_CASES"));
	FILE *f = fopen(path, "r");
	for (int c; f && (c = getc(f)) != EOF;)
		buf_addc(&page, (char)c);
	if (f)
		fclose(f);
	json_write(&wanted, json_read(buf_slice(&page), a, &e));
	recommend_policy(&policy, &one, 1);
	ok(p.category == CATEGORY_EXECUTE && p.severity == SEVERITY_HIGH && p.is_undescribed && p.is_schemaless,
	   "an empty description: execute, high: %s, %s", category_word(p.category), severity_word(p.severity));
	ok(slice_eq(buf_slice(&wanted), buf_slice(&policy)), "and the policy of the page, in its order: %s", buf_str(&policy));
	ok(p.evidence_n && strcmp(p.evidence[0].pointer, "/name") == 0, "its name is the evidence");
	buf_release(&policy);
	buf_release(&wanted);
	buf_release(&page);
}

/* By category alone, whatever the classifier says. */
static void test_categories(void)
{
	static const char *const wanted[CATEGORIES] = {
		"{\"action\":\"hide\"}",
		"{}",
		"{\"limits\":[{\"counter\":\"a_b_rate\",\"window\":\"minute\",\"max\":30,\"scope\":\"grant\"}]}",
		"{\"limits\":[{\"counter\":\"a_b_rate\",\"window\":\"minute\",\"max\":10,\"scope\":\"grant\"}]}",
		"{\"action\":\"hide\"}",
		"{\"action\":\"require_approval\"}",
	};
	for (int c = 0; c < CATEGORIES; c++) {
		struct profile p = { .name = SLICE_LIT("A-b"), .category = (enum category)c };
		struct buf b = BUF_INIT(1 << 16);
		bool is_hidden;
		recommend_rule(&b, &p, &is_hidden);
		ok(slice_is(buf_slice(&b), wanted[c]), "%s gets %s", category_word((enum category)c), buf_str(&b));
		ok(is_hidden == (strstr(wanted[c], "hide") != NULL), "and is %shidden", is_hidden ? "" : "not ");
		buf_release(&b);
	}
	struct profile p = { .name = SLICE_LIT("x"), .category = CATEGORY_WRITE, .is_cut = true };
	struct buf b = BUF_INIT(1 << 16);
	bool is_hidden;
	recommend_rule(&b, &p, &is_hidden);
	ok(strstr(buf_str(&b), "require_approval"), "what could not be looked at whole is asked about: %s", buf_str(&b));
	buf_release(&b);
}

static void test_policy(struct arena *a)
{
	struct profile p[] = {
		{ .name = SLICE_LIT("read"), .category = CATEGORY_READ },
		{ .name = SLICE_LIT("wipe"), .category = CATEGORY_DESTRUCTIVE },
		{ .name = SLICE_LIT("read"), .category = CATEGORY_WRITE },
		{ .name = SLICE_LIT("every*"), .category = CATEGORY_READ },
		{ .name = SLICE_LIT(""), .category = CATEGORY_UNKNOWN },
	};
	const struct profile *v[] = { &p[0], &p[1], &p[2], &p[3], &p[4] };
	struct buf b = BUF_INIT(1 << 16);
	(void)a;
	recommend_policy(&b, v, 5);
	ok(slice_is(buf_slice(&b), "{\"version\":\"1\",\"default\":\"deny\",\"hide\":[\"wipe\"],\"tools\":{\"read\":{}}}"),
	   "one rule a name, and none for what would be a pattern: %s", buf_str(&b));
	ok(is_sound(buf_slice(&b), NULL), "it loads");
	buf_clear(&b);
	recommend_policy(&b, v, 0);
	ok(is_sound(buf_slice(&b), NULL), "a policy of no tools loads: %s", buf_str(&b));
	buf_release(&b);
}

static void test_pin(struct arena *a)
{
	static const char *const same[] = {
		"{\"name\":\"a\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"x\"]}}",
		" {\"inputSchema\": {\"required\":[\"x\"], \"type\":\"object\"}, \"description\":\"\\u0064\", \"name\":\"a\", \"_meta\":{}}",
	};
	static const char *const other[] = {
		"{\"name\":\"a\",\"description\":\"e\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"x\"]}}",
		"{\"name\":\"a\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"y\"]}}",
		"{\"name\":\"a\",\"description\":\"d\",\"title\":\"\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"x\"]}}",
		"{\"name\":\"a\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"x\"]},\"annotations\":{}}",
		"{\"name\":\"a\",\"description\":\"d\",\"inputSchema\":{\"type\":\"object\",\"required\":[\"x\"]},\"outputSchema\":{}}",
		"5",
		"{}",
	};
	unsigned char first[PIN_SIZE], pin[PIN_SIZE], text[DIGEST_SIZE];
	struct err e = { 0 };
	pin_of(json_read(slice_str(same[0]), a, &e), first);
	pin_of(json_read(slice_str(same[1]), a, &e), pin);
	ok(memcmp(first, pin, PIN_SIZE) == 0, "order, spacing and what is not pinned are no change");
	digest_sha256(slice_str(same[0]), text);
	digest_sha256(SLICE_LIT("{\"description\":\"d\",\"inputSchema\":{\"required\":[\"x\"],\"type\":\"object\"},\"name\":\"a\"}"), text);
	ok(memcmp(first, text, PIN_SIZE) == 0, "it is SHA-256 over the canonical text");
	for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
		pin_of(json_read(slice_str(other[i]), a, &e), pin);
		ok(memcmp(first, pin, PIN_SIZE) != 0, "%s is another", other[i]);
	}
}

static void test_attacks(void)
{
	static const char *const kinds[] = { "incident", "vulnerability", "demonstration", "paper", "test set", "guidance" };
	const struct attack_pattern *p;
	size_t n = 0, sources = 0, wrong = 0;
	for (size_t at = 0; (p = attack_next(&at)); n++) {
		bool is_known = false;
		ok(attack_find(slice_str(p->id)) == p && p->name[0] && p->mechanism[0] && p->categories && p->maps[0] && p->stops[0],
		   "%s has all that a page shows, and its own id", p->id);
		for (const struct attack_source *s = p->sources; s->url; s++, sources++) {
			is_known = false;
			for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
				is_known |= strcmp(s->kind, kinds[k]) == 0;
			wrong += !is_known || !s->what[0] || strncmp(s->url, "http", 4) != 0;
		}
		wrong += !is_known;
	}
	ok(n == 59 && sources > n && !wrong, "%zu patterns with %zu sources, each of a known kind", n, sources);
	ok(!attack_find(SLICE_LIT("none")), "an id that no pattern has");
	for (int t = 0; t < TRAITS; t++)
		ok(strcmp(trait_word((enum trait)t), "none") != 0, "trait %s has its word", trait_word((enum trait)t));
}

static void test_words(void)
{
	for (int i = 1; i < CATEGORIES; i++)
		ok(category_read(slice_str(category_word((enum category)i))) == (enum category)i, "%s is read back", category_word((enum category)i));
	for (int i = 1; i < SEVERITIES; i++)
		ok(severity_read(slice_str(severity_word((enum severity)i))) == (enum severity)i, "%s is read back", severity_word((enum severity)i));
	ok(!category_read(SLICE_LIT("unknown")) && !category_read(SLICE_LIT("Read")) && !severity_read(SLICE_LIT("")), "no other word is");
}

static void test_show(void)
{
	struct buf b = BUF_INIT(1 << 16);
	show_text(&b, SLICE_LIT("a\xe2\x80\xae" "b\x1b\x7f\n\xf3\xa0\x81\x81\xc2\x85\xc3\xa9"), 0);
	ok(slice_is(buf_slice(&b), "a\\u202eb\\u001b\\u007f \\udb40\\udc41\\u0085\xc3\xa9"), "what hides is shown: %s", buf_str(&b));
	buf_clear(&b);
	show_text(&b, SLICE_LIT("\xc3\xa9\xc3\xa9"), 3);
	ok(slice_is(buf_slice(&b), "\xc3\xa9\xe2\x80\xa6"), "a cut is on a bound of characters: %s", buf_str(&b));
	buf_clear(&b);
	show_json(&b, SLICE_LIT("\"\\\n\xe2\x80\xae"), 0);
	ok(slice_is(buf_slice(&b), "\"\\\"\\\\\\n\\u202e\""), "and in JSON: %s", buf_str(&b));
	buf_release(&b);
}

static void test_hostile(struct arena *a)
{
	struct buf text = BUF_INIT((size_t)32 << 20), out = BUF_INIT((size_t)64 << 20);
	struct err e = { 0 };
	buf_adds(&text, "{\"name\":\"get_\\u202ex\",\"inputSchema\":{\"type\":\"object\",\"properties\":{");
	for (int i = 0; i < LIMIT_JSON_KEYS; i++)
		buf_addf(&text, "%s\"path_%d\":{\"type\":\"string\",\"description\":\"\\u0007\"}", i ? "," : "", i);
	buf_adds(&text, "}},\"description\":\"");
	for (int i = 0; i < 10 << 20; i++)
		buf_addc(&text, "delete all files "[i % 17]);
	buf_adds(&text, "\"}");
	const struct json *definition = json_read(buf_slice(&text), a, &e);
	ok(definition != NULL, "ten thousand properties and ten megabytes are read: %s", e.text);
	size_t before = a->used;
	struct profile p = make(definition, "x", a);
	ok(a->used - before < 1 << 20, "the profile takes %zu bytes", a->used - before);
	ok(p.is_cut && p.signal_n <= PROFILE_SIGNALS_MAX && p.evidence_n <= PROFILE_EVIDENCE_MAX, "and says that it did not see all");
	ok(p.tokens > 1000000, "its weight is that of all of it: %zu", p.tokens);
	profile_write(&out, &p);
	ok(buf_ok(&out) && out.n < 100000 && !memmem(out.p, out.n, "\xe2\x80\xae", 3) && !memchr(out.p, 7, out.n),
	   "what is written is short and hides nothing: %zu bytes", out.n);
	buf_release(&text);
	buf_release(&out);
}

static void test_claims(struct arena *a)
{
	struct profile p = make_text("{\"name\":\"delete_database\",\"description\":\"Deletes a database for ever.\",\"inputSchema\":{\"type\":"
				     "\"object\"},\"annotations\":{\"readOnlyHint\":true}}", "", a);
	struct profile q = make_text("{\"name\":\"delete_database\",\"description\":\"Deletes a database for ever.\",\"inputSchema\":{\"type\":"
				     "\"object\"},\"annotations\":{\"readOnlyHint\":false,\"destructiveHint\":true}}", "", a);
	struct buf b = BUF_INIT(1 << 16);
	ok(p.category == CATEGORY_DESTRUCTIVE && p.is_disputed && p.claims.read_only == CATALOG_HINT_YES,
	   "a claim is kept, not believed, and disputed");
	ok(q.category == CATEGORY_DESTRUCTIVE && !q.is_disputed && q.confidence == p.confidence, "and moves nothing");
	profile_explain(&b, &p);
	ok(strstr(buf_str(&b), "claims that it only reads"), "the text says so: %s", buf_str(&b));
	buf_release(&b);
}

static void test_tokens(void)
{
	ok(tokens_of(SLICE_LIT("")) == 0 && tokens_of(SLICE_LIT("word")) == 1, "nothing is nothing, a word is one");
	ok(tokens_of(SLICE_LIT("getUserName")) == 3, "capitals begin words");
	ok(tokens_of(SLICE_LIT("1234567")) > tokens_of(SLICE_LIT("123")), "digits go in threes");
}

int main(void)
{
	struct arena a;
	arena_init(&a, (size_t)512 << 20);
	for (struct json_iter it = json_iter(cases_read("catalog/tools.json", &a)); json_next(&it);)
		check_case(it.value, &a);
	test_page(&a);
	test_categories();
	test_policy(&a);
	test_pin(&a);
	test_attacks();
	test_words();
	test_show();
	test_hostile(&a);
	test_claims(&a);
	test_tokens();
	arena_release(&a);
	return tap_done();
}
