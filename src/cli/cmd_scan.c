/* gatehouse scan: what the scanner finds in texts and in definitions of tools, a row a line; and the door to
 * the scan of a repository (scan.h) */
#include "scan/scan.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/scan.h"
#include "json/json.h"
#include "scan/definition.h"

/* One row, on its way out. */
struct row_report {
	struct buf *out;
	size_t n;
	enum scan_certainty surest; /* of injection */
	bool is_redacted;
};

static void add_finding(void *ctx, const char *where, const struct scan_finding *f)
{
	static const char *const words[] = { "unsure", "likely", "certain" };
	struct row_report *r = ctx;
	buf_addf(r->out, "%s{\"kind\":\"%s\",\"name\":\"%s\",\"certainty\":\"%s\",\"start\":%zu,\"length\":%zu", r->n++ ? "," : "",
	         scan_kind_word(f->kind), f->name, words[f->certainty], f->start, f->length);
	if (where) {
		buf_adds(r->out, ",\"in\":");
		buf_add_json_string(r->out, slice_str(where));
	}
	buf_addc(r->out, '}');
	if (f->kind != SCAN_INJECTION)
		r->is_redacted |= f->certainty != SCAN_UNSURE;
	else if (f->certainty > r->surest)
		r->surest = f->certainty;
}

static const char *verdict_of(const struct row_report *r)
{
	if (r->surest == SCAN_CERTAIN)
		return "block";
	if (r->surest == SCAN_LIKELY)
		return "flag";
	return r->is_redacted ? "redact" : "allow";
}

static void scan_row(const struct scanner *s, bool is_definitions, const struct json *row, struct scan_findings *found,
                     struct buf *out)
{
	struct buf findings = BUF_INIT(LIMIT_ADMIN_BYTES);
	struct row_report r = { .out = &findings };
	struct definition_report d = { add_finding, &r };
	if (is_definitions) {
		scan_definitions(s, row, &d);
	} else {
		scan_text(s, json_string(json_gets(row, "text")), found);
		for (size_t i = 0; i < found->n; i++)
			add_finding(&r, NULL, &found->v[i]);
	}
	buf_addc(out, '{');
	if (json_gets(row, "id")) {
		buf_adds(out, "\"id\":");
		json_write(out, json_gets(row, "id"));
		buf_addc(out, ',');
	}
	buf_addf(out, "\"verdict\":\"%s\",\"findings\":[", verdict_of(&r));
	buf_add_slice(out, buf_slice(&findings));
	buf_adds(out, "]}\n");
	out->failed |= !buf_ok(&findings);
	buf_release(&findings);
}

static int scan_lines(const struct scanner *s, bool is_definitions, const char *file, struct slice text, struct buf *out)
{
	struct scan_findings found = { 0 };
	struct arena arena;
	size_t line = 0;
	int code = CLI_OK;
	arena_init(&arena, LIMIT_REQUEST_ARENA);
	while (text.n && code == CLI_OK) {
		const char *end = memchr(text.p, '\n', text.n);
		struct slice one = slice_of(text.p, end ? (size_t)(end - text.p) : text.n);
		struct err e = { 0 };
		text.p += one.n + (end != NULL);
		text.n -= one.n + (end != NULL);
		line++;
		if (!slice_trim(one).n)
			continue;
		const struct json *row = json_read(one, &arena, &e);
		if (!row)
			code = cli_fail(CLI_WRONG, "'%s': row %zu is no JSON: %s", file, line, e.text);
		else if (!json_is(row, JSON_OBJECT) || (!is_definitions && !json_is(json_gets(row, "text"), JSON_STRING)))
			code = cli_fail(CLI_WRONG, "'%s': row %zu is no object%s", file, line, is_definitions ? "" : " with a 'text'");
		else
			scan_row(s, is_definitions, row, &found, out);
		arena_reset(&arena);
	}
	scan_findings_release(&found);
	arena_release(&arena);
	return code;
}

/* The options of the other kind of scan mean nothing to rows. */
static bool has_only(const struct cli *c, const char *option)
{
	for (size_t i = 0; i < c->given_n; i++)
		if (strcmp(c->given[i].name, option) != 0 && strcmp(c->given[i].name, "json") != 0)
			return false;
	return c->arg_n == 0;
}

