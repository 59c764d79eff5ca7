/* The command line: options, suggestions, tables, help, and that the manual is as the program prints it. */
#include "base/check.h"
#include "base/file.h"
#include "base/nearest.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/snippet.h"
#include "cli/table.h"
#include "config/config.h"
#include "json/json.h"
#include "tap.h"

static int run_nothing(struct cli *c)
{
	(void)c;
	return CLI_OK;
}

static const struct cli_option options[] = {
	{ "name", "TEXT", "one", false },
	{ "tag", "TEXT", "many", true },
	{ "flag", NULL, "none", false },
	{ NULL, NULL, NULL, false },
};
static const struct cli_command command = {
	.name = "x y", .usage = "A [B]", .summary = "s", .example = "e\n", .options = options,
	.args_min = 1, .args_max = 2, .takes_command = true, .run = run_nothing,
};

struct parsed {
	struct cli c;
	struct err e;
	bool is_good;
};

/* words: separated by single spaces; "_" stands for an empty word. */
static struct parsed parse(const char *line)
{
	static char copy[1000];
	static char *words[100];
	size_t n = 0;
	struct parsed p = { .c = { .command = &command } };
	arena_init(&p.c.arena, 1 << 20);
	snprintf(copy, sizeof copy, "%s", line);
	for (char *at = copy; *at; n++) {
		char *end = strchr(at, ' ');
		words[n] = at;
		if (end)
			*end = '\0';
		if (strcmp(at, "_") == 0)
			*at = '\0';
		at = end ? end + 1 : copy + strlen(line);
	}
	p.is_good = options_parse(&p.c, words, n, &p.e);
	return p;
}

static void test_options(void)
{
	struct parsed p = parse(
		"a --name one b --tag=x --tag y=z --flag --json --data-dir d -- prog --name q");
	size_t at = 0;
	ok(p.is_good && p.c.arg_n == 2 && strcmp(p.c.args[1], "b") == 0,
	   "options may stand between arguments");
	ok(strcmp(cli_value(&p.c, "name"), "one") == 0 && cli_has(&p.c, "flag"),
	   "a value and a flag");
	ok(strcmp(cli_next_value(&p.c, "tag", &at), "x") == 0 &&
		   strcmp(cli_next_value(&p.c, "tag", &at), "y=z") == 0 &&
		   !cli_next_value(&p.c, "tag", &at),
	   "an option that is given twice");
	ok(p.c.is_json && strcmp(p.c.data_dir, "d") == 0 && !p.c.config_file, "common options");
	ok(p.c.argv && strcmp(p.c.argv[1], "--name") == 0 && strcmp(p.c.argv[2], "q") == 0 &&
		   !p.c.argv[3],
	   "the program behind --");
	arena_release(&p.c.arena);
	p = parse("- --name=a=b");
	ok(p.is_good && strcmp(p.c.args[0], "-") == 0 &&
		   strcmp(cli_value(&p.c, "name"), "a=b") == 0,
	   "- is an argument");
	ok(!p.c.argv && !cli_value(&p.c, "tag") && !cli_has(&p.c, "flag"),
	   "what is not given is absent");
	arena_release(&p.c.arena);
	p = parse("a --");
	ok(p.is_good && p.c.argv && !p.c.argv[0], "nothing behind -- is an empty program");
	arena_release(&p.c.arena);
}

