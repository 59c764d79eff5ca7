/* gatehouse user list, show, enable, disable, remove, link */
#include "cli/commands.h"
#include "cli/persons.h"
#include "cli/table.h"

#define PAGE 1000

static const char *state_of(const struct user *u)
{
	if (!u->is_enabled)
		return "disabled";
	return u->has_password || u->oidc_subject[0] ? "enabled" : "invited";
}

static const char *signs_in_by(const struct user *u)
{
	if (u->oidc_subject[0])
		return u->has_password ? "provider, password" : "provider";
	if (!u->has_password)
		return NULL;
	return u->has_totp ? "password, code" : "password";
}

static void add_row(struct cli *c, struct table *t, const struct user *u)
{
	const char *cells[] = { u->name, u->display_name[0] ? u->display_name : NULL, state_of(u), signs_in_by(u),
				persons_time(c, u->seen_us), persons_roles_text(c, u->roles, u->role_n) };
	table_add(t, cells);
}

static int list(struct cli *c, struct persons *p)
{
	static const char *const headings[] = { "NAME", "WHO", "STATE", "SIGNS IN BY", "SEEN (UTC)", "ROLES", NULL };
	struct buf b = BUF_INIT(64u << 20);
	struct table t;
	struct err e = { 0 };
	const char *after = NULL;
	size_t n = 0, total = 0, seen = 0;
	table_init(&t, &c->arena, headings);
	buf_adds(&b, c->is_json ? "[" : "");
	do {
		struct user *v;
		if (!people_users(p->people, SLICE_LIT(""), after, PAGE, &c->arena, &v, &n, &total, &e)) {
			buf_release(&b);
			return cli_fail_err(&e);
		}
		for (size_t i = 0; i < n; i++) {
			if (c->is_json) {
				buf_adds(&b, seen ? "," : "");
				people_user_json(&b, &v[i]);
			} else {
				add_row(c, &t, &v[i]);
			}
			seen++;
			after = v[i].name;
		}
	} while (n == PAGE);
	if (c->is_json)
		buf_adds(&b, "]\n");
	else if (seen)
		table_write(&b, &t, table_terminal_columns());
	else
		cli_note("nobody yet: 'gatehouse user link' prints the link with which the first admin is made");
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	struct persons p;
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = list(c, &p);
	persons_close(&p);
	return code;
}

static void write_user(struct cli *c, struct buf *b, const struct user *u)
{
	if (c->is_json) {
		people_user_json(b, u);
		buf_addc(b, '\n');
		return;
	}
	buf_addf(b, "name:         %s\n", u->name);
	if (u->display_name[0]) {
		buf_adds(b, "who:          ");
		table_add_safe(b, slice_str(u->display_name), 0);
		buf_addc(b, '\n');
	}
	if (u->email[0]) {
		buf_adds(b, "e-mail:       ");
		table_add_safe(b, slice_str(u->email), 0);
		buf_addc(b, '\n');
	}
	const char *by = signs_in_by(u), *seen = persons_time(c, u->seen_us);
	buf_addf(b, "state:        %s\nsigns in by:  %s\n", state_of(u), by ? by : "nothing yet: 'gatehouse user link' makes a link");
	buf_addf(b, "roles:        %s\nadded:        %s\nseen:         %s\nid:           %s\n",
		 persons_roles_text(c, u->roles, u->role_n), persons_time(c, u->created_us), seen ? seen : "never", u->id);
}

static int run_show(struct cli *c)
{
	struct persons p;
	struct user u;
	struct buf b = BUF_INIT(1u << 20);
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = persons_find(c, &p, c->args[0], &u);
	if (code == CLI_OK) {
		write_user(c, &b, &u);
		code = cli_print(&b);
	}
	persons_close(&p);
	return code;
}

static int tell(struct cli *c, const char *name, const char *done, const char *sentence)
{
	struct buf b = BUF_INIT(1u << 16);
	if (c->is_json)
		buf_addf(&b, "{\"user\":\"%s\",\"done\":\"%s\"}\n", name, done);
	else
		buf_addf(&b, "user '%s' is %s%s\n", name, done, sentence);
	return cli_print(&b);
}

