/* One run: what is looked at, what is known already, where the reports go, and the exit code. */
#include "base/file.h"
#include "base/limits.h"
#include "cli/scan.h"
#include "report/baseline.h"
#include <stdlib.h>
#include <sys/stat.h>

/* Where the reports go. */
struct reports {
	const char *format, *output; /* the one of --format */
	const char *sarif, *markdown;
	const char *baseline; /* NULL: none */
	bool writes_baseline;
	struct report_about about;
};

static bool exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

static int read_options(struct cli *c, struct reports *o)
{
	static const char *const formats[] = { "text", "json", "sarif", "markdown", NULL };
	const char *fail_on = cli_value(c, "fail-on"), *help = cli_value(c, "help-url");
	*o = (struct reports){ .format = cli_value(c, "format"),
			       .output = cli_value(c, "output"),
			       .sarif = cli_value(c, "sarif"),
			       .markdown = cli_value(c, "markdown"),
			       .baseline = cli_value(c, "baseline"),
			       .writes_baseline = cli_has(c, "write-baseline"),
			       .about = { GATEHOUSE_VERSION, help, SEVERITY_HIGH } };
	if (!o->format)
		o->format = c->is_json ? "json" : "text";
	if (!slice_is_among(slice_str(o->format), formats))
		return cli_fail(CLI_WRONG, "'--format %.40s': there are text, json, sarif and markdown", o->format);
	if (fail_on && strcmp(fail_on, "none") == 0)
		o->about.fail_on = SEVERITY_UNKNOWN;
	else if (fail_on && !(o->about.fail_on = severity_read(slice_str(fail_on))))
		return cli_fail(CLI_WRONG, "'--fail-on %.40s': there are low, medium, high, critical and none", fail_on);
	if (help && strncmp(help, "https://", 8) != 0 && strncmp(help, "http://", 7) != 0)
		return cli_fail(CLI_WRONG, "'--help-url %.60s' is no address: it must begin with https://", help);
	if (help && strpbrk(help, " \"<>)|\\`"))
		return cli_fail(CLI_WRONG, "'--help-url' has a character that an address cannot have");
	if (o->baseline && !o->writes_baseline && !exists(o->baseline))
		return cli_fail(CLI_WRONG, "cannot open '%.150s': --write-baseline makes it", o->baseline);
	if (!o->baseline && (o->writes_baseline || exists(BASELINE_FILE)))
		o->baseline = BASELINE_FILE;
	return CLI_OK;
}

static bool read_text(struct scanning *s, struct scan_file *f)
{
	struct buf text = BUF_INIT(LIMIT_SCAN_FILE_BYTES);
	struct err e = { 0 };
	bool is_good = file_read(f->path, &text, &e);
	if (is_good) {
		char *copy = arena_strndup(&s->arena, text.p ? text.p : "", text.n);
		f->text.text = slice_of(copy ? copy : "", copy ? text.n : 0);
		s->report.is_cut |= !copy;
		scan_text_index(&f->text, &s->arena);
	} else {
		scan_invalid(s, &f->text, RULE_FILE_INVALID, e.text);
	}
	buf_release(&text);
	return is_good;
}

/* Servers go before what lists their tools, whatever the names of the files. */
static bool is_configuration(enum scan_file_kind kind)
{
	return kind == SCAN_FILE_CLIENT || kind == SCAN_FILE_GATE || kind == SCAN_FILE_REGISTRY;
}

static void scan_one(struct scanning *s, struct scan_file *f)
{
	switch (f->kind) {
	case SCAN_FILE_CLIENT:
	case SCAN_FILE_GATE:
		scan_client(s, f);
		break;
	case SCAN_FILE_REGISTRY:
		scan_registry(s, f);
		break;
	case SCAN_FILE_POLICY:
		scan_policy(s, f);
		break;
	case SCAN_FILE_TOOLS:
		scan_tools(s, f);
		break;
	case SCAN_FILE_NONE:
		break;
	}
}

static void scan_files(struct scanning *s)
{
	for (size_t i = 0; i < s->file_n; i++) {
		struct scan_file *f = &s->files[i];
		struct err e = { 0 };
		bool is_read = read_text(s, f);
		if (is_read && f->kind == SCAN_FILE_NONE) {
			scan_file_guess(f, node_read(client_language(f->path), f->text.text, &s->arena, &e));
			if (f->kind == SCAN_FILE_NONE)
				scan_invalid(s, &f->text, RULE_FILE_INVALID,
					     e.text[0] ? e.text : "it is no configuration of a client, list of tools, policy or server.json");
		}
		if (!is_read)
			f->kind = SCAN_FILE_NONE;
	}
	s->report.file_n = s->file_n;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < s->file_n; i++)
			if (is_configuration(s->files[i].kind) == (pass == 0))
				scan_one(s, &s->files[i]);
}

static int look(struct scanning *s)
{
	const char *db = cli_value(s->c, "db"), *server = cli_value(s->c, "server");
	bool is_elsewhere = db || server;
	int code = CLI_OK;
	for (size_t i = 0; i < s->c->arg_n && code == CLI_OK; i++)
		code = scan_find(s, s->c->args[i]);
	if (!s->c->arg_n && !is_elsewhere)
		code = scan_find(s, ".");
	if (code == CLI_OK)
		scan_files(s);
	if (code == CLI_OK && is_elsewhere)
		code = db ? scan_kept(s, db, server) : scan_gate(s, server);
	if (code == CLI_OK && s->is_live)
		scan_live(s);
	return code;
}

