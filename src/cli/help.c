/* Help texts, printed from the table of commands. */
#include "cli/help.h"
#include "base/nearest.h"
#include "cli/options.h"

#define COMMANDS_MAX 128

static const struct {
	enum cli_exit code;
	const char *text;
} exit_codes[] = {
	{ CLI_OK, "done; for a question: yes" },
	{ CLI_FAILED, "it was tried and failed, or the answer is no" },
	{ CLI_WRONG, "wrong usage, configuration or policy; nothing was changed" },
	{ CLI_UNREACHABLE, "no gate runs on this data folder, or it does not answer" },
};

static void add_padded(struct buf *b, const char *text, size_t width)
{
	size_t n = strlen(text);
	buf_adds(b, text);
	for (; n < width; n++)
		buf_addc(b, ' ');
}

void help_write_exit_codes(struct buf *b)
{
	for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++)
		buf_addf(b, "  %d  %s\n", (int)exit_codes[i].code, exit_codes[i].text);
}

void help_write_overview(struct buf *b)
{
	const struct cli_command *m;
	buf_adds(b, "gatehouse " GATEHOUSE_VERSION
		    ": decides what AI agents may do with MCP servers\n\n"
		    "usage: gatehouse COMMAND [OPTIONS] [ARGUMENTS]\n\n");
	for (size_t i = 0; (m = cli_command_at(i)); i++) {
		buf_adds(b, "  ");
		add_padded(b, m->name, 17);
		buf_addf(b, "%s\n", m->summary);
	}
	buf_adds(
		b,
		"\n'gatehouse COMMAND --help' has options and an example, 'gatehouse help exit-codes' the exit codes.\n");
}

static void add_options(struct buf *b, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		char left[80];
		snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		buf_adds(b, "  ");
		add_padded(b, left, 24);
		if (strlen(left) > 23)
			buf_adds(b, "\n                          ");
		buf_addf(b, "%s%s\n", o->help, o->is_many ? " (more than once)" : "");
	}
}

static void add_usage(struct buf *b, const struct cli_command *m)
{
	buf_addf(b, "gatehouse %s%s%s%s\n", m->name, m->options ? " [OPTIONS]" : "",
		 m->usage[0] ? " " : "", m->usage);
}

/* A paragraph's lines of at most 100 columns. */
static void add_wrapped(struct buf *b, const char *text)
{
	size_t at = 0;
	while (*text) {
		size_t n = strcspn(text, " \n");
		if (at && at + 1 + n > 100) {
			buf_addc(b, '\n');
			at = 0;
		} else if (at) {
			buf_addc(b, ' ');
			at++;
		}
		buf_add_slice(b, slice_of(text, n));
		at += n;
		text += n;
		if (*text == '\n') {
			buf_addc(b, '\n');
			at = 0;
		}
		text += *text ? 1 : 0;
	}
	buf_addc(b, '\n');
}

void help_write_command(struct buf *b, const struct cli_command *m)
{
	buf_addf(b, "gatehouse %s: %s\n\nusage: ", m->name, m->summary);
	add_usage(b, m);
	if (m->details) {
		buf_addc(b, '\n');
		add_wrapped(b, m->details);
	}
	buf_adds(b, "\noptions:\n");
	add_options(b, m->options);
	add_options(b, cli_common_options);
	buf_adds(b, "\nexample:\n");
	for (const char *line = m->example; *line;) {
		size_t n = strcspn(line, "\n");
		buf_addf(b, "  %.*s\n", (int)n, line);
		line += n + (line[n] != '\0');
	}
}

static bool is_of_noun(const struct cli_command *m, const char *noun)
{
	size_t n = strlen(noun);
	return strncmp(m->name, noun, n) == 0 && m->name[n] == ' ';
}

bool help_write_noun(struct buf *b, const char *noun)
{
	const struct cli_command *m;
	bool is_known = false;
	for (size_t i = 0; (m = cli_command_at(i)); i++) {
		if (!is_of_noun(m, noun))
			continue;
		if (!is_known)
			buf_addf(b, "usage: gatehouse %s COMMAND [OPTIONS] [ARGUMENTS]\n\n", noun);
		is_known = true;
		buf_adds(b, "  ");
		add_padded(b, m->name, 17);
		buf_addf(b, "%s\n", m->summary);
	}
	return is_known;
}

const char *help_nearest(const char *words)
{
	/* Nouns alone are meant, too: "polcy". */
	const char *known[COMMANDS_MAX + 6] = { "policy", "server", "grant", "user", "token" };
	const struct cli_command *m;
	size_t n = 5;
	for (size_t i = 0; n < COMMANDS_MAX + 5 && (m = cli_command_at(i)); i++)
		known[n++] = m->name;
	known[n] = NULL;
	return nearest_word(slice_str(words), known);
}

static void add_manual_options(struct buf *b, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		buf_addf(b, "| `--%s%s%s` | %s%s |\n", o->name, o->value ? " " : "",
			 o->value ? o->value : "", o->help, o->is_many ? " (more than once)" : "");
	}
}

static void add_manual_command(struct buf *b, const struct cli_command *m)
{
	buf_addf(b, "\n## gatehouse %s\n\n%c%s.\n\n```text\n", m->name, m->summary[0] - ('a' - 'A'),
		 m->summary + 1);
	add_usage(b, m);
	buf_adds(b, "```\n");
	if (m->details) {
		buf_addc(b, '\n');
		add_wrapped(b, m->details);
	}
	if (m->options) {
		buf_adds(b, "\n| option | |\n|---|---|\n");
		add_manual_options(b, m->options);
	}
	buf_addf(b, "\n```sh\n%s```\n", m->example);
}

void help_write_manual(struct buf *b)
{
	const struct cli_command *m;
	buf_adds(b, "# The command line\n\n"
	            "<!-- Printed by `gatehouse help --markdown`; edit the commands in src/cli/ instead. -->\n\n"
	            "Results go to standard output, everything else to standard error. Commands that read or change servers,\n"
	            "policies and grants work on the data folder itself, whether a gate runs or not; a running gate is then\n"
	            "told over its Unix socket, and the command returns when what it changed is in force.\n\n"
	            "Every command has these options:\n\n| option | |\n|---|---|\n");
	add_manual_options(b, cli_common_options);
	buf_adds(b, "\n| exit code | |\n|---|---|\n");
	for (size_t i = 0; i < ARRAY_LEN(exit_codes); i++)
		buf_addf(b, "| %d | %s |\n", (int)exit_codes[i].code, exit_codes[i].text);
	for (size_t i = 0; (m = cli_command_at(i)); i++)
		add_manual_command(b, m);
}
