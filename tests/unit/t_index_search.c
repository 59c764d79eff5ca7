/* Search: words, facets, order, pages, and the same answer as looking at every tool. */
#include "index_rig.h"
#include <stdlib.h>

static const char *const verbs[] = { "get", "list", "create", "delete", "run", "pay" };
static const char *const things[] = { "issue", "branch", "invoice", "server", "Table", "tablet" };

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Servers with tools in chance order, some of them again with other lists. */
static void fill(struct rig *r, size_t servers, uint32_t seed)
{
	for (size_t i = 0; i < servers; i++) {
		struct buf b = BUF_INIT(1u << 20);
		char id[32];
		size_t n = 1 + next(&seed) % 12;
		snprintf(id, sizeof id, "server-%u", next(&seed) % (unsigned)(servers * 3 / 4 + 1));
		buf_addc(&b, '[');
		for (size_t k = 0; k < n; k++) {
			const char *verb = verbs[next(&seed) % 6], *thing = things[next(&seed) % 6];
			buf_addf(&b, "%s{\"name\":\"%s_%s_%zu\",\"description\":\"%s one %s of %u\",\"inputSchema\":{\"type\":\"object\"}}",
				 k ? "," : "", verb, thing, k, verb, thing, next(&seed) % 50);
		}
		buf_addc(&b, ']');
		struct index_server s = { .id = slice_str(id), .source = INDEX_FILE };
		const struct json *v = json_read(buf_slice(&b), &r->a, &r->e);
		if (!v || !index_put_server(r->x, &s, v, &r->e))
			ok(false, "server %zu: %s", i, r->e.text);
		buf_release(&b);
	}
}

struct looking {
	const char *words[4];
	unsigned categories;
	size_t n;
};

static bool has_word(struct slice text, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= text.n; i++)
		if ((i == 0 || !((text.p[i - 1] >= 'a' && text.p[i - 1] <= 'z') || (text.p[i - 1] >= '0' && text.p[i - 1] <= '9'))) &&
		    slice_ieq(slice_of(text.p + i, n), slice_str(word)))
			return true;
	return false;
}

static bool look(void *ctx, const struct index_tool *t)
{
	struct looking *l = ctx;
	bool is_one = !l->categories || (l->categories & (1u << t->category));
	for (size_t i = 0; is_one && l->words[i]; i++) {
		const char *at = memmem(t->definition.p, t->definition.n, "\"description\":\"", 15);
		struct slice text = slice_of(at + 15, t->definition.n - (size_t)(at + 15 - t->definition.p));
		const char *end = memchr(text.p, '"', text.n);
		text.n = (size_t)(end - text.p);
		is_one = has_word(t->name, l->words[i]) || has_word(text, l->words[i]) || has_word(t->server, l->words[i]);
	}
	l->n += is_one;
	return true;
}

static int order(const struct index_tool *a, const struct index_tool *b)
{
	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
	int c = strncasecmp(a->name.p, b->name.p, n);
	c = c ? c : (int)a->name.n - (int)b->name.n;
	c = c ? c : memcmp(a->name.p, b->name.p, n);
	return c ? c : strcmp(a->server.p, b->server.p);
}

/* All pages of a question; checks order and that no tool comes twice. */
static size_t all_pages(struct rig *r, struct index_query *q, size_t *total)
{
	size_t n = 0, disorder = 0;
	struct index_tool last = { 0 };
	q->cursor = slice_of("", 0);
	for (;;) {
		struct index_page page;
		if (!index_search(r->x, q, &r->a, &page, &r->e)) {
			ok(false, "a page: %s", r->e.text);
			return 0;
		}
		for (size_t i = 0; i < page.n; i++) {
			disorder += n + i > 0 && order(&last, &page.tools[i]) >= 0;
			last = page.tools[i];
		}
		n += page.n;
		*total = page.total;
		if (!page.cursor.n)
			break;
		q->cursor = page.cursor;
	}
	ok(disorder == 0, "%zu tools stand in the order of answers", n);
	return n;
}

