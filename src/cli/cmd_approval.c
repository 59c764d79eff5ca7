/*
 * gatehouse approval list, show, approve, deny: through the running gate, or straight in the
 * database when none listens on the data folder (as beside `gatehouse wrap`).
 */
#include "approval/db.h"
#include "base/clock.h"
#include "base/limits.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "cli/table.h"
#include "json/json.h"
#include <pwd.h>
#include <unistd.h>

/* What is asked, in both ways. */
struct question {
	enum { ASK_LIST, ASK_SHOW, ASK_VOTE } kind;
	enum approval_state state;
	const char *id;
	bool is_yes;
	const char *note;
};

static const char *verdict_text(enum approval_verdict v)
{
	switch (v) {
	case APPROVAL_VOTE_UNKNOWN:
		return "there is no such approval";
	case APPROVAL_VOTE_OWN:
		return "you cannot decide this one: the agent that asks works for you";
	case APPROVAL_VOTE_AGAIN:
		return "you have voted on it already";
	case APPROVAL_VOTE_CLOSED:
		return "it cannot be decided any more: it is decided, used or expired";
	case APPROVAL_VOTE_COUNTED:
	case APPROVAL_VOTE_FAILED:
		break;
	}
	return "it could not be decided";
}

static bool vote(struct approval_db *db, const struct question *q, struct arena *a, struct approval *out,
		 struct err *e)
{
	const struct passwd *user = getpwuid(getuid());
	struct approval_person known;
	char name[128];
	snprintf(name, sizeof name, "unix:%s", user ? user->pw_name : "unknown");
	if (!approval_db_person_find(db, name, NULL, a, &known, e))
		return false;
	struct approval_vote v = {.person = name,
				  .subject = known.name ? known.subject : name + strlen("unix:"),
				  .is_yes = q->is_yes,
				  .note = q->note};
	enum approval_verdict verdict = approval_db_vote(db, q->id, &v, clock_wall_us(), a, out, e);
	return verdict == APPROVAL_VOTE_COUNTED ||
	       (verdict == APPROVAL_VOTE_FAILED ? false
						: err_set(e, ERR_INPUT, "%s", verdict_text(verdict)));
}

static bool run_direct(struct approval_db *db, const struct question *q, struct cli *c, struct buf *out,
		       struct err *e)
{
	struct approval one, *v = NULL;
	size_t n = 0;
	int64_t now = clock_wall_us();
	if (q->kind == ASK_LIST) {
		if (!approval_db_list(db, q->state, "", 0, now, &c->arena, &v, &n, e))
			return false;
		buf_adds(out, "{\"approvals\":[");
		for (size_t i = 0; i < n; i++) {
			buf_adds(out, i ? "," : "");
			approval_write_json(out, &v[i], "");
		}
		buf_adds(out, "]}");
		return true;
	}
	if (q->kind == ASK_SHOW) {
		if (!approval_db_get(db, q->id, now, &c->arena, &one, e))
			return false;
		if (one.state == APPROVAL_NONE)
			return err_set(e, ERR_INPUT, "there is no such approval");
	} else if (!vote(db, q, &c->arena, &one, e)) {
		return false;
	}
	approval_write_json(out, &one, "");
	return true;
}

static int ask_database(struct cli *c, const struct place *p, const struct question *q, struct buf *out)
{
	struct err e = {0};
	struct place store;
	struct approval_db_opts o = {.data_dir = p->config->data_dir,
				     .url = p->config->approvals_database,
				     .has_webhook = p->config->webhook_url != NULL};
	int code = place_open(c, &store, false);
	if (code != CLI_OK)
		return code;
	place_close(&store);
	struct approval_db *db = approval_db_open(&o, &e);
	bool is_done = db && run_direct(db, q, c, out, &e);
	approval_db_close(&db);
	return is_done ? CLI_OK : cli_fail(CLI_FAILED, "%s", e.text);
}

