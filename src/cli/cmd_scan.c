/* gatehouse scan: what the scanner finds in texts and in definitions of tools, from files alone */
#include "scan/scan.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"
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

static int run_scan(struct cli *c)
{
	const char *definitions = cli_value(c, "definitions"), *results = cli_value(c, "results");
	const char *file = definitions ? definitions : results;
	struct buf text = BUF_INIT(LIMIT_ADMIN_BYTES * 4), out = BUF_INIT(LIMIT_ADMIN_BYTES * 4);
	struct err e = { 0 };
	if (!definitions == !results)
		return cli_fail(CLI_WRONG, "name one: --definitions FILE, or --results FILE");
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
	{ "definitions", "FILE", "definitions of tools, one row a line", false },
	{ "results", "FILE", "texts that tools answered, one row a line", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_scan = {
	.name = "scan",
	.usage = "",
	.summary = "look for secrets, personal data and orders to the model in texts",
	.details =
		"Reads JSON Lines and prints one object a line: {\"id\"?, \"verdict\": \"allow\"|\"flag\"|\"block\"|\"redact\", "
		"\"findings\": [{\"kind\", \"name\", \"certainty\", \"start\", \"length\", \"in\"?}]}, with start and length in bytes. "
		"With --results a row is {\"text\": …}. With --definitions it is a tool as a server lists it, or an object with `tools`, "
		"with `before` and `after` (the same tools at two times), and with `server` and `peers` (what other servers offer: "
		"[{server, tools}]); `in` is then a JSON Pointer into the row.\n\n"
		"flag and block are findings of injection, likely and certain; redact is a secret or personal data. A finding is a "
		"hint for a person and no proof, and that nothing was found proves nothing. Exit code 0 says that the file was read.",
	.example = "gatehouse scan --definitions tools.jsonl\n"
		   "gatehouse scan --results answers.jsonl | grep -v '\"verdict\":\"allow\"'\n",
	.options = scan_options,
	.run = run_scan,
};