static int run_scan(struct cli *c)
{
	const char *definitions = cli_value(c, "definitions"), *results = cli_value(c, "results");
	const char *file = definitions ? definitions : results;
	struct buf text = BUF_INIT(LIMIT_ADMIN_BYTES * 4), out = BUF_INIT(LIMIT_ADMIN_BYTES * 4);
	struct err e = { 0 };
	if (!definitions && !results)
		return scan_repository(c);
	if ((definitions && results) || !has_only(c, definitions ? "definitions" : "results"))
		return cli_fail(CLI_WRONG, "--definitions FILE and --results FILE stand alone");
	struct scanner_opts o = { .kinds = SCAN_BIT(SCAN_INJECTION) | (results ? SCAN_BIT(SCAN_SECRET) | SCAN_PERSONAL : 0),
		                  .source = definitions ? SCAN_DEFINITION : SCAN_RESULT };
	if (!file_read(file, &text, &e)) {
		buf_release(&text);
		return cli_fail(CLI_WRONG, "%s", e.text);
	}
	struct scanner *s = scanner_new(&o, &e);
	int code = s ? scan_lines(s, definitions != NULL, file, slice_of(text.p ? text.p : "", text.n), &out)
	             : cli_fail(CLI_FAILED, "%s", e.text);
	scanner_free(&s);
	buf_release(&text);
	if (code == CLI_OK)
		return cli_print(&out);
	buf_release(&out);
	return code;
}

static const struct cli_option scan_options[] = {
	{ "fail-on", "SEVERITY", "exit 1 for new findings from this severity on: low, medium, high (default), critical, none", false },
	{ "baseline", "FILE", "what is known already; default: gatehouse.baseline.json, when there is one", false },
	{ "write-baseline", NULL, "write that file anew: all that is found now is known from then on", false },
	{ "format", "FORMAT", "text (default), json, sarif or markdown", false },
	{ "output", "FILE", "write it there and not to standard output", false },
	{ "sarif", "FILE", "write SARIF 2.1.0 as well", false },
	{ "markdown", "FILE", "write Markdown as well, for a comment in a pull request", false },
	{ "policy", "[SERVER=]FILE", "hold this policy against the tools that were found", true },
	{ "live", NULL, "start and ask the servers that the configurations name: runs their code", false },
	{ "server", "NAME", "look at the tools of this server of the running gate, or of --db", false },
	{ "db", "FILE", "look at the tools of a kept catalogue", false },
	{ "help-url", "URL", "where docs/scan.md is to be read: rules link to it", false },
	{ "definitions", "FILE", "definitions of tools, one row a line", false },
	{ "results", "FILE", "texts that tools answered, one row a line", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_scan = {
	.name = "scan",
	.usage = "[PATH…]",
	.summary = "look for dangerous tools, poisoned definitions and secrets in a repository; or in rows of texts",
	.details =
		"Looks through folders (default: this one) and files for configurations of clients and of the gate, lists of tools, policies "
		"and server.json, and tells what is dangerous in them: docs/scan.md has every rule. Nothing is started or asked without "
		"--live or --server. With a baseline, what it has is not told again.\n\n"
		"Exit code 0: nothing new from --fail-on on; 1: something is; 2: wrong use, nothing was looked at; 3: nothing new, but a server "
		"that was asked did not answer.\n\n"
		"With --definitions or --results, reads JSON Lines and prints one object a line: {\"id\"?, \"verdict\": "
		"\"allow\"|\"flag\"|\"block\"|\"redact\", "
		"\"findings\": [{\"kind\", \"name\", \"certainty\", \"start\", \"length\", \"in\"?}]}, with start and length in bytes. "
		"With --results a row is {\"text\": …}. With --definitions it is a tool as a server lists it, or an object with `tools`, "
		"with `before` and `after` (the same tools at two times), and with `server` and `peers` (what other servers offer: "
		"[{server, tools}]); `in` is then a JSON Pointer into the row. flag and block are findings of injection, likely and certain; "
		"redact is a secret or personal data. Exit code 0 then says that the file was read.\n\n"
		"A finding is a hint for a person and no proof, and that nothing was found proves nothing.",
	.example = "gatehouse scan\n"
		   "gatehouse scan --write-baseline\n"
		   "gatehouse scan --sarif gatehouse.sarif --markdown gatehouse.md --fail-on medium\n"
		   "gatehouse scan --live --policy files=policies/files.policy.json\n"
		   "gatehouse scan --definitions tools.jsonl\n"
		   "gatehouse scan --results answers.jsonl | grep -v '\"verdict\":\"allow\"'\n",
	.options = scan_options,
	.args_max = 1000,
	.run = run_scan,
};