static void compare(struct rig *r, const char *text, struct looking l, size_t limit)
{
	struct index_query q = { .words = slice_str(text), .categories = l.categories, .limit = limit };
	size_t total = 0, n = all_pages(r, &q, &total);
	l.n = 0;
	ok(index_each_tool(r->x, slice_of("", 0), look, &l, &r->e), "every tool is looked at");
	ok(n == l.n && total == l.n, "'%s' (%x) finds %zu of %zu, and says %zu", text, l.categories, n, l.n, total);
}

static void compare_all(struct rig *r)
{
	compare(r, "", (struct looking){ 0 }, 7);
	compare(r, "delete", (struct looking){ .words = { "delete" } }, 3);
	compare(r, "del", (struct looking){ .words = { "del" } }, 200);
	compare(r, "TABLE", (struct looking){ .words = { "table" } }, 10);
	compare(r, "list issue", (struct looking){ .words = { "list", "issue" } }, 5);
	compare(r, "server-1 pay", (struct looking){ .words = { "server", "1", "pay" } }, 5);
	compare(r, "nothing", (struct looking){ .words = { "nothing" } }, 5);
	compare(r, "", (struct looking){ .categories = 1u << CATEGORY_DESTRUCTIVE }, 9);
	compare(r, "is", (struct looking){ .words = { "is" }, .categories = 1u << CATEGORY_READ | 1u << CATEGORY_WRITE }, 9);
}

static void test_model(void)
{
	struct rig r;
	rig_open(&r);
	fill(&r, 60, 1);
	compare_all(&r);
	fill(&r, 30, 2);
	compare_all(&r);
	rig_reopen(&r, INDEX_READ);
	compare_all(&r);
	rig_close(&r);
}

/* One large transaction, and small ones on top of it. */
static void test_segments(void)
{
	struct rig r;
	rig_open(&r);
	ok(index_begin(r.x, &r.e), "an import begins");
	fill(&r, 120, 3);
	ok(index_end(r.x, true, &r.e), "and ends");
	compare_all(&r);
	fill(&r, 5, 4);
	for (int i = 0; i < 20; i++) {
		char id[32];
		snprintf(id, sizeof id, "server-%d", i);
		if (!index_remove_server(r.x, slice_str(id), &r.e))
			ok(r.e.kind == ERR_NONE, "server %d: %s", i, r.e.text);
	}
	compare_all(&r);
	rig_close(&r);
}

static void test_filters(void)
{
	struct rig r;
	struct index_page page;
	rig_open(&r);
	rig_put(&r, "one", "[{\"name\":\"listIssues\",\"description\":\"查询所有用户\",\"inputSchema\":{\"type\":\"object\"}},"
			   "{\"name\":\"run_command\",\"description\":\"Runs a shell command\",\"inputSchema\":{\"type\":\"object\","
			   "\"properties\":{\"command\":{\"type\":\"string\"}}}}]");
	rig_put(&r, "two", "[{\"name\":\"run_command\",\"inputSchema\":{\"type\":\"object\"}}]");
	ok(rig_found(&r, "issues") == 1 && rig_found(&r, "listissues") == 1 && rig_found(&r, "list") == 1, "names are split at case, too");
	ok(rig_found(&r, "用户") == 1 && rig_found(&r, "查") == 1 && rig_found(&r, "天") == 0, "a script without blanks is found by its characters");
	struct index_query q = { .server = SLICE_LIT("two"), .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 1 && slice_is(page.tools[0].server, "two"), "of one server");
	q.server = SLICE_LIT("three");
	ok(rig_ask(&r, &q, &page) == 0 && page.total == 0, "of one that is not there: none");
	q = (struct index_query){ .signals = SIGNAL_BIT(SIGNAL_COMMAND), .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 1 && slice_is(page.tools[0].server, "one"), "by a signal");
	q = (struct index_query){ .severities = 0x1e, .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 3, "any severity");
	q = (struct index_query){ .words = SLICE_LIT("!!! ..."), .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 0, "signs are no words");
	q = (struct index_query){ .only_changed = true, .since_us = 4102444800000000, .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 0, "nothing changed in the future");
	q.since_us = 1;
	ok(rig_ask(&r, &q, &page) == 3, "everything since the beginning");
	rig_put(&r, "one", "[]");
	q = (struct index_query){ .limit = 10 };
	ok(rig_ask(&r, &q, &page) == 1, "what is gone is left out");
	q.with_removed = true;
	ok(rig_ask(&r, &q, &page) == 3, "or not");
	rig_close(&r);
}

