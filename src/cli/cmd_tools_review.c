/* gatehouse tools review, accept, reject: in the store, and then in force where a gate runs on it. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/pin_show.h"
#include "cli/place.h"
#include <pwd.h>
#include <unistd.h>

/* "SERVER" or "SERVER/TOOL"; a tool's name may have a '/', a server's has none. */
struct wanted {
	const char *server, *tool; /* NULL: all */
};

static struct wanted read_wanted(struct cli *c)
{
	struct wanted w = { NULL, NULL };
	const char *word = c->arg_n ? c->args[0] : NULL, *slash = word ? strchr(word, '/') : NULL;
	w.server = word && slash ? arena_strndup(&c->arena, word, (size_t)(slash - word)) : word;
	w.tool = slash ? slash + 1 : NULL;
	return w;
}

struct waiting {
	const struct store_pin **v;
	size_t n;
};

/* rejected: also what was said no to. */
static bool find(struct cli *c, struct store *s, const struct wanted *w, bool rejected, struct waiting *out, struct err *e)
{
	struct store_pin *all;
	size_t n;
	out->n = 0;
	if (!store_pins(s, w->server, true, &c->arena, &all, &n, e))
		return false;
	out->v = arena_alloc(&c->arena, (n + 1) * sizeof *out->v);
	for (size_t i = 0; out->v && i < n; i++)
		if ((!w->tool || strcmp(all[i].tool, w->tool) == 0) && (rejected || w->tool || !all[i].is_rejected))
			out->v[out->n++] = &all[i];
	return out->v || err_set(e, ERR_LIMIT, "more waits than can be shown at once: name the tool");
}

static void add_json(struct buf *b, const struct waiting *w)
{
	buf_adds(b, "{\"tools\":[");
	for (size_t i = 0; i < w->n; i++) {
		buf_adds(b, i ? "," : "");
		store_pin_write_json(b, w->v[i]);
	}
	buf_adds(b, "]}\n");
}

static void add_text(struct buf *b, struct cli *c, const struct wanted *wanted, const struct waiting *w)
{
	char digits[PIN_SHOWN + 1];
	for (size_t i = 0; i < w->n; i++)
		pin_show(b, c, w->v[i]);
	if (!w->n)
		buf_adds(b, "nothing waits for a review\n");
	if (!wanted->server || wanted->tool || w->n < 2)
		return;
	pin_digits(w->v, w->n, digits);
	buf_addf(b, "all %zu at once: gatehouse tools accept %s --pin %s\n", w->n, wanted->server, digits);
}

static int run_review(struct cli *c)
{
	struct buf b = BUF_INIT((size_t)256 << 20);
	struct wanted wanted = read_wanted(c);
	struct waiting w;
	struct place p;
	struct err e = { 0 };
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	bool is_good = find(c, p.store, &wanted, cli_has(c, "rejected"), &w, &e);
	if (is_good && c->is_json)
		add_json(&b, &w);
	else if (is_good)
		add_text(&b, c, &wanted, &w);
	place_close(&p);
	return is_good ? cli_print(&b) : cli_fail_err(&e);
}

/* Without --pin a person at a terminal is shown what it is and asked. */
static int check_pin(struct cli *c, const struct wanted *wanted, const struct waiting *w, const char *what)
{
	char digits[PIN_SHOWN + 1], line[16];
	const char *pin = cli_value(c, "pin");
	pin_digits(w->v, w->n, digits);
	if (pin && w->n == 1)
		return CLI_OK; /* the store compares it with the whole */
	if (pin && strcmp(pin, digits) != 0)
		return cli_fail(CLI_WRONG, "what waits is not what was shown any more; look at it again: gatehouse tools review %s", wanted->server);
	if (pin)
		return CLI_OK;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return cli_fail(CLI_WRONG, "say what you looked at: --pin and the digits that 'gatehouse tools review %s%s%s' shows", wanted->server,
				wanted->tool ? "/" : "", wanted->tool ? wanted->tool : "");
	struct buf b = BUF_INIT((size_t)256 << 20);
	add_text(&b, c, wanted, w);
	int code = cli_print(&b);
	if (code != CLI_OK)
		return code;
	fprintf(stdout, "%s %s? [y/N] ", what, w->n > 1 ? "all of it" : "it");
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin) || (line[0] != 'y' && line[0] != 'Y'))
		return cli_fail(CLI_FAILED, "nothing was changed");
	return CLI_OK;
}

