/* gatehouse policy import */
#include "author/intercept.h"
#include "base/file.h"
#include "base/limits.h"
#include "cli/commands.h"

static void write_notes(struct buf *b, const char *file, const struct import_notes *notes)
{
	/* What would be different no longer matters when nothing is imported. */
	for (size_t i = 0; i < notes->n; i++)
		if (notes->v[i].is_error || !notes->errors)
			buf_addf(b, "%s:%d:%d: %s%s\n", file, notes->v[i].line, notes->v[i].column,
			 notes->v[i].is_error ? "" : "note: ", notes->v[i].text);
}

static void write_json(struct buf *b, const struct import_notes *notes, struct slice document)
{
	buf_adds(b, "{\"notes\":[");
	for (size_t i = 0; i < notes->n; i++) {
		buf_addf(b, "%s{\"line\":%d,\"column\":%d,\"error\":%s,\"text\":", i ? "," : "", notes->v[i].line,
			 notes->v[i].column, notes->v[i].is_error ? "true" : "false");
		buf_add_json_string(b, slice_str(notes->v[i].text));
		buf_addc(b, '}');
	}
	buf_adds(b, "],\"document\":");
	buf_add_slice(b, document.n ? document : SLICE_LIT("null"));
	buf_adds(b, "}\n");
}

static int run(struct cli *c)
{
	struct buf text = BUF_INIT(LIMIT_CONFIG_BYTES), document = BUF_INIT(4 * LIMIT_POLICY_BYTES),
		   out = BUF_INIT(64u << 20), told = BUF_INIT(1u << 20);
	struct import_notes notes = { 0 };
	struct err e = { 0 };
	const char *scope = cli_value(c, "scope"), *file = c->args[0];
	if (scope && strcmp(scope, "grant") != 0 && strcmp(scope, "session") != 0 && strcmp(scope, "server") != 0)
		return cli_fail(CLI_WRONG, "'--scope %.20s' is none of grant, session, server", scope);
	int code = file_read(file, &text, &e) ? CLI_OK : cli_fail(CLI_WRONG, "%s", e.text);
	if (code == CLI_OK) {
		bool is_good = intercept_import(slice_of(text.p ? text.p : "", text.n), scope ? scope : "server",
						&document, &notes);
		if (c->is_json) {
			write_json(&out, &notes, buf_slice(&document));
		} else {
			write_notes(&told, file, &notes);
			fputs(buf_str(&told), stderr);
			buf_add_slice(&out, buf_slice(&document));
		}
		code = cli_print(&out);
		if (!is_good)
			code = cli_fail(CLI_WRONG, "'%s' is not imported", file);
	}
	import_notes_release(&notes);
	buf_release(&text);
	buf_release(&document);
	buf_release(&told);
	return code;
}

static const struct cli_option options[] = {
	{ "scope", "SCOPE", "who shares a counter: grant, session, or server (default), as it is there", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_policy_import = {
	.name = "policy import",
	.usage = "FILE",
	.summary = "turn a policy of Intercept (YAML) into one of ours",
	.details =
		"Prints the document. On standard error stands a note, with line and column, for everything that decides differently "
		"here. What cannot be said here refuses the tool, and the note says so; a file that Intercept itself would refuse is "
		"refused with every mistake.",
	.example = "gatehouse policy import intercept.yaml > policy.json\n",
	.options = options,
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