static void test_wrong_options(void)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{ "a --nmae x", "'x y' has no option '--nmae' (did you mean '--name'?)" },
		{ "a --jsn", "'x y' has no option '--jsn' (did you mean '--json'?)" },
		{ "a --zzzzzzzz", "'x y' has no option '--zzzzzzzz'; see 'gatehouse x y --help'" },
		{ "a --name", "option '--name' needs a TEXT" },
		{ "a --name _", "option '--name' needs a TEXT that is not empty" },
		{ "a --name=", "option '--name' needs a TEXT that is not empty" },
		{ "a --name x --name y", "option '--name' is given twice" },
		{ "a --data-dir x --data-dir y", "option '--data-dir' is given twice" },
		{ "a --flag=1", "option '--flag' takes no value" },
		{ "a -x", "there are no short options: '-x'; see 'gatehouse x y --help'" },
		{ "", "too few arguments: gatehouse x y A [B]" },
		{ "a b c", "too many arguments, from 'c' on: gatehouse x y A [B]" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct parsed p = parse(cases[i].line);
		ok(!p.is_good && strcmp(p.e.text, cases[i].said) == 0, "'%s': %s", cases[i].line,
		   p.e.text);
		arena_release(&p.c.arena);
	}
	struct parsed p = parse("--name x --help");
	ok(p.is_good && p.c.wants_help, "help needs no arguments");
	arena_release(&p.c.arena);
	p = parse("-h");
	ok(p.is_good && p.c.wants_help, "-h is --help");
	arena_release(&p.c.arena);
}

static void test_nearest(void)
{
	static const char *const known[] = { "policy check", "status", "server add", NULL };
	ok(strcmp(nearest_word(SLICE_LIT("polcy chekc"), known), "policy check") == 0,
	   "swapped and dropped letters");
	ok(strcmp(nearest_word(SLICE_LIT("stauts"), known), "status") == 0, "one swap");
	ok(!nearest_word(SLICE_LIT("grant"), known), "nothing is near");
	ok(nearest_distance(SLICE_LIT("abc"), SLICE_LIT("abc")) == 0 &&
		   nearest_distance(SLICE_LIT(""), SLICE_LIT("ab")) == 2,
	   "distances");
	struct buf b = BUF_INIT(1000);
	for (int i = 0; i < 65; i++)
		buf_addc(&b, 'a');
	ok(nearest_distance(buf_slice(&b), buf_slice(&b)) == 130,
	   "words of 65 bytes are far from everything");
	ok(nearest_distance(slice_of(b.p, 64), slice_of(b.p, 64)) == 0,
	   "those of 64 bytes are compared");
	buf_release(&b);
}

static void test_table(void)
{
	static const char *const headings[] = { "A", "LONG", "Z", NULL };
	const char *rows[][3] = { { "1", NULL, "last" },
				  { "\xc3\xa9t\xc3\xa9", "x\x1b[2Jy",
				    "a\nb \xe2\x80\xae"
				    "c \xff" } };
	struct arena a;
	struct table t;
	struct buf b = BUF_INIT(1 << 16);
	arena_init(&a, 1 << 20);
	table_init(&t, &a, headings);
	table_add(&t, rows[0]);
	table_add(&t, rows[1]);
	table_write(&b, &t, 0);
	ok(strcmp(buf_str(&b),
		  "A    LONG    Z\n1    -       last\n\xc3\xa9t\xc3\xa9  x?[2Jy  a b ?c ?\n") == 0,
	   "columns are aligned, controls and overrides are not shown");
	buf_clear(&b);
	table_write(&b, &t, 21);
	ok(strstr(buf_str(&b), "  a b ?c ?\n"), "the last column has at least eight characters");
	buf_clear(&b);
	table_add_safe(&b, SLICE_LIT("123456789"), 5);
	ok(strcmp(buf_str(&b), "1234\xe2\x80\xa6") == 0, "what is cut says so");
	buf_clear(&b);
	table_add_safe(&b, SLICE_LIT("12345"), 5);
	ok(strcmp(buf_str(&b), "12345") == 0, "what fits is not cut");
	buf_release(&b);
	arena_release(&a);
}

static bool is_lower_without_stop(const char *s)
{
	size_t n = strlen(s);
	return n && s[0] >= 'a' && s[0] <= 'z' && s[n - 1] != '.';
}