static bool decide(struct cli *c, struct store *s, const struct waiting *w, bool is_yes, struct err *e)
{
	const struct passwd *user = getpwuid(getuid());
	char person[128], digits[PIN_SHOWN + 1];
	const char *note = cli_value(c, "note"), *pin = cli_value(c, "pin");
	snprintf(person, sizeof person, "unix:%s", user ? user->pw_name : "unknown");
	for (size_t i = 0; i < w->n; i++) {
		pin_digits(&w->v[i], 1, digits);
		struct store_pin_review r = {
			.server = w->v[i]->server,
			.tool = w->v[i]->tool,
			.pin = w->n == 1 && pin ? pin : digits,
			.person = person,
			.note = note ? note : "",
			.is_yes = is_yes,
		};
		if (!store_pin_review(s, &r, e))
			return false;
	}
	return true;
}

static int run_word(struct cli *c, bool is_yes)
{
	struct wanted wanted = read_wanted(c);
	struct waiting w;
	struct place p;
	struct err e = { 0 };
	bool is_running = false;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	if (!find(c, p.store, &wanted, false, &w, &e))
		code = cli_fail_err(&e);
	else if (!w.n)
		code = cli_fail(CLI_WRONG, "nothing of '%s' waits for a review", c->args[0]);
	else
		code = check_pin(c, &wanted, &w, is_yes ? "accept" : "reject");
	if (code == CLI_OK && !decide(c, p.store, &w, is_yes, &e))
		code = cli_fail_err(&e);
	if (code == CLI_OK)
		code = admin_reload(p.config->data_dir, &is_running);
	place_close(&p);
	if (code != CLI_OK)
		return code;
	struct buf b = BUF_INIT(4096);
	if (c->is_json)
		buf_addf(&b, "{\"%s\":%zu}\n", is_yes ? "accepted" : "rejected", w.n);
	else
		buf_addf(&b, "%s %zu; %s\n", is_yes ? "accepted" : "rejected", w.n, admin_reloaded_text(is_running));
	return cli_print(&b);
}

static int run_accept(struct cli *c)
{
	return run_word(c, true);
}

static int run_reject(struct cli *c)
{
	return run_word(c, false);
}

static const struct cli_option review_options[] = {
	{ "rejected", NULL, "also what was rejected", false },
	{ NULL, NULL, NULL, false },
};
static const struct cli_option word_options[] = {
	{ "pin", "DIGITS", "what was looked at, as 'gatehouse tools review' shows it", false },
	{ "note", "TEXT", "why, for the records", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_tools_review = {
	.name = "tools review",
	.usage = "[SERVER[/TOOL]]",
	.summary = "show the tools that wait for a review, and how they differ from what was reviewed",
	.details = "Agents neither see nor call them meanwhile (docs/pins.md). Characters that cannot be seen are shown as escapes.",
	.example = "gatehouse tools review files/read_file\n",
	.options = review_options,
	.args_max = 1,
	.run = run_review,
};

const struct cli_command cmd_tools_accept = {
	.name = "tools accept",
	.usage = "SERVER[/TOOL]",
	.summary = "let agents use a tool as it is now",
	.details = "The word is for what was looked at: when the definition changed again since, it is refused. Without --pin the difference is "
		   "shown and a yes asked for.",
	.example = "gatehouse tools accept files/read_file --pin 3fa2c1d09b7e\n",
	.options = word_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_accept,
};

const struct cli_command cmd_tools_reject = {
	.name = "tools reject",
	.usage = "SERVER[/TOOL]",
	.summary = "keep a tool from agents for as long as it is as it is now",
	.details = "It waits again when its definition changes, and can still be accepted.",
	.example = "gatehouse tools reject files/read_file --pin 3fa2c1d09b7e --note 'asks for keys'\n",
	.options = word_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_reject,
};
