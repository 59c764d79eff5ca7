/* gatehouse grant bind */
#include "cli/admin_client.h"
#include "cli/changed.h"
#include "cli/commands.h"
#include "cli/place.h"

static int run(struct cli *c)
{
	struct place p;
	struct err e = { 0 };
	struct buf b = BUF_INIT(1u << 16);
	bool is_running = false;
	const char *label = c->args[0], *equals = strchr(c->args[1], '=');
	if (!equals || equals == c->args[1] || !equals[1])
		return cli_fail(CLI_WRONG, "'%.80s' is not SERVER=POLICY", c->args[1]);
	char *server = arena_strndup(&c->arena, c->args[1], (size_t)(equals - c->args[1]));
	int code = server ? place_open(c, &p, false) : cli_fail(CLI_FAILED, "out of memory");
	if (code != CLI_OK)
		return code;
	struct changed ch = changed_begin(c, &p, "grant", label);
	code = store_grant_bind(p.store, label, server, equals + 1, &e) ? changed_end(&ch, "grant.bind", label) : cli_fail_err(&e);
	if (code == CLI_OK)
		code = admin_reload(p.config->data_dir, &is_running);
	place_close(&p);
	if (code != CLI_OK)
		return code;
	if (c->is_json) {
		buf_adds(&b, "{\"label\":");
		buf_add_json_string(&b, slice_str(label));
		buf_adds(&b, ",\"server\":");
		buf_add_json_string(&b, slice_str(server));
		buf_adds(&b, ",\"policy\":");
		buf_add_json_string(&b, slice_str(equals + 1));
		buf_addf(&b, ",\"in_force\":%s}\n", is_running ? "true" : "false");
	} else {
		buf_addf(&b, "policy '%s' decides the calls of grant '%s' to server '%s': %s\n", equals + 1, label, server, admin_reloaded_text(is_running));
	}
	return cli_print(&b);
}

const struct cli_command cmd_grant_bind = {
	.name = "grant bind",
	.usage = "LABEL SERVER=POLICY",
	.summary = "let a grant use a server, or have another policy decide its calls",
	.details = "The token of the grant stays the same. Sessions that are open go on under the new policy.",
	.example = "gatehouse grant bind claude-code files=read-only\n",
	.args_min = 2,
	.args_max = 2,
	.run = run,
};
