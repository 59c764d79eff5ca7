/* gatehouse init: a commented configuration and an example policy */
#include "base/file.h"
#include "cli/commands.h"
#include "config/config.h"
#include <errno.h>
#include <sys/stat.h>

static const char example_policy[] =
	"{\n"
	"  \"version\": \"1\",\n"
	"  \"description\": \"reading is free, writing is counted, nothing else is allowed\",\n"
	"  \"default\": \"deny\",\n"
	"  \"tools\": {\n"
	"    \"list_directory\": {},\n"
	"    \"read_text_file\": {},\n"
	"    \"write_file\": {\n"
	"      \"limits\": [ { \"counter\": \"writes\", \"window\": \"minute\", \"max\": 3, \"scope\": \"grant\" } ]\n"
	"    }\n"
	"  }\n"
	"}\n";

static int run(struct cli *c)
{
	const char *dir = c->arg_n ? c->args[0] : ".";
	struct buf text = BUF_INIT(1u << 20), out = BUF_INIT(1u << 16);
	struct err e = { 0 };
	char *config = arena_printf(&c->arena, "%s/%s", dir, CONFIG_FILE);
	char *policy = arena_printf(&c->arena, "%s/policy.example.json", dir);
	if (!config || !policy || (mkdir(dir, 0755) != 0 && errno != EEXIST))
		return cli_fail(CLI_FAILED, "cannot create '%s': %s", dir, strerror(errno));
	config_write_default(&text);
	bool is_good = file_create(config, 0644, buf_slice(&text), &e) &&
	               file_create(policy, 0644, slice_str(example_policy), &e);
	buf_release(&text);
	if (!is_good)
		return cli_fail(CLI_FAILED, "%s", e.text);
	if (c->is_json) {
		buf_adds(&out, "{\"configuration\":");
		buf_add_json_string(&out, slice_str(config));
		buf_adds(&out, ",\"policy\":");
		buf_add_json_string(&out, slice_str(policy));
		buf_adds(&out, "}\n");
	} else {
		buf_addf(&out, "%s and %s are written; go on with: gatehouse up\n", config, policy);
	}
	return cli_print(&out);
}

const struct cli_command cmd_init = {
	.name = "init",
	.usage = "[DIR]",
	.summary = "write a commented gatehouse.yaml and an example policy",
	.details = "Files that exist are left as they are, and the exit code is 1.",
	.example = "gatehouse init\n",
	.args_max = 1,
	.run = run,
};
