/* gatehouse grant rotate */
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"
#include "grant/token.h"
#include "people/people.h"

/* The object is the same before and after: that it has another token is all that can be told. */
static int record(const struct place *p, const char *id)
{
	struct err e = { 0 };
	struct people *people = people_open(p->store, &e);
	if (!people)
		return cli_fail(CLI_FAILED, "it is done, but was not recorded: %s", e.text);
	int code = changed_put(people, "grant.rotate", "grant", id, slice_of(NULL, 0), slice_of(NULL, 0));
	people_close(&people);
	return code;
}

static int print_token(const struct cli *c, const struct store_grant *g, const char *token, bool is_running)
{
	struct buf b = BUF_INIT(1u << 16);
	if (c->is_json) {
		buf_addf(&b, "{\"id\":\"%s\",\"label\":", g->id);
		buf_add_json_string(&b, slice_str(g->label));
		buf_addf(&b, ",\"token\":\"%s\",\"in_force\":%s}\n", token, is_running ? "true" : "false");
	} else {
		buf_addf(&b, "grant '%s' has another token: %s\ntoken: %s\n(shown this once; the old one is not known any more)\n", g->label,
			 admin_reloaded_text(is_running), token);
	}
	return cli_print(&b);
}

static int run(struct cli *c)
{
	struct place p;
	struct store_grant g;
	struct err e = { 0 };
	unsigned char hash[DIGEST_SIZE];
	char token[TOKEN_SIZE];
	bool is_running = false;
	int code = place_open(c, &p, false);
	if (code != CLI_OK)
		return code;
	token_new(token, hash);
	bool is_done = store_grant_get(p.store, c->args[0], &c->arena, &g, &e) && store_grant_rotate(p.store, g.id, hash, &e);
	code = is_done ? record(&p, g.id) : cli_fail_err(&e);
	if (is_done) {
		/* The token is shown even if the gate does not take it over: the old one is gone by now. */
		int reloaded = admin_reload(p.config->data_dir, &is_running);
		int printed = print_token(c, &g, token, is_running && reloaded == CLI_OK);
		code = code != CLI_OK ? code : reloaded != CLI_OK ? reloaded : printed;
	}
	digest_wipe(token, sizeof token);
	place_close(&p);
	return code;
}

const struct cli_command cmd_grant_rotate = {
	.name = "grant rotate",
	.usage = "LABEL|ID",
	.summary = "give a grant another token, and show it once",
	.details = "Label, servers, policies and counters stay; only the token is another one. The old one is refused at once.",
	.example = "gatehouse grant rotate my-agent\n",
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
