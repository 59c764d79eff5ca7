/* See check.h. One profile and one scan of its texts for each tool. */
#include "report/check.h"
#include "base/compiler.h"
#include "base/digest.h"
#include "base/limits.h"
#include "catalog/fault.h"
#include "scan/definition.h"

struct checking {
	struct report *r;
	const struct report_list *list;
	const struct json *row;		 /* what is scanned: {"server", "tools", "peers"?} */
	const struct json *tool;	 /* of the last finding */
	size_t tool_at;
	struct map told;		 /* of the list: names; then "index rule where" */
};

static struct report_place place_of(const struct report_list *l, const char *pointer)
{
	struct report_place p = { 0 };
	if (l->place)
		l->place(l->ctx, pointer, &p);
	return p;
}

static enum report_rule rule_of_category(enum category c)
{
	static const enum report_rule rules[CATEGORIES] = {
		[CATEGORY_READ] = RULE_TOOL_READ,
		[CATEGORY_WRITE] = RULE_TOOL_WRITE,	    [CATEGORY_EXECUTE] = RULE_TOOL_EXECUTE,
		[CATEGORY_DESTRUCTIVE] = RULE_TOOL_DESTRUCTIVE, [CATEGORY_FINANCIAL] = RULE_TOOL_FINANCIAL,
	};
	return rules[c];
}

static void add_tool_words(struct buf *b, const struct report_list *l, const char *name)
{
	buf_adds(b, "tool ");
	report_quote(b, slice_str(name), 0);
	buf_adds(b, " of server ");
	report_quote(b, slice_str(l->server), 0);
}

/* Why, in the words that decided: each with its place. */
static void add_evidence(struct buf *b, const struct profile *p)
{
	size_t shown = 0;
	for (size_t i = 0; i < p->evidence_n && shown < 3; i++) {
		if (!p->evidence[i].quote.n)
			continue;
		buf_adds(b, shown++ ? ", " : ", by ");
		report_quote(b, p->evidence[i].quote, 60);
		buf_addf(b, " in ");
		report_quote(b, slice_str(p->evidence[i].pointer), 80);
	}
	if (p->is_undescribed)
		buf_adds(b, "; it has no description, so this is judged by its name and schema alone");
}

static bool is_worth_telling(const struct profile *p)
{
	return p->category >= CATEGORY_EXECUTE || p->severity >= SEVERITY_MEDIUM;
}

static void check_danger(struct checking *c, const struct profile *p, const struct report_tool *t)
{
	struct buf b = BUF_INIT(8192), policy = BUF_INIT(1u << 20);
	bool is_hidden;
	if (p->category == CATEGORY_UNKNOWN || !is_worth_telling(p))
		return;
	add_tool_words(&b, c->list, t->name);
	buf_addf(&b, " is %s, %s (confidence %.2f)", category_word(p->category), severity_word(p->severity), p->confidence);
	add_evidence(&b, p);
	recommend_rule(&policy, p, &is_hidden);
	report_add(c->r, &(struct report_finding){ .rule = rule_of_category(p->category),
						   .severity = p->severity,
						   .place = t->place,
						   .server = t->server,
						   .tool = t->name,
						   .message = buf_str(&b),
						   .policy = buf_str(&policy) });
	buf_release(&policy);
	buf_release(&b);
}

/* What the gate refuses, also where a profile can be made of it. */
static void check_valid(struct checking *c, const struct json *tool, const struct report_tool *t, bool is_twice)
{
	struct buf b = BUF_INIT(8192);
	const char *fault = is_twice ? "its name stands twice in the list" : fault_of(tool);
	if (!fault)
		return;
	add_tool_words(&b, c->list, t->name);
	buf_addf(&b, " is no valid tool: %s", fault);
	report_add(c->r, &(struct report_finding){ .rule = RULE_TOOL_INVALID,
						   .severity = SEVERITY_HIGH,
						   .place = t->place,
						   .server = t->server,
						   .tool = t->name,
						   .message = buf_str(&b) });
	buf_release(&b);
}

