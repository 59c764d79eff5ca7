/* gatehouse user add, role, password */
#include "base/limits.h"
#include "cli/commands.h"
#include "cli/persons.h"
#include <errno.h>
#include <termios.h>
#include <unistd.h>

static bool read_role(struct cli *c, struct persons *p, const char *text, struct user *u, struct role_given *v, struct err *e)
{
	if (u->role_n == LIMIT_ROLES_OF_ONE)
		return err_set(e, ERR_LIMIT, "more than %d roles", LIMIT_ROLES_OF_ONE);
	if (!persons_read_role(c, p, text, &v[u->role_n], e))
		return false;
	u->role_n++;
	return true;
}

static struct role_given *role_room(struct cli *c)
{
	return arena_zalloc(&c->arena, (LIMIT_ROLES_OF_ONE + 1) * sizeof(struct role_given));
}

static bool read_user(struct cli *c, struct persons *p, struct user *u, struct err *e)
{
	const char *display = cli_value(c, "display-name"), *email = cli_value(c, "email"), *text;
	struct role_given *v = role_room(c);
	size_t at = 0;
	*u = (struct user){ .name = c->args[0], .display_name = display ? display : "", .email = email ? email : "",
			    .is_enabled = true, .roles = v };
	if (!v)
		return err_set(e, ERR_LIMIT, "out of memory");
	while ((text = cli_next_value(c, "role", &at)))
		if (!read_role(c, p, text, u, v, e))
			return false;
	if (!u->role_n)
		v[u->role_n++] = (struct role_given){ ROLE_VIEWER, NULL };
	return true;
}

static int tell_added(struct cli *c, const struct user *u, const char *link)
{
	struct buf b = BUF_INIT(1u << 20);
	if (c->is_json) {
		buf_adds(&b, "{\"user\":");
		people_user_json(&b, u);
		if (link)
			buf_addf(&b, ",\"link\":\"%s\"", link);
		buf_adds(&b, "}\n");
		return cli_print(&b);
	}
	buf_addf(&b, "user '%s' is added: %s\n", u->name, persons_roles_text(c, u->roles, u->role_n));
	if (link)
		buf_addf(&b, "%s\n(works once, until this time tomorrow; it sets the password)\n", link);
	else
		buf_addf(&b, "nobody can sign in with it yet: gatehouse user link %s, or gatehouse user password %s\n", u->name, u->name);
	return cli_print(&b);
}

