/* gatehouse catalog search, list, changes */
#include "base/check.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "cli/catalog_file.h"
#include "cli/commands.h"
#include "cli/table.h"

#define WORDS_MAX 16

static char *copy_of(struct cli *c, struct slice s)
{
	char *p = arena_strndup(&c->arena, s.n ? s.p : "", s.n);
	BUG_ON(!p);
	return p;
}

/* Takes --OPTION WORD[,WORD…], each known[] by its place; sets its bit. */
static bool take_bits(const struct cli *c, const char *option, const char *const *known, int from, unsigned *bits, struct err *e)
{
	size_t at = 0;
	for (const char *text; (text = cli_next_value(c, option, &at));) {
		for (const char *word = text; *word; word += *word == ',') {
			size_t n = strcspn(word, ",");
			int i = 0;
			while (known[i] && !slice_is(slice_of(word, n), known[i]))
				i++;
			if (!known[i]) {
				const char *near = nearest_word(slice_of(word, n), known);
				return err_set(e, ERR_INPUT, "'--%s %.*s' is not known%s%s%s", option, (int)(n > 40 ? 40 : n), word,
					       near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
			}
			*bits |= 1u << (i + from);
			word += n;
		}
	}
	return true;
}

static bool take_facets(const struct cli *c, struct index_query *q, struct err *e)
{
	const char *categories[CATEGORIES + 1] = { NULL }, *severities[SEVERITIES] = { NULL }, *labels[LABELS + 1] = { NULL },
		   *signals[SIGNALS + 1] = { NULL };
	for (int i = 0; i < CATEGORIES; i++)
		categories[i] = category_word((enum category)i);
	for (int i = SEVERITY_LOW; i < SEVERITIES; i++)
		severities[i - 1] = severity_word((enum severity)i);
	for (int i = 0; i < LABELS; i++)
		labels[i] = label_word((enum label)i);
	for (int i = 0; i < SIGNALS; i++)
		signals[i] = signal_word((enum signal)i);
	return take_bits(c, "category", categories, 0, &q->categories, e) && take_bits(c, "severity", severities, 1, &q->severities, e) &&
	       take_bits(c, "label", labels, 0, &q->labels, e) && take_bits(c, "signal", signals, 0, &q->signals, e);
}

static bool take_since(const char *text, int64_t *at_us, struct err *e)
{
	char day[64];
	if (!text || clock_parse(slice_str(text), at_us))
		return true;
	snprintf(day, sizeof day, "%.20sT00:00:00Z", text);
	return clock_parse(slice_str(day), at_us) ||
	       err_set(e, ERR_INPUT, "'--since %.40s' is no time, as 2026-01-31 or 2026-01-31T12:00:00Z", text);
}

static bool take_limit(const struct cli *c, size_t max, size_t *out, struct err *e)
{
	const char *text = cli_value(c, "limit");
	unsigned long long n;
	if (!text)
		return true;
	if (!slice_u64(slice_str(text), &n) || !n || n > max)
		return err_set(e, ERR_INPUT, "'--limit %.40s' is not a number from 1 to %zu", text, max);
	*out = (size_t)n;
	return true;
}

static struct slice joined(struct cli *c)
{
	struct buf b = BUF_INIT(1u << 16);
	for (size_t i = 0; i < c->arg_n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", c->args[i]);
	struct slice all = slice_of(copy_of(c, buf_slice(&b)), b.n);
	buf_release(&b);
	return all;
}

static struct slice description_of(struct cli *c, struct slice definition)
{
	return json_string(json_gets(json_read(definition, &c->arena, NULL), "description"));
}

#define DESCRIPTION_SHOWN 100

/* The begin of its first line. */
static const char *short_of(struct cli *c, struct slice text)
{
	struct slice line = { "", 0 };
	struct buf b = BUF_INIT(4096);
	while (text.n && !line.n)
		slice_next_line(&text, &line);
	table_add_safe(&b, line, DESCRIPTION_SHOWN);
	char *copy = copy_of(c, buf_slice(&b));
	buf_release(&b);
	return copy;
}

static void add_row(struct cli *c, struct table *t, const struct index_tool *tool)
{
	const char *cells[] = { severity_word(tool->severity), category_word(tool->category), copy_of(c, tool->server),
				copy_of(c, tool->name),
				short_of(c, tool->refused.n ? tool->refused : description_of(c, tool->definition)) };
	table_add(t, cells);
}

static int print_page(struct cli *c, const struct index_page *page)
{
	static const char *const headings[] = { "SEVERITY", "CATEGORY", "SERVER", "TOOL", "DESCRIPTION", NULL };
	struct buf b = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct table t;
	if (c->is_json) {
		buf_addf(&b, "{\"total\":%zu,\"cursor\":", page->total);
		buf_add_json_string(&b, page->cursor);
		buf_adds(&b, ",\"tools\":[");
		for (size_t i = 0; i < page->n; i++) {
			buf_adds(&b, i ? "," : "");
			index_write_tool(&b, &page->tools[i]);
		}
		buf_adds(&b, "]}\n");
		return cli_print(&b);
	}
	table_init(&t, &c->arena, headings);
	for (size_t i = 0; i < page->n; i++)
		add_row(c, &t, &page->tools[i]);
	table_write(&b, &t, table_terminal_columns());
	if (page->total > page->n)
		cli_note("%zu of %zu; the next: --cursor %s", page->n, page->total, page->cursor.n ? copy_of(c, page->cursor) : "(none)");
	return cli_print(&b);
}

static int run_search(struct cli *c)
{
	struct index_query q = { .words = joined(c), .limit = 50, .only_changed = cli_has(c, "since"), .with_removed = cli_has(c, "removed") };
	struct index_page page;
	struct index *x;
	struct index_server s;
	struct err e = { 0 };
	q.cursor = slice_str(cli_value(c, "cursor"));
	if (!take_facets(c, &q, &e) || !take_since(cli_value(c, "since"), &q.since_us, &e) || !take_limit(c, LIMIT_INDEX_PAGE, &q.limit, &e))
		return cli_fail_err(&e);
	int code = catalog_open(c, INDEX_READ, &x);
	if (code != CLI_OK)
		return code;
	if (cli_value(c, "server")) {
		code = catalog_find_server(c, x, cli_value(c, "server"), &s);
		q.server = code == CLI_OK ? s.id : slice_of("", 0);
	}
	if (code == CLI_OK && !index_search(x, &q, &c->arena, &page, &e))
		code = cli_fail_err(&e);
	index_close(&x);
	return code == CLI_OK ? print_page(c, &page) : code;
}

struct listing {
	struct cli *c;
	struct table t;
	struct buf b;
	const char *grade;
	size_t n;
};

static bool on_server(void *ctx, const struct index_server *s)
{
	struct listing *l = ctx;
	char grade[2] = { s->grade, 0 };
	if (l->grade && !strchr(l->grade, s->grade))
		return true;
	if (l->c->is_json) {
		index_write_server(&l->b, s);
		buf_addc(&l->b, '\n');
	} else {
		const uint32_t *k = s->by_category;
		const char *cells[] = { copy_of(l->c, slice_str(grade)),
					copy_of(l->c, s->id),
					s->has_list ? arena_printf(&l->c->arena, "%u", s->tools) : NULL,
					s->has_list ? arena_printf(&l->c->arena, "%u/%u/%u/%u/%u", k[CATEGORY_READ], k[CATEGORY_WRITE],
								   k[CATEGORY_EXECUTE], k[CATEGORY_DESTRUCTIVE], k[CATEGORY_FINANCIAL])
						    : NULL,
					copy_of(l->c, s->version.n ? s->version : SLICE_LIT("-")),
					s->status.n ? copy_of(l->c, s->status) : NULL,
					index_source_word(s->source) };
		table_add(&l->t, cells);
	}
	l->n++;
	/* A catalogue of any size is printed piece by piece. */
	if (l->b.n > (1u << 20)) {
		struct buf part = l->b;
		l->b = BUF_INIT(part.max);
		return cli_print(&part) == CLI_OK;
	}
	return l->n < LIMIT_REGISTRY_ENTRIES;
}

static int run_list(struct cli *c)
{
	static const char *const headings[] = { "GRADE", "SERVER", "TOOLS", "R/W/X/D/F", "VERSION", "STATUS", "FROM", NULL };
	struct listing l = { .c = c, .b = BUF_INIT(LIMIT_ADMIN_BYTES), .grade = cli_value(c, "grade") };
	struct index *x;
	struct err e = { 0 };
	if (l.grade && strspn(l.grade, "ABCDEF-,") != strlen(l.grade))
		return cli_fail(CLI_WRONG, "'--grade %.20s' is not of the letters A to F", l.grade);
	int code = catalog_open(c, INDEX_READ, &x);
	if (code != CLI_OK)
		return code;
	table_init(&l.t, &c->arena, headings);
	if (!index_each_server(x, on_server, &l, &e))
		code = cli_fail_err(&e);
	index_close(&x);
	if (code == CLI_OK && !c->is_json)
		table_write(&l.b, &l.t, table_terminal_columns());
	if (code == CLI_OK)
		return cli_print(&l.b);
	buf_release(&l.b);
	return code;
}

static const char *kind_word(enum index_change_kind k)
{
	static const char *const words[] = { "unknown", "added", "changed", "removed" };
	return words[k <= INDEX_REMOVED ? k : 0];
}

static void write_change(struct buf *b, const struct index_change *k, bool is_whole)
{
	char at[CLOCK_TEXT_SIZE];
	clock_text(k->at_us, at);
	buf_addf(b, "{\"number\":%lld,\"at\":\"%s\",\"kind\":\"%s\",\"server\":", (long long)k->number, at, kind_word(k->kind));
	buf_add_json_string(b, k->server);
	if (k->name.n) {
		buf_adds(b, ",\"tool\":");
		buf_add_json_string(b, k->name);
	}
	static const char *const sides[] = { "from", "to" };
	for (int i = 0; i < 2; i++) {
		const char *pin = i ? k->to_pin : k->from_pin;
		struct slice definition = i ? k->to_definition : k->from_definition;
		if (!pin[0])
			continue;
		buf_addf(b, ",\"%s\":{\"pin\":\"%s\",\"category\":\"%s\",\"severity\":\"%s\"", sides[i], pin,
			 category_word(i ? k->to_category : k->from_category), severity_word(i ? k->to_severity : k->from_severity));
		if (is_whole && definition.n)
			buf_addf(b, ",\"definition\":%.*s", SLICE_ARG(definition));
		buf_addc(b, '}');
	}
	buf_addc(b, '}');
}

struct changes {
	struct cli *c;
	struct table t;
	struct buf b;
};

static bool on_change(void *ctx, const struct index_change *k)
{
	struct changes *h = ctx;
	char at[CLOCK_TEXT_SIZE];
	struct cli *c = h->c;
	if (c->is_json) {
		write_change(&h->b, k, true);
		buf_addc(&h->b, '\n');
		return true;
	}
	clock_text(k->at_us, at);
	bool is_moved = k->from_pin[0] && k->to_pin[0] && (k->from_category != k->to_category || k->from_severity != k->to_severity);
	const char *was = k->from_pin[0] ? arena_printf(&c->arena, "%s %s", category_word(k->from_category), severity_word(k->from_severity)) : NULL;
	const char *is = k->to_pin[0] ? arena_printf(&c->arena, "%s %s", category_word(k->to_category), severity_word(k->to_severity)) : NULL;
	const char *cells[] = { copy_of(c, slice_of(at, 19)), kind_word(k->kind), copy_of(c, k->server),
				k->name.n ? copy_of(c, k->name) : "(its first list)",
				is_moved ? arena_printf(&c->arena, "%s → %s", was, is) : is ? is : was };
	table_add(&h->t, cells);
	return true;
}

static int run_changes(struct cli *c)
{
	static const char *const headings[] = { "AT", "WHAT", "SERVER", "TOOL", "RISK", NULL };
	struct changes h = { .c = c, .b = BUF_INIT(LIMIT_ADMIN_BYTES) };
	struct index *x;
	struct err e = { 0 };
	int64_t since_us = 0;
	size_t limit = 100;
	if (!take_since(cli_value(c, "since"), &since_us, &e) || !take_limit(c, 10000, &limit, &e))
		return cli_fail_err(&e);
	int code = catalog_open(c, INDEX_READ, &x);
	if (code != CLI_OK)
		return code;
	struct index_server s = { 0 };
	if (c->arg_n)
		code = catalog_find_server(c, x, c->args[0], &s);
	table_init(&h.t, &c->arena, headings);
	if (code == CLI_OK && !index_each_change(x, s.id, since_us, limit, on_change, &h, &e))
		code = cli_fail_err(&e);
	index_close(&x);
	if (code == CLI_OK && !c->is_json)
		table_write(&h.b, &h.t, table_terminal_columns());
	if (code == CLI_OK)
		return cli_print(&h.b);
	buf_release(&h.b);
	return code;
}

static const struct cli_option search_options[] = {
	CATALOG_OPTION_DB,
	{ "category", "WORDS", "read, write, execute, destructive, financial or unknown; several with commas", true },
	{ "severity", "WORDS", "low, medium, high or critical", true },
	{ "label", "WORDS", "reads_private, reads_untrusted, sends_out, destroys or spends", true },
	{ "signal", "WORDS", "command, path, url and others of docs/catalog.md", true },
	{ "server", "ID", "of this server alone", false },
	{ "since", "TIME", "only what was new or changed since then", false },
	{ "removed", NULL, "also tools that are gone", false },
	{ "limit", "N", "tools of a page, at most 200; default: 50", false },
	{ "cursor", "TEXT", "go on behind the last page", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_search = {
	.name = "catalog search",
	.usage = "[WORDS…]",
	.summary = "find tools in the catalogue by words and by what they can do",
	.details =
		"Each word is the begin of a word in the name, the description or the server's id; all must be there. Options of one "
		"kind are alternatives, those of different kinds must all hold. The most severe come first, then by name. Without words: "
		"all. Exit code 0 also when nothing was found.",
	.example = "gatehouse catalog search delete repo --severity critical\n"
		   "gatehouse catalog search --label sends_out,spends --limit 20 --json\n",
	.options = search_options,
	.args_max = WORDS_MAX,
	.run = run_search,
};

static const struct cli_option list_options[] = {
	CATALOG_OPTION_DB,
	{ "grade", "LETTERS", "only servers with one of these grades: DEF", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_list = {
	.name = "catalog list",
	.usage = "",
	.summary = "list the servers of the catalogue with their grades",
	.details = "R/W/X/D/F: how many tools read, write, execute, destroy, spend. With --json one object a line.",
	.example = "gatehouse catalog list --grade EF\n",
	.options = list_options,
	.run = run_list,
};

static const struct cli_option changes_options[] = {
	CATALOG_OPTION_DB,
	{ "since", "TIME", "not what is older, as 2026-01-31", false },
	{ "limit", "N", "at most so many, at most 10000; default: 100", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_changes = {
	.name = "catalog changes",
	.usage = "[SERVER]",
	.summary = "show which tools were new, changed and gone, the newest first",
	.details = "With --json one object a line, with the definitions before and after.",
	.example = "gatehouse catalog changes --since 2026-01-31\n",
	.options = changes_options,
	.args_max = 1,
	.run = run_changes,
};