static bool refused(struct rig *r, const struct index_query *q, const char *why)
{
	struct index_page page;
	bool is_refused = !index_search(r->x, q, &r->a, &page, &r->e);
	return is_refused && strstr(r->e.text, why);
}

static void test_limits(void)
{
	struct rig r;
	struct index_page page;
	rig_open(&r);
	rig_put(&r, "one", "[{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\"}}]");
	struct index_query q = { .limit = LIMIT_INDEX_PAGE };
	ok(rig_ask(&r, &q, &page) == 1 && !page.cursor.n, "the largest page");
	q.limit++;
	ok(refused(&r, &q, "1 to"), "one more: %s", r.e.text);
	q.limit = 0;
	ok(refused(&r, &q, "1 to"), "no page");
	q = (struct index_query){ .words = SLICE_LIT("a a a a a a a a a a a a a a a a"), .limit = 1 };
	ok(LIMIT_INDEX_WORDS == 16 && rig_ask(&r, &q, &page) == 1, "as many words as may be");
	q.words = SLICE_LIT("a a a a a a a a a a a a a a a a a");
	ok(refused(&r, &q, "at most 16 words"), "one more: %s", r.e.text);
	static const char *const cursors[] = { "x", "!", "AAAA", "NQ", "OWEAYg", "" };
	for (size_t i = 0; cursors[i][0]; i++) {
		q = (struct index_query){ .limit = 1, .cursor = slice_str(cursors[i]) };
		ok(refused(&r, &q, "cursor"), "cursor '%s' is none: %s", cursors[i], r.e.text);
	}
	rig_close(&r);
}

/* A description of `words` different words, each said twice; "last" is the last. */
static void put_words(struct rig *r, size_t words, size_t padding)
{
	struct buf b = BUF_INIT(1u << 20);
	buf_adds(&b, "[{\"name\":\"n\",\"inputSchema\":{\"type\":\"object\"},\"description\":\"");
	for (size_t i = 0; i < padding; i++)
		buf_addc(&b, ' ');
	for (size_t i = 1; i < words; i++)
		buf_addf(&b, "w%zu w%zu ", i, i);
	buf_adds(&b, "last\"}]");
	rig_put(r, "s", buf_str(&b));
	buf_release(&b);
}

static void test_text_limits(void)
{
	struct rig r;
	char word[LIMIT_INDEX_TERM + 2];
	rig_open(&r);
	put_words(&r, LIMIT_INDEX_TERMS - 2, 0); /* its name and its server are words, too */
	ok(rig_found(&r, "last") == 1, "the last of %d different words", LIMIT_INDEX_TERMS);
	put_words(&r, LIMIT_INDEX_TERMS - 1, 0);
	ok(rig_found(&r, "last") == 0 && rig_found(&r, "w100") == 1, "one more is not looked at");
	put_words(&r, 1, LIMIT_INDEX_TEXT - 4);
	ok(rig_found(&r, "last") == 1, "the last of %u bytes", LIMIT_INDEX_TEXT);
	put_words(&r, 1, LIMIT_INDEX_TEXT);
	ok(rig_found(&r, "last") == 0, "what stands behind them is not looked at");
	memset(word, 'x', sizeof word);
	word[LIMIT_INDEX_TERM + 1] = '\0';
	struct buf b = BUF_INIT(4096);
	buf_addf(&b, "[{\"name\":\"%s\",\"inputSchema\":{\"type\":\"object\"}}]", word);
	rig_put(&r, "s", buf_str(&b));
	ok(rig_found(&r, word) == 1, "a word that is longer than the index keeps is found by its begin");
	word[LIMIT_INDEX_TERM] = '\0';
	ok(rig_found(&r, word) == 1, "and by one as long as it keeps");
	word[LIMIT_INDEX_TERM - 1] = 'y';
	ok(rig_found(&r, word) == 0, "and by no other");
	buf_release(&b);
	rig_close(&r);
}

int main(void)
{
	test_text_limits();
	test_model();
	test_segments();
	test_filters();
	test_limits();
	return tap_done();
}