static enum admin_answer ask_gate(struct cli *c, const char *data_dir, const struct question *q, struct buf *out,
				  struct err *e)
{
	struct buf body = BUF_INIT(65536);
	char *path = NULL;
	if (q->kind == ASK_LIST)
		path = arena_printf(&c->arena, "/api/v1/approvals?limit=%d%s%s", LIMIT_APPROVAL_PAGE,
				    q->state ? "&state=" : "",
				    q->state ? approval_state_name(q->state) : "");
	else
		path = arena_printf(&c->arena, "/api/v1/approvals/%s%s", q->id,
				    q->kind == ASK_SHOW ? "" : q->is_yes ? "/approve" : "/deny");
	buf_adds(&body, "{\"note\":");
	buf_add_json_string(&body, slice_str(q->note ? q->note : ""));
	buf_addc(&body, '}');
	enum admin_answer how = admin_send(data_dir, q->kind == ASK_VOTE ? "POST" : "GET", path,
					   buf_str(&body), 30, out, e);
	buf_release(&body);
	return how;
}

static int ask(struct cli *c, const struct question *q, struct buf *out)
{
	struct place p;
	struct err e = {0};
	int code = place_find(c, &p);
	if (code != CLI_OK)
		return code;
	enum admin_answer how = ask_gate(c, p.config->data_dir, q, out, &e);
	if (how == ADMIN_UNREACHABLE && strstr(e.text, "no gate runs"))
		code = ask_database(c, &p, q, out);
	else if (how != ADMIN_DONE)
		code = cli_fail(how == ADMIN_UNREACHABLE ? CLI_UNREACHABLE : CLI_FAILED, "%s", e.text);
	place_close(&p);
	return code;
}

static const char *text_of(struct cli *c, const struct json *v, const char *key)
{
	struct slice s = json_string(json_gets(v, key));
	return s.n ? arena_strndup(&c->arena, s.p, s.n) : NULL;
}

static long long number_of(const struct json *v, const char *key)
{
	int64_t n = 0;
	return json_int64(json_gets(v, key), &n) ? (long long)n : 0;
}

/* "2030-01-01 12:00"; NULL when there is none. */
static const char *time_of(struct cli *c, const struct json *v, const char *key)
{
	struct slice s = json_string(json_gets(v, key));
	return s.n > 16 ? arena_printf(&c->arena, "%.10s %.5s", s.p, s.p + 11) : NULL;
}

static void write_list(struct buf *b, struct cli *c, const struct json *list)
{
	static const char *const headings[] = {"APPROVAL", "STATE", "AGENT",   "SERVER",
					       "TOOL",	   "YES",   "EXPIRES", "WHY", NULL};
	struct table t;
	table_init(&t, &c->arena, headings);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		const char *cells[] = {
			text_of(c, it.value, "id"),
			text_of(c, it.value, "state"),
			text_of(c, json_gets(it.value, "grant"), "label"),
			text_of(c, it.value, "server"),
			text_of(c, it.value, "tool"),
			arena_printf(&c->arena, "%lld/%lld", number_of(it.value, "yes"),
				     number_of(it.value, "quorum")),
			time_of(c, it.value, "expires"),
			text_of(c, it.value, "message"),
		};
		table_add(&t, cells);
	}
	table_write(b, &t, table_terminal_columns());
}

static void add_line(struct buf *b, const char *name, const char *text)
{
	if (!text)
		return;
	buf_addf(b, "%-11s ", name);
	table_add_safe(b, slice_str(text), 0);
	buf_addc(b, '\n');
}

static void add_votes(struct buf *b, struct cli *c, const struct json *v)
{
	for (struct json_iter it = json_iter(json_gets(v, "votes")); json_next(&it);) {
		const char *note = text_of(c, it.value, "note");
		add_line(b, json_true(json_gets(it.value, "yes")) ? "yes" : "no",
			 arena_printf(&c->arena, "%s%s%s", text_of(c, it.value, "person"), note ? ": " : "",
				      note ? note : ""));
	}
	for (struct json_iter it = json_iter(json_gets(v, "webhooks")); json_next(&it);) {
		const char *error = text_of(c, it.value, "error");
		add_line(b, "webhook",
			 arena_printf(&c->arena, "%s: %s, attempts: %lld%s%s", text_of(c, it.value, "event"),
				      text_of(c, it.value, "state"), number_of(it.value, "attempts"),
				      error ? ", " : "", error ? error : ""));
	}
}

