/* gatehouse catalog export */
#include "base/limits.h"
#include "catalog/show.h"
#include "cli/catalog_file.h"
#include "cli/commands.h"
#include <errno.h>
#include <unistd.h>

#define CHUNK ((size_t)256 << 10)

struct exporting {
	struct cli *c;
	bool is_csv, is_lost;
	struct buf out, server; /* its line, while its tools are added */
	struct slice id;
	size_t n;
	struct index *x;
	struct err e;
};

static bool flush(struct exporting *h)
{
	size_t done = 0;
	while (!h->is_lost && done < h->out.n) {
		ssize_t n = write(STDOUT_FILENO, h->out.p + done, h->out.n - done);
		if (n < 0 && errno == EINTR)
			continue;
		h->is_lost = n <= 0;
		done += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&h->out);
	return !h->is_lost;
}

/* RFC 4180; and what a spreadsheet would take for a formula gets an apostrophe before it. */
static void add_cell(struct buf *b, struct slice s)
{
	if (s.n && strchr("=+-@\t\r", s.p[0]))
		buf_adds(b, "\"'");
	else
		buf_addc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_addc(b, '"');
		if ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\n')
			buf_addc(b, s.p[i]);
	}
	buf_addc(b, '"');
}

static void add_words(struct buf *b, unsigned bits, int end, bool is_label)
{
	bool is_first = true;
	for (int i = 0; i < end; i++) {
		if (!(bits & (1u << i)))
			continue;
		buf_addf(b, "%s%s", is_first ? "" : " ", is_label ? label_word((enum label)i) : signal_word((enum signal)i));
		is_first = false;
	}
}

static void add_csv(struct exporting *h, const struct index_tool *t)
{
	struct buf *b = &h->out;
	add_cell(b, t->server);
	buf_addc(b, ',');
	add_cell(b, t->name);
	buf_addf(b, ",%s,%s,%.4f,", category_word(t->category), severity_word(t->severity), t->confidence);
	add_words(b, t->labels, LABELS, true);
	buf_addc(b, ',');
	add_words(b, t->signals, SIGNALS, false);
	buf_addf(b, ",%s,%u,%s,", t->is_disputed ? "yes" : "no", t->tokens, t->pin);
	add_cell(b, t->refused);
	buf_adds(b, "\r\n");
}

static bool on_tool(void *ctx, const struct index_tool *t)
{
	struct exporting *h = ctx;
	h->n++;
	if (h->is_csv) {
		add_csv(h, t);
	} else {
		index_write_tool(&h->out, t);
		buf_addc(&h->out, '\n');
	}
	return h->out.n < CHUNK || flush(h);
}

/* {"server", …, "tools": […]} as `catalog add` reads it. */
static bool on_definition(void *ctx, const struct index_tool *t)
{
	struct exporting *h = ctx;
	/* Listed twice: so that it is refused there too, whatever the other said. */
	for (int i = slice_is(t->refused, INDEX_TWICE) ? 2 : 1; i > 0; i--) {
		buf_adds(&h->out, h->n++ ? "," : "");
		buf_add_slice(&h->out, t->definition);
	}
	return h->out.n < CHUNK || flush(h);
}

static void add_word(struct buf *b, const char *key, struct slice value)
{
	if (!value.n)
		return;
	buf_addf(b, ",\"%s\":", key);
	show_json(b, value, 0);
}

static bool on_server(void *ctx, const struct index_server *s)
{
	struct exporting *h = ctx;
	if (!s->has_list)
		return true;
	buf_adds(&h->out, "{\"server\":");
	show_json(&h->out, s->id, 0);
	add_word(&h->out, "title", s->title);
	add_word(&h->out, "version", s->version);
	add_word(&h->out, "package", s->package);
	add_word(&h->out, "description", s->description);
	buf_adds(&h->out, ",\"tools\":[");
	h->n = 0;
	if (!index_each_tool(h->x, s->id, on_definition, h, &h->e))
		return false;
	buf_adds(&h->out, "]}\n");
	return !h->is_lost;
}

static int run(struct cli *c)
{
	struct exporting h = { .c = c, .is_csv = cli_has(c, "csv"), .out = BUF_INIT(LIMIT_ADMIN_BYTES) };
	struct index_server s = { 0 };
	bool is_lists = cli_has(c, "lists"), ok;
	if (h.is_csv + cli_has(c, "jsonl") + is_lists > 1)
		return cli_fail(CLI_WRONG, "name one: --jsonl, --csv or --lists");
	int code = catalog_open(c, INDEX_READ, &h.x);
	if (code != CLI_OK)
		return code;
	if (cli_value(c, "server"))
		code = catalog_find_server(c, h.x, cli_value(c, "server"), &s);
	if (code == CLI_OK) {
		if (h.is_csv)
			buf_adds(&h.out, "server,tool,category,severity,confidence,labels,signals,disputed,tokens,pin,refused\r\n");
		if (is_lists && s.id.n)
			ok = on_server(&h, &s) || h.e.kind == ERR_NONE;
		else
			ok = is_lists ? index_each_server(h.x, on_server, &h, &h.e) : index_each_tool(h.x, s.id, on_tool, &h, &h.e);
		if (!ok || h.e.kind != ERR_NONE)
			code = cli_fail_err(&h.e);
		else if (!flush(&h))
			code = cli_fail(CLI_FAILED, "standard output takes no more: %s", strerror(errno));
	}
	index_close(&h.x);
	buf_release(&h.out);
	return code;
}

static const struct cli_option options[] = {
	CATALOG_OPTION_DB,
	{ "jsonl", NULL, "one tool a line, with its definition (the default)", false },
	{ "csv", NULL, "one tool a row, without its definition", false },
	{ "lists", NULL, "one server a line with its tools, as 'catalog add' reads it", false },
	{ "server", "ID", "this server alone", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_catalog_export = {
	.name = "catalog export",
	.usage = "",
	.summary = "write the catalogue to standard output",
	.details = "By server, then by name; tools that are gone are left out. In CSV (RFC 4180) a text that a spreadsheet would take for a "
		   "formula begins with an apostrophe.",
	.example = "gatehouse catalog export --csv > tools.csv\n"
		   "gatehouse catalog export --lists | gatehouse catalog add - --db copy.db\n",
	.options = options,
	.run = run,
};
