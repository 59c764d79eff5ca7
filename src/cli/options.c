/* Options of one command, by its table and the table of those that all commands have. */
#include "cli/options.h"
#include "base/nearest.h"

#define OPTIONS_MAX 64 /* in the table of one command */

const struct cli_option cli_common_options[] = {
	{ "config", "FILE", "the configuration; default: $GATEHOUSE_CONFIG, else ./gatehouse.yaml",
	  false },
	{ "data-dir", "DIR", "where the gate keeps its data; default: as the configuration says",
	  false },
	{ "json", NULL, "print the result as JSON", false },
	{ "help", NULL, "print this", false },
	{ NULL, NULL, NULL, false },
};

static const struct cli_option *find_in(const struct cli_option *table, struct slice name)
{
	for (; table && table->name; table++)
		if (slice_is(name, table->name))
			return table;
	return NULL;
}

static bool refuse_unknown(const struct cli *c, struct slice name, struct err *e)
{
	const char *known[OPTIONS_MAX + 1];
	size_t n = 0;
	for (const struct cli_option *o = c->command->options; o && o->name && n < OPTIONS_MAX; o++)
		known[n++] = o->name;
	for (const struct cli_option *o = cli_common_options; o->name && n < OPTIONS_MAX; o++)
		known[n++] = o->name;
	known[n] = NULL;
	const char *near = nearest_word(name, known);
	if (near)
		return err_set(e, ERR_INPUT, "'%s' has no option '--%.*s' (did you mean '--%s'?)",
			       c->command->name, (int)(name.n > 60 ? 60 : name.n), name.p, near);
	return err_set(e, ERR_INPUT, "'%s' has no option '--%.*s'; see 'gatehouse %s --help'",
		       c->command->name, (int)(name.n > 60 ? 60 : name.n), name.p,
		       c->command->name);
}

static bool take_common(struct cli *c, const char *name, const char *value)
{
	if (strcmp(name, "json") == 0)
		c->is_json = true;
	else if (strcmp(name, "help") == 0)
		c->wants_help = true;
	else if (strcmp(name, "config") == 0)
		c->config_file = value;
	else
		c->data_dir = value;
	return true;
}

static bool take_option(struct cli *c, const struct cli_option *o, const char *value,
			bool is_common, struct err *e)
{
	for (size_t i = 0; i < c->given_n; i++)
		if (!o->is_many && o->value && strcmp(c->given[i].name, o->name) == 0)
			return err_set(e, ERR_INPUT, "option '--%s' is given twice", o->name);
	if (o->value && !value[0])
		return err_set(e, ERR_INPUT, "option '--%s' needs a %s that is not empty", o->name,
			       o->value);
	c->given[c->given_n++] = (struct cli_given){ o->name, value };
	return !is_common || take_common(c, o->name, value);
}

/* word is "--name", "--name=value" or "-h". *at is moved past a value that stands behind it. */
static bool read_option(struct cli *c, char *const *words, size_t n, size_t *at, struct err *e)
{
	const char *word = words[*at], *equals = strchr(word, '=');
	struct slice name = word[1] != '-' ? slice_str(word + 1)
	                    : equals       ? slice_of(word + 2, (size_t)(equals - word - 2))
	                                   : slice_str(word + 2);
	if (word[1] != '-' && strcmp(word, "-h") != 0)
		return err_set(e, ERR_INPUT,
			       "there are no short options: '%.60s'; see 'gatehouse %s --help'",
			       word, c->command->name);
	if (word[1] != '-')
		name = SLICE_LIT("help");
	const struct cli_option *own = find_in(c->command->options, name),
				*o = own ? own : find_in(cli_common_options, name);
	if (!o)
		return refuse_unknown(c, name, e);
	if (!o->value && equals && word[1] == '-')
		return err_set(e, ERR_INPUT, "option '--%s' takes no value", o->name);
	const char *value = o->value && equals ? equals + 1 : NULL;
	if (o->value && !value) {
		if (*at + 1 >= n)
			return err_set(e, ERR_INPUT, "option '--%s' needs a %s", o->name, o->value);
		value = words[++*at];
	}
	return take_option(c, o, value, !own, e);
}

static bool check_count(const struct cli *c, struct err *e)
{
	const struct cli_command *m = c->command;
	if (c->arg_n < m->args_min)
		return err_set(e, ERR_INPUT, "too few arguments: gatehouse %s %s", m->name,
			       m->usage);
	if (c->arg_n > m->args_max)
		return err_set(e, ERR_INPUT, "too many arguments, from '%.60s' on: gatehouse %s %s",
			       c->args[m->args_max], m->name, m->usage);
	return true;
}

bool options_parse(struct cli *c, char *const *words, size_t n, struct err *e)
{
	const char **args = arena_zalloc(&c->arena, (n + 1) * sizeof *args);
	c->given = arena_zalloc(&c->arena, (n + 1) * sizeof *c->given);
	if (!args || !c->given)
		return err_set(e, ERR_LIMIT, "the command line is too long");
	c->args = args;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(words[i], "--") == 0 && c->command->takes_command) {
			const char **argv = arena_zalloc(&c->arena, (n - i) * sizeof *argv);
			for (size_t j = i + 1; argv && j < n; j++)
				argv[j - i - 1] = words[j];
			c->argv = argv;
			break;
		}
		if (words[i][0] != '-' || !words[i][1])
			args[c->arg_n++] = words[i]; /* "-" is standard input */
		else if (strcmp(words[i], "--") != 0 && !read_option(c, words, n, &i, e))
			return c->wants_help;
	}
	return c->wants_help || check_count(c, e);
}

const char *cli_next_value(const struct cli *c, const char *option, size_t *at)
{
	while (*at < c->given_n) {
		const struct cli_given *g = &c->given[(*at)++];
		if (strcmp(g->name, option) == 0)
			return g->value;
	}
	return NULL;
}

const char *cli_value(const struct cli *c, const char *option)
{
	const char *found = NULL;
	size_t at = 0;
	for (const char *v; (v = cli_next_value(c, option, &at));)
		found = v;
	return found;
}

bool cli_has(const struct cli *c, const char *option)
{
	for (size_t i = 0; i < c->given_n; i++)
		if (strcmp(c->given[i].name, option) == 0)
			return true;
	return false;
}