static void add_recent(struct buf *b, struct cli *c, const struct json *list)
{
	static const char *const headings[] = {"TIME", "SERVER", "WHAT", "DECISION", "OUTCOME", NULL};
	struct table t;
	if (!json_count(list))
		return;
	buf_adds(b, "\nwhat this agent did before, newest first:\n");
	table_init(&t, &c->arena, headings);
	for (struct json_iter it = json_iter(list); json_next(&it);) {
		const char *target = text_of(c, it.value, "target");
		const char *cells[] = {
			time_of(c, it.value, "time"),	   text_of(c, it.value, "server"),
			target ? target : text_of(c, it.value, "method"), text_of(c, it.value, "decision"),
			text_of(c, it.value, "outcome"),
		};
		table_add(&t, cells);
	}
	table_write(b, &t, table_terminal_columns());
}

static void write_one(struct buf *b, struct cli *c, const struct json *v)
{
	const struct json *grant = json_gets(v, "grant");
	add_line(b, "approval", text_of(c, v, "id"));
	add_line(b, "state", text_of(c, v, "state"));
	add_line(b, "server", text_of(c, v, "server"));
	add_line(b, "tool", text_of(c, v, "tool"));
	add_line(b, "class", text_of(c, v, "class"));
	add_line(b, "severity", text_of(c, v, "severity"));
	add_line(b, "agent", text_of(c, grant, "label"));
	add_line(b, "works for", text_of(c, grant, "subject"));
	add_line(b, "client", text_of(c, v, "client"));
	add_line(b, "policy", text_of(c, v, "policy"));
	add_line(b, "rule", text_of(c, v, "rule"));
	add_line(b, "why", text_of(c, v, "message"));
	add_line(b, "asked", time_of(c, v, "created"));
	add_line(b, "expires", time_of(c, v, "expires"));
	add_line(b, "used", time_of(c, v, "used"));
	add_line(b, "record", text_of(c, v, "record"));
	add_line(b, "page", text_of(c, v, "url"));
	buf_addf(b, "%-11s %lld of %lld\n", "yes", number_of(v, "yes"), number_of(v, "quorum"));
	add_votes(b, c, v);
	for (struct json_iter it = json_iter(json_gets(v, "hints")); json_next(&it);)
		add_line(b, "noticed", arena_strndup(&c->arena, json_string(it.value).p, json_string(it.value).n));
	add_line(b, "description", text_of(c, v, "description"));
	if (json_gets(v, "arguments")) {
		struct buf text = BUF_INIT(64u << 20);
		json_write(&text, json_gets(v, "arguments"));
		add_line(b, "arguments", buf_str(&text));
		buf_release(&text);
	} else {
		add_line(b, "arguments", "cannot be shown: they were sealed by a gate with another key");
	}
	add_recent(b, c, json_gets(v, "recent"));
}

static int print_answer(struct cli *c, const struct question *q, struct slice answer)
{
	struct buf b = BUF_INIT(128u << 20);
	struct err e = {0};
	const struct json *v = json_read(answer, &c->arena, &e);
	if (!v)
		return cli_fail(CLI_FAILED, "the answer cannot be read: %s", e.text);
	if (c->is_json) {
		json_write(&b, q->kind == ASK_LIST ? json_gets(v, "approvals") : v);
		buf_addc(&b, '\n');
	} else if (q->kind == ASK_LIST && !json_count(json_gets(v, "approvals"))) {
		cli_note("there are none");
	} else if (q->kind == ASK_LIST) {
		write_list(&b, c, json_gets(v, "approvals"));
	} else if (q->kind == ASK_SHOW) {
		write_one(&b, c, v);
	} else {
		buf_addf(&b, "approval %s is %s (%lld of %lld said yes)\n", q->id, text_of(c, v, "state"),
			 number_of(v, "yes"), number_of(v, "quorum"));
	}
	return cli_print(&b);
}