/* What is claimed to be harmless and is not; the other way round it is a note. */
static void check_claims(struct checking *c, const struct profile *p, const struct report_tool *t, size_t at)
{
	struct buf b = BUF_INIT(4096);
	char pointer[64];
	if (!p->is_disputed || p->category == CATEGORY_UNKNOWN)
		return;
	bool says_reads = p->claims.read_only == CATALOG_HINT_YES && p->category != CATEGORY_READ;
	bool says_mild = p->claims.destructive == CATALOG_HINT_NO && p->category >= CATEGORY_DESTRUCTIVE;
	add_tool_words(&b, c->list, t->name);
	if (says_reads)
		buf_addf(&b, " is said to only read (readOnlyHint), and is %s", category_word(p->category));
	else if (says_mild)
		buf_addf(&b, " is said to destroy nothing (destructiveHint), and is %s", category_word(p->category));
	else
		buf_addf(&b, " is said to be more than its definition shows, which is %s", category_word(p->category));
	snprintf(pointer, sizeof pointer, "/%zu/annotations", at);
	report_add(c->r, &(struct report_finding){ .rule = RULE_TOOL_CLAIM,
						   .severity = says_reads || says_mild ? SEVERITY_HIGH : SEVERITY_LOW,
						   .place = place_of(c->list, pointer),
						   .server = t->server,
						   .tool = t->name,
						   .message = buf_str(&b) });
	buf_release(&b);
}

static void check_tool(struct checking *c, const struct json *tool, size_t at)
{
	struct report_tool t = { .server = c->list->server };
	struct arena a;
	struct profile p;
	char pointer[32];
	arena_init(&a, LIMIT_REQUEST_ARENA);
	profile_make(tool, slice_str(c->list->server), &a, &p);
	snprintf(pointer, sizeof pointer, "/%zu", at);
	t.name = report_name(c->r, p.name);
	t.category = p.category;
	t.severity = p.severity;
	t.place = place_of(c->list, pointer);
	digest_hex(p.pin, sizeof p.pin, t.pin);
	/* of two definitions of one name nobody knows which a call would mean; the baseline has the first */
	bool is_twice = map_put(&c->told, slice_str(t.name), c) != NULL;
	if (!is_twice)
		report_add_tool(c->r, &t);
	check_valid(c, tool, &t, is_twice);
	check_danger(c, &p, &t);
	check_claims(c, &p, &t, at);
	arena_release(&a);
}

static enum report_rule rule_of_scan(const char *name, enum scan_certainty sure, enum severity *severity)
{
	static const char *const hidden[] = { "zero-width-characters", "tag-characters",   "bidirectional-controls",
					      "private-characters",    "variation-selectors", "terminal-codes", NULL };
	static const char *const shadows[] = { "names-tool-of-other-server", "name-collision", NULL };
	*severity = sure == SCAN_CERTAIN ? SEVERITY_CRITICAL : sure == SCAN_LIKELY ? SEVERITY_HIGH : SEVERITY_LOW;
	if (slice_is_among(slice_str(name), hidden))
		return RULE_DEFINITION_HIDDEN;
	if (slice_is_among(slice_str(name), shadows))
		return RULE_DEFINITION_SHADOWS;
	if (strcmp(name, "look-alike-name") == 0)
		return RULE_DEFINITION_LOOK_ALIKE;
	if (strcmp(name, "context-parameter") == 0)
		return RULE_DEFINITION_CONTEXT;
	return RULE_DEFINITION_ORDERS;
}

/* Follows "/a/0/b"; the scanner neither escapes nor keeps long names, and then nothing is found. */
static const struct json *follow(const struct json *v, const char *pointer)
{
	while (v && *pointer == '/') {
		size_t n = strcspn(++pointer, "/");
		unsigned long long i;
		struct slice key = slice_of(pointer, n);
		if (json_is(v, JSON_ARRAY))
			v = slice_u64(key, &i) ? json_at(v, (size_t)i) : NULL;
		else
			v = json_get(v, key);
		pointer += n;
	}
	return v;
}

static bool is_told(struct checking *c, size_t at, enum report_rule rule, const char *where)
{
	char key[600];
	snprintf(key, sizeof key, "%zu %d %s", at, (int)rule, where);
	return map_put(&c->told, slice_str(key), c) != NULL;
}

