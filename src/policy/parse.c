/*
 * A document becomes a program, or a list of everything that is wrong with it. What is not known
 * is refused: a rule that is read over would protect nothing.
 */
#include "policy/parse.h"
#include "policy/results.h"
#include "base/check.h"
#include "base/glob.h"
#include "base/limits.h"

static const char *const document_keys[] = {
	"version", "description", "default", "hide", "hide_denied", "all_tools", "tools",
	"resources", "prompts", "server_requests", "mode", "classes", "labels", "flows",
	"results", "approvals",
};

static const char *const ask_keys[] = {"expires", "hold", "quorum"};

static const char *const name_rules_keys[] = {"default", "allow", "deny"};

static const char *const request_keys[] = {"sampling", "elicitation", "roots"};

static void parse_version(struct parser *ps, const struct json *doc)
{
	const struct json *v = json_gets(doc, "version");
	if (!v) {
		parser_refuse(ps, "a policy must have \"version\": \"1\"");
		return;
	}
	size_t mark = parser_enter(ps, SLICE_LIT("version"));
	if (!slice_is(json_string(v), "1"))
		parser_refuse(ps, "'version' must be the string \"1\"");
	parser_leave(ps, mark);
}

/* "allow" or "deny"; leaves *out alone when the member is absent. */
static void parse_verdict(struct parser *ps, const struct json *object, const char *key,
			  bool *allows)
{
	const struct json *v = json_gets(object, key);
	if (!v)
		return;
	size_t mark = parser_enter(ps, slice_str(key));
	*allows = slice_is(json_string(v), "allow");
	if (!*allows && !slice_is(json_string(v), "deny"))
		parser_refuse(ps, "'%s' must be allow or deny", key);
	parser_leave(ps, mark);
}

static void parse_mode(struct parser *ps, const struct json *doc)
{
	struct slice mode = SLICE_LIT("enforce");
	if (!parser_text(ps, doc, "mode", &mode) || slice_is(mode, "enforce"))
		return;
	ps->policy->is_shadow = slice_is(mode, "shadow");
	if (!ps->policy->is_shadow)
		parser_refuse_key(ps, SLICE_LIT("mode"), "'mode' must be enforce or shadow");
}

static void parse_approvals(struct parser *ps, const struct json *doc)
{
	const struct json *v = json_gets(doc, "approvals");
	struct policy_ask *ask = &ps->policy->ask;
	*ask = (struct policy_ask){.expires_s = 1800, .hold_s = 50, .quorum = 1};
	if (!v)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("approvals"));
	if (parser_check_keys(ps, v, ask_keys, ARRAY_LEN(ask_keys)) || json_is(v, JSON_OBJECT))
		parse_ask(ps, v, ask);
	parser_leave(ps, mark);
}

static void parse_classes(struct parser *ps, const struct json *doc)
{
	const struct json *v = json_gets(doc, "classes");
	const char *keys[POLICY_CLASSES];
	for (size_t i = 0; i < POLICY_CLASSES; i++)
		keys[i] = policy_class_name(i);
	if (!v)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("classes"));
	parser_check_keys(ps, v, keys, POLICY_CLASSES);
	for (size_t i = 0; i < POLICY_CLASSES; i++) {
		const struct json *one = json_gets(v, policy_class_name(i));
		if (!one)
			continue;
		struct rules *r = parser_take(ps, 1, sizeof *r);
		size_t inner = parser_enter(ps, slice_str(policy_class_name(i)));
		r->kind = RULES_CLASS;
		r->name = slice_str(policy_class_name(i));
		parse_rules(ps, one, r);
		parser_leave(ps, inner);
		ps->policy->classes[i] = r;
	}
	parser_leave(ps, mark);
}

void book_add(struct parser *ps, struct book *b, size_t room, struct slice name, void *value)
{
	if (!glob_is_pattern(name)) {
		(void)!map_put(&b->exact, name, value);
		return;
	}
	if (!b->globs)
		b->globs = parser_take(ps, room, sizeof *b->globs);
	b->globs[b->glob_n++] = (struct book_glob){name, value};
}

/* The longest literal part first; of two alike, the one that the document has first. */
static int by_literal(const void *a, const void *b)
{
	const struct book_glob *x = a, *y = b;
	size_t n = glob_literal(x->pattern), m = glob_literal(y->pattern);
	if (n != m)
		return n > m ? -1 : 1;
	return x->value < y->value ? -1 : x->value > y->value; /* they stand in one array */
}

void book_sort(struct book *b)
{
	if (b->glob_n)
		qsort(b->globs, b->glob_n, sizeof *b->globs, by_literal);
}

static void parse_tools(struct parser *ps, const struct json *doc)
{
	const struct json *tools = json_gets(doc, "tools");
	struct policy *p = ps->policy;
	size_t n = 0;
	if (!tools)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("tools"));
	struct rules *all = parser_take(ps, json_count(tools), sizeof *all);
	if (!json_is(tools, JSON_OBJECT))
		parser_refuse(ps, "'tools' must be an object of names and rules");
	for (struct json_iter it = json_iter(tools); json_is(tools, JSON_OBJECT) && json_next(&it);
	     n++) {
		size_t inner = parser_enter(ps, it.key);
		all[n].name = it.key;
		if (!it.key.n || it.key.n > LIMIT_TOOL_NAME)
			parser_refuse(ps, "the name of a tool has 1 to %d bytes", LIMIT_TOOL_NAME);
		parse_rules(ps, it.value, &all[n]);
		book_add(ps, &p->by_name, json_count(tools), it.key, &all[n]);
		parser_leave(ps, inner);
	}
	parser_leave(ps, mark);
	p->tools = all;
	p->tool_n = n;
	book_sort(&p->by_name);
}

