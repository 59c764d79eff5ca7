/* gatehouse token add, list, remove */
#include "base/clock.h"
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/persons.h"
#include "cli/table.h"

static bool read_end(struct cli *c, int64_t *us, struct err *e)
{
	const char *text = cli_value(c, "expires");
	uint64_t ms;
	*us = 0;
	if (!text)
		return true;
	if (config_duration_ms(slice_str(text), &ms) && ms && ms < (uint64_t)INT64_MAX / 2000) {
		*us = clock_wall_us() + (int64_t)ms * 1000;
		return true;
	}
	return clock_parse(slice_str(text), us) ||
	       err_set(e, ERR_INPUT, "'--expires %.40s' is neither a duration, as 30d, nor a time, as 2030-01-01T00:00:00Z", text);
}

static bool read_token(struct cli *c, struct persons *p, struct api_token *t, struct err *e)
{
	struct role_given *v = arena_zalloc(&c->arena, (LIMIT_ROLES_OF_ONE + 1) * sizeof *v);
	const char *text;
	size_t at = 0;
	*t = (struct api_token){ .name = c->args[0], .roles = v };
	if (!v)
		return err_set(e, ERR_LIMIT, "out of memory");
	while ((text = cli_next_value(c, "role", &at))) {
		if (t->role_n == LIMIT_ROLES_OF_ONE)
			return err_set(e, ERR_LIMIT, "more than %d roles", LIMIT_ROLES_OF_ONE);
		if (!persons_read_role(c, p, text, &v[t->role_n++], e))
			return false;
	}
	return read_end(c, &t->expires_us, e);
}

static struct slice json_of(struct cli *c, const struct api_token *t)
{
	struct buf b = BUF_INIT(1u << 20);
	people_token_json(&b, t);
	char *copy = arena_strndup(&c->arena, b.n ? b.p : "", b.n);
	struct slice s = slice_of(copy, copy ? b.n : 0);
	buf_release(&b);
	return s;
}

static int tell_added(struct cli *c, const struct api_token *t, const char *secret)
{
	struct buf b = BUF_INIT(1u << 20);
	if (c->is_json) {
		buf_adds(&b, "{\"token\":");
		people_token_json(&b, t);
		buf_addf(&b, ",\"secret\":\"%s\"}\n", secret);
	} else {
		buf_addf(&b, "token '%s' of '%s': %s\n%s\n(shown this once; only a hash of it is kept)\n", t->name, t->user_name,
			 t->role_n ? persons_roles_text(c, t->roles, t->role_n) : "all that the user may", secret);
	}
	return cli_print(&b);
}