static void place_in_list(void *ctx, const char *pointer, struct report_place *out)
{
	const struct scan_list *l = ctx;
	struct scan_row row = l->root;
	char *rest = NULL;
	if (!l->text) {
		*out = l->place;
		return;
	}
	if (l->rows && *pointer == '/') {
		size_t i = strtoul(pointer + 1, &rest, 10);
		if (i >= l->row_n)
			return;
		row = l->rows[i];
		pointer = rest;
	}
	const struct node *n = scan_follow(row.node, pointer);
	*out = n ? scan_place(l->text, row.base + n->at, row.base + n->end) : scan_place(l->text, row.base, row.base);
}

static int check_lists(struct scanning *s)
{
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION), .source = SCAN_DEFINITION };
	struct report_list *v = arena_zalloc(&s->arena, (s->list_n + 1) * sizeof *v);
	struct err e = { 0 };
	struct scanner *scanner = scanner_new(&o, &e);
	if (!v || !scanner) {
		scanner_free(&scanner);
		return cli_fail(CLI_FAILED, "%s", v ? e.text : "out of memory");
	}
	for (size_t i = 0; i < s->list_n; i++)
		v[i] = (struct report_list){ s->lists[i].server, s->lists[i].tools, place_in_list, &s->lists[i] };
	report_check_lists(&s->report, scanner, v, s->list_n);
	scanner_free(&scanner);
	return CLI_OK;
}

static void note_unasked(struct scanning *s)
{
	size_t n = 0;
	const char *one = NULL;
	for (size_t i = 0; i < s->report.server_n; i++)
		if (!s->report.servers[i].is_listed) {
			n++;
			one = s->report.servers[i].name;
		}
	if (n && !s->is_live)
		report_note(&s->report,
			    "the tools of %zu server%s are not known (%s%s): --live asks them, or give their lists in files", n,
			    n == 1 ? "" : "s", one, n == 1 ? "" : " and others");
}

static int compare(struct scanning *s, const struct reports *o, const struct baseline **out)
{
	struct buf text = BUF_INIT(LIMIT_SCAN_FILE_BYTES);
	struct err e = { 0 };
	*out = NULL;
	if (!o->baseline || !exists(o->baseline))
		return CLI_OK;
	if (file_read(o->baseline, &text, &e) && (*out = baseline_read(slice_of(text.p ? text.p : "", text.n), &s->arena, &e)))
		baseline_compare(*out, o->baseline, &s->report);
	else if (o->writes_baseline)
		cli_note("'%s' cannot be used and is written anew: %s", o->baseline, e.text);
	buf_release(&text);
	return *out || o->writes_baseline ? CLI_OK : cli_fail(CLI_WRONG, "'%s': %s", o->baseline, e.text);
}

static int put(const char *file, struct buf *b)
{
	struct err e = { 0 };
	if (!buf_ok(b))
		return cli_fail(CLI_FAILED, "the report is too long");
	return file_replace(file, 0644, buf_slice(b), &e) ? CLI_OK : cli_fail_err(&e);
}

static int write_report(const struct report *r, const struct reports *o, const char *format, const char *file)
{
	struct buf b = BUF_INIT(LIMIT_REPORT_BYTES);
	if (strcmp(format, "json") == 0)
		report_write_json(&b, r, &o->about);
	else if (strcmp(format, "sarif") == 0)
		report_write_sarif(&b, r, &o->about);
	else if (strcmp(format, "markdown") == 0)
		report_write_markdown(&b, r, &o->about);
	else
		report_write_text(&b, r, &o->about);
	if (!file)
		return cli_print(&b);
	int code = put(file, &b);
	buf_release(&b);
	return code;
}

static int write_baseline(const struct report *r, const struct reports *o, const struct baseline *old)
{
	struct buf b = BUF_INIT(LIMIT_REPORT_BYTES);
	if (r->is_cut)
		return cli_fail(CLI_FAILED, "there is more than this program keeps: the baseline is not written");
	baseline_write(&b, r, old);
	int code = put(o->baseline, &b);
	buf_release(&b);
	if (code == CLI_OK)
		cli_note("%s: %zu servers, %zu tools, %zu findings accepted", o->baseline, r->server_n, r->tool_n, r->finding_n);
	return code;
}

static int tell(struct scanning *s, const struct reports *o, const struct baseline *old)
{
	const struct report *r = &s->report;
	int code = write_report(r, o, o->format, o->output);
	if (code == CLI_OK && o->sarif)
		code = write_report(r, o, "sarif", o->sarif);
	if (code == CLI_OK && o->markdown)
		code = write_report(r, o, "markdown", o->markdown);
	if (code == CLI_OK && o->writes_baseline)
		return write_baseline(r, o, old);
	if (code != CLI_OK)
		return code;
	if (report_fails(r, o->about.fail_on))
		return CLI_FAILED;
	return s->has_silent ? CLI_UNREACHABLE : CLI_OK;
}

int scan_repository(struct cli *c)
{
	struct scanning s = { .c = c, .is_live = cli_has(c, "live") };
	struct reports o;
	const struct baseline *old = NULL;
	const char *word;
	size_t at = 0;
	int code = read_options(c, &o);
	if (code != CLI_OK)
		return code;
	arena_init(&s.arena, (size_t)LIMIT_REQUEST_ARENA * 4);
	report_init(&s.report);
	code = look(&s);
	if (code == CLI_OK)
		code = check_lists(&s);
	while (code == CLI_OK && (word = cli_next_value(c, "policy", &at)))
		code = scan_coverage(&s, word);
	if (code == CLI_OK) {
		note_unasked(&s);
		code = compare(&s, &o, &old);
	}
	if (code == CLI_OK) {
		report_sort(&s.report);
		code = tell(&s, &o, old);
	}
	report_release(&s.report);
	arena_release(&s.arena);
	return code;
}