static void parse_name_rules(struct parser *ps, const struct json *doc, const char *key,
			     struct name_rules *out)
{
	const struct json *v = json_gets(doc, key);
	out->allows = ps->policy->allows;
	if (!v)
		return;
	size_t mark = parser_enter(ps, slice_str(key));
	parser_check_keys(ps, v, name_rules_keys, ARRAY_LEN(name_rules_keys));
	parse_verdict(ps, v, "default", &out->allows);
	parser_names(ps, v, "allow", &out->allow);
	parser_names(ps, v, "deny", &out->deny);
	parser_leave(ps, mark);
}

static void parse_server_requests(struct parser *ps, const struct json *doc)
{
	const struct json *v = json_gets(doc, "server_requests");
	struct policy *p = ps->policy;
	if (!v)
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("server_requests"));
	parser_check_keys(ps, v, request_keys, ARRAY_LEN(request_keys));
	parse_verdict(ps, v, "sampling", &p->allows_sampling);
	parse_verdict(ps, v, "elicitation", &p->allows_elicitation);
	parse_verdict(ps, v, "roots", &p->allows_roots);
	parser_leave(ps, mark);
}

static void parse_all_tools(struct parser *ps, const struct json *doc)
{
	struct rules *r = &ps->policy->all_tools;
	r->kind = RULES_ALL;
	ps->place_first = ps->place_n = PATH_PLACES / 2; /* for the flows, where there are none */
	if (!json_gets(doc, "all_tools"))
		return;
	size_t mark = parser_enter(ps, SLICE_LIT("all_tools"));
	parse_rules(ps, json_gets(doc, "all_tools"), r);
	parser_leave(ps, mark);
}

static void parse_document(struct parser *ps, const struct json *doc)
{
	struct policy *p = ps->policy;
	if (!parser_check_keys(ps, doc, document_keys, ARRAY_LEN(document_keys)) &&
	    !json_is(doc, JSON_OBJECT))
		return;
	parse_version(ps, doc);
	if (!json_gets(doc, "default"))
		parser_refuse(ps, "a policy must have a 'default', allow or deny");
	parse_verdict(ps, doc, "default", &p->allows);
	parser_text(ps, doc, "description", &p->description);
	parse_mode(ps, doc);
	p->hides_denied = true;
	parser_bool(ps, doc, "hide_denied", &p->hides_denied);
	parser_names(ps, doc, "hide", &p->hide);
	parse_approvals(ps, doc);
	parse_all_tools(ps, doc);
	parse_labels(ps, doc);
	parse_flows(ps, doc); /* their paths are remembered beside those of all tools */
	parse_classes(ps, doc);
	parse_tools(ps, doc);
	parse_results(ps, doc);
	parse_name_rules(ps, doc, "resources", &p->kinds[POLICY_RESOURCE]);
	parse_name_rules(ps, doc, "prompts", &p->kinds[POLICY_PROMPT]);
	parse_server_requests(ps, doc);
}

struct policy *policy_new(struct slice text, struct policy_problems *problems)
{
	struct policy *p = mem_zalloc(sizeof *p);
	struct parser ps = {
		.text = text, .policy = p, .problems = problems, .pointer = BUF_INIT(1 << 14)};
	struct err e = {0};
	p->refs = 1;
	arena_init(&p->arena, 256 * (size_t)LIMIT_POLICY_BYTES);
	map_init(&p->by_name.exact);
	map_init(&p->labelled.exact);
	if (problems)
		*problems = (struct policy_problems){0};
	const struct json *doc = NULL;
	if (text.n > LIMIT_POLICY_BYTES)
		err_set(&e, ERR_LIMIT, "a policy has at most %u bytes", LIMIT_POLICY_BYTES);
	else
		doc = json_read(text, &p->arena, &e);
	p->nothing = json_read(SLICE_LIT("{}"), &p->arena, NULL);
	if (doc)
		parse_document(&ps, doc);
	else
		parser_refuse_text(&ps, &e);
	buf_release(&ps.pointer);
	if (ps.errors)
		policy_unref(&p);
	return p;
}

struct policy *policy_ref(struct policy *p)
{
	if (p)
		p->refs++;
	return p;
}

void policy_unref(struct policy **p)
{
	struct policy *it = *p;
	*p = NULL;
	if (!it || --it->refs)
		return;
	for (size_t i = 0; i < it->regex_n; i++)
		regex_free(&it->regexes[i]);
	free(it->regexes);
	free(it->limits);
	for (size_t i = 0; i < it->schema_n; i++)
		schema_unref(&it->schemas[i]);
	free(it->schemas);
	if (it->results)
		scanner_free(&it->results->scanner);
	map_release(&it->by_name.exact);
	map_release(&it->labelled.exact);
	arena_release(&it->arena);
	free(it);
}

void policy_problems_release(struct policy_problems *p)
{
	free(p->v);
	*p = (struct policy_problems){0};
}

const char *policy_description(const struct policy *p)
{
	return p->description.n ? p->description.p : "";
}