static int switch_user(struct cli *c, bool is_enabled)
{
	struct persons p;
	struct user before, after;
	struct err e = { 0 };
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = persons_find(c, &p, c->args[0], &before);
	after = before;
	after.is_enabled = is_enabled;
	if (code == CLI_OK)
		code = persons_end(people_user_put(p.people, &after, &e), &e);
	if (code == CLI_OK)
		code = persons_changed(&p, "user.update", "user", before.id,
				       persons_user_json(c, &before), persons_user_json(c, &after));
	if (code == CLI_OK)
		code = tell(c, before.name, is_enabled ? "enabled" : "disabled",
			    is_enabled ? "" : ": sessions have ended, and tokens do nothing until the user is enabled again");
	persons_close(&p);
	return code;
}

static int run_enable(struct cli *c)
{
	return switch_user(c, true);
}

static int run_disable(struct cli *c)
{
	return switch_user(c, false);
}

static int run_remove(struct cli *c)
{
	struct persons p;
	struct user u;
	struct err e = { 0 };
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = persons_find(c, &p, c->args[0], &u);
	if (code == CLI_OK)
		code = persons_end(people_user_del(p.people, u.id, &e), &e);
	if (code == CLI_OK)
		code = persons_changed(&p, "user.delete", "user", u.id, persons_user_json(c, &u), SLICE_LIT(""));
	if (code == CLI_OK)
		code = tell(c, u.name, "removed", ", with sessions and tokens; what the user did stays recorded");
	persons_close(&p);
	return code;
}

static int link_user(struct cli *c, struct persons *p, const char *name)
{
	struct user u = { .id = NULL };
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	bool is_reset = cli_has(c, "reset-codes");
	int code = name ? persons_find(c, p, name, &u) : CLI_OK;
	if (code == CLI_OK && is_reset && name)
		code = persons_end(people_totp_drop(p->people, u.id, &e), &e);
	if (code == CLI_OK && is_reset && name)
		code = persons_changed(p, "user.totp_off", "user", u.id, SLICE_LIT(""), SLICE_LIT(""));
	const char *link = code == CLI_OK ? persons_link(c, p, u.id, &code) : NULL;
	if (link && name)
		code = persons_changed(p, "user.invite", "user", u.id, SLICE_LIT(""), SLICE_LIT(""));
	if (!link || code != CLI_OK)
		return code;
	if (c->is_json)
		buf_addf(&b, "{\"user\":%s%s%s,\"link\":\"%s\"}\n", name ? "\"" : "", name ? u.name : "null", name ? "\"" : "", link);
	else
		buf_addf(&b, "%s\n(works once, until this time tomorrow; %s)\n", link,
			 name ? "it sets a new password" : "it makes the first admin");
	return cli_print(&b);
}

static int run_link(struct cli *c)
{
	struct persons p;
	int code = persons_open(c, &p, c->arg_n == 0);
	if (code != CLI_OK)
		return code;
	code = link_user(c, &p, c->arg_n ? c->args[0] : NULL);
	persons_close(&p);
	return code;
}

static const struct cli_option link_options[] = {
	{ "reset-codes", NULL, "turn the user's one-time codes off, for a phone that is lost", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_user_list = {
	.name = "user list",
	.usage = "",
	.summary = "list who may sign in to the console, and their roles",
	.example = "gatehouse user list\n",
	.run = run_list,
};

const struct cli_command cmd_user_show = {
	.name = "user show",
	.usage = "NAME",
	.summary = "show one of them",
	.example = "gatehouse user show alice\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_show,
};

const struct cli_command cmd_user_enable = {
	.name = "user enable",
	.usage = "NAME",
	.summary = "let a user sign in again",
	.example = "gatehouse user enable alice\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_enable,
};

const struct cli_command cmd_user_disable = {
	.name = "user disable",
	.usage = "NAME",
	.summary = "shut a user out, at once; nothing is forgotten",
	.example = "gatehouse user disable alice\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_disable,
};

const struct cli_command cmd_user_remove = {
	.name = "user remove",
	.usage = "NAME",
	.summary = "forget a user, with sessions and tokens",
	.details = "The last admin cannot be removed: make another one first.",
	.example = "gatehouse user remove alice\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_remove,
};

const struct cli_command cmd_user_link = {
	.name = "user link",
	.usage = "[NAME]",
	.summary = "print a link with which a user sets a password; without NAME, one that makes the first admin",
	.details = "A link works once, for a day; a new one ends the one before. Give it to nobody but whom it is for.",
	.example = "gatehouse user link alice\ngatehouse user link\n",
	.options = link_options,
	.args_max = 1,
	.run = run_link,
};
