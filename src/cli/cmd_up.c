/* gatehouse up */
#include "app/gateway.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "console/console.h"
#include "people/people.h"
#include <unistd.h>

struct up {
	struct cli *c;
	const char *file; /* NULL: none, and none could be written */
	bool is_first;    /* nothing was kept in the data folder before */
	const char *data_dir, *console_url; /* console_url NULL: where the gate listens */
	bool has_console;
};

/* A first start explains itself. A folder that cannot be written is no reason not to run. */
static const char *find_or_write_file(struct cli *c)
{
	const char *file = place_config_file(c);
	struct buf text = BUF_INIT(1u << 20);
	struct err e = { 0 };
	if (file)
		return file;
	config_write_default(&text);
	bool is_written = file_create(CONFIG_FILE, 0644, buf_slice(&text), &e);
	buf_release(&text);
	if (is_written)
		cli_note("'" CONFIG_FILE "' is written, with every setting at its default");
	else
		cli_note("%s; going on with the defaults", e.text);
	return is_written ? CONFIG_FILE : NULL;
}

/* Mistakes inside a policy of the file, at their places. */
static bool check_policies(const struct config *config, struct buf *told)
{
	bool is_good = true;
	for (size_t i = 0; i < config->policy_n; i++) {
		const struct config_policy *one = &config->policies[i];
		struct policy_problems problems = { 0 };
		struct policy *policy = policy_new(one->text, &problems);
		for (size_t j = 0; j < problems.n; j++) {
			const struct policy_problem *p = &problems.v[j];
			const char *file;
			int line, column;
			config_policy_place(config, one, slice_str(p->pointer), &file, &line,
					    &column);
			buf_addf(told, "%s:%d:%d: %s%s\n", file, one->file ? p->line : line,
				 one->file ? p->column : column, p->is_warning ? "warning: " : "",
				 p->text);
		}
		is_good = is_good && policy;
		if (policy)
			policy_unref(&policy);
		policy_problems_release(&problems);
	}
	return is_good;
}

/* NULL when there is a mistake; all of them are in told. */
static struct config *read_config(const struct up *u, struct buf *told)
{
	struct config_opts o = { .file = u->file, .data_dir = u->c->data_dir };
	struct config_problems problems;
	struct config *config = config_load(&o, &problems);
	config_problems_write(told, &problems);
	config_problems_release(&problems);
	if (config && !check_policies(config, told))
		config_unref(&config);
	return config;
}

static struct config *read_again(void *ctx, struct err *e)
{
	const struct up *u = ctx;
	struct buf told = BUF_INIT(1u << 20);
	struct config *config = read_config(u, &told);
	if (!config)
		err_set(e, ERR_INPUT, "%.*s", (int)strcspn(buf_str(&told), "\n"), buf_str(&told));
	buf_release(&told);
	return config;
}

/* The link that makes the first admin, while nobody is there; each start makes a new one. Empty: none is needed. */
static bool make_link(const struct up *u, char out[PEOPLE_SECRET_SIZE], struct err *e)
{
	struct store_opts o = { .data_dir = u->data_dir };
	struct store *s = store_open(&o, e);
	struct people *p = s ? people_open(s, e) : NULL;
	bool is_needed = false;
	bool is_done = p && people_needs_setup(p, &is_needed, e);
	out[0] = '\0';
	if (is_done && is_needed)
		is_done = people_link_new(p, NULL, out, e) == PEOPLE_OK;
	people_close(&p);
	store_close(&s);
	return is_done;
}

static void tell_console(const struct up *u, const char *url)
{
	char link[PEOPLE_SECRET_SIZE];
	struct err e = { 0 };
	const char *base = u->console_url ? u->console_url : url;
	if (!make_link(u, link, &e))
		cli_note("cannot make a link for the first admin: %s", e.text);
	if (u->c->is_json && link[0])
		printf(",\"setup_url\":\"%s/setup#token=%s\"", base, link);
	if (!u->c->is_json && !link[0])
		printf("console:          %s\n", base);
	if (!u->c->is_json && link[0])
		printf("console:          %s/setup#token=%s\n"
		       "                  (makes the first admin: works once, until the next start or for a day)\n",
		       base, link);
	explicit_bzero(link, sizeof link);
}

static void on_ready(void *ctx, const char *url)
{
	const struct up *u = ctx;
	if (u->c->is_json)
		printf("{\"url\":\"%s\",\"version\":\"%s\"", url, GATEHOUSE_VERSION);
	else
		printf("gatehouse " GATEHOUSE_VERSION " answers at %s/mcp/<server>\n", url);
	if (u->has_console && console_is_built())
		tell_console(u, url);
	if (u->c->is_json)
		printf("}\n");
	if (u->is_first && !u->c->is_json)
		printf("add a server:     gatehouse server add NAME URL, or gatehouse server add NAME -- COMMAND…\n"
		       "say what it may:  gatehouse policy apply POLICY FILE\n"
		       "let an agent in:  gatehouse grant add LABEL --server NAME=POLICY\n");
	fflush(stdout);
}

static int run(struct cli *c)
{
	struct up u = { .c = c, .file = find_or_write_file(c) };
	struct buf told = BUF_INIT(1u << 20);
	struct err e = { 0 };
	struct config *config = read_config(&u, &told);
	fputs(buf_str(&told), stderr);
	buf_release(&told);
	if (!config)
		return cli_fail(CLI_WRONG, "not started: correct the configuration first");
	log_set_level(config->log_level);
	char *database = arena_printf(&c->arena, "%s/gatehouse.db", config->data_dir);
	u.is_first = database && access(database, F_OK) != 0;
	u.data_dir = config->data_dir;
	u.has_console = config->has_console;
	u.console_url = config->console_url ? config->console_url : config->approvals_url;
	struct gateway_opts o = { .config = config,
				  .read_again = read_again,
				  .on_ready = on_ready,
				  .ctx = &u };
	bool is_good = gateway_run(&o, &e);
	config_unref(&config);
	return is_good ? CLI_OK : cli_fail_err(&e);
}

const struct cli_command cmd_up = {
	.name = "up",
	.usage = "",
	.summary = "run the gate, until Ctrl-C or SIGTERM",
	.details =
		"It needs no file: the first start writes a gatehouse.yaml with every setting in it and prints the address. Ctrl-C "
		"lets calls under way finish; a second one does not. SIGHUP reads the file anew.",
	.example = "gatehouse up\ngatehouse up --config /etc/gatehouse/gatehouse.yaml\n",
	.run = run,
};