static int run_question(struct cli *c, const struct question *q)
{
	struct buf answer = BUF_INIT(LIMIT_ADMIN_BYTES);
	int code = ask(c, q, &answer);
	if (code == CLI_OK)
		code = print_answer(c, q, buf_slice(&answer));
	buf_release(&answer);
	return code;
}

static int run_list(struct cli *c)
{
	struct question q = {.kind = ASK_LIST, .state = APPROVAL_PENDING};
	const char *state = cli_value(c, "state");
	if (cli_has(c, "all"))
		q.state = APPROVAL_NONE;
	else if (state && !approval_state_of(slice_str(state), &q.state))
		return cli_fail(CLI_WRONG, "--state is pending, approved, denied, expired or used");
	return run_question(c, &q);
}

static bool is_id(const char *text)
{
	return strlen(text) == APPROVAL_ID_SIZE - 1 && strspn(text, "0123456789abcdef-") == APPROVAL_ID_SIZE - 1;
}

static int run_one(struct cli *c, struct question q)
{
	q.id = c->args[0];
	if (!is_id(q.id))
		return cli_fail(CLI_WRONG, "'%.80s' is not the id of an approval: see gatehouse approval list", q.id);
	return run_question(c, &q);
}

static int run_show(struct cli *c)
{
	return run_one(c, (struct question){.kind = ASK_SHOW});
}

static int run_vote(struct cli *c, bool is_yes)
{
	const char *note = cli_value(c, "note");
	return run_one(c, (struct question){.kind = ASK_VOTE, .is_yes = is_yes, .note = note ? note : ""});
}

static int run_approve(struct cli *c)
{
	return run_vote(c, true);
}

static int run_deny(struct cli *c)
{
	return run_vote(c, false);
}

static const struct cli_option list_options[] = {
	{"state", "STATE", "pending (default), approved, denied, expired or used", false},
	{"all", NULL, "in any state", false},
	{NULL, NULL, NULL, false},
};

static const struct cli_option vote_options[] = {
	{"note", "TEXT", "why, for the agent and the records", false},
	{NULL, NULL, NULL, false},
};

const struct cli_command cmd_approval_list = {
	.name = "approval list",
	.usage = "",
	.summary = "list the calls that wait for a person's yes",
	.details = "The newest 200. Without a running gate the data folder is read.",
	.example = "gatehouse approval list\ngatehouse approval list --state approved --json\n",
	.options = list_options,
	.run = run_list,
};

const struct cli_command cmd_approval_show = {
	.name = "approval show",
	.usage = "ID",
	.summary = "show what is asked: the tool, its arguments, why, and what the agent did before",
	.example = "gatehouse approval show 018bcfe5-687b-7463-8000-000000000001\n",
	.args_min = 1,
	.args_max = 1,
	.run = run_show,
};

const struct cli_command cmd_approval_approve = {
	.name = "approval approve",
	.usage = "ID",
	.summary = "say yes: the very same call passes once",
	.details = "You decide as the user you are on this machine (unix:USER); 'gatehouse approver add' says who that "
		   "is. Whoever an agent works for cannot approve its calls, and everyone has one vote.",
	.example = "gatehouse approval approve 018bcfe5-687b-7463-8000-000000000001 --note 'once, for the audit'\n",
	.options = vote_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_approve,
};

const struct cli_command cmd_approval_deny = {
	.name = "approval deny",
	.usage = "ID",
	.summary = "say no: the same call is refused until the approval expires",
	.example = "gatehouse approval deny 018bcfe5-687b-7463-8000-000000000001 --note 'ask finance first'\n",
	.options = vote_options,
	.args_min = 1,
	.args_max = 1,
	.run = run_deny,
};