static void on_finding(void *ctx, const char *where, const struct scan_finding *f)
{
	struct checking *c = ctx;
	struct buf b = BUF_INIT(8192);
	enum severity severity;
	const char *rest = where + strlen("/tools/");
	size_t at = 0;
	if (f->kind != SCAN_INJECTION || strncmp(where, "/tools/", 7) != 0)
		return;
	for (; *rest >= '0' && *rest <= '9'; rest++)
		at = at * 10 + (size_t)(*rest - '0');
	enum report_rule rule = rule_of_scan(f->name, f->certainty, &severity);
	if (is_told(c, at, rule, rest))
		return;
	const struct json *tool = json_at(json_gets(c->row, "tools"), at);
	struct slice text = json_string(follow(c->row, where));
	const char *name = report_name(c->r, json_string(json_gets(tool, "name")));
	add_tool_words(&b, c->list, name);
	buf_addf(&b, ": %s", f->name);
	if (*rest) {
		buf_adds(&b, " in ");
		report_quote(&b, slice_str(rest), 120);
	}
	if (f->length && f->start + f->length <= text.n) {
		buf_adds(&b, ": ");
		report_quote(&b, slice_of(text.p + f->start, f->length), 160);
	}
	report_add(c->r, &(struct report_finding){ .rule = rule,
						   .severity = severity,
						   .place = place_of(c->list, where + strlen("/tools")),
						   .server = c->list->server,
						   .tool = name,
						   .detail = rest,
						   .message = buf_str(&b) });
	buf_release(&b);
}

static void write_row(struct buf *b, const struct report_list *v, size_t n, size_t at, bool with_peers)
{
	buf_adds(b, "{\"server\":");
	buf_add_json_string(b, slice_str(v[at].server));
	buf_adds(b, ",\"tools\":");
	json_write(b, v[at].tools);
	buf_adds(b, ",\"peers\":[");
	for (size_t i = 0, k = 0; with_peers && i < n; i++) {
		if (i == at)
			continue;
		buf_adds(b, k++ ? ",{\"server\":" : "{\"server\":");
		buf_add_json_string(b, slice_str(v[i].server));
		buf_adds(b, ",\"tools\":");
		json_write(b, v[i].tools);
		buf_addc(b, '}');
	}
	buf_adds(b, "]}");
}

static void scan_list(struct checking *c, const struct scanner *s, const struct report_list *v, size_t n, size_t at,
		      bool with_peers)
{
	struct buf text = BUF_INIT(LIMIT_REPORT_PEERS * 4);
	struct definition_report d = { on_finding, c };
	struct err e = { 0 };
	struct arena a;
	arena_init(&a, LIMIT_REQUEST_ARENA);
	map_init(&c->told);
	write_row(&text, v, n, at, with_peers);
	c->row = buf_ok(&text) ? json_read(buf_slice(&text), &a, &e) : NULL;
	if (c->row)
		scan_definitions(s, c->row, &d);
	else
		report_note(c->r, "the texts of the tools of '%s' are too long to be looked at", v[at].server);
	c->row = NULL;
	map_release(&c->told);
	arena_release(&a);
	buf_release(&text);
}

/* Each tool is held against each of the others': the work is the product of the lists. */
static bool can_compare(const struct report_list *v, size_t n)
{
	struct buf b = BUF_INIT(LIMIT_REPORT_PEERS);
	size_t tools = 0;
	for (size_t i = 0; i < n; i++) {
		json_write(&b, v[i].tools);
		tools += json_count(v[i].tools);
	}
	bool is_small = buf_ok(&b) && b.n * n <= LIMIT_REPORT_PEERS && tools <= LIMIT_REPORT_PEER_TOOLS;
	buf_release(&b);
	return is_small;
}

void report_check_lists(struct report *r, const struct scanner *s, const struct report_list *v, size_t n)
{
	bool with_peers = n > 1 && can_compare(v, n);
	if (n > 1 && !with_peers)
		report_note(r, "the tools of the servers were not compared with each other: there are too many");
	for (size_t i = 0; i < n; i++) {
		struct checking c = { .r = r, .list = &v[i] };
		size_t at = 0;
		map_init(&c.told);
		for (struct json_iter it = json_iter(v[i].tools); json_next(&it); at++)
			check_tool(&c, it.value, at);
		map_release(&c.told);
		scan_list(&c, s, v, n, i, with_peers);
	}
}