static void test_commands(void)
{
	const struct cli_command *m;
	struct buf b = BUF_INIT(1 << 20);
	for (size_t i = 0; (m = cli_command_at(i)); i++) {
		char call[100];
		snprintf(call, sizeof call, "gatehouse %s", m->name);
		ok(m == cli_command_find(m->name) && m->run && m->usage, "%s is in the table once",
		   m->name);
		ok(strncmp(m->example, call, strlen(call)) == 0 &&
			   m->example[strlen(m->example) - 1] == '\n',
		   "%s has an example", m->name);
		ok(is_lower_without_stop(m->summary), "%s has a summary", m->name);
		bool is_fine = true;
		for (const struct cli_option *o = m->options; o && o->name; o++) {
			for (const struct cli_option *c = cli_common_options; c->name; c++)
				is_fine &= strcmp(o->name, c->name) != 0;
			is_fine &= o->help[strlen(o->help) - 1] != '.';
		}
		ok(is_fine, "%s has options of its own", m->name);
		buf_clear(&b);
		help_write_command(&b, m);
		ok(strstr(buf_str(&b), m->summary) && strstr(b.p, "--json") &&
			   strstr(b.p, "\nexample:\n  gatehouse "),
		   "%s explains itself", m->name);
	}
	buf_clear(&b);
	ok(help_write_noun(&b, "policy") && strstr(buf_str(&b), "policy apply") &&
		   !strstr(b.p, "server add"),
	   "a noun lists its verbs");
	ok(!help_write_noun(&b, "polic") && !help_write_noun(&b, "up"), "what is no noun does not");
	buf_clear(&b);
	help_write_exit_codes(&b);
	ok(strncmp(buf_str(&b), "  0  done", 9) == 0, "exit codes are explained");
	buf_release(&b);
}

/* The pages are printed by the program: gatehouse help --markdown, gatehouse help --configuration. */
static void test_pages(void)
{
	static const struct {
		const char *page, *command;
		void (*write)(struct buf *b);
	} pages[] = {
		{ "cli.md", "gatehouse help --markdown", help_write_manual },
		{ "configuration.md", "gatehouse help --configuration", config_write_manual },
	};
	const char *cases = getenv("GH_CASES");
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		struct buf printed = BUF_INIT(1 << 20), stored = BUF_INIT(1 << 20);
		struct err e = { 0 };
		char path[1000];
		snprintf(path, sizeof path, "%s/../../docs/%s", cases ? cases : "tests/cases",
			 pages[i].page);
		pages[i].write(&printed);
		bool is_read = file_read(path, &stored, &e);
		ok(is_read && slice_eq(buf_slice(&printed), buf_slice(&stored)),
		   "docs/%s is what '%s' prints %s", pages[i].page, pages[i].command, e.text);
		buf_release(&printed);
		buf_release(&stored);
	}
}

static void test_snippet(void)
{
	static const struct store_binding v[] = { { "one", "p" }, { "two", NULL } };
	struct buf b = BUF_INIT(1 << 20);
	struct arena a;
	arena_init(&a, 1 << 20);
	snippet_write(&b, "http://127.0.0.1:8811", "gh_x", v, ARRAY_LEN(v));
	ok(strstr(buf_str(&b),
		  "claude mcp add --transport http two http://127.0.0.1:8811/mcp/two --header \"Authorization: Bearer gh_x\"\n"),
	   "a line for each server");
	size_t documents = 0;
	for (const char *at = strstr(b.p, "\n  {\n"); at; at = strstr(at + 1, "\n  {\n")) {
		const char *end = strstr(at, "\n  }\n");
		const struct json *json =
			end ? json_read(slice_of(at, (size_t)(end + 5 - at)), &a, NULL) : NULL;
		documents += json_count(json_gets(json, "mcpServers")) == 2;
	}
	ok(documents == 2, "settings are JSON that can be pasted");
	buf_release(&b);
	arena_release(&a);
}

int main(void)
{
	test_options();
	test_wrong_options();
	test_nearest();
	test_table();
	test_commands();
	test_pages();
	test_snippet();
	return tap_done();
}
