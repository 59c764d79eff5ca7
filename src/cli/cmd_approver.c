/* gatehouse approver add, list, revoke */
#include "approval/db.h"
#include "base/clock.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "people/people.h"

static int open_db(struct cli *c, struct place *p, bool may_create, struct approval_db **db)
{
	struct err e = {0};
	int code = place_open(c, p, may_create);
	if (code != CLI_OK)
		return code;
	struct approval_db_opts o = {.data_dir = p->config->data_dir,
				     .url = p->config->approvals_database};
	*db = approval_db_open(&o, &e);
	if (*db)
		return CLI_OK;
	place_close(p);
	return cli_fail_err(&e);
}

static int record(struct place *p, const char *action, const char *name, const char *subject)
{
	struct err e = {0};
	struct buf b = BUF_INIT(1u << 16);
	struct people *people = people_open(p->store, &e);
	if (!people)
		return cli_fail(CLI_FAILED, "it is done, but was not recorded: %s", e.text);
	if (subject) {
		buf_adds(&b, "{\"subject\":");
		buf_add_json_string(&b, slice_str(subject));
		buf_addc(&b, '}');
	}
	int code = changed_put(people, action, "approver", name, SLICE_LIT(""), buf_slice(&b));
	people_close(&people);
	buf_release(&b);
	return code;
}

static int run_add(struct cli *c)
{
	struct place p;
	struct err e = {0};
	struct approval_db *db = NULL;
	struct buf b = BUF_INIT(1u << 16);
	unsigned char hash[DIGEST_SIZE];
	char token[APPROVAL_TOKEN_SIZE] = "";
	const char *name = c->args[0], *subject = cli_value(c, "subject");
	bool is_local = strncmp(name, "unix:", 5) == 0;
	if (!subject)
		return cli_fail(CLI_WRONG,
				"name who it is with --subject, as grants do: whoever an agent works "
				"for cannot approve its calls");
	int code = open_db(c, &p, true, &db);
	if (code != CLI_OK)
		return code;
	if (!is_local)
		approval_token_new(token, hash);
	bool is_added = approval_db_person_add(db, name, subject, is_local ? NULL : hash,
					       clock_wall_us(), &e);
	if (is_added)
		code = record(&p, "approver.create", name, subject);
	if (is_added && c->is_json) {
		buf_adds(&b, "{\"approver\":");
		buf_add_json_string(&b, slice_str(name));
		buf_adds(&b, ",\"subject\":");
		buf_add_json_string(&b, slice_str(subject));
		if (!is_local)
			buf_addf(&b, ",\"token\":\"%s\"", token);
		buf_adds(&b, "}\n");
	} else if (is_added && is_local) {
		buf_addf(&b, "the local user '%s' decides as %s\n", name + 5, subject);
	} else if (is_added) {
		buf_addf(&b,
			 "approver '%s' is added\ntoken: %s\n(shown this once; only a hash of it is "
			 "kept)\n",
			 name, token);
	}
	explicit_bzero(token, sizeof token);
	approval_db_close(&db);
	place_close(&p);
	if (!is_added)
		return cli_fail_err(&e);
	int printed = cli_print(&b);
	return code == CLI_OK ? printed : code;
}

static void add_json(struct buf *b, const struct approval_person *v)
{
	char time[CLOCK_TEXT_SIZE];
	clock_text(v->created_us, time);
	buf_adds(b, "{\"approver\":");
	buf_add_json_string(b, slice_str(v->name));
	buf_adds(b, ",\"subject\":");
	buf_add_json_string(b, slice_str(v->subject));
	buf_addf(b, ",\"has_token\":%s,\"created\":\"%s\"", v->has_token ? "true" : "false", time);
	if (v->revoked_us) {
		clock_text(v->revoked_us, time);
		buf_addf(b, ",\"revoked\":\"%s\"", time);
	}
	buf_addc(b, '}');
}

static int print_people(struct cli *c, const struct approval_person *v, size_t n)
{
	static const char *const headings[] = {"APPROVER", "SUBJECT", "DECIDES BY", "STATE", NULL};
	struct buf b = BUF_INIT(16u << 20);
	struct table t;
	table_init(&t, &c->arena, headings);
	buf_adds(&b, c->is_json ? "[" : "");
	for (size_t i = 0; i < n; i++) {
		const char *cells[] = {v[i].name, v[i].subject,
				       v[i].has_token ? "token" : "command line",
				       v[i].revoked_us ? "revoked" : "valid"};
		if (c->is_json) {
			buf_adds(&b, i ? "," : "");
			add_json(&b, &v[i]);
		} else {
			table_add(&t, cells);
		}
	}
	if (c->is_json)
		buf_adds(&b, "]\n");
	else if (n)
		table_write(&b, &t, table_terminal_columns());
	else
		cli_note("no approvers yet: gatehouse approver add NAME --subject SUBJECT");
	return cli_print(&b);
}

static int run_list(struct cli *c)
{
	struct place p;
	struct err e = {0};
	struct approval_db *db = NULL;
	struct approval_person *v;
	size_t n;
	int code = open_db(c, &p, false, &db);
	if (code != CLI_OK)
		return code;
	code = approval_db_people(db, &c->arena, &v, &n, &e) ? print_people(c, v, n)
							     : cli_fail_err(&e);
	approval_db_close(&db);
	place_close(&p);
	return code;
}

static int run_revoke(struct cli *c)
{
	struct place p;
	struct err e = {0};
	struct approval_db *db = NULL;
	struct buf b = BUF_INIT(1u << 16);
	int code = open_db(c, &p, false, &db);
	if (code != CLI_OK)
		return code;
	bool is_done = approval_db_person_revoke(db, c->args[0], clock_wall_us(), &e);
	code = is_done ? record(&p, "approver.revoke", c->args[0], NULL) : cli_fail_err(&e);
	approval_db_close(&db);
	place_close(&p);
	if (code != CLI_OK)
		return code;
	if (c->is_json) {
		buf_adds(&b, "{\"approver\":");
		buf_add_json_string(&b, slice_str(c->args[0]));
		buf_adds(&b, ",\"done\":\"revoked\"}\n");
	} else {
		buf_addf(&b, "approver '%s' is revoked: in force at once\n", c->args[0]);
	}
	return cli_print(&b);
}

static const struct cli_option add_options[] = {
	{"subject", "TEXT", "who it is, as --subject of grants says it", false},
	{NULL, NULL, NULL, false},
};

const struct cli_command cmd_approver_add = {
	.name = "approver add",
	.usage = "NAME",
	.summary = "name a person who may approve calls: makes a token and shows it once",
	.details =
		"The token signs in to the page of an approval and to the HTTP API. A NAME of the form "
		"unix:USER names a user of this machine, who decides with 'gatehouse approval' and needs no "
		"token. Whoever an agent works for (the subject of its grant) cannot approve its calls.",
	.example = "gatehouse approver add bob --subject bob@example.com\n"
		   "gatehouse approver add unix:carl --subject carl@example.com\n",
	.options = add_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_add,
};

const struct cli_command cmd_approver_list = {
	.name = "approver list",
	.usage = "",
	.summary = "list who may approve calls",
	.example = "gatehouse approver list\n",
	.run = run_list,
};

const struct cli_command cmd_approver_revoke = {
	.name = "approver revoke",
	.usage = "NAME",
	.summary = "end an approver; the votes already given stay",
	.example = "gatehouse approver revoke bob\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_revoke,
};