static int add(struct cli *c, struct persons *p)
{
	char secret[PEOPLE_SECRET_SIZE];
	struct api_token t;
	struct user u;
	struct err e = { 0 };
	const char *user = cli_value(c, "user");
	if (!user)
		return cli_fail(CLI_WRONG, "name whose token it is with --user: it never may more than that user");
	if (!read_token(c, p, &t, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = persons_find(c, p, user, &u);
	if (code != CLI_OK)
		return code;
	t.user_id = u.id;
	t.user_name = u.name;
	code = persons_end(people_token_add(p->people, &t, secret, &e), &e);
	if (code == CLI_OK)
		code = persons_changed(p, "token.create", "token", t.id, SLICE_LIT(""), json_of(c, &t));
	if (code == CLI_OK)
		code = tell_added(c, &t, secret);
	explicit_bzero(secret, sizeof secret);
	return code;
}

static int run_with(struct cli *c, int (*run)(struct cli *c, struct persons *p))
{
	struct persons p;
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = run(c, &p);
	persons_close(&p);
	return code;
}

static int run_add(struct cli *c)
{
	return run_with(c, add);
}

static int find_tokens(struct cli *c, struct persons *p, struct api_token **v, size_t *n)
{
	struct err e = { 0 };
	struct user u = { .id = NULL };
	const char *user = cli_value(c, "user");
	int code = user ? persons_find(c, p, user, &u) : CLI_OK;
	if (code == CLI_OK && !people_tokens(p->people, u.id, &c->arena, v, n, &e))
		code = cli_fail_err(&e);
	return code;
}

static int list(struct cli *c, struct persons *p)
{
	static const char *const headings[] = { "TOKEN", "USER", "CREATED (UTC)", "EXPIRES", "USED", "ROLES", NULL };
	struct buf b = BUF_INIT(64u << 20);
	struct table t;
	struct api_token *v = NULL;
	size_t n = 0;
	int code = find_tokens(c, p, &v, &n);
	if (code != CLI_OK)
		return code;
	table_init(&t, &c->arena, headings);
	buf_adds(&b, c->is_json ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = { v[i].name, v[i].user_name, persons_time(c, v[i].created_us), persons_time(c, v[i].expires_us),
					persons_time(c, v[i].seen_us),
					v[i].is_limited ? persons_roles_text(c, v[i].roles, v[i].role_n) : "all of the user's" };
		if (c->is_json) {
			buf_adds(&b, i ? "," : "");
			people_token_json(&b, &v[i]);
		} else {
			table_add(&t, cells);
		}
	}
	if (c->is_json)
		buf_adds(&b, "]\n");
	else if (n)
		table_write(&b, &t, table_terminal_columns());
	else
		cli_note("no tokens yet: gatehouse token add NAME --user USER");
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	return run_with(c, list);
}

/* By id, or by a name that only one has. */
static int find_one(struct cli *c, struct persons *p, struct api_token *out)
{
	struct api_token *v = NULL;
	size_t n = 0, found = 0;
	int code = find_tokens(c, p, &v, &n);
	for (size_t i = 0; code == CLI_OK && i < n; i++)
		if (strcmp(v[i].id, c->args[0]) == 0 || strcmp(v[i].name, c->args[0]) == 0) {
			*out = v[i];
			found++;
		}
	if (code == CLI_OK && !found)
		code = cli_fail(CLI_WRONG, "there is no token '%.80s'", c->args[0]);
	if (code == CLI_OK && found > 1)
		code = cli_fail(CLI_WRONG, "%zu users have a token '%.80s': say whose with --user", found, c->args[0]);
	return code;
}

static int take_away(struct cli *c, struct persons *p)
{
	struct api_token t = { .id = NULL };
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	int code = find_one(c, p, &t);
	if (code == CLI_OK)
		code = persons_end(people_token_del(p->people, t.id, NULL, &e), &e);
	if (code == CLI_OK)
		code = persons_changed(p, "token.delete", "token", t.id, json_of(c, &t), SLICE_LIT(""));
	if (code != CLI_OK)
		return code;
	if (c->is_json)
		buf_addf(&b, "{\"token\":\"%s\",\"done\":\"removed\"}\n", t.id);
	else
		buf_addf(&b, "token '%s' of '%s' is removed: in force at once\n", t.name, t.user_name);
	return cli_print(&b);
}

static int run_remove(struct cli *c)
{
	return run_with(c, take_away);
}

static const struct cli_option add_options[] = {
	{ "user", "NAME", "whose token it is", false },
	{ "role", "ROLE[@SERVER]", "what it may at most; without, all that the user may", true },
	{ "expires", "TIME", "how long it is valid, as 30d, or until when, as 2030-01-01T00:00:00Z", false },
	{ NULL, NULL, NULL, false },
};

static const struct cli_option user_option[] = {
	{ "user", "NAME", "of this user", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_token_add = {
	.name = "token add",
	.usage = "NAME",
	.summary = "make a token for programs that use the HTTP API, and show it once",
	.details =
		"It is sent as 'Authorization: Bearer ghp_…'. A token never may more than its user does at that moment, and does "
		"nothing while the user is disabled. Agents do not use it: they have grants.",
	.example = "gatehouse token add backup --user alice --role auditor --expires 90d\n",
	.options = add_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_add,
};

const struct cli_command cmd_token_list = {
	.name = "token list",
	.usage = "",
	.summary = "list the tokens of the HTTP API",
	.example = "gatehouse token list --user alice\n",
	.options = user_option,
	.run = run_list,
};

const struct cli_command cmd_token_remove = {
	.name = "token remove",
	.usage = "NAME|ID",
	.summary = "end a token",
	.example = "gatehouse token remove backup\n",
	.options = user_option,
	.args_min = 1,
	.args_max = 1,
	.run = run_remove,
};