static int add(struct cli *c, struct persons *p)
{
	struct err e = { 0 };
	struct user given, u;
	const char *link = NULL;
	if (!read_user(c, p, &given, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	int code = persons_end(people_user_add(p->people, &given, &e), &e);
	if (code == CLI_OK)
		code = persons_find(c, p, given.id, &u);
	if (code == CLI_OK)
		code = persons_changed(p, "user.create", "user", u.id, SLICE_LIT(""), persons_user_json(c, &u));
	if (code == CLI_OK && cli_has(c, "link"))
		link = persons_link(c, p, u.id, &code);
	if (link)
		code = persons_changed(p, "user.invite", "user", u.id, SLICE_LIT(""), SLICE_LIT(""));
	return code == CLI_OK ? tell_added(c, &u, link) : code;
}

static int run_add(struct cli *c)
{
	struct persons p;
	int code = persons_open(c, &p, true);
	if (code != CLI_OK)
		return code;
	code = add(c, &p);
	persons_close(&p);
	return code;
}

static int change_roles(struct cli *c, struct persons *p)
{
	struct user before, after;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 20);
	struct role_given *v = role_room(c);
	int code = v ? persons_find(c, p, c->args[0], &before) : cli_fail(CLI_FAILED, "out of memory");
	if (code != CLI_OK)
		return code;
	after = before;
	after.roles = v;
	after.role_n = 0;
	bool is_none = c->arg_n == 2 && strcmp(c->args[1], "none") == 0;
	for (size_t i = 1; !is_none && i < c->arg_n; i++)
		if (!read_role(c, p, c->args[i], &after, v, &e))
			return cli_fail(CLI_WRONG, "%s", e.text);
	code = persons_end(people_user_put(p->people, &after, &e), &e);
	if (code == CLI_OK)
		code = persons_changed(p, "user.update", "user", before.id, persons_user_json(c, &before), persons_user_json(c, &after));
	if (code != CLI_OK)
		return code;
	if (c->is_json) {
		people_user_json(&b, &after);
		buf_addc(&b, '\n');
	} else {
		buf_addf(&b, "user '%s' has: %s\n", after.name, persons_roles_text(c, after.roles, after.role_n));
	}
	return cli_print(&b);
}

static int run_role(struct cli *c)
{
	struct persons p;
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = change_roles(c, &p);
	persons_close(&p);
	return code;
}

/* Without its line end; false: there is none, or it is too long. */
static bool read_line(char *out, size_t size)
{
	size_t n = 0;
	for (char c; n < size; n++) {
		ssize_t got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR) {
			n--;
			continue;
		}
		if (got <= 0 || c == '\n')
			break;
		out[n] = c;
	}
	if (n == size)
		return false;
	if (n && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	return n > 0;
}

/* Of a terminal twice, and unseen; else one line. */
static bool read_password(const char *name, char *out, size_t size, struct err *e)
{
	struct termios seen, unseen;
	char again[LIMIT_PASSWORD_MAX + 2];
	if (tcgetattr(STDIN_FILENO, &seen) != 0)
		return read_line(out, size) || err_set(e, ERR_INPUT, "a password is wanted as one line of standard input");
	unseen = seen;
	unseen.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	fprintf(stderr, "new password of '%s': ", name);
	bool is_read = read_line(out, size);
	fputs("\nonce more: ", stderr);
	is_read = is_read && read_line(again, sizeof again);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
	fputc('\n', stderr);
	bool is_same = is_read && strcmp(out, again) == 0;
	explicit_bzero(again, sizeof again);
	return is_same || err_set(e, ERR_INPUT, is_read ? "the two are not the same: nothing was changed" : "no password was given");
}

static int set_password(struct cli *c, struct persons *p)
{
	char password[LIMIT_PASSWORD_MAX + 2];
	struct user u;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	int code = persons_find(c, p, c->args[0], &u);
	if (code != CLI_OK)
		return code;
	if (!read_password(u.name, password, sizeof password, &e))
		return cli_fail(CLI_WRONG, "%s", e.text);
	code = persons_end(people_password_put(p->people, u.id, slice_str(password), &e), &e);
	explicit_bzero(password, sizeof password);
	if (code == CLI_OK)
		code = persons_changed(p, "user.password", "user", u.id, SLICE_LIT(""), SLICE_LIT(""));
	if (code != CLI_OK)
		return code;
	if (c->is_json)
		buf_addf(&b, "{\"user\":\"%s\",\"done\":\"password\"}\n", u.name);
	else
		buf_addf(&b, "the password of '%s' is set; sessions have ended\n", u.name);
	return cli_print(&b);
}

static int run_password(struct cli *c)
{
	struct persons p;
	int code = persons_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	code = set_password(c, &p);
	persons_close(&p);
	return code;
}

static const struct cli_option add_options[] = {
	{ "role", "ROLE[@SERVER]", "viewer (default), auditor, approver, policy_manager or admin; for one server, or for all", true },
	{ "display-name", "TEXT", "the name that people read", false },
	{ "email", "ADDRESS", "an identity provider that vouches for it signs this user in", false },
	{ "link", NULL, "print a link with which the user sets a password", false },
	{ NULL, NULL, NULL, false },
};

const struct cli_command cmd_user_add = {
	.name = "user add",
	.usage = "NAME",
	.summary = "add somebody who may sign in to the console",
	.details =
		"What each role may is in docs/people.md. With --link the new user gets a link that works once, for a day, and "
		"chooses a password there.",
	.example = "gatehouse user add alice --role admin --link\ngatehouse user add bob --role viewer --role approver@files --link\n",
	.options = add_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_add,
};

const struct cli_command cmd_user_role = {
	.name = "user role",
	.usage = "NAME ROLE[@SERVER]…",
	.summary = "give a user these roles in place of those before; 'none' takes all away",
	.example = "gatehouse user role bob policy_manager approver@files\ngatehouse user role bob none\n",
	.args_min = 2,
	.args_max = LIMIT_ROLES_OF_ONE + 1,
	.run = run_role,
};

const struct cli_command cmd_user_password = {
	.name = "user password",
	.usage = "NAME",
	.summary = "set a user's password, asked for on the terminal or read from standard input",
	.details = "It needs at least 12 characters. The user's sessions end; one-time codes stay as they are.",
	.example = "gatehouse user password alice\npass show gatehouse | gatehouse user password alice\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_password,
};
